//! What was measured as arrays by name, and back: so that Python can keep, cut, join and send it.

use std::path::PathBuf;
use std::sync::Arc;

use movemeter::brightness::{Brightness, BrightnessMode, Levels};
use movemeter::deformation::{Deformation, Deforming};
use movemeter::geometry::{Displacement, Rect};
use movemeter::track::{Covariance, Sample, Stamp, Status, Track, Tracks};
use movemeter_io::{HashedInput, OpenOptions, Provenance, Results};
use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::aligned;
use crate::settings::{Word, rect_of};

/// The words for the codes of statuses.
pub const STATUS: [&str; 8] = {
    let mut words = [""; 8];
    let mut code = 0;
    while code < words.len() {
        words[code] = Status::ALL[code].as_str();
        code += 1;
    }
    words
};

/// The version of this module, which is that of movemeter.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A file or folder that was measured: name, path, SHA-256, number of files.
pub type InputParts = (String, Option<PathBuf>, String, Option<usize>);

/// Everything of the results, as arrays (window, frame), lists and words.
pub fn parts_of<'py>(py: Python<'py>, results: &Results) -> PyResult<Bound<'py, PyDict>> {
    let Results { tracks, provenance, .. } = results;
    let parts = PyDict::new(py);
    add_places(&parts, tracks)?;
    add_measured(&parts, tracks)?;
    parts.set_item("pixel_size_um", tracks.pixel_size_um)?;
    add_provenance(&parts, provenance)?;
    Ok(parts)
}

/// Frames and windows.
pub fn add_places(parts: &Bound<'_, PyDict>, tracks: &Tracks) -> PyResult<()> {
    let py = parts.py();
    let numbers = tracks.stamps.iter().map(|stamp| stamp.number as i64);
    parts.set_item("frames", PyArray1::from_iter(py, numbers))?;
    let times = tracks.stamps.iter().map(|stamp| stamp.time_s);
    parts.set_item("times_s", PyArray1::from_iter(py, times))?;
    let groups: Vec<&str> = tracks.tracks.iter().map(|track| &*track.group).collect();
    parts.set_item("groups", groups)?;
    let windows = tracks.tracks.iter().map(|track| track.window as i64);
    parts.set_item("windows", PyArray1::from_iter(py, windows))?;
    let sides = tracks.tracks.iter().flat_map(|track| {
        let Rect { x, y, width, height } = track.rect;
        [x as i64, y as i64, width as i64, height as i64]
    });
    parts.set_item("rois", PyArray1::from_iter(py, sides).reshape([tracks.n_windows(), 4])?)
}

/// What was measured of each window in each frame.
pub fn add_measured(parts: &Bound<'_, PyDict>, tracks: &Tracks) -> PyResult<()> {
    add_samples(parts, tracks)?;
    add_deformations(parts, tracks)?;
    match &tracks.brightness {
        Some(brightness) => add_brightness(parts, brightness, tracks.n_frames()),
        None => Ok(()),
    }
}

fn add_samples(parts: &Bound<'_, PyDict>, tracks: &Tracks) -> PyResult<()> {
    add(parts, "dx", tracks, |sample| sample.displacement.dx)?;
    add(parts, "dy", tracks, |sample| sample.displacement.dy)?;
    add(parts, "var_x", tracks, |sample| sample.covariance.xx)?;
    add(parts, "cov_xy", tracks, |sample| sample.covariance.xy)?;
    add(parts, "var_y", tracks, |sample| sample.covariance.yy)?;
    add(parts, "score", tracks, |sample| sample.score)?;
    add(parts, "status", tracks, |sample| sample.status as u8)
}

fn add<T: Element>(
    parts: &Bound<'_, PyDict>,
    name: &str,
    tracks: &Tracks,
    value: impl Fn(&Sample) -> T,
) -> PyResult<()> {
    let values = tracks.tracks.iter().flat_map(|track| &track.samples).map(value);
    add_2d(parts, name, values.collect(), [tracks.n_windows(), tracks.n_frames()])
}

fn add_2d<T: Element>(
    parts: &Bound<'_, PyDict>,
    name: &str,
    values: Vec<T>,
    shape: [usize; 2],
) -> PyResult<()> {
    parts.set_item(name, PyArray1::from_vec(parts.py(), values).reshape(shape)?)
}

