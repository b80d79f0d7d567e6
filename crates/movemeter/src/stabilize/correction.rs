//! What of the motion is taken out, and how it is measured.

use super::placement::Placement;
use crate::geometry::{Displacement, Point, Rect, Size};
use crate::matching::warp::Model;
use crate::recipe::Recipe;
use crate::track::{Status, Track};

/// What of a recording's motion is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correction {
    /// The displacement of the window's centre.
    Translation,
    /// The rotation about the window's centre; that goes on moving as it did.
    Rotation,
    /// Both.
    #[default]
    Both,
}

/// A window that nobody placed leaves this part of the frame's shorter side free on each of its four sides: the central
/// three fifths of a square frame.
const FREE_PART: usize = 5;
/// Pixels between the farthest place of such a window and the frame's border, where splines are less exact.
const MARGIN: usize = 3;
/// Such a window is at least this wide and high.
const MIN_SIDE: usize = 16;

impl Correction {
    /// Every one, the default last.
    pub const ALL: [Self; 3] = [Self::Translation, Self::Rotation, Self::Both];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Translation => "translation",
            Self::Rotation => "rotation",
            Self::Both => "both",
        }
    }

    /// How the motion is measured, as `settings` say else: one window that follows its content and, where rotation
    /// is taken out, looks for it at every angle up to `max_rotation_deg`.
    ///
    /// Where there is no window in the settings, it is the frame less a margin all around: a fifth of its shorter side, or more where
    /// `max_displacement_px` is more. The window can then go as far as that, and no farther is looked for.
    #[must_use]
    pub fn recipe(self, settings: Recipe, frame: Size) -> Recipe {
        let turns = self != Self::Translation;
        let model = if turns { Model::Rigid } else { Model::Translation };
        let mut recipe = Recipe { follow: true, model, rotation: turns, ..settings };
        if recipe.windows.is_empty() {
            let margin = margin(frame, recipe.max_displacement_px);
            let window = Rect::new(
                margin as isize,
                margin as isize,
                frame.width.saturating_sub(2 * margin),
                frame.height.saturating_sub(2 * margin),
            );
            recipe.windows = [window].into();
            let limit = recipe.max_displacement_px.unwrap_or(margin.max(1) as f64);
            recipe.max_displacement_px = Some(limit);
        }
        recipe
    }

    /// The part of a motion that is taken out.
    pub(super) fn part(
        self,
        Placement { pivot, displacement, angle_rad, .. }: Placement,
    ) -> Placement {
        match self {
            Self::Translation => Placement::new(pivot, displacement, 0.0),
            Self::Rotation => Placement::new(pivot, Displacement::ZERO, angle_rad),
            Self::Both => Placement::new(pivot, displacement, angle_rad),
        }
    }

    /// Where the pixels of the stabilised frame come from.
    pub fn transform(self, placement: Placement) -> Placement {
        let part = self.part(placement);
        if self != Self::Rotation {
            return part;
        }
        let Point { x, y } = placement.pivot;
        let Displacement { dx, dy } = placement.displacement;
        Placement::new(Point::new(x + dx, y + dy), part.displacement, part.angle_rad)
    }
}

/// What a window that nobody placed leaves free around it.
fn margin(frame: Size, max_displacement_px: Option<f64>) -> usize {
    let side = frame.width.min(frame.height);
    let usual = side / FREE_PART;
    let wanted = max_displacement_px.map_or(0, |px| (px.ceil() as usize).saturating_add(MARGIN));
    let most = side.saturating_sub(MIN_SIDE) / 2;
    usual.max(wanted.min(most))
}

/// Where the content of a following window was in a frame; `None` where it was not measured, or is doubtful.
///
/// A track that says nothing of angles says that nothing turned.
pub(super) fn placement(track: &Track, index: usize) -> Option<Placement> {
    let sample = &track.samples[index];
    if !sample.is_ok() {
        return None;
    }
    let angle_rad = if track.deformations.is_empty() { 0.0 } else { track.angle_rad(index)? };
    Some(Placement::new(centre(track.rect), sample.displacement()?, angle_rad))
}

/// The point between its pixels that a window's displacement is that of.
fn centre(rect: Rect) -> Point {
    let middle = |from: isize, side: usize| from as f64 + (side as f64 - 1.0) / 2.0;
    Point::new(middle(rect.x, rect.width), middle(rect.y, rect.height))
}

/// Where the pixels of each stabilised frame come from, of the track of a following window: one for each frame, `None` where the
/// motion was not measured without doubt.
pub fn transforms(track: &Track, correction: Correction) -> Vec<Option<Placement>> {
    let all = (0..track.samples.len()).map(|index| placement(track, index));
    all.map(|placement| placement.map(|placement| correction.transform(placement))).collect()
}

/// The frames in which the motion could not be measured without doubt, as indices, and why; those that were excluded are
/// not among them.
pub fn unmeasured(track: &Track) -> Vec<(usize, Status)> {
    let all = track.samples.iter().enumerate().map(|(index, sample)| (index, sample.status));
    all.filter(|(_, status)| !matches!(status, Status::Ok | Status::Excluded)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unplaced_window_is_the_middle_of_the_frame_or_what_the_displacement_leaves() {
        let window = |frame, max_displacement_px| {
            let settings = Recipe { max_displacement_px, ..Recipe::default() };
            let recipe = Correction::Both.recipe(settings, frame);
            let (_, _, window) = recipe.windows.iter().next().unwrap();
            (window, recipe.max_displacement_px.unwrap())
        };
        let (frame, wide) = (Size::new(500, 500), Size::new(500, 200));
        assert_eq!(window(frame, None), (Rect::new(100, 100, 300, 300), 100.0));
        assert_eq!(window(wide, None), (Rect::new(40, 40, 420, 120), 40.0));
        assert_eq!(window(frame, Some(8.0)), (Rect::new(100, 100, 300, 300), 8.0));
        assert_eq!(window(frame, Some(150.0)), (Rect::new(153, 153, 194, 194), 150.0));
        assert_eq!(window(frame, Some(1e6)), (Rect::new(242, 242, 16, 16), 1e6));
        assert_eq!(window(Size::new(4, 4), None), (Rect::new(0, 0, 4, 4), 1.0));
    }

    #[test]
    fn a_given_window_and_its_search_stay() {
        let settings = Recipe { windows: [Rect::new(5, 6, 20, 20)].into(), ..Recipe::default() };
        let recipe = Correction::Translation.recipe(settings.clone(), Size::new(100, 100));
        assert_eq!((recipe.windows, recipe.max_displacement_px), (settings.windows, None));
        assert!(recipe.follow && !recipe.rotation && recipe.model == Model::Translation);
    }

    #[test]
    fn rotation_alone_leaves_the_content_s_centre_where_it_is() {
        let pivot = Point::new(20.0, 30.0);
        let placement = Placement::new(pivot, Displacement::new(4.0, -3.0), 0.5);
        let place = Correction::Rotation.transform(placement).place(24.0, 27.0);
        assert!((place.x - 24.0).abs() < 1e-12 && (place.y - 27.0).abs() < 1e-12);
        let both = Correction::Both.transform(placement).place(20.0, 30.0);
        assert_eq!(both, Point::new(24.0, 27.0));
        let moved = Correction::Translation.transform(placement).place(0.0, 0.0);
        assert_eq!(moved, Point::new(4.0, -3.0));
    }
}
