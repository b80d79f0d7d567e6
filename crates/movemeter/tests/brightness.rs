//! Brightness is that of the recorded pixels under the window, wherever it is, and changes nothing else.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{CENTRE, SIZE, anywhere, following};
use movemeter::brightness::{Brightness, BrightnessMode, Levels};
use movemeter::error::Error;
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::mask::Mask;
use movemeter::monitor::{Monitor, Silent};
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::grid;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter::synth;
use movemeter::table::{Cell, Table};
use movemeter::track::{Status, Tracks};

const GAINS: [f32; 6] = [1.0, 1.5, 0.75, 2.0, 0.5, 1.25];

/// Speckle at rest under light that flickers, exactly: gains of few binary digits round nothing.
fn flickering() -> MemoryStack {
    let still = synth::speckle(SIZE).frames(1).to_frames().remove(0);
    let lit = |gain: &f32| Frame::from_fn(SIZE, |x, y| gain * still.row(y)[x]);
    MemoryStack::new(GAINS.iter().map(lit).collect()).unwrap()
}

fn measured(recipe: &Recipe, source: &mut dyn FrameSource) -> (Tracks, Brightness) {
    let mut tracks = recipe.measure(source, &Silent).unwrap();
    let brightness = tracks.brightness.take().unwrap();
    (tracks, brightness)
}

fn fixed(windows: impl Into<movemeter::roi::Windows>) -> Recipe {
    let brightness = Some(BrightnessMode::Absolute);
    Recipe { follow: false, brightness, ..following(windows) }
}

/// The slow version.
fn by_plain_loops(frame: &Frame, rect: Rect) -> [f64; 4] {
    let mut pixels = Vec::new();
    for y in 0..rect.height {
        for x in 0..rect.width {
            pixels.push(f64::from(frame.row(rect.y as usize + y)[rect.x as usize + x]));
        }
    }
    pixels.sort_by(f64::total_cmp);
    let n = pixels.len() as f64;
    let mean = pixels.iter().sum::<f64>() / n;
    let variance = pixels.iter().map(|v| v * v).sum::<f64>() / n - mean * mean;
    [mean, pixels[0], pixels[pixels.len() - 1], variance.sqrt()]
}

#[test]
fn levels_are_those_of_plain_loops_and_follow_the_light() {
    let mut stack = flickering();
    let windows = [CENTRE, Rect::new(0, 100, 7, 28), Rect::new(127, 127, 1, 1)];
    let readings = fixed(windows).measure_brightness(&mut stack, &Silent).unwrap();
    for (rect, levels) in windows.into_iter().zip(&readings.brightness.windows) {
        for (levels, frame) in levels.iter().zip(stack.frames()) {
            let [mean, min, max, sd] = by_plain_loops(frame, rect);
            // Whole numbers and halves: sums are exact. The variance cancels five digits of fifteen.
            assert_eq!(
                (levels.mean, f64::from(levels.min), f64::from(levels.max)),
                (mean, min, max)
            );
            assert!((levels.sd - sd).abs() < 1e-7, "{levels:?} {sd}");
        }
        let ratio = |frame: usize| levels[frame].mean / levels[0].mean;
        assert!(
            GAINS.iter().enumerate().all(|(k, &gain)| (ratio(k) - f64::from(gain)).abs() < 1e-12)
        );
    }
}

#[test]
fn fixed_windows_have_the_same_brightness_with_motion_as_without() {
    let mut stack = flickering();
    let recipe = Recipe { exclude: vec![2], ..fixed([CENTRE, Rect::new(3, 4, 20, 30)]) };
    let alone = recipe.measure_brightness(&mut stack, &Silent).unwrap();
    let (_, with_motion) = measured(&recipe, &mut stack);
    assert_eq!(format!("{:?}", alone.brightness), format!("{with_motion:?}"));
    assert!(alone.brightness.windows[1][2].mean.is_nan(), "frame 2 is excluded");
    assert!(alone.brightness.windows[1][3].mean.is_finite());
}

#[test]
fn it_is_the_recorded_brightness_whatever_is_done_before_matching() {
    let mut stack = synth::speckle(SIZE).noise(0.05).path(anywhere(6, 1.5, 4)).frames(6);
    let raw = fixed([CENTRE]);
    let (blur_sigma_px, background) = (1.5, Background::Mean);
    let prepared = Recipe { blur_sigma_px, background, invert: true, ..raw.clone() };
    assert_eq!(measured(&raw, &mut stack).1, measured(&prepared, &mut stack).1);
}

