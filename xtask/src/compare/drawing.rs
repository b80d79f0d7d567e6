//! The picture: error against cost on the grid.

use kuva::prelude::*;

use super::grid::{Asked, Grid, Row};
use super::worker::Who;

/// Blue, orange and green of Okabe & Ito's palette, which the colour-blind tell apart.
const COLOURS: [(&str, &str); 3] = [
    ("movemeter", "#0072B2"),
    ("others, following", "#E69F00"),
    ("others, fixed windows", "#009E73"),
];

/// A program in the picture.
struct Dot {
    label: String,
    rate: f64,
    rms_px: f64,
    colour: &'static str,
}

/// Fast to the right, exact below; movemeter on two threads.
pub(super) fn draw(grid: &Grid) -> String {
    let is_drawn = |row: &&Row| {
        row.outcome.failure().is_none() && (row.who == Who::Peers || row.n_threads == 2)
    };
    draw_dots(&grid.rows.iter().filter(is_drawn).map(Dot::of).collect::<Vec<_>>())
}

impl Dot {
    fn of(row: &Row) -> Self {
        let (_, colour) = match (row.who, row.asked) {
            (Who::Movemeter, _) => COLOURS[0],
            (Who::Peers, Asked::Follow) => COLOURS[1],
            (Who::Peers, Asked::Fixed) => COLOURS[2],
        };
        let asked = match (row.who, row.asked) {
            (Who::Movemeter, Asked::Follow) => ", following",
            (Who::Movemeter, Asked::Fixed) => ", fixed",
            (Who::Peers, _) => "",
        };
        let label = format!("{}{asked}", row.outcome.name.replace('`', ""));
        Self { label, rate: row.outcome.rate().median, rms_px: row.errors.rms_px(), colour }
    }
}

fn draw_dots(dots: &[Dot]) -> String {
    let plot = ScatterPlot::new()
        .with_data(dots.iter().map(|dot| (dot.rate, dot.rms_px)))
        .with_colors(dots.iter().map(|dot| dot.colour))
        .with_labels(dots.iter().map(|dot| dot.label.as_str()))
        .with_repel_labels()
        .with_size(5.0);
    let legend = COLOURS.map(|(label, colour)| LegendEntry {
        label: label.into(),
        color: colour.into(),
        shape: LegendShape::Circle,
        dasharray: None,
    });
    let plots = vec![Plot::Scatter(plot)];
    let layout = Layout::auto_from_plots(&plots)
        .with_log_scale()
        .with_width(1000.0)
        .with_height(560.0)
        .with_title("1024×1024 px, 32×32 windows, ±10 px: right is faster, below is more exact")
        .with_x_label("windows·frames per second")
        .with_y_label("rms error (px)")
        .with_legend_entries(legend.into());
    SvgBackend.render_scene(&render_multiple(plots, layout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_its_name_in_the_picture() {
        let dot = |label: &str, rate, rms_px| Dot {
            label: label.into(),
            rate,
            rms_px,
            colour: "#000000",
        };
        let drawn = draw_dots(&[dot("swift", 50_000.0, 0.1), dot("slow", 200.0, 0.001)]);
        assert!(drawn.starts_with("<svg") && drawn.contains(">swift<") && drawn.contains(">slow<"));
    }
}
