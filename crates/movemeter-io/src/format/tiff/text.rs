//! What a page says of itself, as text.

use super::super::Cause;
use super::super::text::{LONGEST_VALUE, text, until_zero};
use super::directory::{Directory, Entry, Kind, tag};
use super::file::TiffFile;
use super::names;

/// A description is read up to here; a hundred thousand planes of OME's XML are shorter.
pub(super) const LONGEST_DESCRIPTION: u64 = 32 << 20;

/// A description is kept whole up to here.
const KEPT_DESCRIPTION: usize = 16 << 20;

/// No more than so much of all other values is kept of a page.
const MOST_TEXT: usize = 1 << 20;

/// More numbers than these are counted, not listed.
const MOST_NUMBERS: u64 = 16;

/// What says where pixels are and how they are packed: no one reads it.
const NOT_SHOWN: [u16; 8] = [
    tag::STRIP_OFFSETS,
    tag::STRIP_BYTES,
    tag::TILE_OFFSETS,
    tag::TILE_BYTES,
    tag::JPEG_TABLES,
    tag::IMAGEJ_COUNTS,
    tag::IMAGEJ_DATA,
    tag::DESCRIPTION,
];

/// The page's description, or nothing; of one that is too long, the beginning.
pub(super) fn description(file: &mut TiffFile, directory: &Directory) -> Result<String, Cause> {
    let Some(entry) = directory.find(tag::DESCRIPTION) else { return Ok(String::new()) };
    let most = if entry.n_bytes() <= LONGEST_DESCRIPTION { u64::MAX } else { LONGEST_VALUE as u64 };
    let bytes = entry.bytes(file, most).map_err(|cause| {
        format!(
            "its description, which says what its pages are, cannot be read: {cause}; the file was cut off: \
             copy it anew"
        )
    })?;
    Ok(text(until_zero(&bytes)))
}

/// The description as it is kept in the metadata.
pub(super) fn kept_description(mut description: String) -> String {
    if KEPT_DESCRIPTION < description.len() {
        let n_bytes = description.len();
        description.truncate(description.floor_char_boundary(LONGEST_VALUE));
        description += &format!(" … (cut: it has {n_bytes} bytes)");
    }
    description
}

/// Whether the description was too long to be read whole.
pub(super) fn is_cut(directory: &Directory) -> bool {
    directory.find(tag::DESCRIPTION).is_some_and(|entry| LONGEST_DESCRIPTION < entry.n_bytes())
}

/// All tags but the description, by their names.
pub(super) fn tags(file: &mut TiffFile, directory: &Directory) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut n_bytes = 0;
    let shown = directory.entries.iter().filter(|entry| !NOT_SHOWN.contains(&entry.tag));
    for entry in shown {
        let Some(value) = value(file, entry) else { continue };
        n_bytes += value.len();
        if MOST_TEXT < n_bytes {
            all.push(("further tags".into(), "left out: they are too long".into()));
            break;
        }
        all.push((names::of_tag(entry.tag), value));
    }
    all
}

/// A tag's value in words; nothing of what cannot be read, or is no text.
fn value(file: &mut TiffFile, entry: &Entry) -> Option<String> {
    match entry.kind {
        Kind::Text => {
            let text = text(until_zero(&entry.bytes(file, LONGEST_VALUE as u64).ok()?));
            Some(text.trim().into()).filter(|text: &String| !text.is_empty())
        }
        Kind::Bytes | Kind::Whole(1) if MOST_NUMBERS < entry.n_values => {
            let text = String::from_utf8(entry.bytes(file, LONGEST_VALUE as u64).ok()?).ok()?;
            let is_text = !text.contains(|letter: char| {
                letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')
            });
            is_text.then_some(text)
        }
        Kind::Bytes => None,
        _ if MOST_NUMBERS < entry.n_values => Some(format!("{} numbers", entry.n_values)),
        _ => Some(numbers(file, entry)?.join(", ")),
    }
}

/// A few numbers as they are written.
fn numbers(file: &mut TiffFile, entry: &Entry) -> Option<Vec<String>> {
    let bytes = entry.bytes(file, MOST_NUMBERS).ok()?;
    let values = bytes.chunks_exact(entry.kind.n_bytes() as usize);
    let word = |value: u64| names::of_value(entry.tag, value).map(Into::into);
    let shown = |bytes: &[u8]| {
        let whole = file.number(bytes);
        match entry.kind {
            Kind::Whole(_) => word(whole).unwrap_or_else(|| whole.to_string()),
            Kind::Signed(n) => signed(whole, n).to_string(),
            Kind::Float(4) => f32::from_bits(whole as u32).to_string(),
            Kind::Float(_) => f64::from_bits(whole).to_string(),
            _ => {
                let [above, below] = [&bytes[..4], &bytes[4..]].map(|part| file.number(part));
                let is_signed = entry.kind == Kind::SignedFraction;
                let part = |part| if is_signed { signed(part, 4) as f64 } else { part as f64 };
                (part(above) / part(below)).to_string()
            }
        }
    };
    Some(values.map(shown).collect())
}

/// A number of so many bytes whose first bit is its sign.
pub(super) fn signed(value: u64, n_bytes: u8) -> i64 {
    let unused = 64 - 8 * u32::from(n_bytes);
    (value << unused).cast_signed() >> unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_the_first_bit() {
        assert_eq!((signed(255, 1), signed(127, 1), signed(0xfffe, 2)), (-1, 127, -2));
        assert_eq!(signed(u64::MAX, 8), -1);
    }
}
