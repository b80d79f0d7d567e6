//! The fast correlations against the definition, on every CPU level, with dirty scratch.

use movemeter::fft::FftPlans;
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::naive;
use movemeter::matching::score::{self, FftMatchScratch, ScoreMap};
use movemeter::matching::target::{PrepareScratch, Target};
use movemeter::matching::template::{Template, Uses};
use movemeter::simd;
use movemeter::synth::Random;

/// Scores agree to this. `f32` sums of a thousand products err by about 1e-6.
const TOLERANCE: f32 = 1e-5;

struct Case {
    name: &'static str,
    source: Frame,
    window: Rect,
    frame: Frame,
    search: Rect,
}

fn frame(size: Size, seed: u64, mut value: impl FnMut(usize, usize, f64) -> f64) -> Frame {
    let mut random = Random::new(seed, 1);
    Frame::from_fn(size, |x, y| value(x, y, random.normal()).round() as f32)
}

fn case(
    name: &'static str,
    size: Size,
    window: Rect,
    search: Rect,
    value: fn(usize, usize, f64) -> f64,
) -> Case {
    Case { name, source: frame(size, 3, value), window, frame: frame(size, 4, value), search }
}

fn cases() -> Vec<Case> {
    let size = Size::new(96, 80);
    let (window, search) = (Rect::new(30, 24, 32, 32), Rect::new(18, 10, 60, 62));
    let bordered = |x: usize, _: usize, noise: f64| match x {
        0..40 => 0.0,
        _ => 60_000.0 + 5.0 * noise,
    };
    vec![
        case("random", size, window, search, |_, _, noise| 100.0 + 40.0 * noise),
        case("bright", size, window, search, |_, _, noise| 60_000.0 + 5.0 * noise),
        case(
            "flat border, bright inside",
            size,
            Rect::new(50, 24, 32, 32),
            Rect::new(18, 10, 75, 62),
            bordered,
        ),
        case("flat border, half of the window", size, window, search, bordered),
        case("one pixel", size, Rect::new(5, 6, 1, 1), Rect::new(4, 5, 3, 3), |_, _, n| 9.0 * n),
        case("one row", size, Rect::new(5, 6, 7, 1), Rect::new(0, 6, 20, 1), |_, _, n| 9.0 * n),
        case("one column", size, Rect::new(5, 6, 1, 9), Rect::new(5, 0, 1, 80), |_, _, n| 9.0 * n),
        case("only one place", size, window, window, |_, _, noise| 100.0 + 40.0 * noise),
        case("odd sizes", size, Rect::new(7, 8, 13, 29), Rect::new(0, 0, 96, 79), |x, y, n| {
            (x * y) as f64 + 10.0 * n
        }),
        case("all flat", size, window, search, |_, _, _| 7.0),
    ]
}

fn compare(name: &str, found: &ScoreMap, judge: &ScoreMap) {
    assert_eq!(found.size(), judge.size(), "{name}");
    for (i, (&found, &judge)) in found.scores().iter().zip(judge.scores()).enumerate() {
        let agree = found == judge || (found - judge).abs() < TOLERANCE;
        assert!(agree, "{name}, position {i}: {found}, by definition {judge}");
    }
}

#[test]
fn all_ways_agree_with_the_definition_on_every_level_with_dirty_scratch() {
    let mut plans = FftPlans::default();
    let (mut template, mut target) = (Template::default(), Target::default());
    let (mut prepare, mut fft_scratch) = (PrepareScratch::default(), FftMatchScratch::default());
    let (mut judge, mut found) = (ScoreMap::default(), ScoreMap::default());
    let mut n_compared = 0;
    for Case { name, source, window, frame, search } in cases() {
        let fft = plans.at_least(search.size());
        for spectrum_kept in [true, false] {
            let uses = Uses { fit: None, warp: None, fft: spectrum_kept.then_some(&*fft) };
            if template.prepare(&source, window, uses, &mut prepare).is_err() {
                assert!(["all flat", "one pixel"].contains(&name), "{name} has texture");
                continue;
            }
            target.prepare(&frame, search, window.size(), Some(&fft), &mut prepare);
            naive::scores(source.crop(window), frame.crop(search), &mut judge);
            for level in simd::levels() {
                score::direct(level, &template, &target, &mut found);
                compare(name, &found, &judge);
            }
            score::by_fft(&fft, &template, &target, &mut fft_scratch, &mut found);
            compare(name, &found, &judge);
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, 16, "eight cases with texture, twice");
}

#[test]
fn a_template_finds_itself_with_score_one() {
    for Case { name, source, window, search, .. } in cases() {
        let (mut template, mut target) = (Template::default(), Target::default());
        let mut prepare = PrepareScratch::default();
        if template
            .prepare(&source, window, Uses { fit: None, warp: None, fft: None }, &mut prepare)
            .is_err()
        {
            continue;
        }
        target.prepare(&source, search, window.size(), None, &mut prepare);
        let mut map = ScoreMap::default();
        score::direct(simd::Level::new(), &template, &target, &mut map);
        let at = map.at((window.x - search.x) as usize, (window.y - search.y) as usize);
        assert!((at - 1.0).abs() < TOLERANCE, "{name}: {at}");
    }
}
