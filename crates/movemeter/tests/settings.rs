//! Every setting changes what it says it changes.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::{CENTRE, SIZE, anywhere, following, measured};
use movemeter::error::{BoxError, Error};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect};
use movemeter::measure::{Motion, run};
use movemeter::monitor::{Monitor, Silent, Stage, Warning};
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::{FrameSource, MemoryStack, StackInfo};
use movemeter::synth;
use movemeter::track::Status;

fn close(found: Displacement, dx: f64, dy: f64) {
    assert!((found - Displacement::new(dx, dy)).reach() < 0.03, "{found:?}, not {dx} {dy}");
}

#[test]
fn each_reference_counts_from_its_own_frame() {
    let step = Displacement::new(1.2, -0.7);
    for follow in [true, false] {
        let at = |reference, index: usize| {
            let mut stack = synth::speckle(SIZE).moving(step).frames(6);
            let recipe = Recipe { reference, follow, ..following([CENTRE]) };
            measured(&recipe, &mut stack)[0].samples[index].displacement
        };
        close(at(Reference::First, 5), 6.0, -3.5);
        // Steps are summed, each with its own small error.
        close(at(Reference::Previous, 5), 6.0, -3.5);
        close(at(Reference::Keyframe, 5), 6.0, -3.5);
        close(at(Reference::Frame(2), 5), 3.6, -2.1);
        close(at(Reference::Frame(2), 0), -2.4, 1.4);
        assert_eq!(at(Reference::Frame(2), 2), Displacement::ZERO);
        assert_eq!(at(Reference::First, 0), Displacement::ZERO);
    }
}

#[test]
fn the_mean_is_a_reference_between_the_frames() {
    // Back and forth, half a pixel to each side of the mean.
    let path = (0..8).map(|k| Displacement::new(if k % 2 == 0 { 0.5 } else { -0.5 }, 0.0));
    let mut stack = synth::speckle(SIZE).path(path.collect()).frames(8);
    for follow in [true, false] {
        let recipe = Recipe { reference: Reference::Mean, follow, ..following([CENTRE]) };
        let tracks = measured(&recipe, &mut stack);
        close(tracks[0].samples[0].displacement, 0.5, 0.0);
        close(tracks[0].samples[1].displacement, -0.5, 0.0);
    }
}

#[test]
fn a_fixed_window_sees_what_passes_and_a_following_one_what_it_took() {
    // What lies left of column 50 moves right by 20 px, over what stays.
    let mut moving = synth::speckle(SIZE).seed(5).moving(Displacement::new(20.0, 0.0)).frames(2);
    let mut still = synth::speckle(SIZE).seed(6).frames(2);
    let (moving, still) = (moving.to_frames(), still.to_frames());
    let seam = [50, 70];
    let frame = |k: usize| {
        Frame::from_fn(
            SIZE,
            |x, y| {
                if x < seam[k] { moving[k].row(y)[x] } else { still[k].row(y)[x] }
            },
        )
    };
    let stack = MemoryStack::new(vec![frame(0), frame(1)]).unwrap();
    let at = |window, follow| {
        let recipe = Recipe { follow, max_displacement_px: Some(24.0), ..following([window]) };
        measured(&recipe, &mut stack.clone())[0].samples[1]
    };
    let (moved, covered) = (Rect::new(30, 48, 18, 32), Rect::new(51, 48, 18, 32));
    close(at(moved, true).displacement, 20.0, 0.0);
    // The same columns in frame 1 hold what came from 20 px to the left, too.
    close(at(moved, false).displacement, 20.0, 0.0);
    // Where the seam passed: what is there now came along; what was there is hidden.
    close(at(covered, false).displacement, 20.0, 0.0);
    assert_eq!(at(covered, true).displacement(), None);
}

