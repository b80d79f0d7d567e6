//! Recipe files: what was written is what is read, and what is wrong is said with its line.
//!
//! The schema is tried with a Python that has `jsonschema`, named by `MOVEMETER_PYTHON`.

use std::path::Path;
use std::process::Command;

use movemeter::brightness::BrightnessMode;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, Recipe, Reference};
use movemeter::roi::{Color, Fill, Roi, RoiGroup, Shape};
use movemeter_io::{OpenOptions, RecipeFile};
use serde_json::{Value, json};

use super::measured::{FORMATS, recipe, results, write};

fn everything() -> RecipeFile {
    let recipe = Recipe {
        reference: Reference::Frame(7),
        follow: true,
        subpixel: Subpixel::Parabola,
        rotation: true,
        max_rotation_deg: Some(12.5),
        min_score: 0.1,
        keep_doubtful: true,
        mask: Some("dust µ.png".to_owned().into()),
        blur_sigma_px: 1.5,
        background: Background::Mean,
        invert: true,
        brightness: Some(BrightnessMode::Range),
        frames: FrameRange { first: 3, last: Some(90), step: 2 },
        ..recipe()
    };
    let drawn = |shape, fill| Roi { shape, fill };
    let rois = vec![RoiGroup {
        name: "a \"b\"\\".into(),
        color: Some(Color([9, 8, 7])),
        rois: vec![
            drawn(Shape::Frame, Fill::Blocks { size: Size::new(32, 16), step: 0.5 }),
            drawn(Shape::Box { rect: Rect::new(1, 2, 3, 4) }, Fill::Whole),
        ],
    }];
    let opening = OpenOptions { channel: Some(1), z: Some(3), ffmpeg: None };
    RecipeFile { recipe, rois, opening }
}

fn read(text: &str) -> Result<RecipeFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    std::fs::write(&path, text).unwrap();
    RecipeFile::read(&path).map_err(|error| {
        let said = error.to_string();
        let said = said.strip_suffix(&format!(" ({})", path.display())).unwrap();
        said.strip_prefix("cannot read as a recipe: ").unwrap().into()
    })
}

#[test]
fn everything_that_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    for file in [everything(), RecipeFile::default()] {
        file.write(&path).unwrap();
        let mut read = RecipeFile::read(&path).unwrap();
        if let Some(mask) = &read.recipe.mask {
            // From the folder of the recipe, which the mask was not in.
            assert!(mask.name().ends_with("dust µ.png"), "{mask}");
            read.recipe.mask = file.recipe.mask.clone();
        }
        assert_eq!(read, file);
    }
}

#[test]
fn every_setting_is_written_and_explained() {
    let settings = serde_json::to_value(Recipe::default()).unwrap();
    let text = RecipeFile::default().to_toml();
    for name in settings.as_object().unwrap().keys().filter(|name| *name != "windows") {
        let line = text
            .lines()
            .position(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = ")));
        let line = line.unwrap_or_else(|| panic!("{name} is missing in\n{text}"));
        assert!(text.lines().nth(line - 1).unwrap().starts_with("# "), "{name}");
    }
    // What stands there as an example can be used.
    let examples: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.split_once(" = ").is_some_and(|(name, _)| settings.get(name).is_some()))
        .collect();
    assert!(5 < examples.len());
    read(&examples.join("\n")).unwrap();
}

#[test]
fn a_setting_that_is_not_known_is_an_error_with_its_line_and_the_nearest() {
    let said = read("version = 1\n\nfolow = true\n").unwrap_err();
    assert_eq!(said, "line 3: there is no setting folow; did you mean follow?");
    let said = read("pixel_size = 2.0\n").unwrap_err();
    assert_eq!(said, "line 1: there is no setting pixel_size; did you mean pixel_size_um?");
    let said = read("colour = 2.0\n").unwrap_err();
    assert!(
        said.starts_with("line 1: there is no setting colour; there are reference, "),
        "{said}"
    );
    let said = read("[open]\nchanel = 1\n").unwrap_err();
    assert_eq!(said, "line 2: in open: the key \"chanel\" is not known; did you mean \"channel\"?");
    let said = read("[[windows]]\nname = \"a\"\nwindow = []\n").unwrap_err();
    assert_eq!(
        said,
        "line 3: in windows: the key \"window\" is not known; did you mean \"windows\"?"
    );
}

