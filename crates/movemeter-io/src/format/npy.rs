//! numpy's `.npy` files: arrays (frame, row, column), or (row, column) for a single frame.
//!
//! The header is read here: it is one line of text, and the crates for it stop the program at
//! shapes whose product overflows. Files in C order are read frame by frame; in Fortran order the
//! frames lie interleaved, so the first read takes in the whole array.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::raw::{Kind, Numbers, RawFrames};
use super::{Cause, name_of, plain_io};
use crate::error::Error;

pub(super) fn open(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    let mut file = File::open(path).map_err(|error| plain_io(&error))?;
    let header = Header::read(&mut file)?;
    let (n_frames, size) = frames_of(&header.shape)?;
    let n_bytes = file.metadata().map_err(|error| plain_io(&error))?.len();
    header.check_backed(n_bytes)?;
    let info = StackInfo {
        name: name_of(path),
        size,
        n_frames,
        pixel_type: header.numbers.kind.name().into(),
        ..StackInfo::default()
    };
    let frames = RawFrames::new(file, header.n_bytes, size, header.numbers);
    let order = if header.is_fortran { Order::Fortran(Vec::new()) } else { Order::C };
    Ok(Box::new(Npy { path: path.into(), info, frames, order }))
}

struct Npy {
    path: PathBuf,
    info: StackInfo,
    frames: RawFrames,
    order: Order,
}

/// How the numbers lie in the file.
enum Order {
    C,
    /// With the whole array, once it was needed.
    Fortran(Vec<f32>),
}

impl FrameSource for Npy {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let (path, n_frames) = (&self.path, self.info.n_frames);
        Error::check_frame(index, n_frames, path)?;
        let read = match &mut self.order {
            Order::C => self.frames.read(index, frame),
            Order::Fortran(array) => read_fortran(array, &mut self.frames, n_frames, index, frame),
        };
        read.map_err(|cause| Error::Frame { frame: index, path: path.clone(), cause }.into())
    }
}

/// In Fortran order the frame's number varies fastest, then the row, then the column.
fn read_fortran(
    array: &mut Vec<f32>,
    frames: &mut RawFrames,
    n_frames: usize,
    index: usize,
    frame: &mut Frame,
) -> Result<(), Cause> {
    let Size { width, height } = frames.size;
    if array.is_empty() {
        let mut bytes = vec![0; n_frames * frames.size.area() * frames.numbers.kind.n_bytes()];
        frames.file.seek(SeekFrom::Start(frames.offset)).map_err(|error| plain_io(&error))?;
        frames.file.read_exact(&mut bytes).map_err(|error| plain_io(&error))?;
        array.resize(n_frames * frames.size.area(), 0.0);
        frames.numbers.decode(&bytes, array);
    }
    frame.reset(frames.size);
    for y in 0..height {
        for (x, pixel) in frame.row_mut(y).iter_mut().enumerate().take(width) {
            *pixel = array[index + n_frames * (y + height * x)];
        }
    }
    Ok(())
}

fn frames_of(shape: &[u64]) -> Result<(usize, Size), Cause> {
    let (n_frames, height, width) = match *shape {
        [height, width] => (1, height, width),
        [n_frames, height, width] => (n_frames, height, width),
        _ => {
            return Err(format!(
                "the array must be (frame, row, column) or (row, column), but has {} dimensions",
                shape.len()
            ));
        }
    };
    if n_frames == 0 || height == 0 || width == 0 {
        return Err(format!("the array is empty: its shape is {}", shown(shape)));
    }
    let whole = |n: u64| usize::try_from(n).map_err(|_| format!("a dimension of {n} is too large"));
    Ok((whole(n_frames)?, Size::new(whole(width)?, whole(height)?)))
}

fn shown(shape: &[u64]) -> String {
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    format!("({})", shape.join(", "))
}

struct Header {
    numbers: Numbers,
    is_fortran: bool,
    shape: Vec<u64>,
    /// Where the numbers begin.
    n_bytes: u64,
}

/// numpy itself refuses to read longer headers.
const LONGEST_HEADER: usize = 10_000;

impl Header {
    fn read(file: &mut File) -> Result<Self, Cause> {
        let not_npy = || Cause::from("it does not begin as npy files do");
        let mut start = [0; 8];
        file.read_exact(&mut start).map_err(|_| not_npy())?;
        let [b'\x93', b'N', b'U', b'M', b'P', b'Y', version, _] = start else {
            return Err(not_npy());
        };
        let mut length = [0; 4];
        let n_length = if version == 1 { 2 } else { 4 };
        file.read_exact(&mut length[..n_length]).map_err(|error| plain_io(&error))?;
        let length = u32::from_le_bytes(length) as usize;
        if LONGEST_HEADER < length {
            return Err(format!("its header claims to be {length} bytes long"));
        }
        let mut text = vec![0; length];
        file.read_exact(&mut text).map_err(|error| plain_io(&error))?;
        Self::parse(&String::from_utf8_lossy(&text), (8 + n_length + length) as u64)
    }

