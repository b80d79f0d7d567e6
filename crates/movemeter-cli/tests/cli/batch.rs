//! Many recordings by one recipe.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::folder::{Folder, moving, rows};

/// The whole frame, covered with windows; for frames of any size.
pub const RECIPE: &str = r#"
max_displacement_px = 6.0
[[rois]]
name = "grid"
[[rois.rois]]
shape = "frame"
fill = { blocks = { size = [32, 32], step = 1.0 } }
"#;

impl Folder {
    /// Recordings in `in`, and a recipe for them.
    pub fn of_stacks(names: &[&str]) -> Self {
        let folder = Self::new();
        std::fs::write(folder.path("r.toml"), RECIPE).unwrap();
        std::fs::create_dir(folder.path("in")).unwrap();
        for (k, name) in names.iter().enumerate() {
            let path = format!("in/{name}");
            std::fs::create_dir_all(folder.path(&path).parent().unwrap()).unwrap();
            folder.write(&path, moving(0.25 * k as f64, 0.125), 4);
        }
        folder
    }

    /// All files below a folder that are not hidden, by their paths.
    pub fn below(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let root = self.path(name);
        gather(&root, &root, &mut files);
        files
    }

    /// All tables of stacks below a folder.
    pub fn tables(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let is_table = |path: &str| path.contains("/motion.");
        self.below(name).into_iter().filter(|(path, _)| is_table(path)).collect()
    }

    /// The summary's column `status` by stack.
    pub fn states(&self, summary: &str) -> BTreeMap<String, String> {
        let mut rows = rows(&self.text(summary), ',');
        let state = |row: &mut super::folder::Row| {
            (row.remove("stack").unwrap(), row.remove("status").unwrap())
        };
        rows.iter_mut().map(state).collect()
    }
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            gather(root, &path, files);
        } else if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

pub const BATCH: &str = "batch in --recipe r.toml -o out";

