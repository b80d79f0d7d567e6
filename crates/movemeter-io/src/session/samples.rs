//! What was measured, as arrays, bit by bit.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use movemeter::brightness::{Brightness, BrightnessMode, Levels};
use movemeter::deformation::{Deformation, Deforming};
use movemeter::geometry::{Displacement, Rect};
use movemeter::track::{Covariance, Sample, Stamp, Status, Track, Tracks};
use zip::ZipWriter;

use super::archive::{Archive, add};
use super::array::{self, Number};

/// What must be known of tracks besides their numbers.
pub(super) struct About {
    /// Group, number in it, and rectangle of each window.
    pub windows: Vec<(String, usize, Rect)>,
    pub n_frames: usize,
    pub deforming: Deforming,
    pub brightness: Option<BrightnessMode>,
}

pub(super) fn write<W: Write + Seek>(tracks: &Tracks, zip: &mut ZipWriter<W>) -> io::Result<()> {
    let (n_windows, n_frames) = (tracks.n_windows(), tracks.n_frames());
    let shape = [n_windows, n_frames];
    let scale = [tracks.pixel_size_um.unwrap_or(f64::NAN)];
    let mut add = |name: &str, bytes: Vec<u8>| add(zip, &format!("{name}.npy"), &bytes);
    let stamps = || tracks.stamps.iter();
    add("number", array::written(&[n_frames], stamps().map(|stamp| stamp.number as u64)))?;
    add("time_s", array::written(&[n_frames], stamps().map(|stamp| stamp.time_s)))?;
    add("pixel_size_um", array::written(&[1], scale.into_iter()))?;
    let samples = || tracks.tracks.iter().flat_map(|track| &track.samples);
    add("dx_px", array::written(&shape, samples().map(|one| one.displacement.dx)))?;
    add("dy_px", array::written(&shape, samples().map(|one| one.displacement.dy)))?;
    let covariances = samples().flat_map(|one| {
        let Covariance { xx, xy, yy } = one.covariance;
        [xx, xy, yy]
    });
    add("covariance_px2", array::written(&[n_windows, n_frames, 3], covariances))?;
    add("score", array::written(&shape, samples().map(|one| one.score)))?;
    add("status", array::written(&shape, samples().map(|one| one.status as u8)))?;
    if tracks.deforming != Deforming::No {
        let of = || tracks.tracks.iter().flat_map(|track| &track.deformations);
        add("angle_rad", array::written(&shape, of().map(|one| one.angle_rad)))?;
        add("sd_angle_rad", array::written(&shape, of().map(|one| one.sd_angle_rad)))?;
        let strains = of().flat_map(|one| [one.exx, one.exy, one.eyy]);
        add("strain", array::written(&[n_windows, n_frames, 3], strains))?;
    }
    if let Some(brightness) = &tracks.brightness {
        let of = || brightness.windows.iter().flatten();
        add("brightness_mean", array::written(&shape, of().map(|one| one.mean)))?;
        add("brightness_min", array::written(&shape, of().map(|one| one.min)))?;
        add("brightness_max", array::written(&shape, of().map(|one| one.max)))?;
        add("brightness_sd", array::written(&shape, of().map(|one| one.sd)))?;
    }
    Ok(())
}

pub(super) fn read(archive: &mut Archive, about: About) -> Result<Tracks, String> {
    let (n_windows, n_frames) = (about.windows.len(), about.n_frames);
    let mut arrays = Arrays { archive, shape: [n_windows, n_frames] };
    let (numbers, times) =
        (arrays.of::<u64>("number", &[n_frames])?, arrays.of("time_s", &[n_frames])?);
    let stamp = |(number, time_s): (u64, f64)| Stamp { number: number as usize, time_s };
    let stamps = numbers.into_iter().zip(times).map(stamp).collect();
    let pixel_size_um = arrays.of::<f64>("pixel_size_um", &[1])?[0];
    let samples = arrays.samples()?;
    let deformations = match about.deforming {
        Deforming::No => Vec::new(),
        Deforming::Turning | Deforming::Straining => arrays.deformations()?,
    };
    let brightness = match about.brightness {
        Some(mode) => {
            Some(Brightness { mode, windows: in_windows(&arrays.levels()?, n_windows, n_frames) })
        }
        None => None,
    };
    let samples = in_windows(&samples, n_windows, n_frames);
    let mut deformations = in_windows(&deformations, n_windows, n_frames).into_iter();
    let mut groups: Vec<Arc<str>> = Vec::new();
    let windows = about.windows.into_iter().zip(samples);
    let track = |((group, window, rect), samples): ((String, usize, Rect), Vec<Sample>)| Track {
        group: shared(&mut groups, &group),
        window,
        rect,
        samples,
        deformations: deformations.next().unwrap_or_default(),
    };
    Ok(Tracks {
        tracks: windows.map(track).collect(),
        stamps,
        brightness,
        pixel_size_um: (!pixel_size_um.is_nan()).then_some(pixel_size_um),
        deforming: about.deforming,
    })
}

