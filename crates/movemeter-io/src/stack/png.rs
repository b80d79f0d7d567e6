//! A series of PNG images, one for each frame.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use movemeter::geometry::Size;
use movemeter::source::FrameSource;
use tempfile::TempDir;

use super::pixels::for_each_frame;
use super::{BitDepth, unwritable};
use crate::error::Error;
use crate::output::{OutputFile, folder_of};

/// Writes all images into a hidden folder beside, and puts them in place when they are complete.
pub(super) fn write(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: &Path,
) -> Result<(), Error> {
    let names = Names::new(path, bits, source.info().n_frames)?;
    let size = source.info().size;
    let place = Placing::new(&names, path)?;
    for_each_frame(source, bits, |index, bytes| {
        write_image(&place.hidden(index), size, bits, bytes)
            .map_err(|cause| unwritable(&names.path(index), cause))
    })?;
    place.finish()
}

/// Writes each file of a series with `write`, given its number and its place, in the same way.
pub(crate) fn write_series(
    names: &Names,
    path: &Path,
    mut write: impl FnMut(usize, &Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let place = Placing::new(names, path)?;
    for index in 0..names.n_frames {
        write(index, &place.hidden(index))?;
    }
    place.finish()
}

/// A hidden folder for a series that is not complete.
struct Placing<'a> {
    names: &'a Names,
    hidden: TempDir,
}

impl<'a> Placing<'a> {
    fn new(names: &'a Names, path: &Path) -> Result<Self, Error> {
        let hidden = tempfile::Builder::new().prefix(".movemeter-").tempdir_in(&names.folder);
        let hidden = hidden.map_err(|error| Error::unwritable(path, &error))?;
        Ok(Self { names, hidden })
    }

    /// Where an image is until all are complete.
    fn hidden(&self, index: usize) -> PathBuf {
        self.hidden.path().join(self.names.name(index))
    }

    fn finish(self) -> Result<(), Error> {
        for index in 0..self.names.n_frames {
            let place = self.names.path(index);
            fs::rename(self.hidden(index), &place)
                .map_err(|error| Error::unwritable(&place, &error))?;
        }
        Ok(())
    }
}

fn write_image(path: &Path, size: Size, bits: BitDepth, bytes: &[u8]) -> Result<(), String> {
    let plain = |error: std::io::Error| crate::error::plain(&error);
    let file = fs::File::create_new(path).map_err(plain)?;
    let mut writer = BufWriter::new(file);
    let large =
        |length: usize| u32::try_from(length).map_err(|_| format!("{size} px are too many"));
    let (width, height) = (large(size.width)?, large(size.height)?);
    let encoder = PngEncoder::new(&mut writer);
    let ended = match bits {
        BitDepth::Eight => encoder.write_image(bytes, width, height, ExtendedColorType::L8),
        BitDepth::Sixteen | BitDepth::Float32 => {
            let native: Vec<u8> =
                bytes.as_chunks().0.iter().flat_map(|&bytes| native(bytes)).collect();
            encoder.write_image(&native, width, height, ExtendedColorType::L16)
        }
    };
    ended.map_err(|error| error.to_string())?;
    writer.flush().map_err(plain)
}

/// The encoder takes numbers as this machine holds them.
fn native(bytes: [u8; 2]) -> [u8; 2] {
    u16::from_le_bytes(bytes).to_ne_bytes()
}

/// The names of a series: each number between the same words.
pub(crate) struct Names {
    folder: PathBuf,
    before: String,
    n_digits: usize,
    after: String,
    n_frames: usize,
}

