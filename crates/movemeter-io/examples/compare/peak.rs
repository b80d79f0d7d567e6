//! How many additions and multiplications one core can do in a second.

use std::hint::black_box;

use fearless_simd::{Level, dispatch};
use movemeter::error::BoxError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::timed;

/// How long to look.
#[derive(Deserialize)]
pub struct Peak {
    at_least_s: f64,
}

/// Single numbers that one vector of the widest level holds.
const LANES: usize = 16;

type Vector = [f32; LANES];

/// Vectors that are added to, and as many that are multiplied, side by side: enough to have both
/// kinds of unit busy while a result is on its way (two a cycle, three or four cycles each), and few
/// enough for sixteen registers.
const CHAINS: usize = 6;

const STEPS: usize = 1 << 20;

impl Peak {
    /// Operations a second on single-precision numbers, with the best instructions this CPU offers:
    /// independent additions and multiplications, half each. Fused ones do not count: no kernel uses
    /// them, so that every CPU gives the same bits.
    pub fn measure(&self) -> Result<Value, BoxError> {
        let (seconds, _) = timed(self.at_least_s, || {
            // Not known when this is compiled, so that nothing is computed before or only once.
            let starts = black_box([[1.0; LANES]; 2 * CHAINS]);
            let (addend, factor) = (black_box([1e-3; LANES]), black_box([0.999_999; LANES]));
            Ok(black_box(dispatch!(Level::new(), _simd => steps(&starts, &addend, &factor))))
        })?;
        let n_operations = 2 * CHAINS * LANES * STEPS;
        let level = format!("{:?}", Level::new());
        let level = level.split('(').next();
        Ok(json!({ "flops": n_operations as f64 / seconds, "level": level }))
    }
}

#[inline(always)]
fn steps(starts: &[Vector; 2 * CHAINS], addend: &Vector, factor: &Vector) -> f32 {
    let mut chains = *starts;
    let (sums, products) = chains.split_at_mut(CHAINS);
    for _ in 0..STEPS {
        for (sum, product) in sums.iter_mut().zip(&mut *products) {
            for lane in 0..LANES {
                sum[lane] += addend[lane];
                product[lane] *= factor[lane];
            }
        }
    }
    chains.iter().flatten().sum()
}