#[test]
fn a_wrong_value_is_an_error_with_its_line_and_what_is_allowed() {
    assert_eq!(
        read("\nfollow = \"yes\"\n").unwrap_err(),
        "line 2: follow must be true or false, but is \"yes\""
    );
    let said = read("reference = \"frist\"\n").unwrap_err();
    assert_eq!(
        said,
        "line 1: reference must be first, previous, mean, keyframe or a frame number, but is \"frist\""
    );
    let said = read("min_score = 0.1\nbackground = \"max\"").unwrap_err();
    assert_eq!(
        said,
        "line 2: background: the word \"max\" is not known; known here: none, min, mean"
    );
    let said = read("min_score = \n").unwrap_err();
    assert!(said.starts_with("line 1: "), "{said}");
    let said = read("follow = true\nfollow = true\n").unwrap_err();
    assert!(said.starts_with("line 2: duplicate key"), "{said}");
}

/// What is written, and what is said of it, its line left out.
const WRONG: [(&str, &str); 22] = [
    ("follow = 1", "follow must be true or false, but is 1"),
    ("model = 2", "model must be a word in quotes, but is 2"),
    ("mask = 3", "mask must be a word in quotes, but is 3"),
    ("min_score = \"low\"", "min_score must be a number, but is \"low\""),
    ("max_displacement_px = [6]", "max_displacement_px must be a number, but is a list of 1"),
    ("frame_rate_hz = {}", "frame_rate_hz must be a number, but is a table of names and values"),
    ("exclude = 3", "exclude must be a list, but is 3"),
    ("exclude = [1.5]", "in exclude: 1.5 stands where a whole number from 0 on must be"),
    ("exclude = [-1]", "in exclude: -1 stands where a whole number from 0 on must be"),
    ("frames = 3", "frames must be a table of names and values, but is 3"),
    ("frames = { firs = 1 }", "in frames: the key \"firs\" is not known; did you mean \"first\"?"),
    ("open = { z = \"a\" }", "in open: \"a\" stands where a whole number from 0 on must be"),
    (
        "reference = 1.5",
        "reference must be first, previous, mean, keyframe or a frame number, but is \"1.5\"",
    ),
    ("windows = [{}]", "in windows: the key \"name\" is missing"),
    ("windows = [3]", "in windows: 3 stands where a table of names and values must be"),
    (
        "windows = [{ name = \"a\", windows = [[1, 2, 3]] }]",
        "in windows: a list of 3 stands where a list of 4 numbers must be",
    ),
    (
        "windows = [{ name = \"a\", windows = [[1, 2, 3, 4, 5]] }]",
        "in windows: a list of 5 stands where a shorter one must be",
    ),
    (
        "windows = [{ name = \"a\", windows = [[1, 2, 3.5, 4]] }]",
        "in windows: 3.5 stands where a whole number from 0 on must be",
    ),
    (
        "windows = [{ name = \"a\", color = \"red\", windows = [] }]",
        "in windows: color must be # and six hexadecimal digits, as in #0072b2, but is \"red\"",
    ),
    ("rois = [{ name = \"a\" }]", "in rois: the key \"rois\" is missing"),
    (
        "rois = [{ name = \"a\", rois = [{ shape = \"frame\", fill = \"hole\" }] }]",
        "in rois: the word \"hole\" is not known; did you mean \"whole\"?",
    ),
    (
        "rois = [{ name = \"a\", rois = [{ shape = \"frame\", fill = { blocks = { size = 3, step = 1 } } }] }]",
        "in rois: 3 stands where a list of 2 numbers must be",
    ),
];

/// The same as JSON.
fn as_json(text: &str) -> Value {
    let value: Result<Value, _> = toml::from_str(text);
    value.unwrap()
}

