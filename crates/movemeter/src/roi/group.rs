//! ROIs: drawn shapes and how they are filled with windows, in groups.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::color::Color;
use super::fill::Fill;
use super::limits::check_number;
use super::shape::Shape;
use super::windows::Windows;
use crate::error::Error;
use crate::geometry::{Rect, Size};

/// A drawn shape, and how it is filled with windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roi {
    /// What was drawn.
    pub shape: Shape,
    /// How it is filled.
    #[serde(default)]
    pub fill: Fill,
}

/// ROIs that are measured together, and carry one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoiGroup {
    /// Its name in tables.
    pub name: String,
    /// Its colour in pictures; left out, one is chosen by its place among the groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// What was drawn.
    pub rois: Vec<Roi>,
}

/// The windows that fill the ROIs of all groups, in a frame of this size.
///
/// Whether they lie in the frame is not looked at: [`Windows::check`] does.
///
/// # Errors
///
/// [`Error::Roi`] with the ROI that has no window or makes no sense; more than [`MAX_WINDOWS`](super::MAX_WINDOWS).
pub fn windows_of(groups: &[RoiGroup], frame: Size) -> Result<Windows, Error> {
    let mut windows = Windows::default();
    let mut n_windows = 0;
    for RoiGroup { name, color, rois } in groups {
        let mut of_group = Vec::new();
        for (number, roi) in rois.iter().enumerate() {
            let found = roi.windows(frame).and_then(|found| {
                n_windows += found.len();
                check_number(n_windows as f64).map(|()| found)
            });
            let named = |cause| Error::Roi { group: name.clone(), number, cause: Box::new(cause) };
            of_group.extend(found.map_err(named)?);
        }
        windows.add_colored(name, *color, of_group);
    }
    Ok(windows)
}

/// Adds groups to others; those of one name become one, with the colour that was given last.
pub fn join_groups(groups: &mut Vec<RoiGroup>, more: impl IntoIterator<Item = RoiGroup>) {
    let place = |(place, group): (usize, &RoiGroup)| (group.name.clone(), place);
    let mut places: HashMap<String, usize> = groups.iter().enumerate().map(place).collect();
    for group in more {
        match places.get(&group.name) {
            None => {
                places.insert(group.name.clone(), groups.len());
                groups.push(group);
            }
            Some(&place) => {
                let known = &mut groups[place];
                known.color = group.color.or(known.color);
                known.rois.extend(group.rois);
            }
        }
    }
}

impl Roi {
    /// A rectangle that is one window.
    pub fn window(rect: Rect) -> Self {
        Self { shape: Shape::Box { rect }, fill: Fill::Whole }
    }

    /// The windows that fill it, in a frame of this size.
    pub fn windows(&self, frame: Size) -> Result<Vec<Rect>, Error> {
        self.fill.windows(&self.shape, frame)
    }
}
