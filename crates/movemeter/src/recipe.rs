//! Every setting of a measurement, in one place that can be written down and read again.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::brightness::BrightnessMode;
use crate::error::Error;
use crate::geometry::{Rect, Size};
use crate::mask::{Counts, Mask};
use crate::matching::subpixel::Subpixel;
use crate::matching::warp::Model;
use crate::monitor::Warning;
use crate::preprocess::background::Background;
use crate::roi::Windows;
use crate::source::StackInfo;

/// The frame that displacements count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
// The number may stand in a recipe file without quotes.
#[schemars(extend("type" = ["string", "integer"], "minimum" = 0, "anyOf" = [
    { "enum": ["first", "previous", "mean", "keyframe"] },
    { "type": "string", "pattern": r"^\d+$" },
    { "type": "integer" },
]))]
pub enum Reference {
    /// The first frame measured.
    #[default]
    First,
    /// The frame before; positions are summed from the first frame on.
    Previous,
    /// The first, through keyframes: each window's content is taken anew when it no longer looks like
    /// what was taken, and every such keyframe is tied back to the earlier ones by measured links. For
    /// long recordings in which content changes its look.
    Keyframe,
    /// The mean of all frames. The stack is read twice.
    Mean,
    /// The frame of this number in the recording.
    Frame(usize),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("first"),
            Self::Previous => f.write_str("previous"),
            Self::Keyframe => f.write_str("keyframe"),
            Self::Mean => f.write_str("mean"),
            Self::Frame(number) => write!(f, "{number}"),
        }
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

impl TryFrom<String> for Reference {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl FromStr for Reference {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "first" => Ok(Self::First),
            "previous" => Ok(Self::Previous),
            "keyframe" => Ok(Self::Keyframe),
            "mean" => Ok(Self::Mean),
            number => number.parse().map(Self::Frame).map_err(|_| Error::Setting {
                name: "reference",
                value: format!("{text:?}"),
                allowed: "first, previous, mean, keyframe or a frame number".into(),
            }),
        }
    }
}

/// Some of a recording's frames, by number: every `step`-th from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FrameRange {
    /// The first.
    pub first: usize,
    /// The last, unless a step passes it; `None`: the recording's last.
    pub last: Option<usize>,
    /// From one to the next, 1 or more.
    #[schemars(range(min = 1))]
    pub step: usize,
}

impl Default for FrameRange {
    /// All frames.
    fn default() -> Self {
        Self { first: 0, last: None, step: 1 }
    }
}

impl FrameRange {
    /// The numbers of the frames, in a recording of `n_frames`.
    pub fn numbers(self, n_frames: usize) -> Result<Vec<usize>, Error> {
        if n_frames == 0 {
            return Ok(Vec::new());
        }
        let last = self.last.unwrap_or(n_frames - 1);
        let farthest = last.max(self.first);
        if n_frames <= farthest {
            return Err(Error::NoSuchFrame { frame: farthest, n_frames });
        }
        if self.step == 0 || last < self.first {
            return Err(Error::Setting {
                name: "frames",
                value: format!("{} to {last} in steps of {}", self.first, self.step),
                allowed: "in rising order, in steps of at least 1".into(),
            });
        }
        Ok((self.first..=last).step_by(self.step).collect())
    }
}

