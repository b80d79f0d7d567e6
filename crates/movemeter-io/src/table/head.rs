//! Where a table came from, as lines of text and as JSON.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::options::OpenOptions;
use crate::provenance::{HashedInput, Provenance};

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the comment lines of a text table.
pub(super) fn write_comments(provenance: &Provenance, writer: &mut dyn Write) -> io::Result<()> {
    let version = provenance.version.as_deref().unwrap_or(VERSION);
    writeln!(writer, "# movemeter {}", on_one_line(version))?;
    writeln!(writer, "# recipe {}", on_one_line(&provenance.recipe_json))?;
    let choices = provenance.opened.choices();
    if !choices.is_empty() {
        writeln!(writer, "# opened {}", Value::from(choices))?;
    }
    for HashedInput { name, path, sha256, n_files } in &provenance.inputs {
        let name = on_one_line(name);
        match n_files {
            Some(n_files) => writeln!(writer, "# input {sha256} {name} ({n_files} files)")?,
            None => writeln!(writer, "# input {sha256} {name}")?,
        }
        if let Some(path) = path {
            writeln!(writer, "# path {}", on_one_line(&path.display().to_string()))?;
        }
    }
    for doubt in &provenance.doubts {
        writeln!(writer, "# doubt {}", on_one_line(doubt))?;
    }
    match &provenance.incomplete {
        Some(incomplete) => writeln!(writer, "# incomplete {}", on_one_line(incomplete)),
        None => Ok(()),
    }
}

/// Line breaks mean nothing between the parts of JSON, and little in names and sentences.
fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// What the comment lines say, without their `# `. Lines that are not known are passed over.
pub(super) fn of_comments<'a>(lines: impl IntoIterator<Item = &'a str>) -> Provenance {
    let mut provenance = Provenance::default();
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "movemeter" => provenance.version = Some(rest.into()),
            "recipe" => provenance.recipe_json = rest.into(),
            "opened" => provenance.opened = opened(&serde_json::from_str(rest).unwrap_or_default()),
            "input" => provenance.inputs.extend(input_of(rest)),
            "path" => {
                if let Some(input) = provenance.inputs.last_mut() {
                    input.path = Some(rest.into());
                }
            }
            "doubt" => provenance.doubts.push(rest.into()),
            "incomplete" => provenance.incomplete = Some(rest.into()),
            _ => {}
        }
    }
    provenance
}

/// From `51c2…e0 fly (6 files)`.
fn input_of(text: &str) -> Option<HashedInput> {
    let (sha256, name) = text.split_once(' ')?;
    let n_files = name.rsplit_once(" (").and_then(|(name, files)| {
        Some((name, files.strip_suffix(" files)")?.parse::<usize>().ok()?))
    });
    let (name, n_files) = n_files.map_or((name, None), |(name, n_files)| (name, Some(n_files)));
    Some(HashedInput { name: name.into(), path: None, sha256: sha256.into(), n_files })
}

fn opened(choices: &Map<String, Value>) -> OpenOptions {
    let number = |name: &str| choices.get(name).and_then(Value::as_u64).map(|n| n as usize);
    OpenOptions { channel: number("channel"), z: number("z"), ffmpeg: None }
}

/// Where a table came from, as JSON has it: each entry under the name it has in tables.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    /// The version.
    movemeter: Option<String>,
    recipe: Option<Box<RawValue>>,
    opened: Map<String, Value>,
    inputs: Vec<InputHead>,
    doubts: Vec<String>,
    incomplete: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct InputHead {
    name: String,
    sha256: String,
    #[serde(default)]
    n_files: Option<usize>,
    #[serde(default)]
    path: Option<String>,
}

impl Head {
    /// As it is written now.
    pub(super) fn of(provenance: &Provenance) -> Self {
        let Provenance { version, recipe_json, opened, inputs, doubts, incomplete } = provenance;
        let input = |HashedInput { name, path, sha256, n_files }: &HashedInput| InputHead {
            name: name.clone(),
            sha256: sha256.clone(),
            n_files: *n_files,
            path: path.as_ref().map(|path| path.display().to_string()),
        };
        Self {
            movemeter: Some(version.clone().unwrap_or_else(|| VERSION.into())),
            recipe: raw(recipe_json),
            opened: opened.choices(),
            inputs: inputs.iter().map(input).collect(),
            doubts: doubts.clone(),
            incomplete: incomplete.clone(),
        }
    }

    /// The same as provenance.
    pub(super) fn into_provenance(self) -> Provenance {
        let input = |InputHead { name, sha256, n_files, path }: InputHead| HashedInput {
            name,
            path: path.map(PathBuf::from),
            sha256,
            n_files,
        };
        let recipe_json = self.recipe.map_or_else(String::new, |recipe| {
            // Text that was no JSON was kept as text.
            serde_json::from_str(recipe.get()).unwrap_or_else(|_| recipe.get().into())
        });
        Provenance {
            version: self.movemeter,
            recipe_json,
            opened: opened(&self.opened),
            inputs: self.inputs.into_iter().map(input).collect(),
            doubts: self.doubts,
            incomplete: self.incomplete,
        }
    }

    /// From each entry's name and its JSON; others are passed over.
    pub(super) fn of_entries<'a>(
        entries: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let known = ["movemeter", "recipe", "opened", "inputs", "doubts", "incomplete"];
        let entries = entries.filter(|(name, _)| known.contains(name));
        let entries: Vec<String> =
            entries.map(|(name, json)| format!("\"{name}\":{json}")).collect();
        let said = |error: serde_json::Error| format!("what it says of itself is damaged: {error}");
        serde_json::from_str(&format!("{{{}}}", entries.join(","))).map_err(said)
    }

    /// Each entry's name and its JSON.
    pub(super) fn entries(&self) -> Vec<(String, String)> {
        let json = |value: serde_json::Result<String>| value.expect("words and numbers");
        [
            ("movemeter", json(serde_json::to_string(&self.movemeter))),
            ("recipe", json(serde_json::to_string(&self.recipe))),
            ("opened", json(serde_json::to_string(&self.opened))),
            ("inputs", json(serde_json::to_string(&self.inputs))),
            ("doubts", json(serde_json::to_string(&self.doubts))),
            ("incomplete", json(serde_json::to_string(&self.incomplete))),
        ]
        .map(|(name, json)| (name.into(), json))
        .into()
    }
}

/// The recipe is JSON already; should it not be, it is kept as text rather than spoil the file.
fn raw(recipe_json: &str) -> Option<Box<RawValue>> {
    if recipe_json.is_empty() {
        return None;
    }
    let raw = RawValue::from_string(recipe_json.trim().into());
    raw.or_else(|_| serde_json::value::to_raw_value(recipe_json)).ok()
}
