//! Everything that is wrong is said in plain words, with its exit code, and leaves nothing behind.

use std::fs;

use movemeter::geometry::Size;
use movemeter::synth;

use super::folder::{Folder, moving};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

/// Runs the program, which must fail with this code, say these words, and leave the folder as it is.
fn fails(folder: &Folder, arguments: &str, code: i32, words: &[&str]) {
    let before = folder.names();
    let ran = folder.run(arguments);
    assert_eq!(ran.code, code, "{arguments}: {ran:?}");
    assert!(ran.stderr.lines().any(|line| line.starts_with("error: ")), "{arguments}: {ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{arguments}: no {word:?} in {}", ran.stderr);
    }
    assert_eq!(ran.stdout, "", "{arguments}");
    assert_eq!(folder.names(), before, "{arguments}");
}

#[test]
fn recordings_that_cannot_be_read_are_failures() {
    let folder = Folder::with_recording();
    let measure = |stack: &str| format!("measure {stack} --roi 8,8,32,32 -o out.csv");
    fails(&folder, &measure("b.tif"), FAILED, &["there is no such file or folder (b.tif)"]);
    fs::create_dir(folder.path("empty")).unwrap();
    fails(&folder, &measure("empty"), FAILED, &["no recording in the folder", "(empty)"]);
    fs::write(folder.path("text.tif"), "not an image").unwrap();
    fails(&folder, &measure("text.tif"), FAILED, &["cannot read as TIFF", "(text.tif)"]);
    fs::write(folder.path("table.xyz"), "").unwrap();
    fails(&folder, &measure("table.xyz"), FAILED, &[".xyz is not known", ".tif", "(table.xyz)"]);
    fails(&folder, "info b.tif", FAILED, &["there is no such file or folder (b.tif)"]);
}

#[test]
fn frames_of_two_sizes_are_no_recording() {
    let folder = Folder::new();
    fs::create_dir(folder.path("mixed")).unwrap();
    folder.write("mixed/1.tif", moving(0.0, 0.0), 1);
    folder.write("mixed/2.tif", synth::speckle(Size::new(64, 64)), 1);
    let words = ["must have one size", "64x64", "128x96", "2.tif)"];
    fails(&folder, "measure mixed --roi 8,8,32,32 -o out.csv", FAILED, &words);
}

