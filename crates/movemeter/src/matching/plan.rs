//! Which way of correlating is cheapest for a template and a search.

use std::sync::Arc;

use super::mosaic::Mosaics;
use crate::fft::{self, Fft2, FftPlans};
use crate::geometry::Size;
use crate::simd;

/// The ways to compute all scores. They agree to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// From the definition, in `f64`: the judge of the others.
    Naive,
    /// Multiplying and adding.
    Direct,
    /// Fourier transforms.
    Fft,
}

impl Method {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Naive, Self::Direct, Self::Fft];
}

/// The chosen way for one size of template and search.
#[derive(Clone)]
pub enum Plan {
    /// From the definition.
    Naive,
    /// Multiplying and adding.
    Direct,
    /// By this transform.
    Fft(Arc<Fft2>),
}

impl Plan {
    /// The transform, if there is one.
    pub fn fft(&self) -> Option<&Fft2> {
        match self {
            Self::Fft(fft) => Some(fft),
            Self::Naive | Self::Direct => None,
        }
    }

    /// Its name.
    pub fn method(&self) -> Method {
        match self {
            Self::Naive => Method::Naive,
            Self::Direct => Method::Direct,
            Self::Fft(_) => Method::Fft,
        }
    }
}

/// One multiplication and addition of the direct way, ns (benches/correlation.rs, AVX-512).
const DIRECT_NS: f64 = 0.032;
/// One point of a transform times log₂ of the number of points, ns (benches/correlation.rs).
const FFT_NS: f64 = 0.17;

/// Chooses and keeps plans.
#[derive(Default)]
pub struct Planner {
    ffts: FftPlans,
    forced: Option<Method>,
}

impl Planner {
    /// A planner that always takes this way: to compare ways.
    pub fn forced(method: Method) -> Self {
        Self { forced: Some(method), ..Self::default() }
    }

    /// The cheapest way to score a template of one size everywhere in a search region of another.
    pub fn plan(&mut self, template: Size, search: Size) -> Plan {
        match self.forced.unwrap_or_else(|| cheapest(template, search)) {
            Method::Naive => Plan::Naive,
            Method::Direct => Plan::Direct,
            Method::Fft => Plan::Fft(self.ffts.at_least(search)),
        }
    }

    /// What searches of frames of this size by bounds need.
    pub fn mosaics(&mut self, frame: Size) -> Mosaics {
        Mosaics::new(frame, &mut self.ffts)
    }
}

/// Multiplying and adding in `f64` takes so many times as long as in `f32`.
const DOUBLE: f64 = 2.0;
/// One score at a step of a pixel, ns, its norm counted in: about 160 µs for 201 × 201, correlation and all.
const STEP_NS: f64 = 3.0;

/// Whether to score windows at so many [steps](super::steps) of a pixel is quicker than to enlarge them and the search.
pub fn is_quicker_at_steps(window: Size, search: Size, times: usize) -> bool {
    let enlarged = |size: Size| Size::new(times * size.width, times * size.height);
    let [by_step, _] = costs_ns(window, search);
    let steps = (times * times * (search.width - window.width + 1)) as f64
        * (search.height - window.height + 1) as f64;
    let [direct, by_fft] = costs_ns(enlarged(window), enlarged(search));
    DOUBLE * by_step + STEP_NS * steps < direct.min(by_fft)
}

fn cheapest(template: Size, search: Size) -> Method {
    let [direct, by_fft] = costs_ns(template, search);
    if direct < by_fft { Method::Direct } else { Method::Fft }
}

/// What it takes to multiply and add, and to transform.
fn costs_ns(template: Size, search: Size) -> [f64; 2] {
    let (across, down) = (search.width - template.width + 1, search.height - template.height + 1);
    let direct = DIRECT_NS * simd::n_computed(across, down) as f64 * template.area() as f64;
    let points = (fft::quick_length(search.width) * fft::quick_length(search.height)) as f64;
    // One transform there and one back; the third is kept.
    [direct, 2.0 * FFT_NS * points * points.log2()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_searches_are_direct_and_large_ones_are_transformed() {
        let mut planner = Planner::default();
        let small = planner.plan(Size::new(16, 16), Size::new(20, 20));
        assert_eq!(small.method(), Method::Direct);
        let large = planner.plan(Size::new(64, 64), Size::new(512, 512));
        assert_eq!(large.method(), Method::Fft);
    }

    #[test]
    fn a_forced_way_is_taken_whatever_it_costs() {
        for method in Method::ALL {
            let plan = Planner::forced(method).plan(Size::new(8, 8), Size::new(9, 9));
            assert_eq!(plan.method(), method);
        }
    }
}
