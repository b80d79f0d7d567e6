//! Files and folders that cannot be read: each message says what is wrong, and where.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter_io::{BitDepth, Error, OpenOptions, open, open_all, write_tiff};

/// What is said of a path that cannot be opened; the path stands last, in parentheses.
fn refusal(path: &Path) -> String {
    let message = open(path).err().expect("it should not open").to_string();
    let ending = format!(" ({})", path.display());
    message.strip_suffix(&ending).expect("the path should come last").into()
}

/// What is said of a frame that cannot be read.
fn read_error(path: &Path, index: usize) -> String {
    let mut stack = open(path).unwrap();
    let message = stack.read(index, &mut Frame::default()).unwrap_err().to_string();
    let ending = format!(" ({})", path.display());
    message.strip_suffix(&ending).expect("the path should come last").into()
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn write_stack(path: &Path, size: Size, n_frames: usize) {
    let frames = (0..n_frames).map(|k| Frame::from_fn(size, |x, y| (x + y + k) as f32)).collect();
    write_tiff(&mut MemoryStack::new(frames).unwrap(), BitDepth::Eight, path).unwrap();
}

/// A classic TIFF of 8-bit pages, each directory before its pixels; `claim` is the size in the tags.
fn tiff_with_directories_first(n_pages: u32, claim: (u32, u32), page_bytes: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for page in 0..n_pages {
        let start = bytes.len() as u32;
        let pixels = start + 2 + 7 * 12 + 4;
        let next = if page + 1 == n_pages { 0 } else { pixels + page_bytes };
        bytes.extend(7u16.to_le_bytes());
        let count = claim.0.wrapping_mul(claim.1);
        let tags = [(256, claim.0), (257, claim.1), (258, 8), (259, 1), (262, 1), (273, pixels)];
        for (tag, value) in tags.into_iter().chain([(279, count)]) {
            bytes.extend([tag as u16, 4].map(u16::to_le_bytes).concat());
            bytes.extend([1, value].map(u32::to_le_bytes).concat());
        }
        bytes.extend(next.to_le_bytes());
        bytes.extend((0..page_bytes).map(|k| (k + page) as u8));
    }
    bytes
}

#[test]
fn what_is_not_there_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(refusal(&folder.path().join("none.tif")), "there is no such file or folder");
    assert_eq!(refusal(&folder.path().join("none")), "there is no such file or folder");
    let message = open_all(&[], &OpenOptions::default()).err().unwrap().to_string();
    assert_eq!(message, "there is nothing to open; name at least one file or folder");
}

#[test]
fn a_folder_without_images_says_what_was_looked_for() {
    let expected = "no recording in the folder; looked for files that end in .tif .tiff .png";
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(folder.path()).starts_with(expected));
    file(&folder, "truth.csv", b"1,2\n");
    file(&folder, ".hidden.tif", b"");
    std::fs::create_dir(folder.path().join("folder.tif")).unwrap();
    assert!(refusal(folder.path()).starts_with(expected));
}

#[test]
fn an_ending_that_is_not_known_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "film.txt", b"xxxx");
    let refusal = refusal(&path);
    let (known, endings) = refusal.split_once("; use one of ").unwrap();
    assert_eq!(known, "the ending .txt is not known");
    assert!(endings.starts_with(".tif .tiff .png") && endings.contains(" .mp4 "), "{endings}");
}

#[test]
fn the_odd_file_of_a_folder_is_named_with_its_size_and_the_first_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_stack(&path("f2.tif"), Size::new(8, 6), 1);
    write_stack(&path("f10.tif"), Size::new(8, 6), 3);
    write_stack(&path("f11.tif"), Size::new(6, 8), 1);
    let message = open(folder.path()).err().unwrap().to_string();
    let expected = format!(
        "all frames of a series must have one size, but this file has 6x8 px and the first, {}, \
         has 8x6 px; leave it out or crop it ({})",
        path("f2.tif").display(),
        path("f11.tif").display()
    );
    assert_eq!(message, expected);
}

#[test]
fn pages_of_two_sizes_are_no_stack() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = tiff_with_directories_first(2, (4, 3), 12);
    let second_width = 8 + 2 + 7 * 12 + 4 + 12 + 2 + 8;
    bytes[second_width] = 3;
    let path = file(&folder, "mixed.tif", &bytes);
    assert_eq!(
        refusal(&path),
        "cannot read as TIFF: page 1 is 3x3 px, but page 0 is 4x3 px; all frames of a series must \
         have one size"
    );
}

#[test]
fn a_file_is_not_what_its_ending_says() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"frame,dx\n0,1\n this is a table and no picture";
    let refused = |name: &str| refusal(&file(&folder, name, text));
    assert_eq!(refused("t.tif"), "cannot read as TIFF: it does not begin as TIFF files do");
    assert_eq!(refused("t.npy"), "cannot read as npy: it does not begin as npy files do");
    assert!(refused("t.png").starts_with("cannot read as PNG: "));
    assert!(refused("t.jpg").starts_with("cannot read as JPEG: "));
    assert!(refused("t.bmp").starts_with("cannot read as BMP: "));
}

