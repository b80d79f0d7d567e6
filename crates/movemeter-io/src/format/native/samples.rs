//! Where the pictures of a track lie in the file, and when each is shown.

use std::ops::Range;

use super::boxes::Boxes;
use super::bytes::Bytes;
use super::file::VideoFile;
use crate::format::Cause;

/// The samples of a track, by their number in the file. Each is one picture.
pub(super) struct Samples {
    list: List,
    /// The samples that are shown, in that order.
    shown: Vec<u32>,
}

/// All samples of a track, in the order in which they are decoded.
#[derive(Default)]
pub(super) struct List {
    pub(super) places: Vec<Place>,
    /// When each is shown, in ticks.
    pub(super) times: Vec<i64>,
    /// Samples at which decoding may begin, rising; all of them if the file does not say.
    pub(super) syncs: Option<Vec<u32>>,
    /// When one after the last would be decoded, in ticks.
    pub(super) end: i64,
    /// How long the last is shown, in ticks.
    pub(super) last_duration: u32,
}

/// Where a sample lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) n_bytes: u32,
}

/// A sample takes some thirty bytes of memory while a file is open: five hours at 240 Hz.
pub(super) const MOST_SAMPLES: usize = 1 << 22;

impl List {
    /// From the body of the box `stbl` (ISO/IEC 14496-12, 8.5 to 8.7).
    pub(super) fn read(table: &[u8], n_file_bytes: u64) -> Result<Self, Cause> {
        let boxes = Boxes::new(table);
        let sizes = sizes(boxes, n_file_bytes)?;
        if sizes.is_empty() {
            return Ok(Self::default());
        }
        let places = places(boxes, &sizes)?;
        timed(boxes, places)
    }
}

impl Samples {
    /// Samples at other times are not shown, but others may build on them.
    pub(super) fn new(list: List, times_shown: &Range<i64>) -> Result<Self, Cause> {
        if list.places.is_empty() {
            return Err("it has no frames".into());
        }
        if let Some(empty) = list.places.iter().position(|place| place.n_bytes == 0) {
            return Err(format!("its sample {empty} is empty"));
        }
        let time = |sample: u32| list.times[sample as usize];
        let mut shown: Vec<u32> = (0..list.places.len() as u32).collect();
        shown.retain(|&sample| times_shown.contains(&time(sample)));
        shown.sort_by_key(|&sample| time(sample));
        if shown.is_empty() {
            return Err("it was cut, and none of its frames is to be shown".into());
        }
        if shown.windows(2).any(|pair| time(pair[0]) == time(pair[1])) {
            return Err("two of its frames have one time".into());
        }
        Ok(Self { list, shown })
    }

    /// How long the last is shown, in ticks.
    pub(super) fn last_duration(&self) -> u32 {
        self.list.last_duration
    }

    /// How many are shown.
    pub(super) fn n_frames(&self) -> usize {
        self.shown.len()
    }

    /// The sample that is frame `index`.
    pub(super) fn of_frame(&self, index: usize) -> usize {
        self.shown[index] as usize
    }

    /// What messages call a sample.
    pub(super) fn name(&self, sample: usize) -> String {
        let time = |sample: &u32| self.list.times[*sample as usize];
        match self.shown.binary_search_by_key(&self.list.times[sample], time) {
            Ok(index) => format!("frame {index}"),
            Err(_) => "a frame that is not shown".into(),
        }
    }

    /// When a sample is shown, in ticks.
    pub(super) fn time(&self, sample: usize) -> i64 {
        self.list.times[sample]
    }

    /// When frames are shown, in ticks, rising.
    pub(super) fn frame_times(&self) -> Vec<i64> {
        self.shown.iter().map(|&sample| self.list.times[sample as usize]).collect()
    }

    /// The last sample up to this one at which decoding may begin.
    pub(super) fn last_sync(&self, sample: usize) -> usize {
        let Some(syncs) = &self.list.syncs else { return sample };
        let n_before = syncs.partition_point(|&sync| sync as usize <= sample);
        n_before.checked_sub(1).map_or(0, |place| syncs[place] as usize)
    }

    /// The bytes of a sample.
    pub(super) fn read(
        &self,
        sample: usize,
        file: &mut VideoFile,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        let Place { offset, n_bytes } = self.list.places[sample];
        file.read(offset, n_bytes.into(), bytes)
    }
}

/// A table's body without version and flags, and the number after them: how many entries it says to have.
fn table<'a>(boxes: Boxes<'a>, kind: &[u8; 4]) -> Option<(usize, Bytes<'a>)> {
    let mut bytes = Bytes(boxes.find(kind)?);
    bytes.take(4)?;
    let n = bytes.u32_be()? as usize;
    // No table needs more entries than there are samples; sizes have another number here.
    (n <= MOST_SAMPLES || kind == b"stsz").then_some((n, bytes))
}

fn missing(what: &str) -> Cause {
    format!("its table of {what} is missing, cut short or too long")
}

