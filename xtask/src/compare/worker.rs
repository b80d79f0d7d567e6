//! The processes that measure: JSON requests in, JSON replies out, a line each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::Result;

/// Who measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Who {
    Movemeter,
    Peers,
}

/// A process that answers; it ends when this is dropped.
pub(super) struct Worker {
    process: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Worker {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = process.stdin.take().expect("piped above");
        let replies = BufReader::new(process.stdout.take().expect("piped above"));
        Ok(Self { process, requests, replies })
    }

    /// The reply; where it is that something failed, the reason is its member `failed`.
    pub(super) fn ask(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.requests, "{request}")?;
        let mut reply = String::new();
        if self.replies.read_line(&mut reply)? == 0 {
            let status = self.process.wait()?;
            return Err(format!("{} ended with {status}", request["do"]).into());
        }
        Ok(serde_json::from_str(&reply)?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Why it failed, if it did.
pub(super) fn failure(reply: &Value) -> Option<&str> {
    reply["failed"].as_str()
}
