//! What the matcher sees, written as a recording.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};
use serde_json::Value;

use super::folder::{Folder, moving, numbers};
use super::options::spot_over_texture;

const STOPPED: i32 = 130;

/// Runs `movemeter preprocess a.tif -o out.tif` with more arguments; pixel type and frames written.
fn written(folder: &Folder, arguments: &str) -> (String, Vec<Frame>) {
    let ran = folder.run(&format!("preprocess a.tif -o out.tif {arguments}"));
    assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
    frames(folder, "out.tif")
}

fn frames(folder: &Folder, name: &str) -> (String, Vec<Frame>) {
    let mut stack = movemeter_io::open(folder.path(name)).unwrap();
    let (n_frames, kind) = (stack.info().n_frames, stack.info().pixel_type.clone());
    let read = |index| {
        let mut frame = Frame::default();
        stack.read(index, &mut frame).unwrap();
        frame
    };
    (kind, (0..n_frames).map(read).collect())
}

#[test]
fn without_options_the_recording_is_copied() {
    let folder = Folder::with_recording();
    let (_, raw) = frames(&folder, "a.tif");
    assert_eq!(written(&folder, ""), ("float32".into(), raw.clone()));
    assert_eq!(written(&folder, "--bits 16"), ("uint16".into(), raw));
    assert_eq!(folder.names(), ["a.tif", "out.tif"]);
}

#[test]
fn each_step_does_what_it_says() {
    let folder = Folder::with_recording();
    let (_, raw) = frames(&folder, "a.tif");
    let at = |frames: &[Frame], k: usize| frames[k].row(40)[50];
    let (_, inverted) = written(&folder, "--invert");
    assert_eq!(at(&inverted, 2), 65_535.0 - at(&raw, 2));
    let darkest = raw.iter().map(|frame| frame.row(40)[50]).reduce(f32::min).unwrap();
    let (_, less) = written(&folder, "--background min");
    assert_eq!(at(&less, 2), at(&raw, 2) - darkest);
    let mean: f64 = raw.iter().map(|frame| f64::from(frame.row(40)[50]) / 6.0).sum();
    let (_, less) = written(&folder, "--background mean");
    // Rounded to f32, whose step is below 0.004 here.
    assert!((f64::from(at(&less, 2)) - (f64::from(at(&raw, 2)) - mean)).abs() < 0.008);
    let roughness = |frame: &Frame| -> f32 {
        frame.pixels().windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum()
    };
    let (_, blurred) = written(&folder, "--blur 2");
    assert!(roughness(&blurred[0]) < 0.8 * roughness(&raw[0]));
}

#[test]
fn what_is_measured_afterwards_is_what_is_measured_at_once() {
    let folder = Folder::with_recording();
    let options = "--background min --invert --blur 1.2";
    let window = "--roi 48,32,32,32 --max-displacement 6 --follow --keep-doubtful";
    // Error bars may differ: only at once it is known how the blur correlated the noise.
    let measured = |options: &str| {
        let rows = folder.measure(options);
        ["dx_px", "dy_px", "score"].map(|column| numbers(&rows, column))
    };
    let at_once = measured(&format!("{window} {options}"));
    written(&folder, options);
    std::fs::rename(folder.path("out.tif"), folder.path("a.tif")).unwrap();
    assert_eq!(measured(window), at_once);
}

#[test]
fn only_the_frames_asked_for_are_written_and_looked_at() {
    let folder = Folder::with_recording();
    let (_, raw) = frames(&folder, "a.tif");
    let chosen = [1, 3, 5].map(|k: usize| raw[k].clone());
    assert_eq!(written(&folder, "--frames 1..:2").1, chosen);
    assert_eq!(written(&folder, "--exclude 0,2,4").1, chosen);
    let (_, less) = written(&folder, "--frames 1.. --exclude 2,4 --background min");
    let darkest = chosen.iter().map(|frame| frame.row(40)[50]).reduce(f32::min).unwrap();
    assert_eq!(less[1].row(40)[50], chosen[1].row(40)[50] - darkest);
}

