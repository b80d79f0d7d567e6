//! Files that lie: each is refused or read in little memory, in silence.
//!
//! Every file is tried in a process of its own, which says how much memory it took at most.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::{OpenOptions, open};

use crate::writer::*;

/// Names the file that the other process is to try.
const FILE: &str = "MOVEMETER_HOSTILE_FILE";

/// More than this no file may take that holds less.
const MOST_KIB: u64 = 200 << 10;

/// Tries a file in another process; gives what was said of it: the error, or nothing.
fn try_alone(path: &Path) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "hostile::tries_one_file", "--ignored", "--nocapture"]);
    let output = child.env(FILE, path).output().unwrap();
    let (out, err) =
        [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).into();
    assert!(output.status.success(), "{}: {out}{err}", path.display());
    assert_eq!(err, "", "{}", path.display());
    let value = |key: &str| {
        let line = out.lines().find_map(|line| line.split_once(key));
        line.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let kib = value("peak KiB: ").parse().unwrap_or(0);
    assert!(kib < MOST_KIB, "{}: {kib} KiB", path.display());
    value("said: ")
}

#[test]
#[ignore = "a part of the other tests, in a process of its own"]
fn tries_one_file() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let said = match open(&path) {
        Err(error) => error.to_string(),
        Ok(mut stack) => {
            let n_frames = stack.info().n_frames.min(3);
            let mut read = |index| stack.read(index, &mut Frame::default()).err();
            (0..n_frames).find_map(&mut read).map(|error| error.to_string()).unwrap_or_default()
        }
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap_or("0").trim().trim_end_matches(" kB");
    let mut out = std::io::stdout();
    write!(out, "\nsaid: {}\npeak KiB: {peak}\n", said.replace('\n', " ")).unwrap();
}

fn expect(bytes: &[u8], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let said = try_alone(&write(&folder, "hostile.tif", bytes));
    assert!(said.contains(expected), "{said:?} should contain {expected:?}");
}

fn one_page(tags: &[Tag]) -> Vec<u8> {
    tiff(&[grey_page(1, tags)])
}

fn described(description: &str) -> Vec<u8> {
    one_page(&[text(DESCRIPTION, description)])
}

#[test]
fn sizes_that_the_file_cannot_hold() {
    let side = |side: u32| [long(256, side), long(257, side)];
    expect(&one_page(&side(65_535)), "the file ends before the page's pixels do");
    for compression in [5, 7, 8, 32_773, 50_000] {
        let tags = [&side(65_535)[..], &[short(259, compression)]].concat();
        expect(&one_page(&tags), "the file ends before the page's pixels do");
    }
    let most = [short(277, 65_535), short(258, 64)];
    expect(&one_page(&[&side((1 << 31) - 1)[..], &most].concat()), "need");
    expect(&one_page(&side(u32::MAX)), "it claims to have 4294967295x4294967295 px");
    expect(&one_page(&[short(277, 65_535)]), "the file ends before");
    expect(&one_page(&[short(258, 65)]), "it claims to have 1 number of 65 bits per pixel");
    let tile = [long(322, (1 << 31) - 1), long(323, (1 << 31) - 1)];
    let place = [long(324, 8), long(325, 35), short(259, 8)];
    expect(&one_page(&[&tile[..], &place].concat()), "the file ends before");
    expect(&one_page(&[&[long(322, 0), long(323, 0)][..], &place].concat()), "tiles of 0x0 px");
}

#[test]
fn large_pages_of_little_take_little_memory() {
    let junk = vec![0x55; 1 << 20];
    let side = [long(256, 20_000), long(257, 20_000), short(259, 8)];
    expect(&tiff(&[(side.to_vec(), junk.clone())]), "");
    for samples in [short(258, 16), short(277, 2)] {
        let tags =
            [&[long(256, 15_000), long(257, 15_000), short(259, 8)][..], &[samples]].concat();
        expect(&tiff(&[(tags, junk.clone())]), "");
    }
}

