//! What is said while it runs, stopping it, and its memory.

use std::io::Read;
use std::process::Stdio;

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};
use movemeter::synth;
use serde_json::Value;

use super::folder::Folder;

#[test]
fn the_summary_says_what_was_measured_and_why_not() {
    let folder = Folder::with_recording();
    let measure = "measure a.tif --roi 48,32,32,32 --max-displacement 6 -o out.csv";
    let ran = folder.run(measure);
    assert!(ran.stderr.contains("6 frames, 1 window: 6 of 6 measured in "), "{}", ran.stderr);
    assert!(ran.stderr.contains(" s -> out.csv\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: the frame rate is not known"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let ran = folder.run(&format!("{measure} --exclude 5 --min-score 1"));
    assert!(ran.stderr.contains("warning: NOTHING could be measured"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of 5 measured") && ran.stderr.contains("1 frame excluded"));
    assert!(ran.stderr.contains("4 not measured:\n  4 low_score: "), "{}", ran.stderr);
    assert_eq!(ran.code, 0);
    let ran = folder.run(&format!("{measure} --frames 0..0"));
    assert!(ran.stderr.contains("no frame besides the reference"), "{}", ran.stderr);
    let ran = folder.run(&format!("{measure} --quiet"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_flat_recording_is_measured_as_nothing() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut Cycle::new(vec![Frame::new(Size::new(64, 64))], 3));
    let ran = folder.run("measure a.tif --grid 32 -o out.csv");
    assert!(ran.stderr.contains("warning: NOTHING could be measured"), "{}", ran.stderr);
    assert!(ran.stderr.contains("flat: no texture"), "{}", ran.stderr);
    assert_eq!(ran.code, 0);
}

fn events(stderr: &str) -> Vec<Value> {
    stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn programs_are_told_in_json() {
    let folder = Folder::with_recording();
    let measure = "measure a.tif --roi 48,32,32,32 -o out.csv --json-progress";
    let ran = folder.run(&format!("{measure} --reference mean"));
    let events_of_run = events(&ran.stderr);
    let progress: Vec<&Value> =
        events_of_run.iter().filter(|event| event["event"] == "progress").collect();
    assert_eq!(progress[0]["stage"], "averaging");
    assert_eq!(progress[progress.len() - 1]["stage"], "measuring");
    assert_eq!(progress[progress.len() - 1]["done"], 6);
    let last = &events_of_run[events_of_run.len() - 1];
    assert_eq!((&last["event"], &last["status"]["ok"]), (&"finished".into(), &6.into()));
    assert!(events_of_run.iter().any(|event| event["event"] == "warning"));
    let failed = events(&folder.run(&format!("{measure} --blur -1")).stderr);
    assert_eq!((&failed[0]["event"], &failed[0]["exit_code"]), (&"error".into(), &2.into()));
}

#[test]
fn whoever_stops_reading_is_no_error() {
    let folder = Folder::with_recording();
    let mut command = folder.command("measure a.tif --grid 8 --max-displacement 2 -o -");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{stderr}");
}

/// Long enough that there is always time to stop it, and several batches long.
#[cfg(unix)]
#[test]
fn what_was_measured_until_ctrl_c_is_kept() {
    use super::folder::{moving, rows};
    use std::io::{BufRead, BufReader};

    let folder = Folder::new();
    let frames = moving(0.5, 0.0).frames(8).to_frames();
    folder.write_stack("a.tif", &mut Cycle::new(frames, 3000));
    let arguments = "measure a.tif --grid 12 -o out.csv --json-progress --threads 1";
    let mut command = folder.command(arguments);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("progress") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended by itself");
    }
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert_eq!(folder.names(), ["a.tif", "out.partial.csv"]);
    assert!(rest.contains("out.partial.csv") && rest.contains("stopped after frame"), "{rest}");
    let table = folder.text("out.partial.csv");
    assert!(table.contains("\n# incomplete stopped after frame "), "{}", &table[..600]);
    assert!(table.contains(" of 3000\n"));
    assert_eq!(rows(&table, ',').len() % (10 * 8), 0, "only whole frames are kept");
}

/// Frames that come again and again.
struct Cycle {
    info: StackInfo,
    frames: Vec<Frame>,
}

impl Cycle {
    fn new(frames: Vec<Frame>, n_frames: usize) -> Self {
        let size = frames[0].size();
        Self { info: StackInfo { size, n_frames, ..StackInfo::default() }, frames }
    }
}

impl FrameSource for Cycle {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        frame.clone_from(&self.frames[index % self.frames.len()]);
        Ok(())
    }
}

/// Frames of 1 MiB as numbers: a batch holds eight, so that both recordings have several batches.
/// There is so much to measure that reading is always as far ahead as it may be.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_frames() {
    let frames = synth::speckle(Size::new(512, 512)).bits(Some(16)).frames(2).to_frames();
    let peak = |n_frames| {
        let folder = Folder::new();
        folder.write_stack("a.tif", &mut Cycle::new(frames.clone(), n_frames));
        let arguments =
            "measure a.tif --roi 240,240,32,32 --max-displacement 4 --threads 1 -o o.csv";
        peak_kib(folder.command(arguments))
    };
    let (short, long) = (peak(30), peak(300));
    println!("{short} KiB for 30 frames, {long} KiB for 300");
    // At the peak a batch more or less may be in flight: eight frames.
    assert!(long < short + 8 * 1024, "{short} KiB for 30 frames, {long} KiB for 300");
}

/// The peak memory of a program, as the system last said while it ran.
#[cfg(target_os = "linux")]
fn peak_kib(mut command: std::process::Command) -> u64 {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kib.unwrap_or_default());
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    peak
}