fn sizes(boxes: Boxes, n_file_bytes: u64) -> Result<Vec<u32>, Cause> {
    let damaged = || missing("sizes (stsz)");
    let (size, mut bytes) = table(boxes, b"stsz").ok_or_else(damaged)?;
    let n = bytes.u32_be().ok_or_else(damaged)? as usize;
    if n == 0 {
        return Ok(Vec::new());
    }
    if MOST_SAMPLES < n {
        return Err(format!("it has {n} frames; up to {MOST_SAMPLES} are read"));
    }
    if size != 0 {
        // What is so many times as long as the file is not in it.
        let is_backed =
            (size as u64).checked_mul(n as u64).is_some_and(|bytes| bytes <= n_file_bytes);
        return if is_backed { Ok(vec![size as u32; n]) } else { Err(damaged()) };
    }
    let bytes = bytes.take(n * 4).ok_or_else(damaged)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|&size| u32::from_be_bytes(size)).collect())
}

/// Samples with the times at which each is shown.
fn timed(boxes: Boxes, places: Vec<Place>) -> Result<List, Cause> {
    let n_samples = places.len();
    let damaged = || missing("times (stts)");
    let (n_runs, mut bytes) = table(boxes, b"stts").ok_or_else(damaged)?;
    let mut times = Vec::with_capacity(n_samples);
    let (mut time, mut last_duration) = (0i64, 0);
    for _ in 0..n_runs {
        let (n, duration) = bytes.u32_be().zip(bytes.u32_be()).ok_or_else(damaged)?;
        let n = n as usize;
        if n_samples - times.len() < n {
            return Err("its tables speak of different numbers of frames (stsz, stts)".into());
        }
        times.extend((0..n).map(|index| time + index as i64 * i64::from(duration)));
        time += n as i64 * i64::from(duration);
        last_duration = duration;
    }
    if times.len() < n_samples {
        return Err(damaged());
    }
    if let Some((n_runs, mut bytes)) = table(boxes, b"ctts") {
        let damaged = || missing("delays (ctts)");
        let mut later = times.iter_mut();
        for _ in 0..n_runs {
            let (n, delay) = bytes.u32_be().zip(bytes.u32_be()).ok_or_else(damaged)?;
            // Small negative delays are written as such in both versions of the table.
            later
                .by_ref()
                .take(n as usize)
                .for_each(|time| *time += i64::from(delay.cast_signed()));
        }
    }
    Ok(List { places, times, syncs: syncs(boxes), end: time, last_duration })
}

fn places(boxes: Boxes, sizes: &[u32]) -> Result<Vec<Place>, Cause> {
    let damaged = || missing("chunks (stsc, stco)");
    let chunks = chunks(boxes).ok_or_else(damaged)?;
    let (n_runs, mut bytes) = table(boxes, b"stsc").ok_or_else(damaged)?;
    let mut runs = Vec::new();
    for _ in 0..n_runs {
        let run = (bytes.u32_be(), bytes.u32_be(), bytes.u32_be());
        let (Some(first), Some(n), Some(description)) = run else { return Err(damaged()) };
        if description != 1 {
            return Err("its frames are coded in several ways".into());
        }
        runs.push((first as usize, n as usize));
    }
    let mut places = Vec::with_capacity(sizes.len());
    for (index, &(first, n)) in runs.iter().enumerate() {
        let end = runs.get(index + 1).map_or(chunks.len() + 1, |next| next.0);
        let of_run = first.checked_sub(1).and_then(|first| chunks.get(first..end.checked_sub(1)?));
        for &chunk in of_run.ok_or_else(damaged)? {
            let sizes = &sizes[places.len()..][..n.min(sizes.len() - places.len())];
            let mut offset = chunk;
            for &n_bytes in sizes {
                places.push(Place { offset, n_bytes });
                offset = offset.checked_add(n_bytes.into()).ok_or_else(damaged)?;
            }
        }
    }
    if places.len() == sizes.len() { Ok(places) } else { Err(damaged()) }
}

/// Where the chunks of samples begin.
fn chunks(boxes: Boxes) -> Option<Vec<u64>> {
    if let Some((n, mut bytes)) = table(boxes, b"stco") {
        let bytes = bytes.take(n.checked_mul(4)?)?.as_chunks::<4>().0;
        return Some(bytes.iter().map(|&offset| u32::from_be_bytes(offset).into()).collect());
    }
    let (n, mut bytes) = table(boxes, b"co64")?;
    let bytes = bytes.take(n.checked_mul(8)?)?.as_chunks::<8>().0;
    Some(bytes.iter().map(|&offset| u64::from_be_bytes(offset)).collect())
}

/// Samples at which decoding may begin; a table that is cut short says what it says.
fn syncs(boxes: Boxes) -> Option<Vec<u32>> {
    let (_, bytes) = table(boxes, b"stss")?;
    let numbers = bytes.0.as_chunks::<4>().0.iter().map(|&number| u32::from_be_bytes(number));
    let mut syncs: Vec<u32> = numbers.filter_map(|number| number.checked_sub(1)).collect();
    syncs.sort_unstable();
    Some(syncs)
}
