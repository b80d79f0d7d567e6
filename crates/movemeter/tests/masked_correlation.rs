//! The masked correlations against the definition, on every CPU level, with dirty scratch.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

use movemeter::fft::FftPlans;
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::mask::{Counts, Mask};
use movemeter::matching::masked::{self, Masked, MaskedScratch};
use movemeter::matching::plan::Plan;
use movemeter::matching::score::ScoreMap;
use movemeter::matching::template::{Template, Uses};
use movemeter::simd;
use movemeter::synth::Random;

/// Scores agree to this: sums are `f64`, scores `f32`.
const TOLERANCE: f32 = 1e-5;
const SIZE: Size = Size::new(96, 80);

fn frame(seed: u64, mut value: impl FnMut(usize, usize, f64) -> f64) -> Frame {
    let mut random = Random::new(seed, 1);
    Frame::from_fn(SIZE, |x, y| value(x, y, random.normal()).round() as f32)
}

type Value = fn(usize, usize, f64) -> f64;
type IsCovered = fn(usize, usize) -> bool;

/// A mask, what is seen, the window and the search.
fn cases() -> Vec<(&'static str, IsCovered, Value, Rect, Rect)> {
    let (window, search) = (Rect::new(30, 24, 32, 32), Rect::new(18, 10, 60, 62));
    let grey: Value = |_, _, noise| 100.0 + 40.0 * noise;
    let bordered: Value = |x, _, noise| match x {
        0..40 => 0.0,
        _ => 60_000.0 + 5.0 * noise,
    };
    vec![
        ("nothing", |_, _| false, grey, window, search),
        ("bars", |x, _| x % 22 < 7, grey, window, search),
        ("dust", |x, y| (x * 7 + y * 13) % 29 < 5, grey, window, search),
        ("bright", |x, _| x % 22 < 7, |_, _, noise| 60_000.0 + 5.0 * noise, window, search),
        (
            "weak texture beside black",
            |_, y| y % 9 < 2,
            bordered,
            Rect::new(50, 24, 32, 32),
            Rect::new(18, 10, 75, 62),
        ),
        ("only beside the window", |x, _| x < 24, grey, window, search),
        ("all but a corner", |x, y| 40 < x || 34 < y, grey, window, search),
        (
            "odd sizes",
            |x, y| x * y % 11 == 0,
            grey,
            Rect::new(7, 8, 13, 29),
            Rect::new(0, 0, 96, 79),
        ),
        ("only one place", |x, _| x % 22 < 7, grey, window, window),
    ]
}

fn template(source: &Frame, window: Rect, counts: &Counts) -> Template {
    let mut template = Template::default();
    let uses = Uses { fit: None, warp: None, fft: None };
    template.prepare(source, window, uses, &mut Default::default()).unwrap();
    template.leave_out((source, window), counts).unwrap();
    template
}

#[test]
fn all_ways_agree_with_the_definition_on_every_level_with_dirty_scratch() {
    let (mut plans, mut scratch) = (FftPlans::default(), MaskedScratch::default());
    let (mut judge, mut found) = (ScoreMap::default(), ScoreMap::default());
    for (name, is_covered, value, window, search) in cases() {
        let image = Frame::from_fn(SIZE, |x, y| f32::from(u8::from(!is_covered(x, y))));
        let mask = Mask::new("mask.png", &image);
        let [mut source, mut frame] = [frame(3, value), frame(4, value)];
        mask.fill(&mut source);
        mask.fill(&mut frame);
        let counts = mask.counts().unwrap();
        let template = template(&source, window, counts);
        let of = Masked { template: &template, frame: &frame, counts, search };
        masked::scores(simd::levels()[0], &Plan::Naive, of, &mut scratch, &mut judge);
        assert!(judge.scores().iter().any(|score| score.is_finite()), "{name}");
        for plan in [Plan::Direct, Plan::Fft(plans.at_least(search.size()))] {
            for level in simd::levels() {
                masked::scores(level, &plan, of, &mut scratch, &mut found);
                assert_eq!(found.size(), judge.size());
                for (i, (a, b)) in found.scores().iter().zip(judge.scores()).enumerate() {
                    let agree = a == b || (a - b).abs() < TOLERANCE;
                    assert!(
                        agree,
                        "{name}, {:?}, position {i}: {a}, by definition {b}",
                        plan.method()
                    );
                }
            }
        }
    }
}

#[test]
fn what_does_not_count_changes_no_score() {
    let is_covered = |x: usize, y: usize| (x * 7 + y * 13) % 29 < 5;
    let image = Frame::from_fn(SIZE, |x, y| f32::from(u8::from(!is_covered(x, y))));
    let mask = Mask::new("mask.png", &image);
    let counts = mask.counts().unwrap();
    let (window, search) = (Rect::new(30, 24, 32, 32), Rect::new(18, 10, 60, 62));
    let scores = |covered: f64| {
        let value = |x, y, noise| if is_covered(x, y) { covered } else { 100.0 + 40.0 * noise };
        let [source, frame] = [3, 4].map(|seed| frame(seed, value));
        let template = template(&source, window, counts);
        let of = Masked { template: &template, frame: &frame, counts, search };
        let mut map = ScoreMap::default();
        masked::scores(simd::levels()[0], &Plan::Direct, of, &mut Default::default(), &mut map);
        map
    };
    let (dark, bright) = (scores(0.0), scores(250.0));
    for (dark, bright) in dark.scores().iter().zip(bright.scores()) {
        assert!((dark - bright).abs() < TOLERANCE, "{dark} {bright}");
    }
}

#[test]
fn where_less_than_a_quarter_can_be_compared_there_is_no_score() {
    // Left of column 48 nothing counts: the template, right of it, is compared with its own right part.
    let image = Frame::from_fn(SIZE, |x, _| if x < 48 { 0.0 } else { 1.0 });
    let mask = Mask::new("mask.png", &image);
    let counts = mask.counts().unwrap();
    let frame = frame(3, |_, _, noise| 100.0 + 40.0 * noise);
    let (window, search) = (Rect::new(50, 24, 32, 32), Rect::new(10, 24, 80, 32));
    let template = template(&frame, window, counts);
    let of = Masked { template: &template, frame: &frame, counts, search };
    let mut map = ScoreMap::default();
    masked::scores(simd::levels()[0], &Plan::Direct, of, &mut Default::default(), &mut map);
    for u in 0..map.size().width {
        let n_columns = (10 + u + 32).saturating_sub(48).min(32);
        assert_eq!(masked::n_compared(of, (u, 0)), 32 * n_columns);
        assert_eq!(map.at(u, 0).is_finite(), 8 <= n_columns, "{u}");
    }
    assert!((map.at(40, 0) - 1.0).abs() < TOLERANCE);
}
