//! The list of a file's pages.

use movemeter::geometry::Size;

use super::super::Cause;
use super::directory::{Directory, tag};
use super::file::TiffFile;

/// Where the pages of a file are.
pub(super) struct PageList {
    pub(super) pages: Vec<PageAt>,
    /// Why the list breaks off, if it does not end as it should.
    pub(super) broken: Option<Cause>,
}

/// A page, before it is looked at closely.
#[derive(Clone, Copy)]
pub(super) struct PageAt {
    /// The place of its directory.
    pub(super) at: u64,
    /// 0 where it does not say.
    width: u32,
    height: u32,
    /// Reduced image or mask: no frame of the recording.
    is_aside: bool,
}

impl PageAt {
    pub(super) fn size(&self) -> Size {
        Size::new(self.width as usize, self.height as usize)
    }
}

impl PageList {
    /// Follows the list from page to page, by their directories alone.
    pub(super) fn walk(file: &mut TiffFile) -> Self {
        let mut list = Self { pages: Vec::new(), broken: None };
        let mut seen = std::collections::HashSet::new();
        let (mut next, mut n_bytes) = (file.first_directory(), 0);
        while next != 0 {
            if !seen.insert(next) {
                list.broken = Some("the list of the file's pages runs in a circle".into());
                break;
            }
            let Ok(directory) = Directory::read(file, next) else {
                list.broken = Some("the file ends before the page does".into());
                break;
            };
            // Directories that lie in each other could be as many as the file has bytes.
            n_bytes += directory.n_bytes;
            if file.n_bytes() < n_bytes {
                list.broken = Some("the descriptions of the file's pages overlap".into());
                break;
            }
            list.pages.push(PageAt::new(file, next, &directory));
            next = directory.next;
        }
        list
    }

    /// Adds pages of a block, whose directories are lost, so that there are `n` in all, known by their numbers
    /// from 1 on instead of places.
    pub(super) fn number(&mut self, n: usize) {
        let Some(&first) = self.pages.first() else { return };
        self.pages = (1..=n as u64).map(|at| PageAt { at, ..first }).collect();
    }

    /// The pages that are frames: all must have the first one's size, but for previews and masks.
    ///
    /// A page that cannot be understood counts: it is said when it is read.
    pub(super) fn of_size(&self, first: Size) -> Result<Vec<u64>, Cause> {
        let mut frames = Vec::with_capacity(self.pages.len());
        for page in &self.pages {
            let is_known = 0 < page.width && 0 < page.height;
            if page.size() == first || !is_known {
                frames.push(page.at);
            } else if !page.is_aside {
                return Err(format!(
                    "page {} is {} px, but page 0 is {first} px; all frames of a series must have \
                     one size",
                    frames.len(),
                    page.size(),
                ));
            }
        }
        Ok(frames)
    }
}

impl PageAt {
    fn new(file: &mut TiffFile, at: u64, directory: &Directory) -> Self {
        let mut number = |tag| directory.number(file, tag).ok().flatten();
        let side = |number: Option<u64>| u32::try_from(number.unwrap_or(0)).unwrap_or(0);
        let (width, height) = (side(number(tag::WIDTH)), side(number(tag::HEIGHT)));
        let is_aside = number(tag::SUBFILE_TYPE).unwrap_or(0) & 0b101 != 0;
        Self { at, width, height, is_aside }
    }
}
