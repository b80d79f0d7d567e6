//! Where enlarged windows are found, against what OpenCV finds.
//!
//! Needs a Python with numpy and opencv-python-headless, named by `MOVEMETER_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::enlargement::{self, EnlargeScratch, Enlargement};
use movemeter::matching::naive;
use movemeter::matching::resized::Finder;
use movemeter::matching::score::ScoreMap;

const FRAME: Size = Size::new(208, 184);

/// A window, where it was looked for, and where OpenCV found it: steps from the search's corner.
struct Asked {
    texture: usize,
    enlargement: String,
    window: Rect,
    search: Rect,
    lag: (i64, i64),
}

/// How many windows, how many with OpenCV's answer, how many of the others a step from it.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    same: usize,
    one_step: usize,
}

impl Count {
    fn add(&mut self, steps_apart: i64) {
        self.all += 1;
        self.same += usize::from(steps_apart == 0);
        self.one_step += usize::from(steps_apart == 1);
    }
}

#[test]
fn enlarged_windows_are_found_where_opencv_finds_them() {
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer_resize.py");
    let status = Command::new(python).arg(script).arg(folder.path()).status().unwrap();
    assert!(status.success(), "the Python script failed");

    let asked = read_windows(folder.path());
    assert_eq!(asked.len(), 10_000);
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for texture in 0..=asked.iter().map(|asked| asked.texture).max().unwrap() {
        let frames = read_pair(&folder.path().join(format!("{texture}.f32")));
        for asked in asked.iter().filter(|asked| asked.texture == texture) {
            let apart = steps_apart(&frames, asked);
            counts.entry(asked.enlargement.clone()).or_default().add(apart);
            counts.entry("all".into()).or_default().add(apart);
        }
    }
    for (enlargement, count) in &counts {
        let part = 100.0 * count.same as f64 / count.all as f64;
        println!("resize:{enlargement}: {part:.2} % as OpenCV, {count:?}");
    }
    let all = &counts["all"];
    assert!(995 * all.all <= 1000 * all.same, "{all:?}");
    // A window of 8 x 8 px on the slope of something smooth slides along it by more than one.
    assert!(all.all <= all.same + all.one_step + 1, "{all:?}");
}

/// Steps of the enlarged picture between OpenCV's place and ours, in x or y.
///
/// Where they differ ours must be the better one, and not better than OpenCV's rounding hides.
fn steps_apart(frames: &[Frame; 2], asked: &Asked) -> i64 {
    let [reference, current] = frames;
    let enlargement: Enlargement = asked.enlargement.parse().unwrap();
    let mut finder = Finder::new(enlargement);
    finder.aim(reference, asked.search, asked.window.size());
    let place = finder.find(current, asked.window).unwrap().place;
    let lag = |at: f64, start: isize| {
        let steps = (at - start as f64) * enlargement.factor();
        assert!((steps - steps.round()).abs() < 1e-9, "{at} is between two steps");
        steps.round() as i64
    };
    let (u, v) = (lag(place.x, asked.search.x), lag(place.y, asked.search.y));
    let apart = (u - asked.lag.0).abs().max((v - asked.lag.1).abs());
    if 0 < apart {
        let [ours, theirs] = [(u, v), asked.lag].map(|lag| score_at(frames, asked, lag));
        let Asked { texture, window, lag, .. } = asked;
        let better = ours - theirs;
        let what = format!("texture {texture} resize:{enlargement} {window}: {u} {v}, not {lag:?}");
        println!("{what}: scores {ours}, by {better:.1e} better");
        assert!((0.0..ROUNDING).contains(&better), "{what}: {ours} {theirs}");
    }
    apart
}

/// OpenCV sums products of grey values in `f32`. In the brightest texture, 40000 ± 800, one unit of the
/// last place of that sum is 1e-4 of the contrast; sums of thousands of them were seen to err by 2e-3.
const ROUNDING: f32 = 2e-3;

/// The score by its definition.
fn score_at([reference, current]: &[Frame; 2], asked: &Asked, (u, v): (i64, i64)) -> f32 {
    let enlarged = |frame: &Frame, part: Rect| {
        let (mut enlarged, scratch) = (Frame::default(), &mut EnlargeScratch::default());
        let factor = asked.enlargement.parse().unwrap();
        enlargement::enlarge(frame.crop(part), factor, scratch, &mut enlarged);
        enlarged
    };
    let template = enlarged(current, asked.window);
    let Size { width, height } = template.size();
    let (mut map, place) = (ScoreMap::default(), Rect::new(u as isize, v as isize, width, height));
    naive::scores(template.view(), enlarged(reference, asked.search).crop(place), &mut map);
    map.at(0, 0)
}

fn read_windows(folder: &Path) -> Vec<Asked> {
    let text = std::fs::read_to_string(folder.join("windows.tsv")).unwrap();
    text.lines().map(read_asked).collect()
}

fn read_asked(line: &str) -> Asked {
    let cells: Vec<&str> = line.split('\t').collect();
    let whole = |cell: usize| cells[cell].parse::<i64>().unwrap();
    let rect = |cell: usize| {
        let [x, y, width, height] = [0, 1, 2, 3].map(|i| whole(cell + i));
        Rect::new(x as isize, y as isize, width as usize, height as usize)
    };
    Asked {
        texture: whole(0) as usize,
        enlargement: cells[1].into(),
        window: rect(2),
        search: rect(6),
        lag: (whole(10), whole(11)),
    }
}

fn read_pair(path: &Path) -> [Frame; 2] {
    let bytes = std::fs::read(path).unwrap();
    let pixels = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let pixels: Vec<f32> = pixels.collect();
    let (first, second) = pixels.split_at(FRAME.area());
    [first, second].map(|pixels| Frame::from_pixels(FRAME, pixels.to_vec()).unwrap())
}