#[test]
fn a_value_of_another_kind_is_named_in_words_that_people_know() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.json");
    for (text, expected) in WRONG {
        let said = read(
            &format!("follow = true\n\n{text}").replace("follow = true\n\nfollow", "\n\nfollow"),
        );
        assert_eq!(said.unwrap_err(), format!("line 3: {expected}"), "{text}");
        std::fs::write(&path, as_json(text).to_string()).unwrap();
        let said = RecipeFile::read(&path).unwrap_err().to_string();
        let expected = format!("cannot read as a recipe: {expected} ({})", path.display());
        assert_eq!(said, expected, "{text}");
    }
}

/// What the schema says of recipes, by Python's `jsonschema`: all that is written is one, and what is refused is none.
#[test]
fn the_schema_takes_what_is_written_and_refuses_what_is_refused() {
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let (file, minimal) = (everything().to_toml(), RecipeFile::default().to_toml());
    let more =
        ["", "reference = 12\nmin_score = 0", "reference = \"12\"\nsubpixel = \"resize:2.5\""];
    let right: Vec<Value> = [&*file, &*minimal].into_iter().chain(more).map(as_json).collect();
    let unknown = [
        "folow = true",
        "version = 2",
        "open = { chanel = 1 }",
        "[[windows]]\nname = \"a\"\nwindow = []",
    ];
    let words = ["background = \"max\"", "reference = \"frist\"", "subpixel = \"cubic\""];
    let wrong = WRONG.iter().map(|(text, _)| *text).chain(unknown).chain(words);
    let wrong: Vec<Value> = wrong.map(as_json).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipes.json");
    std::fs::write(&path, json!({ "right": right, "wrong": wrong }).to_string()).unwrap();
    let within = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let (script, schema) =
        (within("tests/tables/schema.py"), within("../../docs/recipe.schema.json"));
    let ran = Command::new(python).arg("-B").args([script, schema, path]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn later_versions_are_refused_and_earlier_ones_read() {
    let said = read("# mine\nversion = 2\n").unwrap_err();
    assert_eq!(
        said,
        "line 2: version is 2: a later movemeter wrote this recipe; this one reads version 1 and earlier"
    );
    assert!(
        read("version = \"one\"")
            .unwrap_err()
            .starts_with("line 1: version must be a whole number")
    );
    let file = read("reference = 12\nmin_score = 0").unwrap();
    assert_eq!((file.recipe.reference, file.recipe.min_score), (Reference::Frame(12), 0.0));
}

#[test]
fn recipes_of_tables_and_as_json_are_recipes() {
    let folder = tempfile::tempdir().unwrap();
    let written = results();
    for format in FORMATS {
        let path = folder.path().join(format!("t.{format}"));
        write(&written, &path);
        let read = RecipeFile::read(&path).unwrap();
        assert_eq!(
            (read.recipe, read.opening),
            (written.recipe.clone(), written.provenance.opened.clone())
        );
    }
    let path = folder.path().join("r.json");
    std::fs::write(&path, &written.provenance.recipe_json).unwrap();
    assert_eq!(RecipeFile::read(&path).unwrap().recipe, written.recipe);
    std::fs::write(&path, "{\"folow\": true}").unwrap();
    assert!(RecipeFile::read(&path).unwrap_err().to_string().contains("did you mean follow?"));
    let said = RecipeFile::read(folder.path().join("r.yaml")).unwrap_err().to_string();
    assert!(
        said.starts_with("the ending .yaml is not known; use one of .toml .json, or of a table"),
        "{said}"
    );
}

#[test]
fn a_mask_is_found_from_the_folder_of_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("recipes")).unwrap();
    let mask = folder.path().join("mask.png");
    std::fs::write(&mask, "").unwrap();
    let path = folder.path().join("recipes/r.toml");
    let name: String = mask.display().to_string();
    let recipe = Recipe { mask: Some(name.into()), ..Recipe::default() };
    RecipeFile { recipe, ..RecipeFile::default() }.write(&path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("\nmask = \"../mask.png\"\n"));
    let read = RecipeFile::read(&path).unwrap().recipe.mask.unwrap();
    assert_eq!(Path::new(read.name()).canonicalize().unwrap(), mask.canonicalize().unwrap());
}
