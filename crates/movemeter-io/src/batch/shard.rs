//! A part of a batch, for one of several computers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Every N-th of all stacks, in their order. Parts count from 1; all together they are the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// Whether the stack at this place, from 0, is in this part.
    pub fn holds(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }

    /// `summary.2-of-4.csv`
    pub(super) fn summary_name(self) -> String {
        format!("summary.{}-of-{}.csv", self.number, self.of)
    }

    /// The part that a summary of this name is of, if it is of one.
    pub(super) fn of_summary(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (number, of) =
            name.strip_prefix("summary.")?.strip_suffix(".csv")?.split_once("-of-")?;
        let shard = format!("{number}/{of}").parse::<Self>().ok()?;
        // Not summary.01-of-4.csv: somebody else wrote that.
        (shard.summary_name() == name).then_some(shard)
    }

    /// Where all parts are, in an output folder.
    pub(super) fn all_in(output: &Path, of: usize) -> Vec<PathBuf> {
        (1..=of).map(|number| output.join(Self { number, of }.summary_name())).collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/');
        let numbers =
            numbers.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err("must be I/N with I from 1 to N, as in 2/4".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_is_in_one_part() {
        let shards = [1, 2, 3].map(|number| Shard { number, of: 3 });
        for place in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.holds(place)).count(), 1);
        }
        assert!(shards[0].holds(0) && shards[2].holds(5));
    }

    #[test]
    fn parts_count_from_one() {
        assert_eq!("4/4".parse(), Ok(Shard { number: 4, of: 4 }));
        for wrong in ["0/4", "5/4", "1", "1/0", "a/2", "-1/2", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_summary_says_of_which_part_it_is() {
        let shard = Shard { number: 2, of: 13 };
        assert_eq!(Shard::of_summary(&Path::new("a").join(shard.summary_name())), Some(shard));
        for other in ["summary.csv", "summary.0-of-2.csv", "summary.01-of-2.csv", "a.1-of-2.csv"] {
            assert_eq!(Shard::of_summary(Path::new(other)), None);
        }
    }
}
