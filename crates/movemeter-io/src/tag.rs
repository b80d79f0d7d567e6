//! What files note beside their pixels, tag by tag, with the values as stored.

/// One tag of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Which list it stands in.
    pub list: TagList,
    /// Its name in the standards, as programs that show Exif write it; `Tag 0x1234` if it has none.
    pub name: String,
    /// Its values.
    pub values: TagValues,
}

/// The lists of tags that a picture may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagList {
    /// Of the picture itself: its sides, its description.
    Image,
    /// Of how it was taken: Exif.
    Exif,
    /// Of where it was taken.
    Gps,
    /// Of the small picture beside it.
    Thumbnail,
    /// Of what other programs may do with it.
    Interoperability,
}

impl TagList {
    /// The word for it, as programs that show Exif write it before the name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "Image",
            Self::Exif => "EXIF",
            Self::Gps => "GPS",
            Self::Thumbnail => "Thumbnail",
            Self::Interoperability => "Interoperability",
        }
    }
}

/// The values of a tag.
#[derive(Clone, Debug, PartialEq)]
pub enum TagValues {
    /// Words, up to the first zero.
    Text(String),
    /// Whole numbers, also bytes of a meaning of their own.
    Whole(Vec<i64>),
    /// Fractions: what is above, and what is below, which may be 0.
    Fractions(Vec<(i64, i64)>),
    /// Numbers in floating point.
    Real(Vec<f64>),
}

impl TagValues {
    /// About how much memory they take, in bytes.
    pub(crate) fn n_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Whole(numbers) => 8 * numbers.len(),
            Self::Fractions(numbers) => 16 * numbers.len(),
            Self::Real(numbers) => 8 * numbers.len(),
        }
    }
}

/// The tags of a file, as many as memory is given for.
#[derive(Default)]
pub(crate) struct TagsRead {
    pub(crate) tags: Vec<Tag>,
    n_bytes: usize,
}

/// All values of all tags together; values may lie in one another, so that a small file could claim to have any number.
const MOST_BYTES: usize = 64 << 20;

impl TagsRead {
    /// Adds a tag; whether there is room for further ones.
    pub(crate) fn add(&mut self, tag: Tag) -> bool {
        self.n_bytes += tag.values.n_bytes();
        let has_room = self.n_bytes <= MOST_BYTES;
        if has_room {
            self.tags.push(tag);
        }
        has_room
    }
}
