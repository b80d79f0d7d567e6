//! numpy's `.npy` files: arrays (frame, row, column), or (row, column) for a single frame, or (frame, row, column,
//! colour).
//!
//! The header is read here: it is one line of text, and the crates for it stop the program at
//! shapes whose product overflows. Files in C order are read frame by frame; in Fortran order the
//! frames lie interleaved, so the first read takes in the whole array.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::raw::{Kind, Numbers, PieceReader};
use super::{Cause, MOST_MISSING, Opened, name_of, open_sized, plain_io};
use crate::error::Error;
use crate::options::OpenOptions;

pub(super) fn open(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let (mut file, n_bytes) = open_sized(path)?;
    let header = Header::read(&mut file)?;
    let damage = header.damage(n_bytes)?.map(|damage| ("damage".into(), damage));
    let metadata = damage.into_iter().collect();
    Ok(Opened::one_file(path, Npy::new(path, &header, file, metadata)?))
}

/// A file, or a part of one, from its first byte on.
pub(super) trait Bytes: Read + Send {
    /// Goes to this byte.
    fn go_to(&mut self, place: u64) -> io::Result<()>;
}

impl Bytes for File {
    fn go_to(&mut self, place: u64) -> io::Result<()> {
        self.seek(SeekFrom::Start(place)).map(|_| ())
    }
}

/// An array whose frames are read when they are needed.
pub(super) struct Npy<B> {
    path: PathBuf,
    info: StackInfo,
    numbers: Numbers,
    n_channels: usize,
    /// Where the numbers begin.
    start: u64,
    bytes: B,
    reader: PieceReader,
    order: Order,
}

/// How the numbers lie in the file.
enum Order {
    C,
    /// With the whole array, once it was needed.
    Fortran(Vec<u8>),
}

impl<B: Bytes> Npy<B> {
    /// The array that begins with this header at the first byte of `bytes`.
    pub(super) fn new(
        path: &Path,
        header: &Header,
        bytes: B,
        metadata: Vec<(String, String)>,
    ) -> Result<Self, Cause> {
        let Frames { n_frames, size, n_channels } = Frames::of(&header.shape)?;
        let kind = header.numbers.kind.name();
        let info = StackInfo {
            name: name_of(path),
            size,
            n_frames,
            pixel_type: match n_channels {
                1 => kind.into(),
                3 => format!("rgb {kind}"),
                _ => format!("rgba {kind}"),
            },
            metadata,
            ..StackInfo::default()
        };
        let order = if header.is_fortran { Order::Fortran(Vec::new()) } else { Order::C };
        Ok(Self {
            path: path.into(),
            info,
            numbers: header.numbers,
            n_channels,
            start: header.n_bytes,
            bytes,
            reader: PieceReader::default(),
            order,
        })
    }

    fn frame_bytes(&self) -> u64 {
        (self.info.size.area() * self.n_channels * self.numbers.kind.n_bytes()) as u64
    }

    fn read_in_order(&mut self, index: usize, frame: &mut Frame) -> io::Result<()> {
        self.bytes.go_to(self.start + index as u64 * self.frame_bytes())?;
        frame.reset(self.info.size);
        let pixels = frame.pixels_mut();
        match self.n_channels {
            1 => self.reader.read(&mut self.bytes, self.numbers, pixels),
            n => self.reader.read_colours(&mut self.bytes, self.numbers, n, pixels),
        }
    }

    /// In Fortran order the frame's number varies fastest, then the row, then the column, then the colour.
    fn read_fortran(&mut self, index: usize, frame: &mut Frame) -> io::Result<()> {
        let n_frames = self.info.n_frames;
        let n_bytes = self.frame_bytes() * n_frames as u64;
        let Order::Fortran(array) = &mut self.order else { unreachable!("asked for it") };
        if array.is_empty() {
            self.bytes.go_to(self.start)?;
            // Grows with what is there, not with what is claimed.
            self.bytes.by_ref().take(n_bytes).read_to_end(array)?;
            if array.len() as u64 != n_bytes {
                array.clear();
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let (n, n_channels, numbers) = (self.numbers.kind.n_bytes(), self.n_channels, self.numbers);
        let Size { width, height } = self.info.size;
        frame.reset(self.info.size);
        let mut colours = vec![0; width * n_channels * n];
        for y in 0..height {
            for (k, number) in colours.chunks_exact_mut(n).enumerate() {
                let (x, channel) = (k / n_channels, k % n_channels);
                let at = n * (index + n_frames * (y + height * (x + width * channel)));
                number.copy_from_slice(&array[at..at + n]);
            }
            match n_channels {
                1 => numbers.decode(&colours, frame.row_mut(y)),
                _ => numbers.decode_colours(&colours, n_channels, frame.row_mut(y)),
            }
        }
        Ok(())
    }
}

impl<B: Bytes> FrameSource for Npy<B> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        let read = match self.order {
            Order::C => self.read_in_order(index, frame),
            Order::Fortran(_) => self.read_fortran(index, frame),
        };
        let path = self.path.clone();
        read.map_err(|error| Error::Frame { frame: index, path, cause: plain_io(&error) }.into())
    }
}

/// An array's lengths as frames.
#[derive(Debug, PartialEq, Eq)]
struct Frames {
    n_frames: usize,
    size: Size,
    /// Numbers of a pixel: 1, or 3 or 4 for colours.
    n_channels: usize,
}

