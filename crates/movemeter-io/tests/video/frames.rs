//! Which frames a video has, and when.

use std::path::Path;
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter_io::open;

use crate::studio::{Studio, all, difference, read};

#[test]
fn the_pictures_of_a_film_are_the_frames_they_are_numbered_for() {
    let Some(studio) = Studio::new() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/video_cup");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let mut film = studio.open(&folder.join("cup.mp4"));
    let info = film.info().clone();
    assert_eq!(
        (info.n_frames, info.size, info.frame_rate_hz),
        (217, Size::new(640, 480), Some(26.777))
    );
    let frames = all(&mut film);
    for number in [30, 31, 32, 40] {
        // The pictures show the whole range of grey levels, the film stores 16 to 235.
        let picture = read(&mut open(folder.join(format!("cup_{number}.png"))).unwrap(), 0);
        let picture = Frame::from_fn(picture.size(), |x, y| {
            16.0 + 219.0 / 255.0 * picture.pixels()[y * 640 + x]
        });
        let far: Vec<f64> = frames.iter().map(|frame| difference(frame, &picture)).collect();
        let near = far[number - 1];
        assert!(near < 1.0, "frame {number}: {near}");
        let others = far.iter().enumerate().filter(|(index, _)| *index != number - 1);
        let nearest = others.map(|(_, far)| *far).fold(f64::INFINITY, f64::min);
        assert!(1.2 * near < nearest, "frame {number}: {near}, another {nearest}");
    }
}

#[test]
fn frames_are_the_same_in_any_order() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.made("a.mp4", "-c:v libx264 -bf 3 -g 12");
    let frames = all(&mut studio.open(&path));
    let mut stack = studio.open(&path);
    for index in [59, 0, 1, 2, 2, 30, 29, 58, 57, 0, 59] {
        assert_eq!(read(&mut stack, index), frames[index], "frame {index}");
    }
}

#[test]
fn every_codec_gives_all_its_frames_with_their_times() {
    let Some(studio) = Studio::new() else { return };
    for (name, settings) in [
        ("b.mp4", "-c:v libx264 -bf 3"),
        ("open.mp4", "-c:v libx264 -x264-params open-gop=1:keyint=10:bframes=3"),
        ("fields.mp4", "-c:v libx264 -flags +ildct+ilme -x264-params tff=1"),
        ("fields.ts", "-c:v mpeg2video -flags +ildct+ilme -bf 2"),
        ("b.mkv", "-c:v libx264 -bf 2"),
        ("b.ts", "-c:v libx264"),
        ("vp9.webm", "-c:v libvpx-vp9 -b:v 50k -auto-alt-ref 1 -lag-in-frames 25 -cpu-used 5"),
        ("vp8.webm", "-c:v libvpx -b:v 50k -auto-alt-ref 1 -lag-in-frames 16"),
        ("p.avi", "-c:v mpeg4 -bf 2"),
        ("p.mpg", "-c:v mpeg2video -bf 2"),
        ("j.avi", "-c:v mjpeg"),
        ("i.gif", "-vf fps=25 -frames:v 60"),
        ("w.wmv", "-c:v wmv2"),
        ("f.flv", "-c:v flv"),
    ] {
        let path = studio.made(name, settings);
        let mut stack = studio.open(&path);
        let rate_hz = if name == "i.gif" { 25.0 } else { 30.0 };
        let n_frames = if name == "i.gif" { 50 } else { 60 };
        assert_eq!(
            (stack.info().n_frames, stack.info().frame_rate_hz),
            (n_frames, Some(rate_hz)),
            "{name}"
        );
        let frames = all(&mut stack);
        let changes = frames.windows(2).filter(|pair| 0.0 < difference(&pair[0], &pair[1]));
        assert_eq!(changes.count(), n_frames - 1, "{name}");
    }
}

#[test]
fn what_an_edit_list_hides_is_no_frame() {
    let Some(studio) = Studio::new() else { return };
    let whole = studio.made("whole.mp4", "-c:v libx264 -bf 2 -g 60");
    let cut = studio.path("cut.mp4");
    studio.run("-ss 0.7 -i whole.mp4 -c copy", &cut);
    let (whole, cut) = (all(&mut studio.open(&whole)), all(&mut studio.open(&cut)));
    assert_eq!(cut.len(), 39);
    assert_eq!(cut, whole[21..]);
}

#[test]
fn uneven_frames_have_each_its_time() {
    let Some(studio) = Studio::new() else { return };
    for name in ["uneven.mp4", "uneven.mkv"] {
        let path = studio
            .made(name, "-vf select=not(mod(n\\,3))+eq(n\\,7) -fps_mode vfr -c:v libx264 -bf 2");
        let stack = studio.open(&path);
        let expected = (0..60).filter(|n| n % 3 == 0 || *n == 7).map(|n| f64::from(n) / 30.0);
        let times_s = stack.info().times_s.clone().unwrap();
        assert_eq!(times_s.len(), 21);
        for (time_s, expected) in times_s.into_iter().zip(expected) {
            // Matroska counts milliseconds.
            assert!((time_s - expected).abs() <= 0.0011, "{name}: {time_s} {expected}");
        }
    }
}

#[test]
fn a_picture_is_turned_as_it_is_shown() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.made("flat.mp4", "-c:v libx264");
    let turned = studio.path("turned.mp4");
    studio.run("-display_rotation 90 -i flat.mp4 -c copy", &turned);
    let (flat, turned) = (read(&mut studio.open(&path), 9), read(&mut studio.open(&turned), 9));
    assert_eq!(turned.size(), Size::new(64, 96));
    // A quarter to the left.
    let expected = Frame::from_fn(turned.size(), |x, y| flat.pixels()[x * 96 + 95 - y]);
    assert_eq!(turned, expected);
    let odd = studio.path("odd.mp4");
    studio.run("-display_rotation 30 -i flat.mp4 -c copy", &odd);
    assert_eq!(read(&mut studio.open(&odd), 9), flat);
}

#[test]
fn what_the_file_says_of_itself_is_kept() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.path("said.mp4");
    let title = "a=b; #1\n[Parsed_showinfo_0 @ 0x1] [info] n: 0 pts: 7 fmt:gray s:1x1 i:P ";
    let mut command = Command::new(&studio.ffmpeg);
    command.args([
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=96x64:r=30:d=1",
        "-metadata",
    ]);
    command.arg(format!("title={title}")).args(["-metadata", "creation_time=2020-02-03T04:05:06Z"]);
    assert!(command.arg(&path).status().unwrap().success());
    let info = studio.open(&path).info().clone();
    let said = |name: &str| {
        let find = info.metadata.iter().find(|(found, _)| found == name);
        find.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(said("title"), title);
    assert_eq!(said("pixel format"), info.metadata[0].1);
    assert!(said("video").starts_with("h264"), "{}", said("video"));
    assert!(said("container").starts_with("mov,mp4"));
    assert!(said("encoder").starts_with("Lavf"));
    assert_eq!(said("creation_time"), "2020-02-03T04:05:06.000000Z");
    assert_eq!(said("duration"), "00:00:01.00");
    assert_eq!((info.n_frames, info.size), (30, Size::new(96, 64)));
}
