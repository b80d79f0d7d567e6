//! OME-TIFF: recordings of one file or several, described by XML in the first page of each.
//!
//! The XML says which page of which file is which channel, depth and time. What it claims beyond the
//! pages that there are is not believed.

use std::path::{Path, PathBuf};

use movemeter::geometry::Size;
use movemeter::source::StackInfo;

use super::super::text::{text, until_zero};
use super::super::{Cause, name_of, plain_io};
use super::block::Block;
use super::counts::{Chosen, Counts, MOST_FRAMES};
use super::directory::Directory;
use super::file::TiffFile;
use super::frames::Frames;
use super::page::Page;
use super::pages::PageList;
use super::scale::{give_interval, give_pixel_size, give_times};
use super::text::LONGEST_DESCRIPTION;
use super::xml::{Axis, Data, Image, Ome};

/// An OME-TIFF's description, with the files it speaks of.
pub(super) struct OmeSet {
    image: Image,
    counts: Counts,
    /// Channels that a page holds together: the colours of a pixel.
    n_samples: usize,
    /// The files of the pages, in the order in which they are spoken of.
    pub(super) paths: Vec<PathBuf>,
    /// The file that the description stands in, if it has no pages.
    pub(super) companion: Option<PathBuf>,
    lists: Vec<PageList>,
    /// Where the only file's images are, if their directories are lost.
    block: Option<Block>,
    /// Which of the files the pages of each `TiffData` are in.
    file_of: Vec<usize>,
    pub(super) notes: Vec<(String, String)>,
}

/// Where the frames of the chosen channel and depth are.
pub(super) struct Placed {
    pub(super) frames: Frames,
    pub(super) size: Size,
    /// Why frames are missing, if any are.
    pub(super) missing: Cause,
}

/// Which file is being opened.
struct Own {
    path: PathBuf,
    name: String,
    uuid: Option<String>,
}

impl OmeSet {
    /// Reads the description of the file at `path`, and lists the pages of all files it speaks of.
    pub(super) fn read(
        path: &Path,
        file: &mut TiffFile,
        (directory, page): (&Directory, &Page),
        description: &str,
    ) -> Result<Self, Cause> {
        let mut ome = Ome::read(description)?;
        let own = Own { path: path.into(), name: name_of(path), uuid: ome.uuid.take() };
        let companion = match ome.companion.take().filter(|_| ome.images.is_empty()) {
            None => None,
            Some(name) => {
                let path = beside(path, &name)?;
                ome = Ome::read(&read_companion(&path)?)?;
                Some(path)
            }
        };
        let n_images = ome.images.len();
        let (index, mut image) = own.image(ome.images)?;
        if image.data.is_empty() {
            image.data.push(Data::default());
        }
        let (paths, file_of) = own.files(&image)?;
        let mut lists = list_pages(&own.path, file, &paths)?;
        // Colours of one pixel are channels in the description, but lie in one page.
        let [n_channels, n_depths, n_frames] = image.counts;
        let n_samples = page.n_samples as usize;
        let n_samples = if n_channels.is_multiple_of(n_samples) { n_samples } else { 1 };
        let counts = Counts { n_channels: n_channels / n_samples, n_depths, n_frames };
        let n_planes = counts.n_images();
        let n_planes = n_planes.ok_or("its OME-XML claims more planes than can be counted")? as u64;
        let mut notes = Vec::new();
        let block = block(file, (directory, page), &mut lists, n_planes);
        notes.extend(lists.iter().zip(&paths).filter_map(|(list, path)| {
            Some(("damage".into(), format!("{}: {}", name_of(path), list.broken.as_ref()?)))
        }));
        if 1 < n_images {
            let note = format!("{n_images}, of which number {index} is read ({})", image.name);
            notes.push(("images in the OME-XML".into(), note));
        }
        Ok(Self { image, counts, n_samples, paths, companion, lists, block, file_of, notes })
    }

    /// How many channels, depths and frames it claims to have.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Finds the pages of what was chosen.
    pub(super) fn place(&mut self, chosen: &mut Chosen) -> Result<Placed, Cause> {
        let mut pages = vec![(0, 0); chosen.n_frames];
        let mut missing = Cause::from("the recording's OME-XML names no page for it");
        let mut n_steps = 0usize;
        for (data, &number) in self.image.data.iter().zip(&self.file_of) {
            let list = &self.lists[number];
            let wanted = data.n_planes.unwrap_or(if data.page.is_some() { 1 } else { u64::MAX });
            let first_page = data.page.unwrap_or(0);
            let all = list.pages.iter().skip(usize::try_from(first_page).unwrap_or(usize::MAX));
            for (page, k) in all.take(usize::try_from(wanted).unwrap_or(usize::MAX)).zip(0..) {
                let Some(at) = self.plane(data.first, k) else { break };
                if let Some(index) = index_of(at, chosen) {
                    pages[index] = (number as u32, page.at);
                }
                n_steps += 1;
            }
            if MOST_STEPS < n_steps {
                return Err("its OME-XML places the same planes again and again".into());
            }
            if let Some(broken) = &list.broken {
                missing = format!("{broken} ({})", name_of(&self.paths[number]));
            }
        }
        self.leave_out_what_was_never_taken(&mut pages, chosen);
        let size = self.check_sizes(&pages)?;
        let frames = match self.block {
            Some(block) => {
                let images = pages.into_iter().map(|(_, number)| number).collect();
                Frames::ListedInBlock { block, images }
            }
            None => Frames::Pages(pages),
        };
        Ok(Placed { frames, size, missing })
    }