#[test]
fn a_chain_bridges_a_frame_in_which_it_is_lost() {
    let mut frames = synth::speckle(SIZE).moving(Displacement::new(1.0, 0.5)).frames(6).to_frames();
    frames[3] = Frame::from_fn(SIZE, |_, _| 9.0);
    for (follow, reference) in [true, false]
        .into_iter()
        .flat_map(|follow| [Reference::Previous, Reference::Keyframe].map(|of| (follow, of)))
    {
        let recipe = Recipe { reference, follow, ..following([CENTRE]) };
        let tracks = measured(&recipe, &mut MemoryStack::new(frames.clone()).unwrap());
        assert_eq!(tracks[0].samples[3].status, Status::Flat);
        close(tracks[0].samples[5].displacement, 5.0, 2.5);
    }
}

#[test]
fn a_chain_follows_content_far_across_the_frame() {
    let mut stack = synth::speckle(SIZE).moving(Displacement::new(2.3, 1.9)).frames(16);
    for reference in [Reference::Previous, Reference::Keyframe] {
        let recipe = Recipe {
            reference,
            max_displacement_px: Some(4.0),
            ..following([Rect::new(16, 20, 32, 32)])
        };
        let tracks = measured(&recipe, &mut stack);
        close(tracks[0].samples[15].displacement, 34.5, 28.5);
    }
}

#[test]
fn a_chain_that_reaches_the_border_counts_each_step_once() {
    // It comes to rest half a pixel and more outside: seen, but not wholly there to be taken anew.
    let path = (0..20).map(|k| Displacement::new(-0.67 * f64::from(k.min(10)), 0.0)).collect();
    let mut stack = synth::speckle(SIZE).noise(0.01).path(path).frames(20);
    for reference in [Reference::Previous, Reference::Keyframe] {
        let recipe = Recipe { reference, ..following([Rect::new(6, 48, 32, 32)]) };
        let tracks = measured(&recipe, &mut stack);
        for (k, sample) in tracks[0].samples.iter().enumerate().filter(|(_, s)| s.is_ok()) {
            let truth = stack.displacement(k);
            close(sample.displacement, truth.dx, truth.dy);
        }
        assert!(12 < tracks.count(Status::Ok), "{reference}: {}", tracks.count(Status::Ok));
    }
}

#[test]
fn a_larger_limit_finds_what_a_smaller_one_cannot() {
    let path = vec![Displacement::ZERO, Displacement::new(14.3, -3.0)];
    let mut stack = synth::speckle(SIZE).path(path).frames(2);
    let mut at = |max_displacement_px| {
        let recipe = Recipe { max_displacement_px, ..following([CENTRE]) };
        measured(&recipe, &mut stack)[0].samples[1]
    };
    assert_eq!(at(Some(10.0)).displacement(), None);
    close(at(Some(20.0)).displacement, 14.3, -3.0);
    close(at(None).displacement, 14.3, -3.0);
}

#[test]
fn the_score_limit_and_the_blur_decide_what_is_believed() {
    let path = vec![Displacement::ZERO, Displacement::new(1.3, 0.4)];
    let mut stack = synth::speckle(SIZE).noise(0.15).path(path).frames(2);
    let mut at = |min_score, blur_sigma_px| {
        let recipe = Recipe { min_score, blur_sigma_px, ..following([CENTRE]) };
        measured(&recipe, &mut stack)[0].samples[1]
    };
    let (raw, blurred) = (at(0.2, 0.0), at(0.2, 1.5));
    assert!(raw.score + 0.03 < blurred.score, "{raw:?} {blurred:?}");
    assert_eq!(at(0.99, 0.0).status, Status::LowScore);
    assert_eq!(at(0.2, 0.0).status, Status::Ok);
}

#[test]
fn excluded_frames_are_not_read_and_say_so() {
    let mut stack = Counting::over(6);
    let recipe = Recipe { exclude: vec![0, 3], ..following([CENTRE]) };
    let tracks = measured(&recipe, &mut stack);
    let statuses: Vec<Status> = tracks[0].samples.iter().map(|s| s.status).collect();
    use Status::{Excluded, Ok};
    assert_eq!(statuses, [Excluded, Ok, Ok, Excluded, Ok, Ok]);
    assert_eq!(stack.reads, [0, 1, 1, 0, 1, 1]);
    assert_eq!(tracks[0].samples[1].displacement, Displacement::ZERO, "now the first");
    let all = Recipe { exclude: (0..6).collect(), ..recipe };
    assert!(matches!(all.measure(&mut stack, &Silent), Err(Error::NoFrames { excluded: true })));
}