#[test]
fn strips_that_hold_more_than_their_page() {
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..500 {
        deflate.write_all(&[0; 1 << 20]).unwrap();
    }
    expect(&tiff(&[(vec![short(259, 8)], deflate.finish().unwrap())]), "");
    // The header of a Zstd stream, with the largest memory it can ask for, and the largest that is allowed.
    for window in [0xf8, 0x88] {
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, window, 1, 0, 0, 0].repeat(8);
        expect(&tiff(&[(vec![short(259, 50_000)], zstd)]), "cannot read");
    }
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8];
    jpeg.extend([255, 220, 255, 220, 1, 1, 0x11, 0, 0xff, 0xda]);
    jpeg.resize(1 << 20, 0);
    expect(&tiff(&[(vec![short(259, 7)], jpeg)]), "its JPEG pixels are damaged");
}

#[test]
fn lists_that_are_too_long() {
    let million = vec![0; 4_000_000];
    let tags = |tag| {
        let rows = [long(256, 1), long(257, 1_000_000), long(278, 1)];
        [&rows[..], &[Tag(tag, 4, 1_000_000, million.clone())]].concat()
    };
    let pixels = vec![0; 1_000_000];
    expect(&tiff(&[(tags(273), pixels.clone())]), "its StripOffsets has 1000000 values");
    expect(&tiff(&[(tags(258), pixels)]), "its BitsPerSample has 1000000 values");
    for n in [u32::MAX, 1 << 31, 36] {
        expect(&one_page(&[Tag(273, 4, n, vec![8, 0, 0, 0, 0])]), "cannot read");
        expect(&one_page(&[Tag(258, 3, n, vec![8, 0, 0, 0, 0])]), "cannot read");
        expect(&one_page(&[Tag(282, 5, n, vec![8, 0, 0, 0, 0])]), "");
    }
    let long_text = "a".repeat(60_000);
    let mut file = one_page(&(0..200).map(|k| text(60_000 + k, &long_text)).collect::<Vec<_>>());
    expect(&file, "");
    // All of them at one place.
    let tags: Vec<Tag> = (0..4000).map(|k| Tag(50_000 + k, 2, 60_000, vec![8, 0, 0, 0])).collect();
    file = one_page(&tags);
    file.resize(100_000, b'a');
    expect(&file, "");
}

#[test]
fn descriptions_without_end() {
    let folder = tempfile::tempdir().unwrap();
    for start in ["", "ImageJ=1.5\nimages=1\n", "<OME>"] {
        let n_bytes = 2_000_000_000;
        let mut file = one_page(&[Tag(DESCRIPTION, 2, n_bytes, vec![0; 5])]);
        // The entry says where the text is: behind the file.
        let at = file.len() as u32;
        let entry = file.windows(4).position(|bytes| bytes == [14, 1, 2, 0]).unwrap();
        file[entry + 8..entry + 12].copy_from_slice(&at.to_le_bytes());
        file.extend(start.as_bytes());
        let path = write(&folder, "long.tif", &file);
        let sparse = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        sparse.set_len(u64::from(n_bytes) + u64::from(at)).unwrap();
        let said = try_alone(&path);
        let is_refused = said.contains("its OME-XML is longer than");
        assert_eq!(is_refused, start == "<OME>", "{said}");
        assert!(is_refused || said.is_empty(), "{said}");
    }
}

