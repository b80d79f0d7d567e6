//! How many instructions each stage takes: these are the same whatever else the machine does, so
//! that noise hides no regression.
//!
//! `cargo bench --package movemeter --bench instructions [-- PART OF A NAME]`
//!
//! Each stage is run by this program in `valgrind`, once and twice after a first time: the
//! difference is one run with warm memory. It repeats to a few instructions, and to 0.5 % where
//! threads wait for each other. Where `valgrind` is not installed, it says so. `valgrind`
//! shows a CPU without AVX-512: kernels are those of AVX2 wherever there is that.

#![allow(clippy::print_stdout, reason = "a benchmark talks to the person who runs it")]

use std::error::Error;
use std::hint::black_box;
use std::process::Command;

use movemeter::brightness::Levels;
use movemeter::filter::Lines;
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::covariance::{Correlation, Noise};
use movemeter::matching::matcher::{Match, MatchFrame, MatchScratch, Matcher, Role};
use movemeter::matching::plan::{Method, Plan, Planner};
use movemeter::matching::score::{self, FftMatchScratch, ScoreMap};
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::target::Target;
use movemeter::matching::template::Template;
use movemeter::matching::warp::Model;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::roi::grid;
use movemeter::simd::Level;
use movemeter::source::MemoryStack;
use movemeter::synth;
use rayon::ThreadPoolBuilder;

/// A stage made ready; each call runs it once.
type Run = Box<dyn FnMut()>;
/// Its name, and what makes it ready.
type Stage = (&'static str, fn() -> Run);

/// Every stage. Windows have 32×32 px, displacements up to ±10 px, frames
/// 128×128 px.
const STAGES: [Stage; 11] = [
    ("prepare a frame to take templates out of", || prepare_frame(Role::Source)),
    ("prepare a frame to look for templates in", || prepare_frame(Role::Target)),
    ("prepare a template", prepare_template),
    ("prepare a target", prepare_target),
    ("search directly", search_directly),
    ("search by Fourier transform, target transformed", search_by_fft),
    ("fit, with a search of 1 px", || locate(1.0)),
    ("locate", || locate(10.0)),
    ("brightness of a window", brightness_of_window),
    ("brightness of 49 windows that overlap, 32 frames", brightness),
    ("motion of 16 windows, 4 frames", measure),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["run", stage, n_runs] => run(stage.parse()?, n_runs.parse()?),
        // Tests run benchmarks, too, only to see that they start.
        _ if !words.contains(&"--bench") => {}
        _ if Command::new("valgrind").arg("--version").output().is_err() => {
            println!("skipped: instructions are counted by valgrind, which is not installed");
        }
        _ => count_all(words.iter().copied().find(|word| !word.starts_with('-')).unwrap_or(""))?,
    }
    Ok(())
}

fn run(stage: usize, n_runs: usize) {
    let mut run = STAGES[stage].1();
    for _ in 0..=n_runs {
        run();
    }
}

fn count_all(part_of_name: &str) -> Result<(), Box<dyn Error>> {
    println!("instructions, with one thread, on the CPU that valgrind shows");
    for (stage, (name, _)) in STAGES.into_iter().enumerate() {
        if name.contains(part_of_name) {
            let [once, twice] = [counted(stage, 1)?, counted(stage, 2)?];
            println!("{:>12}  {name}", twice - once);
        }
    }
    Ok(())
}

/// All instructions of a program that runs a stage so many times.
fn counted(stage: usize, n_runs: usize) -> Result<i64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", &stage.to_string(), &n_runs.to_string()])
        .output()?;
    // ==8192== I   refs:      1,234,567
    let said = String::from_utf8_lossy(&output.stderr);
    let number = said.lines().find_map(|line| line.split_once("refs:")).map(|(_, number)| number);
    let number = number.ok_or_else(|| format!("valgrind gives no count, but says\n{said}"))?;
    Ok(number.trim().replace(',', "").parse()?)
}

const SIZE: Size = Size::new(128, 128);
const WINDOW: Rect = Rect::new(48, 48, 32, 32);

fn frames(n_frames: usize) -> Vec<Frame> {
    let moving = synth::speckle(SIZE).noise(0.01).moving(Displacement::new(0.7, -0.4));
    moving.frames(n_frames).to_frames()
}

fn matcher(max_displacement_px: f64) -> Matcher {
    Matcher {
        level: Level::new(),
        subpixel: Subpixel::GaussNewton,
        min_score: 0.2,
        keep_doubtful: false,
        max_displacement_px: Some(max_displacement_px),
        model: Model::Translation,
        max_rotation_rad: None,
        noise: Noise {
            of_template: 0.5,
            expected: Correlation::of_white_noise(&[1.0]),
            rounding: 0.0,
        },
        scores_all: false,
        counts: None,
    }
}