#[test]
fn a_frame_that_is_cut_off_is_named() {
    let folder = Folder::with_recording();
    let bytes = fs::read(folder.path("a.tif")).unwrap();
    fs::write(folder.path("a.tif"), &bytes[..bytes.len() / 2]).unwrap();
    let measure = "measure a.tif --roi 40,40,32,32 -o out.csv";
    fails(&folder, measure, FAILED, &["cannot read frame 2", "--exclude 2", "(a.tif)"]);
    // All frames are listed before the first one's pixels, so all that are missing are known of.
    let ran = folder.run(&format!("{measure} --exclude 2.."));
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_frame_is_named_by_its_number_in_the_series_and_in_its_file() {
    let folder = Folder::with_recording();
    let bytes = fs::read(folder.path("a.tif")).unwrap();
    fs::write(folder.path("b.tif"), &bytes[..bytes.len() / 2]).unwrap();
    let measure = "measure a.tif b.tif --roi 40,40,32,32 -o out.csv";
    fails(&folder, measure, FAILED, &["frame 8, which is frame 2 of its file", "(b.tif)"]);
}

#[test]
fn windows_that_cannot_be_are_wrong_usage() {
    let folder = Folder::with_recording();
    let with = |arguments: &str, words: &[&str]| {
        fails(&folder, &format!("measure a.tif -o out.csv {arguments}"), USAGE, words);
    };
    with("", &["no window to measure", "--roi X,Y,W,H", "--grid"]);
    with("--roi 100,8,32,32", &["--roi 100,8,32,32 is not inside the frame", "128x96"]);
    with("--roi 0,0,8,8 --roi -5,0,10,10", &["--roi -5,0,10,10 is not inside", "128x96"]);
    with("--roi 1,2,0,10", &["--roi", "at least 1", "0 and 10"]);
    with("--roi 1,2,10", &["--roi", "four numbers X,Y,W,H", "there are 3"]);
    with("--roi 1,2,3,x", &["--roi", "\"x\" is not a whole number"]);
    with("--grid 0", &["--grid", "at least 1 px", "0"]);
    with("--grid -4", &["--grid", "at least 1 px", "-4"]);
    with("--grid 200", &["--grid 200x200 holds no window", "the frame is only 128x96"]);
    with("--grid 32 --within 0,0,16,16", &["holds no window", "--within is only 16x16"]);
    with("--grid 8 --within 100,0,64,64", &["--within 100,0,64,64 is not inside", "128x96"]);
    with("--grid 8 --step 0", &["--step", "more than 0"]);
    with("--roi 0,0,8,8 --step 2", &["--grid"]);
}

#[test]
fn settings_out_of_range_are_named_with_what_is_allowed() {
    let folder = Folder::with_recording();
    let with = |arguments: &str, words: &[&str]| {
        let arguments = format!("measure a.tif --roi 40,40,32,32 -o out.csv {arguments}");
        fails(&folder, &arguments, USAGE, words);
    };
    with("--blur -1", &["--blur must be between 0 (none) and 100 px, but is -1"]);
    with("--blur nan", &["--blur must be", "NaN"]);
    with("--blur 0,5", &["--blur", "decimals follow a point"]);
    with("--max-displacement -3", &["--max-displacement must be more than 0 and", "-3"]);
    with("--max-displacement inf", &["--max-displacement must be", "inf"]);
    with("--min-score 1.5", &["--min-score must be between -1 and 1, but is 1.5"]);
    with("--reference 99", &["--reference must be", "0 to 5", "99"]);
    with("--reference last", &["--reference", "first, previous, mean, keyframe or a frame number"]);
    with("--reference -1", &["--reference", "first, previous, mean, keyframe or a frame number"]);
    with("--reference 3 --exclude 3", &["--reference must be", "3"]);
    with("--subpixel best", &["--subpixel", "gauss-newton, parabola, gaussian, none"]);
    with("--subpixel resize:40", &["--subpixel", "resize:U with U from 0.1 to 32", "resize:40"]);
    with("--subpixel resize", &["--subpixel", "as in resize:2.5"]);
    with("--model bent", &["--model", "translation, rigid, affine"]);
    with(
        "--model rigid --subpixel parabola",
        &["--model must be translation with", "gauss-newton"],
    );
    with("--rotation --subpixel none", &["--rotation must be off with", "gauss-newton"]);
    with("--rotation --max-rotation 200", &["--max-rotation must be", "180", "200"]);
    with("--max-rotation 20", &["--rotation"]);
    with("--exclude 3,6", &["--exclude", "there is no frame 6", "0 to 5"]);
    with("--exclude ..", &["all are excluded"]);
    with("--frames 2..9", &["--frames", "there is no frame 9", "2.."]);
    with("--frames 4..2", &["--frames", "2..4"]);
    with("--frames 3", &["--frames", "two dots"]);
    with("--fps 0", &["--fps must be more than 0 Hz, but is 0"]);
    with("--pixel-size -1um", &["--pixel-size must be more than 0 um, but is -1"]);
    with("--pixel-size 3inch", &["--pixel-size", "inch", "nm, um or mm"]);
    with("--threads 0", &["--threads", "whole number from 1"]);
    with("--background max", &["--background", "one of none, min, mean"]);
    with("--background mean --reference mean", &["--background must be min or none", "mean"]);
    with("--brightness relative", &["--brightness", "one of absolute, range, minimum"]);
    with("--quiet --json-progress", &["cannot be used with"]);
}

#[test]
fn settings_are_checked_before_the_recording_is_opened() {
    let words = ["--blur must be between"];
    fails(&Folder::new(), "measure no.tif --roi 0,0,8,8 -o o.csv --blur -1", USAGE, &words);
    let words = ["no window"];
    fails(&Folder::new(), "measure no.tif -o o.csv", USAGE, &words);
}

#[test]
fn outputs_that_cannot_be_are_known_before_any_measuring() {
    let folder = Folder::with_recording();
    fs::create_dir(folder.path("folder.csv")).unwrap();
    let with = |outputs: &str, code, words: &[&str]| {
        fails(&folder, &format!("measure a.tif --roi 40,40,32,32 {outputs}"), code, words);
    };
    with("", USAGE, &["--output <OUT>"]);
    with("-o out.xlsx", USAGE, &[".xlsx is not known", ".csv .tsv .json", "(out.xlsx)"]);
    with("-o out", USAGE, &["without an ending", ".csv .tsv .json", "(out)"]);
    with("-o none/out.csv", FAILED, &["there is no folder none", "(none/out.csv)"]);
    with("-o ok.csv -o none/out.csv", FAILED, &["there is no folder none"]);
    with("-o folder.csv", FAILED, &["there is a folder of this name", "(folder.csv)"]);
    with("-o out.csv -o ./out.csv", USAGE, &["given twice", "(./out.csv)"]);
    with("-o - -o -", USAGE, &["given twice"]);
}

#[test]
fn no_output_may_overwrite_an_input() {
    let folder = Folder::with_recording();
    let before = fs::read(folder.path("a.tif")).unwrap();
    let with = |output: &str| {
        let arguments = format!("measure a.tif --roi 40,40,32,32 -o {output}");
        fails(&folder, &arguments, USAGE, &["the output is also an input", &format!("({output})")]);
    };
    with("a.tif");
    with("./a.tif");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.tif", folder.path("link.csv")).unwrap();
        with("link.csv");
        fs::hard_link(folder.path("a.tif"), folder.path("hard.csv")).unwrap();
        with("hard.csv");
    }
    assert_eq!(fs::read(folder.path("a.tif")).unwrap(), before);
}

#[test]
fn an_older_table_survives_a_failure() {
    let folder = Folder::new();
    folder.write("a.tif", moving(0.0, 0.0), 2);
    fs::write(folder.path("out.csv"), "older").unwrap();
    let bytes = fs::read(folder.path("a.tif")).unwrap();
    fs::write(folder.path("a.tif"), &bytes[..bytes.len() - 1000]).unwrap();
    let ran = folder.run("measure a.tif --roi 40,40,32,32 -o out.csv");
    assert_eq!((ran.code, folder.text("out.csv").as_str()), (FAILED, "older"), "{ran:?}");
    assert_eq!(folder.names(), ["a.tif", "out.csv"]);
}

#[test]
fn without_a_command_the_help_is_shown() {
    let ran = Folder::new().run("");
    assert_eq!((ran.code, ran.stdout.as_str()), (USAGE, ""));
    assert!(ran.stderr.contains("movemeter demo"), "{}", ran.stderr);
    let ran = Folder::new().run("mesure");
    assert_eq!(ran.code, USAGE);
    assert!(ran.stderr.contains("measure"), "{}", ran.stderr);
}
