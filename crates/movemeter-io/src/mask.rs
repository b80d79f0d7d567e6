//! Masks from image files.

use std::path::Path;

use movemeter::frame::Frame;
use movemeter::mask::Mask;

use crate::error::Error;
use crate::options::OpenOptions;
use crate::series::{Input, Recording, open_all};

/// Reads a mask: pixels that are black (0) in the image are not used, all others are.
///
/// Any format that [`open`](crate::open) reads, with one frame. Not a number (NaN) is not used either. JPEG
/// makes black nearly black, which is used. With the mask comes which file it was read from.
pub fn read_mask(path: impl AsRef<Path>) -> Result<(Mask, Input), Error> {
    let path = path.as_ref();
    let Recording { mut source, mut inputs, .. } =
        open_all(&[path.into()], &OpenOptions::default())?;
    let n_frames = source.info().n_frames;
    if n_frames != 1 {
        return Err(Error::NotOneImage { n_frames, path: path.into() });
    }
    let mut image = Frame::default();
    source.read(0, &mut image).map_err(|source| Error::Source { frame: 0, source })?;
    Ok((Mask::new(path.display().to_string(), &image), inputs.remove(0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
mod tests {
    use super::*;

    fn npy(shape: &str, pixels: &[u8]) -> Vec<u8> {
        let header = format!(
            "{:117}\n",
            format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}")
        );
        [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), pixels].concat()
    }

    #[test]
    fn black_is_not_used_and_everything_brighter_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.npy");
        std::fs::write(&path, npy("(1, 2, 2)", &[0, 1, 255, 0])).unwrap();
        let (mask, input) = read_mask(&path).unwrap();
        let counts = mask.counts().unwrap();
        assert_eq!((counts.row(0), counts.row(1)), (&[false, true][..], &[true, false][..]));
        assert_eq!((mask.name(), input.files), (path.to_str().unwrap(), vec![path.clone()]));
    }

    #[test]
    fn a_mask_of_several_images_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.npy");
        std::fs::write(&path, npy("(2, 1, 1)", &[0, 1])).unwrap();
        let said = read_mask(&path).unwrap_err().to_string();
        assert!(said.starts_with("a mask is one image, but this has 2; "), "{said}");
    }
}