    /// Recordings that were stopped early still claim all frames: where no file is damaged, those there are
    /// count.
    fn leave_out_what_was_never_taken(&mut self, pages: &mut Vec<(u32, u64)>, chosen: &mut Chosen) {
        if self.lists.iter().any(|list| list.broken.is_some()) {
            return;
        }
        let n_there = pages.iter().rposition(|(_, at)| *at != 0).map_or(0, |last| last + 1);
        if n_there < pages.len() {
            let note =
                format!("the OME-XML speaks of {} frames, but there are {n_there}", pages.len());
            self.notes.push(("contradiction".into(), note));
            pages.truncate(n_there);
            chosen.n_frames = n_there;
        }
    }

    /// Channel, depth and time of the plane that is `k` after `first`; nothing after the last.
    fn plane(&self, first: [usize; 3], k: usize) -> Option<[usize; 3]> {
        let n = [self.counts.n_channels, self.counts.n_depths, self.counts.n_frames];
        let mut at = first;
        if n[0] <= at[0] {
            at[0] /= self.n_samples;
        }
        let mut carried = k;
        for axis in self.image.order.map(|axis| axis as usize) {
            let sum = at[axis].checked_add(carried)?;
            (at[axis], carried) = (sum % n[axis], sum / n[axis]);
        }
        (carried == 0).then_some(at)
    }

    /// All frames must have the size that the description gives.
    fn check_sizes(&self, pages: &[(u32, u64)]) -> Result<Size, Cause> {
        let (width, height) = self.image.size;
        let size = Size::new(width, height);
        let mut any = false;
        for (number, list) in self.lists.iter().enumerate() {
            let of_file = pages.iter().filter(|(file, at)| *file as usize == number && *at != 0);
            let used: std::collections::HashSet<u64> = of_file.map(|(_, at)| *at).collect();
            any |= !used.is_empty();
            let odd = list.pages.iter().find(|page| used.contains(&page.at) && page.size() != size);
            if let Some(odd) = odd {
                return Err(format!(
                    "its OME-XML speaks of {size} px, but a page of {} has {} px",
                    name_of(&self.paths[number]),
                    odd.size()
                ));
            }
        }
        match any {
            true => Ok(size),
            false => Err("its OME-XML names no page that is there".into()),
        }
    }

    /// Says what is known of lengths and times.
    pub(super) fn describe(&mut self, info: &mut StackInfo, chosen: &Chosen) {
        info.metadata.append(&mut self.notes);
        if !self.image.pixel_type.is_empty() {
            info.metadata.push(("OME pixel type".into(), self.image.pixel_type.clone()));
        }
        if let [Some(x_um), Some(y_um)] = self.image.sides_um
            && 0.0 < x_um
            && 0.0 < y_um
        {
            give_pixel_size(info, [x_um, y_um]);
        }
        let mut times_s = vec![None; chosen.n_frames];
        let mut exposures_s = vec![None; chosen.n_frames];
        for plane in &self.image.planes {
            let place = self.plane(plane.at, 0).and_then(|at| index_of(at, chosen));
            if let Some(index) = place.filter(|index| *index < chosen.n_frames) {
                times_s[index] = plane.time_s;
                exposures_s[index] = plane.exposure_s;
            }
        }
        let times_s = times_s.into_iter().collect::<Option<Vec<f64>>>();
        let is_given = times_s.is_some_and(|times_s| give_times(info, times_s));
        if !is_given {
            give_interval(info, self.image.interval_s.unwrap_or(0.0));
        }
        info.exposure_s = exposures_s[0]
            .filter(|_| exposures_s.iter().all(|exposure| *exposure == exposures_s[0]));
    }
}

/// Steps from plane to plane; a recording has fewer, and a lie is not followed for long.
const MOST_STEPS: usize = 1 << 24;

