//! Every pixel read here against what numpy holds of files that other programs wrote.
//!
//! Needs a Python with numpy, tifffile, imagecodecs and Pillow, named by `MOVEMETER_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter_io::{BitDepth, write_tiff};

struct Expected {
    name: String,
    n_frames: usize,
    size: Size,
    allowed: f32,
    pixels: Vec<f32>,
}

#[test]
fn every_pixel_is_as_numpy_has_it() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer_tiff.py");
    let status = Command::new(python).arg(script).arg(folder.path()).status().unwrap();
    assert!(status.success(), "the Python script failed");

    let expected = read_manifest(folder.path());
    assert!(150 < expected.len(), "only {} files were written", expected.len());
    let wrong: Vec<String> =
        expected.iter().filter_map(|expected| check(folder.path(), expected).err()).collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

#[test]
fn stacks_written_here_are_read_by_tifffile() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (stack, truth) = (folder.path().join("stack.tif"), folder.path().join("truth.f32"));
    let size = Size::new(211, 97);
    let frame = |k: usize| Frame::from_fn(size, |x, y| ((17 * x + 5 * y + 31 * k) % 256) as f32);
    let frames: Vec<Frame> = (0..4).map(frame).collect();
    for bits in [BitDepth::Eight, BitDepth::Sixteen, BitDepth::Float32] {
        write_tiff(&mut MemoryStack::new(frames.clone()).unwrap(), bits, &stack).unwrap();
        let script = "import sys, tifffile\n\
                      tifffile.imread(sys.argv[1]).astype('<f4').tofile(sys.argv[2])";
        let status =
            Command::new(&python).args(["-c", script]).args([&stack, &truth]).status().unwrap();
        assert!(status.success());
        let written: Vec<f32> = frames.iter().flat_map(Frame::pixels).copied().collect();
        assert!(written == read_f32(&truth), "{bits:?}");
    }
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("MOVEMETER_PYTHON");
    if python.is_none() {
        println!("skipped: MOVEMETER_PYTHON is not set");
    }
    python
}

fn read_f32(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn read_manifest(folder: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    text.lines().map(|line| read_expected(folder, line)).collect()
}

fn read_expected(folder: &Path, line: &str) -> Expected {
    let cells: Vec<&str> = line.split('\t').collect();
    let whole = |cell: usize| cells[cell].parse::<usize>().unwrap();
    Expected {
        name: cells[0].into(),
        n_frames: whole(1),
        size: Size::new(whole(3), whole(2)),
        allowed: cells[4].parse().unwrap(),
        pixels: read_f32(&folder.join(format!("{}.f32", cells[0]))),
    }
}

fn check(folder: &Path, expected: &Expected) -> Result<(), String> {
    let name = &expected.name;
    let mut stack = movemeter_io::open(folder.join(name)).map_err(|error| error.to_string())?;
    let (n_frames, size) = (stack.info().n_frames, stack.info().size);
    if (n_frames, size) != (expected.n_frames, expected.size) {
        return Err(format!("{name}: {n_frames} frames of {size} px"));
    }
    // Last frame first: every page must be reached out of order, over what the one before left.
    let mut frame = Frame::from_fn(size, |_, _| -7.0);
    for index in (0..n_frames).rev() {
        stack.read(index, &mut frame).map_err(|error| error.to_string())?;
        let truth = &expected.pixels[index * size.area()..][..size.area()];
        let differs = |(&a, &b): (&f32, &f32)| !is_near(a, b, expected.allowed);
        if let Some(at) = frame.pixels().iter().zip(truth).position(differs) {
            let (is, should) = (frame.pixels()[at], truth[at]);
            return Err(format!("{name}: frame {index}, pixel {at} is {is}, should be {should}"));
        }
    }
    Ok(())
}

fn is_near(a: f32, b: f32, allowed: f32) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= allowed
}
