//! All tags of a page with their values, as they are stored.

use std::path::Path;

use super::super::{Cause, exif};
use super::directory::{Directory, Entry, Kind};
use super::file::TiffFile;
use super::names;
use super::text::{LONGEST_DESCRIPTION, signed};
use crate::format::text::{text, until_zero};
use crate::tag::{Tag, TagList, TagValues, TagsRead};

/// Lists that a page points to, by the tag that does.
const LISTS: [(u16, TagList); 2] = [(34_665, TagList::Exif), (34_853, TagList::Gps)];

/// A list of more numbers than this says where pixels are, and is left out.
const MOST_NUMBERS: u64 = 1 << 16;

/// The tags of page `page`; of the first if there are not so many.
pub(in super::super) fn tags(path: &Path, page: usize) -> Result<Vec<Tag>, Cause> {
    let mut file = TiffFile::open(path)?;
    let directory = directory_of(&mut file, page)?;
    let mut read = TagsRead::default();
    add(&mut file, &directory, TagList::Image, &mut read);
    for (pointer, list) in LISTS {
        let at = directory.number(&mut file, pointer).ok().flatten();
        if let Some(Ok(directory)) = at.map(|at| Directory::read(&mut file, at)) {
            add(&mut file, &directory, list, &mut read);
        }
    }
    Ok(read.tags)
}

fn directory_of(file: &mut TiffFile, page: usize) -> Result<Directory, Cause> {
    let first = file.first_directory();
    let mut directory = Directory::read(file, first)?;
    for _ in 0..page {
        match directory.next {
            0 => return Directory::read(file, first),
            next => directory = Directory::read(file, next)?,
        }
    }
    Ok(directory)
}

/// Adds the tags of a list that can be read.
fn add(file: &mut TiffFile, directory: &Directory, list: TagList, read: &mut TagsRead) {
    for entry in &directory.entries {
        let Some(values) = values(file, entry) else { continue };
        if !read.add(Tag { list, name: name(list, entry.tag), values }) {
            return;
        }
    }
}

fn name(list: TagList, tag: u16) -> String {
    let name = exif::name(list, tag);
    // What Exif has no name for may be one of TIFF's dialects.
    let is_unknown = list == TagList::Image && name.starts_with("Tag ");
    names::known(tag).filter(|_| is_unknown).map_or(name, Into::into)
}

fn values(file: &mut TiffFile, entry: &Entry) -> Option<TagValues> {
    let is_text = entry.kind == Kind::Text;
    let most = if is_text { LONGEST_DESCRIPTION } else { MOST_NUMBERS };
    if most < entry.n_values {
        return None;
    }
    let bytes = entry.bytes(file, most).ok()?;
    let numbers = bytes.chunks_exact(entry.kind.n_bytes() as usize);
    let whole = |bytes: &[u8]| file.number(bytes);
    Some(match entry.kind {
        Kind::Text => TagValues::Text(text(until_zero(&bytes))),
        Kind::Whole(_) | Kind::Bytes => {
            TagValues::Whole(numbers.map(|bytes| whole(bytes).cast_signed()).collect())
        }
        Kind::Signed(n) => TagValues::Whole(numbers.map(|bytes| signed(whole(bytes), n)).collect()),
        Kind::Float(4) => {
            let real = |bytes| f64::from(f32::from_bits(whole(bytes) as u32));
            TagValues::Real(numbers.map(real).collect())
        }
        Kind::Float(_) => TagValues::Real(numbers.map(|of| f64::from_bits(whole(of))).collect()),
        Kind::Fraction | Kind::SignedFraction => {
            let is_signed = entry.kind == Kind::SignedFraction;
            let part = |bytes| match is_signed {
                true => signed(whole(bytes), 4),
                false => whole(bytes).cast_signed(),
            };
            TagValues::Fractions(numbers.map(|of| (part(&of[..4]), part(&of[4..]))).collect())
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A classic TIFF's directory at this place.
    fn directory(entries: &[[u32; 4]], next: u32) -> Vec<u8> {
        let mut bytes = (entries.len() as u16).to_le_bytes().to_vec();
        for [tag, kind, n, value] in entries {
            bytes.extend([*tag as u16, *kind as u16].map(u16::to_le_bytes).concat());
            bytes.extend([*n, *value].map(u32::to_le_bytes).concat());
        }
        bytes.extend(next.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8], page: usize) -> Result<Vec<Tag>, Cause> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        fs::write(&path, bytes).unwrap();
        tags(&path, page)
    }

    fn image(name: &str, values: TagValues) -> Tag {
        Tag { list: TagList::Image, name: name.into(), values }
    }

    /// A page of two tags at 8, one that points to a list of Exif at 64, and one of another width at 96.
    fn file() -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes
            .extend(directory(&[[256, 3, 1, 7], [270, 2, 4, 0x0063_6261], [34_665, 4, 1, 64]], 96));
        bytes.resize(64, 0);
        bytes.extend(directory(&[[33_434, 5, 1, 88]], 0));
        bytes.resize(88, 0);
        bytes.extend([1u32, 200].map(u32::to_le_bytes).concat());
        bytes.extend(directory(&[[256, 3, 1, 9], [0xabcd, 9, 1, u32::MAX]], 0));
        bytes
    }

    #[test]
    fn a_page_has_its_own_tags_and_those_of_the_lists_it_points_to() {
        let exposure = Tag {
            list: TagList::Exif,
            name: "ExposureTime".into(),
            values: TagValues::Fractions(vec![(1, 200)]),
        };
        let expected = [
            image("ImageWidth", TagValues::Whole(vec![7])),
            image("ImageDescription", TagValues::Text("abc".into())),
            image("ExifOffset", TagValues::Whole(vec![64])),
            exposure,
        ];
        assert_eq!(read(&file(), 0).unwrap(), expected);
    }

    #[test]
    fn a_page_that_is_not_there_has_the_tags_of_the_first() {
        let second = [
            image("ImageWidth", TagValues::Whole(vec![9])),
            image("Tag 0xABCD", TagValues::Whole(vec![-1])),
        ];
        assert_eq!(read(&file(), 1).unwrap(), second);
        assert_eq!(read(&file(), 2).unwrap(), read(&file(), 0).unwrap());
    }

    #[test]
    fn values_past_the_end_are_left_out() {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(directory(&[[270, 2, 1 << 30, 8], [256, 3, 1, 7], [305, 2, 900, 8]], 0));
        assert_eq!(read(&bytes, 0).unwrap(), [image("ImageWidth", TagValues::Whole(vec![7]))]);
    }

    #[test]
    fn tags_that_share_their_bytes_are_not_all_believed() {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(directory(&[[305, 2, 20 << 20, 1024]; 40], 0));
        bytes.resize(1024 + (20 << 20), b'a');
        assert_eq!(read(&bytes, 0).unwrap().len(), 3);
    }
}
