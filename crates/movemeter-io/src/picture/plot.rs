//! Curves: motion over time, over frequency, and paths.

use movemeter::brightness::BrightnessMode;
use movemeter::spectrum::{Amplitudes, amplitudes, even_interval_s};
use movemeter::traces::{Curve, Quantity, curve, length_of_mean, mean, percentile};
use movemeter::track::Tracks;

use super::axis::{Axis, BELOW, GAP, Panel, SMALL};
use super::drawing::{Area, Drawing};
use super::layout::{Legend, Notes};
use super::lines::{Band, Line, Lines};
use super::page::{MM, POINTS, Page};
use super::selection::{Group, unit};
use crate::error::Error;

/// What is drawn of motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlotKind {
    /// Over time, or over the frame's number where times are not known.
    #[default]
    Time,
    /// y over x: the way that was gone.
    Path,
    /// Amplitude over frequency.
    Spectrum,
}

/// How curves are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotOptions {
    /// Over what.
    pub kind: PlotKind,
    /// What is drawn, a panel for each. Of no use for a path.
    pub quantities: Vec<Quantity>,
    /// How brightness is given, which tracks that were read from a table do not know.
    pub brightness: BrightnessMode,
    /// How wide and high the picture is, mm. Left out: as wide as a column of a journal, as high as it suits.
    pub size_mm: [Option<f64>; 2],
    /// Pixels of an inch, in PNG.
    pub dpi: f64,
}

impl Default for PlotOptions {
    fn default() -> Self {
        Self {
            kind: PlotKind::Time,
            quantities: vec![Quantity::X, Quantity::Y],
            brightness: BrightnessMode::Absolute,
            size_mm: [None; 2],
            dpi: DPI,
        }
    }
}

/// What printers want.
pub const DPI: f64 = 300.0;
/// Of one column in most journals.
pub const COLUMN_MM: f64 = 85.0;
/// Of a panel, if nothing is said.
const PANEL_MM: f64 = 38.0;
/// Around all.
const MARGIN: f64 = 4.0;
/// With more windows than this no curve could be told from the next: groups are drawn instead.
const MANY: usize = 24;

/// Draws curves of these groups.
///
/// Each window has a line and a band of one standard deviation of its error to either side; each group of several a
/// thick line, their mean. Of more than 24 windows only means are drawn, and bands in which 80 % of the windows lie
/// (10th to 90th percentile in each frame). Among magnitudes a dashed line is the length of the mean displacement, in
/// which what moves apart cancels. Where nothing was measured there is no line.
///
/// The error says what the tracks do not hold.
pub fn plot(tracks: &Tracks, groups: &[Group], options: &PlotOptions) -> Result<Page, Error> {
    let mut panels = Vec::new();
    match options.kind {
        PlotKind::Path => panels.push(path(tracks, groups)),
        PlotKind::Time => {
            for &quantity in &options.quantities {
                let mut lines = over_time(tracks, groups, quantity);
                if quantity == Quantity::Brightness
                    && options.brightness != BrightnessMode::Absolute
                {
                    lines.name_y = RELATIVE.into();
                }
                panels.push(lines);
            }
        }
        PlotKind::Spectrum => {
            for &quantity in &options.quantities {
                panels.push(spectrum(tracks, groups, quantity)?);
            }
        }
    }
    if panels.iter().all(Lines::is_empty) {
        return Err(Error::NoPicture(nothing(options)));
    }
    Ok(arranged(&panels, groups, options))
}

fn nothing(options: &PlotOptions) -> String {
    let names: Vec<&str> = options.quantities.iter().map(|quantity| quantity.as_str()).collect();
    let what = match options.kind {
        PlotKind::Path => "x and y".into(),
        PlotKind::Time | PlotKind::Spectrum => names.join(", "),
    };
    format!(
        "there is nothing to draw: no value of {what} was measured; angles need --model rigid or \
         --rotation, brightness needs --brightness when measuring"
    )
}

