//! Where the pictures of an AVI file are: by its new index, its old index, or by going through it.

use super::{Outline, Stream};
use crate::format::Cause;
use crate::format::native::bytes::Bytes;
use crate::format::native::file::VideoFile;
use crate::format::native::riff::{Place, Walk};

/// Where pictures are, and when they are shown, in steps of the stream.
///
/// Empty chunks stand for pictures that are as the one before, because the camera gave none: they take time, but are
/// no frames.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    pub(super) places: Vec<Place>,
    pub(super) ticks: Vec<u32>,
}

/// A frame takes some twenty bytes of memory while a file is open.
const MOST_FRAMES: usize = 1 << 22;

impl Frames {
    fn add(&mut self, tick: usize, place: Place) -> Result<(), Cause> {
        if MOST_FRAMES <= tick {
            return Err(format!("it has more than {MOST_FRAMES} frames"));
        }
        if place.n_bytes != 0 {
            self.places.push(place);
            self.ticks.push(tick as u32);
        }
        Ok(())
    }
}

pub(super) fn frames(
    file: &mut VideoFile,
    outline: &Outline,
    stream: &Stream,
) -> Result<Frames, Cause> {
    let name = Name::of(stream.number)?;
    if let Some(frames) = stream.index.and_then(|index| by_new_index(file, index, name)) {
        return Ok(frames);
    }
    let is_whole = !goes_on(file)?;
    let old = outline.old_index.filter(|_| is_whole);
    if let Some(frames) = old.and_then(|index| by_old_index(file, index, outline.movie_at, name)) {
        return frames;
    }
    by_walking(file, outline.movie_at, name)
}

/// How the chunks of a stream are named: its number, and two letters more.
#[derive(Clone, Copy)]
struct Name([u8; 2]);

impl Name {
    fn of(number: usize) -> Result<Self, Cause> {
        match u8::try_from(number).ok().filter(|&number| number < 100) {
            Some(number) => Ok(Self([b'0' + number / 10, b'0' + number % 10])),
            None => Err(format!("its video is stream {number}; up to 99 are read")),
        }
    }

    fn is_picture(self, kind: [u8; 4]) -> bool {
        kind[..2] == self.0 && matches!(&kind[2..], b"dc" | b"db" | b"DC" | b"DB")
    }

    fn is_palette(self, kind: [u8; 4]) -> bool {
        kind[..2] == self.0 && &kind[2..] == b"pc"
    }
}

fn changing_palette() -> Cause {
    "its colours change from frame to frame".into()
}

/// Whether the file has further parts after its first gigabyte or so, which the old index does not know.
fn goes_on(file: &mut VideoFile) -> Result<bool, Cause> {
    let mut head = [0; 8];
    file.read_exact(0, &mut head)?;
    let length = u64::from(Bytes(&head[4..]).u32_le().unwrap_or(0));
    let next = 8 + length + length % 2;
    if file.n_bytes < next + 8 {
        return Ok(false);
    }
    file.read_exact(next, &mut head)?;
    Ok(head.starts_with(b"RIFF"))
}

/// By the index of indices in the stream's headers; nothing if it is not as it should be.
fn by_new_index(file: &mut VideoFile, index: &[u8], name: Name) -> Option<Frames> {
    let mut bytes = Bytes(index);
    let (longs, kind, n) = (bytes.u16_le()?, bytes.u16_le()?, bytes.u32_le()?);
    let of = *bytes.take(4)?.first_chunk()?;
    bytes.take(12)?;
    (longs == 4 && kind == 0 && 0 < n && name.is_picture(of)).then_some(())?;
    let mut frames = Frames::default();
    let (mut tick, mut part) = (0, Vec::new());
    for _ in 0..n {
        let (offset, n_bytes) = (bytes.u64_le()?, bytes.u32_le()?);
        bytes.u32_le()?;
        if offset == 0 {
            continue;
        }
        file.read(offset, n_bytes.into(), &mut part).ok()?;
        tick = add_part(&part, tick, name, file.n_bytes, &mut frames)?;
    }
    (!frames.places.is_empty()).then_some(frames)
}

/// Adds the frames of one index, a chunk with its name and length; gives the number of steps so far.
fn add_part(
    part: &[u8],
    mut tick: usize,
    name: Name,
    n_file_bytes: u64,
    frames: &mut Frames,
) -> Option<usize> {
    let mut bytes = Bytes(part.get(8..)?);
    let (longs, kind, n) = (bytes.u16_le()?, bytes.u16_le()?, bytes.u32_le()?);
    let of = *bytes.take(4)?.first_chunk()?;
    let base = bytes.u64_le()?;
    bytes.u32_le()?;
    (longs == 2 && kind == 1 << 8 && name.is_picture(of)).then_some(())?;
    for _ in 0..n {
        let (offset, n_bytes) = (bytes.u32_le()?, bytes.u32_le()?);
        // The highest bit says that the frame is no key frame.
        let place =
            Place { offset: base.checked_add(offset.into())?, n_bytes: n_bytes & !(1 << 31) };
        (place.offset <= n_file_bytes).then_some(())?;
        frames.add(tick, place).ok()?;
        tick += 1;
    }
    Some(tick)
}

/// By the index at the file's end; nothing if it is not as it should be.
fn by_old_index(
    file: &mut VideoFile,
    index: Place,
    movie_at: u64,
    name: Name,
) -> Option<Result<Frames, Cause>> {
    let mut bytes = Vec::new();
    if MOST_FRAMES < index.n_bytes as usize / ENTRY_BYTES {
        return None;
    }
    file.read(index.offset, index.n_bytes.into(), &mut bytes).ok()?;
    let (mut frames, mut tick, mut base) = (Frames::default(), 0, None);
    for entry in bytes.as_chunks::<ENTRY_BYTES>().0 {
        let mut entry = Bytes(entry);
        let kind = *entry.take(4)?.first_chunk()?;
        if name.is_palette(kind) {
            return Some(Err(changing_palette()));
        }
        if !name.is_picture(kind) {
            continue;
        }
        entry.u32_le()?;
        let (offset, n_bytes) = (entry.u32_le()?, entry.u32_le()?);
        if base.is_none() {
            base = Some(base_of(file, kind, offset.into(), movie_at)?);
        }
        let place = Place { offset: base?.checked_add(u64::from(offset) + 8)?, n_bytes };
        frames.add(tick, place).ok()?;
        tick += 1;
    }
    (!frames.places.is_empty()).then_some(Ok(frames))
}

/// Bytes of an entry of the old index.
const ENTRY_BYTES: usize = 16;

/// From where an old index counts: the movie's name, or the file's beginning, whichever leads to such a chunk.
fn base_of(file: &mut VideoFile, kind: [u8; 4], offset: u64, movie_at: u64) -> Option<u64> {
    [movie_at - 4, 0].into_iter().find(|base| {
        let mut found = [0; 4];
        file.read_exact(base + offset, &mut found).is_ok() && found == kind
    })
}

/// By going from chunk to chunk, as is needed where the recording was cut off.
fn by_walking(file: &mut VideoFile, movie_at: u64, name: Name) -> Result<Frames, Cause> {
    let (mut frames, mut tick) = (Frames::default(), 0);
    let mut walk = Walk::new(file, movie_at);
    while let Some((kind, place)) = walk.next_chunk()? {
        if name.is_palette(kind) {
            return Err(changing_palette());
        }
        if name.is_picture(kind) {
            frames.add(tick, place)?;
            tick += 1;
        }
    }
    Ok(frames)
}
