//! scratch
use movemeter::geometry::*;
use movemeter::matching::subpixel::Subpixel;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::roi::grid;
use movemeter::synth::{self, Random};
use movemeter::track::Status;

fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|v| v.parse().unwrap()).collect();
    let (radius, side, follow) = (a[0], a[1] as usize, a[2] != 0.0);
    for subpixel in [Subpixel::GaussNewton, Subpixel::Parabola, Subpixel::Gaussian] {
        for noise in [0.0, 0.01, 0.03, 0.1] {
            let mut r = Random::new(9, 9);
            let mut path = vec![Displacement::ZERO];
            path.extend((0..20).map(|_| Displacement::new(10.0 * r.uniform() - 5.0, 10.0 * r.uniform() - 5.0)));
            let mut stack = synth::speckle(Size::new(512, 512)).radius(radius).noise(noise).path(path).frames(21);
            let recipe = Recipe {
                windows: grid(Rect::new(0, 0, 512, 512), Size::new(side, side), 1.0).into(),
                max_displacement_px: Some(10.0),
                follow, subpixel, ..Recipe::default() };
            let t = std::time::Instant::now();
            let tracks = recipe.measure(&mut stack, &Silent).unwrap();
            let dt = t.elapsed().as_secs_f64();
            let (mut s, mut n, mut worst, mut z, mut in68) = (0.0, 0, 0.0f64, 0.0, 0);
            let mut bad = 0;
            for track in &tracks.tracks {
                let border = track.rect.grown(6).is_inside(Size::new(512, 512));
                for (k, sample) in track.samples.iter().enumerate().skip(1) {
                    let d = stack.displacement(k);
                    if let Some(m) = sample.displacement() {
                        let e = m - d;
                        if e.reach() > 1.0 { bad += 1; }
                        if !border { continue; }
                        s += e.dx * e.dx + e.dy * e.dy;
                        z += (e.dx / sample.sd_x()).powi(2) + (e.dy / sample.sd_y()).powi(2);
                        in68 += usize::from(e.dx.abs() < sample.sd_x()) + usize::from(e.dy.abs() < sample.sd_y());
                        worst = worst.max(e.reach());
                        n += 2;
                    }
                }
            }
            let counts: Vec<String> = Status::ALL.iter().map(|s| format!("{}", tracks.count(*s))).collect();
            println!("{:13} noise {noise:.2}: rms {:.5} worst {worst:.4} z {:.3} in68 {:.3} bad {bad} status {} {:.0} w/s",
                subpixel.as_str(), (s / n as f64).sqrt(), (z / n as f64).sqrt(), in68 as f64 / n as f64, counts.join(" "), (tracks.n_windows()*20) as f64 / dt);
        }
    }
}
