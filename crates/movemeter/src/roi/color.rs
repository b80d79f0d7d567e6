//! The colour of a group, on screens and in pictures.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A colour: red, green, blue. Written as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^#[0-9a-fA-F]{6}$"))]
pub struct Color(pub [u8; 3]);

impl Color {
    /// Ten colours that the colour-blind tell apart: those of Okabe and Ito ("Color Universal Design", 2008) but black,
    /// and three of Paul Tol's.
    pub const PALETTE: [Self; 10] = [
        Self([0x00, 0x72, 0xB2]),
        Self([0xE6, 0x9F, 0x00]),
        Self([0x00, 0x9E, 0x73]),
        Self([0xCC, 0x79, 0xA7]),
        Self([0xD5, 0x5E, 0x00]),
        Self([0x56, 0xB4, 0xE9]),
        Self([0xF0, 0xE4, 0x42]),
        Self([0x88, 0x22, 0x55]),
        Self([0x33, 0x22, 0x88]),
        Self([0x99, 0x99, 0x33]),
    ];

    /// The colour of the group with this place among all, if it was given none.
    pub const fn of_place(place: usize) -> Self {
        Self::PALETTE[place % Self::PALETTE.len()]
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

impl TryFrom<String> for Color {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl FromStr for Color {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix('#').filter(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        let part = |at: usize| {
            let part = digits.and_then(|digits| u8::from_str_radix(&digits[at..at + 2], 16).ok());
            part.ok_or_else(|| Error::Setting {
                name: "color",
                value: format!("{text:?}"),
                allowed: "# and six hexadecimal digits, as in #0072b2".into(),
            })
        };
        Ok(Self([part(0)?, part(2)?, part(4)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_written_as_web_pages_do() {
        let orange: Color = "#E69F00".parse().unwrap();
        assert_eq!((orange, orange.to_string().as_str()), (Color([0xE6, 0x9F, 0]), "#e69f00"));
    }

    #[test]
    fn what_is_no_colour_is_refused_with_what_would_be() {
        for text in ["", "#12345", "123456", "#12345g", "#1234567", "#ä1234", "#+12345"] {
            let refused = text.parse::<Color>().map(|color| color.to_string());
            let message = refused.expect_err(text).to_string();
            assert!(message.contains("six hexadecimal digits"), "{message}");
        }
    }
}