#[test]
fn an_empty_file_is_refused_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["e.tif", "e.png", "e.jpg", "e.bmp", "e.npy"] {
        assert!(refusal(&file(&folder, name, b"")).starts_with("cannot read as "), "{name}");
    }
    let path = file(&folder, "e.tif", b"");
    assert_eq!(refusal(&path), "cannot read as TIFF: the file is empty");
}

#[test]
fn a_tiff_cut_in_its_header_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tiff_with_directories_first(1, (4, 3), 12);
    for length in [1, 4, 7] {
        let path = file(&folder, "cut.tif", &whole[..length]);
        assert_eq!(refusal(&path), "cannot read as TIFF: it does not begin as TIFF files do");
    }
    for length in [8, 9, 20, 60, 97] {
        let path = file(&folder, "cut.tif", &whole[..length]);
        assert_eq!(refusal(&path), "cannot read as TIFF: the file ends too early");
    }
}

#[test]
fn a_tiff_cut_in_a_page_names_the_frame() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tiff_with_directories_first(5, (40, 30), 1200);
    let page_bytes = (whole.len() - 8) / 5;
    let path = file(&folder, "cut.tif", &whole[..8 + 3 * page_bytes + page_bytes / 2]);
    let mut stack = open(&path).unwrap();
    // Frame 4 is known of, from page 3, but lost.
    assert_eq!(stack.info().n_frames, 5);
    stack.read(2, &mut Frame::default()).unwrap();
    assert_eq!(
        read_error(&path, 3),
        "cannot read frame 3 of the file: the file ends before the page's pixels do"
    );
    assert_eq!(
        read_error(&path, 4),
        "cannot read frame 4 of the file: the file ends before the page does"
    );
    let damage = ("damage".into(), "after page 3: the file ends before the page does".into());
    assert_eq!(stack.info().metadata[0], damage);
}

#[test]
fn a_tiff_cut_before_a_directory_names_the_frame() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = std::io::Cursor::new(Vec::new());
    // This encoder puts a page's directory behind its pixels.
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut whole).unwrap();
    for _ in 0..5 {
        encoder.write_image::<tiff::encoder::colortype::Gray8>(40, 30, &[7; 1200]).unwrap();
    }
    let whole = whole.into_inner();
    let path = file(&folder, "cut.tif", &whole[..whole.len() * 7 / 10]);
    let mut stack = open(&path).unwrap();
    assert_eq!(stack.info().n_frames, 4);
    stack.read(2, &mut Frame::default()).unwrap();
    assert_eq!(
        read_error(&path, 3),
        "cannot read frame 3 of the file: the file ends before the page does"
    );
}

#[test]
fn a_tiff_whose_pages_run_in_a_circle_ends_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = tiff_with_directories_first(2, (4, 3), 12);
    let last_next = bytes.len() - 12 - 4;
    bytes[last_next] = 8;
    let path = file(&folder, "circle.tif", &bytes);
    assert_eq!(
        read_error(&path, 2),
        "cannot read frame 2 of the file: the list of the file's pages runs in a circle"
    );
}

#[test]
fn a_tiny_file_that_claims_gigapixels_is_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "lie.tif", &tiff_with_directories_first(1, (65_535, 65_535), 0));
    let start = Instant::now();
    assert_eq!(
        refusal(&path),
        "cannot read as TIFF: the file ends before the page's pixels do: 65535x65535 px of uint8 \
         need 4294836225 bytes, and the file has 98"
    );
    // Filling four gigabytes would take longer, even here.
    assert!(start.elapsed() < Duration::from_millis(200));
}

#[test]
fn a_tiny_png_or_bmp_that_claims_gigapixels_is_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let side = 60_000u32;
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([side, side].map(u32::to_be_bytes).concat());
    png.extend([8, 0, 0, 0, 0]);
    png.extend(crc_of(&png[12..]).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([side, side].map(u32::to_le_bytes).concat());
    bmp.extend([1, 0, 24, 0]);
    bmp.extend([0; 24]);
    for (name, bytes) in [("lie.png", png), ("lie.bmp", bmp)] {
        let start = Instant::now();
        let message = refusal(&file(&folder, name, &bytes));
        assert!(message.contains("more than its") || message.contains("larger"), "{message}");
        assert!(start.elapsed() < Duration::from_millis(200));
    }
}

/// The check sum of a PNG's part.
fn crc_of(bytes: &[u8]) -> u32 {
    let byte = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    };
    !bytes.iter().fold(u32::MAX, byte)
}

