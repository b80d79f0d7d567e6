//! Images that lie behind one another in the file, of which only the first has a directory that can be read.

use super::super::Cause;
use super::directory::Directory;
use super::file::TiffFile;
use super::page::Page;
use super::parts::Parts;

/// Images behind the pixels of the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where the first one's directory is.
    pub(super) at: u64,
    /// How many bytes further the next image is.
    pub(super) image_bytes: u64,
    /// Where the pixels of the first are.
    pub(super) first_at: u64,
}

/// Directories that follow a block begin no further behind it: writers align them, or put something small before.
const MOST_BETWEEN: u64 = 1 << 16;

impl Block {
    /// Images behind the only page of a file. ImageJ writes them so where a stack is too large for the classic
    /// format's offsets, and Python's `tifffile` where it is asked to.
    ///
    /// If the page's directory is where they are claimed to be, they are not there: the description is that of
    /// another file, from which the page was taken.
    pub(super) fn of_only_page(
        file: &mut TiffFile,
        directory: &Directory,
        page: &Page,
        n_images: u64,
    ) -> Result<Option<Self>, Cause> {
        if directory.next != 0 || !page.is_row_by_row() || n_images < 2 {
            return Ok(None);
        }
        let parts = Parts::read(file, directory, page, 0)?;
        let block = Self::new(file, page, parts.offsets[0])?;
        Ok(Some(block).filter(|block| !block.reaches(n_images, block.at)))
    }

    /// Images of a file that was cut off before the second page's directory, if they lie behind one another: that
    /// is so where the directory was meant to follow right behind as many images as are claimed.
    pub(super) fn before_lost(
        file: &mut TiffFile,
        directory: &Directory,
        page: &Page,
        n_images: u64,
    ) -> Option<Self> {
        if !page.is_row_by_row() || n_images < 2 {
            return None;
        }
        let parts = Parts::read(file, directory, page, 0).ok()?;
        let block = Self::new(file, page, parts.offsets[0]).ok()?;
        let mut strips = parts.offsets.iter().zip(&parts.lengths);
        let end = strips.try_fold(block.first_at, |end, (offset, length)| {
            if *offset == end { end.checked_add(*length) } else { None }
        })?;
        let is_whole = end - block.first_at == block.image_bytes;
        let is_behind = directory
            .next
            .checked_sub(block.end(n_images))
            .is_some_and(|between| between < MOST_BETWEEN);
        (is_whole && is_behind && !block.reaches(n_images, block.at)).then_some(block)
    }

    fn new(file: &TiffFile, page: &Page, first_at: u64) -> Result<Self, Cause> {
        let image_bytes = u64::try_from(page.n_bytes()).map_err(|_| "its page is too large")?;
        Ok(Self { at: file.first_directory(), image_bytes, first_at })
    }

    /// How many images begin in the file.
    pub(super) fn n_begun(&self, file: &TiffFile) -> u64 {
        file.n_bytes().saturating_sub(self.first_at).div_ceil(self.image_bytes.max(1))
    }

    /// What is said of such a file.
    pub(super) fn damage(broken: &Cause) -> (String, String) {
        let damage = format!("after page 0: {broken}; further images are found behind its pixels");
        ("damage".into(), damage)
    }

    fn end(&self, n_images: u64) -> u64 {
        n_images.saturating_mul(self.image_bytes).saturating_add(self.first_at)
    }

    /// Whether this place is among so many images.
    fn reaches(&self, n_images: u64, at: u64) -> bool {
        (self.first_at..self.end(n_images)).contains(&at)
    }
}
