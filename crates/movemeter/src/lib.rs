//! Measures how things move in a recording.

pub mod geometry;
pub mod frame;
pub mod monitor;
pub mod error;
pub mod source;
pub mod simd;
pub mod filter;
pub mod sums;
pub mod fft;
pub mod spline;
pub mod synth;
pub mod preprocess;
pub mod roi;
pub mod table;
pub mod track;
pub mod matching;
pub mod recipe;
pub mod measure;