/// One name for all windows of a group.
pub(super) fn shared(groups: &mut Vec<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(known) = groups.iter().find(|known| &***known == name) {
        return Arc::clone(known);
    }
    groups.push(name.into());
    groups[groups.len() - 1].clone()
}

/// The values of each window; none for each if there are none at all.
fn in_windows<T: Copy>(values: &[T], n_windows: usize, n_frames: usize) -> Vec<Vec<T>> {
    if values.is_empty() {
        return vec![Vec::new(); n_windows];
    }
    values.chunks(n_frames).map(<[T]>::to_vec).collect()
}

struct Arrays<'a> {
    archive: &'a mut Archive,
    shape: [usize; 2],
}

impl Arrays<'_> {
    fn of<N: Number>(&mut self, name: &str, shape: &[usize]) -> Result<Vec<N>, String> {
        let name = format!("{name}.npy");
        let bytes = self.archive.read(&name)?.ok_or_else(|| format!("{name} is missing"))?;
        array::read(&bytes, shape).map_err(|cause| format!("{name}: {cause}"))
    }

    fn each<N: Number>(&mut self, name: &str) -> Result<Vec<N>, String> {
        self.of(name, &{ self.shape })
    }

    fn triples(&mut self, name: &str) -> Result<Vec<f32>, String> {
        let [n_windows, n_frames] = self.shape;
        self.of(name, &[n_windows, n_frames, 3])
    }

    fn samples(&mut self) -> Result<Vec<Sample>, String> {
        let (dx, dy) = (self.each("dx_px")?, self.each("dy_px")?);
        let covariances: Vec<f32> = self.triples("covariance_px2")?;
        let (scores, statuses) = (self.each("score")?, self.each::<u8>("status")?);
        let status = |&code: &u8| {
            let known = Status::ALL.into_iter().find(|status| *status as u8 == code);
            known.ok_or_else(|| format!("status.npy: there is no status {code}"))
        };
        let statuses = statuses.iter().map(status).collect::<Result<Vec<_>, _>>()?;
        let sample = |k: usize| Sample {
            displacement: Displacement::new(dx[k], dy[k]),
            covariance: Covariance {
                xx: covariances[3 * k],
                xy: covariances[3 * k + 1],
                yy: covariances[3 * k + 2],
            },
            score: scores[k],
            status: statuses[k],
        };
        Ok((0..statuses.len()).map(sample).collect())
    }

    fn deformations(&mut self) -> Result<Vec<Deformation>, String> {
        let (angles, sds) = (self.each("angle_rad")?, self.each("sd_angle_rad")?);
        let strains = self.triples("strain")?;
        let deformation = |k: usize| Deformation {
            angle_rad: angles[k],
            sd_angle_rad: sds[k],
            exx: strains[3 * k],
            exy: strains[3 * k + 1],
            eyy: strains[3 * k + 2],
        };
        Ok((0..angles.len()).map(deformation).collect())
    }

    fn levels(&mut self) -> Result<Vec<Levels>, String> {
        let (means, sds) = (self.each("brightness_mean")?, self.each("brightness_sd")?);
        let (mins, maxs) = (self.each("brightness_min")?, self.each("brightness_max")?);
        let levels = |k: usize| Levels { mean: means[k], min: mins[k], max: maxs[k], sd: sds[k] };
        Ok((0..means.len()).map(levels).collect())
    }
}
