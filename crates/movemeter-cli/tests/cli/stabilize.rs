//! Recordings with their motion taken out.

use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::source::MemoryStack;
use movemeter::synth;
use serde_json::Value;

use super::folder::{Folder, SIZE, numbers, rows, words};

const WHOLE: &str = "--roi 40,32,48,32 --max-displacement 12";

/// A folder with `a.tif`, which moves and turns.
fn turning() -> Folder {
    let folder = Folder::new();
    let speckle = synth::speckle(SIZE).bits(Some(16)).moving(Displacement::new(0.6, 0.3));
    folder.write("a.tif", speckle.turning(0.01), 6);
    folder
}

fn run(folder: &Folder, arguments: &str) -> String {
    let ran = folder.run(&format!("stabilize {arguments}"));
    assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
    ran.stderr
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

/// How far small windows of a recording move and turn at most, by another command.
fn left(folder: &Folder, name: &str) -> (f64, f64) {
    let measured = format!(
        "measure {name} --grid 24 --within 40,24,48,48 --model rigid --max-displacement 9 --follow \
         -o left.csv --quiet"
    );
    let ran = folder.run(&measured);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = rows(&folder.text("left.csv"), ',');
    let largest = |column| numbers(&rows, column).into_iter().map(f64::abs).fold(0.0, f64::max);
    assert!(words(&rows, "status").iter().all(|status| *status == "ok"));
    (largest("dx_px").max(largest("dy_px")), largest("angle_deg"))
}

#[test]
fn what_moved_and_turned_stands_still_and_each_motion_takes_out_its_own() {
    let folder = turning();
    let (moved, turned) = left(&folder, "a.tif");
    assert!(2.9 < moved && 2.8 < turned, "{moved} {turned}");
    let said = run(&folder, "a.tif -o both.tif --max-displacement 9 --max-rotation 6");
    assert!(
        said.contains("motion before: rms ") && said.contains("motion after:  rms 0.00"),
        "{said}"
    );
    let (moved, turned) = left(&folder, "both.tif");
    // Windows of 24 px and no noise but rounding.
    assert!(moved < 0.01 && turned < 0.05, "{moved} {turned}");
    assert_eq!(frames(&folder, "both.tif").0, "uint16");
    run(&folder, "a.tif -o rotation.tif --motion rotation --max-displacement 9");
    let (moved, turned) = left(&folder, "rotation.tif");
    assert!((2.9..3.1).contains(&moved) && turned < 0.05, "{moved} {turned}");
    let ran = folder.run(
        "stabilize a.tif -o t.tif --motion translation --max-displacement 9 --roi 58,42,12,12",
    );
    if ran.code == 0 {
        let (_, turned) = left(&folder, "t.tif");
        assert!(2.8 < turned, "{turned}");
    }
}

#[test]
fn whole_pixels_keep_their_values_and_the_border_is_what_was_asked_for() {
    let folder = Folder::new();
    let mut source = synth::speckle(SIZE).bits(Some(8)).frames(1);
    let first = source.to_frames().remove(0);
    let moved =
        |by: usize| Frame::from_fn(SIZE, |x, y| first.row(y)[(x + SIZE.width - by) % SIZE.width]);
    folder.write_stack("a.tif", &mut MemoryStack::new(vec![moved(0), moved(3)]).unwrap());
    let table = "# movemeter 1\n# recipe {\"follow\":true,\"windows\":[{\"name\":\"roi\",\"windows\":[[40,30,32,32]]}]}\n\
                 frame,group,window,x,y,w,h,dx_px,dy_px,status\n\
                 0,roi,0,40,30,32,32,0,0,ok\n1,roi,0,40,30,32,32,3,0,ok\n";
    std::fs::write(folder.path("t.csv"), table).unwrap();
    for (border, edge) in [("keep", first.row(9)[SIZE.width - 4]), ("black", 0.0)] {
        let to =
            format!("a.tif --transforms t.csv --border {border} -o {border}.tif --mask-out m.png");
        let said = run(&folder, &to);
        assert!(said.contains("motion after:  not measured"), "{said}");
        let (kind, still) = frames(&folder, &format!("{border}.tif"));
        assert_eq!((kind.as_str(), &still[0]), ("uint16", &first));
        let seen = Rect::new(0, 0, SIZE.width - 3, SIZE.height);
        assert!(still[1].crop(seen).rows().eq(first.crop(seen).rows()));
        let edge = if border == "keep" { moved(3).row(9)[SIZE.width - 1] } else { edge };
        assert_eq!(still[1].row(9)[SIZE.width - 3..], [edge; 3]);
        let (_, mask) = frames(&folder, "m.png");
        assert_eq!(mask[0].row(5)[SIZE.width - 4..], [255.0, 0.0, 0.0, 0.0]);
    }
    run(&folder, "a.tif --transforms t.csv --border crop -o crop.tif --mask-out m.tif --bits 8");
    let (kind, still) = frames(&folder, "crop.tif");
    assert_eq!((kind.as_str(), still[1].size()), ("uint8", Size::new(SIZE.width - 3, SIZE.height)));
    let (_, mask) = frames(&folder, "m.tif");
    assert!(
        mask[0].size() == still[1].size() && mask[0].pixels().iter().all(|&white| white == 255.0)
    );
}

#[test]
fn transforms_measured_once_do_the_same_again_and_to_another_recording() {
    let folder = turning();
    std::fs::copy(folder.path("a.tif"), folder.path("b.tif")).unwrap();
    let limits = "--max-displacement 9 --max-rotation 6";
    run(
        &folder,
        &format!("a.tif -o still.tif {limits} --save-transforms t.json --save-transforms t.csv"),
    );
    let table = rows(&folder.text("t.csv"), ',');
    assert!((numbers(&table, "dx_px")[5] - 3.0).abs() < 0.01);
    // A hundredth of a radian clockwise in each frame.
    assert!((numbers(&table, "angle_deg")[5] - 0.05f64.to_degrees()).abs() < 0.01);
    assert!(folder.text("t.csv").contains("# recipe {"));
    let (_, still) = frames(&folder, "still.tif");
    run(&folder, "b.tif --transforms t.json -o json.tif");
    assert!(frames(&folder, "json.tif").1 == still);
    run(&folder, &format!("a.tif --apply-to b.tif {limits} -o other.tif"));
    assert!(frames(&folder, "other.tif").1 == still);
    run(&folder, "b.tif --transforms t.csv --motion translation -o translation.tif");
    assert!(frames(&folder, "translation.tif").1 != still);
}

#[test]
fn frames_that_cannot_be_measured_are_an_error_or_stay_as_they_are() {
    let folder = Folder::new();
    let mut all = synth::speckle(SIZE)
        .bits(Some(16))
        .moving(Displacement::new(1.0, 0.5))
        .frames(5)
        .to_frames();
    all[2] = Frame::from_fn(SIZE, |x, _| (x % 2) as f32);
    all[3] = Frame::from_fn(SIZE, |_, _| 100.0);
    folder.write_stack("a.tif", &mut MemoryStack::new(all.clone()).unwrap());
    let ran = folder.run(&format!("stabilize a.tif -o still.tif {WHOLE}"));
    assert_eq!((ran.code, folder.names()), (1, vec!["a.tif".into()]), "{ran:?}");
    for word in ["of 2 frames could not be measured", "2..3", "--exclude 2..3", "--keep-unmeasured"]
    {
        assert!(ran.stderr.contains(word), "no {word}: {ran:?}");
    }
    let said = run(
        &folder,
        &format!("a.tif -o still.tif {WHOLE} --keep-unmeasured --save-transforms t.csv"),
    );
    assert!(
        said.contains("warning: the motion of 2 frames could not be measured")
            && said.contains("unmoved"),
        "{said}"
    );
    let (_, still) = frames(&folder, "still.tif");
    assert!(still[2] == all[2] && still[3] == all[3] && still[4] != all[4]);
    let table = rows(&folder.text("t.csv"), ',');
    assert!(words(&table, "dx_px")[3].is_empty() && words(&table, "status")[3] != "ok");
    run(&folder, &format!("a.tif -o still.tif {WHOLE} --exclude 2..3"));
    assert_eq!(frames(&folder, "still.tif").1.len(), 3);
}

#[test]
fn a_recording_that_stands_still_is_not_made_better_and_that_is_said() {
    let folder = Folder::new();
    folder.write("a.tif", synth::speckle(SIZE).bits(Some(16)).noise(0.02), 4);
    let said = run(&folder, &format!("a.tif -o still.tif {WHOLE}"));
    assert!(said.contains("NOT help") && said.contains("use the recording as it is"), "{said}");
}

#[test]
fn times_and_pixel_size_are_kept_and_given_ones_written() {
    let folder = turning();
    run(&folder, "a.tif -o b.tif --max-displacement 9 --fps 50 --pixel-size 0.5um --frames ..:2");
    run(&folder, "b.tif -o c.tif --max-displacement 9");
    let info: Value = serde_json::from_str(&folder.run("info c.tif --json").stdout).unwrap();
    assert_eq!((&info["pixel_size_um"], &info["n_frames"]), (&0.5.into(), &3.into()), "{info}");
    let description = info["metadata"]["ImageDescription"].as_str().unwrap();
    assert!(description.contains("\nfinterval=0.04\n"), "{description}");
}

#[test]
fn the_number_of_threads_makes_no_difference_and_every_setting_does() {
    let folder = turning();
    let with = |arguments: &str| {
        run(&folder, &format!("a.tif -o out.tif --max-displacement 9 {arguments}"));
        frames(&folder, "out.tif").1
    };
    let plain = with("--threads 1");
    assert!(plain == with("--threads 3"));
    for changed in [
        "--roi 40,30,30,30",
        "--reference 3",
        "--reference mean",
        "--reference previous",
        "--blur 2",
        "--background min --keep-unmeasured",
        "--bits 32",
        "--border black",
        "--motion rotation",
    ] {
        assert!(plain != with(changed), "{changed}");
    }
    let ran = folder.run("stabilize a.tif -o out.tif --max-rotation 0.5 --max-displacement 9");
    assert!(ran.code == 1 && ran.stderr.contains("could not be measured"), "{ran:?}");
}

#[test]
fn programs_are_told_of_motion_before_and_after() {
    let folder = turning();
    let said = run(&folder, "a.tif -o b.tif --max-displacement 9 --json-progress");
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["frames"]), (&"finished".into(), &6.into()));
    assert!(2.0 < last["motion"]["before"]["rms_px"].as_f64().unwrap());
    assert!(last["motion"]["after"]["max_px"].as_f64().unwrap() < 0.01);
    assert_eq!(run(&folder, "a.tif -o b.tif --max-displacement 9 --quiet"), "");
}

