//! Samples, tracks and what their status says.
//!
//! A sample is one window in one frame; a track is one window over all frames.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::brightness::Brightness;
use crate::deformation::{Deformation, Deforming};
use crate::geometry::{Displacement, Rect};
use crate::table::{Cell, Column, Digits, Table};

/// Whether a window could be measured in a frame, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// Measured.
    Ok = 0,
    /// There is no texture to match.
    Flat = 1,
    /// The window, or its content, is not wholly in the frame any more.
    LeftFrame = 2,
    /// The best match lies on the border of the search: the true one may be farther away.
    AtEdge = 3,
    /// A second place matches as well as the best.
    Ambiguous = 4,
    /// The best match is worse than the score limit, or no better than chance.
    LowScore = 5,
    /// The sub-pixel fit did not settle near the best whole-pixel match.
    Diverged = 6,
    /// The user left this frame out.
    Excluded = 7,
}

impl Status {
    /// Every status, in the order of its codes.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Flat,
        Self::LeftFrame,
        Self::AtEdge,
        Self::Ambiguous,
        Self::LowScore,
        Self::Diverged,
        Self::Excluded,
    ];

    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Flat => "flat",
            Self::LeftFrame => "left_frame",
            Self::AtEdge => "at_edge",
            Self::Ambiguous => "ambiguous",
            Self::LowScore => "low_score",
            Self::Diverged => "diverged",
            Self::Excluded => "excluded",
        }
    }

    /// Whether there is a match that is merely not to be trusted.
    pub const fn is_doubtful(self) -> bool {
        matches!(self, Self::AtEdge | Self::Ambiguous | Self::LowScore)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How uncertain a displacement is: the 2×2 covariance of its error, px².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Covariance {
    /// Variance of dx.
    pub xx: f32,
    /// Covariance of dx and dy.
    pub xy: f32,
    /// Variance of dy.
    pub yy: f32,
}

impl Covariance {
    /// No uncertainty: the reference frame against itself.
    pub const ZERO: Self = Self { xx: 0.0, xy: 0.0, yy: 0.0 };
    /// Not known.
    pub const UNKNOWN: Self = Self { xx: f32::NAN, xy: f32::NAN, yy: f32::NAN };

    /// Of the sum of two displacements with independent errors.
    pub fn plus(self, other: Self) -> Self {
        Self { xx: self.xx + other.xx, xy: self.xy + other.xy, yy: self.yy + other.yy }
    }
}

/// One window in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Position now minus position in the reference, px; NaN where it could not be measured.
    pub displacement: Displacement,
    /// Of the displacement's error; NaN where there is none, or the sub-pixel method gives none.
    pub covariance: Covariance,
    /// Zero-mean normalised cross-correlation of the match, −1 to 1; NaN where nothing was matched.
    pub score: f32,
    /// Whether it could be measured, and if not, why.
    pub status: Status,
}

impl Sample {
    /// Nothing was matched, for this reason.
    pub const fn lost(status: Status) -> Self {
        Self::doubtful(status, f32::NAN)
    }

    /// A match with this score is not to be trusted, for this reason.
    pub const fn doubtful(status: Status, score: f32) -> Self {
        Self {
            displacement: Displacement::new(f64::NAN, f64::NAN),
            covariance: Covariance::UNKNOWN,
            score,
            status,
        }
    }

    /// The reference frame against itself: no displacement, by definition.
    pub const fn reference() -> Self {
        Self {
            displacement: Displacement::ZERO,
            covariance: Covariance::ZERO,
            score: 1.0,
            status: Status::Ok,
        }
    }

    /// Whether it was measured without doubt.
    pub fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    /// The displacement, if there is one.
    pub fn displacement(&self) -> Option<Displacement> {
        (!self.displacement.dx.is_nan()).then_some(self.displacement)
    }

    /// Standard deviation of dx, px; NaN if not known.
    pub fn sd_x(&self) -> f64 {
        f64::from(self.covariance.xx).sqrt()
    }

    /// Standard deviation of dy, px; NaN if not known.
    pub fn sd_y(&self) -> f64 {
        f64::from(self.covariance.yy).sqrt()
    }
}

/// A sample with what else was found of the window's content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Displacement and status.
    pub sample: Sample,
    /// How the content turned and deformed, if that was asked for.
    pub deformation: Deformation,
}

