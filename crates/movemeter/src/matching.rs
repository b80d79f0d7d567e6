//! Finding a template in a frame: scores, peak, sub-pixel position, and whether to believe it.

pub mod enlargement;
pub mod bilinear;
mod neighbours;
pub mod steps;
pub mod block;
pub mod roughness;
pub mod matrix;
pub mod warp;
pub mod angles;
pub mod lattice;
pub mod mosaic;
pub mod tiled;
pub mod target;
pub mod texture;
pub mod weights;
pub mod matrix2;
pub mod steepest;
pub mod patch;
pub mod template;
pub mod turned;
pub mod score;
pub mod naive;
pub mod peak;
pub mod subpixel;
pub mod bound;
pub mod anywhere;
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
pub mod preparing;
pub mod matcher;
pub mod hills;
pub mod warping;

/// Both frames are smoothed by this (centre, and each neighbour, across and down) before a
/// Gauss–Newton fit: interpolation between pixels then has little noise left to smooth, so that the
/// fit is not drawn to half pixels.
///
/// Of all smoothing by three taps it is the one whose zero is the spline's [first pole](crate::spline::POLES): to make
/// coefficients of the smoothed frame, which would reach 20 pixels far, then takes five.
pub const SMOOTHING: [f64; 2] = {
    let pole = crate::spline::POLES[0];
    let ratio = -(pole + 1.0 / pole);
    [ratio / (2.0 + ratio), 1.0 / (2.0 + ratio)]
};

/// The seven-point derivative, exact for polynomials of the sixth degree: weights of the differences
/// between the neighbours one, two and three pixels to each side.
pub(crate) const DERIVATIVE: [f32; 3] = [45.0 / 60.0, -9.0 / 60.0, 1.0 / 60.0];
