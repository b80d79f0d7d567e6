//! Videos that are read with nothing installed: exact, in any order, and honest where they are damaged.
//!
//! `bars.mp4` was made by ffmpeg 7.0.2: testsrc2 of 34 × 26 px with noise, 10 frames, x264 with two slices,
//! B-frames and a key frame every 6, the index first.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::open;
use sha2::{Digest, Sha256};

#[path = "../alone/mod.rs"]
mod alone;
mod avi;

use alone::is_alone;

const BARS: &[u8] = include_bytes!("bars.mp4");

/// A file of these bytes, which is there as long as the folder.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn read(stack: &mut dyn FrameSource, index: usize) -> Result<Vec<f32>, String> {
    let mut frame = Frame::default();
    let read = stack.read(index, &mut frame).map(|()| frame.pixels().to_vec());
    read.map_err(|error| error.to_string())
}

fn read_all(path: &Path) -> Vec<Vec<f32>> {
    let mut stack = open(path).unwrap();
    (0..stack.info().n_frames).map(|index| read(&mut *stack, index).unwrap()).collect()
}

#[test]
fn luma_is_what_ffmpeg_decodes() {
    let (_folder, path) = file("bars.mp4", BARS);
    let stack = open(&path).unwrap();
    let info = stack.info();
    assert_eq!((info.n_frames, info.size.to_string()), (10, "34x26".into()));
    assert_eq!((info.pixel_type.as_str(), info.frame_rate_hz), ("uint8", Some(25.0)));
    let bytes: Vec<u8> = read_all(&path).concat().iter().map(|&grey| grey as u8).collect();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    // Of `ffmpeg -i bars.mp4 -vf extractplanes=y -fps_mode passthrough -f rawvideo -`.
    assert_eq!(digest, "4fbce5899a3333e702097f32ad3c7a951df92f126ddea120f3b8fe77c8f01f97");
}

#[test]
fn frames_are_the_same_in_any_order() {
    let (_folder, path) = file("bars.mp4", BARS);
    let frames = read_all(&path);
    let mut stack = open(&path).unwrap();
    for index in [9, 0, 5, 4, 6, 6, 1, 8, 2, 7, 3, 3, 0, 9] {
        assert_eq!(read(&mut *stack, index).unwrap(), frames[index], "{index}");
    }
}

#[test]
fn a_file_that_was_cut_off_is_read_as_far_as_it_goes() {
    if !is_alone("a_file_that_was_cut_off_is_read_as_far_as_it_goes") {
        return;
    }
    let (_folder, path) = file("bars.mp4", &BARS[..BARS.len() - 40]);
    let mut stack = open(&path).unwrap();
    assert_eq!(stack.info().n_frames, 10);
    let (_whole, whole) = file("bars.mp4", BARS);
    assert_eq!(read(&mut *stack, 5).unwrap(), read_all(&whole)[5]);
    // The last in the file is shown before the last.
    let error = read(&mut *stack, 8).unwrap_err();
    assert!(error.starts_with("cannot read frame 8 of the file: "), "{error}");
    assert!(error.contains("the file ends before it"), "{error}");
    let (_folder, path) = file("bars.mp4", &BARS[..300]);
    let error = open(&path).err().unwrap().to_string();
    assert!(error.contains("the file ends in the middle of its index"), "{error}");
}

/// Where the first frame's second slice begins, behind its length.
fn second_slice() -> usize {
    let first = BARS.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
    let length = u32::from_be_bytes(*BARS[first..].first_chunk().unwrap());
    first + 4 + length as usize
}

#[test]
fn a_slice_that_is_missing_is_an_error_and_not_a_guess() {
    let mut bytes = BARS.to_vec();
    // The slice becomes a unit of a kind that means nothing.
    bytes[second_slice() + 4] = 30;
    let (_folder, path) = file("bars.mp4", &bytes);
    let mut stack = open(&path).unwrap();
    let error = read(&mut *stack, 0).unwrap_err();
    assert!(error.contains("frame 0 of the file: it is damaged: a part of the picture"), "{error}");
    let error = read(&mut *stack, 2).unwrap_err();
    assert!(error.contains("frame 2 of the file: frame 0, on which it builds"), "{error}");
    // The next key frame builds on nothing.
    let (_whole, whole) = file("bars.mp4", BARS);
    let frames = read_all(&whole);
    for (index, frame) in frames.iter().enumerate().skip(6) {
        assert_eq!(read(&mut *stack, index).unwrap(), *frame, "{index}");
    }
}

#[test]
fn a_frame_that_is_missing_is_noticed() {
    let mut bytes = BARS.to_vec();
    // The second sample in the file becomes the first again: other frames build on what is not there.
    let table = bytes.windows(4).position(|kind| kind == b"stsz").unwrap() + 16;
    let sizes: Vec<u8> = bytes[table..table + 4].into();
    bytes[table + 4..table + 8].copy_from_slice(&sizes);
    let (_folder, path) = file("bars.mp4", &bytes);
    let mut stack = open(&path).unwrap();
    assert!(read(&mut *stack, 0).is_ok());
    assert!(read(&mut *stack, 1).is_err());
}

#[test]
fn uncompressed_avi_is_read_by_each_of_its_indices() {
    let frames: Vec<Vec<u8>> =
        (0..5).map(|t| (0..24).map(|at| (at * 7 + t * 40) as u8).collect()).collect();
    for index in [avi::Index::None, avi::Index::Old, avi::Index::New] {
        let (_folder, path) = file("grey.avi", &avi::grey(&frames, index));
        let mut stack = open(&path).unwrap();
        assert_eq!(
            (stack.info().n_frames, stack.info().frame_rate_hz),
            (5, Some(25.0)),
            "{index:?}"
        );
        for t in [4, 0, 2, 1, 3] {
            // The lowest row is the first, rows of six bytes are filled up to eight.
            let upright: Vec<f32> =
                frames[t].chunks(6).rev().flatten().map(|&grey| f32::from(grey)).collect();
            assert_eq!(read(&mut *stack, t).unwrap(), upright, "{index:?}");
        }
    }
}