/// Overlapping, side by side, apart, in other rows, wider than half of the frame; the order is mixed.
fn all_kinds_of_windows() -> Vec<Rect> {
    let half_overlapping = grid(Rect::of_frame(SIZE), Size::new(20, 16), 0.5);
    let mut windows: Vec<Rect> = half_overlapping.iter().map(|(_, _, rect)| rect).collect();
    windows.extend([
        CENTRE,
        Rect::new(3, 16, 1, 16),
        Rect::new(0, 0, 90, 90),
        Rect::of_frame(SIZE),
    ]);
    windows.sort_by_key(|rect| (rect.x * 37 + rect.y * 11) % 101);
    windows
}

#[test]
fn what_stands_beside_a_window_makes_no_difference_nor_does_the_number_of_threads() {
    let stack = synth::speckle(SIZE).bits(None).noise(0.1).frames(5).to_frames();
    let mut stack = MemoryStack::new(stack).unwrap();
    let windows = all_kinds_of_windows();
    let spots = Frame::from_fn(SIZE, |x, y| if x % 29 == 4 && y % 23 == 9 { 0.0 } else { 1.0 });
    for mask in [None, Some(Mask::new("spots.png", &spots))] {
        let recipe = Recipe { mask, ..fixed(windows.clone()) };
        let mut in_threads = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| recipe.measure_brightness(&mut stack, &Silent).unwrap().brightness)
        };
        let together = in_threads(3);
        assert_eq!(together, in_threads(1));
        let counts = recipe.mask.as_ref().and_then(Mask::counts);
        for (&rect, levels) in windows.iter().zip(&together.windows) {
            let alone = stack
                .frames()
                .iter()
                .map(|frame| Levels::followed_with(frame, counts, rect, Displacement::ZERO));
            assert!(levels.iter().copied().eq(alone), "{rect}");
        }
    }
}

/// A bright slope with texture on it that moves as a whole, and its slope in grey levels a pixel.
fn moving_slope(path: &[Displacement]) -> (MemoryStack, f64) {
    const SLOPE: f64 = 4.0;
    let texture =
        synth::speckle(SIZE).bits(None).path(path.to_vec()).frames(path.len()).to_frames();
    let frame = |(texture, moved): (&Frame, &Displacement)| {
        Frame::from_fn(SIZE, |x, y| {
            let slope = SLOPE * (x as f64 - moved.dx + y as f64 - moved.dy);
            (slope + 200.0 * f64::from(texture.row(y)[x])) as f32
        })
    };
    (MemoryStack::new(texture.iter().zip(path).map(frame).collect()).unwrap(), SLOPE)
}

#[test]
fn a_window_that_follows_has_the_brightness_of_its_content() {
    let path = anywhere(20, 6.0, 12);
    let (mut stack, slope) = moving_slope(&path);
    for reference in [Reference::First, Reference::Previous, Reference::Frame(0)] {
        // From one frame to the next it may move by twice its reach.
        let max_displacement_px = Some(14.0);
        let following = Recipe { follow: true, reference, max_displacement_px, ..fixed([CENTRE]) };
        let (tracks, brightness) = measured(&following, &mut stack);
        assert_eq!(tracks.count(Status::Ok), 20);
        let means: Vec<f64> = brightness.means(0).collect();
        for (frame, mean) in means.iter().enumerate() {
            // A window at whole pixels would be off by up to half a pixel of slope in x and in y, the
            // fixed one by all of the motion. What is left: half a step of the texture at the border.
            assert!((mean - means[0]).abs() < 0.02 * slope, "frame {frame}: {mean}, {}", means[0]);
        }
    }
    let (_, brightness) = measured(&fixed([CENTRE]), &mut stack);
    let seen: Vec<f64> = brightness.means(0).collect();
    let (lowest, highest) =
        (seen.iter().copied().reduce(f64::min), seen.iter().copied().reduce(f64::max));
    assert!(5.0 * slope < highest.unwrap() - lowest.unwrap(), "what stays sees the slope pass");
}

#[test]
fn a_followed_window_without_a_place_has_no_brightness_and_a_fixed_one_always_has() {
    let mut frames = synth::speckle(SIZE).moving(Displacement::new(9.0, 0.0)).frames(6).to_frames();
    frames[2] = Frame::from_fn(SIZE, |_, _| 9.0);
    let mut stack = MemoryStack::new(frames).unwrap();
    let window = [Rect::new(60, 48, 32, 32)];
    let reach = Some(60.0);
    let recipe = Recipe { exclude: vec![1], max_displacement_px: reach, ..fixed(window) };
    let known = |recipe: &Recipe, stack: &mut MemoryStack| {
        let (tracks, brightness) = measured(recipe, stack);
        let known: Vec<bool> = brightness.means(0).map(|mean| !mean.is_nan()).collect();
        let statuses: Vec<Status> = tracks[0].samples.iter().map(|s| s.status).collect();
        (known, statuses)
    };
    let (of_fixed, _) = known(&recipe, &mut stack);
    assert_eq!(of_fixed, [true, false, true, true, true, true]);
    let (of_following, statuses) = known(&Recipe { follow: true, ..recipe }, &mut stack);
    // Nothing to match in frame 2; columns 60 + 45 to 92 + 45 are beyond 128 in frame 5.
    assert_eq!(of_following, [true, false, false, true, true, false], "{statuses:?}");
}

