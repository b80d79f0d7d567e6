//! Every option changes what it says, and nothing else.

use super::folder::{Folder, SIZE, moving, numbers, words};

const WINDOW: &str = "--roi 48,32,32,32 --max-displacement 6";

/// Windows of 32 x 32 px at this noise are measured ten times better.
const TOLERANCE_PX: f64 = 0.02;

fn assert_close(found: &[f64], expected: impl Fn(f64) -> f64) {
    for (frame, &found) in found.iter().enumerate() {
        let expected = expected(frame as f64);
        assert!((found - expected).abs() < TOLERANCE_PX, "frame {frame}: {found}, not {expected}");
    }
}

#[test]
fn the_motion_is_found_staying_and_following() {
    let folder = Folder::with_recording();
    for follow in ["", "--follow"] {
        let rows = folder.measure(&format!("{WINDOW} {follow}"));
        assert_close(&numbers(&rows, "dx_px"), |frame| 0.5 * frame);
        assert_close(&numbers(&rows, "dy_px"), |frame| -0.25 * frame);
    }
}

#[test]
fn a_window_that_follows_may_leave_the_frame_and_one_that_stays_does_not() {
    let folder = Folder::new();
    folder.write("a.tif", moving(6.0, 0.0), 3);
    let at_the_right = "--roi 88,32,32,32 --max-displacement 20";
    assert_eq!(words(&folder.measure(at_the_right), "status"), ["ok", "ok", "ok"]);
    let following = folder.measure(&format!("{at_the_right} --follow"));
    assert_eq!(words(&following, "status"), ["ok", "ok", "left_frame"]);
}

#[test]
fn the_reference_is_where_displacements_are_zero() {
    let folder = Folder::with_recording();
    let dx = |reference: &str| {
        numbers(&folder.measure(&format!("{WINDOW} --reference {reference}")), "dx_px")
    };
    assert_close(&dx("first"), |frame| 0.5 * frame);
    assert_close(&dx("previous"), |frame| 0.5 * frame);
    assert_close(&dx("2"), |frame| 0.5 * (frame - 2.0));
    // Of six frames that move evenly, the mean is between the third and the fourth.
    let of_mean = dx("mean");
    assert!(of_mean[0] < -0.5 && 0.5 < of_mean[5], "{of_mean:?}");
    assert!((of_mean[2] + of_mean[3]).abs() < 0.2, "{of_mean:?}");
}

#[test]
fn too_small_a_search_finds_its_own_border() {
    let folder = Folder::new();
    folder.write("a.tif", moving(4.0, 0.0), 2);
    let window = "--roi 48,32,32,32";
    let status =
        |arguments: &str| folder.measure(&format!("{window} {arguments}"))[1]["status"].clone();
    assert_eq!(status("--max-displacement 6"), "ok");
    assert_eq!(status(""), "ok");
    assert_ne!(status("--max-displacement 1"), "ok");
}

#[test]
fn doubtful_matches_are_kept_if_asked_for() {
    let folder = Folder::new();
    folder.write("a.tif", moving(4.0, 0.0), 2);
    let arguments = "--roi 48,32,32,32 --max-displacement 6 --min-score 1";
    let doubtful = folder.measure(arguments);
    assert_eq!(words(&doubtful, "status")[1], "low_score");
    assert_eq!(words(&doubtful, "dx_px")[1], "");
    let kept = folder.measure(&format!("{arguments} --keep-doubtful"));
    assert_eq!(words(&kept, "status")[1], "low_score");
    assert!((numbers(&kept, "dx_px")[1] - 4.0).abs() < TOLERANCE_PX);
}

#[test]
fn the_score_limit_decides_what_is_believed() {
    let folder = Folder::with_recording();
    let status =
        |limit: &str| folder.measure(&format!("{WINDOW} --min-score {limit}"))[3]["status"].clone();
    assert_eq!((status("0.5").as_str(), status("1").as_str()), ("ok", "low_score"));
}