    /// From `{'descr': '<u2', 'fortran_order': False, 'shape': (5, 64, 64), }`.
    fn parse(text: &str, n_bytes: u64) -> Result<Self, Cause> {
        let value = |key: &str| {
            value_of(text, key).ok_or_else(|| format!("its header does not give the {key}"))
        };
        Ok(Self {
            numbers: numbers_of(value("descr")?)?,
            is_fortran: value("fortran_order")?.starts_with("True"),
            shape: shape_of(value("shape")?)?,
            n_bytes,
        })
    }

    /// What the header promises must be in the file.
    fn check_backed(&self, n_bytes: u64) -> Result<(), Cause> {
        let number = self.numbers.kind.n_bytes() as u64;
        let needed = self.shape.iter().try_fold(number, |n, &length| n.checked_mul(length));
        let there = n_bytes - self.n_bytes.min(n_bytes);
        match needed {
            Some(needed) if needed <= there => Ok(()),
            _ => Err(format!(
                "the file ends before its numbers do: {} of {} need {} bytes, and there are {there}",
                shown(&self.shape),
                self.numbers.kind.name(),
                needed.map_or("far too many".into(), |needed| needed.to_string()),
            )),
        }
    }
}

fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let after = quoted.iter().find_map(|key| text.split_once(key.as_str()))?.1;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

fn shape_of(text: &str) -> Result<Vec<u64>, Cause> {
    let unreadable = || Cause::from("its header gives no readable shape");
    let inside = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (lengths, _) = inside.ok_or_else(unreadable)?;
    let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
    lengths.map(|length| length.parse().map_err(|_| unreadable())).collect()
}

fn numbers_of(text: &str) -> Result<Numbers, Cause> {
    let quote = text.chars().next().filter(|&quote| quote == '\'' || quote == '"');
    let name = quote.and_then(|quote| text[1..].split_once(quote));
    let Some((name, _)) = name else {
        return Err("it holds records; save one array of numbers".into());
    };
    let kind = match name.trim_start_matches(['<', '>', '|', '=']) {
        "b1" => Kind::Bool,
        "u1" => Kind::U8,
        "i1" => Kind::I8,
        "u2" => Kind::U16,
        "i2" => Kind::I16,
        "u4" => Kind::U32,
        "i4" => Kind::I32,
        "u8" => Kind::U64,
        "i8" => Kind::I64,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => return Err(unsupported(name)),
    };
    Ok(Numbers { kind, big_endian: name.starts_with('>') })
}

fn unsupported(name: &str) -> Cause {
    let what = match name.trim_start_matches(['<', '>', '|', '=']).chars().next() {
        Some('c') => "complex numbers",
        Some('S' | 'U' | 'a') => "text",
        Some('O') => "Python objects",
        Some('m' | 'M') => "times",
        _ => "numbers",
    };
    format!(
        "it holds {what} of type {name}; pixels may be bool, uint8 to uint64, int8 to int64, \
         float32 or float64"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Header, Cause> {
        Header::parse(text, 128)
    }

    fn refused(text: &str) -> Cause {
        parsed(text).err().unwrap()
    }

    #[test]
    fn a_header_gives_type_order_and_shape() {
        let header =
            parsed("{'descr': '>u2', 'fortran_order': False, 'shape': (5, 64, 32), }\n").unwrap();
        assert_eq!(header.numbers, Numbers { kind: Kind::U16, big_endian: true });
        assert!(!header.is_fortran);
        assert_eq!(frames_of(&header.shape), Ok((5, Size::new(32, 64))));
        let header = parsed("{\"shape\":(7,3),\"descr\":\"|b1\",\"fortran_order\":True}").unwrap();
        assert!(header.is_fortran);
        assert_eq!(frames_of(&header.shape), Ok((1, Size::new(3, 7))));
    }

    #[test]
    fn what_is_no_stack_of_numbers_is_refused_by_name() {
        let descr =
            |name: &str| format!("{{'descr': '{name}', 'fortran_order': False, 'shape': (2, 2)}}");
        assert!(refused(&descr("<c16")).starts_with("it holds complex numbers of type <c16;"));
        assert!(refused(&descr("<U5")).starts_with("it holds text of type <U5;"));
        let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2)}";
        assert_eq!(refused(records), "it holds records; save one array of numbers");
        assert_eq!(refused("{}"), "its header does not give the descr");
        let negative = "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 2)}";
        assert_eq!(refused(negative), "its header gives no readable shape");
    }

    #[test]
    fn arrays_of_other_dimensions_or_without_pixels_are_refused() {
        assert!(frames_of(&[9]).unwrap_err().ends_with("but has 1 dimensions"));
        assert!(frames_of(&[1, 2, 3, 4]).unwrap_err().ends_with("but has 4 dimensions"));
        assert_eq!(
            frames_of(&[3, 0, 4]).unwrap_err(),
            "the array is empty: its shape is (3, 0, 4)"
        );
    }

    #[test]
    fn a_shape_that_overflows_is_an_error() {
        let lying = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
        let cause = parsed(lying).unwrap().check_backed(1000).unwrap_err();
        assert!(cause.contains("need far too many bytes, and there are 872"), "{cause}");
    }
}
