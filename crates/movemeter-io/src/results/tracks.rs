//! From the rows of a table to tracks.

use std::collections::HashMap;
use std::sync::Arc;

use movemeter::brightness::{Brightness, BrightnessMode, Levels};
use movemeter::deformation::{Deformation, Deforming};
use movemeter::geometry::Displacement;
use movemeter::recipe::Recipe;
use movemeter::roi::Windows;
use movemeter::track::{Covariance, Sample, Status, Track, Tracks};

use super::cells::Cells;
use super::places::Places;
use crate::table::TableFormat;
use crate::table::stored::StoredTable;

/// What a table says was measured.
pub(super) fn of(
    table: &StoredTable,
    recipe: Option<&Recipe>,
    format: TableFormat,
) -> Result<Tracks, String> {
    let places = Places::new(table, recipe)?;
    let samples = Samples::new(table)?;
    let deformations = Deformations::new(table);
    let deforming = deformations.deforming();
    let mut names: HashMap<&str, Arc<str>> = HashMap::new();
    let mut tracks = Vec::with_capacity(places.windows.len());
    for (window, (group, number, rect)) in places.windows.iter().enumerate() {
        let rows = || places.rows_of(window);
        let samples = rows().map(|row| samples.get(row)).collect::<Result<_, _>>()?;
        let deformations = match deforming {
            Deforming::No => Vec::new(),
            _ => rows().map(|row| deformations.get(row)).collect::<Result<_, _>>()?,
        };
        let group = names.entry(group).or_insert_with(|| group.as_str().into()).clone();
        tracks.push(Track { group, window: *number, rect: *rect, samples, deformations });
    }
    Ok(Tracks {
        brightness: brightness(table, &places)?,
        stamps: places.stamps,
        tracks,
        pixel_size_um: pixel_size_um(table, recipe, format)?,
        deforming,
    })
}

/// The windows of tracks, in their groups.
pub(super) fn windows_of(tracks: &Tracks) -> Windows {
    let mut windows = Windows::default();
    for track in &tracks.tracks {
        windows.add(&track.group, [track.rect]);
    }
    windows
}

/// The columns of motion.
struct Samples<'a> {
    table: &'a StoredTable,
    /// Whether it is a table of brightness alone.
    is_without_motion: bool,
    dx: Cells<'a>,
    dy: Cells<'a>,
    sd_x: Cells<'a>,
    sd_y: Cells<'a>,
    cov_xy: Cells<'a>,
    score: Cells<'a>,
    status: Cells<'a>,
}

impl<'a> Samples<'a> {
    fn new(table: &'a StoredTable) -> Result<Self, String> {
        let (dx, dy) = (Cells::new(table, "dx_px"), Cells::new(table, "dy_px"));
        let has_brightness = table.column("brightness").is_some();
        let is_without_motion = has_brightness && !dx.is_there() && !dy.is_there();
        if !is_without_motion {
            Cells::needed(table, "dx_px")?;
            Cells::needed(table, "dy_px")?;
        }
        let cells = |name| Cells::new(table, name);
        Ok(Self {
            table,
            is_without_motion,
            dx,
            dy,
            sd_x: cells("sd_x_px"),
            sd_y: cells("sd_y_px"),
            cov_xy: cells("cov_xy_px2"),
            score: cells("score"),
            status: cells("status"),
        })
    }

    fn get(&self, row: Option<usize>) -> Result<Sample, String> {
        let Some(row) = row.filter(|_| !self.is_without_motion) else {
            return Ok(Sample::lost(Status::Excluded));
        };
        let displacement = Displacement::new(self.dx.float(row)?, self.dy.float(row)?);
        let is_measured = !(displacement.dx.is_nan() || displacement.dy.is_nan());
        let status = match self.status.status(row)? {
            Some(status) => status,
            None if is_measured => Status::Ok,
            None => {
                return Err(format!(
                    "{}: dx_px or dy_px is empty, and there is no column status to say why",
                    self.table.place(row)
                ));
            }
        };
        if status == Status::Ok && !is_measured {
            return Err(format!(
                "{}: dx_px or dy_px is empty, but status is ok",
                self.table.place(row)
            ));
        }
        // As the variance was before its root was taken.
        let variance = |sd: f64| (sd * sd) as f32;
        let covariance = Covariance {
            xx: variance(self.sd_x.float(row)?),
            xy: self.cov_xy.float(row)? as f32,
            yy: variance(self.sd_y.float(row)?),
        };
        Ok(Sample { displacement, covariance, score: self.score.float(row)? as f32, status })
    }
}

