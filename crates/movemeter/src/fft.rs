//! Two-dimensional Fourier transforms of real images, for correlation.
//!
//! In `f64`: with `f32` the rounding of a bright region drowns the score of a weak window in it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::geometry::Size;

/// A spectrum: for each of width/2 + 1 horizontal frequencies, all vertical ones.
pub type Spectrum = Vec<Complex<f64>>;

/// The transform of images of one size; shared by all threads.
pub struct Fft2 {
    size: Size,
    rows: Arc<dyn RealToComplex<f64>>,
    rows_back: Arc<dyn ComplexToReal<f64>>,
    columns: Arc<dyn Fft<f64>>,
    columns_back: Arc<dyn Fft<f64>>,
}

/// Working memory of transforms of any size.
#[derive(Default)]
pub struct FftScratch {
    row: Vec<f64>,
    row_spectrum: Spectrum,
    work: Spectrum,
}

impl fmt::Debug for Fft2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fft2").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Fft2 {
    /// Width and height of what is transformed; images may be smaller and count as zero beyond.
    pub fn size(&self) -> Size {
        self.size
    }

    fn n_frequencies(&self) -> usize {
        self.size.width / 2 + 1
    }

    /// The spectrum of an image of this width, given row by row.
    pub fn forward<'a, P: Copy + Into<f64> + 'a>(
        &self,
        image: impl Iterator<Item = &'a [P]>,
        spectrum: &mut Spectrum,
        scratch: &mut FftScratch,
    ) {
        let (height, n) = (self.size.height, self.n_frequencies());
        spectrum.clear();
        spectrum.resize(n * height, Complex::default());
        scratch.row_spectrum.resize(n, Complex::default());
        scratch.fit_work(self.rows.get_scratch_len());
        for (y, pixels) in image.enumerate() {
            scratch.load_row(pixels, self.size.width);
            self.rows
                .process_with_scratch(
                    &mut scratch.row,
                    &mut scratch.row_spectrum,
                    &mut scratch.work,
                )
                .expect("buffers have the plan's lengths");
            for (column, &value) in spectrum.chunks_exact_mut(height).zip(&scratch.row_spectrum) {
                column[y] = value;
            }
        }
        scratch.fit_work(self.columns.get_inplace_scratch_len());
        self.columns.process_with_scratch(spectrum, &mut scratch.work);
    }

    /// The image of a spectrum, divided by its number of pixels: the first `n_rows` rows, one by one.
    pub fn backward(
        &self,
        spectrum: &mut Spectrum,
        n_rows: usize,
        scratch: &mut FftScratch,
        mut take_row: impl FnMut(usize, &[f64]),
    ) {
        let (height, n) = (self.size.height, self.n_frequencies());
        scratch.fit_work(self.columns_back.get_inplace_scratch_len());
        self.columns_back.process_with_scratch(spectrum, &mut scratch.work);
        scratch.row.resize(self.size.width, 0.0);
        scratch.row_spectrum.resize(n, Complex::default());
        scratch.fit_work(self.rows_back.get_scratch_len());
        let scale = 1.0 / self.size.area() as f64;
        for y in 0..n_rows {
            for (value, column) in
                scratch.row_spectrum.iter_mut().zip(spectrum.chunks_exact(height))
            {
                *value = column[y] * scale;
            }
            self.make_ends_real(&mut scratch.row_spectrum);
            self.rows_back
                .process_with_scratch(
                    &mut scratch.row_spectrum,
                    &mut scratch.row,
                    &mut scratch.work,
                )
                .expect("buffers have the plan's lengths, and both ends are real");
            take_row(y, &scratch.row);
        }
    }

    /// Of a real image the lowest and highest frequency are real; rounding leaves a trace of more.
    fn make_ends_real(&self, row_spectrum: &mut [Complex<f64>]) {
        row_spectrum[0].im = 0.0;
        if self.size.width.is_multiple_of(2) {
            row_spectrum[self.size.width / 2].im = 0.0;
        }
    }
}

impl FftScratch {
    fn load_row<P: Copy + Into<f64>>(&mut self, pixels: &[P], width: usize) {
        self.row.clear();
        self.row.extend(pixels.iter().map(|&pixel| pixel.into()));
        self.row.resize(width, 0.0);
    }

    fn fit_work(&mut self, n: usize) {
        self.work.resize(n, Complex::default());
    }
}

/// Multiplies the conjugate of the template's spectrum into the image's: correlation.
pub fn correlate_spectra(template: &[Complex<f64>], image: &[Complex<f64>], out: &mut Spectrum) {
    out.clear();
    out.extend(template.iter().zip(image).map(|(t, f)| t.conj() * f));
}

/// Makes each transform once.
#[derive(Default)]
pub struct FftPlans {
    made: HashMap<Size, Arc<Fft2>>,
    real: Option<RealFftPlanner<f64>>,
    complex: Option<FftPlanner<f64>>,
}

impl FftPlans {
    /// The transform of images of at least this size whose sides are quick to transform.
    pub fn at_least(&mut self, size: Size) -> Arc<Fft2> {
        let size = Size::new(quick_length(size.width), quick_length(size.height));
        let (made, real, complex) = (
            &mut self.made,
            self.real.get_or_insert_with(RealFftPlanner::new),
            self.complex.get_or_insert_with(FftPlanner::new),
        );
        let make = || {
            Arc::new(Fft2 {
                size,
                rows: real.plan_fft_forward(size.width),
                rows_back: real.plan_fft_inverse(size.width),
                columns: complex.plan_fft_forward(size.height),
                columns_back: complex.plan_fft_inverse(size.height),
            })
        };
        Arc::clone(made.entry(size).or_insert_with(make))
    }
}

/// The smallest even 2ᵃ·3ᵇ·5ᶜ that is at least n: others take up to three times longer.
pub fn quick_length(n: usize) -> usize {
    let is_quick = |&length: &usize| {
        let mut rest = length;
        for factor in [2, 3, 5] {
            while rest % factor == 0 {
                rest /= factor;
            }
        }
        rest == 1
    };
    let even = n.max(2).next_multiple_of(2);
    (even..).step_by(2).find(is_quick).expect("there is a power of two above every length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_comes_back_from_its_spectrum() {
        let fft = FftPlans::default().at_least(Size::new(11, 7));
        assert_eq!(fft.size(), Size::new(12, 8));
        let image: Vec<f32> = (0..77).map(|i| (i * i % 23) as f32).collect();
        let mut scratch = FftScratch::default();
        let mut spectrum = vec![Complex::new(f64::NAN, f64::NAN); 3];
        fft.forward(image.chunks_exact(11), &mut spectrum, &mut scratch);
        fft.backward(&mut spectrum, 7, &mut scratch, |y, row| {
            for x in 0..11 {
                assert!((row[x] - f64::from(image[y * 11 + x])).abs() < 1e-12);
            }
        });
    }

    #[test]
    fn quick_lengths_are_even_and_have_small_factors() {
        let lengths = [1, 2, 3, 7, 13, 17, 64, 997].map(quick_length);
        assert_eq!(lengths, [2, 2, 4, 8, 16, 18, 64, 1000]);
    }

    #[test]
    fn a_size_is_planned_once() {
        let mut plans = FftPlans::default();
        let first = plans.at_least(Size::new(30, 31));
        assert!(Arc::ptr_eq(&first, &plans.at_least(Size::new(29, 32))));
    }
}
