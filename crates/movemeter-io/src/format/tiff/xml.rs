//! OME's XML, as far as it says where frames are, when they were taken and how large a pixel is.
//!
//! It is read as a stream, element by element, so that nothing is kept of the rest, and no nesting,
//! repeated name or number of attributes costs more than its own length.

use std::borrow::Cow;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::Cause;
use super::super::units::{unit_s, unit_um};

/// What a description in OME's XML says.
#[derive(Default)]
pub(super) struct Ome {
    /// Of the file that it stands in.
    pub(super) uuid: Option<String>,
    /// The file that says everything, if this one does not.
    pub(super) companion: Option<String>,
    pub(super) images: Vec<Image>,
}

/// One recording.
#[derive(Default)]
pub(super) struct Image {
    pub(super) name: String,
    /// Width and height of its planes.
    pub(super) size: (usize, usize),
    /// How many channels, depths and times.
    pub(super) counts: [usize; 3],
    /// The directions in the order in which planes follow one another, fastest first.
    pub(super) order: [Axis; 3],
    pub(super) pixel_type: String,
    pub(super) sides_um: [Option<f64>; 2],
    pub(super) interval_s: Option<f64>,
    pub(super) data: Vec<Data>,
    pub(super) planes: Vec<Plane>,
}

/// A direction of a recording, by its place in lists of three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Axis {
    #[default]
    Channel = 0,
    Depth = 1,
    Time = 2,
}

/// Which pages of which file are planes, from which on: `TiffData`.
#[derive(Clone, Default)]
pub(super) struct Data {
    pub(super) page: Option<u64>,
    /// Channel, depth and time of the first.
    pub(super) first: [usize; 3],
    pub(super) n_planes: Option<u64>,
    pub(super) file_name: Option<String>,
    pub(super) uuid: Option<String>,
}

/// When a plane was taken, and for how long.
pub(super) struct Plane {
    pub(super) at: [usize; 3],
    pub(super) time_s: Option<f64>,
    pub(super) exposure_s: Option<f64>,
}

/// More elements about planes than any recording has.
const MOST_ELEMENTS: usize = 1 << 19;

impl Ome {
    /// Whether a description is in OME's XML.
    pub(super) fn is(description: &str) -> bool {
        let start = without_mark(description);
        let mut end = start.len().min(2000);
        while !start.is_char_boundary(end) {
            end -= 1;
        }
        let start = &start[..end];
        start.starts_with('<') && (start.contains("<OME") || start.contains(":OME"))
    }

    /// Reads a description.
    pub(super) fn read(text: &str) -> Result<Self, Cause> {
        let mut reader = Reader::from_str(without_mark(text));
        // Which end closes which start does not matter here.
        reader.config_mut().check_end_names = false;
        let mut ome = Self::default();
        let mut n_elements = 0;
        let mut is_in_uuid = false;
        loop {
            let event =
                reader.read_event().map_err(|error| format!("its OME-XML is damaged: {error}"))?;
            match event {
                Event::Start(element) => {
                    is_in_uuid = element.local_name().as_ref() == "UUID";
                    n_elements += ome.add(&element)?;
                }
                Event::Empty(element) => n_elements += ome.add(&element)?,
                Event::Text(text) if is_in_uuid => ome.last_data(|data| {
                    data.uuid = Some(text.as_ref().trim().into());
                }),
                Event::End(_) => is_in_uuid = false,
                Event::Eof => break,
                _ => {}
            }
            if MOST_ELEMENTS < n_elements {
                return Err(format!("its OME-XML speaks of more than {MOST_ELEMENTS} planes"));
            }
        }
        // An image without `Pixels` has nothing to read.
        ome.images.retain(|image| !image.counts.contains(&0));
        Ok(ome)
    }