#[test]
fn what_makes_no_sense_is_said_at_once_and_leaves_nothing() {
    let folder = turning();
    folder.write("short.tif", synth::speckle(SIZE), 3);
    folder.write("small.tif", synth::speckle(Size::new(64, 64)), 6);
    let ran = folder.run("measure a.tif --grid 32 --follow --max-displacement 9 -o grid.csv");
    assert_eq!(ran.code, 0, "{ran:?}");
    folder.run("measure a.tif --roi 40,30,32,32 --max-displacement 9 -o fixed.csv");
    folder.run("measure a.tif --roi 40,30,32,32 --follow --max-displacement 9 -o one.csv");
    std::fs::write(folder.path("torn.csv"), "frame,dx_px\n0,x\n").unwrap();
    let names = folder.names();
    let fails = |arguments: &str, code: i32, expected: &[&str]| {
        let ran = folder.run(&format!("stabilize {arguments}"));
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        for word in expected {
            assert!(ran.stderr.contains(word), "{arguments}: no {word:?} in {}", ran.stderr);
        }
        assert_eq!(folder.names(), names, "{arguments}");
    };
    fails("a.tif -o out.csv", 2, &["the ending .csv is not known", ".tif .tiff .npy .png"]);
    fails("a.tif -o a.tif", 2, &["the output is also an input"]);
    fails("a.tif -o b.tif --mask-out a.tif", 2, &["the output is also an input"]);
    fails("a.tif -o b.tif --mask-out b.tif", 2, &["names of their own"]);
    fails("a.tif -o b.tif --mask-out m.mp4", 2, &["--mask-out is an image"]);
    fails("a.tif -o b.tif --save-transforms t.xls", 2, &["the ending .xls is not known"]);
    fails("a.tif -o b.tif --motion shake", 2, &["translation, rotation, both"]);
    fails("a.tif -o b.tif --border wrap", 2, &["keep, black, crop"]);
    fails("a.tif -o b.tif --motion translation --max-rotation 3", 2, &["--max-rotation"]);
    fails("a.tif -o b.tif --roi 100,80,64,64", 2, &["--roi", "not inside the frame"]);
    fails("a.tif -o b.tif --apply-to short.tif", 2, &["--apply-to", "6 frames", "has 3"]);
    fails("a.tif -o b.tif --apply-to small.tif", 2, &["--apply-to", "64x64 px"]);
    fails("a.tif -o b.tif --apply-to none.tif", 1, &["there is no such file"]);
    fails("a.tif -o b.tif --transforms none.csv", 1, &["none.csv"]);
    fails("a.tif -o b.tif --transforms torn.csv", 1, &["torn.csv"]);
    fails("a.tif -o b.tif --transforms grid.csv", 1, &["one window", "12 windows"]);
    fails("a.tif -o b.tif --transforms fixed.csv", 1, &["--follow"]);
    fails("a.tif -o b.tif --transforms one.csv --motion rotation", 1, &["no angle"]);
    fails("short.tif -o b.tif --transforms one.csv", 1, &["of another recording", "has 3"]);
    fails("small.tif -o b.tif --transforms one.csv", 1, &["of another recording", "64x64"]);
    fails("a.tif -o b.tif --transforms one.csv --roi 1,1,9,9", 2, &["--transforms"]);
    fails("a.tif -o b.tif --exclude ..", 2, &["all are excluded"]);
}
