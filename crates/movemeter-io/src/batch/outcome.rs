//! How it went with a stack, and who is told.

use std::fmt;

use movemeter::monitor::{Stage, Warning};

use super::found::Stack;
use super::record::Record;

/// How it went with a stack.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was measured.
    Measured(Record),
    /// It was measured before, and nothing has changed since.
    Kept(Record),
    /// It is a single picture, in which nothing can move.
    LeftOut(String),
    /// It could not be measured.
    Failed(String),
    /// It was not measured yet.
    Waiting(String),
}

/// Whether results that are there can be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// They can: this is what they say of themselves.
    Keep(Box<Record>),
    /// The stack is to be measured.
    Measure(Reason),
}

/// Why a stack is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There are no results.
    New,
    /// It could not be measured before.
    FailedBefore,
    /// By another recipe.
    OtherRecipe,
    /// By another version of the program.
    OtherVersion,
    /// The recording, or the mask's image, has changed since.
    Changed,
    /// Some of the tables are not there, or were changed.
    NoTables,
    /// Only the frames before one that cannot be read were measured, which is not asked for now.
    Incomplete,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::FailedBefore => "failed before",
            Self::OtherRecipe => "measured by another recipe",
            Self::OtherVersion => "measured by another version",
            Self::Changed => "the recording has changed",
            Self::NoTables => "a table is missing or was changed",
            Self::Incomplete => "measured in part",
        })
    }
}

/// Is told how a batch goes, and may stop it. Called from several threads.
pub trait BatchMonitor: Sync {
    /// So many stacks are to be looked at.
    fn begin(&self, _n_stacks: usize) {}
    /// A stack is being measured, for this reason.
    fn begun(&self, _stack: &Stack, _reason: Reason) {}
    /// `done` of `total` frames of this stage are finished.
    fn progress(&self, _stack: &Stack, _stage: Stage, _done: usize, _total: usize) {}
    /// Something to know of how a stack is measured.
    fn warn(&self, _stack: &Stack, _warning: &Warning) {}
    /// Something to know before believing a stack's frames.
    fn doubt(&self, _stack: &Stack, _doubt: &str) {}
    /// A stack is finished.
    fn ended(&self, _stack: &Stack, _outcome: &Outcome) {}
    /// Whether to stop now. A stack that is being measured is given up.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing, stops nothing.
impl BatchMonitor for movemeter::monitor::Silent {}