/// Puts panels below one another, with one name for what goes to the right.
fn arranged(panels: &[Lines], groups: &[Group], options: &PlotOptions) -> Page {
    let points = |mm: f64| mm / MM * POINTS;
    let width = points(options.size_mm[0].unwrap_or(COLUMN_MM));
    let legend = Legend::new(groups, width - 2.0 * MARGIN);
    let mut notes: Vec<String> = panels.iter().flat_map(|lines| lines.notes.clone()).collect();
    notes.dedup();
    // Shorter than the page: who has no Arial may have wider letters.
    let notes = Notes::new(&notes, 0.86 * (width - 2.0 * MARGIN));
    let gap = 2.5 * GAP;
    let around = 2.0 * MARGIN + legend.height() + 0.5 * SMALL + BELOW + notes.height();
    let n = panels.len() as f64;
    let inner = width - 60.0;
    let least = around + n * 20.0;
    let height = options.size_mm[1].map(points).unwrap_or_else(|| {
        let panel = match options.kind {
            PlotKind::Path => inner * panels[0].shape(),
            PlotKind::Time | PlotKind::Spectrum => points(PANEL_MM),
        };
        around + n * panel + (n - 1.0) * gap
    });
    let height = height.max(least);
    let panel_height = (height - around - (n - 1.0) * gap) / n;
    let n_ticks = (panel_height / 22.0).clamp(2.0, 8.0) as usize;
    let axes: Vec<Axis> = panels.iter().map(|lines| lines.axis_y(n_ticks)).collect();
    let numbers = axes.iter().map(|axis| axis.width(SMALL)).fold(0.0, f64::max);
    let left = MARGIN + Panel::left(numbers);
    let mut page = Drawing::white(width, height);
    legend.draw(&mut page, [MARGIN, MARGIN]);
    let mut top = MARGIN + legend.height() + 0.5 * SMALL;
    let right = width - MARGIN - 2.0 * GAP;
    for (index, (lines, y)) in panels.iter().zip(axes).enumerate() {
        let area = Area::new(left, top, right - left, panel_height);
        let n_ticks = ((right - left) / 34.0).clamp(2.0, 10.0) as usize;
        let mut panel = Panel { area, x: lines.axis_x(n_ticks), y };
        if options.kind == PlotKind::Path {
            lines.with_equal_scales(&mut panel);
        }
        lines.draw(&mut page, &panel);
        let is_last = index + 1 == panels.len();
        panel.draw_axes(&mut page, is_last);
        panel.name_y(&mut page, &lines.name_y, numbers);
        if is_last {
            panel.name_x(&mut page, &lines.name_x);
        }
        top += panel_height + gap;
    }
    notes.draw(&mut page, [MARGIN, height - MARGIN - notes.height()]);
    Page { drawing: page, dpi: options.dpi }
}

/// Times in s, or numbers of frames, with their name.
fn times(tracks: &Tracks) -> (Vec<f64>, &'static str) {
    let times_s: Vec<f64> = tracks.stamps.iter().map(|stamp| stamp.time_s).collect();
    if times_s.iter().all(|time_s| time_s.is_finite()) {
        return (times_s, "time (s)");
    }
    (tracks.stamps.iter().map(|stamp| stamp.number as f64).collect(), "frame")
}

/// Brightness without a unit.
const RELATIVE: &str = "relative brightness";

/// What stands beside an axis.
fn name(tracks: &Tracks, quantity: Quantity) -> String {
    let (unit, _) = unit(tracks);
    match quantity {
        Quantity::X => format!("dx ({unit})"),
        Quantity::Y => format!("dy ({unit})"),
        Quantity::Magnitude => format!("displacement ({unit})"),
        Quantity::Angle => "angle (°)".into(),
        Quantity::Brightness => match tracks.brightness.as_ref().map(|of| of.mode) {
            Some(BrightnessMode::Range | BrightnessMode::Minimum) => RELATIVE.into(),
            _ => "brightness (grey levels)".into(),
        },
    }
}

fn curves(tracks: &Tracks, windows: &[usize], quantity: Quantity) -> Vec<Curve> {
    let scale = if quantity.is_length() { unit(tracks).1 } else { 1.0 };
    let scaled = |&window: &usize| {
        let Curve { values, sd } = curve(tracks, window, quantity);
        let times = |values: Vec<f64>| values.into_iter().map(|value| scale * value).collect();
        Curve { values: times(values), sd: times(sd) }
    };
    windows.iter().map(scaled).collect()
}

fn over_time(tracks: &Tracks, groups: &[Group], quantity: Quantity) -> Lines {
    let (x, name_x) = times(tracks);
    let mut lines = Lines::new(name_x.into(), name(tracks, quantity));
    let with = |values: &[f64]| x.iter().copied().zip(values.iter().copied()).collect();
    let many = MANY < groups.iter().map(|group| group.windows.len()).sum();
    for group in groups {
        let curves = curves(tracks, &group.windows, quantity);
        let color = group.color;
        if many && 1 < curves.len() {
            let (low, high) = (percentile(&curves, 0.1), percentile(&curves, 0.9));
            lines.bands.push(Band { x: x.clone(), low, high, color, opacity: 0.25 });
        } else {
            for of in &curves {
                lines.bands.push(error_band(&x, of, group));
                let alone = curves.len() == 1;
                lines.lines.push(if alone {
                    Line::thick(with(&of.values), color)
                } else {
                    Line::thin(with(&of.values), color)
                });
            }
        }
        if 1 < curves.len() {
            lines.lines.push(Line::thick(with(&mean(&curves)), color));
            if quantity == Quantity::Magnitude {
                let scale = unit(tracks).1;
                let of_mean = length_of_mean(tracks, &group.windows);
                let of_mean: Vec<f64> = of_mean.into_iter().map(|length| scale * length).collect();
                lines.lines.push(Line::dashed(with(&of_mean), color));
            }
        }
    }
    lines.notes = notes(groups, many, quantity);
    lines
}

