//! Writes TIFF files tag by tag, true or not.

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter_io::{OpenOptions, open_with};

/// A tag's values, as bytes, with the standard's number for their type.
#[derive(Clone)]
pub struct Tag(pub u16, pub u16, pub u32, pub Vec<u8>);

/// Sides of the pages that are written here.
pub const WIDTH: u32 = 7;
pub const HEIGHT: u32 = 5;
pub const AREA: usize = (WIDTH * HEIGHT) as usize;

pub fn short(tag: u16, value: u16) -> Tag {
    Tag(tag, 3, 1, value.to_le_bytes().to_vec())
}

pub fn long(tag: u16, value: u32) -> Tag {
    Tag(tag, 4, 1, value.to_le_bytes().to_vec())
}

pub fn fraction(tag: u16, above: u32, below: u32) -> Tag {
    Tag(tag, 5, 1, [above, below].map(u32::to_le_bytes).concat())
}

pub fn text(tag: u16, text: &str) -> Tag {
    Tag(tag, 2, text.len() as u32 + 1, [text.as_bytes(), b"\0"].concat())
}

pub const DESCRIPTION: u16 = 270;

/// A page of 8 bits, whose pixels all are `grey`.
pub fn grey_page(grey: u8, more: &[Tag]) -> (Vec<Tag>, Vec<u8>) {
    (more.to_vec(), vec![grey; AREA])
}

/// A classic, little-endian TIFF of these pages; tags that are given replace the usual ones.
pub fn tiff(pages: &[(Vec<Tag>, Vec<u8>)]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut next_at = 4;
    for (more, pixels) in pages {
        let pixels_at = file.len() as u32;
        file.extend(pixels);
        let mut tags = vec![
            long(256, WIDTH),
            long(257, HEIGHT),
            short(258, 8),
            short(259, 1),
            short(262, 1),
            long(273, pixels_at),
            long(279, pixels.len() as u32),
        ];
        tags.retain(|tag| more.iter().all(|other| other.0 != tag.0));
        tags.extend(more.iter().cloned());
        tags.sort_by_key(|tag| tag.0);
        let mut places = Vec::new();
        for Tag(_, _, _, values) in &tags {
            places.push(file.len() as u32);
            if 4 < values.len() {
                file.extend(values);
            }
        }
        let at = file.len() as u32;
        file[next_at..next_at + 4].copy_from_slice(&at.to_le_bytes());
        file.extend((tags.len() as u16).to_le_bytes());
        for (Tag(tag, kind, n, values), place) in tags.iter().zip(places) {
            file.extend([*tag, *kind].map(u16::to_le_bytes).concat());
            file.extend(n.to_le_bytes());
            let mut value = values.clone();
            value.resize(4, 0);
            file.extend(if 4 < values.len() { place.to_le_bytes().to_vec() } else { value });
        }
        next_at = file.len();
        file.extend([0; 4]);
    }
    file
}

pub fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    // A file that replaces another is put on disk at once, which takes far longer than all else.
    if path.exists() {
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The first pixel of every frame.
pub fn greys(path: &Path, options: &OpenOptions) -> Vec<f32> {
    let mut stack = open_with(path, options).unwrap();
    let mut frame = Frame::default();
    let n_frames = stack.info().n_frames;
    let mut grey = |index| {
        stack.read(index, &mut frame).unwrap();
        frame.pixels()[0]
    };
    (0..n_frames).map(&mut grey).collect()
}

/// What is said of a file that is refused.
pub fn refusal(path: &Path, options: &OpenOptions) -> String {
    open_with(path, options).err().expect("it should not open").to_string()
}

/// What is said of a frame that cannot be read.
pub fn read_error(path: &Path, index: usize) -> String {
    let mut stack = open_with(path, &OpenOptions::default()).unwrap();
    stack.read(index, &mut Frame::default()).unwrap_err().to_string()
}

/// Asks for a channel and a depth.
pub fn asking(channel: Option<usize>, z: Option<usize>) -> OpenOptions {
    OpenOptions { channel, z, ..OpenOptions::default() }
}
