//! Files that are cut off, changed, or no videos.

use std::process::Command;
use std::time::{Duration, Instant};

use movemeter::frame::Frame;
use movemeter_io::open_with;

use crate::studio::{Studio, all};

#[test]
fn the_first_frame_beyond_the_cut_is_an_error_that_names_it() {
    let Some(studio) = Studio::new() else { return };
    for (name, settings) in [
        ("intra.mov", "-c:v mjpeg -movflags +faststart"),
        ("b.mp4", "-c:v libx264 -bf 2 -movflags +faststart"),
        ("b.mkv", "-c:v libx264 -bf 2"),
        ("raw.avi", "-c:v rawvideo -pix_fmt yuv420p"),
    ] {
        let path = studio.made(name, settings);
        let whole = all(&mut studio.open(&path));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let mut stack = studio.open(&path);
        let n_frames = stack.info().n_frames;
        assert!(20 < n_frames && n_frames < 60, "{name}: {n_frames}");
        let mut frame = Frame::default();
        let mut first_missing = None;
        for (index, whole) in whole.iter().enumerate().take(n_frames) {
            match stack.read(index, &mut frame) {
                // Frames after the missing one may need it.
                Ok(()) if first_missing.is_some() => {}
                Ok(()) => assert!(frame == *whole, "{name}: frame {index}"),
                Err(error) => {
                    let message = error.to_string();
                    assert!(
                        message.starts_with(&format!("cannot read frame {index} of the file")),
                        "{message}"
                    );
                    first_missing = first_missing.or(Some(index));
                }
            }
        }
        let missing = first_missing.expect("a missing frame");
        assert!(n_frames - 4 <= missing, "{name}: {missing} of {n_frames}");
    }
}

#[test]
fn files_that_are_no_videos_are_refused_in_plain_words() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.path("a.mp4");
    std::fs::write(&path, "").unwrap();
    assert_eq!(studio.message(&path), "cannot read as video: the file is empty");
    std::fs::write(&path, "hello").unwrap();
    assert_eq!(studio.message(&path), "cannot read as video: it does not begin as a video does");
    let video = studio.made("b.mp4", "-c:v libx264");
    let bytes = std::fs::read(video).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = studio.message(&path);
    assert!(message.contains("its table of frames (moov) is missing: it was cut off"), "{message}");
    studio.run("-f lavfi -i sine=d=1", &studio.path("sound.mp4"));
    assert_eq!(
        studio.message(&studio.path("sound.mp4")),
        "cannot read as video: there is no video in it"
    );
}

#[test]
fn a_size_that_no_file_can_hold_is_refused() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.made("large.gif", "-t 0.2");
    let mut bytes = std::fs::read(&path).unwrap();
    // Width and height of the screen.
    bytes[6..10].copy_from_slice(&[0, 0x30, 0, 0x30]);
    std::fs::write(&path, bytes).unwrap();
    let message = studio.message(&path);
    assert!(message.contains("it claims to have more pixels than its bytes can hold"), "{message}");
}

#[test]
fn lists_that_name_other_files_are_not_followed() {
    let Some(studio) = Studio::new() else { return };
    let video = studio.made("inner.mp4", "-c:v libx264");
    let list = studio.path("list.mp4");
    for text in [
        "ffconcat version 1.0\nfile inner.mp4\n".to_string(),
        format!("ffconcat version 1.0\nfile file:{}\n", video.display()),
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ninner.mp4\n#EXT-X-ENDLIST\n".into(),
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n".into(),
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"></MPD>".into(),
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n".into(),
    ] {
        std::fs::write(&list, &text).unwrap();
        let message = studio.message(&list);
        let is_told = ["name the video itself", "does not begin as a video does"].iter();
        assert!(is_told.clone().any(|words| message.contains(words)), "{text}: {message}");
    }
}

#[test]
fn names_are_names_whatever_they_look_like() {
    let Some(studio) = Studio::new() else { return };
    let video = studio.made("v.mp4", "-c:v libx264 -t 0.2");
    let mut names = vec![
        "-i.mp4",
        "%d.mp4",
        "a:b.mp4",
        "concat:v.mp4",
        "http:a.mp4",
        "[a] *?.mp4",
        " ' \" $HOME.mp4",
        "é.mp4",
    ];
    if cfg!(unix) {
        names.push("a\nb.mp4");
    }
    for name in names {
        let path = studio.path(name);
        if std::fs::copy(&video, &path).is_ok() {
            assert_eq!(studio.open(&path).info().n_frames, 6, "{name:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_opened_and_pipes_are_not() {
    use std::os::unix::ffi::OsStrExt;
    let Some(studio) = Studio::new() else { return };
    let video = studio.made("v.mp4", "-c:v libx264 -t 0.2");
    let path = studio.folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff.mp4"));
    std::fs::copy(video, &path).unwrap();
    assert_eq!(studio.open(&path).info().n_frames, 6);
    let pipe = studio.path("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(studio.message(&pipe), "cannot read: this is a device or a pipe, not a file");
}

/// Cheap numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX generator.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

#[test]
fn changed_files_end_in_frames_or_in_errors() {
    let Some(studio) = Studio::new() else { return };
    let n_each = std::env::var("MOVEMETER_MUTATIONS").map_or(6, |n| n.parse().unwrap());
    let mut dice = Dice(1);
    for (name, settings) in [
        ("a.mp4", "-c:v libx264 -bf 2 -t 0.5"),
        ("a.mkv", "-c:v ffv1 -t 0.5"),
        ("a.avi", "-c:v mjpeg -t 0.5"),
        ("a.mpg", "-c:v mpeg2video -t 0.5"),
        ("a.webm", "-c:v libvpx-vp9 -cpu-used 5 -t 0.5"),
        ("a.gif", "-t 0.2"),
    ] {
        let path = studio.made(name, settings);
        let bytes = std::fs::read(&path).unwrap();
        for _ in 0..n_each {
            let mut changed = bytes.clone();
            // Half of the changes where the headers are.
            let n_places = if dice.below(2) == 0 { changed.len() } else { changed.len().min(1000) };
            for _ in 0..=dice.below(4) {
                changed[dice.below(n_places)] = dice.below(256) as u8;
            }
            if dice.below(4) == 0 {
                changed.truncate(dice.below(bytes.len()));
            }
            std::fs::write(&path, &changed).unwrap();
            let start = Instant::now();
            if let Ok(mut stack) = open_with(&path, &studio.options()) {
                let mut frame = Frame::default();
                for index in 0..stack.info().n_frames.min(40) {
                    if stack.read(index, &mut frame).is_err() {
                        break;
                    }
                }
            }
            assert!(start.elapsed() < Duration::from_secs(50), "{name}");
        }
    }
}