impl Names {
    /// The names that a pattern stands for; the error says why they could not be written.
    pub(crate) fn new(path: &Path, bits: BitDepth, n_frames: usize) -> Result<Self, Error> {
        let refused = |cause: String| Error::Unfit { path: path.into(), cause };
        if bits == BitDepth::Float32 {
            return Err(refused(
                "PNG holds whole numbers of 8 or 16 bits; ask for 16 bits (--bits 16), or write \
                 TIFF or npy"
                    .into(),
            ));
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| refused("this is no file name".into()))?;
        let (before, rest) = name.split_at(name.find('#').unwrap_or(name.len()));
        let after = rest.trim_start_matches('#');
        if after.contains('#') {
            return Err(refused("the frame's number has one place, one run of #".into()));
        }
        let n_digits = rest.len() - after.len();
        if n_digits == 0 && 1 < n_frames {
            return Err(refused(format!(
                "a PNG holds one image, but there are {n_frames} frames; say with # where their \
                 numbers go, as in frame_####.png"
            )));
        }
        let (folder, before, after) = (folder_of(path), before.into(), after.into());
        let names = Self { folder, before, n_digits, after, n_frames };
        names.check_places(path)?;
        Ok(names)
    }

    /// All files, in their order.
    pub(super) fn all(self) -> impl Iterator<Item = PathBuf> {
        (0..self.n_frames).map(move |index| self.path(index))
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(self.name(index))
    }

    fn name(&self, index: usize) -> String {
        let Self { before, n_digits, after, .. } = self;
        match n_digits {
            0 => before.clone(),
            _ => format!("{before}{index:0n_digits$}{after}"),
        }
    }

    /// Images of an older, longer series would be taken for frames of this one.
    fn check_places(&self, path: &Path) -> Result<(), Error> {
        drop(OutputFile::create(self.path(0))?);
        for index in 1..self.n_frames {
            crate::output::check_replaceable(&self.path(index))?;
        }
        let failed = |error: std::io::Error| Error::unwritable(path, &error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if name.to_str().is_some_and(|name| self.is_left_over(name)) {
                return Err(Error::Unfit {
                    path: path.into(),
                    cause: format!(
                        "{} would be taken for a frame of it; delete what is left of the older \
                         series, or choose another name",
                        name.display()
                    ),
                });
            }
        }
        Ok(())
    }

    /// Whether this is the name of an image of such a series, but not of one that will be replaced.
    fn is_left_over(&self, name: &str) -> bool {
        let number =
            name.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
        let is_number =
            |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = number.filter(is_number).filter(|_| self.n_digits != 0) else {
            return false;
        };
        let index = number.parse().unwrap_or(usize::MAX);
        self.n_frames <= index || self.name(index) != name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path, bits: BitDepth, n_frames: usize) -> String {
        let message = Names::new(path, bits, n_frames).err().unwrap().to_string();
        message.split(" (").next().unwrap().into()
    }

    #[test]
    fn a_run_of_signs_is_the_number() {
        let folder = tempfile::tempdir().unwrap();
        let names = |name: &str, n_frames| {
            let names = Names::new(&folder.path().join(name), BitDepth::Eight, n_frames).unwrap();
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            names.all().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names("f_###_x.png", 2), ["f_000_x.png", "f_001_x.png"]);
        assert_eq!(names("#.png", 11)[9..], ["9.png", "10.png"]);
        assert_eq!(names("one.png", 1), ["one.png"]);
    }

    #[test]
    fn a_series_that_could_not_be_told_apart_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f##.png");
        assert!(refusal(&path, BitDepth::Float32, 1).contains("8 or 16 bits"));
        let two = folder.path().join("f#_#.png");
        assert!(refusal(&two, BitDepth::Eight, 1).contains("one run of #"));
        let none = folder.path().join("f.png");
        assert!(refusal(&none, BitDepth::Eight, 2).contains("there are 2 frames"));
        for (name, is_left_over) in
            [("f00.png", false), ("f1.png", true), ("f02.png", true), ("fx.png", false)]
        {
            fs::write(folder.path().join(name), "").unwrap();
            let refused = Names::new(&path, BitDepth::Eight, 2).is_err();
            assert_eq!(refused, is_left_over, "{name}");
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}
