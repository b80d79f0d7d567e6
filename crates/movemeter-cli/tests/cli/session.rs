//! Sessions: written, shown, moved, converted.

use serde_json::Value;

use super::folder::{Folder, moving};

fn with_session() -> Folder {
    let folder = Folder::with_recording();
    let ran = folder.run("measure a.tif --roi 48,32,32,32 --follow -o run.zip");
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

#[test]
fn a_session_says_what_is_in_it() {
    let folder = with_session();
    for command in ["session run.zip", "info run.zip"] {
        let ran = folder.run(command);
        assert!(ran.stdout.contains("a.tif"), "{ran:?}");
        assert!(ran.stdout.contains("results   6 frames, 1 window: 6 of 6 measured"), "{ran:?}");
    }
    let shown: Value = serde_json::from_str(&folder.run("session run.zip --json").stdout).unwrap();
    assert_eq!(
        (&shown["inputs"][0]["is_there"], &shown["results"]["n_ok"]),
        (&true.into(), &6.into())
    );
    std::fs::remove_file(folder.path("a.tif")).unwrap();
    let ran = folder.run("session run.zip");
    assert!(ran.stdout.contains("a.tif is NOT there; it was "), "{ran:?}");
}

#[test]
fn a_session_learns_where_its_recording_is() {
    let folder = with_session();
    std::fs::create_dir(folder.path("archive")).unwrap();
    std::fs::rename(folder.path("a.tif"), folder.path("archive/fly.tif")).unwrap();
    let ran = folder.run("session run.zip --recording archive/fly.tif -o moved.zip");
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = folder.run("session moved.zip");
    assert!(ran.stdout.contains("archive/fly.tif") && !ran.stdout.contains("NOT"), "{ran:?}");
    let ran = folder.run("session run.zip --recording gone.tif -o other.zip");
    assert!(ran.code == 1 && ran.stderr.contains("there is no such file"), "{ran:?}");
    let ran = folder.run("session run.zip --recording a --recording b -o other.zip");
    assert!(ran.code == 2 && ran.stderr.contains("once for each input"), "{ran:?}");
}

#[test]
fn to_version_0_7_and_back_signs_are_turned_twice_and_said() {
    let folder = with_session();
    let ran = folder.run("session run.zip --as-0.7 -o movemeter_run.zip");
    assert!(ran.code == 0 && ran.stderr.contains("both signs are turned"), "{ran:?}");
    let ran = folder.run("session movemeter_run.zip");
    assert!(ran.stdout.contains("both signs are changed"), "{ran:?}");
    let ran = folder.run("session movemeter_run.zip -o back.zip");
    assert!(ran.stderr.contains("warning: movemeter 0.7: read from a session"), "{ran:?}");
    let ran = folder.run("report back.zip -o page.html");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(folder.text("page.html").contains("both signs are changed"));
}

#[test]
fn an_output_that_is_the_session_or_its_recording_is_refused() {
    let folder = with_session();
    let ran = folder.run("session run.zip -o run.zip");
    assert!(ran.code == 2 && ran.stderr.contains("also an input"), "{ran:?}");
    let ran = folder.run("session run.zip -o run.csv");
    assert!(ran.code == 2 && ran.stderr.contains("cannot write a session"), "{ran:?}");
}

#[test]
fn a_session_gives_its_recipe_and_its_rois() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut moving(0.5, 0.25).frames(4));
    let settings = "--max-displacement 6 --follow";
    for arguments in [
        format!("measure a.tif --grid 24 {settings} -o run.zip -o one.csv"),
        "measure a.tif --recipe run.zip -o two.csv".into(),
        format!("measure a.tif --rois run.zip {settings} -o three.csv"),
    ] {
        let ran = folder.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(folder.text("one.csv"), folder.text("two.csv"));
    assert_eq!(folder.text("one.csv"), folder.text("three.csv"));
}
