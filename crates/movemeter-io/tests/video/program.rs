//! The program ffmpeg: finding it, and ending it.

use std::process::Command;

use movemeter_io::{OpenOptions, open, open_with};

use crate::studio::Studio;

#[cfg(unix)]
#[test]
fn a_program_that_is_not_ffmpeg_is_named() {
    let Some(studio) = Studio::new() else { return };
    let video = studio.made("v.mp4", "-c:v libx264 -t 0.2");
    let message = |ffmpeg: &str| {
        let options = OpenOptions { ffmpeg: Some(ffmpeg.into()), ..OpenOptions::default() };
        open_with(&video, &options).err().unwrap().to_string()
    };
    assert!(
        message("/bin/cat").contains("the program /bin/cat is not ffmpeg, but --ffmpeg names it")
    );
    assert!(
        message("/no/ffmpeg").contains("--ffmpeg names the program /no/ffmpeg, but there is none")
    );
    let text = message(video.to_str().unwrap());
    assert!(text.contains("cannot be started: permission denied"), "{text}");
}

const WITHOUT: &str = "MOVEMETER_TEST_WITHOUT";

/// Not a test: a process that has no ffmpeg.
#[test]
#[ignore = "is run by without_ffmpeg_the_message_says_how_to_get_it"]
fn opens_without_ffmpeg() {
    let Some(path) = std::env::var_os(WITHOUT) else { return };
    println!("{}", open(path).err().unwrap());
}

#[test]
fn without_ffmpeg_the_message_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    std::fs::write(&path, "hello").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program::opens_without_ffmpeg", "--ignored", "--nocapture"]);
    command.env(WITHOUT, &path).env("PATH", folder.path()).env_remove("MOVEMETER_FFMPEG");
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(said.contains("the program ffmpeg is needed, but not there; install it ("), "{said}");
    assert!(said.contains("or name it with --ffmpeg or MOVEMETER_FFMPEG ("), "{said}");
}

#[cfg(target_os = "linux")]
mod endings {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::studio::{ffmpeg, read};

    /// Programs whose arguments hold this.
    fn n_running(word: &str) -> usize {
        let holds = |entry: std::io::Result<std::fs::DirEntry>| {
            let arguments =
                std::fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).contains(word)
        };
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| holds(entry).then_some(())).count()
    }

    fn wait_for_none(word: &str) {
        let start = Instant::now();
        while 0 < n_running(word) {
            assert!(start.elapsed() < Duration::from_secs(30), "ffmpeg goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn ffmpeg_ends_when_the_recording_is_closed() {
        let Some(studio) = Studio::new() else { return };
        let path = studio.made("closed.mp4", "-c:v libx264");
        let word = path.to_str().unwrap();
        let mut stack = studio.open(&path);
        read(&mut stack, 0);
        assert_eq!(n_running(word), 1);
        drop(stack);
        assert_eq!(n_running(word), 0);
        let mut stack = studio.open(&path);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            read(&mut stack, 0);
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(n_running(word), 0);
    }

    const KILLED: &str = "MOVEMETER_TEST_KILLED";

    /// Not a test: the process that the test below kills.
    #[test]
    #[ignore = "is run by a_process_that_is_killed_leaves_no_ffmpeg"]
    fn reads_until_it_is_killed() {
        let Some(path) = std::env::var_os(KILLED) else { return };
        let options = OpenOptions { ffmpeg: ffmpeg(), ..OpenOptions::default() };
        let mut stack = open_with(path, &options).unwrap();
        read(&mut stack, 0);
        println!("reading");
        std::thread::sleep(Duration::from_secs(60));
    }

    #[test]
    fn a_process_that_is_killed_leaves_no_ffmpeg() {
        let Some(studio) = Studio::new() else { return };
        let path = studio.made("killed.mp4", "-c:v libx264");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "program::endings::reads_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ]);
        let mut reader = command
            .env(KILLED, &path)
            .env("MOVEMETER_FFMPEG", &studio.ffmpeg)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(reader.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.contains("reading")));
        let word = path.to_str().unwrap();
        assert_eq!(n_running(word), 1);
        // On Unix this is the signal that cannot be caught.
        reader.kill().unwrap();
        reader.wait().unwrap();
        wait_for_none(word);
    }
}
