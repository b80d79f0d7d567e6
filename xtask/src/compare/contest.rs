//! Programs that take turns at the same work.

use serde_json::Value;

use super::bench::Bench;
use super::numbers::Spread;
use super::worker::{Who, failure};
use crate::Result;

/// A program and what it is asked to do.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) who: Who,
    pub(super) request: Value,
    /// How many values it is asked for: windows times frames, or frames.
    pub(super) n_values: usize,
}

/// How long it took.
pub(super) struct Outcome {
    pub(super) name: String,
    /// How many values it measured: one that chooses its windows itself may have chosen others.
    pub(super) n_values: usize,
    /// The first round's reply, with what was found.
    pub(super) reply: Value,
    /// Seconds of each value, round by round; none if it failed.
    costs_s: Vec<f64>,
}

/// All take turns, round by round: A B C A B C.
pub(super) fn run(bench: &mut Bench, entries: &[Entry]) -> Result<Vec<Outcome>> {
    let mut outcomes: Vec<Outcome> = entries.iter().map(Outcome::new).collect();
    for round in 0..bench.n_rounds {
        for (entry, outcome) in entries.iter().zip(&mut outcomes) {
            if 0 < round && outcome.failure().is_some() {
                continue;
            }
            eprintln!("round {} of {}: {}", round + 1, bench.n_rounds, entry.name);
            let reply = bench.measure(entry.who, &entry.request, round == 0)?;
            outcome.add(reply, round == 0)?;
        }
    }
    Ok(outcomes)
}

impl Outcome {
    fn new(entry: &Entry) -> Self {
        Self {
            name: entry.name.clone(),
            n_values: entry.n_values,
            reply: Value::Null,
            costs_s: Vec::new(),
        }
    }

    fn add(&mut self, reply: Value, is_first: bool) -> Result<()> {
        if let Some(found) = reply["found"].as_array() {
            self.n_values = found.len();
        }
        if failure(&reply).is_none() {
            let seconds =
                reply["seconds"].as_f64().ok_or_else(|| format!("{}: no seconds", self.name))?;
            self.costs_s.push(seconds / self.n_values as f64);
        } else if !is_first {
            return Err(format!("{}: {}", self.name, reply["failed"]).into());
        }
        if is_first {
            self.reply = reply;
        }
        Ok(())
    }

    /// Why it could not be measured, if so.
    pub(super) fn failure(&self) -> Option<&str> {
        failure(&self.reply)
    }

    /// Seconds of one value.
    pub(super) fn cost_s(&self) -> Spread {
        Spread::of(self.costs_s.clone())
    }

    /// Values in a second.
    pub(super) fn rate(&self) -> Spread {
        Spread::of(self.costs_s.iter().map(|cost| 1.0 / cost).collect())
    }

    /// How many times as long it takes for a value, round by round.
    pub(super) fn cost_over(&self, other: &Self) -> Spread {
        let ratios = self.costs_s.iter().zip(&other.costs_s).map(|(own, other)| own / other);
        Spread::of(ratios.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(n_values: usize, seconds: &[f64]) -> Outcome {
        let entry = Entry { name: "x".into(), who: Who::Peers, request: json!({}), n_values };
        let mut outcome = Outcome::new(&entry);
        for (round, seconds) in seconds.iter().enumerate() {
            outcome.add(json!({ "seconds": seconds }), round == 0).unwrap();
        }
        outcome
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine was twice as slow in the second round, which hit both.
        let (slow, fast) = (outcome(10, &[10.0, 20.0]), outcome(100, &[10.0, 20.0]));
        assert_eq!(slow.cost_over(&fast), Spread::of(vec![10.0, 10.0]));
        assert_eq!(fast.rate(), Spread::of(vec![10.0, 5.0]));
    }

    #[test]
    fn what_fails_says_why_and_has_no_numbers() {
        let entry = Entry { name: "x".into(), who: Who::Peers, request: json!({}), n_values: 1 };
        let mut outcome = Outcome::new(&entry);
        outcome.add(json!({ "failed": "no such module" }), true).unwrap();
        assert_eq!(outcome.failure(), Some("no such module"));
        assert!(outcome.add(json!({ "failed": "later" }), false).is_err());
    }
}
