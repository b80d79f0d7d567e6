//! Finding a template in a frame: scores, peak, sub-pixel position, and whether to believe it.

pub mod enlargement;
pub mod target;
pub mod texture;
pub mod weights;
pub mod matrix2;
pub mod steepest;
pub mod matrix;
pub mod warp;
pub mod patch;
pub mod template;
pub mod turned;
pub mod score;
pub mod naive;
pub mod peak;
pub mod subpixel;
pub mod chance;
pub mod overlap;
pub mod defect;
pub mod covariance;
pub mod gauss_newton;
pub mod warp_covariance;
pub mod warp_fit;
pub mod plan;
pub mod masked;
pub mod resized;
pub mod match_frame;
pub mod matcher;
pub mod hills;
pub mod warping;

/// Both frames are smoothed by this (centre, and each neighbour, across and down) before a
/// Gauss–Newton fit: interpolation between pixels then has little noise left to smooth, so that the
/// fit is not drawn to half pixels.
pub const SMOOTHING: [f64; 2] = [0.6, 0.2];

/// The seven-point derivative, exact for polynomials of the sixth degree: weights of the differences
/// between the neighbours one, two and three pixels to each side.
pub(crate) const DERIVATIVE: [f32; 3] = [45.0 / 60.0, -9.0 / 60.0, 1.0 / 60.0];
