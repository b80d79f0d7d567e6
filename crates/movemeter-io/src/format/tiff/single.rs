//! Recordings of one file: the pages, or what lies in the only one, as ImageJ and `tifffile` describe
//! them.

use super::super::Cause;
use super::block::Block;
use super::counts::{Chosen, Counts};
use super::directory::Directory;
use super::file::TiffFile;
use super::frames::Frames;
use super::imagej::ImageJ;
use super::page::Page;
use super::pages::PageList;

/// The images of a file.
pub(super) struct Single {
    pub(super) counts: Counts,
    images: Images,
    /// What is said of a frame without a place.
    pub(super) missing: Cause,
    pub(super) notes: Vec<(String, String)>,
}

enum Images {
    /// Where their directories are.
    Pages(Vec<u64>),
    /// Behind the first one's pixels.
    InBlock(Block),
}

impl Single {
    /// Finds the images of a file.
    pub(super) fn find(
        file: &mut TiffFile,
        directory: &Directory,
        page: &Page,
        description: &str,
    ) -> Result<Self, Cause> {
        let list = PageList::walk(file);
        let pages = list.of_size(page.size)?;
        let imagej = ImageJ::of(description).and_then(ImageJ::counts);
        let is_broken = list.broken.is_some();
        let told = imagej.or_else(|| tifffile_counts(description, page, is_broken));
        let claimed = told.unwrap_or(Counts::of_frames(1));
        let n_images = claimed.n_images().map_or(u64::MAX, |n_images| n_images as u64);
        let block = match (&list.broken, pages.len()) {
            (None, 1) => Block::of_only_page(file, directory, page, n_images)?,
            (Some(_), 1) => Block::before_lost(file, directory, page, n_images),
            _ => None,
        };
        if let Some(block) = block {
            return Self::in_block(block, claimed, list.broken);
        }
        match list.broken {
            Some(broken) => Ok(Self::broken_off(pages, claimed, broken)),
            None => {
                let claimed = imagej.unwrap_or(Counts::of_frames(pages.len()));
                Self::of_pages(pages, claimed)
            }
        }
    }

    fn of_pages(pages: Vec<u64>, claimed: Counts) -> Result<Self, Cause> {
        let (counts, note) = claimed.reconciled(pages.len())?;
        let notes = note.map(|note| ("contradiction".into(), note));
        Ok(Self {
            counts,
            images: Images::Pages(pages),
            missing: Cause::new(),
            notes: notes.into_iter().collect(),
        })
    }

    /// A page that is missing because the list breaks off is a frame that cannot be read.
    fn broken_off(pages: Vec<u64>, claimed: Counts, broken: Cause) -> Self {
        let n_pages = pages.len();
        let is_more = claimed.n_images().is_none_or(|n_images| n_pages < n_images);
        let counts = if is_more { claimed } else { Counts::of_frames(n_pages + 1) };
        let damage = format!("after page {}: {broken}", n_pages.saturating_sub(1));
        Self {
            counts,
            images: Images::Pages(pages),
            missing: broken,
            notes: vec![("damage".into(), damage)],
        }
    }

    /// What lies beyond the file's end is said when it is read.
    fn in_block(block: Block, claimed: Counts, broken: Option<Cause>) -> Result<Self, Cause> {
        if claimed.n_images().is_none() {
            return Err("its description claims more images than can be counted".into());
        }
        Ok(Self {
            counts: claimed,
            images: Images::InBlock(block),
            missing: "the file ends before the frame does".into(),
            notes: broken.map(|broken| Block::damage(&broken)).into_iter().collect(),
        })
    }

    /// The frames of what was chosen: channels follow one another most quickly, then depths, then frames.
    pub(super) fn frames(&self, chosen: &Chosen) -> Frames {
        let Counts { n_channels, n_depths, .. } = self.counts;
        let first = chosen.z * n_channels + chosen.channel;
        let step = if chosen.slices_are_frames { n_channels } else { n_channels * n_depths };
        match &self.images {
            Images::Pages(pages) => {
                let wanted = pages.iter().skip(first).step_by(step).take(chosen.n_frames);
                Frames::Pages(wanted.map(|&at| (0, at)).collect())
            }
            Images::InBlock(block) => {
                Frames::InBlock { block: *block, first: first as u64, step: step as u64 }
            }
        }
    }
}

/// From `{"shape": [5, 64, 64], "truncated": true}`, where all but the last directions are frames. Only of
/// truncated files and of broken ones; in others there is a page for each.
fn tifffile_counts(description: &str, page: &Page, is_broken: bool) -> Option<Counts> {
    let about: serde_json::Value = serde_json::from_str(description).ok()?;
    let is_truncated = about.get("truncated").and_then(serde_json::Value::as_bool);
    (is_broken || is_truncated == Some(true)).then_some(())?;
    let number = |side: &serde_json::Value| usize::try_from(side.as_u64()?).ok();
    let shape: Option<Vec<usize>> = about.get("shape")?.as_array()?.iter().map(number).collect();
    let n_numbers = shape?.into_iter().try_fold(1usize, usize::checked_mul)?;
    let of_page = page.size.area().checked_mul(page.n_samples as usize)?;
    (0 < n_numbers && n_numbers.is_multiple_of(of_page))
        .then(|| Counts::of_frames(n_numbers / of_page))
}
