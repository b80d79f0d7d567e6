//! Zarr: arrays in folders, cut into chunks that are files of their own; versions 2 and 3, and OME-Zarr over them.
//!
//! Specifications: <https://zarr-specs.readthedocs.io>. Read here and not by a crate: those there are bring a hundred
//! others along and believe compressed chunks to be as long as they like.

mod bounded;
mod blosc;
mod squeezed;
mod chain;
mod array;
mod node;
mod multiscales;
mod chunks;
mod about;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use self::array::{Array, bytes_of};
use self::chunks::Chunks;
use self::multiscales::{Axis, Image};
use self::node::{ChunkFile, Content, Node, chunk_files};
use super::npy::shown;
use super::{Cause, Opened};
use crate::error::Error;
use crate::options::OpenOptions;

pub(crate) use self::node::is_zarr;

pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Cause> {
    let Found { folder, image, array, attributes, mut files } = find(path)?;
    if image.axes.len() != array.shape.len() {
        return Err(format!(
            "its axes are {}, but its shape is {}",
            image.axes.len(),
            shown(&array.shape)
        ));
    }
    let view = View::new(&image, &array.shape, options)?;
    let there = chunk_files(&folder, &array)?;
    check_backed(&array, &view, &there)?;
    let numbers: HashSet<u64> = there.iter().map(|file| file.number).collect();
    let info = about::info(path, &image, &array, &view, &attributes, &numbers);
    files.extend(there.into_iter().map(|file| file.path));
    let strides = array.chunk_chain().strides(array.chunk_shape());
    let chunks = Chunks::new(folder, array, numbers);
    let source =
        Zarr { path: path.into(), info, view, strides, chunks, row: None, bytes: Vec::new() };
    Ok(Opened { source: Box::new(source), files })
}

/// An array that holds frames, and what is said of it.
struct Found {
    /// Of the array.
    folder: PathBuf,
    image: Image,
    array: Array,
    attributes: serde_json::Value,
    files: Vec<PathBuf>,
}

/// Finds the array: the folder itself, or the finest level of the image it is.
fn find(path: &Path) -> Result<Found, Cause> {
    let Node { content, attributes, mut files } = Node::read(path)?;
    if let Content::Array(array) = content {
        let image = Image::plain(&array.shape)?;
        return Ok(Found { folder: path.into(), image, array: *array, attributes, files });
    }
    let Some(image) = Image::of(&attributes)? else {
        return match node::parts(path).as_slice() {
            // The one image of a file that could have had several.
            [only] if attributes.get("bioformats2raw.layout").is_some() => {
                let mut found = find(&path.join(only))?;
                found.files.splice(0..0, files);
                Ok(found)
            }
            [] => Err("it is a group without an image".into()),
            parts => Err(format!(
                "it is a group without an image of its own; open one of the folders in it: {}",
                parts.join(", ")
            )),
        };
    };
    let folder = path.join(&image.level);
    let level = Node::read(&folder)?;
    let Content::Array(array) = level.content else {
        return Err(format!("its first dataset, {}, is not an array", image.level));
    };
    files.extend(level.files);
    Ok(Found { folder, image, array: *array, attributes, files })
}

/// Which numbers of an array are frames.
struct View {
    /// The axis along which frames follow one another.
    frames: Option<usize>,
    row: usize,
    column: usize,
    /// The index along every axis that is none of these.
    fixed: Vec<u64>,
    n_frames: usize,
    size: Size,
    /// Whether planes of a volume are the frames.
    are_slices: bool,
}

impl View {
    fn new(image: &Image, shape: &[u64], options: &OpenOptions) -> Result<Self, Cause> {
        let length = |axis| image.place(axis).map_or(1, |place| shape[place]);
        let are_slices = length(Axis::Time) == 1 && 1 < length(Axis::Depth) && options.z.is_none();
        let chosen = [(Axis::Channel, "channel", options.channel), (Axis::Depth, "z", options.z)];
        let mut fixed = vec![0; shape.len()];
        for (axis, name, chosen) in chosen {
            let (index, length) = (chosen.unwrap_or(0) as u64, length(axis));
            if length <= index {
                return Err(format!(
                    "there is no {name} {index}: it has {length}, counted from 0; choose with --{name}"
                ));
            }
            if let Some(place) = image.place(axis) {
                fixed[place] = index;
            }
        }
        let frames = image.place(if are_slices { Axis::Depth } else { Axis::Time });
        let place = |axis| image.place(axis).expect("every image has rows and columns");
        let whole =
            |n: u64| usize::try_from(n).map_err(|_| format!("a dimension of {n} is too large"));
        let size = Size::new(whole(length(Axis::Column))?, whole(length(Axis::Row))?);
        Ok(Self {
            frames,
            row: place(Axis::Row),
            column: place(Axis::Column),
            fixed,
            n_frames: whole(frames.map_or(1, |place| shape[place]))?,
            size,
            are_slices,
        })
    }

