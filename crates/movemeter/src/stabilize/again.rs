//! What moves when motion was taken out.

use super::placement::Placement;
use super::resampling::Border;
use super::rounded::Rounded;
use super::stabilized::Stabilized;
use crate::error::Error;
use crate::monitor::Monitor;
use crate::preprocess::background::Background;
use crate::recipe::{FrameRange, Recipe};
use crate::source::FrameSource;
use crate::track::Tracks;

/// Measures on stabilised frames what was measured on the recording by this recipe.
///
/// Frames are prepared first and moved then: a background stays where it is while the camera's frames are, not where they are
/// moved to. Where nothing is prepared, they are rounded as they will be stored, as `pixel_type`.
pub fn measure_again(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    transforms: Vec<Placement>,
    pixel_type: &str,
    monitor: &dyn Monitor,
) -> Result<Tracks, Error> {
    let recipe = Recipe { frames: FrameRange::default(), ..recipe.clone() };
    let plain = Recipe {
        mask: None,
        invert: false,
        background: Background::None,
        blur_sigma_px: 0.0,
        ..recipe.clone()
    };
    if recipe == plain {
        let mut source = Stabilized::new(source, transforms, Border::Keep)?;
        if let Some(mut rounded) = Rounded::new(&mut source, pixel_type) {
            return plain.measure(&mut rounded, monitor);
        }
        return plain.measure(&mut source, monitor);
    }
    let prepared = recipe.prepared(source, monitor)?;
    plain.measure(&mut Stabilized::new(prepared, transforms, Border::Keep)?, monitor)
}