#[test]
fn rates_and_sizes_given_win_over_those_recorded() {
    let mut stack = Counting::over(3);
    stack.info.frame_rate_hz = Some(10.0);
    stack.info.pixel_size_um = Some(0.5);
    let recorded = measured(&following([CENTRE]), &mut stack);
    assert_eq!((recorded.stamps[2].time_s, recorded.pixel_size_um), (0.2, Some(0.5)));
    let recipe =
        Recipe { frame_rate_hz: Some(4.0), pixel_size_um: Some(2.0), ..following([CENTRE]) };
    let given = measured(&recipe, &mut stack);
    assert_eq!((given.stamps[2].time_s, given.pixel_size_um), (0.5, Some(2.0)));
}

/// Counts how often each frame is read, and may fail at one.
struct Counting {
    stack: synth::SynthStack,
    info: StackInfo,
    reads: Vec<usize>,
    broken: Option<usize>,
}

impl Counting {
    fn over(n_frames: usize) -> Self {
        let stack = synth::speckle(SIZE).path(anywhere(n_frames, 3.0, 9)).frames(n_frames);
        let info = stack.info().clone();
        Self { stack, info, reads: vec![0; n_frames], broken: None }
    }
}

impl FrameSource for Counting {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.reads[index] += 1;
        if self.broken == Some(index) {
            return Err("the file ends here".into());
        }
        self.stack.read(index, frame)
    }
}

#[test]
fn three_hundred_frames_are_read_once_each_and_in_order() {
    for (reference, times) in
        [(Reference::First, 1), (Reference::Previous, 1), (Reference::Mean, 2)]
    {
        let mut stack = Counting::over(300);
        let recipe = Recipe { reference, ..following([CENTRE]) };
        assert_eq!(measured(&recipe, &mut stack).n_frames(), 300);
        assert_eq!(stack.reads, vec![times; 300], "{reference}");
    }
}

#[test]
fn a_frame_that_cannot_be_read_is_named_and_what_came_before_is_kept() {
    let mut stack = Counting::over(5);
    stack.broken = Some(3);
    let recipe = following([CENTRE]);
    let mut motion = Motion::new(&recipe, &mut stack, &Silent).unwrap();
    let error = run(&mut stack, &recipe, &Silent, &mut [&mut motion]).err().unwrap();
    assert_eq!(error.to_string(), "cannot read frame 3: the file ends here");
    assert_eq!(motion.tracks().n_frames(), 3);
}

/// Stops after some frames; remembers what it was told.
#[derive(Default)]
struct Stopping {
    after: usize,
    done: AtomicUsize,
    n_warnings: AtomicUsize,
}

impl Monitor for Stopping {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        assert_eq!((stage, total), (Stage::Measuring, 1000));
        let before = self.done.swap(done, Ordering::Relaxed);
        assert!(before < done, "progress only grows");
    }

    fn warn(&self, warning: Warning) {
        assert!(!warning.to_string().is_empty());
        self.n_warnings.fetch_add(1, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.after <= self.done.load(Ordering::Relaxed)
    }
}

#[test]
fn a_stopped_run_keeps_what_was_measured() {
    let mut stack = synth::speckle(SIZE).frames(1000);
    let recipe = following([CENTRE, Rect::new(0, 0, 32, 32)]);
    let monitor = Stopping { after: 100, ..Stopping::default() };
    let mut motion = Motion::new(&recipe, &mut stack, &monitor).unwrap();
    let error = run(&mut stack, &recipe, &monitor, &mut [&mut motion]).err();
    assert!(matches!(error, Some(Error::Cancelled)));
    let tracks = motion.into_tracks();
    assert!((100..1000).contains(&tracks.n_frames()));
    assert_eq!(tracks[0].samples.len(), tracks.n_frames());
    assert_eq!(tracks.count(Status::Ok), 2 * tracks.n_frames());
    let n_warnings = monitor.n_warnings.load(Ordering::Relaxed);
    assert_eq!(n_warnings, 2, "one window is near the border, and there are no times");
}
