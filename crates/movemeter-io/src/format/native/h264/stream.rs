//! Pictures by the number of their sample.

use std::collections::{BTreeMap, VecDeque};

use movemeter::geometry::Size;

use super::decoder::{Configuration, Decoding, Picture};
use super::sequence::Sequence;
use super::units::Kind;
use crate::format::Cause;
use crate::format::native::file::VideoFile;
use crate::format::native::luma::Luma;
use crate::format::native::samples::Samples;

/// H.264 in a file.
pub(in crate::format::native) struct Stream {
    configuration: Configuration,
    sequence: Sequence,
    decoding: Option<Decoding>,
    /// The sample that is decoded next.
    next: usize,
    /// Pictures that were decoded before they are shown, with their samples.
    waiting: VecDeque<(usize, Luma)>,
    order: Order,
    /// For samples that were looked at whether decoding can begin there.
    starts: BTreeMap<usize, bool>,
    /// A sample that could not be decoded, and where decoding had begun.
    damaged: Option<Damage>,
    bytes: Vec<u8>,
}

struct Damage {
    start: usize,
    sample: usize,
    cause: Cause,
}

/// Pictures that wait to be shown: H.264 keeps 16 at most.
const MOST_WAITING: usize = 17;

impl Stream {
    /// From the file's description, and the first sample.
    pub(in crate::format::native) fn open(
        configuration: &[u8],
        samples: &Samples,
        file: &mut VideoFile,
    ) -> Result<Self, Cause> {
        let configuration = Configuration::read(configuration)?;
        let mut bytes = Vec::new();
        samples.read(0, file, &mut bytes)?;
        let sequence = Decoding::new(&configuration)?.look_at(&bytes)?;
        Ok(Self {
            configuration,
            sequence,
            decoding: None,
            next: 0,
            waiting: VecDeque::new(),
            order: Order::default(),
            starts: BTreeMap::from([(0, true)]),
            damaged: None,
            bytes,
        })
    }

    /// Width and height of all pictures.
    pub(in crate::format::native) fn size(&self) -> Size {
        self.sequence.size().expect("was looked at when opened")
    }

    /// How grey levels are stored.
    pub(in crate::format::native) fn pixel_type(&self) -> &'static str {
        if self.sequence.luma_bits == 8 { "uint8" } else { "uint16" }
    }

    /// What it says of itself, as name and value.
    pub(in crate::format::native) fn metadata(&self) -> Vec<(String, String)> {
        self.sequence.metadata()
    }

    /// The picture of a sample.
    pub(in crate::format::native) fn luma(
        &mut self,
        wanted: usize,
        samples: &Samples,
        file: &mut VideoFile,
    ) -> Result<Luma, Cause> {
        if let Some(place) = self.waiting.iter().position(|(sample, _)| *sample == wanted) {
            return Ok(self.waiting.swap_remove_back(place).expect("was just found").1);
        }
        self.go_before(wanted, samples, file)?;
        loop {
            let sample = self.next;
            let luma = self.decode_next(samples, file).map_err(|cause| match sample == wanted {
                true => cause,
                false => {
                    format!("{}, on which it builds, cannot be read: {cause}", samples.name(sample))
                }
            })?;
            if sample == wanted {
                return Ok(luma);
            }
            if samples.time(wanted) < samples.time(sample) {
                self.keep(sample, luma);
            }
        }
    }

    /// Begins anew unless decoding on from where it is leads to the sample as quickly.
    fn go_before(
        &mut self,
        wanted: usize,
        samples: &Samples,
        file: &mut VideoFile,
    ) -> Result<(), Cause> {
        let is_behind = self.decoding.is_none() || wanted < self.next;
        if !is_behind && samples.last_sync(wanted) <= self.next {
            return Ok(());
        }
        let start = self.start_of(wanted, samples, file)?;
        if let Some(damage) =
            self.damaged.as_ref().filter(|damage| damage.start == start && damage.sample < wanted)
        {
            let frame = samples.name(damage.sample);
            return Err(format!("{frame}, on which it builds, cannot be read: {}", damage.cause));
        }
        if is_behind || self.next < start {
            self.decoding = Some(Decoding::new(&self.configuration)?);
            self.next = start;
            self.order = Order::default();
        }
        Ok(())
    }

    /// The last sample up to this one that begins anew: what is before it matters to none after it.
    fn start_of(
        &mut self,
        wanted: usize,
        samples: &Samples,
        file: &mut VideoFile,
    ) -> Result<usize, Cause> {
        let mut start = samples.last_sync(wanted);
        while start != 0 && !self.is_start(start, samples, file)? {
            start = samples.last_sync(start - 1);
        }
        Ok(start)
    }

    /// Whether a sample restarts everything. Samples that the file only calls a good place to begin may be followed by
    /// some that are shown before them and build on what was before.
    fn is_start(
        &mut self,
        sample: usize,
        samples: &Samples,
        file: &mut VideoFile,
    ) -> Result<bool, Cause> {
        if let Some(&is_start) = self.starts.get(&sample) {
            return Ok(is_start);
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let read = samples.read(sample, file, &mut bytes);
        let is_start = read.is_ok() && self.configuration.kinds(&bytes).contains(&Kind::Restart);
        self.bytes = bytes;
        self.starts.insert(sample, is_start);
        Ok(is_start)
    }

    fn decode_next(&mut self, samples: &Samples, file: &mut VideoFile) -> Result<Luma, Cause> {
        let sample = self.next;
        let decoded = self.try_next(samples, file);
        match decoded {
            Ok(luma) => {
                self.next += 1;
                Ok(luma)
            }
            Err(cause) => {
                // What comes after it would build on what is not there.
                self.decoding = None;
                let start = self.start_of(sample, samples, file)?;
                self.damaged = Some(Damage { start, sample, cause: cause.clone() });
                Err(cause)
            }
        }
    }

    fn try_next(&mut self, samples: &Samples, file: &mut VideoFile) -> Result<Luma, Cause> {
        samples.read(self.next, file, &mut self.bytes)?;
        let decoding = self.decoding.as_mut().ok_or("decoding has not begun")?;
        let picture = decoding.picture(&self.bytes)?;
        self.order.check(&picture, samples.time(self.next))?;
        let expected = self.size();
        match picture.luma.size == expected {
            true => Ok(picture.luma),
            false => {
                Err(format!("it is {} px, and the first frame {expected} px", picture.luma.size))
            }
        }
    }

    fn keep(&mut self, sample: usize, luma: Luma) {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((sample, luma));
    }
}

/// Whether the file's times put pictures in the order in which the stream does.
///
/// Programs that show the stream go by its own order, and the times of some files are wrong.
#[derive(Default)]
struct Order {
    /// The latest time before the last picture that began a new order.
    before: Option<i64>,
    /// Places and times of the pictures since, the last of them.
    since: VecDeque<(i32, i64)>,
}

impl Order {
    fn check(&mut self, picture: &Picture, time: i64) -> Result<(), Cause> {
        if picture.is_restart {
            let latest = self.since.iter().map(|&(_, time)| time).max();
            self.before = self.before.max(latest);
            self.since.clear();
        }
        let agrees = |&(order, other): &(i32, i64)| {
            (order < picture.order) == (other < time) && order != picture.order
        };
        if self.before.is_some_and(|before| time <= before) || !self.since.iter().all(agrees) {
            return Err("the times in the file put it in another place than the stream does".into());
        }
        if self.since.len() == MOST_WAITING {
            self.since.pop_front();
        }
        self.since.push_back((picture.order, time));
        Ok(())
    }
}