#[test]
fn frames_that_a_camera_left_out_take_time_but_are_none() {
    let frame = vec![7; 24];
    let frames = [frame.clone(), vec![], frame.clone(), frame];
    let (_folder, path) = file("grey.avi", &avi::grey(&frames, avi::Index::Old));
    let stack = open(&path).unwrap();
    assert_eq!(stack.info().times_s, Some(vec![0.0, 0.08, 0.12]));
    assert_eq!(stack.info().frame_rate_hz, None);
}

#[test]
fn an_avi_that_was_cut_off_is_read_as_far_as_it_goes() {
    let whole = avi::grey(&vec![vec![7; 24]; 4], avi::Index::None);
    let (_folder, path) = file("grey.avi", &whole[..whole.len() - 5]);
    let mut stack = open(&path).unwrap();
    assert_eq!(stack.info().n_frames, 4);
    assert!(read(&mut *stack, 2).is_ok());
    let error = read(&mut *stack, 3).unwrap_err();
    assert!(
        error.starts_with("cannot read frame 3 of the file: the file ends before it"),
        "{error}"
    );
}

/// Damaged files that are tried, of each kind.
const N_TRIALS: u64 = 1000;

#[test]
fn damaged_files_never_stop_the_program() {
    if !is_alone("damaged_files_never_stop_the_program") {
        return;
    }
    let grey = avi::grey(&vec![vec![7; 24]; 4], avi::Index::New);
    let jpeg = avi::jpeg();
    for (name, bytes) in [("bars.mp4", BARS), ("grey.avi", &grey), ("jpeg.avi", &jpeg)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        for seed in 1..=N_TRIALS {
            std::fs::write(&path, damaged(bytes, seed)).unwrap();
            let tried = std::panic::catch_unwind(|| try_all(&path));
            assert!(tried.is_ok(), "{name}, seed {seed}");
        }
    }
}

fn try_all(path: &Path) {
    let Ok(mut stack) = open(path) else { return };
    let size = stack.info().size;
    for index in 0..stack.info().n_frames.min(12) {
        let pixels = read(&mut *stack, index);
        assert!(pixels.is_err() || pixels.is_ok_and(|pixels| pixels.len() == size.area()));
    }
}

/// The bytes with one to six changes.
fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = |below: usize| {
        // G. Marsaglia, "Xorshift RNGs" (2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random(6) {
        let at = random(bytes.len());
        match random(6) {
            0 => bytes[at] ^= 1 << random(8),
            1 => bytes[at] = [0, 1, 127, 128, 255][random(5)],
            2 => bytes[at] = random(256) as u8,
            3 => {
                let number = ((random(1 << 32) >> random(32)) as u32).to_be_bytes();
                bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
            }
            4 => drop(bytes.drain(at..(at + random(64)).min(at.max(bytes.len() - 1)))),
            _ if random(4) == 0 => bytes.truncate(at.max(1)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    bytes
}

/// What lies beside the repository, where it does.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {name} is not there");
    }
    path.exists().then_some(path)
}

#[test]
fn recordings_are_what_ffmpeg_decodes_to_the_last_bit() {
    let names = ["video_cup/cup.mp4", "vibration_fork/tuning_hz64_fps250_50-1_640x420.mp4"];
    for path in names.into_iter().filter_map(shared) {
        let program = std::env::var_os("MOVEMETER_FFMPEG").unwrap_or("ffmpeg".into());
        let mut ffmpeg = Command::new(program);
        ffmpeg.args(["-v", "error", "-nostdin", "-i"]).arg(&path);
        ffmpeg.args(["-vf", "extractplanes=y", "-fps_mode", "passthrough", "-f", "rawvideo", "-"]);
        let Ok(decoded) = ffmpeg.output() else {
            println!("skipped: there is no ffmpeg");
            return;
        };
        let mut stack = open(&path).unwrap();
        let truth = decoded.stdout.chunks_exact(stack.info().size.area());
        assert_eq!(truth.len(), stack.info().n_frames);
        for (index, truth) in truth.enumerate() {
            let truth: Vec<f32> = truth.iter().map(|&grey| f32::from(grey)).collect();
            assert!(read(&mut *stack, index).unwrap() == truth, "{}: {index}", path.display());
        }
    }
}

#[test]
fn frames_have_the_numbers_that_others_gave_them() {
    let Some(folder) = shared("video_cup") else { return };
    let mut video = open(folder.join("cup.mp4")).unwrap();
    assert_eq!((video.info().n_frames, video.info().frame_rate_hz), (217, Some(26.777)));
    for number in [30, 31, 32, 40, 49] {
        let mut picture = open(folder.join(format!("cup_{number}.png"))).unwrap();
        let picture = read(&mut *picture, 0).unwrap();
        // Pictures have their range stretched, which is undone; they were made by another program.
        let unlike = |index: &usize| {
            let frame = read(&mut *video, *index).unwrap();
            let off =
                frame.iter().zip(&picture).map(|(y, grey)| (y - 16.0 - grey * 219.0 / 255.0).abs());
            off.sum::<f32>() as u64
        };
        let nearest = (number - 8..number + 8).min_by_key(unlike);
        assert_eq!(nearest, Some(number - 1));
    }
}
