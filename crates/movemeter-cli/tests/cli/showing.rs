//! What is shown: the demonstration, what a recording holds, help.

use serde_json::Value;

use super::folder::{Folder, Ran, numbers, rows};

/// The number before this unit in the line that begins with these words.
fn value(ran: &Ran, line: &str) -> f64 {
    let line = ran.stdout.lines().find_map(|text| text.trim().strip_prefix(line)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn the_demonstration_shows_truth_beside_result() {
    let folder = Folder::new();
    let ran = folder.run("demo");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(value(&ran, "rms error") < 0.02, "{}", ran.stdout);
    assert!(90.0 <= value(&ran, "within 2 error bars"), "{}", ran.stdout);
    assert_eq!(folder.names(), [] as [&str; 0]);
}

#[test]
fn the_demonstration_keeps_what_it_made_and_says_how_to_measure_it_again() {
    let folder = Folder::new();
    let ran = folder.run("demo -o new/demo");
    assert_eq!(ran.code, 0, "{ran:?}");
    let table = folder.text("new/demo/motion.csv");
    let (measured, truth) = (rows(&table, ','), rows(&folder.text("new/demo/truth.csv"), ','));
    let of_first: Vec<_> = measured.into_iter().filter(|row| row["window"] == "0").collect();
    let truths = numbers(&truth, "dx_px");
    for (found, truth) in numbers(&of_first, "dx_px").into_iter().zip(truths) {
        assert!((found - truth).abs() < 0.05, "{found} {truth}");
    }
    let again = ran.stdout.lines().find_map(|line| line.trim().strip_prefix("movemeter ")).unwrap();
    assert_eq!(folder.run(again).code, 0);
    assert_eq!(folder.text("new/demo/motion.csv"), table);
}

#[test]
fn a_recording_is_described_for_people_and_programs() {
    let folder = Folder::with_recording();
    let ran = folder.run("info a.tif a.tif");
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in ["a.tif and 1 more", "12 in 2 files", "128 x 96 px", "uint16", "--fps"] {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
    let info: Value = serde_json::from_str(&folder.run("info a.tif --json").stdout).unwrap();
    assert_eq!(
        (&info["n_frames"], &info["width"], &info["height"]),
        (&6.into(), &128.into(), &96.into())
    );
    assert_eq!((&info["pixel_type"], &info["n_files"]), (&"uint16".into(), &1.into()));
    assert_eq!(info["frame_rate_hz"], Value::Null);
}

#[test]
fn help_teaches_by_examples() {
    let folder = Folder::new();
    for (command, words) in [
        ("--help", "First steps"),
        ("measure --help", "--roi 100,80,64,64"),
        ("preprocess --help", "movemeter preprocess recording.tif --blur 2"),
        ("info --help", "movemeter info recording.tif"),
        ("demo --help", "movemeter demo -o demo"),
        ("completions --help", "movemeter completions bash"),
    ] {
        let ran = folder.run(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
        assert!(ran.stdout.contains(words), "{command}: {}", ran.stdout);
    }
    let version = folder.run("--version").stdout;
    assert_eq!(version, format!("movemeter {}\n", env!("CARGO_PKG_VERSION")));
    assert!(folder.run("completions bash").stdout.contains("--max-displacement"));
}
