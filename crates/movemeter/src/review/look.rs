//! The pictures behind a sample: what was looked for, what was found, and how they differ.

use crate::error::Error;
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Size};
use crate::matching::warp::Warp;
use crate::measure::reference::{Ahead, ReferenceFrame, read_ahead};
use crate::monitor::{Monitor, Silent};
use crate::preprocess::Work;
use crate::preprocess::background::Background;
use crate::recipe::{FrameRange, Recipe, Reference};
use crate::simd::Level;
use crate::source::{FrameSource, MemoryStack, Selected};
use crate::spline::Spline;
use crate::track::{Found, Track, Tracks};

use super::pair::{Compared, Earlier, center, found};

/// Pixels around what is shown that its spline needs: beyond, a pole of 0.43 leaves 1e-6.
const SPLINE_MARGIN_PX: usize = 16;

/// What was looked for, what was found, and how they differ. All frames have the window's size.
#[derive(Clone, Debug)]
pub struct Look {
    /// What was looked for, as the matcher saw it.
    pub template: Frame,
    /// What is at the place found, between the pixels; NaN outside the frame.
    pub matched: Frame,
    /// `matched` less what is fitted to it, `gain` × `template` + `offset`.
    pub residual: Frame,
    /// How many times stronger the contrast of the match is.
    pub gain: f64,
    /// Added to the template's brightness.
    pub offset: f64,
    /// √ of the residual's mean square, in the match's grey levels.
    pub residual_rms: f64,
    /// Standard deviation of the match's pixels.
    pub contrast: f64,
    /// What the frame was compared with.
    pub compared: Compared,
    /// How the place shown was found.
    pub place: Place,
    /// The centre of the match, in the frame it was looked for in.
    pub center: Point,
}

/// How the place that is shown was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is where the content was measured.
    Measured,
    /// It is the best match, which was not believed.
    NotBelieved,
    /// Nothing was found; it is where the window was last seen, or where it was looked for first.
    LastSeen,
}

/// A recording in which single samples are looked at again.
///
/// ```
/// use movemeter::review::{Review, worst};
/// use movemeter::{Displacement, Recipe, Rect, Silent, Size, synth};
///
/// let speckle = || synth::speckle(Size::new(96, 64)).noise(0.01).moving(Displacement::new(0.3, 0.1));
/// let windows = [Rect::new(24, 16, 32, 32)].into();
/// let recipe = Recipe { windows, follow: true, ..Recipe::default() };
/// let tracks = recipe.measure(&mut speckle().frames(5), &Silent)?;
///
/// let mut review = Review::new(&recipe, speckle().frames(5), &Silent)?;
/// let worst = worst(&tracks, 1)[0];
/// let look = review.look(&tracks, worst.window, worst.frame)?;
/// assert!(look.residual_rms < 0.1 * look.contrast);
/// # Ok::<(), movemeter::Error>(())
/// ```
pub struct Review<S> {
    recipe: Recipe,
    source: Selected<S>,
    ahead: Ahead,
    work: Work,
}

impl<S: FrameSource> Review<S> {
    /// Prepares to look at samples that were measured by this recipe in this recording.
    ///
    /// If the recipe needs a background or the mean, all frames are read once.
    pub fn new(recipe: &Recipe, source: S, monitor: &dyn Monitor) -> Result<Self, Error> {
        let mut source = recipe.selected(source)?;
        recipe.check(source.info())?;
        let ahead = read_ahead(recipe, &mut source, monitor)?;
        Ok(Self { recipe: recipe.clone(), source, ahead, work: Work::default() })
    }

    /// Looks at one window in one frame, by their places among the tracks and the stamps.
    ///
    /// A match that was not believed is looked for once more, to show what was found. The error says if
    /// the recording has no such frame or window, or cannot be read.
    ///
    /// # Panics
    ///
    /// If the tracks have no such window or frame.
    pub fn look(&mut self, tracks: &Tracks, window: usize, frame: usize) -> Result<Look, Error> {
        let (track, follow) = (&tracks[window], self.recipe.follow);
        let earlier = Earlier::new(&self.recipe, tracks, window, frame);
        let present = self.frame(tracks.stamps[frame].number)?;
        let before = match earlier.compared {
            Compared::Frame(number) => self.frame(number)?,
            Compared::Mean => self.mean(),
        };
        let template = earlier.template(follow, track.rect);
        let pair = if follow { [before, present] } else { [present, before] };
        self.check(track, template, pair[0].size())?;
        let sample = found(track, frame);
        let (warp, place) = if sample.sample.displacement().is_some() {
            let is_ok = sample.sample.is_ok();
            let place = if is_ok { Place::Measured } else { Place::NotBelieved };
            (earlier.place(follow, (track.rect, template), &sample), place)
        } else if let Some(warp) = self.not_believed(&sample, template, &pair) {
            (warp, Place::NotBelieved)
        } else {
            let last = (0..frame).rev().find_map(|before| track.displacement(before));
            (earlier.last_seen(follow, template, last), Place::LastSeen)
        };
        Ok(compare(&pair, template, &warp, (earlier.compared, place)))
    }

    fn check(&self, track: &Track, template: Rect, frame: Size) -> Result<(), Error> {
        match template.is_inside(frame) {
            true => Ok(()),
            false => Err(Error::WindowOutside {
                group: track.group.to_string(),
                window: track.window,
                rect: template,
                frame,
            }),
        }
    }

