//! Files with random changes.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::open;

/// How often to try; the environment's `MOVEMETER_ROUNDS` looks for longer.
pub fn rounds() -> usize {
    std::env::var("MOVEMETER_ROUNDS").map_or(800, |rounds| rounds.parse().unwrap())
}

/// Numbers that look random (the generator is known as splitmix64).
pub struct Random(u64);

impl Random {
    #[allow(dead_code, reason = "only some tests change files themselves")]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % n as u64) as usize
    }
}

/// A file with some bytes changed, sometimes cut off.
pub fn damaged(original: &[u8], random: &mut Random) -> Vec<u8> {
    const AT_LIMITS: &[u8] = b"\0\x01\x7f\x80\xff9<-";
    let mut bytes = original.to_vec();
    for _ in 0..1 + random.below(4) {
        let place = random.below(bytes.len());
        bytes[place] = match random.below(3) {
            0 => AT_LIMITS[random.below(AT_LIMITS.len())],
            1 => bytes[place] ^ 1 << random.below(8),
            _ => random.below(256) as u8,
        };
    }
    if random.below(5) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

/// What came of files with changes.
pub struct Outcome {
    pub n_refused: usize,
    /// Frames of all files.
    pub n_read: usize,
}

/// Opens a file or folder again and again with other changes of a file of it: never a panic or a long wait, whatever
/// comes of it.
pub fn mutate(seed: u64, n: usize, opened: &Path, changed: &Path) -> Outcome {
    mutate_with(seed, n, changed, || {
        let mut stack = open(opened).ok()?;
        let last = stack.info().n_frames - 1;
        let mut is_read = |&index: &usize| stack.read(index, &mut Frame::default()).is_ok();
        Some([0, last.min(2), last].iter().filter(|index| is_read(index)).count())
    })
}

/// The same for anything that is done with the file; `attempt` gives how much it read, or nothing.
pub fn mutate_with(
    seed: u64,
    n: usize,
    changed: &Path,
    attempt: impl Fn() -> Option<usize> + std::panic::RefUnwindSafe,
) -> Outcome {
    let original = std::fs::read(changed).unwrap();
    let mut random = Random(seed);
    let mut outcome = Outcome { n_refused: 0, n_read: 0 };
    for round in 0..n {
        std::fs::write(changed, damaged(&original, &mut random)).unwrap();
        let start = Instant::now();
        let tried = catch_unwind(&attempt);
        assert!(tried.is_ok(), "round {round} of seed {seed} ends in a panic");
        assert!(start.elapsed() < Duration::from_secs(5), "round {round} of seed {seed}");
        match tried.unwrap_or_default() {
            None => outcome.n_refused += 1,
            Some(n_frames) => outcome.n_read += n_frames,
        }
    }
    std::fs::write(changed, original).unwrap();
    outcome
}
