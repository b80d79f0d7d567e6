//! A folder that is still being filled.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use super::Batch;
use super::crew::Crew;
use super::found::Stack;
use super::outcome::{BatchMonitor, Outcome};
use super::record::FileRecord;
use crate::error::Error;
use crate::series::Input;

/// How long one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// A recording is taken when its files have not changed for so long.
    pub settling: Duration,
    /// It is over when nothing has changed for so long. `None`: when the monitor says so.
    pub until_idle: Option<Duration>,
}

/// How often one looks; for so much of the time at most.
const LOOKING: Duration = Duration::from_millis(500);
const LOOKING_PART: u32 = 10;

/// What is known of the recordings in a folder that changes.
struct Watched {
    /// Their files, and since when they are so.
    standing: HashMap<String, (Vec<FileRecord>, Instant)>,
    /// What became of them when their files were so.
    settled: HashMap<String, (Vec<FileRecord>, Outcome)>,
    last_change: Instant,
}

/// Measures recordings as they become whole, until it is over. What became of those that were looked at is in what
/// they left behind.
pub(super) fn watch(
    batch: &Batch,
    watch: Watch,
    monitor: &dyn BatchMonitor,
) -> Result<HashMap<String, Outcome>, Error> {
    let mut watched =
        Watched { standing: HashMap::new(), settled: HashMap::new(), last_change: Instant::now() };
    let crew = Crew::new(batch, monitor, true);
    while !monitor.is_cancelled() {
        let looked = Instant::now();
        let ready = watched.look(batch.find()?.stacks, watch.settling);
        if !ready.is_empty() {
            monitor.begin(ready.len());
            let outcomes = crew.settle_all(&ready);
            crew.check_room()?;
            watched.remember(&ready, outcomes);
            continue;
        }
        if watch.until_idle.is_some_and(|idle| idle <= watched.last_change.elapsed()) {
            break;
        }
        sleep(LOOKING.max(looked.elapsed() * LOOKING_PART), monitor);
    }
    Ok(watched.settled.into_iter().map(|(name, (_, outcome))| (name, outcome)).collect())
}

impl Watched {
    /// The stacks that stand still and were not measured as they are.
    fn look(&mut self, stacks: Vec<Stack>, settling: Duration) -> Vec<Stack> {
        let mut ready = Vec::new();
        for stack in stacks {
            let files = files_of(&stack);
            let standing = self.standing.get(&stack.name).filter(|(before, _)| *before == files);
            let Some((_, since)) = standing else {
                self.last_change = Instant::now();
                self.standing.insert(stack.name, (files, self.last_change));
                continue;
            };
            let is_settled = self.settled.get(&stack.name).is_some_and(|(of, _)| *of == files);
            if settling <= since.elapsed() && !is_settled {
                ready.push(stack);
            }
        }
        ready
    }

    fn remember(&mut self, stacks: &[Stack], outcomes: Vec<Outcome>) {
        for (stack, outcome) in stacks.iter().zip(outcomes) {
            let files = self.standing.get(&stack.name).map(|(files, _)| files.clone());
            self.settled.insert(stack.name.clone(), (files.unwrap_or_default(), outcome));
        }
        self.last_change = Instant::now();
    }
}

/// Nothing is known of files that are just being taken away: they are looked at again.
fn files_of(stack: &Stack) -> Vec<FileRecord> {
    let input = Input { path: stack.path.clone(), files: stack.files.clone() };
    FileRecord::of_input(&input).unwrap_or_default()
}

/// Sleeps, unless one is to stop.
fn sleep(time: Duration, monitor: &dyn BatchMonitor) {
    let until = Instant::now() + time;
    while Instant::now() < until && !monitor.is_cancelled() {
        thread::sleep(Duration::from_millis(50));
    }
}
