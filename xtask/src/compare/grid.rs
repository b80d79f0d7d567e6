//! A thousand small windows, followed or fixed: the work that most programs can do.

use serde_json::{Value, json};

use super::bench::Bench;
use super::contest::{self, Entry, Outcome};
use super::errors::{Errors, found};
use super::markdown;
use super::numbers::figures;
use super::worker::Who;
use crate::Result;
use Asked::{Fixed, Follow};

/// Windows are looked for up to this far, px.
pub(super) const REACH_PX: usize = 10;

/// Side of the frames, px.
const SIDE: usize = 1024;

/// What is asked of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asked {
    /// Where the reference's content is now.
    Follow,
    /// Where the present content was in the reference.
    Fixed,
}

/// A way to measure the grid.
struct Method {
    name: String,
    asked: Asked,
    n_threads: usize,
    who: Who,
    /// The members of the request that only this method has.
    own: Value,
    /// Every so many windows are measured,
    every: usize,
    /// in so many frames, the reference among them.
    n_frames: usize,
}

/// A method, what it found and how long it took.
pub(super) struct Row {
    pub(super) asked: Asked,
    pub(super) n_threads: usize,
    pub(super) who: Who,
    pub(super) outcome: Outcome,
    pub(super) errors: Errors,
}

/// The recording, and what was measured on it.
pub(super) struct Grid {
    /// Left column, top row, width and height of each window.
    windows: Vec<Value>,
    /// The truth for each frame, px.
    pub(super) displacements: Vec<[f64; 2]>,
    pub(super) rows: Vec<Row>,
}

/// The names of rows that others look for.
pub(super) const DEFAULT: &str = "movemeter";
pub(super) const RESIZED: &str = "movemeter `--subpixel resize:10`";
pub(super) const RESIZED_07: &str = "movemeter 0.7, upscale 10";

/// The file of the recording.
pub(super) const FILE: &str = "grid.npy";

/// Makes the recording and measures it in all ways.
pub(super) fn measure(bench: &mut Bench) -> Result<Grid> {
    let n_frames = bench.either(41, 9);
    let file = bench.file(FILE);
    let request = json!({ "do": "make-grid", "file": file, "side": SIDE, "n_frames": n_frames });
    let made = bench.ask(Who::Movemeter, &request)?;
    let windows = made["windows"].as_array().cloned().unwrap_or_default();
    let displacements: Vec<[f64; 2]> = serde_json::from_value(made["displacements"].clone())?;
    let mut grid = Grid { windows, displacements, rows: Vec::new() };

    let methods = methods(n_frames);
    let entries: Vec<Entry> = methods.iter().map(|method| grid.entry(method, bench)).collect();
    let outcomes = contest::run(bench, &entries)?;
    for (method, outcome) in methods.into_iter().zip(outcomes) {
        let errors = Errors::of(&found(&outcome.reply), &grid.displacements[1..method.n_frames]);
        let Method { asked, n_threads, who, .. } = method;
        grid.rows.push(Row { asked, n_threads, who, outcome, errors });
    }
    Ok(grid)
}

impl Method {
    fn ours(name: &str, asked: Asked, n_threads: usize, own: Value, n_frames: usize) -> Self {
        let (who, every) = (Who::Movemeter, 1);
        Self { name: name.into(), asked, n_threads, who, own, every, n_frames }
    }

    /// Less of the same, for slow ones.
    fn fewer(self, every: usize, n_frames: usize) -> Self {
        Self { every, n_frames: n_frames.min(self.n_frames), ..self }
    }
}

fn methods(n_frames: usize) -> Vec<Method> {
    [ours(n_frames), old(n_frames), others(n_frames)].into_iter().flatten().collect()
}

fn ours(n_frames: usize) -> Vec<Method> {
    let ours = |name, asked, n_threads, own| Method::ours(name, asked, n_threads, own, n_frames);
    let resize = json!({ "subpixel": "resize:10", "keep_doubtful": true });
    vec![
        ours(DEFAULT, Follow, 2, json!({})),
        ours(DEFAULT, Follow, 1, json!({})),
        ours(DEFAULT, Fixed, 2, json!({})),
        ours(DEFAULT, Fixed, 1, json!({})),
        ours("movemeter `--subpixel none`", Fixed, 2, json!({ "subpixel": "none" })),
        ours(RESIZED, Fixed, 2, resize).fewer(10, 9),
    ]
}

/// movemeter 0.7, which stands on OpenCV and its threads.
fn old(n_frames: usize) -> Vec<Method> {
    let old = |name, upscale: usize| {
        let own = json!({ "do": "movemeter-0.7", "options": { "upscale": upscale } });
        Method { who: Who::Peers, ..Method::ours(name, Fixed, 2, own, n_frames) }
    };
    vec![
        old("movemeter 0.7, upscale 1", 1),
        old("movemeter 0.7, upscale 5", 5).fewer(10, 17),
        old(RESIZED_07, 10).fewer(10, 9),
    ]
}

