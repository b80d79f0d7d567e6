//! Settings as Python gives them: a dictionary of keyword arguments, checked one by one.

use std::path::PathBuf;

use movemeter::brightness::BrightnessMode;
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::mask::Mask;
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, Recipe, Reference};
use movemeter::roi::Windows;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::array::fill;
use crate::failure::{Kind, failure, of_core, setting};

/// The recipe that these settings ask for. What is not among them is as the recipe among them has it (`recipe`, as JSON),
/// else as the default has it.
pub fn recipe(settings: &Bound<'_, PyDict>) -> PyResult<Recipe> {
    let given = Given { settings };
    let base = given.base()?;
    let recipe = Recipe {
        windows: base.windows,
        reference: given.reference()?.unwrap_or(base.reference),
        follow: given.switch("follow")?.unwrap_or(base.follow),
        max_displacement_px: given.number("max_displacement")?.or(base.max_displacement_px),
        subpixel: given.word("subpixel")?.unwrap_or(base.subpixel),
        model: given.word("model")?.unwrap_or(base.model),
        rotation: given.switch("rotation")?.unwrap_or(base.rotation),
        max_rotation_deg: given.number("max_rotation")?.or(base.max_rotation_deg),
        min_score: given.number("min_score")?.unwrap_or(base.min_score),
        keep_doubtful: given.switch("keep_doubtful")?.unwrap_or(base.keep_doubtful),
        mask: given.mask()?.or(base.mask),
        blur_sigma_px: given.number("blur")?.unwrap_or(base.blur_sigma_px),
        background: given.word("background")?.unwrap_or(base.background),
        invert: given.switch("invert")?.unwrap_or(base.invert),
        brightness: given.word("brightness")?.or(base.brightness),
        frames: given.frames()?.unwrap_or(base.frames),
        exclude: given.exclude()?.unwrap_or(base.exclude),
        frame_rate_hz: given.number("frame_rate_hz")?.or(base.frame_rate_hz),
        pixel_size_um: given.number("pixel_size_um")?.or(base.pixel_size_um),
    };
    recipe.check_settings().map_err(|error| of_core(settings.py(), &error))?;
    Ok(recipe)
}

/// Windows in groups: the name of each group, and for each window its group's place among them and x, y, w, h.
pub fn windows(groups: &[String], places: &[(usize, [i64; 4])]) -> Windows {
    let mut rects = vec![Vec::new(); groups.len()];
    for (group, rect) in places {
        rects[*group].push(rect_of(*rect));
    }
    let mut windows = Windows::default();
    for (name, rects) in groups.iter().zip(rects) {
        windows.add(name, rects);
    }
    windows
}

/// Numbers too large for a frame stay too large; sides less than 0 are none.
pub fn rect_of([x, y, width, height]: [i64; 4]) -> Rect {
    let side = |side: i64| usize::try_from(side).unwrap_or(0);
    Rect::new(x as isize, y as isize, side(width), side(height))
}

/// What can be written as a word.
pub trait Word: Sized {
    /// What is allowed.
    const ALLOWED: &'static str;
    /// What the word stands for.
    fn of(word: &str) -> Option<Self>;
}

impl Word for Subpixel {
    const ALLOWED: &'static str =
        "'gauss-newton', 'parabola', 'gaussian', 'none' or 'resize:U' with a number U";
    fn of(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

impl Word for Model {
    const ALLOWED: &'static str = "'translation', 'rigid' or 'affine'";
    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.as_str() == word)
    }
}

impl Word for Background {
    const ALLOWED: &'static str = "None, 'min' or 'mean'";
    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|background| background.as_str() == word)
    }
}

impl Word for BrightnessMode {
    const ALLOWED: &'static str = "None, 'absolute', 'range' or 'minimum'";
    fn of(word: &str) -> Option<Self> {
        match word {
            "roi" => Some(Self::Range),
            "roimin" => Some(Self::Minimum),
            _ => Self::ALL.into_iter().find(|mode| mode.as_str() == word),
        }
    }
}

