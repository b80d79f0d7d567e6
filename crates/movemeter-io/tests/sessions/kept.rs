//! What is kept in a session.

use movemeter::roi::{Roi, RoiGroup};
use movemeter::{Rect, Tracks};
use movemeter_io::{RecipeFile, Session, find_input, read_results, read_session, write_session};
use serde_json::json;

use super::making::{all_measured, archive, measured};

/// All numbers as their bits: NaN equals NaN.
fn bits(tracks: &Tracks) -> String {
    let mut text = String::new();
    for track in &tracks.tracks {
        text += &format!("{} {} {:?}\n", track.group, track.window, track.rect);
        for (sample, stamp) in track.samples.iter().zip(&tracks.stamps) {
            let (moved, of) = (sample.displacement, sample.covariance);
            text += &format!(
                "{} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {}\n",
                stamp.number,
                stamp.time_s.to_bits(),
                moved.dx.to_bits(),
                moved.dy.to_bits(),
                of.xx.to_bits(),
                of.xy.to_bits(),
                of.yy.to_bits(),
                sample.score.to_bits(),
                sample.status
            );
        }
        text += &format!("{:?}\n", track.deformations);
    }
    text + &format!("{:?} {:?} {:?}", tracks.brightness, tracks.pixel_size_um, tracks.deforming)
}

#[test]
fn what_was_measured_comes_back_bit_by_bit() {
    for measured in [all_measured, |folder: &std::path::Path| measured(folder, |_| {})] {
        let folder = tempfile::tempdir().unwrap();
        let results = measured(folder.path());
        let path = folder.path().join("run.zip");
        write_session(&Session::of_results(results.clone()), &path).unwrap();
        let back = read_results(&path).unwrap();
        assert_eq!(bits(&back.tracks), bits(&results.tracks));
        assert_eq!(back.recipe, results.recipe);
        assert_eq!(back.provenance.recipe_json, results.provenance.recipe_json);
        assert_eq!(back.provenance.doubts, results.provenance.doubts);
    }
}

#[test]
fn settings_and_view_come_back_without_results() {
    let folder = tempfile::tempdir().unwrap();
    let rois = vec![RoiGroup {
        name: "eye, left".into(),
        color: None,
        rois: vec![Roi::window(Rect::new(1, 2, 30, 40))],
    }];
    let file = RecipeFile { rois, ..RecipeFile::default() };
    let view = json!({ "zoom": 2.5, "colours": ["#ff0000"] });
    let session = Session { file, view, ..Session::default() };
    let path = folder.path().join("new.zip");
    write_session(&session, &path).unwrap();
    assert_eq!(read_session(&path).unwrap(), session);
    let said = read_results(&path).unwrap_err().to_string();
    assert!(said.contains("nothing was measured in it"), "{said}");
}

#[test]
fn the_same_session_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::of_results(measured(folder.path(), |_| {}));
    let [a, b] = ["a.zip", "b.zip"].map(|name| {
        write_session(&session, folder.path().join(name)).unwrap();
        std::fs::read(folder.path().join(name)).unwrap()
    });
    assert!(a == b);
}

#[test]
fn a_session_finds_its_recording_after_the_folder_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    std::fs::create_dir_all(old.join("runs")).unwrap();
    let results = measured(&old, |_| {});
    write_session(&Session::of_results(results), old.join("runs/run.zip")).unwrap();
    std::fs::rename(&old, &new).unwrap();
    let session = read_session(new.join("runs/run.zip")).unwrap();
    let found = session.inputs[0].path.clone().unwrap();
    assert_eq!(found.canonicalize().unwrap(), new.join("a b.tif").canonicalize().unwrap());
    // Alone with its recording, by name; without it, where it was.
    std::fs::copy(new.join("runs/run.zip"), folder.path().join("run.zip")).unwrap();
    std::fs::rename(new.join("a b.tif"), folder.path().join("a b.tif")).unwrap();
    let session = read_session(folder.path().join("run.zip")).unwrap();
    assert!(session.inputs[0].path.as_ref().unwrap().exists());
    std::fs::remove_file(folder.path().join("a b.tif")).unwrap();
    let session = read_session(folder.path().join("run.zip")).unwrap();
    assert!(session.inputs[0].path.as_ref().unwrap().ends_with("old/a b.tif"));
    assert_eq!(find_input(&session.inputs[0], &folder.path().join("run.zip")), None);
}

#[test]
fn what_is_not_understood_is_refused_and_what_is_more_is_passed() {
    let folder = tempfile::tempdir().unwrap();
    let said = |members: &[(&str, &str)]| {
        read_session(archive(folder.path(), "x.zip", members)).unwrap_err().to_string()
    };
    assert!(said(&[("a.txt", "")]).contains("holds no session.json"));
    let newer = said(&[("session.json", r#"{"movemeter_session": 2}"#)]);
    assert!(newer.contains("it is of version 2, and this movemeter reads version 1"), "{newer}");
    assert!(said(&[("session.json", "{}")]).contains("does not say its version"));
    assert!(said(&[("session.json", "{")]).contains("session.json: "));
    write_session(&Session::default(), folder.path().join("s.zip")).unwrap();
    let file = std::fs::File::open(folder.path().join("s.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let text = std::io::read_to_string(zip.by_name("session.json").unwrap()).unwrap();
    let more =
        archive(folder.path(), "m.zip", &[("session.json", &text), ("notes/today.txt", "x")]);
    assert_eq!(read_session(more).unwrap(), Session::default());
}

/// numpy reads the arrays by their names.
#[test]
fn numpy_reads_the_numbers() {
    let Ok(python) = std::env::var("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON does not name a Python with numpy");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let results = all_measured(folder.path());
    let path = folder.path().join("run.zip");
    write_session(&Session::of_results(results.clone()), &path).unwrap();
    let script = "import sys, numpy\nz = numpy.load(sys.argv[1])\nprint(repr(float(z['dx_px'][1, 3])), z['status'].dtype, z['covariance_px2'].shape)";
    let ran = std::process::Command::new(python).args(["-c", script]).arg(&path).output().unwrap();
    let dx = results.tracks[1].samples[3].displacement.dx;
    let expected = format!("{dx:?} uint8 (3, 6, 3)\n");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), expected, "{ran:?}");
}