#[test]
fn claims_of_descriptions() {
    // The pixels are behind the directory, as in ImageJ's own files.
    let claims = |lines: &str| {
        let mut file = described(&format!("ImageJ=1.53t\n{lines}"));
        let at = file.len() as u32;
        let offset = file.windows(4).position(|bytes| bytes == [17, 1, 4, 0]).unwrap() + 8;
        file[offset..offset + 4].copy_from_slice(&at.to_le_bytes());
        file.extend([1; AREA]);
        file
    };
    expect(&claims("images=4000000000\n"), "it claims to have 4000000000 frames");
    expect(&claims("images=1000000\n"), "frame 1 of the file: the file ends before");
    // Of another file: the only page is all there is.
    expect(&described("ImageJ=1.53t\nimages=4000000000\n"), "");
    let most = usize::MAX;
    let overflow = format!("images={most}\nchannels={most}\nslices={most}\nframes={most}\n");
    expect(&claims(&overflow), "it claims to have");
    expect(&described("{\"shape\": [99999999999, 5, 7], \"truncated\": true}"), "");
    let pixels = |attributes: &str, inside: &str| {
        described(&format!(
            "<OME><Image><Pixels SizeX=\"7\" SizeY=\"5\" {attributes}>{inside}</Pixels></Image></OME>"
        ))
    };
    expect(&pixels("SizeT=\"1000000000000\"", ""), "it claims to have 1000000000000 frames");
    expect(
        &pixels(&format!("SizeT=\"{most}\" SizeC=\"{most}\""), ""),
        "more planes than can be counted",
    );
    let place = "<TiffData IFD=\"18446744073709551615\" PlaneCount=\"18446744073709551615\"/>";
    expect(&pixels("SizeT=\"1000\"", place), "names no page that is there");
    let place = "<TiffData FirstT=\"18446744073709551615\" PlaneCount=\"1\"/>";
    expect(&pixels("SizeT=\"1000\"", place), "cannot read");
    expect(&pixels("SizeT=\"4000000\"", &"<TiffData/>".repeat(400_000)), "");
    expect(&described(&format!("<OME>{}", "<a xmlns:b='c'>".repeat(500_000))), "no image");
    expect(&described(&format!("<OME {}/>", "a='' ".repeat(2_000_000))), "no image");
    expect(&described(&format!("<OME>{}", "&a;".repeat(2_000_000))), "");
    let entities = "<!DOCTYPE a [<!ENTITY b \"cccccccccc\"><!ENTITY d \"&b;&b;&b;&b;\">]>\
                    <OME><Image Name=\"&d;\"/></OME>";
    expect(&described(entities), "");
}

#[test]
fn lists_of_pages_without_end() {
    let mut circle = one_page(&[]);
    let next = circle.len() - 4;
    let first: [u8; 4] = circle[4..8].try_into().unwrap();
    circle[next..].copy_from_slice(&first);
    expect(&circle, "the list of the file's pages runs in a circle");
    // Directories of sixty thousand tags, each beginning six bytes after the one before.
    let mut overlapping = one_page(&[]);
    let (start, n) = (overlapping.len(), 60_000u16);
    let n_bytes = 2 + 12 * usize::from(n);
    overlapping[next..].copy_from_slice(&(start as u32).to_le_bytes());
    overlapping.resize(start + n_bytes + 400_000, 0);
    for k in 0..50_000 {
        let at = start + 6 * k;
        overlapping[at..at + 2].copy_from_slice(&n.to_le_bytes());
        overlapping[at + n_bytes..at + n_bytes + 4].copy_from_slice(&(at as u32 + 6).to_le_bytes());
    }
    expect(&overlapping, "cannot read frame");
    expect(b"II*\0\0\0\0\0", "it has no pages");
    let mut big = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec();
    big.extend(u64::MAX.to_le_bytes());
    expect(&big, "a page claims to have 18446744073709551615 tags");
}

/// What is written of options in messages, the command has.
#[test]
fn an_option_that_cannot_be_fulfilled_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "plain.tif", &one_page(&[]));
    assert!(refusal(&path, &asking(Some(1), None)).contains("leave --channel out"));
    assert_eq!(greys(&path, &asking(Some(0), Some(0))), [1.0]);
    assert_eq!(greys(&path, &OpenOptions::default()), [1.0]);
}
