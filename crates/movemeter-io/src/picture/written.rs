//! Many pictures as a film, a stack or a series of files.

use std::io::Write;
use std::path::{Path, PathBuf};

use tiff::encoder::colortype::RGB8;
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, TiffEncoder, TiffKind};

use super::png::png;
use crate::error::Error;
use crate::film::{FilmOptions, write_colors};
use crate::output::OutputFile;
use crate::pixels::{Pictures, Pixels};
use crate::stack::png::{Names, write_series};
use crate::stack::{BitDepth, StackFormat};

/// Writes all pictures in the format that the ending names: `.mp4` (ffmpeg makes it), `.tif` in colour, or `.png` with
/// `#` for each digit of a number. What is written appears when all of it is complete, not before.
pub fn write_pictures(
    pictures: &mut dyn Pictures,
    path: impl AsRef<Path>,
    options: &FilmOptions,
) -> Result<(), Error> {
    let path = path.as_ref();
    match StackFormat::of(path)? {
        StackFormat::Mp4 => write_colors(pictures, path, options),
        StackFormat::Tiff => write_tiff(pictures, path),
        StackFormat::Png => {
            let names = Names::new(path, BitDepth::Eight, pictures.count())?;
            write_series(&names, path, |index, place| {
                let bytes = png(&pictures.draw(index)?);
                std::fs::write(place, bytes).map_err(|error| Error::unwritable(path, &error))
            })
        }
        StackFormat::Npy => Err(Error::Unfit {
            path: path.into(),
            cause: "an array holds no pictures; write .mp4, .tif, or .png with # for the number"
                .into(),
        }),
    }
}

/// The files that [`write_pictures`] would write; the error says why they could not be.
pub fn picture_files(path: &Path, count: usize) -> Result<Vec<PathBuf>, Error> {
    crate::stack::stack_files(path, BitDepth::Eight, count)
}

/// Larger stacks need the kind of TIFF that can point beyond 4 GiB.
const LARGEST_CLASSIC_BYTES: u64 = 1 << 32;

fn write_tiff(pictures: &mut dyn Pictures, path: &Path) -> Result<(), Error> {
    let mut output = OutputFile::create(path)?;
    let failed =
        |cause: tiff::TiffError| Error::Unwritable { path: path.into(), cause: cause.to_string() };
    let bytes = 3 * pictures.size().area() as u64 * pictures.count() as u64;
    if bytes < LARGEST_CLASSIC_BYTES {
        write_pages(TiffEncoder::new(&mut output).map_err(failed)?, pictures, failed)?;
    } else {
        write_pages(TiffEncoder::new_big(&mut output).map_err(failed)?, pictures, failed)?;
    }
    output.flush().map_err(|error| Error::unwritable(path, &error))?;
    output.finish()
}

fn write_pages<K: TiffKind>(
    encoder: TiffEncoder<&mut OutputFile, K>,
    pictures: &mut dyn Pictures,
    failed: impl Fn(tiff::TiffError) -> Error,
) -> Result<(), Error> {
    let mut encoder = encoder.with_compression(Compression::Deflate(DeflateLevel::Fast));
    for index in 0..pictures.count() {
        let Pixels { size, rgb } = pictures.draw(index)?;
        let side = |length: usize| u32::try_from(length).expect("it is in memory");
        encoder.write_image::<RGB8>(side(size.width), side(size.height), &rgb).map_err(&failed)?;
    }
    Ok(())
}