impl From<Sample> for Found {
    /// Nothing is known of deformation.
    fn from(sample: Sample) -> Self {
        Self { sample, deformation: Deformation::UNKNOWN }
    }
}

impl Found {
    /// The reference frame against itself.
    pub const fn reference() -> Self {
        Self { sample: Sample::reference(), deformation: Deformation::NONE }
    }

    /// Nothing was matched, for this reason.
    pub const fn lost(status: Status) -> Self {
        Self { sample: Sample::lost(status), deformation: Deformation::UNKNOWN }
    }
}

/// One window over all frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// The name of the ROI group it belongs to.
    pub group: Arc<str>,
    /// Its number in the group, from 0.
    pub window: usize,
    /// Where it was placed: the window in the reference.
    pub rect: Rect,
    /// One sample per frame.
    pub samples: Vec<Sample>,
    /// One per frame if that was asked for, else none.
    pub deformations: Vec<Deformation>,
}

impl Track {
    /// The displacement in frame `index`, px; `None` where it could not be measured.
    pub fn displacement(&self, index: usize) -> Option<Displacement> {
        self.samples[index].displacement()
    }

    /// How far the content turned, in frame `index`, rad; `None` where it was not measured.
    pub fn angle_rad(&self, index: usize) -> Option<f64> {
        let deformation = self.deformations.get(index)?;
        deformation.is_known().then_some(deformation.angle_rad)
    }

    /// dx in every frame, px; NaN where it could not be measured.
    pub fn dx(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|sample| sample.displacement.dx)
    }

    /// dy in every frame, px; NaN where it could not be measured.
    pub fn dy(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|sample| sample.displacement.dy)
    }
}

/// A measured frame's number and time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    /// Number in the recording, from 0.
    pub number: usize,
    /// Time, s; NaN if the recording does not know it.
    pub time_s: f64,
}

/// All windows over all measured frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    /// The frames, in the order measured.
    pub stamps: Vec<Stamp>,
    /// One track per window; each has a sample per stamp.
    pub tracks: Vec<Track>,
    /// How bright each window was, if that was asked for.
    pub brightness: Option<Brightness>,
    /// Side of a pixel in the specimen, µm, if known.
    pub pixel_size_um: Option<f64>,
    /// What of deformation was asked for.
    pub deforming: Deforming,
}

impl Index<usize> for Tracks {
    type Output = Track;
    fn index(&self, window: usize) -> &Track {
        &self.tracks[window]
    }
}

impl Tracks {
    /// How many windows.
    pub fn n_windows(&self) -> usize {
        self.tracks.len()
    }

    /// How many frames.
    pub fn n_frames(&self) -> usize {
        self.stamps.len()
    }

    /// How many samples have this status.
    pub fn count(&self, status: Status) -> usize {
        let samples = self.tracks.iter().flat_map(|track| &track.samples);
        samples.filter(|sample| sample.status == status).count()
    }