    /// Takes what an element says; returns how many planes it is about.
    fn add(&mut self, element: &BytesStart<'_>) -> Result<usize, Cause> {
        let attributes = Attributes(element);
        match element.local_name().as_ref() {
            "OME" => self.uuid = attributes.text("UUID"),
            "BinaryOnly" => self.companion = attributes.text("MetadataFile"),
            "Image" => self.images.push(Image {
                name: attributes.text("Name").unwrap_or_default(),
                ..Image::default()
            }),
            "Pixels" => self.last_image(|image| image.add_pixels(&attributes))?,
            "TiffData" => {
                self.last_image(|image| {
                    image.data.push(attributes.data()?);
                    Ok(())
                })?;
                return Ok(1);
            }
            "UUID" => self.last_data(|data| data.file_name = attributes.text("FileName")),
            "Plane" => {
                self.last_image(|image| {
                    image.planes.extend(attributes.plane()?);
                    Ok(())
                })?;
                return Ok(1);
            }
            _ => {}
        }
        Ok(0)
    }

    fn last_image(
        &mut self,
        mut act: impl FnMut(&mut Image) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        self.images.last_mut().map_or(Ok(()), &mut act)
    }

    fn last_data(&mut self, act: impl FnOnce(&mut Data)) {
        if let Some(data) = self.images.last_mut().and_then(|image| image.data.last_mut()) {
            act(data);
        }
    }
}

impl Image {
    fn add_pixels(&mut self, attributes: &Attributes<'_>) -> Result<(), Cause> {
        let size = |name| attributes.count(name).map(|n| n.unwrap_or(1).max(1));
        self.size = (size("SizeX")?, size("SizeY")?);
        self.counts = [size("SizeC")?, size("SizeZ")?, size("SizeT")?];
        self.order = order(&attributes.text("DimensionOrder").unwrap_or_default())?;
        self.pixel_type = attributes.text("Type").unwrap_or_default();
        let side = |name, unit| attributes.measure(name, unit, "µm", unit_um);
        self.sides_um = [
            side("PhysicalSizeX", "PhysicalSizeXUnit"),
            side("PhysicalSizeY", "PhysicalSizeYUnit"),
        ];
        self.interval_s = attributes.measure("TimeIncrement", "TimeIncrementUnit", "s", unit_s);
        Ok(())
    }
}

/// Text without the mark of its byte order and the blanks that may come before it.
fn without_mark(text: &str) -> &str {
    text.trim_start_matches(|letter: char| letter == '\u{feff}' || letter.is_whitespace())
}

/// From `XYCZT`: what comes after X and Y.
fn order(text: &str) -> Result<[Axis; 3], Cause> {
    let axis = |letter| match letter {
        'C' => Some(Axis::Channel),
        'Z' => Some(Axis::Depth),
        'T' => Some(Axis::Time),
        _ => None,
    };
    let axes: Vec<Axis> = text.chars().filter_map(axis).collect();
    match axes[..] {
        [a, b, c] if a != b && b != c && a != c => Ok([a, b, c]),
        // Optional where there is but one direction.
        [] => Ok([Axis::Channel, Axis::Depth, Axis::Time]),
        _ => Err(format!("its OME-XML gives an order of planes that is none ({text})")),
    }
}

/// The attributes of an element, by their names.
struct Attributes<'a>(&'a BytesStart<'a>);