/// What was given by name; `None` counts as left out.
pub struct Given<'a, 'py> {
    /// The names and values.
    pub settings: &'a Bound<'py, PyDict>,
}

impl<'py> Given<'_, 'py> {
    fn value(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.settings.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn refuse(&self, name: &str, allowed: &str, value: &Bound<'py, PyAny>) -> PyErr {
        let shown = value.repr().map_or_else(|_| "that".into(), |text| text.to_string());
        setting(self.settings.py(), name, allowed, &shown)
    }

    /// A number.
    pub fn number(&self, name: &str) -> PyResult<Option<f64>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        match value.extract() {
            Ok(number) if !value.is_instance_of::<PyBool>() => Ok(Some(number)),
            _ => Err(self.refuse(name, "a number", &value)),
        }
    }

    fn base(&self) -> PyResult<Recipe> {
        let Some(value) = self.value("recipe")? else { return Ok(Recipe::default()) };
        let json: String = value.extract()?;
        serde_json::from_str(&json).map_err(|error| {
            let message = format!("recipe cannot be read: {error}");
            failure(self.settings.py(), Kind::Setting, &message)
        })
    }

    fn switch(&self, name: &str) -> PyResult<Option<bool>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        match value.extract::<bool>() {
            Ok(is_on) => Ok(Some(is_on)),
            // One of numpy's.
            Err(_) if value.get_type().name()?.to_string_lossy().starts_with("bool") => {
                value.is_truthy().map(Some)
            }
            Err(_) => Err(self.refuse(name, "True or False", &value)),
        }
    }

    /// What a word stands for.
    pub fn word<W: Word>(&self, name: &str) -> PyResult<Option<W>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let word = value.extract::<String>().ok();
        let known = word.and_then(|word| W::of(&word));
        known.map_or_else(|| Err(self.refuse(name, W::ALLOWED, &value)), |known| Ok(Some(known)))
    }

    fn reference(&self) -> PyResult<Option<Reference>> {
        let Some(value) = self.value("reference")? else { return Ok(None) };
        if let Ok(number) = value.extract::<usize>() {
            return Ok(Some(Reference::Frame(number)));
        }
        let word = value.extract::<String>().ok();
        match word.and_then(|word| word.parse().ok()) {
            Some(reference) => Ok(Some(reference)),
            None => {
                let allowed = "'first', 'previous', 'mean', 'keyframe' or a frame's number";
                Err(self.refuse("reference", allowed, &value))
            }
        }
    }

    fn frames(&self) -> PyResult<Option<FrameRange>> {
        let Some(value) = self.value("frames")? else { return Ok(None) };
        let (first, last, step) = value.extract().map_err(|_: PyErr| {
            self.refuse("frames", "(first, last, step) with whole numbers, or None", &value)
        })?;
        Ok(Some(FrameRange { first, last, step }))
    }

    fn exclude(&self) -> PyResult<Option<Vec<usize>>> {
        let Some(value) = self.value("exclude")? else { return Ok(None) };
        let numbers = value.try_iter().and_then(|items| {
            items.map(|item| item?.extract::<usize>()).collect::<PyResult<Vec<usize>>>()
        });
        numbers
            .map(Some)
            .map_err(|_| self.refuse("exclude", "numbers of frames, from 0, as in [3, 17]", &value))
    }

    /// A file's name, which is read when measuring begins, or an image.
    fn mask(&self) -> PyResult<Option<Mask>> {
        let Some(value) = self.value("mask")? else { return Ok(None) };
        if let Ok(path) = value.extract::<PathBuf>() {
            return Ok(Some(Mask::from(path.display().to_string())));
        }
        let shape = value.getattr("shape").and_then(|shape| shape.extract::<(usize, usize)>());
        let Ok((height, width)) = shape else {
            return Err(self.refuse("mask", "a file's name or an image (row, column)", &value));
        };
        let mut image = Frame::new(Size::new(width, height));
        fill(&value, &mut image)?;
        Ok(Some(Mask::new("array", &image)))
    }
}