    /// One row per frame and window: all windows of the first frame, then of the next.
    pub fn table(&self) -> Table<'_> {
        let mut columns = self.columns_of_place();
        columns.extend(self.columns_of_motion());
        columns.extend(self.columns_of_deformation());
        if let Some(brightness) = &self.brightness {
            columns.extend(brightness.columns());
        }
        if let Some(pixel_size_um) = self.pixel_size_um {
            columns.extend(self.columns_in_um(pixel_size_um));
        }
        Table { n_rows: self.n_frames() * self.n_windows(), columns }
    }

    fn columns_of_place(&self) -> Vec<Column<'_>> {
        columns_of_place(&self.stamps, self.n_windows(), |window| {
            let track = &self.tracks[window];
            (&*track.group, track.window, track.rect)
        })
    }

    fn columns_of_motion(&self) -> Vec<Column<'_>> {
        vec![
            self.measured("dx_px", LENGTH, |sample| sample.displacement.dx),
            self.measured("dy_px", LENGTH, |sample| sample.displacement.dy),
            self.measured("sd_x_px", LENGTH, Sample::sd_x),
            self.measured("sd_y_px", LENGTH, Sample::sd_y),
            self.measured("cov_xy_px2", AREA, |sample| f64::from(sample.covariance.xy)),
            self.measured("score", LENGTH, |sample| f64::from(sample.score)),
            Column::new("status", Digits::Shortest, |row| {
                Cell::Text(self.sample(row).status.as_str().into())
            }),
        ]
    }

    fn columns_of_deformation(&self) -> Vec<Column<'_>> {
        let mut columns = Vec::new();
        if Deforming::Turning <= self.deforming {
            columns.push(self.deformed("angle_deg", ANGLE, |of| of.angle_rad.to_degrees()));
            let sd = |of: &Deformation| f64::from(of.sd_angle_rad).to_degrees();
            columns.push(self.deformed("sd_angle_deg", ANGLE, sd));
        }
        if Deforming::Straining <= self.deforming {
            columns.push(self.deformed("exx", STRAIN, |of| f64::from(of.exx)));
            columns.push(self.deformed("exy", STRAIN, |of| f64::from(of.exy)));
            columns.push(self.deformed("eyy", STRAIN, |of| f64::from(of.eyy)));
        }
        columns
    }

    fn deformed(&self, name: &str, digits: Digits, value: fn(&Deformation) -> f64) -> Column<'_> {
        Column::new(name, digits, move |row| {
            let track = &self.tracks[row % self.n_windows()];
            let of = track.deformations.get(row / self.n_windows());
            Cell::Float(of.map_or(f64::NAN, value))
        })
    }

    fn columns_in_um(&self, pixel_size_um: f64) -> Vec<Column<'_>> {
        let scale = pixel_size_um;
        vec![
            self.measured("dx_um", LENGTH, move |sample| sample.displacement.dx * scale),
            self.measured("dy_um", LENGTH, move |sample| sample.displacement.dy * scale),
            self.measured("sd_x_um", LENGTH, move |sample| sample.sd_x() * scale),
            self.measured("sd_y_um", LENGTH, move |sample| sample.sd_y() * scale),
        ]
    }

    fn measured<'a>(
        &'a self,
        name: &str,
        digits: Digits,
        value: impl Fn(&Sample) -> f64 + 'a,
    ) -> Column<'a> {
        Column::new(name, digits, move |row| Cell::Float(value(self.sample(row))))
    }

    fn sample(&self, row: usize) -> &Sample {
        &self.tracks[row % self.n_windows()].samples[row / self.n_windows()]
    }
}

/// Which frame and which window a row is of; `place` gives each window's group, number in it, and
/// rectangle.
pub(crate) fn columns_of_place<'a>(
    stamps: &'a [Stamp],
    n_windows: usize,
    place: impl Fn(usize) -> (&'a str, usize, Rect) + Copy + 'a,
) -> Vec<Column<'a>> {
    let stamp = move |row: usize| stamps[row / n_windows];
    let place = move |row: usize| place(row % n_windows);
    let whole = |name, value: fn(usize, Rect) -> i64| {
        Column::new(name, Digits::Shortest, move |row| {
            let (_, window, rect) = place(row);
            Cell::Integer(value(window, rect))
        })
    };
    vec![
        Column::new("frame", Digits::Shortest, move |row| Cell::Integer(stamp(row).number as i64)),
        Column::new("time_s", Digits::Shortest, move |row| Cell::Float(stamp(row).time_s)),
        Column::new("group", Digits::Shortest, move |row| Cell::Text(place(row).0.into())),
        whole("window", |window, _| window as i64),
        whole("x", |_, rect| rect.x as i64),
        whole("y", |_, rect| rect.y as i64),
        whole("w", |_, rect| rect.width as i64),
        whole("h", |_, rect| rect.height as i64),
    ]
}

/// A millionth of a pixel: a thousand times finer than the best window can be measured.
const LENGTH: Digits = Digits::Decimals(6);
/// A millionth of a degree: a hundredth of what the best window gives.
const ANGLE: Digits = Digits::Decimals(6);
/// A hundredth of a microstrain.
const STRAIN: Digits = Digits::Decimals(8);
/// Covariances of good windows are near 10⁻⁶ px².
const AREA: Digits = Digits::Significant(6);

#[cfg(test)]
mod tests {
    use super::*;

