//! What is known of several files together.

use std::path::PathBuf;

use movemeter::source::{CONTRADICTION, DAMAGE, StackInfo};

use crate::error::Error;
use crate::format::name_of;

/// What is known of files that are read one after the other; the error names the first that differs
/// in size.
///
/// Only what all say is kept: one frame rate, one pixel size, one exposure. Each frame's time is kept where
/// the files' times run on one clock, so that they go on from file to file.
pub(crate) fn joined(parts: &[(PathBuf, StackInfo)], name: String) -> Result<StackInfo, Error> {
    let (first_path, first) = parts.first().ok_or(Error::NoInput)?;
    for (path, info) in parts {
        if info.size != first.size {
            return Err(Error::MixedSizes {
                path: path.clone(),
                found: info.size,
                first_path: first_path.clone(),
                first: first.size,
            });
        }
    }
    let infos = || parts.iter().map(|(_, info)| info);
    Ok(StackInfo {
        name,
        n_frames: infos().map(|info| info.n_frames).sum(),
        pixel_type: pixel_type(first, infos()),
        times_s: times_s(infos()),
        frame_rate_hz: same(infos().map(|info| info.frame_rate_hz)),
        pixel_size_um: same(infos().map(|info| info.pixel_size_um)),
        exposure_s: same(infos().map(|info| info.exposure_s)),
        metadata: metadata(parts),
        ..first.clone()
    })
}

/// What the first file says of itself, and what is doubtful of any.
fn metadata(parts: &[(PathBuf, StackInfo)]) -> Vec<(String, String)> {
    let said = parts.first().map(|(_, first)| first.metadata.clone()).unwrap_or_default();
    let is_doubt = |(name, _): &(String, String)| name == DAMAGE || name == CONTRADICTION;
    let mut metadata: Vec<_> = said.into_iter().filter(|said| !is_doubt(said)).collect();
    for name in [DAMAGE, CONTRADICTION] {
        let of_part = |(path, info): &(PathBuf, StackInfo)| {
            let (_, doubt) = info.doubts().find(|(doubt, _)| doubt == name)?;
            Some(format!("{}: {doubt}", name_of(path)))
        };
        let doubts: Vec<String> = parts.iter().filter_map(of_part).collect();
        let (told, rest) = doubts.split_at(doubts.len().min(MOST_DOUBTS));
        let rest = (!rest.is_empty()).then(|| format!("; and of {} more files", rest.len()));
        if !told.is_empty() {
            metadata.push((name.into(), told.join("; ") + &rest.unwrap_or_default()));
        }
    }
    metadata
}

/// More would not be read.
const MOST_DOUBTS: usize = 3;

/// What all agree on.
fn same(mut values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let first = values.next().flatten()?;
    values.all(|value| value == Some(first)).then_some(first)
}

fn pixel_type<'a>(first: &StackInfo, mut infos: impl Iterator<Item = &'a StackInfo>) -> String {
    match infos.find(|info| info.pixel_type != first.pixel_type) {
        Some(other) => format!("mixed ({} and {})", first.pixel_type, other.pixel_type),
        None => first.pixel_type.clone(),
    }
}

/// The times of all, if every part says its own and none begins before the one before it ends: times that
/// begin anew in every file say nothing of how long it was between them.
fn times_s<'a>(infos: impl Iterator<Item = &'a StackInfo>) -> Option<Vec<f64>> {
    let mut all: Vec<f64> = Vec::new();
    for info in infos {
        let times_s = info.times_s.as_deref()?;
        if all.last().zip(times_s.first()).is_some_and(|(before, next)| next <= before) {
            return None;
        }
        all.extend(times_s);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Size;

    use super::*;

    fn info(times_s: Option<&[f64]>, rate_hz: Option<f64>) -> (PathBuf, StackInfo) {
        let info = StackInfo {
            size: Size::new(4, 3),
            n_frames: 2,
            pixel_type: "uint8".into(),
            times_s: times_s.map(Into::into),
            frame_rate_hz: rate_hz,
            ..StackInfo::default()
        };
        ("f.tif".into(), info)
    }

    fn join(parts: &[(PathBuf, StackInfo)]) -> StackInfo {
        joined(parts, "all".into()).unwrap()
    }

    #[test]
    fn times_on_one_clock_go_on_and_others_are_not_known() {
        let (a, b) = (info(Some(&[0.0, 1.0]), None), info(Some(&[1.5, 2.5]), None));
        assert_eq!(join(&[a.clone(), b.clone()]).times_s, Some(vec![0.0, 1.0, 1.5, 2.5]));
        assert_eq!(join(&[b, a.clone()]).times_s, None);
        assert_eq!(join(&[a, info(None, None)]).times_s, None);
    }

    #[test]
    fn a_frame_rate_is_known_if_all_have_it() {
        let at = |rate_hz| info(None, rate_hz);
        assert_eq!(join(&[at(Some(5.0)), at(Some(5.0))]).frame_rate_hz, Some(5.0));
        assert_eq!(join(&[at(Some(5.0)), at(Some(6.0))]).frame_rate_hz, None);
        assert_eq!(join(&[at(Some(5.0)), at(None)]).frame_rate_hz, None);
    }

    #[test]
    fn what_is_doubtful_of_any_file_is_told_with_its_name() {
        let mut doubtful = info(None, None);
        doubtful.1.metadata = vec![(DAMAGE.into(), "torn".into()), ("lens".into(), "x20".into())];
        let plain = info(None, None);
        let told = join(&[plain.clone(), doubtful.clone()]).metadata;
        assert_eq!(told, [(DAMAGE.into(), "f.tif: torn".into())]);
        let all = vec![doubtful; 5];
        let told = join(&all).metadata;
        assert_eq!(told[0], ("lens".into(), "x20".into()));
        assert!(told[1].1.ends_with("f.tif: torn; and of 2 more files"), "{told:?}");
        assert_eq!(join(&[plain]).metadata, []);
    }

    #[test]
    fn mixed_types_are_not_said_to_be_rounded() {
        let mut other = info(None, None);
        other.1.pixel_type = "float32".into();
        let both = join(&[info(None, None), other]);
        assert_eq!((both.pixel_type.as_str(), both.n_frames), ("mixed (uint8 and float32)", 4));
        assert!(!both.is_rounded());
    }
}