#[test]
fn a_static_background_goes_and_what_moves_is_left() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut spot_over_texture(30.0));
    let (_, seen) = written(&folder, "--background min");
    // Whole grey levels; a spot leaves less than half a one at the places of the others.
    assert_eq!((seen[0].row(48)[60], seen[0].row(10)[10], seen[1].row(48)[60]), (30.0, 0.0, 0.0));
    assert_eq!(seen[1].row(48)[78], 30.0);
}

#[test]
fn what_few_bits_cannot_hold_is_said() {
    let folder = Folder::with_recording();
    let ran = folder.run("preprocess a.tif -o out.tif --background mean --bits 16");
    assert!(ran.stderr.contains("of all pixels lie outside what 16 bits can hold"), "{ran:?}");
    let (kind, seen) = frames(&folder, "out.tif");
    assert_eq!((kind.as_str(), seen.len()), ("uint16", 6));
    assert!(seen[0].pixels().contains(&0.0));
    let ran = folder.run("preprocess a.tif -o out.tif --background min --bits 16");
    assert!(!ran.stderr.contains("outside"), "{ran:?}");
    assert!(ran.stderr.contains("6 frames of 128x96 px written in "), "{ran:?}");
    assert!(ran.stderr.contains(" -> out.tif\n"), "{ran:?}");
    assert_eq!(folder.run("preprocess a.tif -o out.tif --quiet").stderr, "");
}

#[test]
fn every_format_holds_the_same_pixels() {
    let folder = Folder::with_recording();
    let (_, raw) = frames(&folder, "a.tif");
    let written = |arguments: &str| {
        let ran = folder.run(&format!("preprocess a.tif {arguments}"));
        assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
    };
    written("-o out.npy");
    assert_eq!(frames(&folder, "out.npy"), ("float32".into(), raw.clone()));
    std::fs::create_dir(folder.path("seen")).unwrap();
    written("-o seen/f_##.png --bits 16");
    assert_eq!(frames(&folder, "seen"), ("uint16".into(), raw.clone()));
    assert_eq!(std::fs::read_dir(folder.path("seen")).unwrap().count(), 6);
    // A shorter series would be longer by what is left of the older one.
    let ran = folder.run("preprocess a.tif -o seen/f_##.png --bits 16 --frames ..2");
    assert!(ran.stderr.contains("f_0") && ran.stderr.contains("older series"), "{ran:?}");
    assert_eq!(ran.code, 2);
    // No image of a series is written over while it is read.
    let ran = folder.run("preprocess seen -o seen/f_##.png --bits 16");
    assert!(ran.stderr.contains("the output is also an input"), "{ran:?}");
    assert_eq!(frames(&folder, "seen").1, raw);
}

#[test]
fn pixel_size_and_words_of_the_recording_are_kept() {
    let folder = Folder::with_recording();
    let mut known = Known { stack: spot_over_texture(30.0), info: Default::default() };
    known.info = known.stack.info().clone();
    known.info.pixel_size_um = Some(0.65);
    known.info.metadata = vec![("ImageDescription".into(), "hair cell 3".into())];
    folder.write_stack("a.tif", &mut known);
    written(&folder, "--blur 2");
    let stack = movemeter_io::open(folder.path("out.tif")).unwrap();
    assert_eq!(stack.info().pixel_size_um, Some(0.65));
    let ran = folder.run("info out.tif");
    assert!(ran.stdout.contains("hair cell 3"), "{ran:?}");
}

/// A source of which more is known.
struct Known<S> {
    stack: S,
    info: StackInfo,
}

impl<S: FrameSource> FrameSource for Known<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.stack.read(index, frame)
    }
}

#[test]
fn programs_are_told_of_both_stages() {
    let folder = Folder::with_recording();
    let ran = folder.run("preprocess a.tif -o out.tif --background min --bits 8 --json-progress");
    let events: Vec<Value> =
        ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |stage: &str| events.iter().filter(|event| event["stage"] == stage).count();
    assert_eq!((count("background"), count("writing")), (6, 6));
    let last = &events[events.len() - 1];
    assert_eq!((&last["event"], &last["frames"]), (&"finished".into(), &6.into()));
    assert!(0 < last["pixels_outside"].as_u64().unwrap());
}

