//! Which way of correlating is cheapest for a template and a search.

use std::sync::Arc;

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
}

fn cheapest(template: Size, search: Size) -> Method {
    let (across, down) = (search.width - template.width + 1, search.height - template.height + 1);
    let direct = DIRECT_NS * simd::n_computed(across, down) as f64 * template.area() as f64;
    let points = (fft::quick_length(search.width) * fft::quick_length(search.height)) as f64;
    // One transform there and one back; the third is kept.
    let by_fft = 2.0 * FFT_NS * points * points.log2();
    if direct < by_fft { Method::Direct } else { Method::Fft }
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
