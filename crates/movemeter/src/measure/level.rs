//! Whether content still looks like its keyframe.

use super::windows::Site;

/// A keyframe is renewed when the score falls below this part of what it was just after it was taken,
/// and farther than noise alone explains. Earlier, there are more links, each with an error from noise
/// in both templates; later, the templates share less, and less of a frame's noise cancels. With noise of
/// 4 to 20 % of the contrast, the error of 2,000 frames is least near here (`tests/keyframe.rs`).
const RENEW_BELOW: f64 = 0.99;
/// The part of what parts two single scores by noise ([`Matcher::indistinct`]) that still parts the mean
/// of a few from the highest such mean.
///
/// [`Matcher::indistinct`]: crate::matching::matcher::Matcher::indistinct
const NOISE_OF_MEAN: f64 = 0.25;
/// Weight of the last score in the mean that is compared with these: one bad frame is not a change.
const MEMORY: f64 = 0.5;

/// Scores against the current keyframe.
#[derive(Clone, Copy, Default)]
pub(super) struct Level {
    /// Mean of the last ones.
    pub mean: Option<f64>,
    /// The highest such mean: what noise alone leaves of 1.
    pub highest: f64,
}

impl Level {
    pub fn add(&mut self, score: f64) {
        let mean = self.mean.map_or(score, |mean| mean + MEMORY * (score - mean));
        (self.mean, self.highest) = (Some(mean), self.highest.max(mean));
    }

    /// By more than noise in a window of this many pixels explains.
    pub fn has_fallen(&self, site: &Site, area: usize) -> bool {
        let noise = NOISE_OF_MEAN * site.matcher.indistinct(self.highest, area);
        self.mean.is_some_and(|mean| mean < RENEW_BELOW * self.highest - noise)
    }
}
