//! `cargo xtask picture`: draws the README's picture from what the demonstration measures.

use std::fs;
use std::path::Path;

use kuva::prelude::*;
use kuva::render::annotations::ReferenceLine;
use kuva::render::figure::Figure;

use crate::Result;
use crate::repository::{self, Workspace};

/// Blue and orange of Okabe & Ito's palette, which the colour-blind tell apart.
const COLOUR_X: &str = "#0072B2";
const COLOUR_Y: &str = "#E69F00";

/// Runs the demonstration and writes `docs/demo.svg`.
pub(crate) fn run() -> Result<()> {
    let Workspace { root, target, .. } = Workspace::read()?;
    let folder = target.join("picture");
    let status = repository::cargo()
        .args(["run", "--release", "--locked", "--package", "movemeter-cli", "--", "demo", "-o"])
        .arg(&folder)
        .current_dir(&root)
        .status()?;
    if !status.success() {
        return Err(format!("the demonstration ended with {status}").into());
    }
    let to = root.join("docs/demo.svg");
    fs::write(&to, draw(&Demo::read(&folder)?))?;
    println!("{}", to.display());
    Ok(())
}

/// The first window of the demonstration, beside the truth.
struct Demo {
    time_s: Vec<f64>,
    x: Axis,
    y: Axis,
}

struct Axis {
    name: &'static str,
    colour: &'static str,
    truth: Vec<f64>,
    found: Vec<f64>,
    sd: Vec<f64>,
}

impl Demo {
    fn read(folder: &Path) -> Result<Self> {
        let table = Rows::read(&folder.join("motion.csv"))?.only("window", "0")?;
        let truth = Rows::read(&folder.join("truth.csv"))?;
        let axis = |name, colour, column: &str, sd: &str| -> Result<Axis> {
            Ok(Axis {
                name,
                colour,
                truth: truth.numbers(column)?,
                found: table.numbers(column)?,
                sd: table.numbers(sd)?,
            })
        };
        Ok(Self {
            time_s: table.numbers("time_s")?,
            x: axis("dx", COLOUR_X, "dx_px", "sd_x_px")?,
            y: axis("dy", COLOUR_Y, "dy_px", "sd_y_px")?,
        })
    }
}

/// A small table of text, as the demonstration writes it.
struct Rows {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)?;
        let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<String>>();
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let names = lines.next().map(cells).ok_or("the table is empty")?;
        Ok(Self { names, rows: lines.map(cells).collect() })
    }

    fn place(&self, name: &str) -> Result<usize> {
        let place = self.names.iter().position(|found| found == name);
        place.ok_or_else(|| format!("there is no column {name}").into())
    }

    fn only(mut self, name: &str, value: &str) -> Result<Self> {
        let place = self.place(name)?;
        self.rows.retain(|row| row[place] == value);
        Ok(self)
    }

    fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let place = self.place(name)?;
        let number = |row: &Vec<String>| Ok(row[place].parse::<f64>()?);
        self.rows.iter().map(number).collect()
    }
}

fn draw(demo: &Demo) -> String {
    let motion = motion(demo);
    let errors = errors(demo);
    let layouts = vec![
        Layout::auto_from_plots(&motion)
            .with_title("A window's displacement: line = truth, dots = measured")
            .with_x_label("time (s)")
            .with_y_label("displacement (px)")
            .with_x_axis_min(0.0),
        Layout::auto_from_plots(&errors)
            .with_title("Measured minus truth, with error bars of one standard deviation")
            .with_x_label("time (s)")
            .with_y_label("error (px)")
            .with_y_tick_format(TickFormat::Fixed(3))
            .with_x_axis_min(0.0)
            .with_reference_line(ReferenceLine::horizontal(0.0)),
    ];
    let figure = Figure::new(2, 1).with_plots(vec![motion, errors]).with_layouts(layouts);
    SvgBackend.render_scene(&figure.with_cell_size(760.0, 300.0).render())
}

fn motion(demo: &Demo) -> Vec<Plot> {
    let of = |axis: &Axis| {
        let truth = demo.time_s.iter().copied().zip(axis.truth.iter().copied());
        let found = demo.time_s.iter().copied().zip(axis.found.iter().copied());
        let line = LinePlot::new().with_data(truth).with_color(axis.colour).with_stroke_width(1.5);
        let dots = ScatterPlot::new().with_data(found).with_color(axis.colour).with_size(3.5);
        [Plot::Line(line.with_legend(axis.name)), Plot::Scatter(dots)]
    };
    [&demo.x, &demo.y].into_iter().flat_map(of).collect()
}

fn errors(demo: &Demo) -> Vec<Plot> {
    // Side by side, so that the bars of both can be seen; without frame 0, which has no error.
    let step = demo.time_s.get(1).copied().unwrap_or(1.0);
    let of = |(axis, aside): (&Axis, f64)| {
        let errors = axis.found.iter().zip(&axis.truth).map(|(found, truth)| found - truth);
        let points = demo.time_s.iter().map(|t| t + aside * step).zip(errors).skip(1);
        let sd = axis.sd.iter().copied().skip(1);
        let dots = ScatterPlot::new().with_data(points).with_y_err(sd);
        Plot::Scatter(dots.with_color(axis.colour).with_size(3.0).with_legend(axis.name))
    };
    [(&demo.x, -0.1), (&demo.y, 0.1)].into_iter().map(of).collect()
}
