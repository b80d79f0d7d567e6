//! Windows in named groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::geometry::{Rect, Size};
use crate::roi::color::Color;

/// Windows that belong together and carry one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowGroup {
    /// Its name in tables.
    pub name: String,
    /// Its colour in pictures; left out, one is chosen by its place among the groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// Its windows.
    pub windows: Vec<Rect>,
}

/// All windows of a recipe, in groups.
///
/// ```
/// use movemeter::geometry::Rect;
/// use movemeter::roi::Windows;
///
/// let mut windows: Windows = [Rect::new(10, 20, 32, 32), Rect::new(50, 20, 32, 32)].into();
/// windows.add("stage", [Rect::new(0, 0, 64, 64)]);
/// assert_eq!(windows.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(description = "Windows that are measured, in groups.")]
pub struct Windows {
    groups: Vec<WindowGroup>,
}

impl Windows {
    /// The name of windows that were given none.
    pub const UNNAMED: &'static str = "roi";

    /// Adds windows to the group of this name, which is made if it is not there yet.
    pub fn add(&mut self, name: &str, windows: impl IntoIterator<Item = Rect>) {
        self.group(name).windows.extend(windows);
    }

    /// The same for a group of this colour.
    pub fn add_colored(
        &mut self,
        name: &str,
        color: Option<Color>,
        windows: impl IntoIterator<Item = Rect>,
    ) {
        let group = self.group(name);
        group.color = color.or(group.color);
        group.windows.extend(windows);
    }

    /// The group of this name, made if it is not there yet.
    fn group(&mut self, name: &str) -> &mut WindowGroup {
        let place = self.groups.iter().position(|group| group.name == name);
        let place = place.unwrap_or_else(|| {
            self.groups.push(WindowGroup { name: name.into(), color: None, windows: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[place]
    }

    /// The colour of each group: its own, or one by its place.
    pub fn colors(&self) -> Vec<Color> {
        let groups = self.groups.iter().enumerate();
        groups.map(|(place, group)| group.color.unwrap_or(Color::of_place(place))).collect()
    }

    /// The groups, in the order added.
    pub fn groups(&self) -> &[WindowGroup] {
        &self.groups
    }

    /// All windows with their group's name and their number in the group.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize, Rect)> {
        self.groups.iter().flat_map(|group| {
            let windows = group.windows.iter().enumerate();
            windows.map(|(number, &rect)| (group.name.as_str(), number, rect))
        })
    }

    /// How many windows there are in all groups.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.windows.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are windows and all lie inside a frame of this size; if not, which one does not.
    pub fn check(&self, frame: Size) -> Result<(), Error> {
        if self.is_empty() {
            return Err(Error::NoWindows);
        }
        match self.iter().find(|(_, _, rect)| !rect.is_inside(frame)) {
            None => Ok(()),
            Some((group, number, rect)) if rect.size().is_empty() => {
                Err(Error::WindowEmpty { group: group.into(), window: number, rect })
            }
            Some((group, number, rect)) => {
                Err(Error::WindowOutside { group: group.into(), window: number, rect, frame })
            }
        }
    }
}

impl IntoIterator for Windows {
    type Item = Rect;
    type IntoIter = std::vec::IntoIter<Rect>;

    /// The windows of all groups, one after the other.
    fn into_iter(self) -> Self::IntoIter {
        let rects = self.groups.into_iter().flat_map(|group| group.windows);
        rects.collect::<Vec<Rect>>().into_iter()
    }
}

impl From<Vec<Rect>> for Windows {
    /// One group, [`UNNAMED`](Windows::UNNAMED).
    fn from(windows: Vec<Rect>) -> Self {
        let mut all = Self::default();
        all.add(Self::UNNAMED, windows);
        all
    }
}

impl<const N: usize> From<[Rect; N]> for Windows {
    /// One group, [`UNNAMED`](Windows::UNNAMED).
    fn from(windows: [Rect; N]) -> Self {
        windows.to_vec().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_numbered_within_their_group() {
        let mut windows = Windows::from([Rect::new(0, 0, 2, 2)]);
        windows.add("b", [Rect::new(1, 0, 2, 2)]);
        windows.add(Windows::UNNAMED, [Rect::new(2, 0, 2, 2)]);
        let all: Vec<(&str, usize, isize)> =
            windows.iter().map(|(group, number, rect)| (group, number, rect.x)).collect();
        assert_eq!(all, [("roi", 0, 0), ("roi", 1, 2), ("b", 0, 1)]);
    }

    #[test]
    fn the_error_names_the_window_and_the_frame() {
        let frame = Size::new(20, 10);
        let says = |rect| Windows::from([rect]).check(frame).err().unwrap().to_string();
        assert_eq!(
            says(Rect::new(15, 2, 6, 4)),
            "window 0 of group \"roi\" (15,2,6,4) is not inside the frame, which is 20x10 px; \
             x + w may be at most 20 and y + h at most 10, x and y at least 0"
        );
        assert_eq!(
            says(Rect::new(1, 2, 0, 4)),
            "window 0 of group \"roi\" (1,2,0,4) has no pixels; width and height must be at least 1"
        );
        assert!(Windows::default().check(frame).is_err());
        assert!(Windows::from([Rect::of_frame(frame)]).check(frame).is_ok());
    }

    #[test]
    fn windows_are_written_as_lists_of_four_numbers() {
        let windows = Windows::from([Rect::new(-1, 2, 3, 4)]);
        let text = serde_json::to_string(&windows).unwrap();
        assert_eq!(text, r#"[{"name":"roi","windows":[[-1,2,3,4]]}]"#);
        assert_eq!(serde_json::from_str::<Windows>(&text).unwrap(), windows);
    }
}