fn shown(table: &Table<'_>, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap();
    let show = |row| match column.cell(row) {
        Cell::Float(value) => column.digits.show(value),
        cell => format!("{cell:?}"),
    };
    (0..table.n_rows).map(show).collect()
}

fn names<'a>(table: &'a Table<'_>) -> Vec<&'a str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn brightness_adds_its_columns_and_changes_no_bit_of_the_others() {
    let stack = synth::speckle(SIZE).noise(0.03).path(anywhere(7, 4.0, 2)).frames(7);
    for follow in [true, false] {
        let pixel_size_um = Some(0.5);
        let without =
            Recipe { follow, pixel_size_um, ..following([CENTRE, Rect::new(9, 9, 24, 20)]) };
        let with = Recipe { brightness: Some(BrightnessMode::Absolute), ..without.clone() };
        let [without, with] =
            [without, with].map(|recipe| recipe.measure(&mut stack.clone(), &Silent).unwrap());
        assert_eq!(format!("{:?}", without.tracks), format!("{:?}", with.tracks));
        let (without, with) = (without.table(), with.table());
        let mut expected = names(&without);
        let after_status = expected.iter().position(|name| *name == "dx_um").unwrap();
        let added = ["brightness", "brightness_min", "brightness_max", "brightness_sd"];
        expected.splice(after_status..after_status, added);
        assert_eq!(names(&with), expected);
        for name in names(&without) {
            assert_eq!(shown(&without, name), shown(&with, name), "{name}");
        }
    }
}

#[test]
fn only_the_mean_is_given_relative_to_the_frames() {
    let mut stack = flickering();
    let windows = [CENTRE, Rect::new(0, 0, 16, 16)];
    let mut table_of = |mode| {
        let recipe = Recipe { brightness: Some(mode), exclude: vec![3], ..fixed(windows) };
        let readings = recipe.measure_brightness(&mut stack, &Silent).unwrap();
        let table = readings.table();
        let place = "frame,time_s,group,window,x,y,w,h";
        let levels = "brightness,brightness_min,brightness_max,brightness_sd";
        assert_eq!(names(&table).join(","), format!("{place},{levels}"));
        let rest =
            ["brightness_min", "brightness_max", "brightness_sd"].map(|name| shown(&table, name));
        (shown(&table, "brightness"), rest)
    };
    let (_, rest) = table_of(BrightnessMode::Absolute);
    let (to_minimum, rest_too) = table_of(BrightnessMode::Minimum);
    assert_eq!(rest, rest_too);
    // The gains over the least, 0.5; without frame 3, and the same for both windows.
    let expected = ["2.000000", "3.000000", "1.500000", "", "1.000000", "2.500000"];
    let twice: Vec<&str> = expected.iter().flat_map(|cell| [*cell, *cell]).collect();
    assert_eq!(to_minimum, twice);
    let (in_range, rest_too) = table_of(BrightnessMode::Range);
    assert_eq!(rest, rest_too);
    // The gains less 0.5, over the largest, 1.5.
    let expected = ["0.333333", "0.666667", "0.166667", "", "0.000000", "0.500000"];
    let twice: Vec<&str> = expected.iter().flat_map(|cell| [*cell, *cell]).collect();
    assert_eq!(in_range, twice);
}

#[test]
fn bright_pixels_lose_nothing_in_the_sum() {
    // A million pixels of 65535 and one of 65534: a sum of f32 would not see it.
    let size = Size::new(1000, 1000);
    let frame = Frame::from_fn(size, |x, y| if (x, y) == (7, 9) { 65_534.0 } else { 65_535.0 });
    let levels = Levels::of(frame.view());
    assert_eq!((levels.mean, levels.min), (65_535.0 - 1e-6, 65_534.0));
    // Of one deviation among n, the standard deviation is √(1/n − 1/n²).
    assert!((levels.sd - (1e-6f64 - 1e-12).sqrt()).abs() < 1e-9, "{levels:?}");
}

#[test]
fn windows_are_checked_and_a_stop_is_heard() {
    struct Stopping;
    impl Monitor for Stopping {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let mut stack = flickering();
    let outside = fixed([Rect::new(120, 0, 16, 16)]);
    let error = outside.measure_brightness(&mut stack, &Silent).unwrap_err();
    assert!(matches!(error, Error::WindowOutside { .. }));
    let error = fixed([CENTRE]).measure_brightness(&mut stack, &Stopping).unwrap_err();
    assert!(matches!(error, Error::Cancelled));
}
