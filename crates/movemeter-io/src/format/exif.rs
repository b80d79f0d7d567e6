//! Exif: what cameras note in JPEG, PNG and WebP files, and the names of its tags. The crate `kamadak-exif` reads it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use exif::{Context, Error as ExifError, Field, In, Reader, Value};

use super::text::{text, until_zero};
use super::{Cause, plain_io};
use crate::tag::{Tag, TagList, TagValues, TagsRead};

/// Exif has at most 64 kB in JPEG files; a picture with more than this before it is none that a camera wrote.
const MOST_BYTES: u64 = 256 << 20;

/// What a picture has as Exif; nothing if it has none. Tags that cannot be read are left out.
pub(super) fn tags(path: &Path) -> Result<Vec<Tag>, Cause> {
    let file = File::open(path).map_err(|error| plain_io(&error))?;
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let found = reader.read_from_container(&mut BufReader::new(file.take(MOST_BYTES)));
    let found = match found.or_else(|error| error.distill_partial_result(|_| {})) {
        Ok(found) => found,
        Err(ExifError::NotFound(_)) => return Ok(Vec::new()),
        Err(error) => return Err(format!("its Exif cannot be read: {error}")),
    };
    let mut read = TagsRead::default();
    for field in found.fields() {
        if let Some(values) = values(&field.value)
            && !read.add(Tag { list: list(field), name: name_of(field.tag), values })
        {
            break;
        }
    }
    Ok(read.tags)
}

/// Names that programs which show Exif have always used, where the standard has newer ones.
const OLDER_NAMES: [(Context, u16, &str); 6] = [
    (Context::Tiff, 0x8769, "ExifOffset"),
    (Context::Tiff, 0x8825, "GPSInfo"),
    (Context::Exif, 0x8827, "ISOSpeedRatings"),
    (Context::Exif, 0xa002, "ExifImageWidth"),
    (Context::Exif, 0xa003, "ExifImageLength"),
    (Context::Exif, 0xa005, "InteroperabilityOffset"),
];

/// The name of a tag in its list.
pub(super) fn name(list: TagList, number: u16) -> String {
    let context = match list {
        TagList::Image | TagList::Thumbnail => Context::Tiff,
        TagList::Exif => Context::Exif,
        TagList::Gps => Context::Gps,
        TagList::Interoperability => Context::Interop,
    };
    name_of(exif::Tag(context, number))
}

fn name_of(tag: exif::Tag) -> String {
    let older = OLDER_NAMES.iter().find(|row| (row.0, row.1) == (tag.context(), tag.number()));
    match (older, tag.description()) {
        (Some((_, _, name)), _) => (*name).into(),
        (None, Some(_)) => tag.to_string(),
        (None, None) => format!("Tag 0x{:04X}", tag.number()),
    }
}

fn list(field: &Field) -> TagList {
    match field.tag.context() {
        Context::Exif => TagList::Exif,
        Context::Gps => TagList::Gps,
        Context::Interop => TagList::Interoperability,
        _ if field.ifd_num == In::PRIMARY => TagList::Image,
        _ => TagList::Thumbnail,
    }
}

fn values(value: &Value) -> Option<TagValues> {
    fn whole<T: Copy + Into<i64>>(numbers: &[T]) -> TagValues {
        TagValues::Whole(numbers.iter().map(|&number| number.into()).collect())
    }
    Some(match value {
        Value::Ascii(parts) => TagValues::Text(text(until_zero(&parts.join(&b'\n')))),
        Value::Byte(numbers) | Value::Undefined(numbers, _) => whole(numbers),
        Value::Short(numbers) => whole(numbers),
        Value::Long(numbers) => whole(numbers),
        Value::SByte(numbers) => whole(numbers),
        Value::SShort(numbers) => whole(numbers),
        Value::SLong(numbers) => whole(numbers),
        Value::Rational(numbers) => {
            let parts = numbers.iter().map(|of| (of.num.into(), of.denom.into()));
            TagValues::Fractions(parts.collect())
        }
        Value::SRational(numbers) => {
            let parts = numbers.iter().map(|of| (of.num.into(), of.denom.into()));
            TagValues::Fractions(parts.collect())
        }
        Value::Float(numbers) => TagValues::Real(numbers.iter().copied().map(f64::from).collect()),
        Value::Double(numbers) => TagValues::Real(numbers.clone()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_programs_show() {
        assert_eq!(name(TagList::Image, 270), "ImageDescription");
        assert_eq!(name(TagList::Image, 0x8769), "ExifOffset");
        assert_eq!(name(TagList::Exif, 33_434), "ExposureTime");
        assert_eq!(name(TagList::Exif, 0x8827), "ISOSpeedRatings");
        assert_eq!(name(TagList::Gps, 2), "GPSLatitude");
        assert_eq!(name(TagList::Image, 0xabcd), "Tag 0xABCD");
    }
}
