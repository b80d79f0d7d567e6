//! Single pictures: what is said of them, and files that are cut off, damaged or lie.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod damage;

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::FrameSource;
use movemeter_io::open;

use damage::{mutate, rounds};

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn without_path(message: &str, path: &Path) -> String {
    let ending = format!(" ({})", path.display());
    message.strip_suffix(&ending).expect("the path should come last").into()
}

fn refusal(path: &Path) -> String {
    without_path(&open(path).err().expect("it should not open").to_string(), path)
}

fn read_error(path: &Path, index: usize) -> String {
    let message = open(path).unwrap().read(index, &mut Frame::default()).unwrap_err().to_string();
    without_path(&message, path)
}

#[test]
fn more_pixels_than_there_are_bytes_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    for header in ["P5 70000 70000 255\n", "P2 70000 70000 255\n", "P4 4000000000 4000000000\n"] {
        let message = refusal(&file(&folder, "a.pgm", header.as_bytes()));
        assert!(message.starts_with("cannot read as PNM: it claims to have "), "{message}");
        assert!(message.ends_with(" bytes can hold"), "{message}");
    }
}

#[test]
fn a_text_that_ends_too_early_or_has_no_number_is_refused_when_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "a.pgm", b"P2 3 2 255\n1 20 30 40 50");
    assert_eq!(read_error(&path, 0), "cannot read frame 0 of the file: the file ends too early");
    let path = file(&folder, "b.pgm", b"P2 3 2 255\n1 2 x 4 5 6");
    assert_eq!(
        read_error(&path, 0),
        "cannot read frame 0 of the file: \"x\" is no number from 0 to 255"
    );
}

#[test]
fn pictures_in_one_file_are_read_as_far_as_they_go() {
    let folder = tempfile::tempdir().unwrap();
    let picture = |value: u8| [&b"P5\n2 2\n255\n"[..], &[value; 4]].concat();
    let path = file(&folder, "a.pgm", &[picture(1), picture(2), picture(3)].concat()[..43]);
    let mut stack = open(&path).unwrap();
    assert_eq!((stack.info().n_frames, stack.info().size), (3, Size::new(2, 2)));
    let mut frame = Frame::default();
    stack.read(1, &mut frame).unwrap();
    assert_eq!(frame.pixels(), [2.0; 4]);
    assert_eq!(read_error(&path, 2), "cannot read frame 2 of the file: the file ends too early");
}

#[test]
fn a_png_says_what_stands_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    image::GrayImage::from_raw(2, 1, vec![1, 2]).unwrap().save(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // Behind the header of 33 bytes.
    let text = b"\0\0\0\x0btEXtAuthor\0Anna\xd8\xf5\x84\x54";
    bytes.splice(33..33, text.iter().copied());
    let stack = open(file(&folder, "a.png", &bytes)).unwrap();
    assert!(stack.info().metadata.contains(&("Author".into(), "Anna".into())));
}

#[test]
fn damaged_pictures_end_in_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec![
        file(&folder, "a.pgm", b"P5 # four\n3 2\n4095\n\0\x01\0\x02\0\x03\0\x04\0\x05\0\x06"),
        file(&folder, "a.ppm", b"P3\n2 1\n15\n1 2 3\n# and\n4 5 15\n"),
        file(&folder, "a.pbm", b"P4\n9 2\n\xff\x80\x0f\x80P4\n9 2\n\xff\x80\x0f\x80"),
        file(&folder, "a.pfm", b"Pf\n2 1\n-1.0\n\0\0\x80\x3f\0\0\x80\x3f"),
    ];
    let picture = image::GrayImage::from_fn(9, 5, |x, y| image::Luma([(x * 20 + y * y) as u8]));
    for name in ["a.png", "a.webp"] {
        files.push(folder.path().join(name));
        picture.save(&files[files.len() - 1]).unwrap();
    }
    for (seed, path) in (1..).zip(files) {
        mutate(seed, rounds(), &path, &path);
    }
}

#[test]
fn a_cut_jpeg_is_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..48 * 32).map(|k| (k % 48 * (k / 48)) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode(&pixels, 48, 32, image::ExtendedColorType::L8).unwrap();
    let (mut whole, mut endless) = (Frame::default(), Frame::default());
    open(file(&folder, "a.jpg", &bytes)).unwrap().read(0, &mut whole).unwrap();
    let without_end = &bytes[..bytes.len() - 2];
    open(file(&folder, "b.jpg", without_end)).unwrap().read(0, &mut endless).unwrap();
    assert_eq!(whole.pixels(), endless.pixels());
    for cut in [3, 10, bytes.len() / 4] {
        let path = file(&folder, "c.jpg", &bytes[..bytes.len() - cut]);
        assert_eq!(read_error(&path, 0), "cannot read as JPEG: the JPEG ends before its pixels do");
    }
}