#[test]
fn each_recording_gets_its_table_and_the_summary_a_line_for_each() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif", "b10.tif"]);
    let ran = folder.run(&format!("{BATCH} --format csv,json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let there: Vec<String> = folder.below("out").into_keys().collect();
    let of = |name: &str| {
        ["done.json", "motion.csv", "motion.json"].map(|file| format!("in/{name}/{file}"))
    };
    let expected = [of("a"), of("b"), of("b10")].concat();
    assert_eq!(there, [expected, vec!["summary.csv".into()]].concat());
    let done = ["in/a", "in/b", "in/b10"].map(|name| (name.into(), "done".into()));
    assert_eq!(folder.states("out/summary.csv"), done.into());
    // As measured one by one.
    let one = folder.run("measure in/b.tif --grid 32 --max-displacement 6 -o b.csv");
    assert_eq!(one.code, 0, "{one:?}");
    let table = |name: &str| rows(&folder.text(name), ',');
    assert_eq!(table("out/in/b/motion.csv"), table("b.csv"));
}

#[test]
fn what_is_done_is_kept_and_what_changed_is_measured_again() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif", "c.tif"]);
    let measured_again = |arguments: &str| {
        let ran = folder.run(&format!("{BATCH} --json-progress {arguments}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        begun(&ran.stderr)
    };
    assert_eq!(measured_again("").len(), 3);
    assert_eq!(measured_again("").len(), 0);
    folder.write("in/b.tif", moving(1.0, 0.0), 5);
    let again = measured_again("");
    assert_eq!(again, [("in/b".into(), "the recording has changed".into())]);
    std::fs::remove_file(folder.path("out/in/c/motion.csv")).unwrap();
    assert_eq!(measured_again("").len(), 1);
    assert_eq!(measured_again("--format csv,json").len(), 3);
    std::fs::write(folder.path("r.toml"), format!("blur_sigma_px = 0.5{RECIPE}")).unwrap();
    let again = measured_again("--dry-run");
    assert_eq!(again.len(), 0, "nothing is done");
    let again = measured_again("");
    assert_eq!(again[0].1, "measured by another recipe");
    assert_eq!(again.len(), 3);
    assert!(!folder.path("out/in/a/motion.json").exists(), "it was of the old recipe");
}

/// The stacks that were measured, and why.
fn begun(stderr: &str) -> Vec<(String, String)> {
    let events = stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let begun = events.filter(|event| event["event"] == "stack_begun");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut begun: Vec<_> =
        begun.map(|event| (text(&event["stack"]), text(&event["reason"]))).collect();
    begun.sort();
    begun
}

#[test]
fn a_copied_recording_is_known_by_its_bytes_if_asked_for() {
    let folder = Folder::of_stacks(&["a.tif"]);
    assert_eq!(folder.run(BATCH).code, 0);
    let bytes = std::fs::read(folder.path("in/a.tif")).unwrap();
    std::fs::write(folder.path("in/a.tif"), bytes).unwrap();
    let dry = |arguments: &str| folder.run(&format!("{BATCH} --dry-run {arguments}")).stdout;
    assert_eq!(dry("--check-hashes"), "keep     in/a\n0 of 1 stack to measure\n");
    assert_eq!(dry(""), "measure  in/a (the recording has changed)\n1 of 1 stack to measure\n");
}

#[test]
fn a_bad_recording_does_not_stop_the_others_and_is_tried_again() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif"]);
    std::fs::write(folder.path("in/bad.tif"), "not a picture").unwrap();
    std::fs::write(folder.path("in/empty.avi"), "").unwrap();
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("in/bad: cannot read as TIFF"), "{ran:?}");
    assert!(ran.stderr.contains("2 of 4 stacks could not be measured"), "{ran:?}");
    let states = folder.states("out/summary.csv");
    assert_eq!(states.values().filter(|state| *state == "done").count(), 2);
    assert_eq!((&*states["in/bad"], &*states["in/empty"]), ("failed", "failed"));
    let failed: Value = serde_json::from_str(&folder.text("out/in/bad/failed.json")).unwrap();
    assert!(failed["message"].as_str().unwrap().contains("bad.tif"));
    folder.write("in/bad.tif", moving(0.5, 0.5), 3);
    std::fs::remove_file(folder.path("in/empty.avi")).unwrap();
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("     1 measured now\n     2 measured before"), "{ran:?}");
    assert!(!folder.path("out/in/bad/failed.json").exists());
}