    /// The frame of this number, as the matcher sees it.
    pub fn frame(&mut self, number: usize) -> Result<Frame, Error> {
        let info = self.source.info();
        let index = (0..info.n_frames).find(|&index| info.number(index) == number);
        let index = index.ok_or(Error::NoSuchFrame { frame: number, n_frames: info.n_frames })?;
        let mut raw = Frame::default();
        self.source
            .read(index, &mut raw)
            .map_err(|source| Error::Read { frame: number, source })?;
        Ok(self.ahead.preparation.apply(Level::new(), &raw, &mut self.work).clone())
    }

    fn mean(&self) -> Frame {
        let mean: Option<&ReferenceFrame> = self.ahead.reference.as_ref();
        mean.expect("a recipe that counts from the mean reads it ahead").frame.clone()
    }

    /// Where the best match is that was not believed, if it was that: the template followed into the other
    /// frame, with doubtful matches kept.
    fn not_believed(&self, sample: &Found, template: Rect, pair: &[Frame; 2]) -> Option<Warp> {
        if !sample.sample.status.is_doubtful() {
            return None;
        }
        let recipe = Recipe {
            windows: [template].into(),
            reference: Reference::First,
            follow: true,
            keep_doubtful: true,
            blur_sigma_px: 0.0,
            background: Background::None,
            invert: false,
            brightness: None,
            frames: FrameRange::default(),
            exclude: Vec::new(),
            ..self.recipe.clone()
        };
        let mut stack = MemoryStack::new(pair.to_vec()).ok()?;
        let tracks = recipe.measure(&mut stack, &Silent).ok()?;
        let (moved, (x, y)) = (tracks[0].displacement(1)?, center(template));
        let found = found(&tracks[0], 1);
        let shape = match found.deformation.is_known() {
            true => found.deformation,
            false => Found::reference().deformation,
        };
        Some(Warp { a: shape.gradient(), ..Warp::at(x + moved.dx, y + moved.dy) })
    }
}

/// Shows the content of a rectangle of the first frame, and what is at its warped place in the second.
fn compare(
    [of_template, of_match]: &[Frame; 2],
    rect: Rect,
    warp: &Warp,
    (compared, place): (Compared, Place),
) -> Look {
    let mut template = Frame::default();
    template.copy(of_template.crop(rect));
    let matched = warped(of_match, rect, warp);
    let Fit { gain, offset, contrast } = fit(template.pixels(), matched.pixels());
    let size = rect.size();
    let residual = Frame::from_fn(size, |x, y| {
        let fitted = gain * f64::from(template.row(y)[x]) + offset;
        (f64::from(matched.row(y)[x]) - fitted) as f32
    });
    let squares = residual.pixels().iter().filter(|value| !value.is_nan());
    let squares: Vec<f64> = squares.map(|&value| f64::from(value).powi(2)).collect();
    let residual_rms = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    let center = Point::new(warp.x, warp.y);
    Look {
        template,
        matched,
        residual,
        gain,
        offset,
        residual_rms,
        contrast,
        compared,
        place,
        center,
    }
}

/// What is at the warped place of each pixel of the rectangle; NaN outside the frame.
fn warped(frame: &Frame, rect: Rect, warp: &Warp) -> Frame {
    let (size, middle) = (rect.size(), center(rect));
    let place = |x: usize, y: usize| {
        warp.place(rect.x as f64 + x as f64 - middle.0, rect.y as f64 + y as f64 - middle.1)
    };
    let corners =
        [(0, 0), (size.width - 1, 0), (0, size.height - 1), (size.width - 1, size.height - 1)];
    let around = corners.map(|(x, y)| place(x, y)).map(|at| {
        let whole = |value: f64| value.round().clamp(-1e6, 1e6) as isize;
        Rect::new(whole(at.x), whole(at.y), 1, 1)
    });
    let around = around.into_iter().reduce(Rect::joined).expect("a rectangle has corners");
    let Some(part) = around.grown(SPLINE_MARGIN_PX).clipped_to(frame.size()) else {
        return Frame::from_fn(size, |_, _| f32::NAN);
    };
    let mut cut = Frame::default();
    cut.copy(frame.crop(part));
    let spline = Spline::through(Level::new(), &cut, &[1.0]);
    // What lies less than half a pixel outside is still of the outermost pixels.
    let is_inside = |value: f64, length: usize| -0.5 <= value && value <= length as f64 - 0.5;
    Frame::from_fn(size, |x, y| {
        let at = place(x, y);
        if !is_inside(at.x, frame.size().width) || !is_inside(at.y, frame.size().height) {
            return f32::NAN;
        }
        spline.at(Point::new(at.x - part.x as f64, at.y - part.y as f64)) as f32
    })
}

struct Fit {
    gain: f64,
    offset: f64,
    contrast: f64,
}

/// The line through pixels of the template and of the match, by least squares; where it is of no use, an offset
/// alone.
fn fit(template: &[f32], matched: &[f32]) -> Fit {
    let pairs = template.iter().zip(matched).map(|(&t, &m)| (f64::from(t), f64::from(m)));
    let pairs: Vec<(f64, f64)> = pairs.filter(|(t, m)| !(t.is_nan() || m.is_nan())).collect();
    let n = pairs.len() as f64;
    let (of_template, of_match) =
        pairs.iter().fold((0.0, 0.0), |(a, b), (t, m)| (a + t / n, b + m / n));
    let (mut tt, mut tm, mut mm) = (0.0, 0.0, 0.0);
    for (t, m) in pairs.iter().map(|(t, m)| (t - of_template, m - of_match)) {
        (tt, tm, mm) = (tt + t * t, tm + t * m, mm + m * m);
    }
    let gain = if 0.0 < tt { tm / tt } else { 0.0 };
    Fit { gain, offset: of_match - gain * of_template, contrast: (mm / n).sqrt() }
}
