//! The settings of a recipe file, in the order they are written, and what each is for.

/// A setting at the top of the file.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// One line for each.
    pub(super) about: &'static str,
    /// A value that is shown where it is left out.
    pub(super) example: &'static str,
}

const fn setting(name: &'static str, about: &'static str, example: &'static str) -> Setting {
    Setting { name, about, example }
}

/// All but the windows.
pub(super) const SETTINGS: [Setting; 18] = [
    setting(
        "reference",
        "The frame displacements count from: first, previous, mean, keyframe, or a frame's number.",
        "\"first\"",
    ),
    setting(
        "follow",
        "Whether windows follow the content of the reference to where it is now. If not, they stay.",
        "false",
    ),
    setting(
        "max_displacement_px",
        "Farthest that anything moves in x or y, px. Left out: anywhere in the frame.",
        "20.0",
    ),
    setting(
        "subpixel",
        "How the position between pixels is found: gauss-newton, parabola, gaussian, none, or resize:U.",
        "\"gauss-newton\"",
    ),
    setting(
        "model",
        "What the content of a window may do besides moving: translation (nothing), rigid, affine.",
        "\"translation\"",
    ),
    setting("rotation", "Whether the content is looked for at every angle.", "false"),
    setting(
        "max_rotation_deg",
        "With rotation: farthest that anything turns to either side, degrees. Left out: all angles.",
        "10.0",
    ),
    setting("min_score", "Matches with a lower score (-1 to 1) are not believed.", "0.2"),
    setting(
        "keep_doubtful",
        "Whether doubtful matches (at_edge, ambiguous, low_score) keep their displacement.",
        "false",
    ),
    setting(
        "mask",
        "Image whose black pixels are not used; its path from the folder of this file.",
        "\"mask.png\"",
    ),
    setting(
        "blur_sigma_px",
        "Standard deviation of the Gaussian blur before matching, px. 0: none.",
        "0.0",
    ),
    setting(
        "background",
        "What is taken off every frame before matching: none, min, mean.",
        "\"none\"",
    ),
    setting("invert", "Whether dark is made bright before matching.", "false"),
    setting(
        "brightness",
        "Measure how bright each window is, too: absolute, range, minimum. Left out: no.",
        "\"absolute\"",
    ),
    setting(
        "frames",
        "The frames that are looked at, from 0: first, last (left out: the recording's last), step.",
        "{ first = 0, last = 99, step = 1 }",
    ),
    setting("exclude", "Numbers of frames that are not measured.", "[3, 17]"),
    setting("frame_rate_hz", "Frames a second. Left out: as the recording says.", "500.0"),
    setting(
        "pixel_size_um",
        "Side of a pixel in the specimen, um. Left out: as the recording says.",
        "0.645",
    ),
];

/// What a recipe file may have besides.
pub(super) const OTHERS: [&str; 4] = ["version", "windows", "rois", "open"];

/// The layout that is written, and the latest that is read.
pub(super) const VERSION: i64 = 1;

/// What is said of a setting that is not known.
pub(super) fn unknown(name: &str) -> String {
    let known = || SETTINGS.iter().map(|setting| setting.name).chain(OTHERS);
    let nearest = known()
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    match nearest.filter(|nearest| NEAR < strsim::jaro_winkler(nearest, name)) {
        Some(nearest) => format!("there is no setting {name}; did you mean {nearest}?"),
        None => format!(
            "there is no setting {name}; there are {}",
            known().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Below this, names are not alike (1: the same).
const NEAR: f64 = 0.75;