fn error_band(x: &[f64], of: &Curve, group: &Group) -> Band {
    let beside = |sign: f64| {
        of.values.iter().zip(&of.sd).map(|(value, sd)| value + sign * sd).collect::<Vec<f64>>()
    };
    Band { x: x.into(), low: beside(-1.0), high: beside(1.0), color: group.color, opacity: 0.22 }
}

fn notes(groups: &[Group], many: bool, quantity: Quantity) -> Vec<String> {
    let n_windows: usize = groups.iter().map(|group| group.windows.len()).sum();
    let mut notes = Vec::new();
    if many {
        notes.push(format!(
            "Lines: mean of a group's windows ({n_windows} in all). Bands: 10th to 90th percentile."
        ));
    } else if groups.iter().any(|group| 1 < group.windows.len()) {
        notes.push("Thin: windows, with bands of \u{b1}1 sd. Thick: mean of a group.".into());
    }
    if quantity == Quantity::Magnitude && groups.iter().any(|group| 1 < group.windows.len()) {
        notes.push("Dashed: length of the mean displacement.".into());
    }
    notes
}

fn path(tracks: &Tracks, groups: &[Group]) -> Lines {
    let mut lines = Lines::new(name(tracks, Quantity::X), name(tracks, Quantity::Y));
    lines.is_down = true;
    let many = MANY < groups.iter().map(|group| group.windows.len()).sum();
    for group in groups {
        let x = curves(tracks, &group.windows, Quantity::X);
        let y = curves(tracks, &group.windows, Quantity::Y);
        let with = |x: &[f64], y: &[f64]| x.iter().copied().zip(y.iter().copied()).collect();
        if 1 < x.len() {
            let thin = x.iter().zip(&y).filter(|_| !many);
            lines
                .lines
                .extend(thin.map(|(x, y)| Line::thin(with(&x.values, &y.values), group.color)));
            lines.lines.push(Line::thick(with(&mean(&x), &mean(&y)), group.color).with_start());
        } else {
            lines
                .lines
                .push(Line::thick(with(&x[0].values, &y[0].values), group.color).with_start());
        }
    }
    lines.notes.push(match many {
        true => "Mean path of each group. Dots: where paths begin.".into(),
        false => "Dots: where paths begin.".into(),
    });
    lines
}

fn spectrum(tracks: &Tracks, groups: &[Group], quantity: Quantity) -> Result<Lines, Error> {
    let (interval, name_x) = interval(tracks)?;
    let unit_of = name(tracks, quantity);
    let mut lines = Lines::new(name_x.into(), format!("amplitude of {unit_of}"));
    let many = MANY < groups.iter().map(|group| group.windows.len()).sum();
    let (mut n_used, mut n_all) = (0, 0);
    for group in groups {
        let curves = curves(tracks, &group.windows, quantity);
        let spectra: Vec<Amplitudes> =
            curves.iter().filter_map(|curve| amplitudes(&curve.values, interval)).collect();
        (n_used, n_all) = (n_used + spectra.len(), n_all + curves.len());
        let Some(first) = spectra.first() else { continue };
        // What does not change is taken off before: there is nothing at 0.
        let with = |values: &[f64]| {
            let all = first.frequencies.iter().copied().zip(values.iter().copied());
            all.skip(1).collect::<Vec<(f64, f64)>>()
        };
        if spectra.len() == 1 {
            lines.lines.push(Line::thick(with(&first.amplitudes), group.color));
            continue;
        }
        if !many {
            let thin = |of: &Amplitudes| Line::thin(with(&of.amplitudes), group.color);
            lines.lines.extend(spectra.iter().map(thin));
        }
        let curve = |of: &Amplitudes| Curve { values: of.amplitudes.clone(), sd: Vec::new() };
        let curves: Vec<Curve> = spectra.iter().map(curve).collect();
        lines.lines.push(Line::thick(with(&mean(&curves)), group.color));
    }
    if n_used == 0 {
        return Err(Error::NoPicture(format!(
            "a spectrum needs {} in every frame, and at least four frames; choose frames without \
             gaps, or other windows",
            quantity.as_str()
        )));
    }
    lines.from_zero = true;
    lines.notes.push("Single-sided amplitude, Hann window.".into());
    if n_used < n_all {
        lines
            .notes
            .push(format!("{} of {n_all} windows have gaps and are left out.", n_all - n_used));
    }
    Ok(lines)
}

/// The interval between frames, and the name of frequencies.
fn interval(tracks: &Tracks) -> Result<(f64, &'static str), Error> {
    let (times, name) = times(tracks);
    let is_time = name != "frame";
    let Some(interval) = even_interval_s(&times) else {
        let what = if is_time { "their times" } else { "the frames' numbers" };
        return Err(Error::NoPicture(format!(
            "a spectrum needs frames at even intervals, but {what} are not even; choose frames with --frames"
        )));
    };
    Ok((interval, if is_time { "frequency (Hz)" } else { "frequency (per frame)" }))
}
