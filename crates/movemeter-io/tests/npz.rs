//! Archives of arrays that are written here: frames out of order, and what is wrong with damaged ones.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod damage;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use movemeter::frame::Frame;
use movemeter_io::open;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use damage::{Outcome, mutate, rounds};

/// The bytes of an array of type uint16.
fn npy(shape: &str, n: u16) -> Vec<u8> {
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend((0..n).flat_map(u16::to_le_bytes));
    bytes
}

fn archive(arrays: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const METHODS: [CompressionMethod; 2] = [CompressionMethod::Stored, CompressionMethod::Deflated];

fn refusal(path: &Path, bytes: &[u8]) -> String {
    std::fs::write(path, bytes).unwrap();
    let message = open(path).err().unwrap().to_string();
    message.strip_suffix(&format!(" ({})", path.display())).unwrap().into()
}

#[test]
fn frames_are_reached_to_and_fro() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let arrays = [("times.npy", npy("(5,)", 5)), ("film.npy", npy("(5, 2, 3)", 30))];
    for method in METHODS {
        std::fs::write(&path, archive(&arrays, method)).unwrap();
        let mut stack = open(&path).unwrap();
        let expected = [("array", "film"), ("other arrays", "times")];
        assert_eq!(
            stack.info().metadata,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
        let mut frame = Frame::default();
        for index in [0, 1, 4, 2, 2, 3, 0] {
            stack.read(index, &mut frame).unwrap();
            assert_eq!(frame.pixels()[0], 6.0 * index as f32, "{method}");
        }
        assert!(stack.read(5, &mut frame).is_err());
    }
}

#[test]
fn what_holds_no_one_stack_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let film = npy("(5, 2, 3)", 30);
    let two = archive(&[("a.npy", film.clone()), ("b.npy", film.clone())], METHODS[0]);
    assert_eq!(
        refusal(&path, &two),
        "cannot read as npz: it holds 2 arrays, of which 2 may be frames; save the one to be \
         measured as .npy (there are a (5, 2, 3), b (5, 2, 3))"
    );
    let none = archive(&[("notes.txt", b"hello".to_vec())], METHODS[0]);
    assert_eq!(refusal(&path, &none), "cannot read as npz: it holds no arrays");
    let cut = "cannot read as npz: the file ends before its list of contents, or is damaged";
    assert_eq!(refusal(&path, b"PK"), cut);
    let whole = archive(&[("a.npy", npy("(5, 2, 3)", 30))], METHODS[0]);
    assert_eq!(refusal(&path, &whole[..whole.len() / 2]), cut);
    // A few bytes that claim to unfold into a film of terabytes.
    let start = Instant::now();
    let claims = archive(&[("a.npy", npy("(1000000, 2000, 2000)", 30))], METHODS[1]);
    assert!(refusal(&path, &claims).contains("the file ends before its numbers do"));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_stream_that_breaks_off_is_a_frame_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let mut bytes = archive(&[("a.npy", npy("(40, 100, 10)", 40_000))], METHODS[1]);
    // Ends the stream in the middle, where a block says that it is the last of its kind.
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(255);
    std::fs::write(&path, bytes).unwrap();
    let mut stack = open(&path).unwrap();
    let mut frame = Frame::default();
    stack.read(0, &mut frame).unwrap();
    let failed = (0..40).find_map(|index| stack.read(index, &mut frame).err().map(|e| (index, e)));
    let (index, error) = failed.expect("what is damaged cannot be read");
    assert!(error.to_string().starts_with(&format!("cannot read frame {index} of the file: ")));
    stack.read(0, &mut frame).unwrap();
    assert_eq!(frame.pixels()[7], 7.0);
}

#[test]
fn damaged_archives_end_in_pixels_or_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.npz");
    let arrays = [("t.npy", npy("(3,)", 3)), ("film.npy", npy("(3, 4, 5)", 60))];
    for (seed, method) in (1..).zip(METHODS) {
        std::fs::write(&path, archive(&arrays, method)).unwrap();
        let Outcome { n_refused, n_read } = mutate(seed, 2 * rounds(), &path, &path);
        assert!(100 < n_refused && 100 < n_read, "{n_refused} refused, {n_read} frames read");
    }
}
