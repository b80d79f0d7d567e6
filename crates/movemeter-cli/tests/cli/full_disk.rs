//! Disks that are full or may not be written: what was whole stays so, and it is said.

use std::path::Path;
use std::process::Command;

use super::batch::{BATCH, RECIPE};
use super::folder::{Folder, Ran, moving};

/// Runs the program where no file may be longer than a few kilobytes.
fn run_limited(folder: &Folder, arguments: &str) -> Ran {
    let program = env!("CARGO_BIN_EXE_movemeter");
    let mut command = Command::new("sh");
    // In units of 512 or 1024 bytes.
    command.args(["-c", &format!("ulimit -f 8; exec '{program}' {arguments}")]);
    Ran::from(command.current_dir(folder.path(".")).output().unwrap())
}

/// Recordings whose tables are longer than that.
fn folder_of_long_tables() -> Folder {
    let folder = Folder::of_stacks(&[]);
    for name in ["in/a.tif", "in/b.tif"] {
        folder.write(name, moving(0.5, 0.0), 40);
    }
    folder
}

fn check_limited(ran: &Ran, path: &str) {
    assert_eq!(ran.code, 1, "{ran:?}");
    let message = ran.stderr.to_lowercase();
    assert!(message.contains("cannot write: file too large"), "{ran:?}");
    assert!(ran.stderr.contains(path), "{ran:?}");
}

#[test]
fn a_limit_on_the_length_of_files_is_an_error_and_an_older_file_stays() {
    let folder = folder_of_long_tables();
    let measure = "measure in/a.tif --grid 32 --max-displacement 6 -o x.csv";
    let preprocess = "preprocess in/a.tif -o x.tif";
    for (arguments, output) in [(measure, "x.csv"), (preprocess, "x.tif")] {
        std::fs::write(folder.path(output), "older").unwrap();
        check_limited(&run_limited(&folder, arguments), output);
        assert_eq!(folder.text(output), "older");
    }
    assert_eq!(folder.names(), ["in", "r.toml", "x.csv", "x.tif"], "nothing half-written is left");
}

#[test]
fn a_batch_says_which_tables_were_too_long_and_makes_up_for_them() {
    let folder = folder_of_long_tables();
    folder.write("in/short.tif", moving(0.5, 0.0), 2);
    let ran = run_limited(&folder, BATCH);
    check_limited(&ran, "out/in/a/motion.csv");
    let states = folder.states("out/summary.csv");
    assert_eq!((&*states["in/a"], &*states["in/short"]), ("failed", "done"));
    assert_eq!(folder.tables("out").len(), 1);
    assert_eq!(folder.run(BATCH).code, 0);
    let before = folder.tables("out");
    // Measured again by another recipe, whose tables cannot be written: the old ones stay.
    std::fs::write(folder.path("r.toml"), format!("blur_sigma_px = 0.5{RECIPE}")).unwrap();
    check_limited(&run_limited(&folder, BATCH), "out/in/a/motion.csv");
    let after = folder.tables("out");
    assert_eq!(after["in/a/motion.csv"], before["in/a/motion.csv"]);
    assert!(folder.path("out/in/a/done.json").exists());
}

/// A small disk of its own, as only root can make one; it is taken away in the end.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mounted(place: &'a Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let ran =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).output();
        if ran.is_ok_and(|ran| ran.status.success()) {
            return Some(Self(place));
        }
        println!("skipped: no disk can be mounted here");
        None
    }

    fn remount(&self, options: &str) {
        let ran =
            Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0).output();
        assert!(ran.unwrap().status.success());
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

#[test]
fn on_a_full_disk_a_batch_ends_and_all_that_was_whole_stays() {
    let folder = folder_of_long_tables();
    let place = folder.path("out");
    assert_eq!(folder.run("batch in --recipe r.toml -o whole").code, 0);
    let table = std::fs::metadata(folder.path("whole/in/a/motion.csv")).unwrap().len();
    // Room for one of the two tables.
    let size = format!("size={}k", table * 3 / 2 / 1024);
    let Some(disk) = Disk::mounted(&place, &size) else { return };
    let ran = folder.run(&format!("{BATCH} --jobs 1"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cannot write: no space left on device"), "{ran:?}");
    let there = folder.tables("out");
    assert_eq!(there.len(), 1, "{ran:?}");
    disk.remount("size=10m");
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("     1 measured now\n     1 measured before"), "{ran:?}");
    assert!(there.iter().all(|(name, table)| folder.tables("out")[name] == *table));
    disk.remount("size=10m,ro");
    std::fs::write(folder.path("r.toml"), format!("blur_sigma_px = 0.5{RECIPE}")).unwrap();
    let ran = folder.run(BATCH);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cannot write: read-only file system"), "{ran:?}");
    assert!(there.iter().all(|(name, table)| folder.tables("out")[name] == *table));
}

#[test]
fn on_a_full_disk_single_outputs_stay_as_they_were() {
    let folder = folder_of_long_tables();
    let place = folder.path("disk");
    let Some(_disk) = Disk::mounted(&place, "size=16k") else { return };
    let measure = "measure in/a.tif --grid 32 --max-displacement 6 -o disk/x.csv";
    for (arguments, output) in
        [(measure, "disk/x.csv"), ("preprocess in/a.tif -o disk/x.tif", "disk/x.tif")]
    {
        std::fs::write(folder.path(output), "older").unwrap();
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.to_lowercase().contains("no space left on device"), "{ran:?}");
        assert_eq!(folder.text(output), "older");
    }
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 2);
}

#[test]
fn in_a_folder_that_may_not_be_written_nothing_is_tried() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::of_stacks(&["a.tif"]);
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    let allow = |mode| std::fs::set_permissions(&out, PermissionsExt::from_mode(mode)).unwrap();
    allow(0o555);
    if std::fs::write(out.join("probe"), "").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    let ran = folder.run(BATCH);
    allow(0o755);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cannot write: permission denied (out"), "{ran:?}");
    assert!(folder.below("out").is_empty());
}
