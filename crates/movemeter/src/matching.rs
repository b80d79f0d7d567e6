//! Finding a template in a frame: scores, peak, sub-pixel position, and whether to believe it.

pub mod target;
pub mod steepest;
pub mod template;
pub mod score;
pub mod naive;
pub mod peak;
pub mod chance;
pub mod overlap;
pub mod subpixel;
pub mod covariance;
pub mod gauss_newton;
pub mod plan;
pub mod matcher;

/// Both frames are smoothed by this (centre, and each neighbour, across and down) before a
/// Gauss–Newton fit: interpolation between pixels then has little noise left to smooth, so that the
/// fit is not drawn to half pixels.
pub const SMOOTHING: [f64; 2] = [0.6, 0.2];

/// The five-point derivative, exact for polynomials of the fourth degree: weights of the differences
/// between the neighbours one and two pixels to each side.
pub(crate) const DERIVATIVE: [f32; 2] = [8.0 / 12.0, -1.0 / 12.0];
