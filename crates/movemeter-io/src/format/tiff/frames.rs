//! Which page of which file each frame is.

use std::path::PathBuf;

use super::super::Cause;
use super::block::Block;
use super::file::TiffFile;

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the recording's files.
    pub(super) file: usize,
    /// Where the directory of its page is.
    pub(super) at: u64,
    /// How many bytes later than the page says its pixels are.
    pub(super) shift: u64,
}

/// The places of all frames that are known of.
pub(super) enum Frames {
    /// Each is a page: the file's number, and where its directory is; 0 if it is missing.
    Pages(Vec<(u32, u64)>),
    /// All lie behind one another.
    InBlock {
        block: Block,
        /// The image that is the first frame, and how many images further the next one is.
        first: u64,
        step: u64,
    },
    /// The same, each frame with the number of its image, counted from 1; 0 if it is missing.
    ListedInBlock { block: Block, images: Vec<u64> },
}

impl Place {
    fn in_block(block: &Block, image: u64) -> Option<Self> {
        Some(Self { file: 0, at: block.at, shift: image.checked_mul(block.image_bytes)? })
    }
}

impl Frames {
    pub(super) fn place(&self, index: usize) -> Option<Place> {
        match self {
            Self::Pages(pages) => {
                let &(file, at) = pages.get(index).filter(|(_, at)| *at != 0)?;
                Some(Place { file: file as usize, at, shift: 0 })
            }
            Self::InBlock { block, first, step } => {
                let image = (index as u64).checked_mul(*step)?.checked_add(*first)?;
                Place::in_block(block, image)
            }
            Self::ListedInBlock { block, images } => {
                Place::in_block(block, images.get(index)?.checked_sub(1)?)
            }
        }
    }
}

/// The files of a recording, of which only a few are open at a time: a process may not open all.
pub(super) struct Files {
    pub(super) paths: Vec<PathBuf>,
    /// Those last read from, the latest at the end.
    opened: Vec<(usize, TiffFile)>,
}

/// Enough for reading to and fro.
const MOST_OPEN: usize = 8;

impl Files {
    /// Files, of which one is open already.
    pub(super) fn new(paths: Vec<PathBuf>, number: usize, file: TiffFile) -> Self {
        Self { paths, opened: vec![(number, file)] }
    }

    pub(super) fn get(&mut self, number: usize) -> Result<&mut TiffFile, Cause> {
        let file = match self.opened.iter().position(|(opened, _)| *opened == number) {
            Some(place) => self.opened.remove(place).1,
            None => TiffFile::open(&self.paths[number])?,
        };
        if self.opened.len() == MOST_OPEN {
            self.opened.remove(0);
        }
        self.opened.push((number, file));
        Ok(&mut self.opened.last_mut().expect("one was just put there").1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_in_one_page_are_counted_in_bytes() {
        let block = Block { at: 8, image_bytes: 10, first_at: 100 };
        let frames = Frames::InBlock { block, first: 1, step: 6 };
        assert_eq!(frames.place(2), Some(Place { file: 0, at: 8, shift: 130 }));
        assert_eq!(frames.place(usize::MAX), None);
        let frames = Frames::Pages(vec![(0, 8), (1, 0)]);
        assert_eq!(frames.place(0), Some(Place { file: 0, at: 8, shift: 0 }));
        assert_eq!((frames.place(1), frames.place(2)), (None, None));
    }
}
