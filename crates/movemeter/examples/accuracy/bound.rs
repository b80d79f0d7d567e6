//! The smallest variance that any unbiased measurement of a window's motion can have.

use movemeter::Rect;

/// Mean variance of x and y for noise of variance 1 in each of two frames, px².
///
/// Half the trace of 2 H⁻¹, H = Σ g gᵀ, with the gradients g made orthogonal to 1 and to the window.
///
/// Light and gradients are those of a frame of this width, row by row.
pub fn unit_variance(light: &[f64], gradient: &[Vec<f64>; 2], width: usize, rect: Rect) -> f64 {
    let cut = |values| cut(values, width, rect);
    let mut window = cut(light);
    let mut gradients = [cut(&gradient[0]), cut(&gradient[1])];
    centre(&mut window);
    for gradient in &mut gradients {
        centre(gradient);
        let share = dot(gradient, &window) / dot(&window, &window);
        gradient.iter_mut().zip(&window).for_each(|(g, t)| *g -= share * t);
    }
    let [x, y] = &gradients;
    let (xx, xy, yy) = (dot(x, x), dot(x, y), dot(y, y));
    (xx + yy) / (xx * yy - xy * xy)
}

fn cut(values: &[f64], width: usize, rect: Rect) -> Vec<f64> {
    let row = |y: isize| {
        let start = y as usize * width + rect.x as usize;
        values[start..start + rect.width].iter().copied()
    };
    (rect.y..rect.bottom()).flat_map(row).collect()
}

fn centre(values: &mut [f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
