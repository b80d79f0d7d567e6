//! `movemeter batch`: many recordings by one recipe.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter_io::batch::{
    Batch, BatchMonitor, Outcome, Plan, Reason, Report, Row, SUMMARY, Stack, State, Summary, Watch,
    join_tables, merge,
};
use movemeter_io::{Input, TableFormat, check_not_an_input, read_recipe};
use serde_json::{Value, json};

use crate::arguments::BatchArguments;
use crate::failure::Failure;
use crate::stop;
use crate::voice::{Voice, print};
use crate::words::{counted, duration};

/// Measures all recordings that need it, or says which ones do.
pub fn batch(arguments: &BatchArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    check_table(arguments)?;
    if arguments.merge {
        let summary = merge(&arguments.output)?;
        join(arguments, &summary, voice)?;
        Told { summary: &summary, n_measured: 0, time: begun.elapsed() }.say(arguments, voice);
        return verdict(&summary, &arguments.output);
    }
    let batch = asked_for(arguments)?;
    if arguments.dry_run {
        return print(&planned(&batch)?);
    }
    let Report { summary, n_measured, passed } = batch.run(&Listener::new(voice))?;
    voice.end_progress();
    if !passed.is_empty() {
        voice.warning(&not_gone_through(&passed));
    }
    join(arguments, &summary, voice)?;
    Told { summary: &summary, n_measured, time: begun.elapsed() }.say(arguments, voice);
    if stop::is_wanted() {
        return Err(Failure::Stopped(stopped(&summary)));
    }
    verdict(&summary, &arguments.output)
}

fn asked_for(arguments: &BatchArguments) -> Result<Batch, Failure> {
    let recipe = arguments.recipe.as_ref().expect("clap asks for it unless parts are joined");
    let table = |format: &String| format!("motion.{}", format.trim().trim_start_matches('.'));
    let tables: Vec<String> = arguments.formats.iter().map(table).collect();
    for table in &tables {
        TableFormat::of(table).map_err(|error| Failure::Usage(format!("--format: {error}")))?;
    }
    if let Some(twice) =
        tables.iter().find(|table| 1 < tables.iter().filter(|other| other == table).count())
    {
        return Err(Failure::Usage(format!(
            "--format names a format twice, for {twice}; name it once"
        )));
    }
    let until_idle = arguments.until_idle;
    Ok(Batch {
        folders: arguments.folders.clone(),
        recursive: arguments.recursive,
        recipe: read_recipe(recipe)?,
        output: arguments.output.clone(),
        tables,
        shard: arguments.shard,
        check_hashes: arguments.check_hashes,
        keep_going: arguments.keep_going,
        n_jobs: arguments.jobs,
        n_threads: arguments.threads,
        watch: arguments.watch.then_some(Watch { settling: arguments.settle, until_idle }),
    })
}

/// What would be found out only when all is measured.
fn check_table(arguments: &BatchArguments) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::Usage(format!("--table {text}")));
    let Some(table) = &arguments.table else { return Ok(()) };
    if !table.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return usage("must be a name that ends in .csv");
    }
    let is_summary = table.parent() == Some(arguments.output.as_path())
        && table.file_name().is_some_and(|name| name == SUMMARY);
    if is_summary {
        return usage("would be written over by the summary; give it another name");
    }
    if let Some(recipe) = &arguments.recipe {
        let recipe = Input { path: recipe.clone(), files: vec![recipe.clone()] };
        check_not_an_input(table, &[recipe])?;
    }
    if !arguments.merge && !arguments.formats.iter().any(|format| format == "csv") {
        return usage("joins the tables in .csv; have csv among the formats of --format");
    }
    Ok(())
}

/// Writes one table of all, if it was asked for and nothing more is to come.
fn join(arguments: &BatchArguments, summary: &Summary, voice: &Voice) -> Result<(), Failure> {
    let Some(table) = arguments.table.as_ref().filter(|_| !stop::is_wanted()) else {
        return Ok(());
    };
    let n_rows = join_tables(&arguments.output, summary, table)?;
    let text = format!("{} of all stacks -> {}", counted(n_rows, "row"), table.display());
    let event =
        json!({ "event": "joined", "rows": n_rows, "outputs": [table.display().to_string()] });
    voice.result(&text, &event);
    Ok(())
}

/// A line for each recording: what would be done with it, and why.
fn planned(batch: &Batch) -> Result<String, Failure> {
    let plans = batch.plan()?;
    let line = |(stack, plan): &(Stack, Plan)| match plan {
        Plan::Keep(_) => format!("keep     {}\n", stack.name),
        Plan::Measure(reason) => format!("measure  {} ({reason})\n", stack.name),
    };
    let n_measured = plans.iter().filter(|(_, plan)| matches!(plan, Plan::Measure(_))).count();
    let lines: String = plans.iter().map(line).collect();
    Ok(format!("{lines}{n_measured} of {} to measure\n", counted(plans.len(), "stack")))
}

fn not_gone_through(passed: &[PathBuf]) -> String {
    let more = match passed.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    format!(
        "not gone through: the recordings and folders in {}{more}; --recursive takes them, too",
        passed[0].display()
    )
}

fn stopped(summary: &Summary) -> String {
    match summary.count(State::Waiting) {
        0 => "stopped".into(),
        n => format!(
            "stopped; {n} of {} not measured yet: the same command goes on from here",
            counted(summary.rows.len(), "stack")
        ),
    }
}