/// Every setting of a measurement.
///
/// ```
/// use movemeter::geometry::{Displacement, Rect, Size};
/// use movemeter::monitor::Silent;
/// use movemeter::recipe::Recipe;
/// use movemeter::synth;
///
/// let mut stack = synth::speckle(Size::new(128, 96)).moving(Displacement::new(0.25, -0.5)).frames(5);
/// let recipe = Recipe {
///     windows: [Rect::new(48, 32, 32, 32)].into(),
///     follow: true,
///     max_displacement_px: Some(10.0),
///     ..Recipe::default()
/// };
/// let tracks = recipe.measure(&mut stack, &Silent)?;
/// let moved = tracks[0].displacement(4).expect("speckle can be measured");
/// assert!((moved.dx - 1.0).abs() < 0.01 && (moved.dy + 2.0).abs() < 0.01);
/// # Ok::<(), movemeter::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// What is measured.
    pub windows: Windows,
    /// The frame that displacements count from.
    pub reference: Reference,
    /// Whether windows follow the reference's content to where it is now (Lagrangian). If not, they
    /// stay, and it is asked where their present content was in the reference (Eulerian).
    pub follow: bool,
    /// Farthest a window's content may be from its place in the reference frame in x or y, px;
    /// `None`: anywhere in the frame. With [`Reference::Previous`] and [`Reference::Keyframe`]: from its
    /// place when it was last measured, so that what travels far needs only to be slow.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = MAX_DISPLACEMENT_PX))]
    pub max_displacement_px: Option<f64>,
    /// How the position between pixels is found; written as `gauss-newton`, …, `resize:2.5`.
    pub subpixel: Subpixel,
    /// What a window's content may do besides moving, up to a few degrees and per cent. Anything but
    /// [`Model::Translation`] needs [`Subpixel::GaussNewton`].
    pub model: Model,
    /// Whether the content is looked for at every angle. Needs [`Subpixel::GaussNewton`], and fits at
    /// least [`Model::Rigid`].
    pub rotation: bool,
    /// With `rotation`: farthest it may have turned to either side, degrees, at most 180; `None`:
    /// anywhere. With [`Reference::Previous`]: from one frame to the next.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 180))]
    pub max_rotation_deg: Option<f64>,
    /// Matches with a lower score are not believed, −1 to 1. Whatever this is, a score that
    /// unrelated texture reaches by chance is not believed either.
    #[schemars(range(min = -1, max = 1))]
    pub min_score: f64,
    /// Whether doubtful matches (`at_edge`, `ambiguous`, `low_score`) keep their displacement.
    pub keep_doubtful: bool,
    /// The pixels that are used; those it covers are taken out of every window, in all frames,
    /// for motion and brightness. Not with
    /// [`Subpixel::Resize`]. A recipe that was read from text has only its name: load the image
    /// ([`Mask::new`]) before measuring.
    pub mask: Option<Mask>,
    /// Standard deviation of the Gaussian blur before matching, px; 0: none.
    #[schemars(range(min = 0, max = MAX_BLUR_SIGMA_PX))]
    pub blur_sigma_px: f64,
    /// What is taken off every frame before matching, after inversion. The stack is read once more.
    pub background: Background,
    /// Whether dark is made bright before matching: see
    /// [`invert::white`](crate::preprocess::invert::white).
    pub invert: bool,
    /// Whether the brightness of each window is measured too, and how it is given.
    pub brightness: Option<BrightnessMode>,
    /// The frames that are looked at; the others do not appear in the result.
    pub frames: FrameRange,
    /// Numbers of frames that are not measured; their status is `excluded`.
    pub exclude: Vec<usize>,
    /// Frames a second, if the recording does not know it or is wrong.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub frame_rate_hz: Option<f64>,
    /// Side of a pixel in the specimen, µm, if the recording does not know it or is wrong.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub pixel_size_um: Option<f64>,
}

/// Below this a match shares less than a twentieth of its contrast with the template.
pub const DEFAULT_MIN_SCORE: f64 = 0.2;

/// Larger than any frame.
pub const MAX_DISPLACEMENT_PX: f64 = 1e6;

/// Beyond this a blur leaves nothing to match, and its filter would be as long as a frame.
pub const MAX_BLUR_SIGMA_PX: f64 = 100.0;

/// Beyond this many pixels an enlarged search and its transforms need more than about 2 GB.
pub const MAX_ENLARGED_AREA: f64 = 67_108_864.0;

impl Default for Recipe {
    fn default() -> Self {
        Self {
            windows: Windows::default(),
            reference: Reference::First,
            follow: false,
            max_displacement_px: None,
            subpixel: Subpixel::GaussNewton,
            model: Model::Translation,
            rotation: false,
            max_rotation_deg: None,
            min_score: DEFAULT_MIN_SCORE,
            keep_doubtful: false,
            mask: None,
            blur_sigma_px: 0.0,
            background: Background::None,
            invert: false,
            brightness: None,
            frames: FrameRange::default(),
            exclude: Vec::new(),
            frame_rate_hz: None,
            pixel_size_um: None,
        }
    }
}

impl Recipe {
    /// Whether every setting is in its range, for this stack; if not, which one is not.
    pub fn check(&self, info: &StackInfo) -> Result<(), Error> {
        self.check_for(info.size)?;
        if let Reference::Frame(number) = self.reference {
            self.check_reference(number, info)?;
        }
        Ok(())
    }