    fn two_windows_over_two_frames() -> Tracks {
        let moved = Sample {
            displacement: Displacement::new(0.5, -2.0),
            covariance: Covariance { xx: 0.01, xy: -0.001, yy: 0.04 },
            score: 0.75,
            status: Status::Ok,
        };
        let track = |window, samples| Track {
            group: "eye".into(),
            window,
            rect: Rect::new(3, 4, 5, 6),
            samples,
            deformations: Vec::new(),
        };
        Tracks {
            stamps: vec![Stamp { number: 7, time_s: 0.25 }, Stamp { number: 9, time_s: f64::NAN }],
            tracks: vec![
                track(0, vec![Sample::reference(), moved]),
                track(1, vec![Sample::lost(Status::Flat), Sample::doubtful(Status::AtEdge, 0.5)]),
            ],
            brightness: None,
            pixel_size_um: Some(2.0),
            deforming: Deforming::No,
        }
    }

    fn shown(table: &Table<'_>, row: usize) -> Vec<String> {
        let show = |column: &Column<'_>| match column.cell(row) {
            Cell::Integer(value) => value.to_string(),
            Cell::Float(value) => column.digits.show(value),
            Cell::Text(value) => value.into_owned(),
        };
        table.columns.iter().map(show).collect()
    }

    #[test]
    fn the_table_has_a_row_per_frame_and_window_with_its_fixed_columns() {
        let tracks = two_windows_over_two_frames();
        let table = tracks.table();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(
            names.join(","),
            "frame,time_s,group,window,x,y,w,h,dx_px,dy_px,sd_x_px,sd_y_px,cov_xy_px2,score,status,\
             dx_um,dy_um,sd_x_um,sd_y_um"
        );
        assert_eq!(table.n_rows, 4);
        assert_eq!(shown(&table, 1).join(","), "7,0.25,eye,1,3,4,5,6,,,,,,,flat,,,,");
        assert_eq!(
            shown(&table, 2).join(","),
            "9,,eye,0,3,4,5,6,0.500000,-2.000000,0.100000,0.200000,-1.00000e-3,0.750000,ok,\
             1.000000,-4.000000,0.200000,0.400000"
        );
        assert_eq!(shown(&table, 3)[8..15].join(","), ",,,,,0.500000,at_edge");
    }

    #[test]
    fn angles_and_strains_have_columns_where_they_were_asked_for() {
        let mut tracks = two_windows_over_two_frames();
        let turned = Deformation {
            angle_rad: std::f64::consts::PI,
            sd_angle_rad: 0.5,
            exx: 0.125,
            exy: -0.25,
            eyy: 0.0,
        };
        tracks.tracks[0].deformations = vec![Deformation::NONE, turned];
        tracks.tracks[1].deformations = vec![Deformation::UNKNOWN; 2];
        for (deforming, n_columns) in [(Deforming::Turning, 2), (Deforming::Straining, 5)] {
            tracks.deforming = deforming;
            let table = tracks.table();
            let names = ["angle_deg", "sd_angle_deg", "exx", "exy", "eyy", "dx_um"];
            let at_15: Vec<&str> =
                table.columns[15..].iter().map(|column| column.name.as_str()).collect();
            assert_eq!(at_15[..n_columns], names[..n_columns]);
            assert_eq!(at_15[n_columns], "dx_um");
            let values = ["180.000000", "28.647890", "0.12500000", "-0.25000000", "0.00000000"];
            assert_eq!(shown(&table, 2)[15..15 + n_columns], values[..n_columns]);
            assert!(shown(&table, 3)[15..15 + n_columns].iter().all(String::is_empty));
        }
        assert_eq!(tracks[0].angle_rad(1), Some(std::f64::consts::PI));
        assert_eq!((tracks[1].angle_rad(1), tracks[1].angle_rad(7)), (None, None));
    }

    #[test]
    fn status_codes_are_their_places_in_the_list() {
        for (code, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, code);
        }
    }

    #[test]
    fn what_was_not_measured_has_no_displacement() {
        let tracks = two_windows_over_two_frames();
        assert_eq!(tracks[1].displacement(1), None);
        assert_eq!(tracks[0].displacement(1), Some(Displacement::new(0.5, -2.0)));
        assert_eq!((tracks.count(Status::Ok), tracks.count(Status::Flat)), (2, 1));
    }
}