    /// The shape of what is read of the array, as the lengths of frames, rows and columns.
    fn lengths(&self) -> [u64; 3] {
        [self.n_frames, self.size.height, self.size.width].map(|length| length as u64)
    }
}

/// Shapes may claim anything; what is not there is filled. Believed are this much, and what the chunks that are there
/// could hold.
const BELIEVED_BYTES: u64 = 32 << 20;
/// Nothing that is read here makes bytes fewer by more than this (Zstandard).
const LARGEST_RATIO: u64 = 32_768;

fn check_backed(array: &Array, view: &View, there: &[ChunkFile]) -> Result<(), Cause> {
    let claimed = bytes_of(&view.lengths(), array.numbers);
    let mut believed = BELIEVED_BYTES;
    for file in there {
        // Looking at one file of many is mostly enough.
        if claimed.is_some_and(|claimed| claimed <= believed) {
            break;
        }
        let length = std::fs::metadata(&file.path).map_or(0, |about| about.len());
        believed = believed.saturating_add(length.saturating_mul(LARGEST_RATIO));
    }
    match claimed {
        Some(claimed) if claimed <= believed => Ok(()),
        _ => Err(format!(
            "its shape is {}, which the {} chunks that are there cannot hold",
            shown(&array.shape),
            there.len()
        )),
    }
}

struct Zarr {
    path: PathBuf,
    info: StackInfo,
    view: View,
    /// How many numbers it is from one index to the next along each axis of a chunk.
    strides: Vec<usize>,
    chunks: Chunks,
    /// Where along the axis of frames the kept chunks are.
    row: Option<u64>,
    /// Numbers of a row that do not lie side by side.
    bytes: Vec<u8>,
}

impl FrameSource for Zarr {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        let path = self.path.clone();
        self.fill(index, frame).map_err(|cause| Error::Frame { frame: index, path, cause }.into())
    }
}

impl Zarr {
    fn fill(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        frame.reset(self.view.size);
        let shape = self.chunks.array.chunk_shape().to_vec();
        let mut at = self.view.fixed.clone();
        // A chunk of several frames is decoded once for all of them.
        let mut keep = false;
        if let Some(frames) = self.view.frames {
            at[frames] = index as u64;
            keep = shape[frames] != 1;
            let row = at[frames] / shape[frames];
            if self.row.replace(row) != Some(row) {
                self.chunks.forget();
            }
        }
        let (row, column) = (self.view.row, self.view.column);
        let Size { width, height } = self.view.size;
        for y in (0..height as u64).step_by(step(shape[row])) {
            for x in (0..width as u64).step_by(step(shape[column])) {
                (at[row], at[column]) = (y, x);
                let place: Vec<u64> =
                    at.iter().zip(&shape).map(|(at, length)| at / length).collect();
                let start = at.iter().zip(&shape).zip(&self.strides);
                let start =
                    start.map(|((at, length), stride)| (at % length) as usize * stride).sum();
                let part = Part {
                    rows: y as usize..height.min((y + shape[row]) as usize),
                    columns: x as usize..width.min((x + shape[column]) as usize),
                    start,
                };
                self.fill_part(&place, keep, &part, frame)?;
            }
        }
        Ok(())
    }

    /// Fills the pixels that are in one chunk.
    fn fill_part(
        &mut self,
        place: &[u64],
        keep: bool,
        part: &Part,
        frame: &mut Frame,
    ) -> Result<(), Cause> {
        let (numbers, fill) = (self.chunks.array.numbers, self.chunks.array.fill);
        let n_bytes = numbers.kind.n_bytes();
        let (down, across) = (self.strides[self.view.row], self.strides[self.view.column]);
        let chunk = self.chunks.chunk(place, keep)?;
        for (y, row) in part.rows.clone().enumerate() {
            let pixels = &mut frame.row_mut(row)[part.columns.clone()];
            let Some(chunk) = chunk else {
                pixels.fill(fill);
                continue;
            };
            let from = &chunk[(part.start + y * down) * n_bytes..];
            if across == 1 {
                numbers.decode(from, pixels);
                continue;
            }
            self.bytes.clear();
            for number in from.chunks_exact(n_bytes).step_by(across).take(pixels.len()) {
                self.bytes.extend(number);
            }
            numbers.decode(&self.bytes, pixels);
        }
        Ok(())
    }
}

/// The pixels of a frame that are in one chunk.
struct Part {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    /// The first one's number within the chunk.
    start: usize,
}

/// A chunk may be longer than any frame.
fn step(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