#[test]
fn what_cannot_be_written_is_known_at_once_and_leaves_nothing() {
    let folder = Folder::with_recording();
    let fails = |arguments: &str, code: i32, words: &[&str]| {
        let ran = folder.run(&format!("preprocess {arguments}"));
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        assert!(ran.stderr.starts_with("error: "), "{arguments}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{arguments}: no {word:?} in {}", ran.stderr);
        }
        assert_eq!(folder.names(), ["a.tif"], "{arguments}");
    };
    fails("a.tif -o out.csv", 2, &["the ending .csv is not known", ".tif .tiff .npy .png"]);
    fails("a.tif -o -", 2, &["use one of .tif .tiff .npy .png"]);
    fails("a.tif -o f#.png", 2, &["8 or 16 bits", "--bits 16", "(f#.png)"]);
    fails("a.tif -o f.png --bits 8", 2, &["there are 6 frames", "frame_####.png"]);
    fails("a.tif -o none/f#.png --bits 8", 1, &["there is no folder none"]);
    fails("a.tif -o a.tif", 2, &["the output is also an input"]);
    fails("a.tif -o none/out.tif", 1, &["there is no folder none"]);
    fails("b.tif -o out.tif", 1, &["there is no such file or folder (b.tif)"]);
    fails("a.tif -o out.tif --bits 12", 2, &["--bits", "8, 16 or 32"]);
    fails("a.tif -o out.tif --blur -1", 2, &["--blur must be between 0 (none) and 100"]);
    fails("a.tif -o out.tif --background max", 2, &["none, min, mean"]);
    fails("a.tif -o out.tif --exclude ..", 2, &["all are excluded"]);
    fails("a.tif -o out.tif --background min --exclude ..", 2, &["all are excluded"]);
    fails("a.tif -o out.tif --exclude 9", 2, &["--exclude", "there is no frame 9"]);
    fails("a.tif -o out.tif --frames 4..9", 2, &["--frames", "there is no frame 9"]);
    let bytes = std::fs::read(folder.path("a.tif")).unwrap();
    std::fs::write(folder.path("a.tif"), &bytes[..bytes.len() / 2]).unwrap();
    let words = ["cannot read frame 2", "--exclude 2", "(a.tif)"];
    fails("a.tif -o out.tif --frames 1..2", 1, &words);
    fails("a.tif -o out.tif --frames 1..2 --background min", 1, &words);
}

/// Long enough that there is always time to stop it.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing_half_written() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let folder = Folder::new();
    folder.write("a.tif", moving(0.5, 0.0), 60);
    let names = "a.tif ".repeat(60);
    std::fs::write(folder.path("out.tif"), "older").unwrap();
    for (option, stage) in [("--blur 30", "writing"), ("--background min", "background")] {
        let arguments = format!("preprocess {names} -o out.tif --json-progress {option}");
        let mut child = folder.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(stage) {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended by itself");
        }
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(STOPPED), "{rest}");
        assert!(rest.contains("stopped; nothing is written"), "{rest}");
        assert_eq!(folder.names(), ["a.tif", "out.tif"]);
        assert_eq!(folder.text("out.tif"), "older");
    }
}

#[test]
fn times_and_pixel_size_that_are_given_are_written() {
    let folder = Folder::with_recording();
    let ran = folder.run("preprocess a.tif --fps 50 --pixel-size 0.5um --frames ..:2 -o b.tif");
    assert_eq!(ran.code, 0, "{ran:?}");
    let info: Value = serde_json::from_str(&folder.run("info b.tif --json").stdout).unwrap();
    assert_eq!(info["pixel_size_um"], 0.5, "{info}");
    // Of every second frame of fifty a second.
    let description = info["metadata"]["ImageDescription"].as_str().unwrap();
    assert!(description.contains("\nfinterval=0.04\n"), "{description}");
}

#[test]
fn what_the_output_cannot_hold_is_refused() {
    let folder = Folder::with_recording();
    for arguments in ["--range 0..255 -o b.npy", "--fps 5 -o b.npy", "--pixel-size 1 -o f_#.png"] {
        let ran = folder.run(&format!("preprocess a.tif {arguments}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        let option = arguments.split(' ').next().unwrap();
        assert!(ran.stderr.contains(&format!("error: {option} ")), "{ran:?}");
    }
    assert_eq!(folder.names(), ["a.tif"]);
}
