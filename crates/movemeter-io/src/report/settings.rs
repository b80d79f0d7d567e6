//! A recipe in words.

use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, Recipe, Reference};

use super::html::{escaped, row};

/// A setting, what it is, and whether it is so if nothing is said.
struct Setting {
    name: &'static str,
    words: String,
    is_default: bool,
}

/// A table of all settings; those that are not as if nothing were said are marked.
pub(super) fn table(recipe: &Recipe) -> String {
    let mut html = String::from("<table class=\"settings\">\n");
    for Setting { name, words, is_default } in settings(recipe) {
        let mark = if is_default {
            ""
        } else {
            " <span class=\"set\" title=\"not the default\">set</span>"
        };
        html += &row(&[escaped(name), escaped(&words) + mark]);
    }
    html + "</table>\n"
}

fn settings(recipe: &Recipe) -> Vec<Setting> {
    let default = Recipe::default();
    let mut settings = matching(recipe, &default);
    settings.extend(preparing(recipe, &default));
    settings.extend(frames(recipe, &default));
    settings
}

fn setting(name: &'static str, words: impl Into<String>, is_default: bool) -> Setting {
    Setting { name, words: words.into(), is_default }
}

fn on(is_on: bool, yes: &str, no: &str) -> String {
    if is_on { yes.into() } else { no.into() }
}

fn matching(recipe: &Recipe, default: &Recipe) -> Vec<Setting> {
    let search = match recipe.max_displacement_px {
        Some(px) => format!("at most {px} px from the place before, in x and y"),
        None => "anywhere in the frame".into(),
    };
    let turns = match (recipe.rotation, recipe.max_rotation_deg) {
        (false, _) => "not looked for".into(),
        (true, None) => "looked for at all angles".into(),
        (true, Some(deg)) => format!("looked for up to {deg} degrees to each side"),
    };
    vec![
        setting("Reference", reference(recipe.reference), recipe.reference == default.reference),
        setting(
            "Windows",
            on(recipe.follow, "follow their content", "stay where they are"),
            recipe.follow == default.follow,
        ),
        setting("Searched", search, recipe.max_displacement_px == default.max_displacement_px),
        setting("Between pixels", recipe.subpixel.to_string(), recipe.subpixel == default.subpixel),
        setting("Model", recipe.model.as_str(), recipe.model == default.model),
        setting("Turning", turns, !recipe.rotation),
        setting(
            "Least score",
            format!("{}", recipe.min_score),
            recipe.min_score.to_bits() == default.min_score.to_bits(),
        ),
        setting(
            "Doubtful matches",
            on(recipe.keep_doubtful, "keep their displacement", "have no displacement"),
            recipe.keep_doubtful == default.keep_doubtful,
        ),
    ]
}

fn preparing(recipe: &Recipe, default: &Recipe) -> Vec<Setting> {
    let mask = recipe.mask.as_ref().map(|mask| format!("what {} covers is left out", mask.name()));
    let background = match recipe.background {
        Background::None => "kept",
        Background::Min => "each pixel's darkest value is taken off",
        Background::Mean => "each pixel's mean is taken off",
    };
    let blur = match 0.0 < recipe.blur_sigma_px {
        true => format!("Gaussian of {} px standard deviation", recipe.blur_sigma_px),
        false => "none".into(),
    };
    vec![
        setting("Mask", mask.clone().unwrap_or_else(|| "none".into()), mask.is_none()),
        setting("Inverted", on(recipe.invert, "dark is made bright", "no"), !recipe.invert),
        setting("Background", background, recipe.background == default.background),
        setting("Blur", blur, recipe.blur_sigma_px == 0.0),
    ]
}

fn frames(recipe: &Recipe, default: &Recipe) -> Vec<Setting> {
    let FrameRange { first, last, step } = recipe.frames;
    let mut range = match (recipe.frames == default.frames, last) {
        (true, _) => "all".into(),
        (false, Some(last)) => format!("{first} to {last}"),
        (false, None) => format!("{first} to the last"),
    };
    if step != 1 {
        range += &format!(", every {step}th");
    }
    let known = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| "as the recording says".into(), |value| format!("{value} {unit}"))
    };
    let excluded = match recipe.exclude.len() {
        0 => "none".into(),
        n if n <= MOST_LISTED => listed(&recipe.exclude),
        n => format!("{n} frames"),
    };
    let brightness = recipe.brightness.map(|mode| format!("measured ({mode})"));
    vec![
        setting("Frames", range, recipe.frames == default.frames),
        setting("Left out", excluded, recipe.exclude.is_empty()),
        setting("Frame rate", known(recipe.frame_rate_hz, "Hz"), recipe.frame_rate_hz.is_none()),
        setting("Pixel size", known(recipe.pixel_size_um, "µm"), recipe.pixel_size_um.is_none()),
        setting(
            "Brightness",
            brightness.clone().unwrap_or_else(|| "not measured".into()),
            brightness.is_none(),
        ),
    ]
}

/// More numbers are hard to read.
const MOST_LISTED: usize = 20;

fn listed(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn reference(reference: Reference) -> String {
    match reference {
        Reference::First => "the first frame".into(),
        Reference::Previous => "the frame before; steps are summed".into(),
        Reference::Keyframe => "the first frame, through keyframes".into(),
        Reference::Mean => "the mean of all frames".into(),
        Reference::Frame(number) => format!("frame {number}"),
    }
}
