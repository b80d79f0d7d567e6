//! A drawing on a page of some size, as SVG, PDF or pixels.

use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use krilla::Document;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use movemeter::geometry::Size;
use resvg::tiny_skia::{Pixmap, PixmapMut, PremultipliedColorU8, Transform};
use resvg::usvg::{Options, Tree};

use super::drawing::Drawing;
use super::font;
use super::png::png;
use crate::ending::format_of;
use crate::error::Error;
use crate::output::OutputFile;
use crate::pixels::Pixels;

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Pixels.
    Png,
    /// Lines and texts, for web pages and drawing programs.
    Svg,
    /// Lines and texts, for papers; with its font.
    Pdf,
}

impl PictureFormat {
    /// All formats with their endings.
    const ENDINGS: [(&'static str, Self); 3] =
        [("png", Self::Png), ("svg", Self::Svg), ("pdf", Self::Pdf)];

    /// The format that a file's ending names.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        format_of(path.as_ref(), &Self::ENDINGS)
    }
}

/// A drawing whose unit is the point, 1/72 of an inch, and how fine its pixels are.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is drawn.
    pub drawing: Drawing,
    /// Pixels of an inch, where there are pixels.
    pub dpi: f64,
}

/// Points of an inch.
pub const POINTS: f64 = 72.0;
/// Millimetres of an inch.
pub const MM: f64 = 25.4;

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| Options {
    fontdb: font::database(),
    font_family: "Arimo".into(),
    ..Options::default()
});

impl Page {
    /// As SVG. Texts stay texts; they ask for Arial, or what is as wide.
    pub fn svg(&self) -> String {
        let mm = |points: f64| points / POINTS * MM;
        self.drawing.svg(mm(self.drawing.width), mm(self.drawing.height), "mm")
    }

    /// As PDF of one page. Texts stay texts, and bring their font.
    pub fn pdf(&self) -> Vec<u8> {
        let (width, height) = (self.drawing.width as f32, self.drawing.height as f32);
        let tree = self.drawing.tree();
        let size = krilla::geom::Size::from_wh(width, height).expect("a page has a size");
        let mut document = Document::new();
        let settings = PageSettings::from_wh(width, height).expect("a page has a size");
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.draw_svg(&tree, size, SvgSettings::default());
        surface.finish();
        page.finish();
        document.finish().expect("what is drawn here is a part of PDF")
    }

    /// How many pixels it has.
    pub fn size(&self) -> Size {
        let side = |points: f64| ((points * self.dpi / POINTS).round() as usize).max(1);
        Size::new(side(self.drawing.width), side(self.drawing.height))
    }

    /// Its pixels; what is transparent is white.
    pub fn pixels(&self) -> Pixels {
        let size = self.size();
        let mut pixels = Pixels { size, rgb: vec![0xFF; 3 * size.area()] };
        self.drawing.paint(&mut pixels);
        pixels
    }

    /// Writes it in the format that the ending names. The file appears when it is complete.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = match PictureFormat::of(path)? {
            PictureFormat::Png => with_dpi(&png(&self.pixels()), self.dpi),
            PictureFormat::Svg => self.svg().into_bytes(),
            PictureFormat::Pdf => self.pdf(),
        };
        let mut file = OutputFile::create(path)?;
        file.write_all(&bytes).map_err(|error| Error::unwritable(path, &error))?;
        file.finish()
    }
}

impl Drawing {
    /// As the renderers take it, in its own unit.
    fn tree(&self) -> Tree {
        let svg = self.svg(self.width, self.height, "");
        Tree::from_str(&svg, &OPTIONS).expect("what is drawn here is a part of SVG")
    }

    /// Paints it over an image, which it fills.
    pub fn paint(&self, pixels: &mut Pixels) {
        let (width, height) = (pixels.size.width, pixels.size.height);
        let side = |length: usize| u32::try_from(length).expect("it is in memory");
        let mut map = Pixmap::new(side(width), side(height)).expect("an image has pixels");
        for (to, from) in map.pixels_mut().iter_mut().zip(pixels.rgb.as_chunks::<3>().0) {
            let [red, green, blue] = *from;
            *to = PremultipliedColorU8::from_rgba(red, green, blue, 0xFF).expect("it is opaque");
        }
        let scale = |length: usize, unit: f64| (length as f64 / unit) as f32;
        let fit = Transform::from_scale(scale(width, self.width), scale(height, self.height));
        render(&self.tree(), fit, &mut map.as_mut());
        for (to, from) in pixels.rgb.as_chunks_mut::<3>().0.iter_mut().zip(map.pixels()) {
            *to = [from.red(), from.green(), from.blue()];
        }
    }
}

fn render(tree: &Tree, fit: Transform, map: &mut PixmapMut<'_>) {
    resvg::render(tree, fit, map);
}

/// Says in a PNG file how large its pixels are, so that it is placed in a text at its size: the chunk pHYs, in pixels
/// a metre, which comes before the pixels ("Portable Network Graphics", W3C, 11.3.4.3).
fn with_dpi(png: &[u8], dpi: f64) -> Vec<u8> {
    let a_metre = (dpi / MM * 1000.0).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(a_metre.to_be_bytes());
    chunk.extend(a_metre.to_be_bytes());
    chunk.push(1);
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    // The signature has 8 bytes, the header behind it 25.
    let (head, rest) = png.split_at(33);
    let length = (chunk.len() as u32 - 4).to_be_bytes();
    [head, &length, &chunk, &crc.sum().to_be_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{Anchor, Area, BLACK, Ink, Letters};
    use super::*;

    fn page() -> Page {
        let mut drawing = Drawing::white(72.0, 36.0);
        drawing.area(Area::new(0.0, 0.0, 36.0, 36.0), &Ink::area(BLACK, 1.0));
        drawing.text([40.0, 20.0], "dx (µm)", &Letters::new(7.0, BLACK, Anchor::Start));
        Page { drawing, dpi: 100.0 }
    }

    #[test]
    fn an_inch_has_as_many_pixels_as_asked_for() {
        let pixels = page().pixels();
        assert_eq!(pixels.size, Size::new(100, 50));
        assert_eq!((pixels.at(49, 25), pixels.at(50, 5)), ([0; 3], [0xFF; 3]));
        // Something is written on the right.
        assert!((50..100).any(|x| pixels.at(x, 25) != [0xFF; 3]));
    }

    #[test]
    fn every_format_is_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "a.svg", "a.pdf"] {
            let written = || {
                page().write(folder.path().join(name)).unwrap();
                std::fs::read(folder.path().join(name)).unwrap()
            };
            assert_eq!(written(), written(), "{name}");
        }
        let decoded = image::open(folder.path().join("a.png")).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (100, 50));
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
        assert!(svg.contains(r#"width="25.4mm""#) && svg.contains(">dx (µm)</text>"), "{svg}");
    }
}
