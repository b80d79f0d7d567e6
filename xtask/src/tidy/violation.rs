//! What breaks a rule, and where.

use std::fmt;

/// A broken rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Violation {
    /// The file's path from the root.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Violation {
    pub(crate) fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Line and message of each, for comparing in tests.
#[cfg(test)]
pub(crate) fn in_short(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(|v| format!("{}: {}", v.line, v.message)).collect()
}