#[test]
fn an_npy_whose_header_lies_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let npy = |header: &str, data: &[u8]| {
        let mut bytes = b"\x93NUMPY\x01\0".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(data);
        file(&folder, "lie.npy", &bytes)
    };
    let header =
        |shape: &str| format!("{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}}}\n");
    assert_eq!(
        refusal(&npy(&header("(5, 4, 3)"), &[0; 23])),
        "cannot read as npy: the file ends before its numbers do: (5, 4, 3) of uint16 need 120 \
         bytes, and there are 23"
    );
    let huge = header("(99999999999, 99999999999, 99999999999)");
    assert!(refusal(&npy(&huge, &[0; 100])).contains("need far too many bytes"));
    let message = refusal(&npy(&header("(7,)"), &[0; 100]));
    assert!(message.ends_with("in colour, but its shape is (7)"), "{message}");
    let message = refusal(&npy(&header("(1, 2, 3, 5)"), &[0; 100]));
    assert!(message.ends_with("in colour, but its shape is (1, 2, 3, 5)"), "{message}");
    let path = file(&folder, "long.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff{}");
    assert_eq!(
        refusal(&path),
        "cannot read as npy: its header claims to be 4294967295 bytes long; 10000 are allowed, as in numpy \
         itself: save the array anew with numpy.save"
    );
}

#[test]
fn an_npy_that_was_cut_off_is_read_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let npy = |shape: &str, is_fortran: &str, n_bytes: usize| {
        let header =
            format!("{{'descr': '|u1', 'fortran_order': {is_fortran}, 'shape': {shape}}}\n");
        let mut bytes = b"\x93NUMPY\x01\0".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend((0..n_bytes).map(|k| (k / 12) as u8));
        file(&folder, "cut.npy", &bytes)
    };
    let path = npy("(5, 4, 3)", "False", 47);
    let mut stack = open(&path).unwrap();
    let damage = ("damage".to_owned(), "the file ends after 3 of 5 frames".to_owned());
    assert_eq!((stack.info().n_frames, &stack.info().metadata), (5, &vec![damage]));
    let mut frame = Frame::default();
    stack.read(2, &mut frame).unwrap();
    assert_eq!(frame.pixels()[11], 2.0);
    let error = stack.read(3, &mut frame).unwrap_err().downcast::<Error>().unwrap();
    assert!(matches!(*error, Error::Frame { frame: 3, .. }), "{error}");
    assert_eq!(open(npy("(10000002, 4, 3)", "False", 24)).unwrap().info().n_frames, 10_000_002);
    for (shape, is_fortran, n_bytes) in [
        ("(5, 4, 3)", "False", 11),
        ("(5, 4, 3)", "True", 47),
        ("(4, 3)", "False", 11),
        ("(10000003, 4, 3)", "False", 24),
    ] {
        let message = refusal(&npy(shape, is_fortran, n_bytes));
        assert!(message.contains("the file ends before its numbers do"), "{message}");
    }
}

#[test]
fn a_frame_beyond_the_last_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_stack(&folder.path().join("a.tif"), Size::new(4, 3), 2);
    assert_eq!(read_error(&folder.path().join("a.tif"), 2), "there is no frame 2: the stack has 2");
    assert_eq!(read_error(folder.path(), 2), "there is no frame 2: the stack has 2");
}

#[test]
fn a_file_that_is_replaced_by_one_of_another_size_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["1.tif", "2.tif"] {
        write_stack(&path(name), Size::new(8, 6), 1);
    }
    let mut stack = open(folder.path()).unwrap();
    write_stack(&path("2.tif"), Size::new(9, 6), 1);
    let message = stack.read(1, &mut Frame::default()).unwrap_err().to_string();
    assert!(message.contains("this file has 9x6 px"), "{message}");
}

/// Whatever bytes are damaged, reading ends, with pixels or with an error that names the file.
#[test]
fn damaged_files_end_in_pixels_or_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = tiff_with_directories_first(3, (7, 5), 35);
    let mut random = 12_345u32;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    };
    let (mut n_refused, mut n_read) = (0, 0);
    for _ in 0..1000 {
        let (at, byte) = (next(whole.len()), next(256) as u8);
        let before = std::mem::replace(&mut whole[at], byte);
        let path = file(&folder, "damaged.tif", &whole);
        match open(&path) {
            Err(error) => {
                assert!(error.to_string().contains("damaged.tif"));
                n_refused += 1;
            }
            Ok(mut stack) => {
                let mut frame = Frame::default();
                for index in 0..stack.info().n_frames {
                    match stack.read(index, &mut frame) {
                        Ok(()) => n_read += 1,
                        Err(error) => assert!(error.to_string().contains("damaged.tif")),
                    }
                }
            }
        }
        whole[at] = before;
    }
    assert!(50 < n_refused && 100 < n_read, "{n_refused} refused, {n_read} frames read");
}
