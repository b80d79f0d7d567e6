//! The font of all pictures, which is the same on every machine.
//!
//! It is Arimo (`fonts/OFL.txt`), whose letters are as wide as those of Arial and Helvetica: an SVG that asks for
//! one of these is laid out the same.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use ttf_parser::Face;

/// Latin, Greek, Cyrillic, punctuation and some signs.
static DATA: &[u8] = include_bytes!("../../fonts/Arimo-Regular-subset.ttf");

/// What an SVG asks for: the first of these that the reader has.
pub(super) const FAMILIES: &str = "Arial, Arimo, Helvetica, sans-serif";

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(DATA, 0).expect("the font is part of the program"));

static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut database = Database::new();
    database.load_font_data(DATA.into());
    database.set_sans_serif_family("Arimo");
    Arc::new(database)
});

/// The font for the renderers, and no other.
pub(super) fn database() -> Arc<Database> {
    DATABASE.clone()
}

/// How wide a text is, in the unit of its size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let advance = |letter: char| {
        let glyph = FACE.glyph_index(letter).unwrap_or_default();
        f64::from(FACE.glyph_hor_advance(glyph).unwrap_or_default())
    };
    let units: f64 = text.chars().map(advance).sum();
    size * units / f64::from(FACE.units_per_em())
}

/// How high capitals and digits are, as a part of the size.
pub(super) const CAPITALS: f64 = 0.72;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_that_pictures_use_is_in_the_font() {
        for letter in "AZaz09 µ−±×°ΔσäéñßЖжçø…–%/(){}|'\"<>&≤≥".chars() {
            assert!(FACE.glyph_index(letter).is_some(), "{letter}");
        }
    }

    #[test]
    fn widths_are_those_of_helvetica() {
        // A digit is 0.556 of the size wide.
        assert!((width("0000", 10.0) - 22.24).abs() < 0.01);
    }
}