#[test]
fn ways_between_the_pixels_differ() {
    let folder = Folder::with_recording();
    let rows = |way: &str| folder.measure(&format!("{WINDOW} --subpixel {way}"));
    assert!(numbers(&rows("none"), "dx_px").iter().all(|dx| dx.fract() == 0.0));
    let exact = rows("gauss-newton");
    assert!(numbers(&exact, "sd_x_px")[1..].iter().all(|sd| (1e-4..0.02).contains(sd)));
    let (parabola, gaussian) = (rows("parabola"), rows("gaussian"));
    assert!(numbers(&parabola, "sd_x_px")[1..].iter().all(|sd| sd.is_nan()));
    assert_ne!(numbers(&parabola, "dx_px"), numbers(&gaussian, "dx_px"));
    assert_ne!(numbers(&parabola, "dx_px"), numbers(&exact, "dx_px"));
}

#[test]
fn blur_changes_the_scores() {
    let folder = Folder::with_recording();
    let score = |blur: &str| numbers(&folder.measure(&format!("{WINDOW} {blur}")), "score");
    assert_eq!(score(""), score("--blur 0"));
    assert_ne!(score(""), score("--blur 1.5"));
}

#[test]
fn excluded_frames_stay_in_the_table_as_such() {
    let folder = Folder::with_recording();
    let rows = folder.measure(&format!("{WINDOW} --exclude 1,3..4"));
    let status = ["ok", "excluded", "ok", "excluded", "excluded", "ok"];
    assert_eq!(words(&rows, "status"), status);
    assert_eq!(words(&rows, "dx_px")[1], "");
    assert!((numbers(&rows, "dx_px")[5] - 2.5).abs() < TOLERANCE_PX);
}

#[test]
fn frames_are_chosen_with_both_ends() {
    let folder = Folder::with_recording();
    let frames = |range: &str| {
        let rows = folder.measure(&format!("{WINDOW} --frames {range}"));
        (words(&rows, "frame").join(" "), numbers(&rows, "dx_px"))
    };
    assert_eq!(frames("1..3").0, "1 2 3");
    assert_eq!(frames("..1").0, "0 1");
    assert_eq!(frames("..:2").0, "0 2 4");
    let (chosen, dx) = frames("3..");
    assert_eq!((chosen.as_str(), dx[0]), ("3 4 5", 0.0));
    assert_close(&dx, |frame| 0.5 * frame);
}

#[test]
fn the_frame_rate_gives_times_and_the_pixel_size_lengths() {
    let folder = Folder::with_recording();
    let plain = folder.measure(WINDOW);
    assert_eq!(words(&plain, "time_s")[2], "");
    assert!(!plain[0].contains_key("dx_um"));
    let rows = folder.measure(&format!("{WINDOW} --fps 4 --pixel-size 500nm"));
    assert_eq!(numbers(&rows, "time_s"), [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
    for (px, um) in numbers(&rows, "dx_px").into_iter().zip(numbers(&rows, "dx_um")) {
        // Both are rounded to six decimals.
        assert!((0.5 * px - um).abs() < 1.1e-6, "{px} {um}");
    }
    assert_eq!(numbers(&plain, "dx_px"), numbers(&rows, "dx_px"));
}

#[test]
fn rois_and_grids_are_groups() {
    let folder = Folder::with_recording();
    let rows = folder.measure(
        "--roi 8,8,16,16 --grid 32 --roi 40,40,16,16 --grid 16x24 --within 0,0,64,48 --step 0.5 \
         --max-displacement 4 --frames 0..1",
    );
    let in_first: Vec<_> = rows.iter().filter(|row| row["frame"] == "0").collect();
    let of = |group: &str| in_first.iter().filter(|row| row["group"] == group).count();
    // Steps of 16 and 16 px over 64 x 48 px; steps of 8 and 12 px.
    assert_eq!((of("roi"), of("grid"), of("grid2")), (2, 3 * 2, 7 * 3));
    let whole = folder.measure("--grid 32 --max-displacement 4 --frames 0..0");
    assert_eq!(whole.len(), SIZE.area() / (32 * 32));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = Folder::with_recording();
    let table = |threads: &str| {
        folder.measure(&format!("--grid 24 --max-displacement 6 --follow --threads {threads}"));
        folder.text("out.csv")
    };
    let by_one = table("1");
    assert_eq!(by_one, table("2"));
    assert_eq!(by_one, table("5"));
}
