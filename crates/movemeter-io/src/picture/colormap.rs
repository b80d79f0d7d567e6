//! From a value to a colour.

use movemeter::roi::color::Color;

/// Colours that stand for values from least to largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Dark blue over green to yellow; the colour-blind and black-and-white printers keep its order.
    Viridis,
    /// Blue to yellow, made for the colour-blind.
    Cividis,
    /// Black over red to yellow-white.
    Inferno,
    /// Black over purple to white-pink.
    Magma,
    /// Blue over purple to yellow.
    Plasma,
    /// A rainbow of even steps: more contrast, but no order for the colour-blind.
    Turbo,
    /// White to black.
    Greys,
    /// White, blue, black, red, white: for directions; its ends are the same.
    Twilight,
    /// A rainbow whose ends are the same, for directions.
    Sinebow,
}

impl Colormap {
    /// All, in the order documented.
    pub const ALL: [Self; 9] = [
        Self::Viridis,
        Self::Cividis,
        Self::Inferno,
        Self::Magma,
        Self::Plasma,
        Self::Turbo,
        Self::Greys,
        Self::Twilight,
        Self::Sinebow,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viridis => "viridis",
            Self::Cividis => "cividis",
            Self::Inferno => "inferno",
            Self::Magma => "magma",
            Self::Plasma => "plasma",
            Self::Turbo => "turbo",
            Self::Greys => "greys",
            Self::Twilight => "twilight",
            Self::Sinebow => "sinebow",
        }
    }

    /// Whether its ends are the same, as directions need it.
    pub const fn is_cyclic(self) -> bool {
        matches!(self, Self::Twilight | Self::Sinebow)
    }

    /// The colour of a part of the scale: 0 is its lower end, 1 its upper. What lies outside has the colour of the
    /// nearer end.
    pub fn color(self, part: f64) -> Color {
        let part = part.clamp(0.0, 1.0);
        let gradient = match self {
            Self::Viridis => colorous::VIRIDIS,
            Self::Cividis => colorous::CIVIDIS,
            Self::Inferno => colorous::INFERNO,
            Self::Magma => colorous::MAGMA,
            Self::Plasma => colorous::PLASMA,
            Self::Turbo => colorous::TURBO,
            Self::Greys => colorous::GREYS,
            Self::Sinebow => colorous::SINEBOW,
            Self::Twilight => return twilight(part),
        };
        let colorous::Color { r, g, b } = gradient.eval_continuous(part);
        Color([r, g, b])
    }
}

/// Thirty-two colours of `twilight` by Bastian Bechtold, "Twilight, a cyclic colormap" (2017), in the public domain
/// (CC0), with straight lines between them.
const TWILIGHT: [[u8; 3]; 32] = [
    [226, 217, 226],
    [215, 215, 221],
    [196, 206, 212],
    [172, 194, 204],
    [149, 181, 199],
    [129, 166, 195],
    [114, 151, 193],
    [104, 135, 190],
    [98, 118, 186],
    [95, 100, 181],
    [94, 81, 173],
    [93, 61, 161],
    [89, 42, 143],
    [81, 27, 119],
    [69, 19, 92],
    [56, 17, 69],
    [47, 20, 54],
    [58, 17, 58],
    [74, 19, 66],
    [95, 23, 74],
    [116, 30, 79],
    [135, 39, 80],
    [152, 53, 80],
    [166, 69, 80],
    [178, 86, 82],
    [187, 105, 88],
    [194, 124, 99],
    [200, 144, 115],
    [204, 163, 137],
    [209, 182, 163],
    [216, 199, 190],
    [223, 212, 214],
];

fn twilight(part: f64) -> Color {
    let place = part * TWILIGHT.len() as f64;
    let below = place.floor();
    let rest = place - below;
    let [from, to] = [0, 1].map(|next| TWILIGHT[(below as usize + next) % TWILIGHT.len()]);
    let between = |i: usize| {
        let (from, to) = (f64::from(from[i]), f64::from(to[i]));
        (from + rest * (to - from)).round() as u8
    };
    Color([0, 1, 2].map(between))
}

/// Values that the ends of a colour map stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// At its lower end.
    pub min: f64,
    /// At its upper end.
    pub max: f64,
    /// The colours.
    pub map: Colormap,
}

impl Scale {
    /// The colour of a value; `None` for one that was not measured.
    pub fn color(&self, value: f64) -> Option<Color> {
        if value.is_nan() {
            return None;
        }
        let range = self.max - self.min;
        let part = if 0.0 < range { (value - self.min) / range } else { 0.5 };
        Some(self.map.color(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_those_of_the_map_and_cyclic_maps_close() {
        let scale = Scale { min: 2.0, max: 4.0, map: Colormap::Viridis };
        assert_eq!(scale.color(2.0), Some(Color([68, 1, 84])));
        assert_eq!(scale.color(9.0), scale.color(4.0));
        assert_eq!(scale.color(f64::NAN), None);
        for map in Colormap::ALL {
            assert_eq!(map.color(0.0) == map.color(1.0), map.is_cyclic(), "{}", map.as_str());
        }
        assert_eq!(Colormap::Twilight.color(0.5), Color([47, 20, 54]));
    }

    #[test]
    fn a_scale_without_extent_has_one_colour() {
        let scale = Scale { min: 1.0, max: 1.0, map: Colormap::Greys };
        assert!(scale.color(1.0).is_some());
    }
}
