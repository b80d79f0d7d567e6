//! Every option changes what it says, and nothing else.

use movemeter::frame::Frame;
use movemeter::source::MemoryStack;
use movemeter::synth;

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
    assert_close(&dx("keyframe"), |frame| 0.5 * frame);
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

/// Waves that turn by so much from frame to frame, about the middle of the window below.
fn turning(angle_deg: f64) -> MemoryStack {
    let frame = |k: usize| {
        let (sin, cos) = (angle_deg * k as f64).to_radians().sin_cos();
        Frame::from_fn(SIZE, |x, y| {
            let (x, y) = (x as f64 - 63.5, y as f64 - 47.5);
            let (x, y) = (cos * x + sin * y, cos * y - sin * x);
            let waves = (0..12).map(|i| {
                let i = f64::from(i);
                let (along_y, along_x) = (2.4 * i).sin_cos();
                ((0.3 + 0.03 * i) * (along_x * x + along_y * y) + i * i).cos()
            });
            (30000.0 + 3000.0 * waves.sum::<f64>()) as f32
        })
    };
    MemoryStack::new((0..4).map(frame).collect()).unwrap()
}

#[test]
fn models_and_rotation_find_angles_and_strains() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut turning(1.5));
    let window = "--roi 40,24,48,48 --max-displacement 6";
    let plain = folder.measure(window);
    assert!(!plain[0].contains_key("angle_deg"));
    for options in ["--model rigid", "--model affine", "--rotation", "--rotation --max-rotation 9"]
    {
        for follow in ["", "--follow"] {
            let rows = folder.measure(&format!("{window} {options} {follow}"));
            let angles = numbers(&rows, "angle_deg");
            for (frame, angle) in angles.into_iter().enumerate() {
                assert!((angle - 1.5 * frame as f64).abs() < 0.01, "{options} {frame}: {angle}");
            }
            assert!(numbers(&rows, "sd_angle_deg").iter().all(|sd| (0.0..0.01).contains(sd)));
            assert_eq!(rows[0].contains_key("exx"), options.contains("affine"));
        }
    }
    folder.write_stack("a.tif", &mut turning(75.0));
    let rows = folder.measure(&format!("{window} --rotation --follow"));
    let angles = numbers(&rows, "angle_deg");
    assert!((angles[1] - 75.0).abs() < 0.01 && (angles[3] + 135.0).abs() < 0.01, "{angles:?}");
    let rows = folder.measure(&format!("{window} --rotation --max-rotation 60 --follow"));
    assert_ne!(rows[1]["status"], "ok");
    assert_eq!(rows[1]["angle_deg"], "");
}

#[test]
fn enlarging_gives_steps_of_its_own_and_no_error_bar() {
    let folder = Folder::with_recording();
    for enlargement in [1.0, 2.5, 4.0] {
        let rows = folder.measure(&format!("{WINDOW} --subpixel resize:{enlargement}"));
        assert!(words(&rows, "status").iter().all(|&status| status == "ok"));
        assert!(numbers(&rows, "sd_x_px")[1..].iter().all(|sd| sd.is_nan()));
        for (frame, dx) in numbers(&rows, "dx_px").into_iter().enumerate() {
            let steps = dx * enlargement;
            // The table has six decimals.
            assert!((steps - steps.round()).abs() < 1e-5, "{dx} is no multiple of 1/{enlargement}");
            // One step, as bilinear interpolation is biased by up to half of one.
            assert!((dx - 0.5 * frame as f64).abs() <= 1.0 / enlargement, "frame {frame}: {dx}");
        }
    }
}

#[test]
fn blur_changes_the_scores() {
    let folder = Folder::with_recording();
    let score = |blur: &str| numbers(&folder.measure(&format!("{WINDOW} {blur}")), "score");
    assert_eq!(score(""), score("--blur 0"));
    assert_ne!(score(""), score("--blur 1.5"));
}

#[test]
fn a_static_background_is_taken_off_before_matching() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut spot_over_texture(-40.0));
    let dx = |arguments: &str| {
        let window = "--roi 40,28,40,40 --max-displacement 22 --follow --keep-doubtful";
        numbers(&folder.measure(&format!("{window} {arguments}")), "dx_px")
    };
    let path = |frame: f64| SPOT_PATH_PX[frame as usize];
    assert_close(&dx("--invert --background min"), path);
    for not_taken_off in ["", "--background none --invert"] {
        assert!(dx(not_taken_off)[1].abs() < 0.2, "the texture is found, at rest");
    }
    assert!((dx("--background min")[1] - path(1.0)).abs() > 0.1, "the dark spot is not inverted");
}

/// Each place is free in some frame.
const SPOT_PATH_PX: [f64; 4] = [0.0, 18.0, -17.5, 9.25];

/// A smooth spot, brighter by this much, that goes its way over a texture that stays; 8 bit.
pub fn spot_over_texture(strength: f64) -> MemoryStack {
    let texture = synth::speckle(SIZE).seed(6).frames(1).to_frames().remove(0);
    let frame = |dx: f64| {
        Frame::from_fn(SIZE, |x, y| {
            let (from_x, from_y) = (x as f64 - 60.0 - dx, y as f64 - 48.0);
            let spot = strength * (-(from_x * from_x + from_y * from_y) / 32.0).exp();
            (50.0 + 0.6 * f64::from(texture.row(y)[x]) + spot).round() as f32
        })
    };
    MemoryStack::new(SPOT_PATH_PX.map(frame).into()).unwrap()
}

#[test]
fn brightness_is_measured_besides_and_given_as_asked_for() {
    let folder = Folder::with_recording();
    let without = folder.measure(WINDOW);
    let rows = folder.measure(&format!("{WINDOW} --brightness"));
    let mean = numbers(&rows, "brightness");
    let (min, max) = (numbers(&rows, "brightness_min"), numbers(&rows, "brightness_max"));
    assert!((0..6).all(|k| min[k] < mean[k] && mean[k] < max[k]), "{rows:?}");
    assert!(numbers(&rows, "brightness_sd").iter().all(|sd| 1000.0 < *sd), "of 16 bit speckle");
    for (without, mut with) in without.into_iter().zip(rows) {
        with.retain(|column, _| !column.starts_with("brightness"));
        assert_eq!(without, with);
    }
    let given = |mode: &str| {
        numbers(&folder.measure(&format!("{WINDOW} --brightness {mode}")), "brightness")
    };
    let (lowest, highest) = mean
        .iter()
        .fold((f64::MAX, 0.0f64), |(lowest, highest), &mean| (lowest.min(mean), highest.max(mean)));
    assert_eq!(given("absolute"), mean);
    let (range, minimum) = (given("range"), given("minimum"));
    for (k, mean) in mean.iter().enumerate() {
        // All are rounded to six decimals.
        assert!((range[k] - (mean - lowest) / highest).abs() < 1e-6);
        assert!((minimum[k] - mean / lowest).abs() < 1e-6);
    }
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
