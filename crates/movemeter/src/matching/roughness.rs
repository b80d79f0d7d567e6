//! How fast texture stops to resemble itself when it is moved.

/// Σ of products of gradients over Σ t²: how fast the template stops to resemble itself, px⁻².
///
/// Near zero its autocorrelation is 1 − ½ dᵀ R d.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roughness {
    /// Σ gₓ² / Σ t²
    pub xx: f64,
    /// Σ gₓ g_y / Σ t²
    pub xy: f64,
    /// Σ g_y² / Σ t²
    pub yy: f64,
}

/// Where the autocorrelation has fallen below one half, the template counts as somewhere else:
/// exp(−½ dᵀ R d) < ½.
pub(super) const ELSEWHERE: f64 = 2.0 * std::f64::consts::LN_2;

impl Roughness {
    /// From Σ gₓ², Σ gₓ g_y, Σ g_y² and Σ t².
    pub fn of_products(products: [f64; 3], square: f64) -> Self {
        let [xx, xy, yy] = products.map(|product| product / square);
        Self { xx, xy, yy }
    }

    /// That of single pixels, each of which is another.
    pub const HIGHEST: Self = Self { xx: std::f64::consts::PI, xy: 0.0, yy: std::f64::consts::PI };

    /// Of the same content enlarged this many times.
    pub fn enlarged(self, factor: f64) -> Self {
        let Self { xx, xy, yy } = self;
        let [xx, xy, yy] = [xx, xy, yy].map(|product| product / (factor * factor));
        Self { xx, xy, yy }
    }

    /// dᵀ R d
    pub fn along(self, dx: f64, dy: f64) -> f64 {
        self.xx * dx * dx + 2.0 * self.xy * dx * dy + self.yy * dy * dy
    }

    /// How many of `area` pixels are as good as independent.
    ///
    /// For an autocorrelation ρ of Gaussian shape Σ ρ² = π / √det R (M. S. Bartlett 1946).
    pub fn n_independent(self, area: usize) -> f64 {
        let determinant = (self.xx * self.yy - self.xy * self.xy).max(0.0);
        area as f64 * (determinant.sqrt() / std::f64::consts::PI).min(1.0)
    }
}