    /// The same for frames of this size, whichever they are.
    pub fn check_for(&self, frame: Size) -> Result<(), Error> {
        self.check_settings()?;
        self.windows.check(frame)?;
        self.check_enlarged(frame)?;
        self.check_mask(frame)
    }

    /// What should be known of the result before any frame is seen.
    pub fn warning(&self, frame: Size) -> Option<Warning> {
        let max_displacement_px = self.max_displacement_px?;
        let reach = max_displacement_px.ceil() as usize;
        let is_clipped = |rect: Rect| !rect.grown(reach).is_inside(frame);
        let n_windows = self.windows.iter().filter(|&(_, _, rect)| is_clipped(rect)).count();
        (0 < n_windows).then_some(Warning::SearchClipped { n_windows, max_displacement_px })
    }

    /// Whether every setting is in its range, for whatever stack.
    pub fn check_settings(&self) -> Result<(), Error> {
        let in_range = |name, value: f64, is_allowed: bool, allowed: &str| {
            if is_allowed {
                return Ok(());
            }
            Err(Error::Setting { name, value: format!("{value}"), allowed: allowed.into() })
        };
        if let Some(px) = self.max_displacement_px {
            let allowed = format!(
                "more than 0 and at most {MAX_DISPLACEMENT_PX} px (leave it out to search the whole \
                 frame)"
            );
            let is_allowed = 0.0 < px && px <= MAX_DISPLACEMENT_PX;
            in_range("max_displacement", px, is_allowed, &allowed)?;
        }
        let score = self.min_score;
        in_range("min_score", score, (-1.0..=1.0).contains(&score), "between -1 and 1")?;
        let blur = self.blur_sigma_px;
        let allowed = format!("between 0 (none) and {MAX_BLUR_SIGMA_PX} px");
        in_range("blur", blur, (0.0..=MAX_BLUR_SIGMA_PX).contains(&blur), &allowed)?;
        if let Some(deg) = self.max_rotation_deg {
            let allowed = "more than 0 and at most 180 degrees (leave it out to search all angles)";
            in_range("max_rotation", deg, 0.0 < deg && deg <= 180.0, allowed)?;
        }
        self.check_model()?;
        self.check_mask_is_possible()?;
        let positive = |value: f64| 0.0 < value && value.is_finite();
        if let Some(hz) = self.frame_rate_hz {
            in_range("fps", hz, positive(hz), "more than 0 Hz")?;
        }
        if let Some(um) = self.pixel_size_um {
            in_range("pixel_size", um, positive(um), "more than 0 um")?;
        }
        self.check_background()
    }