/// The frame that a plane of this channel, depth and time is, if it was chosen.
fn index_of(at: [usize; 3], chosen: &Chosen) -> Option<usize> {
    let [channel, depth, time] =
        [Axis::Channel, Axis::Depth, Axis::Time].map(|axis| at[axis as usize]);
    if channel != chosen.channel {
        return None;
    }
    match chosen.slices_are_frames {
        true => Some(depth),
        false => (depth == chosen.z).then_some(time),
    }
}

impl Own {
    /// The first image that has pages in this file; the first of all if none says so.
    fn image(&self, images: Vec<Image>) -> Result<(usize, Image), Cause> {
        let is_here = |image: &Image| image.data.iter().any(|data| self.is_named_by(data));
        let index = images.iter().position(is_here).unwrap_or(0);
        let image = images.into_iter().nth(index);
        Ok((index, image.ok_or("its OME-XML describes no image")?))
    }

    fn is_named_by(&self, data: &Data) -> bool {
        match (&data.file_name, &data.uuid) {
            (_, Some(uuid)) if self.uuid.as_ref() == Some(uuid) => true,
            (Some(name), _) => *name == self.name,
            (None, _) => true,
        }
    }

    /// The files of an image, and in which of them the pages of each `TiffData` are.
    fn files(&self, image: &Image) -> Result<(Vec<PathBuf>, Vec<usize>), Cause> {
        let named = image.data.iter().filter(|data| !self.is_named_by(data));
        let mut others = named.filter_map(|data| data.file_name.as_deref());
        let is_named = image.data.iter().any(|data| self.is_named_by(data));
        // A file that speaks of one file alone is that file, under another name.
        let is_renamed =
            !is_named && others.next().is_some_and(|one| others.all(|name| name == one));
        let mut paths: Vec<PathBuf> = Vec::new();
        let mut numbers = std::collections::HashMap::new();
        let mut file_of = Vec::with_capacity(image.data.len());
        for data in &image.data {
            let name = data.file_name.as_deref().filter(|_| !is_renamed && !self.is_named_by(data));
            let number = match numbers.get(&name) {
                Some(number) => *number,
                None => {
                    paths
                        .push(name.map_or(Ok(self.path.clone()), |name| beside(&self.path, name))?);
                    numbers.insert(name, paths.len() - 1);
                    paths.len() - 1
                }
            };
            file_of.push(number);
        }
        if !paths.contains(&self.path) {
            paths.push(self.path.clone());
        }
        Ok((paths, file_of))
    }
}

/// A file in the same folder, by the name that a description gives.
fn beside(path: &Path, name: &str) -> Result<PathBuf, Cause> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '\0']) {
        return Err(format!(
            "its OME-XML names a file in another folder ({name}); all files of a recording must be in \
             one folder"
        ));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(folder.join(name))
}

fn read_companion(path: &Path) -> Result<String, Cause> {
    let n_bytes = std::fs::metadata(path).map_err(|error| missing(path, &error))?.len();
    if LONGEST_DESCRIPTION < n_bytes {
        return Err(format!(
            "{} is {n_bytes} bytes long; {} are allowed",
            name_of(path),
            LONGEST_DESCRIPTION
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| missing(path, &error))?;
    Ok(text(until_zero(&bytes)))
}

fn missing(path: &Path, error: &std::io::Error) -> Cause {
    let name = name_of(path);
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("a file of the recording is missing: {name}; put it into the same folder")
        }
        _ => format!("{name}: {}", plain_io(error)),
    }
}

/// The pages of all files of a recording, of which one is open.
fn list_pages(own: &Path, file: &mut TiffFile, paths: &[PathBuf]) -> Result<Vec<PageList>, Cause> {
    let list = |path: &PathBuf| {
        if path == own {
            return Ok(PageList::walk(file));
        }
        std::fs::metadata(path).map_err(|error| missing(path, &error))?;
        let mut file =
            TiffFile::open(path).map_err(|cause| format!("{}: {cause}", name_of(path)))?;
        Ok(PageList::walk(&mut file))
    };
    paths.iter().map(list).collect()
}

/// Where the images of the only file are, if all directories but the first are lost; then they are numbered in the
/// list of pages.
fn block(
    file: &mut TiffFile,
    (directory, page): (&Directory, &Page),
    lists: &mut [PageList],
    n_planes: u64,
) -> Option<Block> {
    let [list] = lists else { return None };
    if list.broken.is_none() || list.pages.len() != 1 {
        return None;
    }
    let block = Block::before_lost(file, directory, page, n_planes)?;
    let n_begun = block.n_begun(file).min(n_planes);
    list.number(n_begun.min(MOST_FRAMES as u64) as usize);
    Some(block)
}

/// The page that a frame of the recording is, for what it says of all.
pub(super) fn first_page(file: &mut TiffFile, at: u64) -> Result<Page, Cause> {
    let directory = Directory::read(file, at)?;
    let page = Page::read(file, &directory)?;
    page.check_backed(file.n_bytes())?;
    Ok(page)
}
