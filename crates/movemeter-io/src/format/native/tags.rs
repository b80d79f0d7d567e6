//! What an MP4 or MOV file says of itself in words.

use super::boxes::Boxes;
use super::bytes::{Bytes, shown, text};
use crate::format::text::LONGEST_VALUE;

/// The tags in the body of the box `moov`, as name and value.
pub(super) fn tags(index: &[u8]) -> Vec<(String, String)> {
    let index = Boxes::new(index);
    let mut tags = Vec::new();
    // Apple and Android put tags at either of two places.
    for place in [&[b"meta"][..], &[b"udta", b"meta"]] {
        tags.extend(index.find_deep(place).into_iter().flat_map(listed));
    }
    tags.extend(index.find(b"udta").into_iter().flat_map(plain));
    tags.truncate(MOST_TAGS);
    tags
}

/// Files have a few dozen.
const MOST_TAGS: usize = 1000;

/// Tags of QuickTime: boxes that hold a text with its length and language. Their names begin with ©.
fn plain(body: &[u8]) -> Vec<(String, String)> {
    let value = |body: &[u8]| {
        let mut bytes = Bytes(body);
        let length = bytes.u16_be()?;
        bytes.u16_be()?;
        text(bytes.take(length.into())?)
    };
    let with_name = |(kind, body): ([u8; 4], &[u8])| {
        let name = name_of(kind).filter(|_| kind[0] == 0xa9)?;
        Some((name, value(body).filter(|value| value.len() <= LONGEST_VALUE)?))
    };
    Boxes::new(body).filter_map(with_name).collect()
}

/// Tags of iTunes and of phones: a list of values, and for some of them a list of names.
fn listed(body: &[u8]) -> Vec<(String, String)> {
    // MP4 has a version before the boxes, MOV does not.
    let boxes = match Boxes::new(body).find(b"hdlr") {
        Some(_) => Boxes::new(body),
        None => Boxes::new(body.get(4..).unwrap_or_default()),
    };
    let names = boxes.find(b"keys").map(names).unwrap_or_default();
    let with_name = |(kind, body): ([u8; 4], &[u8])| {
        let number = u32::from_be_bytes(kind) as usize;
        let listed = number.checked_sub(1).and_then(|place| names.get(place).cloned());
        Some((listed.or_else(|| name_of(kind))?, value(Boxes::new(body).find(b"data")?)?))
    };
    boxes.find(b"ilst").map_or(Vec::new(), |list| Boxes::new(list).filter_map(with_name).collect())
}

fn names(keys: &[u8]) -> Vec<String> {
    let list = keys.get(8..).unwrap_or_default();
    Boxes::new(list).map(|(_, name)| in_words(text(name).unwrap_or_default())).collect()
}

/// What matters to a measurement, in words: phones play slowly what they captured fast.
fn in_words(name: String) -> String {
    match name.as_str() {
        "com.android.capture.fps" => format!("frame rate when captured, Hz ({name})"),
        _ => name,
    }
}

/// A value with its type: text, or a number.
fn value(data: &[u8]) -> Option<String> {
    let mut bytes = Bytes(data);
    let kind = bytes.u32_be()?;
    bytes.u32_be()?;
    let value = bytes.0;
    match (kind, value.len()) {
        (1, length) if length <= LONGEST_VALUE => text(value),
        (21, 1) => Some(value[0].cast_signed().to_string()),
        (21, 2) => Some(bytes.u16_be()?.cast_signed().to_string()),
        (21 | 67, 4) => Some(bytes.u32_be()?.cast_signed().to_string()),
        (22 | 77, 4) => Some(bytes.u32_be()?.to_string()),
        (23, 4) => Some(f32::from_bits(bytes.u32_be()?).to_string()),
        (24, 8) => Some(f64::from_bits(bytes.u64_be()?).to_string()),
        _ => None,
    }
}

/// Four letters as a name, those that are known in words.
fn name_of(kind: [u8; 4]) -> Option<String> {
    let name = match &kind {
        b"\xa9too" => "encoding tool",
        b"\xa9swr" => "software",
        b"\xa9xyz" => "location",
        b"\xa9nam" => "title",
        b"\xa9cmt" => "comment",
        b"\xa9day" => "date",
        b"\xa9mak" => "maker",
        b"\xa9mod" => "model",
        b"\xa9fmt" => "format",
        b"\xa9inf" => "information",
        [0xa9, rest @ ..] => {
            return rest.is_ascii().then(|| shown([b' ', rest[0], rest[1], rest[2]]).trim().into());
        }
        _ => return kind.iter().all(u8::is_ascii_graphic).then(|| shown(kind)),
    };
    Some(name.into())
}