    fn check_mask_is_possible(&self) -> Result<(), Error> {
        match (&self.mask, self.subpixel) {
            (Some(mask), Subpixel::Resize(_)) => Err(Error::Setting {
                name: "mask",
                value: format!("{:?}", mask.name()),
                allowed: format!(
                    "left out with subpixel {} (enlarging mixes masked pixels with others; every other \
                     subpixel can leave them out)",
                    self.subpixel
                ),
            }),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Whether the mask, if there is one, has its image, and that of frames of this size.
    pub fn check_mask(&self, frame: Size) -> Result<(), Error> {
        let Some(mask) = &self.mask else { return Ok(()) };
        let refuse =
            |value: String, allowed: String| Err(Error::Setting { name: "mask", value, allowed });
        match mask.counts().map(Counts::size) {
            Some(size) if size == frame => Ok(()),
            Some(size) => refuse(
                format!("{size} px ({})", mask.name()),
                format!("an image of the frame's size, {frame} px"),
            ),
            None => refuse(
                format!("only a name, {:?}", mask.name()),
                "an image that is loaded before measuring".into(),
            ),
        }
    }

    fn check_background(&self) -> Result<(), Error> {
        if (self.background, self.reference) != (Background::Mean, Reference::Mean) {
            return Ok(());
        }
        Err(Error::Setting {
            name: "background",
            value: self.background.to_string(),
            allowed:
                "min or none where the reference is the mean (the mean less the mean is empty)"
                    .into(),
        })
    }

    /// Whether no window vanishes and no search grows out of memory when it is enlarged.
    fn check_enlarged(&self, frame: Size) -> Result<(), Error> {
        let Some(enlargement) = self.subpixel.enlargement() else { return Ok(()) };
        let (factor, value) = (enlargement.factor(), self.subpixel.to_string());
        let refuse = |allowed: String| {
            Err(Error::Setting { name: "subpixel", value: value.clone(), allowed })
        };
        for (_, _, window) in self.windows.iter() {
            let side = window.width.min(window.height);
            if side as f64 * factor < 1.0 {
                let least = 1.0 / side as f64;
                return refuse(format!(
                    "resize:U with U at least {least:.3}, so that windows {side} px wide or high keep \
                     a pixel"
                ));
            }
            let search = self.max_displacement_px.map_or(frame, |limit| {
                let by = 2 * limit.ceil() as usize;
                let Size { width, height } = window.size();
                Size::new(frame.width.min(width + by), frame.height.min(height + by))
            });
            let most = (MAX_ENLARGED_AREA / search.area() as f64).sqrt();
            if most < factor {
                return refuse(format!(
                    "resize:U with U at most {most:.1}, or memory will not hold the search of \
                     {search} px (give a smaller max_displacement)"
                ));
            }
        }
        Ok(())
    }

    /// How far content may turn to each side, if all angles up to that are searched, rad.
    pub fn max_rotation_rad(&self) -> Option<f64> {
        self.rotation.then(|| self.max_rotation_deg.unwrap_or(180.0).to_radians())
    }

    fn check_model(&self) -> Result<(), Error> {
        let refused = |name, value: &str, allowed: String| {
            Err(Error::Setting { name, value: value.into(), allowed })
        };
        let (exact, subpixel) = (Subpixel::GaussNewton.as_str(), self.subpixel.as_str());
        if self.max_rotation_deg.is_some() && !self.rotation {
            let allowed = "left out unless rotation is measured (turn rotation on)".into();
            return refused("max_rotation", "given", allowed);
        }
        if self.subpixel == Subpixel::GaussNewton {
            return Ok(());
        }
        if self.model != Model::Translation {
            let allowed =
                format!("translation with subpixel {subpixel} (only {exact} fits other models)");
            return refused("model", self.model.as_str(), allowed);
        }
        match self.rotation {
            false => Ok(()),
            true => {
                let allowed = format!("off with subpixel {subpixel} (only {exact} finds angles)");
                refused("rotation", "on", allowed)
            }
        }
    }

    fn check_reference(&self, number: usize, info: &StackInfo) -> Result<(), Error> {
        let is_there = (0..info.n_frames).any(|index| info.number(index) == number);
        if is_there && !self.exclude.contains(&number) {
            return Ok(());
        }
        let allowed = match info.n_frames {
            0 => "a frame of the stack, which has none".into(),
            n => format!(
                "a frame that is measured (they are numbered {} to {}, less those excluded)",
                info.number(0),
                info.number(n - 1)
            ),
        };
        Err(Error::Setting { name: "reference", value: number.to_string(), allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::enlargement::Enlargement;

    fn info() -> StackInfo {
        StackInfo { size: Size::new(64, 64), n_frames: 10, ..StackInfo::default() }
    }

    fn recipe() -> Recipe {
        Recipe { windows: [Rect::new(8, 8, 16, 16)].into(), ..Recipe::default() }
    }

    #[test]
    fn each_setting_out_of_range_is_named_with_its_value() {
        let rough = Recipe { subpixel: Subpixel::Parabola, ..recipe() };
        let cases: [(&str, Recipe); 16] = [
            ("model", Recipe { model: Model::Rigid, ..rough.clone() }),
            ("model", Recipe { model: Model::Affine, rotation: true, ..rough.clone() }),
            ("rotation", Recipe { rotation: true, ..rough }),
            ("max_rotation", Recipe { max_rotation_deg: Some(10.0), ..recipe() }),
            ("max_rotation", Recipe { rotation: true, max_rotation_deg: Some(180.5), ..recipe() }),
            ("max_rotation", Recipe { rotation: true, max_rotation_deg: Some(0.0), ..recipe() }),
            ("max_displacement", Recipe { max_displacement_px: Some(1e300), ..recipe() }),
            ("max_displacement", Recipe { max_displacement_px: Some(0.0), ..recipe() }),
            ("max_displacement", Recipe { max_displacement_px: Some(f64::NAN), ..recipe() }),
            ("min_score", Recipe { min_score: 1.5, ..recipe() }),
            ("blur", Recipe { blur_sigma_px: -2.0, ..recipe() }),
            (
                "background",
                Recipe { background: Background::Mean, reference: Reference::Mean, ..recipe() },
            ),
            ("fps", Recipe { frame_rate_hz: Some(0.0), ..recipe() }),
            ("pixel_size", Recipe { pixel_size_um: Some(-0.5), ..recipe() }),
            ("reference", Recipe { reference: Reference::Frame(10), ..recipe() }),
            ("reference", Recipe { reference: Reference::Frame(3), exclude: vec![3], ..recipe() }),
        ];
        for (name, recipe) in cases {
            let said = recipe.check(&info()).err().map(|error| error.to_string());
            assert!(said.as_ref().is_some_and(|said| said.starts_with(name)), "{name}: {said:?}");
        }
        assert!(recipe().check(&info()).is_ok());
    }

    #[test]
    fn an_enlargement_is_refused_where_a_window_vanishes_or_the_search_grows_too_large() {
        let at = |factor: f64, side: usize, max_displacement_px| {
            let subpixel = Subpixel::Resize(Enlargement::new(factor).unwrap());
            let windows = [Rect::new(0, 0, 30, side)].into();
            let info = StackInfo { size: Size::new(4096, 4096), ..info() };
            let recipe = Recipe { windows, subpixel, max_displacement_px, ..Recipe::default() };
            recipe.check(&info).err().map(|error| error.to_string())
        };
        assert_eq!(at(0.1, 10, None), None);
        let vanished = at(0.1, 9, None).unwrap();
        assert!(
            vanished.contains("U at least 0.111") && vanished.ends_with("is resize:0.1"),
            "{vanished}"
        );
        assert_eq!(at(2.0, 30, None), None);
        let large = at(2.5, 30, None).unwrap();
        assert!(large.contains("U at most 2.0") && large.contains("4096x4096 px"), "{large}");
        assert_eq!(at(32.0, 30, Some(50.0)), None);
    }

    #[test]
    fn a_range_of_frames_has_both_its_ends_and_must_lie_in_the_recording() {
        let range = |first, last, step| FrameRange { first, last, step };
        assert_eq!(range(2, Some(8), 3).numbers(10).unwrap(), [2, 5, 8]);
        assert_eq!(range(7, None, 1).numbers(10).unwrap(), [7, 8, 9]);
        assert!(FrameRange::default().numbers(0).unwrap().is_empty());
        let says = |range: FrameRange| range.numbers(10).err().unwrap().to_string();
        let beyond = "there is no frame 10: the recording has 10, numbered 0 to 9";
        assert_eq!(says(range(0, Some(10), 1)), beyond);
        assert_eq!(says(range(10, None, 1)), beyond);
        assert!(says(range(5, Some(4), 1)).starts_with("frames must be in rising order"));
        assert!(says(range(0, None, 0)).starts_with("frames must be in rising order"));
    }

    #[test]
    fn a_recipe_is_read_as_it_was_written() {
        let written = Recipe {
            reference: Reference::Frame(7),
            subpixel: Subpixel::Parabola,
            max_displacement_px: Some(12.5),
            frames: FrameRange { first: 1, last: None, step: 2 },
            exclude: vec![1, 2],
            background: Background::Min,
            invert: true,
            brightness: Some(BrightnessMode::Range),
            ..recipe()
        };
        let text = serde_json::to_string(&written).unwrap();
        assert!(text.contains(r#""reference":"7","follow":false"#), "{text}");
        assert!(text.contains(r#""subpixel":"parabola""#), "{text}");
        assert!(
            text.contains(r#""background":"min","invert":true,"brightness":"range""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Recipe>(&text).unwrap(), written);
    }

    #[test]
    fn an_unknown_setting_is_an_error_not_ignored() {
        let error = serde_json::from_str::<Recipe>(r#"{"folow": true}"#).err().unwrap();
        assert!(error.to_string().contains("folow"), "{error}");
    }

    #[test]
    fn a_reference_is_a_word_or_a_number() {
        for reference in [
            Reference::First,
            Reference::Previous,
            Reference::Mean,
            Reference::Keyframe,
            Reference::Frame(12),
        ] {
            assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
        }
        let error = "last".parse::<Reference>().err().unwrap().to_string();
        assert_eq!(
            error,
            "reference must be first, previous, mean, keyframe or a frame number, but is \"last\""
        );
    }
}
