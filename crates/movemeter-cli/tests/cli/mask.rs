//! Pixels that are left out of every window.

use movemeter::frame::Frame;
use movemeter::source::{FrameSource, MemoryStack};

use super::folder::{Folder, SIZE, moving, numbers, words};

const WINDOW: &str = "--roi 40,28,40,40 --follow --max-displacement 6";

fn is_bar(x: usize, y: usize) -> bool {
    (56..66).contains(&x) && y % 12 < 9
}

fn mask() -> Frame {
    Frame::from_fn(SIZE, |x, y| if is_bar(x, y) { 0.0 } else { 255.0 })
}

/// A folder with `a.tif`, speckle that moves 0.5 px to the right and 0.25 px up under a bright still bar, and `mask.tif`,
/// black where the bar is.
fn with_bar() -> Folder {
    let folder = Folder::new();
    let frames = moving(0.5, -0.25).frames(6).to_frames();
    let bar = |x: usize, y: usize| 60_000.0 - 900.0 * ((x * 3 + y) % 11) as f32;
    let under = |frame: &Frame| {
        Frame::from_fn(SIZE, |x, y| if is_bar(x, y) { bar(x, y) } else { frame.row(y)[x] })
    };
    let mut stack = MemoryStack::new(frames.iter().map(under).collect()).unwrap();
    folder.write_stack("a.tif", &mut stack);
    folder.write_stack("mask.tif", &mut MemoryStack::new(vec![mask()]).unwrap());
    folder
}

#[test]
fn a_still_bar_spoils_a_window_and_a_mask_takes_it_out() {
    let folder = with_bar();
    let error = |arguments: &str| {
        let rows = folder.measure(&format!("{WINDOW} {arguments}"));
        let found = numbers(&rows, "dx_px");
        // NaN, where it is lost, is an error too.
        found.iter().enumerate().fold(0.0, |worst: f64, (k, dx)| {
            let error = (dx - 0.5 * k as f64).abs();
            if error.is_nan() { f64::INFINITY } else { worst.max(error) }
        })
    };
    // Noise of 0.5 % gives 0.004 px.
    assert!(error("--mask mask.tif") < 0.02);
    assert!(error("") > 0.2);
}

#[test]
fn the_recipe_names_the_mask_and_the_table_its_hash() {
    let folder = with_bar();
    folder.measure(&format!("{WINDOW} --mask mask.tif"));
    let table = folder.text("out.csv");
    assert!(table.contains("\"mask\":\"mask.tif\""), "{table}");
    let is_hash = |line: &str| line.starts_with("# input ") && line.ends_with(" mask.tif");
    assert!(table.lines().any(is_hash), "{table}");
}

#[test]
fn a_window_under_the_mask_is_flat() {
    let folder = with_bar();
    let rows = folder.measure("--roi 57,30,6,4 --max-displacement 6 --mask mask.tif");
    assert!(words(&rows, "status").iter().all(|&status| status == "flat"), "{rows:?}");
}

#[test]
fn preprocess_shows_what_is_masked_filled() {
    let folder = with_bar();
    let ran = folder.run("preprocess a.tif -o out.tif --mask mask.tif");
    assert_eq!(ran.code, 0, "{ran:?}");
    let frame = |name: &str| {
        let (mut stack, mut frame) =
            (movemeter_io::open(folder.path(name)).unwrap(), Frame::default());
        stack.read(3, &mut frame).unwrap();
        frame
    };
    let (raw, shown, mask) = (frame("a.tif"), frame("out.tif"), mask());
    let pairs = raw.pixels().iter().zip(shown.pixels()).zip(mask.pixels());
    for ((raw, shown), mask) in pairs {
        assert!(if 0.0 < *mask { raw == shown } else { shown != raw }, "{raw} {shown} {mask}");
    }
}

#[test]
fn a_mask_that_does_not_fit_is_refused() {
    let folder = with_bar();
    folder.write("small.tif", movemeter::synth::speckle(movemeter::Size::new(20, 30)), 1);
    for (arguments, said) in [
        (
            "--mask small.tif",
            "mask must be an image of the frame's size, 128x96 px, but is 20x30 px (small.tif)",
        ),
        (
            "--mask a.tif",
            "a mask is one image, but this has 6; give one of the recording's size (a.tif)",
        ),
        ("--mask none.tif", "there is no such file or folder (none.tif)"),
        ("--mask mask.tif --subpixel resize:2", "mask must be left out with subpixel resize:2"),
    ] {
        let ran = folder.run(&format!("measure a.tif {WINDOW} {arguments} -o out.csv"));
        assert!(ran.code != 0 && ran.stderr.contains(said), "{arguments}: {ran:?}");
    }
    let ran = folder.run("preprocess a.tif -o out.tif --mask small.tif");
    assert!(ran.code != 0 && ran.stderr.contains("the frame's size"), "{ran:?}");
    let ran = folder.run(&format!("measure a.tif {WINDOW} --mask mask.tif -o mask.tif"));
    assert!(ran.code != 0, "the mask is not overwritten: {ran:?}");
}