fn add_deformations(parts: &Bound<'_, PyDict>, tracks: &Tracks) -> PyResult<()> {
    let add = |name: &str, value: fn(&Deformation) -> f64| {
        let values = tracks.tracks.iter().flat_map(|track| &track.deformations).map(value);
        add_2d(parts, name, values.collect(), [tracks.n_windows(), tracks.n_frames()])
    };
    if Deforming::Turning <= tracks.deforming {
        add("angle_rad", |of| of.angle_rad)?;
        add("sd_angle_rad", |of| f64::from(of.sd_angle_rad))?;
    }
    if Deforming::Straining <= tracks.deforming {
        add("exx", |of| f64::from(of.exx))?;
        add("exy", |of| f64::from(of.exy))?;
        add("eyy", |of| f64::from(of.eyy))?;
    }
    Ok(())
}

fn add_brightness(
    parts: &Bound<'_, PyDict>,
    brightness: &Brightness,
    n_frames: usize,
) -> PyResult<()> {
    parts.set_item("brightness_mode", brightness.mode.as_str())?;
    let shape = [brightness.windows.len(), n_frames];
    let means = (0..shape[0]).flat_map(|window| brightness.means(window));
    add_2d(parts, "brightness", means.collect(), shape)?;
    let levels = || brightness.windows.iter().flatten();
    add_2d(parts, "brightness_mean", levels().map(|of| of.mean).collect(), shape)?;
    add_2d(parts, "brightness_min", levels().map(|of| of.min).collect(), shape)?;
    add_2d(parts, "brightness_max", levels().map(|of| of.max).collect(), shape)?;
    add_2d(parts, "brightness_sd", levels().map(|of| of.sd).collect(), shape)
}

/// Where it came from.
pub fn add_provenance(parts: &Bound<'_, PyDict>, provenance: &Provenance) -> PyResult<()> {
    let Provenance { version, recipe_json, opened, inputs, doubts, incomplete } = provenance;
    parts.set_item("version", version.as_deref().unwrap_or(VERSION))?;
    parts.set_item("recipe", recipe_json)?;
    parts.set_item("opened", (opened.channel, opened.z))?;
    parts.set_item("inputs", inputs.iter().map(input_parts).collect::<Vec<_>>())?;
    parts.set_item("doubts", doubts)?;
    parts.set_item("incomplete", incomplete)
}

/// An input as Python has it.
pub fn input_parts(HashedInput { name, path, sha256, n_files }: &HashedInput) -> InputParts {
    (name.clone(), path.clone(), sha256.clone(), *n_files)
}

/// Makes results of what [`parts_of`] gave, or of parts of it that were cut or joined.
pub fn results_of(parts: &Bound<'_, PyDict>) -> PyResult<Results> {
    let parts = Parts { parts };
    let provenance = parts.provenance()?;
    let recipe = serde_json::from_str(&provenance.recipe_json).unwrap_or_default();
    Ok(Results { tracks: parts.tracks()?, recipe, provenance })
}

/// Arrays by name.
struct Parts<'a, 'py> {
    parts: &'a Bound<'py, PyDict>,
}