/// The columns of deformation.
struct Deformations<'a> {
    angle_deg: Cells<'a>,
    sd_angle_deg: Cells<'a>,
    strains: [Cells<'a>; 3],
}

impl<'a> Deformations<'a> {
    fn new(table: &'a StoredTable) -> Self {
        Self {
            angle_deg: Cells::new(table, "angle_deg"),
            sd_angle_deg: Cells::new(table, "sd_angle_deg"),
            strains: ["exx", "exy", "eyy"].map(|name| Cells::new(table, name)),
        }
    }

    fn deforming(&self) -> Deforming {
        match (self.strains.iter().any(Cells::is_there), self.angle_deg.is_there()) {
            (true, _) => Deforming::Straining,
            (false, true) => Deforming::Turning,
            (false, false) => Deforming::No,
        }
    }

    fn get(&self, row: Option<usize>) -> Result<Deformation, String> {
        let Some(row) = row else { return Ok(Deformation::UNKNOWN) };
        let [exx, exy, eyy] = &self.strains;
        Ok(Deformation {
            angle_rad: self.angle_deg.float(row)?.to_radians(),
            sd_angle_rad: self.sd_angle_deg.float(row)?.to_radians() as f32,
            exx: exx.float(row)? as f32,
            exy: exy.float(row)? as f32,
            eyy: eyy.float(row)? as f32,
        })
    }
}

/// Brightness as it is given; there is no way back from means that were divided.
fn brightness(table: &StoredTable, places: &Places) -> Result<Option<Brightness>, String> {
    let cells = ["brightness", "brightness_min", "brightness_max", "brightness_sd"];
    let [mean, min, max, sd] = cells.map(|name| Cells::new(table, name));
    if !mean.is_there() {
        return Ok(None);
    }
    let levels = |row: Option<usize>| -> Result<Levels, String> {
        let Some(row) = row else { return Ok(Levels::UNKNOWN) };
        Ok(Levels {
            mean: mean.float(row)?,
            min: min.float(row)? as f32,
            max: max.float(row)? as f32,
            sd: sd.float(row)?,
        })
    };
    let windows =
        (0..places.windows.len()).map(|window| places.rows_of(window).map(levels).collect());
    let windows = windows.collect::<Result<_, _>>()?;
    Ok(Some(Brightness { mode: BrightnessMode::Absolute, windows }))
}

/// Side of a pixel: as the recipe says, else as pixels became micrometres.
fn pixel_size_um(
    table: &StoredTable,
    recipe: Option<&Recipe>,
    format: TableFormat,
) -> Result<Option<f64>, String> {
    let pairs = [("dx_px", "dx_um"), ("dy_px", "dy_um")]
        .map(|(px, um)| (Cells::new(table, px), Cells::new(table, um)));
    if !pairs.iter().all(|(px, um)| px.is_there() && um.is_there()) {
        return Ok(None);
    }
    if let Some(known) = recipe.and_then(|recipe| recipe.pixel_size_um) {
        return Ok(Some(known));
    }
    // The largest displacement says it best.
    let mut largest = (0.0, 0.0);
    for row in 0..table.n_rows() {
        for (px, um) in &pairs {
            let (px, um) = (px.float(row)?, um.float(row)?);
            if largest.0 < px.abs() && 0.0 < um / px && (um / px).is_finite() {
                largest = (px.abs(), um.abs());
            }
        }
    }
    Ok((0.0 < largest.0).then(|| simplest_ratio(largest, format)))
}

/// The shortest number that makes these micrometres of these pixels, as exactly as they are written.
fn simplest_ratio((px, um): (f64, f64), format: TableFormat) -> f64 {
    let ratio = um / px;
    // Both are rounded to six decimals.
    let tolerance = if format.is_rounded() { 0.5e-6 * (1.0 + ratio) } else { 0.0 };
    let rounded = (0..17).filter_map(|digits| format!("{ratio:.digits$e}").parse::<f64>().ok());
    let mut fitting = rounded.filter(|&rounded| (rounded * px - um).abs() <= tolerance);
    fitting.next().unwrap_or(ratio)
}