#[test]
fn a_recording_that_breaks_off_fails_or_is_measured_in_part_if_asked_for() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif"]);
    let whole = std::fs::read(folder.path("in/a.tif")).unwrap();
    std::fs::write(folder.path("in/a.tif"), &whole[..whole.len() / 2 + 2000]).unwrap();
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("in/a: cannot read frame 2"), "{ran:?}");
    let ran = folder.run(&format!("{BATCH} --keep-going"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(folder.states("out/summary.csv")["in/a"], "incomplete");
    assert!(folder.text("out/in/a/motion.csv").contains("# incomplete cannot read frame 2"));
    assert!(folder.run(&format!("{BATCH} --keep-going")).stderr.contains("2 measured before"));
    assert_eq!(folder.run(BATCH).code, 1, "half is not accepted any more");
}

#[test]
fn pictures_are_one_recording_and_folders_of_pictures_are_many() {
    let folder = Folder::of_stacks(&["deep/er/s.tif"]);
    for (of, n) in [("in/p", 3), ("in/q, ü", 3), ("in/deep/r", 3), ("in/one", 1)] {
        std::fs::create_dir_all(folder.path(of)).unwrap();
        for k in 0..n {
            folder.write(&format!("{of}/{k}.tif"), moving(0.5, 0.0), 1);
        }
    }
    std::fs::write(folder.path("in/notes.txt"), "").unwrap();
    std::fs::create_dir(folder.path("in/.hidden")).unwrap();
    folder.write("in/.hidden/h.tif", moving(0.5, 0.0), 2);
    let dry = |arguments: &str| {
        folder.run(&format!("batch {arguments} --recipe r.toml -o in/out --dry-run")).stdout
    };
    let line = |name: &str| format!("measure  {name} (new)\n");
    let shallow = [line("in/one"), line("in/p"), line("in/q, ü")].concat();
    assert_eq!(dry("in"), shallow + "3 of 3 stacks to measure\n");
    let all = ["in/deep/er/s", "in/deep/r", "in/one", "in/p", "in/q, ü"].map(line).concat();
    assert_eq!(dry("in --recursive"), all + "5 of 5 stacks to measure\n");
    assert_eq!(dry("in/p"), line("p") + "1 of 1 stack to measure\n");
    let ran = folder.run("batch in --recursive --recipe r.toml -o in/out --format csv");
    assert_eq!(ran.code, 0, "{ran:?}");
    let states = folder.states("in/out/summary.csv");
    // The table's reader here knows no commas in cells.
    assert_eq!((states.len(), &*states["in/one"]), (5, "left_out"));
    assert!(folder.path("in/out/in/q, ü/motion.csv").exists());
    assert!(!folder.path("in/out/in/one").exists());
    // Results are no recordings, whether they are of this output folder or of another.
    assert_eq!(dry("in --recursive").lines().count(), 6);
    let other = folder.run("batch in --recursive --recipe r.toml -o other --dry-run").stdout;
    assert_eq!(other.lines().count(), 6, "{other}");
}

#[test]
fn names_never_collide_nor_lead_outside() {
    let folder = Folder::of_stacks(&["a.tif", "a.ome.tiff", "A.b.tif", "sub/a.tif"]);
    let ran = folder.run(&format!("{BATCH} --recursive"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let names: Vec<String> = folder.tables("out").into_keys().collect();
    let expected = ["A.b", "a.ome.tiff", "a.tif", "sub/a"];
    assert_eq!(names, expected.map(|name| format!("in/{name}/motion.csv")));
    assert_eq!(folder.names(), ["in", "out", "r.toml"]);
    std::fs::create_dir_all(folder.path("other/in")).unwrap();
    folder.write("other/in/a.tif", moving(0.0, 0.0), 3);
    let ran = folder.run("batch in other/in --recipe r.toml -o out --recursive");
    assert_eq!(ran.code, 0, "{ran:?}");
    let before = folder.tables("out");
    folder.write("other/in/A.b.tif", moving(0.0, 0.0), 3);
    let ran = folder.run("batch in other/in --recipe r.toml -o out");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("would have the same name"), "{ran:?}");
    let ran = folder.run("batch other/in --recipe r.toml -o out");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("there are results of another recording"), "{ran:?}");
    for (name, table) in before {
        assert_eq!(std::fs::read(folder.path("out").join(&name)).unwrap(), table, "{name}");
    }
}

#[test]
fn parts_of_a_batch_are_joined_to_the_whole() {
    let names = ["a.tif", "b.tif", "c, d.tif", "e.tif", "f.tif"];
    let folder = Folder::of_stacks(&names);
    std::fs::write(folder.path("in/bad.tif"), "not a picture").unwrap();
    assert_eq!(folder.run("batch in --recipe r.toml -o whole").code, 1);
    let merge = || folder.run("batch --merge -o out");
    let part = |n: usize| folder.run(&format!("{BATCH} --shard {n}/3"));
    assert!([0, 1].contains(&part(2).code));
    assert!(merge().stderr.contains("parts of the batch are missing: 1/3 3/3"), "{:?}", merge());
    assert!([0, 1].contains(&part(1).code) && !folder.path("out/summary.csv").exists());
    assert!([0, 1].contains(&part(3).code) && folder.path("out/summary.csv").exists());
    assert_eq!(folder.tables("out"), folder.tables("whole"));
    let without_seconds = |name: &str| {
        let text = folder
            .text(name)
            .replace("\"in/c, d\"", "in/c d")
            .replace("\"in/c, d.tif\"", "in/c d.tif");
        let mut rows = rows(&text, ',');
        rows.iter_mut().for_each(|row| drop(row.remove("seconds")));
        rows
    };
    assert_eq!(without_seconds("out/summary.csv"), without_seconds("whole/summary.csv"));
    let joined = folder.text("out/summary.csv");
    assert_eq!(merge().code, 1, "one failed");
    assert_eq!(folder.text("out/summary.csv"), joined);
    // A run of the whole finds all done, and says the same.
    let ran = folder.run(BATCH);
    assert!(ran.stderr.contains("     5 measured before"), "{ran:?}");
    assert_eq!(folder.text("out/summary.csv"), joined);
    assert!(!folder.path("out/summary.1-of-3.csv").exists(), "the whole says what parts said");
    let ran = merge();
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn all_tables_can_be_joined_into_one() {
    let folder = Folder::of_stacks(&["a.tif", "b, c.tif"]);
    std::fs::write(folder.path("in/bad.tif"), "not a picture").unwrap();
    assert_eq!(folder.run(&format!("{BATCH} --table all.csv")).code, 1);
    let text = folder.text("all.csv");
    assert!(text.contains("\nstack,frame,time_s,group,"), "{text}");
    let body = |name: &str, stack: &str| {
        let table = folder.text(name);
        let lines = table.lines().filter(|line| !line.starts_with('#')).skip(1);
        lines.map(|line| format!("{stack},{line}\n")).collect::<String>()
    };
    let expected =
        body("out/in/a/motion.csv", "in/a") + &body("out/in/b, c/motion.csv", "\"in/b, c\"");
    assert!(text.ends_with(&expected), "{text}");
    let ran = folder.run("batch in/a.tif --recipe r.toml -o out2 --table t.csv");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(folder.path("out2/a/motion.csv").exists(), "a recording may be given by itself");
    let refused = |arguments: &str| {
        let ran = folder.run(&format!("{BATCH} {arguments}"));
        assert_eq!(ran.code, 2, "{ran:?}");
    };
    refused("--table t.json");
    refused("--table t.csv --format json");
    refused("--table out/in/a/motion.csv");
}

#[test]
fn results_are_the_same_bits_for_any_number_of_jobs_and_threads() {
    let folder = Folder::of_stacks(&["a.tif", "b.tif", "c.tif", "d.tif"]);
    let tables = |arguments: &str| {
        let ran = folder.run(&format!("{BATCH} {arguments}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let tables = folder.tables("out");
        std::fs::remove_dir_all(folder.path("out")).unwrap();
        tables
    };
    let expected = tables("--jobs 1 --threads 1");
    assert_eq!(expected.len(), 4);
    for arguments in ["", "--jobs 4 --threads 2", "--jobs 1 --threads 5", "--jobs 3"] {
        assert_eq!(tables(arguments), expected, "{arguments}");
    }
}

#[test]
fn what_makes_no_sense_is_said_before_anything_is_done() {
    let folder = Folder::of_stacks(&["a.tif"]);
    let refused = |arguments: &str, code: i32, message: &str| {
        let ran = folder.run(&format!("batch {arguments}"));
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        assert!(ran.stderr.contains(message), "{arguments}: {ran:?}");
    };
    refused("in -o out", 2, "--recipe");
    refused("in --recipe none.toml -o out", 1, "no such file or folder (none.toml)");
    refused("none --recipe r.toml -o out", 1, "no such file or folder (none)");
    refused("in --recipe r.toml -o in", 2, "the output folder holds the recordings");
    refused("in --recipe r.toml -o .", 2, "give a folder of its own");
    refused("in --recipe r.toml -o r.toml", 1, "cannot write");
    refused("in --recipe r.toml -o out --format xls", 2, "the ending .xls is not known");
    refused("in --recipe r.toml -o out --shard 0/3", 2, "must be I/N");
    refused("in --recipe r.toml -o out --watch --settle -1", 2, "0 or more");
    refused("--merge -o in", 2, "there is no part of a batch");
    std::fs::write(folder.path("empty.toml"), "").unwrap();
    refused("in --recipe empty.toml -o out", 2, "no window to measure");
    assert_eq!(folder.below("in").len(), 1);
    assert_eq!(folder.names(), ["empty.toml", "in", "r.toml"], "nothing was begun");
}
