//! What a camera makes of the light on its pixels.

use super::random::Random;

/// Shot noise, read noise, rounding; all grey levels are fractions of the full range.
///
/// ```text
/// seen = round(levels · (Poisson(light · full well) / full well + noise · normal)), clipped to the range
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Electrons of a pixel at full range; `None`: no shot noise.
    pub full_well: Option<f64>,
    /// Standard deviation of the Gaussian read noise.
    pub noise: f64,
    /// Bits of a grey value; `None`: neither rounded nor clipped, range 0 to 1.
    pub bits: Option<u32>,
}

impl Camera {
    /// How such pixels are stored.
    pub fn pixel_type(&self) -> &'static str {
        match self.bits {
            None => "float32",
            Some(0..=8) => "uint8",
            Some(_) => "uint16",
        }
    }

    /// The grey value of the brightest pixel.
    pub fn full_range(&self) -> f64 {
        self.bits.map_or(1.0, |bits| f64::from(bits).exp2() - 1.0)
    }

    /// The grey value it makes of light, a fraction of the full range.
    pub fn see(&self, light: f64, random: &mut Random) -> f32 {
        let mut value = match self.full_well {
            Some(electrons) => random.poisson(light * electrons) / electrons,
            None => light,
        };
        if 0.0 < self.noise {
            value += self.noise * random.normal();
        }
        let range = self.full_range();
        match self.bits {
            Some(_) => (value * range).round().clamp(0.0, range) as f32,
            None => value as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shot_noise_grows_with_the_root_of_the_light() {
        let camera = Camera { full_well: Some(10_000.0), noise: 0.0, bits: None };
        for light in [0.01, 0.2, 0.8] {
            let mut random = Random::new(1, 0);
            let n = 20_000;
            let squares: f64 =
                (0..n).map(|_| (f64::from(camera.see(light, &mut random)) - light).powi(2)).sum();
            let (sd, expected) = ((squares / f64::from(n)).sqrt(), (light / 10_000.0).sqrt());
            // 20,000 draws know a standard deviation to 0.5 %.
            assert!((sd / expected - 1.0).abs() < 0.02, "{light}: {sd} {expected}");
        }
    }

    #[test]
    fn bits_round_and_clip() {
        let camera = Camera { full_well: None, noise: 0.0, bits: Some(8) };
        let mut random = Random::new(1, 0);
        let seen = [-0.1, 0.0, 0.501, 1.0, 1.3].map(|light| camera.see(light, &mut random));
        assert_eq!(seen, [0.0, 0.0, 128.0, 255.0, 255.0]);
    }
}