impl<'py> Parts<'_, 'py> {
    fn value(&self, name: &str) -> PyResult<Bound<'py, PyAny>> {
        aligned(&self.parts.as_any().get_item(name)?)
    }

    fn get<T>(&self, name: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py, Error: Into<PyErr>>,
    {
        self.value(name)?.extract().map_err(Into::into)
    }

    fn tracks(&self) -> PyResult<Tracks> {
        let stamps = self.stamps()?;
        let mut tracks = self.windows()?;
        let names = ["dx", "dy"];
        let [dx, dy] = self.arrays::<f64, 2>(names)?;
        let [xx, xy, yy, score] = self.arrays::<f32, 4>(["var_x", "cov_xy", "var_y", "score"])?;
        let [status] = self.arrays::<u8, 1>(["status"])?;
        for (window, track) in tracks.iter_mut().enumerate() {
            let sample = |frame: usize| {
                let at = [window, frame];
                let number = |of: &PyReadonlyArray2<'_, f32>| of.as_array()[at];
                Sample {
                    displacement: Displacement::new(dx.as_array()[at], dy.as_array()[at]),
                    covariance: Covariance { xx: number(&xx), xy: number(&xy), yy: number(&yy) },
                    score: number(&score),
                    status: Status::ALL[usize::from(status.as_array()[at]).min(7)],
                }
            };
            track.samples = (0..stamps.len()).map(sample).collect();
        }
        let deforming = self.deformations(&mut tracks, stamps.len())?;
        let brightness = self.brightness(stamps.len())?;
        let pixel_size_um = self.get("pixel_size_um")?;
        Ok(Tracks { stamps, tracks, brightness, pixel_size_um, deforming })
    }

    fn arrays<T: Element, const N: usize>(
        &self,
        names: [&str; N],
    ) -> PyResult<[PyReadonlyArray2<'py, T>; N]> {
        let mut arrays = Vec::with_capacity(N);
        for name in names {
            arrays.push(self.value(name)?.cast::<PyArray2<T>>()?.readonly());
        }
        Ok(arrays.try_into().unwrap_or_else(|_| unreachable!("one for each name")))
    }

    fn stamps(&self) -> PyResult<Vec<Stamp>> {
        let numbers: PyReadonlyArray1<'_, i64> = self.get("frames")?;
        let times: PyReadonlyArray1<'_, f64> = self.get("times_s")?;
        let (numbers, times) = (numbers.as_array(), times.as_array());
        let stamp = |(&number, &time_s): (&i64, &f64)| Stamp {
            number: usize::try_from(number).unwrap_or(0),
            time_s,
        };
        Ok(numbers.iter().zip(&times).map(stamp).collect())
    }

    /// All windows, without samples.
    fn windows(&self) -> PyResult<Vec<Track>> {
        let groups: Vec<String> = self.get("groups")?;
        let windows: PyReadonlyArray1<'_, i64> = self.get("windows")?;
        let rois: PyReadonlyArray2<'_, i64> = self.get("rois")?;
        let (windows, rois) = (windows.as_array(), rois.as_array());
        let mut name: Arc<str> = "".into();
        let track = |(index, group): (usize, &String)| {
            if *name != **group {
                name = group.as_str().into();
            }
            let side = |side: usize| rois[[index, side]];
            Track {
                group: name.clone(),
                window: usize::try_from(windows[index]).unwrap_or(0),
                rect: rect_of([side(0), side(1), side(2), side(3)]),
                samples: Vec::new(),
                deformations: Vec::new(),
            }
        };
        Ok(groups.iter().enumerate().map(track).collect())
    }

    fn deformations(&self, tracks: &mut [Track], n_frames: usize) -> PyResult<Deforming> {
        if !self.parts.contains("angle_rad")? {
            return Ok(Deforming::No);
        }
        let [angle, sd] = self.arrays::<f64, 2>(["angle_rad", "sd_angle_rad"])?;
        let is_straining = self.parts.contains("exx")?;
        let strains = match is_straining {
            true => Some(self.arrays::<f64, 3>(["exx", "exy", "eyy"])?),
            false => None,
        };
        for (window, track) in tracks.iter_mut().enumerate() {
            let deformation = |frame: usize| {
                let at = [window, frame];
                let strain = |number: usize| {
                    strains.as_ref().map_or(f32::NAN, |of| of[number].as_array()[at] as f32)
                };
                Deformation {
                    angle_rad: angle.as_array()[at],
                    sd_angle_rad: sd.as_array()[at] as f32,
                    exx: strain(0),
                    exy: strain(1),
                    eyy: strain(2),
                }
            };
            track.deformations = (0..n_frames).map(deformation).collect();
        }
        Ok(if is_straining { Deforming::Straining } else { Deforming::Turning })
    }

    fn brightness(&self, n_frames: usize) -> PyResult<Option<Brightness>> {
        if !self.parts.contains("brightness_mode")? {
            return Ok(None);
        }
        let mode = BrightnessMode::of(&self.get::<String>("brightness_mode")?).unwrap_or_default();
        let [mean, sd] = self.arrays::<f64, 2>(["brightness_mean", "brightness_sd"])?;
        let [min, max] = self.arrays::<f32, 2>(["brightness_min", "brightness_max"])?;
        let levels = |window: usize, frame: usize| {
            let at = [window, frame];
            Levels {
                mean: mean.as_array()[at],
                min: min.as_array()[at],
                max: max.as_array()[at],
                sd: sd.as_array()[at],
            }
        };
        let n_windows = mean.as_array().nrows();
        let of_window = |window| (0..n_frames).map(|frame| levels(window, frame)).collect();
        Ok(Some(Brightness { mode, windows: (0..n_windows).map(of_window).collect() }))
    }

    fn provenance(&self) -> PyResult<Provenance> {
        let (channel, z) = self.get("opened")?;
        let input =
            |(name, path, sha256, n_files): InputParts| HashedInput { name, path, sha256, n_files };
        Ok(Provenance {
            version: self.get("version")?,
            recipe_json: self.get("recipe")?,
            opened: OpenOptions { channel, z, ffmpeg: None },
            inputs: self.get::<Vec<InputParts>>("inputs")?.into_iter().map(input).collect(),
            doubts: self.get("doubts")?,
            incomplete: self.get("incomplete")?,
        })
    }
}
