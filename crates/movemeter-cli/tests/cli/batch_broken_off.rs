//! Batches that are killed, stopped, run twice at once, or run while recordings come in.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::batch::BATCH;
use super::folder::{Folder, moving};

/// Numbers that look random and are the same in each run.
struct Chance(u64);

impl Chance {
    /// From 0 to `below`, exclusive. Constants of D. Knuth's MMIX.
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

fn started(folder: &Folder, arguments: &str) -> (Child, BufReader<impl Read + use<>>) {
    let mut command = folder.command(arguments);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    (child, stderr)
}

/// Whether that many lines came before it ended.
fn said_lines(stderr: &mut impl BufRead, n_lines: usize) -> bool {
    let mut line = String::new();
    (0..n_lines).all(|_| {
        line.clear();
        stderr.read_line(&mut line).unwrap() != 0
    })
}

/// Everything that has a final name is as in the run that nobody disturbed, but for times.
fn check_all_is_whole(folder: &Folder, whole: &Folder) {
    let expected = whole.below("out");
    for (name, bytes) in folder.below("out") {
        assert!(expected.contains_key(&name), "{name}");
        if name.ends_with(".json") && !name.ends_with("motion.json") {
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            assert!(record["recipe_sha256"].is_string(), "{name}");
            assert!(bytes.ends_with(b"}\n"), "{name}");
        } else if name == "summary.csv" {
            assert_eq!(folder.states("out/summary.csv").len(), 6);
        } else {
            assert_eq!(bytes, expected[&name], "{name}");
        }
    }
}

#[test]
fn after_any_kill_all_that_is_there_is_whole_and_the_rest_is_made_up_for() {
    const STACKS: [&str; 5] = ["a.tif", "b.tif", "c.tif", "d.tif", "e.tif"];
    let batch = format!("{BATCH} --format csv,json --json-progress --jobs 2");
    let make = || {
        let folder = Folder::of_stacks(&STACKS);
        std::fs::write(folder.path("in/bad.tif"), "not a picture").unwrap();
        folder
    };
    let (folder, whole) = (make(), make());
    let n_lines = whole.run(&batch).stderr.lines().count();
    let (mut chance, mut n_killed) = (Chance(7), 0);
    while n_killed < 20 {
        let (mut child, mut stderr) = started(&folder, &batch);
        let was_running = said_lines(&mut stderr, chance.next(n_lines / 2));
        // A little later, for what happens between two lines.
        std::thread::sleep(Duration::from_micros(chance.next(4000) as u64));
        let ended_before = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        check_all_is_whole(&folder, &whole);
        if was_running && !ended_before {
            n_killed += 1;
        } else {
            let _ = std::fs::remove_dir_all(folder.path("out"));
        }
    }
    let ran = folder.run(&batch);
    assert_eq!(ran.code, 1, "one is bad: {ran:?}");
    check_all_is_whole(&folder, &whole);
    assert_eq!(folder.tables("out"), whole.tables("out"));
    assert_eq!(folder.states("out/summary.csv"), whole.states("out/summary.csv"));
    assert_eq!(hidden_below(&folder), 0, "what killed runs left is taken away");
}

/// How many hidden files there are in folders of stacks.
fn hidden_below(folder: &Folder) -> usize {
    let found = std::process::Command::new("find")
        .arg(folder.path("out"))
        .args(["-mindepth", "2", "-name", ".*"])
        .output()
        .unwrap();
    found.stdout.iter().filter(|&&byte| byte == b'\n').count()
}

#[test]
fn after_ctrl_c_the_summary_says_what_is_waiting_and_the_next_run_goes_on() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif", "c.tif", "d.tif"]);
    let batch = format!("{BATCH} --json-progress --jobs 1");
    let (mut child, mut stderr) = started(&folder, &batch);
    let mut line = String::new();
    while !line.contains("stack_ended") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended by itself");
    }
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("the same command goes on from here") || rest.contains("\"waiting\":0"));
    let states = folder.states("out/summary.csv");
    assert_eq!((states.len(), &*states["in/a"]), (4, "done"));
    assert_eq!(hidden_below(&folder), 0);
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(folder.tables("out").len(), 4);
}

#[test]
fn two_batches_at_once_share_the_work() {
    let names: Vec<String> = (0..12).map(|k| format!("{k}.tif")).collect();
    let folder = Folder::of_stacks(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let batch = format!("{BATCH} --json-progress --jobs 2");
    let both = [started(&folder, &batch), started(&folder, &batch)];
    let mut n_begun = 0;
    for (mut child, mut stderr) in both {
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
        n_begun += said.matches("stack_begun").count();
    }
    assert_eq!(n_begun, 12, "each is measured once");
    assert_eq!(folder.tables("out").len(), 12);
    assert_eq!(hidden_below(&folder), 0);
}

#[test]
fn recordings_are_taken_as_they_become_whole() {
    let folder = Folder::of_stacks(&["a.tif"]);
    folder.write("b.tif", moving(0.5, 0.0), 4);
    let b = std::fs::read(folder.path("b.tif")).unwrap();
    let batch = format!("{BATCH} --watch --settle 0.3 --until-idle 4 --json-progress");
    let (mut child, mut stderr) = started(&folder, &batch);
    let mut said = String::new();
    let mut until = |stderr: &mut dyn BufRead, what: &str| {
        while !said.contains(what) {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
    };
    until(&mut stderr, r#""stack":"in/a","status":"measured""#);
    // It seems whole for its size stands still, but is cut off.
    std::fs::write(folder.path("in/b.tif"), &b[..b.len() / 2]).unwrap();
    until(&mut stderr, r#""stack":"in/b","status":"waiting""#);
    assert!(!folder.path("out/in/b/failed.json").exists());
    std::fs::write(folder.path("in/b.tif"), &b).unwrap();
    until(&mut stderr, r#""stack":"in/b","status":"measured""#);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    assert!(rest.contains(r#""measured_now":2"#), "{rest}");
    assert_eq!(folder.tables("out").len(), 2);
}