impl Attributes<'_> {
    fn find(&self, name: &str) -> Option<Attribute<'_>> {
        let mut all = self.0.attributes();
        // Looking for names given twice takes longer the more there are.
        all.with_checks(false);
        all.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)
    }

    fn text(&self, name: &str) -> Option<String> {
        let found = self.find(name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
    }

    fn count(&self, name: &str) -> Result<Option<usize>, Cause> {
        let Some(found) = self.find(name) else { return Ok(None) };
        // A name of text that is not known here is no number either.
        let text = found.normalized_value(XmlVersion::Implicit1_0).unwrap_or(found.value.clone());
        let value = text.trim().parse();
        value
            .map(Some)
            .map_err(|_| format!("its OME-XML says {name} is {text}; it must be a number"))
    }

    fn measure(
        &self,
        name: &str,
        unit_name: &str,
        default: &str,
        unit: impl Fn(&str) -> Option<f64>,
    ) -> Option<f64> {
        let value: f64 = self.text(name)?.trim().parse().ok()?;
        let unit = unit(&self.text(unit_name).unwrap_or_else(|| default.into()))?;
        Some(value * unit).filter(|value| value.is_finite())
    }

    fn data(&self) -> Result<Data, Cause> {
        let first = |name| self.count(name).map(Option::unwrap_or_default);
        Ok(Data {
            page: self.count("IFD")?.map(|page| page as u64),
            first: [first("FirstC")?, first("FirstZ")?, first("FirstT")?],
            n_planes: self.count("PlaneCount")?.map(|n| n as u64),
            file_name: None,
            uuid: None,
        })
    }

    /// Nothing, where nothing is said of when it was taken.
    fn plane(&self) -> Result<Option<Plane>, Cause> {
        let time_s = self.measure("DeltaT", "DeltaTUnit", "s", unit_s);
        let exposure_s = self.measure("ExposureTime", "ExposureTimeUnit", "s", unit_s);
        if time_s.is_none() && exposure_s.is_none() {
            return Ok(None);
        }
        let at = |name| self.count(name).map(Option::unwrap_or_default);
        let at = [at("TheC")?, at("TheZ")?, at("TheT")?];
        Ok(Some(Plane { at, time_s, exposure_s }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_taken_whatever_the_prefix() {
        let text = r#"<?xml version="1.0"?><o:OME UUID="urn:uuid:a"><o:Image Name="a &amp; b"><o:Pixels
            DimensionOrder="XYZCT" SizeX="5" SizeY="4" SizeC="2" SizeZ="3" SizeT="7" Type="uint16"
            PhysicalSizeX="65" PhysicalSizeXUnit="nm" PhysicalSizeY="0.065" TimeIncrement="20"
            TimeIncrementUnit="ms"><o:TiffData IFD="4" FirstT="1" PlaneCount="2"><o:UUID
            FileName="b.tif">urn:uuid:b</o:UUID></o:TiffData><o:Plane TheT="1" TheC="0" TheZ="2"
            DeltaT="1.5" DeltaTUnit="min"/><o:Plane TheT="2"/></o:Pixels></o:Image></o:OME>"#;
        assert!(Ome::is(text) && Ome::is(&format!("\u{feff}\r\n{text}")));
        let ome = Ome::read(text).unwrap();
        let image = &ome.images[0];
        assert_eq!((ome.uuid.as_deref(), image.name.as_str()), (Some("urn:uuid:a"), "a & b"));
        assert_eq!((image.size, image.counts), ((5, 4), [2, 3, 7]));
        assert_eq!(image.order, [Axis::Depth, Axis::Channel, Axis::Time]);
        assert!(image.sides_um.iter().all(|side| (side.unwrap() - 0.065).abs() < 1e-12));
        assert_eq!(image.interval_s, Some(0.02));
        let data = &image.data[0];
        assert_eq!((data.page, data.first, data.n_planes), (Some(4), [0, 0, 1], Some(2)));
        assert_eq!(data.file_name.as_deref(), Some("b.tif"));
        assert_eq!(data.uuid.as_deref(), Some("urn:uuid:b"));
        assert_eq!((image.planes.len(), image.planes[0].at), (1, [0, 2, 1]));
        assert_eq!(image.planes[0].time_s, Some(90.0));
    }

    #[test]
    fn what_is_no_xml_is_said_so() {
        assert!(!Ome::is("ImageJ=1.5"));
        assert!(!Ome::is("<html>"));
        assert!(Ome::read("<OME><Image").err().unwrap().contains("damaged"));
        let order = |text| order(text).is_err();
        assert!(order("XYCCT") && order("XYC") && !order("XYTZC") && !order(""));
    }

    /// Nothing may depend on the square of its length, which would take minutes here.
    #[test]
    fn deep_and_long_xml_takes_no_longer_than_reading_it() {
        let deep = format!("<OME>{}", "<a xmlns:b='c'>".repeat(200_000));
        assert!(Ome::read(&deep).unwrap().images.is_empty());
        let wide = format!("<OME {}/>", "a='' ".repeat(500_000));
        assert!(Ome::read(&wide).is_ok());
        let many = format!("<OME><Image><Pixels/>{}", "<TiffData/>".repeat(MOST_ELEMENTS + 1));
        assert!(Ome::read(&many).err().unwrap().contains("more than"));
    }
}
