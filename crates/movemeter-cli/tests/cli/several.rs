//! Several recordings, recordings with several choices, and recordings that break off.

use super::folder::{Folder, moving, rows, words};

const WINDOW: &str = "--roi 48,32,32,32 --max-displacement 6";

/// A recording of eight frames, of which the last three are cut off.
fn broken_off() -> Folder {
    let folder = Folder::new();
    folder.write("a.tif", moving(0.5, -0.25), 8);
    let whole = std::fs::read(folder.path("a.tif")).unwrap();
    std::fs::write(folder.path("a.tif"), &whole[..whole.len() * 5 / 8 + 2000]).unwrap();
    folder
}

#[test]
fn a_recording_that_breaks_off_is_an_error_that_names_the_frame() {
    let folder = broken_off();
    let ran = folder.run(&format!("measure a.tif {WINDOW} -o out.csv"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error: cannot read frame 5"), "{ran:?}");
    assert!(ran.stderr.contains("measure the frames before it with --keep-going"), "{ran:?}");
    assert_eq!(folder.names(), ["a.tif"]);
}

#[test]
fn frames_before_the_break_are_measured_if_asked_for_and_the_table_says_so() {
    let folder = broken_off();
    for more in ["", "--follow", "--background mean", "--reference mean", "--reference previous"] {
        let measure = |frames: &str| {
            let arguments = format!("measure a.tif {WINDOW} {more} {frames} -o out.csv");
            let ran = folder.run(&arguments);
            assert_eq!(ran.code, 0, "{ran:?}");
            (ran.stderr, folder.text("out.csv"))
        };
        let (said, table) = measure("--keep-going");
        let message = "cannot read frame 5: ";
        assert!(said.contains(&format!("warning: {message}")), "{said}");
        assert!(table.contains(&format!("# incomplete {message}")), "{table}");
        assert!(table.contains("; only the 5 frames before it are measured"), "{table}");
        // The same as of a recording that ends there.
        assert_eq!(rows(&table, ','), rows(&measure("--frames ..4").1, ','), "{more}");
    }
}

#[test]
fn nothing_is_kept_where_nothing_can_be_measured() {
    let folder = broken_off();
    for arguments in ["--reference 6", "--frames 6..7"] {
        let ran =
            folder.run(&format!("measure a.tif {WINDOW} {arguments} --keep-going -o out.csv"));
        assert_ne!(ran.code, 0, "{ran:?}");
        assert_eq!(folder.names(), ["a.tif"]);
    }
}

#[test]
fn each_recording_gets_a_table_of_its_own() {
    let folder = Folder::with_recording();
    folder.write("b.tif", moving(-0.5, 0.0), 3);
    let ran = folder.run(&format!("measure a.tif b.tif {WINDOW} --each -o of-{{name}}.csv"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(folder.names(), ["a.tif", "b.tif", "of-a.csv", "of-b.csv"]);
    assert_eq!(rows(&folder.text("of-b.csv"), ',').len(), 3);
    let alone = folder.measure(WINDOW);
    assert_eq!(rows(&folder.text("of-a.csv"), ','), alone);
}

#[test]
fn without_each_several_are_one() {
    let folder = Folder::with_recording();
    folder.write("b.tif", moving(-0.5, 0.0), 3);
    folder.run(&format!("measure a.tif b.tif {WINDOW} -o all.csv"));
    assert_eq!(rows(&folder.text("all.csv"), ',').len(), 9);
}

#[test]
fn recordings_that_fail_do_not_keep_others_from_being_measured() {
    let folder = Folder::with_recording();
    folder.write("c.tif", moving(0.5, 0.0), 2);
    std::fs::write(folder.path("b.tif"), "no picture").unwrap();
    let arguments = format!("measure a.tif b.tif c.tif {WINDOW} --each -o {{name}}.csv");
    let ran = folder.run(&arguments);
    assert_eq!((ran.code, folder.names().len()), (1, 4), "stops at b: {ran:?}");
    let ran = folder.run(&format!("{arguments} --keep-going"));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("(b.tif)"), "{ran:?}");
    assert!(ran.stderr.contains("1 of 3 recordings could not be measured"), "{ran:?}");
    assert_eq!(folder.names(), ["a.csv", "a.tif", "b.tif", "c.csv", "c.tif"]);
}

#[test]
fn tables_of_several_recordings_need_names() {
    let folder = Folder::with_recording();
    let ran = folder.run(&format!("measure a.tif {WINDOW} --each -o out.csv"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("write {name} for the recording's name"), "{ran:?}");
    let ran = folder.run(&format!("measure a.tif ./a.tif {WINDOW} --each -o {{name}}.csv"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("two recordings have the name \"a\""), "{ran:?}");
}

#[test]
fn a_file_is_excluded_by_its_name() {
    let folder = Folder::with_recording();
    folder.write("b.tif", moving(0.5, 0.0), 1);
    folder.write("c.tif", moving(0.5, 0.0), 1);
    let ran = folder.run(&format!("measure a.tif b.tif c.tif {WINDOW} --exclude 1,b.tif -o t.csv"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = rows(&folder.text("t.csv"), ',');
    let excluded: Vec<usize> =
        (0..8).filter(|&k| words(&rows, "status")[k] == "excluded").collect();
    assert_eq!(excluded, [1, 6]);
    let ran = folder.run(&format!("measure a.tif {WINDOW} --exclude d.tif -o t.csv"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--exclude: \"d.tif\" is neither"), "{ran:?}");
}

#[test]
fn what_was_chosen_in_a_file_stands_in_the_table() {
    let folder = Folder::with_recording();
    folder.measure(WINDOW);
    assert!(!folder.text("out.csv").contains("# opened"));
    folder.measure(&format!("{WINDOW} --channel 0"));
    assert!(folder.text("out.csv").contains("\n# opened {\"channel\":0}\n"));
}

#[test]
fn each_recording_is_shown_by_itself() {
    let folder = Folder::with_recording();
    folder.write("b.tif", moving(0.5, 0.0), 3);
    let joined = folder.run("info a.tif b.tif").stdout;
    assert!(joined.contains("9 in 2 files"), "{joined}");
    let apart = folder.run("info a.tif b.tif --each").stdout;
    assert!(apart.contains("6 in 1 file") && apart.contains("3 in 1 file"), "{apart}");
    let json: serde_json::Value =
        serde_json::from_str(&folder.run("info a.tif b.tif --each --json").stdout).unwrap();
    assert_eq!((&json[0]["n_frames"], &json[1]["n_frames"]), (&6.into(), &3.into()));
}

#[test]
fn a_picture_that_cannot_be_opened_is_an_error_only_if_it_is_needed() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("all")).unwrap();
    for k in 0..6 {
        folder.write(&format!("all/{k}.tif"), moving(0.5, 0.0), 1);
    }
    std::fs::write(folder.path("all/3.tif"), "").unwrap();
    let measure = |more: &str| folder.run(&format!("measure all {WINDOW} {more} -o out.csv"));
    let ran = measure("");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("error: cannot read frame 3 as TIFF: the file is empty"),
        "{ran:?}"
    );
    let ran = measure("--exclude 3.tif");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(words(&rows(&folder.text("out.csv"), ','), "status")[3], "excluded");
    assert!(folder.text("out.csv").contains("\n# doubt damage: 3.tif: "), "{ran:?}");
    assert_eq!(measure("--keep-going").code, 0);
    assert_eq!(rows(&folder.text("out.csv"), ',').len(), 3);
}

#[cfg(unix)]
#[test]
fn a_picture_that_cannot_be_reached_is_not_passed_over() {
    let folder = Folder::with_recording();
    std::os::unix::fs::symlink("nowhere.tif", folder.path("b.tif")).unwrap();
    let ran = folder.run(&format!("measure . {WINDOW} -o out.csv"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("b.tif)"), "{ran:?}");
}

#[test]
fn a_channel_that_is_not_there_is_an_error() {
    let folder = Folder::with_recording();
    folder.run("preprocess a.tif -o a.npy");
    for (option, what) in [("--channel 1", "channel"), ("--z 2", "depth")] {
        let ran = folder.run(&format!("info a.npy {option}"));
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains(&format!("there is no {what} ")), "{ran:?}");
    }
}
