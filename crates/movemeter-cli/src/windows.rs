//! From `--roi`, `--grid` and `--rois` to what is drawn.

use std::path::PathBuf;

use movemeter::error::Error;
use movemeter::geometry::{Rect, Size};
use movemeter::roi::{Fill, Roi, RoiGroup, Shape, Windows, join_groups};
use movemeter_io::{Input, read_rois};

use crate::arguments::WindowArguments;
use crate::failure::{Failure, outside};

impl WindowArguments {
    /// Whether anything was asked for; known before any file is opened.
    pub fn are_given(&self) -> bool {
        !(self.rois.is_empty() && self.grids.is_empty() && self.files.is_empty())
    }

    /// What is said if nothing was asked for.
    pub fn none() -> Failure {
        Failure::Usage(format!(
            "{}, with --roi X,Y,W,H, --grid W or --rois FILE, or in a --recipe (see movemeter measure --help)",
            Error::NoWindows
        ))
    }

    /// What is drawn, in groups; those of one name are one. Boxes and grids lie inside a frame of this size.
    pub fn drawn(&self, frame: Size) -> Result<Vec<RoiGroup>, Failure> {
        let mut groups = Vec::new();
        if !self.rois.is_empty() {
            join_groups(&mut groups, [self.boxes(frame)?]);
        }
        for (index, &size) in self.grids.iter().enumerate() {
            let name = match index {
                0 => "grid".into(),
                _ => format!("grid{}", index + 1),
            };
            let rois = vec![self.grid(size, frame)?];
            join_groups(&mut groups, [RoiGroup { name, color: None, rois }]);
        }
        for file in &self.files {
            join_groups(&mut groups, read_rois(file)?);
        }
        Ok(groups)
    }

    /// The files that are read for it.
    pub fn inputs(&self) -> Vec<Input> {
        let input = |file: &PathBuf| Input { path: file.clone(), files: vec![file.clone()] };
        self.files.iter().map(input).collect()
    }

    fn boxes(&self, frame: Size) -> Result<RoiGroup, Failure> {
        if let Some(rect) = self.rois.iter().find(|rect| !rect.is_inside(frame)) {
            return Err(Failure::Usage(outside("--roi", *rect, frame)));
        }
        let rois = self.rois.iter().copied().map(Roi::window).collect();
        Ok(RoiGroup { name: Windows::UNNAMED.into(), color: None, rois })
    }

    fn grid(&self, size: Size, frame: Size) -> Result<Roi, Failure> {
        let within = self.within.unwrap_or(Rect::of_frame(frame));
        if !within.is_inside(frame) {
            return Err(Failure::Usage(outside("--within", within, frame)));
        }
        if within.width < size.width || within.height < size.height {
            let place = if self.within.is_some() { "--within" } else { "the frame" };
            return Err(Failure::Usage(format!(
                "--grid {size} holds no window: {place} is only {} px; take smaller windows",
                within.size()
            )));
        }
        let shape = self.within.map_or(Shape::Frame, |rect| Shape::Box { rect });
        Ok(Roi { shape, fill: Fill::Blocks { size, step: self.step } })
    }
}