fn others(n_frames: usize) -> Vec<Method> {
    let peer = |name, n_threads, what| {
        let own = json!({ "do": what, "options": {} });
        Method { who: Who::Peers, ..Method::ours(name, Follow, n_threads, own, n_frames) }
    };
    let flow = |name, levels: usize| {
        let own = json!({ "do": "lucas-kanade", "options": { "levels": levels } });
        Method { own, ..peer(name, 2, "lucas-kanade") }
    };
    vec![
        peer("OpenCV matchTemplate and parabola", 2, "match-template"),
        flow("OpenCV Lucas–Kanade, 2 levels", 2),
        flow("OpenCV Lucas–Kanade, 3 levels", 3),
        peer("pyvale, subsets of 33×33", 2, "pyvale"),
        peer("scikit-image phase_cross_correlation", 1, "phase-correlation").fewer(1, 5),
        peer("openpiv extended_search_area_piv", 1, "openpiv").fewer(1, 11),
    ]
}

impl Grid {
    pub(super) fn n_windows(&self) -> usize {
        self.windows.len()
    }

    pub(super) fn n_frames(&self) -> usize {
        self.displacements.len()
    }

    fn entry(&self, method: &Method, bench: &Bench) -> Entry {
        let windows: Vec<&Value> = self.windows.iter().step_by(method.every).collect();
        let n_values = windows.len() * (method.n_frames - 1);
        let mut request = match method.who {
            Who::Movemeter => json!({
                "do": "motion",
                "n_threads": method.n_threads,
                "recipe": recipe(&windows, method),
            }),
            Who::Peers => {
                let mut request = method.own.clone();
                request["windows"] = json!(windows);
                request["options"]["max_displacement_px"] = json!(REACH_PX);
                request
            }
        };
        request["file"] = json!(bench.file(FILE));
        request["n_frames"] = json!(method.n_frames);
        Entry { name: method.name.clone(), who: method.who, request, n_values }
    }

    /// movemeter as it is by default.
    pub(super) fn default_row(&self, asked: Asked, n_threads: usize) -> &Row {
        let is_it = |row: &&Row| {
            row.outcome.name == DEFAULT && row.asked == asked && row.n_threads == n_threads
        };
        self.rows.iter().find(is_it).expect("one of the methods above")
    }

    pub(super) fn row(&self, name: &str) -> &Row {
        self.rows.iter().find(|row| row.outcome.name == name).expect("one of the methods above")
    }

    /// All methods beside movemeter's default.
    pub(super) fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| self.table_row(row)).collect();
        markdown::table(&HEADINGS, &rows)
    }

    fn table_row(&self, row: &Row) -> Vec<String> {
        let Row { outcome, errors, .. } = row;
        if let Some(reason) = outcome.failure() {
            return markdown::failed(&outcome.name, reason, HEADINGS.len());
        }
        let one = self.default_row(row.asked, 1);
        let two = self.default_row(row.asked, 2);
        vec![
            outcome.name.clone(),
            if row.asked == Follow { "follow" } else { "fixed" }.into(),
            row.n_threads.to_string(),
            outcome.rate().to_string(),
            outcome.cost_over(&one.outcome).to_string(),
            outcome.cost_over(&two.outcome).to_string(),
            figures(errors.rms_px()),
            figures(errors.rms_px() / two.errors.rms_px()),
            figures(errors.astray_percent()),
            outcome.n_values.to_string(),
        ]
    }

    /// What a second thread gives.
    pub(super) fn threads(&self) -> String {
        let row = |asked, name: &str| {
            let [one, two] = [1, 2].map(|n| &self.default_row(asked, n).outcome);
            vec![name.to_owned(), one.cost_over(two).to_string()]
        };
        let rows = [row(Follow, "follow"), row(Fixed, "fixed")];
        markdown::table(&["asked", "2 threads are × as fast as 1"], &rows)
    }
}

const HEADINGS: [&str; 10] = [
    "program",
    "asked",
    "threads",
    "windows·frames/s",
    "time ÷ movemeter's, 1 thread",
    "time ÷ movemeter's, 2 threads",
    "error, px",
    "error ÷ movemeter's",
    "astray, %",
    "windows·frames",
];

fn recipe(windows: &[&Value], method: &Method) -> Value {
    let mut recipe = json!({
        "windows": [{ "name": "grid", "windows": windows }],
        "follow": method.asked == Follow,
        "max_displacement_px": REACH_PX,
    });
    for (name, value) in method.own.as_object().into_iter().flatten() {
        recipe[name] = value.clone();
    }
    recipe
}
