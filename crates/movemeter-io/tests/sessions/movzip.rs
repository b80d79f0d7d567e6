//! Sessions of version 0.7.

use movemeter::{Displacement, Reference, Size, Status};
use movemeter_io::{movzip_notes, read_results, read_session, write_movzip};

use super::making::{archive, measured};

const METADATA: &str = r#"{"block_size": [32, 32], "block_distance": 1.0, "exclude_images": [2],
    "movemeter_settings": {"upscale": 5.0, "max_movement": 30, "template_method": "previous", "preblur": 3},
    "export_time": "2021-03-04", "movemeter_version": "0.7.1", "images_shape": [480, 640], "sampling_rate": 50}"#;
const FILES: &str = r#"["/data/fly/b2.tif", "/data/fly/b10.tif"]"#;
const ROIS: &str = "[[[10, 20, 32, 32], [50.0, 20.0, 32.0, 32.0]], [[100, 120, 16, 16]]]";
const MOVEMENTS: &str = "[[[[0.0, 0.2, 9.0, 0.4], [0.0, -1.0, 9.0, -2.0]], [[0, 0, 0, NaN], [0, 0, 0, NaN]]], \
                         [[[100, 101, 100, 103], [120, 120, 120, 121]]]]";

#[test]
fn a_session_of_version_0_7_is_read_with_its_signs_turned() {
    let folder = tempfile::tempdir().unwrap();
    let members = [
        ("metadata.json", METADATA),
        ("image_filenames.json", FILES),
        ("selections.json", "[[1, 2, 3, 4]]"),
        ("rois.json", ROIS),
        ("movements.json", MOVEMENTS),
    ];
    let path = archive(folder.path(), "movemeter_fly.zip", &members);
    let session = read_session(&path).unwrap();
    let names: Vec<&str> = session.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["b2.tif", "b10.tif"]);
    assert_eq!(session.view["movemeter_0.7"]["metadata"]["block_size"][0], 32);
    let results = read_results(&path).unwrap();
    let recipe = &results.recipe;
    assert_eq!((recipe.reference, recipe.max_displacement_px), (Reference::Previous, Some(30.0)));
    assert_eq!((recipe.subpixel.to_string().as_str(), &recipe.exclude[..]), ("resize:5", &[2][..]));
    let tracks = &results.tracks;
    let groups: Vec<(&str, usize)> =
        tracks.tracks.iter().map(|track| (&*track.group, track.window)).collect();
    assert_eq!(groups, [("rg0", 0), ("rg0", 1), ("rg1", 0)]);
    assert_eq!(tracks[0].displacement(3), Some(Displacement::new(-0.4, 2.0)));
    assert_eq!(tracks[0].displacement(0), Some(Displacement::ZERO));
    assert_eq!((tracks[0].samples[2].status, tracks[0].displacement(2)), (Status::Excluded, None));
    assert_eq!(tracks[1].displacement(3), None);
    // Locations, counted from the first.
    assert_eq!(tracks[2].displacement(3), Some(Displacement::new(-3.0, -1.0)));
    assert!(tracks[0].samples[3].sd_x().is_nan() && tracks[0].samples[3].score.is_nan());
    assert_eq!(tracks.stamps[3].time_s, 0.06);
    assert!(movzip_notes(&results)[0].contains("both signs are changed"));
}

#[test]
fn any_member_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let of = |members: &[(&str, &str)]| read_session(archive(folder.path(), "m.zip", members));
    assert_eq!(of(&[("metadata.json", METADATA)]).unwrap().results, None);
    assert_eq!(of(&[("rois.json", ROIS)]).unwrap().file.recipe.windows.len(), 3);
    assert_eq!(of(&[("image_filenames.json", FILES)]).unwrap().inputs.len(), 2);
    assert_eq!(of(&[("selections.json", "{}")]).unwrap().results, None);
    let both = of(&[("rois.json", ROIS), ("movements.json", MOVEMENTS)]).unwrap();
    assert_eq!(both.results.unwrap().tracks.n_frames(), 4);
    let said = of(&[("movements.json", MOVEMENTS)]).unwrap_err().to_string();
    assert!(said.contains("group 0 has 2 windows, but rois.json has 0"), "{said}");
}

#[test]
fn what_is_not_as_it_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (movements, says) in [
        ("{}", "a list of groups"),
        ("[[[[1, 2], [1]]]]", "a list of groups"),
        ("[[[[\"a\"], [1]]]]", "a list of groups"),
        ("[[[[1, 2], [1, 2]], [[1], [1]]]]", "as many frames"),
        ("[", "movements.json: "),
    ] {
        let members = [("rois.json", ROIS), ("movements.json", movements)];
        let path = archive(folder.path(), "m.zip", &members);
        let said = read_session(&path).unwrap_err().to_string();
        assert!(said.contains(says) && said.ends_with("m.zip)"), "{movements}: {said}");
    }
    for rois in ["[[[1, 2, 3]]]", "[[[1, 2, 0, 5]]]", "[[[1, 2, 1e300, 5]]]", "7"] {
        let said = read_session(archive(folder.path(), "m.zip", &[("rois.json", rois)]));
        assert!(said.unwrap_err().to_string().contains("a list of [x, y, w, h]"), "{rois}");
    }
}

#[test]
fn what_is_written_for_version_0_7_is_the_same_when_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let results = measured(folder.path(), |_| {});
    let path = folder.path().join("movemeter_a.zip");
    write_movzip(&results, Some(Size::new(96, 64)), &path).unwrap();
    let back = read_results(&path).unwrap();
    let moved = |results: &movemeter_io::Results| {
        let tracks = results.tracks.tracks.iter();
        tracks.map(|track| (0..6).map(|k| track.displacement(k)).collect()).collect::<Vec<Vec<_>>>()
    };
    assert_eq!(moved(&back), moved(&results));
    assert_eq!(back.tracks[1].displacement(4), None);
    assert_eq!(back.tracks[0].rect, results.tracks[0].rect);
}

/// Written and read by Python itself, as the original does.
#[test]
fn python_writes_and_reads_them() {
    let Ok(python) = std::env::var("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let results = measured(folder.path(), |_| {});
    write_movzip(&results, Some(Size::new(96, 64)), folder.path().join("ours.zip")).unwrap();
    let script = r#"
import json, sys, zipfile, math
ours = zipfile.ZipFile("ours.zip")
movements = json.loads(ours.read("movements.json"))
assert math.isnan(movements[0][1][0][4]) and movements[0][0][0][0] == 0.0
assert json.loads(ours.read("metadata.json"))["images_shape"] == [64, 96]
print(repr(movements[0][0][0][3]))
with zipfile.ZipFile("theirs.zip", "w") as theirs:
    theirs.writestr("rois.json", json.dumps([[[1, 2, 30, 40]]]))
    theirs.writestr("movements.json", json.dumps([[[[0.0, float("nan"), -1.5], [0.0, float("nan"), 2.25]]]]))
"#;
    let mut command = std::process::Command::new(python);
    let ran = command.args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let dx: f64 = String::from_utf8_lossy(&ran.stdout).trim().parse().unwrap();
    assert_eq!(dx, -results.tracks[0].displacement(3).unwrap().dx);
    let theirs = read_results(folder.path().join("theirs.zip")).unwrap();
    assert_eq!(theirs.tracks[0].displacement(2), Some(Displacement::new(1.5, -2.25)));
    assert_eq!(theirs.tracks[0].displacement(1), None);
}
