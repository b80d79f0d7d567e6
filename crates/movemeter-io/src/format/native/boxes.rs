//! The boxes of MP4 and MOV files: each a length, four letters and a body, which may be boxes again
//! (ISO/IEC 14496-12, 4.2).

use super::bytes::Bytes;
use super::file::VideoFile;
use crate::format::Cause;

/// Boxes one after the other. A box that claims to be longer than what is there ends them.
#[derive(Clone, Copy)]
pub(super) struct Boxes<'a>(Bytes<'a>);

impl<'a> Boxes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Bytes(bytes))
    }

    /// The body of the first box of this kind.
    pub(super) fn find(mut self, kind: &[u8; 4]) -> Option<&'a [u8]> {
        self.find_map(|(found, body)| (found == *kind).then_some(body))
    }

    /// The body of a box in a box in a box.
    pub(super) fn find_deep(self, kinds: &[&[u8; 4]]) -> Option<&'a [u8]> {
        let (first, rest) = kinds.split_first()?;
        let body = self.find(first)?;
        if rest.is_empty() { Some(body) } else { Boxes::new(body).find_deep(rest) }
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = self.0.u32_be()?;
        let kind = *self.0.take(4)?.first_chunk()?;
        let n_bytes = match length {
            0 => self.0.0.len(),
            1 => usize::try_from(self.0.u64_be()?.checked_sub(16)?).ok()?,
            length => usize::try_from(length.checked_sub(8)?).ok()?,
        };
        Some((kind, self.0.take(n_bytes)?))
    }
}

/// A box of the file itself.
pub(super) struct Outer {
    pub(super) kind: [u8; 4],
    /// Where it begins.
    pub(super) start: u64,
    n_head: u64,
    /// Where it says that it ends.
    end: u64,
}

/// What is kept in memory while it is read: of an index some twenty bytes for each frame.
const LARGEST_BODY: u64 = 64 << 20;

impl Outer {
    /// The box that begins here; nothing at the file's end, or where there is no box.
    pub(super) fn at(start: u64, file: &mut VideoFile) -> Result<Option<Self>, Cause> {
        let mut head = [0; 16];
        let there = file.n_bytes.saturating_sub(start).min(16) as usize;
        if there < 8 {
            return Ok(None);
        }
        file.read_exact(start, &mut head[..there])?;
        let mut bytes = Bytes(&head);
        let length = bytes.u32_be().unwrap_or(0);
        let kind = *bytes.take(4).and_then(<[u8]>::first_chunk).unwrap_or(b"    ");
        let (n_head, n_bytes) = match length {
            0 => (8, file.n_bytes - start),
            1 => (16, bytes.u64_be().unwrap_or(0)),
            length => (8, length.into()),
        };
        let end = start.checked_add(n_bytes).filter(|_| n_head <= n_bytes);
        Ok(end.map(|end| Self { kind, start, n_head, end }))
    }

    /// The box after it.
    pub(super) fn next(&self, file: &mut VideoFile) -> Result<Option<Self>, Cause> {
        Self::at(self.end, file)
    }

    /// All of its body.
    pub(super) fn body(&self, file: &mut VideoFile, bytes: &mut Vec<u8>) -> Result<(), Cause> {
        let n_bytes = self.end - self.start - self.n_head;
        if LARGEST_BODY < n_bytes {
            return Err(format!("its index claims {n_bytes} bytes; up to {LARGEST_BODY} are read"));
        }
        if file.n_bytes < self.end {
            return Err("the file ends in the middle of its index".into());
        }
        file.read(self.start + self.n_head, n_bytes, bytes)
    }
}

/// Boxes of the file itself that are looked at before its index is given up: files have a handful.
const MOST_OUTER: usize = 10_000;

/// The body of the box `moov`, which says all of the file but the pictures.
pub(super) fn index(file: &mut VideoFile) -> Result<Vec<u8>, Cause> {
    let mut outer = Outer::at(0, file)?;
    for _ in 0..MOST_OUTER {
        let Some(found) = outer else { break };
        if &found.kind == b"moov" {
            let mut bytes = Vec::new();
            found.body(file, &mut bytes)?;
            return Ok(bytes);
        }
        outer = found.next(file)?;
    }
    Err("it has no index (the box moov): perhaps the recording was cut off".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_found_in_boxes() {
        let bytes = b"\0\0\0\x09skip7\0\0\0\x14trak\0\0\0\x0cmdiaabcd";
        let boxes = Boxes::new(bytes);
        assert_eq!(boxes.find(b"skip"), Some(&b"7"[..]));
        assert_eq!(boxes.find_deep(&[b"trak", b"mdia"]), Some(&b"abcd"[..]));
        assert_eq!(boxes.find(b"mdia"), None);
    }

    #[test]
    fn lengths_that_lie_end_the_boxes() {
        for bytes in [
            &b"\0\0\0\x0askip7"[..],
            b"\0\0\0\x07skip",
            b"\0\0\0\x01skip\0\0\0\0\0\0\0\x0f",
            b"\xff",
        ] {
            assert_eq!(Boxes::new(bytes).count(), 0, "{bytes:?}");
        }
        assert_eq!(Boxes::new(b"\0\0\0\0skip12").next(), Some((*b"skip", &b"12"[..])));
    }
}
