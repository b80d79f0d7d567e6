//! The chunks of AVI files: four letters, a length and a body, filled up to an even length. Lists are chunks of chunks
//! (Microsoft, "AVI RIFF File Reference"; Matrox, "OpenDML AVI File Format Extensions" 1.02).

use super::bytes::{Bytes, text};
use super::file::VideoFile;
use crate::format::Cause;
use crate::format::text::LONGEST_VALUE;

/// Chunks in memory, one after the other. One that claims to be longer than what is there ends there.
#[derive(Clone, Copy)]
pub(super) struct Chunks<'a>(pub(super) Bytes<'a>);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = *self.0.take(4)?.first_chunk()?;
        let n_bytes = (self.0.u32_le()? as usize).min(self.0.0.len());
        let body = self.0.take(n_bytes)?;
        self.0.take(n_bytes % 2);
        Some((kind, body))
    }
}

impl<'a> Chunks<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Bytes(bytes))
    }

    /// The body of the first chunk of this kind.
    pub(super) fn find(mut self, kind: &[u8; 4]) -> Option<&'a [u8]> {
        self.find_map(|(found, body)| (found == *kind).then_some(body))
    }

    /// The chunks of all lists of this kind, list by list.
    pub(super) fn lists(self, kind: &[u8; 4]) -> impl Iterator<Item = Self> {
        self.filter_map(move |(found, body)| {
            Some(Self::new(body.strip_prefix(kind).filter(|_| &found == b"LIST")?))
        })
    }
}

/// Where a chunk of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Of its body.
    pub(super) offset: u64,
    pub(super) n_bytes: u32,
}

/// The chunks of a file, looked at one after the other.
pub(super) struct Walk<'a> {
    pub(super) file: &'a mut VideoFile,
    pub(super) at: u64,
    /// A piece of the file, so that many small chunks are not many calls of the system.
    piece: Vec<u8>,
    piece_at: u64,
}

/// A page of the disk: no more would come quicker.
const PIECE_BYTES: u64 = 4096;

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a mut VideoFile, at: u64) -> Self {
        Self { file, at, piece: Vec::new(), piece_at: 0 }
    }

    /// The next chunk. Lists are entered: the chunk after a list's beginning is the first in it.
    pub(super) fn next_chunk(&mut self) -> Result<Option<([u8; 4], Place)>, Cause> {
        let Some(head) = self.head()? else { return Ok(None) };
        let mut bytes = Bytes(&head);
        let kind = *bytes.take(4).and_then(<[u8]>::first_chunk).unwrap_or(b"    ");
        let n_bytes = bytes.u32_le().unwrap_or(0);
        if !kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            return Ok(None);
        }
        let place = Place { offset: self.at + 8, n_bytes };
        self.at = match &kind {
            b"RIFF" | b"LIST" => self.at + 12,
            _ => place.offset + u64::from(n_bytes) + u64::from(n_bytes % 2),
        };
        Ok(Some((kind, place)))
    }

    fn head(&mut self) -> Result<Option<[u8; 8]>, Cause> {
        let is_in_piece = |at: u64, piece_at: u64, piece: &[u8]| {
            let start = usize::try_from(at.checked_sub(piece_at)?).ok()?;
            piece.get(start..)?.first_chunk().copied()
        };
        if let Some(head) = is_in_piece(self.at, self.piece_at, &self.piece) {
            return Ok(Some(head));
        }
        let n_bytes = self.file.n_bytes.saturating_sub(self.at).min(PIECE_BYTES);
        if n_bytes < 8 {
            return Ok(None);
        }
        self.file.read(self.at, n_bytes, &mut self.piece)?;
        self.piece_at = self.at;
        Ok(is_in_piece(self.at, self.piece_at, &self.piece))
    }
}

/// What a list of information says, as name and value.
pub(super) fn information(chunks: Chunks) -> Vec<(String, String)> {
    let with_name = |(kind, body): ([u8; 4], &[u8])| {
        let name = match &kind {
            b"ISFT" => "software",
            b"ICRD" | b"IDIT" => "created",
            b"INAM" => "title",
            b"IART" => "artist",
            b"ICMT" => "comment",
            b"ICOP" => "copyright",
            b"ISBJ" => "subject",
            b"strn" => "track",
            _ => return None,
        };
        let value = text(body).filter(|value| value.len() <= LONGEST_VALUE)?;
        Some((name.into(), value))
    };
    chunks.filter_map(with_name).take(MOST_VALUES).collect()
}

/// Files have a handful.
const MOST_VALUES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_filled_up_to_even_lengths() {
        let bytes = b"abcd\x01\0\0\0x\0LIST\x0e\0\0\0INFOISFT\x03\0\0\0me\0";
        let mut chunks = Chunks::new(bytes);
        assert_eq!(chunks.next(), Some((*b"abcd", &b"x"[..])));
        let lists: Vec<Chunks> = chunks.lists(b"INFO").collect();
        assert_eq!(information(lists[0]), [("software".into(), "me".into())]);
    }
}
