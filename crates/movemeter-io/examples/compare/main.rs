//! Measures how fast the measurement is: one JSON request a line, one JSON reply a line.
//!
//! `cargo xtask compare` talks to it, and to other programs that are given the same frames
//! (`xtask/compare/peers`). A reply has the seconds of one measurement and, if asked for, what was found.
#![allow(clippy::print_stdout, reason = "replies go to where the caller wants them")]

mod clock;
mod inputs;
mod motion;
mod brightness;
mod peak;

use std::io::{BufRead, stdin};

use movemeter::error::BoxError;
use serde::Deserialize;
use serde_json::{Value, json};

/// What may be asked for.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Request {
    MakeGrid(inputs::Grid),
    MakeTurning(inputs::Turning),
    MakeStack(inputs::Stack),
    Motion(motion::Motion),
    Brightness(brightness::Brightness),
    Peak(peak::Peak),
}

fn main() -> Result<(), BoxError> {
    let mut stacks = motion::Stacks::default();
    for line in stdin().lock().lines() {
        let reply = serde_json::from_str(&line?)
            .map_err(BoxError::from)
            .and_then(|request| answer(&request, &mut stacks));
        println!("{}", reply.unwrap_or_else(|error| json!({ "failed": error.to_string() })));
    }
    Ok(())
}

fn answer(request: &Request, stacks: &mut motion::Stacks) -> Result<Value, BoxError> {
    match request {
        Request::MakeGrid(grid) => grid.make(),
        Request::MakeTurning(turning) => turning.make(),
        Request::MakeStack(stack) => stack.make(),
        Request::Motion(motion) => motion.measure(stacks),
        Request::Brightness(brightness) => brightness.measure(),
        Request::Peak(peak) => peak.measure(),
    }
}