/// Whether all is well.
fn verdict(summary: &Summary, output: &Path) -> Result<(), Failure> {
    let (n_failed, n_waiting) = (summary.count(State::Failed), summary.count(State::Waiting));
    if n_failed + n_waiting == 0 {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{} of {} could not be measured; the summary says why, and the same command tries again ({})",
        n_failed + n_waiting,
        counted(summary.rows.len(), "stack"),
        summary.path(output).display()
    )))
}

/// What is said in the end.
struct Told<'a> {
    summary: &'a Summary,
    n_measured: usize,
    time: Duration,
}

/// So many stacks that failed are listed; the summary has them all.
const MOST_LISTED: usize = 20;

impl Told<'_> {
    fn say(&self, arguments: &BatchArguments, voice: &Voice) {
        let path = self.summary.path(&arguments.output);
        voice.result(&self.text(&path), &self.event(&path));
    }

    fn text(&self, path: &Path) -> String {
        let count = |state| self.summary.count(state);
        let n_done = count(State::Done) + count(State::Incomplete);
        let mut text = format!(
            "{}, {} -> {}",
            counted(self.summary.rows.len(), "stack"),
            duration(self.time),
            path.display()
        );
        let mut line = |n: usize, what: &str| {
            if 0 < n {
                text += &format!("\n{n:6} {what}");
            }
        };
        line(self.n_measured.min(n_done), "measured now");
        line(n_done.saturating_sub(self.n_measured), "measured before and unchanged");
        line(count(State::Incomplete), "of these only up to a frame that cannot be read");
        line(count(State::LeftOut), "left out: a single picture");
        line(count(State::Waiting), "waiting");
        line(count(State::Failed), "failed");
        text + &self.failures()
    }

    fn failures(&self) -> String {
        let failed = || self.summary.rows.iter().filter(|row| row.status == State::Failed);
        let line = |row: &Row| {
            format!("\n         {}: {}", row.stack, row.message.as_deref().unwrap_or_default())
        };
        let more = match failed().count() {
            n if n <= MOST_LISTED => String::new(),
            n => format!("\n         and {} more", n - MOST_LISTED),
        };
        failed().take(MOST_LISTED).map(line).collect::<String>() + &more
    }

    fn event(&self, path: &Path) -> Value {
        let count = |state| self.summary.count(state);
        json!({
            "event": "finished",
            "stacks": self.summary.rows.len(),
            "measured_now": self.n_measured,
            "done": count(State::Done),
            "incomplete": count(State::Incomplete),
            "left_out": count(State::LeftOut),
            "waiting": count(State::Waiting),
            "failed": count(State::Failed),
            "seconds": self.time.as_secs_f64(),
            "outputs": [path.display().to_string()],
        })
    }
}

/// Says how it goes while it goes.
struct Listener<'a> {
    voice: &'a Voice,
    /// What was warned of: ten thousand stacks have the same to say.
    warned: Mutex<HashSet<Discriminant<Warning>>>,
}

impl<'a> Listener<'a> {
    fn new(voice: &'a Voice) -> Self {
        Self { voice, warned: Mutex::default() }
    }
}

impl BatchMonitor for Listener<'_> {
    fn begin(&self, n_stacks: usize) {
        self.voice.begin_counting(Stage::Measuring, n_stacks, "stacks");
    }

    fn begun(&self, stack: &Stack, reason: Reason) {
        self.voice.event(
            || json!({ "event": "stack_begun", "stack": stack.name, "reason": reason.to_string() }),
        );
    }

    fn progress(&self, stack: &Stack, stage: Stage, done: usize, total: usize) {
        let name = stack.name.rsplit('/').next().unwrap_or_default();
        self.voice.doing(|| format!("{name}: {stage} {done}/{total}"));
        self.voice.event(|| {
            json!({
                "event": "progress", "stack": stack.name, "stage": stage.to_string(), "done": done,
                "total": total
            })
        });
    }

    fn warn(&self, stack: &Stack, warning: &Warning) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(discriminant(warning)) {
            let hint = "; that is said once, of the first stack";
            self.voice.warning(&format!("{}: {warning}{hint}", stack.name));
        }
    }

    fn doubt(&self, stack: &Stack, doubt: &str) {
        self.voice.warning(&format!("{}: {doubt}", stack.name));
    }

    fn ended(&self, stack: &Stack, outcome: &Outcome) {
        self.voice.count_one();
        let (status, text) = match outcome {
            Outcome::Kept(_) => return,
            Outcome::Measured(record) => (
                "measured",
                format!(
                    "{}, {}: {} of {} measured in {}",
                    counted(record.frames, "frame"),
                    counted(record.windows, "window"),
                    record.ok,
                    record.samples,
                    duration(Duration::from_secs_f64(record.seconds))
                ),
            ),
            Outcome::LeftOut(why) => ("left_out", format!("left out, {why}")),
            Outcome::Failed(why) => ("failed", format!("FAILED: {why}")),
            Outcome::Waiting(why) => ("waiting", format!("waiting: {why}")),
        };
        let event = json!({
            "event": "stack_ended", "stack": stack.name, "status": status, "message": text
        });
        self.voice.result(&format!("{}: {text}", stack.name), &event);
    }

    fn is_cancelled(&self) -> bool {
        self.voice.is_cancelled()
    }
}