impl Frames {
    fn of(shape: &[u64]) -> Result<Self, Cause> {
        let (n_frames, height, width, n_channels) = match *shape {
            [height, width] => (1, height, width, 1),
            [n_frames, height, width] => (n_frames, height, width, 1),
            [n_frames, height, width, n_channels @ (1 | 3 | 4)] => {
                (n_frames, height, width, n_channels as usize)
            }
            _ => {
                return Err(format!(
                    "the array must be (frame, row, column) or (row, column), or (frame, row, column, 3) in colour, \
                     but its shape is {}",
                    shown(shape)
                ));
            }
        };
        if n_frames == 0 || height == 0 || width == 0 {
            return Err(format!("the array is empty: its shape is {}", shown(shape)));
        }
        let whole =
            |n: u64| usize::try_from(n).map_err(|_| format!("a dimension of {n} is too large"));
        let size = Size::new(whole(width)?, whole(height)?);
        Ok(Self { n_frames: whole(n_frames)?, size, n_channels })
    }
}

/// As Python shows shapes.
pub(crate) fn shown(shape: &[u64]) -> String {
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    format!("({})", shape.join(", "))
}

/// What stands before an array's numbers.
pub(super) struct Header {
    numbers: Numbers,
    is_fortran: bool,
    pub(super) shape: Vec<u64>,
    /// Where the numbers begin.
    n_bytes: u64,
}

/// numpy itself refuses to read longer headers.
const LONGEST_HEADER: usize = 10_000;

impl Header {
    pub(super) fn read(file: &mut impl Read) -> Result<Self, Cause> {
        let (text, n_bytes) = header_text(file)?;
        Self::parse(&text, n_bytes)
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

    /// What is said of a file that was cut off: whole frames at its beginning are read. Refused is what has not
    /// even one, or claims absurdly many more than it has.
    fn damage(&self, n_bytes: u64) -> Result<Option<Cause>, Cause> {
        let Err(cause) = self.check_backed(n_bytes) else { return Ok(None) };
        let (Some(&n_frames), Some(needed)) = (self.shape.first(), self.needed()) else {
            return Err(cause);
        };
        // In Fortran order, each frame is spread over the whole file.
        if self.shape.len() < 3 || self.is_fortran {
            return Err(cause);
        }
        let there = (n_bytes - self.n_bytes.min(n_bytes)) / (needed / n_frames).max(1);
        match (1..n_frames).contains(&there) && n_frames - there <= MOST_MISSING {
            true => Ok(Some(format!("the file ends after {there} of {n_frames} frames"))),
            false => Err(cause),
        }
    }

    /// Bytes of all numbers, if they can be counted.
    fn needed(&self) -> Option<u64> {
        let number = self.numbers.kind.n_bytes() as u64;
        self.shape.iter().try_fold(number, |n, &length| n.checked_mul(length))
    }

    /// What the header promises must be in the file.
    pub(super) fn check_backed(&self, n_bytes: u64) -> Result<(), Cause> {
        let needed = self.needed();
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

/// The text of a header, and where the numbers begin.
pub(crate) fn header_text(file: &mut impl Read) -> Result<(String, u64), Cause> {
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
        return Err(format!(
            "its header claims to be {length} bytes long; {LONGEST_HEADER} are allowed, as in numpy \
             itself: save the array anew with numpy.save"
        ));
    }
    let mut text = vec![0; length];
    file.read_exact(&mut text).map_err(|error| plain_io(&error))?;
    Ok((String::from_utf8_lossy(&text).into_owned(), (8 + n_length + length) as u64))
}

/// What stands behind a key of a header.
pub(crate) fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let after = quoted.iter().find_map(|key| text.split_once(key.as_str()))?.1;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

/// The lengths of an array.
pub(crate) fn shape_of(text: &str) -> Result<Vec<u64>, Cause> {
    let unreadable = || Cause::from("its header gives no readable shape");
    let inside = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (lengths, _) = inside.ok_or_else(unreadable)?;
    let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
    lengths.map(|length| length.parse().map_err(|_| unreadable())).collect()
}

/// The numbers that a type's name stands for, as in `'<u2'`, with the quotes.
pub(super) fn numbers_of(text: &str) -> Result<Numbers, Cause> {
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
        "f2" => Kind::F16,
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
         float16, float32 or float64"
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
        let grey = |n_frames, size| Ok(Frames { n_frames, size, n_channels: 1 });
        assert_eq!(Frames::of(&header.shape), grey(5, Size::new(32, 64)));
        let header = parsed("{\"shape\":(7,3),\"descr\":\"|b1\",\"fortran_order\":True}").unwrap();
        assert!(header.is_fortran);
        assert_eq!(Frames::of(&header.shape), grey(1, Size::new(3, 7)));
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
        assert!(Frames::of(&[9]).unwrap_err().ends_with("but its shape is (9)"));
        assert!(Frames::of(&[1, 2, 3, 2]).unwrap_err().ends_with("but its shape is (1, 2, 3, 2)"));
        assert_eq!(Frames::of(&[9, 2, 3, 4]).unwrap().n_channels, 4);
        assert_eq!(
            Frames::of(&[3, 0, 4]).unwrap_err(),
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
