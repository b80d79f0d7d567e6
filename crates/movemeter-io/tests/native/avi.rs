//! Small AVI files.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

/// How a file says where its pictures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    None,
    Old,
    /// An index of indices, and the second half of the frames in a further part of the file.
    New,
}

/// Grey pictures of 6 × 4 px, the first row lowest.
pub fn grey(frames: &[Vec<u8>], index: Index) -> Vec<u8> {
    let filled =
        |frame: &Vec<u8>| frame.chunks(6).flat_map(|row| [row, &[0, 0]].concat()).collect();
    file(&frames.iter().map(filled).collect::<Vec<_>>(), [0; 4], index)
}

/// Pictures of 24 × 16 px in Motion JPEG.
pub fn jpeg() -> Vec<u8> {
    let picture = |t: usize| {
        let pixels: Vec<u8> = (0..24 * 16 * 3).map(|at| (at * at + 50 * t) as u8).collect();
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes).encode(&pixels, 24, 16, ExtendedColorType::Rgb8).unwrap();
        bytes
    };
    file(&(0..4).map(picture).collect::<Vec<_>>(), *b"MJPG", Index::Old)
}

fn file(frames: &[Vec<u8>], coding: [u8; 4], index: Index) -> Vec<u8> {
    let super_index = chunk(b"indx", &[0; 24 + 2 * 16]);
    let extra = if index == Index::New { super_index } else { Vec::new() };
    let mut bytes =
        [b"RIFF\0\0\0\0AVI ".to_vec(), list(b"hdrl", &headers(coding, &extra))].concat();
    let half = if index == Index::New { frames.len() / 2 } else { frames.len() };
    let first = movie(&mut bytes, &frames[..half], index);
    if index == Index::Old {
        let entries = first.places.iter().map(|&(at, length)| {
            [*b"00db", [16, 0, 0, 0], (at - first.name_at).to_le_bytes(), length.to_le_bytes()]
                .concat()
        });
        bytes.extend(chunk(b"idx1", &entries.collect::<Vec<_>>().concat()));
    }
    end(&mut bytes, 0);
    if index == Index::New {
        let start = bytes.len();
        bytes.extend(b"RIFF\0\0\0\0AVIX");
        let second = movie(&mut bytes, &frames[half..], index);
        end(&mut bytes, start);
        let entry = |part: &Movie| {
            [
                part.index_at.to_le_bytes().as_slice(),
                &[0; 4],
                &part.index_length.to_le_bytes(),
                &[1, 0, 0, 0],
            ]
            .concat()
        };
        let head = [&[4, 0, 0, 0, 2, 0, 0, 0][..], b"00db", &[0; 12]].concat();
        let body = [head, entry(&first), entry(&second)].concat();
        let at = bytes.windows(4).position(|kind| kind == b"indx").unwrap() + 8;
        bytes[at..at + body.len()].copy_from_slice(&body);
    }
    bytes
}

/// Where parts of a list of pictures are.
struct Movie {
    name_at: u32,
    /// Of each chunk, with the length of its body.
    places: Vec<(u32, u32)>,
    index_at: u32,
    index_length: u32,
}

/// Appends a list of pictures, with its own index if it is to have one.
fn movie(bytes: &mut Vec<u8>, frames: &[Vec<u8>], index: Index) -> Movie {
    let name_at = bytes.len() as u32 + 8;
    let (mut body, mut places) = (Vec::new(), Vec::new());
    for frame in frames {
        places.push((name_at + 4 + body.len() as u32, frame.len() as u32));
        body.extend(chunk(b"00db", frame));
    }
    let index_at = name_at + 4 + body.len() as u32;
    let mut entries =
        [&[2, 0, 0, 1][..], &(places.len() as u32).to_le_bytes(), b"00db", &[0; 12]].concat();
    for (at, length) in &places {
        entries.extend([(at + 8).to_le_bytes(), length.to_le_bytes()].concat());
    }
    let part = chunk(b"ix00", &entries);
    if index == Index::New {
        body.extend(&part);
    }
    bytes.extend(list(b"movi", &body));
    Movie { name_at, places, index_at, index_length: part.len() as u32 }
}

/// Fills in the length of the part of the file that begins here.
fn end(bytes: &mut [u8], start: usize) {
    let length = (bytes.len() - start - 8) as u32;
    bytes[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
}

fn headers(coding: [u8; 4], index: &[u8]) -> Vec<u8> {
    let numbers = |numbers: &[u32]| {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()
    };
    let (width, height, depth) = if coding == [0; 4] { (6, 4, 8) } else { (24, 16, 24) };
    let stream = [b"vids".to_vec(), numbers(&[0, 0, 0, 0, 1, 25, 0, 4, 0, 0, 0, 0, 0])].concat();
    let palette =
        if coding == [0; 4] { (0..256).map(|grey| grey * 0x01_01_01).collect() } else { vec![] };
    let format =
        [numbers(&[40, width, height, 1 | depth << 16]), coding.into(), numbers(&[0, 0, 0, 0, 0])];
    let format = [format.concat(), numbers(&palette)].concat();
    let stream = [chunk(b"strh", &stream), chunk(b"strf", &format), index.into()].concat();
    [
        chunk(b"avih", &numbers(&[40_000, 0, 0, 16, 4, 0, 1, 0, width, height, 0, 0, 0, 0])),
        list(b"strl", &stream),
    ]
    .concat()
}

fn list(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[name, body].concat())
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let filling = vec![0; body.len() % 2];
    [&kind[..], &(body.len() as u32).to_le_bytes(), body, &filling].concat()
}
