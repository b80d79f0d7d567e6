//! Tables with random changes: numbers or words, never a panic.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use movemeter_io::read_results;

use super::damage::{Random, damaged, rounds};
use super::measured::{FORMATS, results, write};

#[test]
fn damaged_tables_end_in_numbers_or_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, format) in (1..).zip(FORMATS) {
        let path = folder.path().join(format!("t.{format}"));
        write(&results(), &path);
        let original = std::fs::read(&path).unwrap();
        let mut random = Random::new(seed);
        let mut n_refused = 0;
        for round in 0..rounds() {
            std::fs::write(&path, damaged(&original, &mut random)).unwrap();
            let start = Instant::now();
            let read = catch_unwind(|| read_results(&path).is_ok());
            assert!(read.is_ok(), "round {round} of {format} ends in a panic");
            assert!(start.elapsed() < Duration::from_secs(5), "round {round} of {format}");
            n_refused += usize::from(!read.unwrap_or_default());
        }
        assert!(0 < n_refused && n_refused < rounds(), "{format}: {n_refused} refused");
    }
}