/// A window in the first of two frames, to be found in the second.
struct Pair {
    matcher: Matcher,
    source: MatchFrame,
    frame: MatchFrame,
    plan: Plan,
    search: Rect,
    template: Template,
    target: Target,
    scratch: MatchScratch,
}

impl Pair {
    fn new(reach: f64, planner: impl FnOnce() -> Planner) -> Self {
        let (matcher, frames) = (matcher(reach), frames(2));
        let search = matcher.search(WINDOW, SIZE);
        let mut pair = Self {
            source: prepared(&matcher, &frames[0], Role::Source),
            frame: prepared(&matcher, &frames[1], Role::Target),
            plan: planner().plan(WINDOW.size(), search.size()),
            matcher,
            search,
            template: Template::default(),
            target: Target::default(),
            scratch: MatchScratch::default(),
        };
        pair.prepare_template();
        pair.prepare_target();
        pair
    }

    fn prepare_template(&mut self) {
        let Self { matcher, source, plan, template, scratch, .. } = self;
        matcher
            .prepare_template(source, WINDOW, plan.fft(), template, &mut scratch.prepare)
            .expect("speckle has texture");
    }

    fn prepare_target(&mut self) {
        let Self { matcher, frame, plan, search, template, target, scratch, .. } = self;
        let of = (&*template, WINDOW.size());
        matcher.aim(frame, *search, of, plan.fft(), target, &mut scratch.prepare);
    }

    fn locate(&mut self) {
        let Self { matcher, frame, plan, template, target, scratch, .. } = self;
        let of = Match { template, window: WINDOW, target, frame, plan, n_positions: 0 };
        assert!(matcher.locate(&of, scratch).is_ok(), "speckle can be measured");
    }
}

fn prepared(matcher: &Matcher, frame: &Frame, role: Role) -> MatchFrame {
    let mut of = MatchFrame::default();
    matcher.prepare_frame(frame, role, &mut of, &mut Lines::default());
    of
}

fn prepare_frame(role: Role) -> Run {
    let (matcher, frames) = (matcher(10.0), frames(1));
    let (mut of, mut work) = (MatchFrame::default(), Lines::default());
    Box::new(move || {
        matcher.prepare_frame(&frames[0], role, &mut of, &mut work);
        black_box(&of);
    })
}

fn prepare_template() -> Run {
    let mut pair = Pair::new(10.0, Planner::default);
    Box::new(move || pair.prepare_template())
}

fn prepare_target() -> Run {
    let mut pair = Pair::new(10.0, Planner::default);
    Box::new(move || pair.prepare_target())
}

fn locate(reach: f64) -> Run {
    let mut pair = Pair::new(reach, Planner::default);
    Box::new(move || pair.locate())
}

fn search_directly() -> Run {
    let Pair { template, target, .. } = Pair::new(10.0, || Planner::forced(Method::Direct));
    let mut map = ScoreMap::default();
    Box::new(move || score::direct(Level::new(), &template, &target, &mut map))
}

fn search_by_fft() -> Run {
    let Pair { template, target, plan, .. } = Pair::new(10.0, || Planner::forced(Method::Fft));
    let (mut map, mut scratch) = (ScoreMap::default(), FftMatchScratch::default());
    Box::new(move || {
        let fft = plan.fft().expect("the method was chosen");
        score::by_fft(fft, &template, &target, &mut scratch, &mut map);
    })
}

fn brightness_of_window() -> Run {
    let frames = frames(1);
    Box::new(move || {
        black_box(Levels::of(frames[0].crop(WINDOW)));
    })
}

fn brightness() -> Run {
    with_one_thread(32, 0.5, |recipe, stack| {
        drop(black_box(recipe.measure_brightness(stack, &Silent)));
    })
}

fn measure() -> Run {
    with_one_thread(4, 1.0, |recipe, stack| drop(black_box(recipe.measure(stack, &Silent))))
}

fn with_one_thread(n_frames: usize, step: f64, measure: fn(&Recipe, &mut MemoryStack)) -> Run {
    let mut stack = MemoryStack::new(frames(n_frames)).expect("frames of one size");
    let windows = grid(Rect::of_frame(SIZE), WINDOW.size(), step);
    let recipe = Recipe { windows, max_displacement_px: Some(10.0), ..Recipe::default() };
    let one = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be had");
    Box::new(move || one.install(|| measure(&recipe, &mut stack)))
}
