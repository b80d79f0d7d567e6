//! What Photron's header files say: `.cih`, lines of text, and `.cihx`, XML between other bytes.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use movemeter::geometry::Size;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use crate::format::text::text;
use crate::format::{Cause, plain_io};

/// A header file as it is used here.
pub(super) struct Header {
    pub(super) size: Size,
    pub(super) n_frames: u64,
    /// Bits of a pixel in the file, all colours together.
    pub(super) bits: u32,
    /// Whether the bits that are used are the higher ones of each number.
    pub(super) is_higher_side: bool,
    /// Of the frames that were saved.
    pub(super) frame_rate_hz: Option<f64>,
    pub(super) exposure_s: Option<f64>,
    /// All that the file says.
    pub(super) metadata: Vec<(String, String)>,
}

/// Real ones are below 100 kB.
const MOST_BYTES: u64 = 4 << 20;

impl Header {
    pub(super) fn read(path: &Path) -> Result<Self, Cause> {
        let n_bytes = std::fs::metadata(path).map_err(|error| plain_io(&error))?.len();
        if MOST_BYTES < n_bytes {
            return Err(format!(
                "its header has {n_bytes} bytes, but such files have no more than {MOST_BYTES}"
            ));
        }
        let bytes = std::fs::read(path).map_err(|error| plain_io(&error))?;
        let said = match xml_in(&bytes) {
            Some(xml) => Said { values: from_xml(&text(xml))?, keys: &XML_KEYS },
            None => Said { values: from_lines(&text(&bytes)), keys: &LINE_KEYS },
        };
        said.header()
    }
}

/// Values by name, and what the names are that are asked for.
struct Said {
    values: Vec<(String, String)>,
    keys: &'static Keys,
}

/// What the values are called.
struct Keys {
    width: &'static str,
    height: &'static str,
    n_frames: &'static str,
    bits: &'static str,
    colour: &'static str,
    side: &'static str,
    rate_hz: &'static str,
    /// Of so many frames one was saved.
    step: &'static str,
    exposure_ns: &'static str,
    exposure: &'static str,
    saved_as: &'static str,
}

const LINE_KEYS: Keys = Keys {
    width: "Image Width",
    height: "Image Height",
    n_frames: "Total Frame",
    bits: "Color Bit",
    colour: "Color Type",
    side: "EffectiveBit Side",
    rate_hz: "Record Rate(fps)",
    step: "Save Step",
    exposure_ns: "Shutter Type2(nsec)",
    exposure: "Shutter Speed(s)",
    saved_as: "File Format",
};

const XML_KEYS: Keys = Keys {
    width: "imageDataInfo/resolution/width",
    height: "imageDataInfo/resolution/height",
    n_frames: "frameInfo/totalFrame",
    bits: "imageDataInfo/colorInfo/bit",
    colour: "imageDataInfo/colorInfo/type",
    side: "imageDataInfo/effectiveBit/side",
    rate_hz: "recordInfo/recordRate",
    step: "frameInfo/skipFrame",
    exposure_ns: "recordInfo/shutterSpeedNsec",
    exposure: "recordInfo/shutterSpeed",
    saved_as: "imageFileInfo/fileFormat",
};

impl Said {
    fn header(mut self) -> Result<Header, Cause> {
        let values: HashMap<&str, &str> =
            self.values.iter().rev().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let keys = self.keys;
        if let Some(other) = values.get(keys.saved_as).filter(|f| !f.eq_ignore_ascii_case("mraw")) {
            return Err(format!(
                "its frames were saved as {other}, not as MRaw; open the files or the folder of frames"
            ));
        }
        let whole = |name: &str| whole(&values, name);
        let size = Size::new(whole(keys.width)? as usize, whole(keys.height)? as usize);
        let (n_frames, bits) = (whole(keys.n_frames)?.into(), whole(keys.bits)?);
        let number = |name: &str| values.get(name).and_then(|value| positive(value));
        let step = number(keys.step).unwrap_or(1.0);
        let exposure = |value: &&str| exposure_s(value, keys.exposure == XML_KEYS.exposure);
        let header = Header {
            size,
            n_frames,
            bits,
            is_higher_side: values.get(keys.side).is_some_and(|s| s.eq_ignore_ascii_case("higher")),
            frame_rate_hz: number(keys.rate_hz).map(|rate_hz| rate_hz / step),
            exposure_s: number(keys.exposure_ns)
                .map(|ns| ns / 1e9)
                .or_else(|| values.get(keys.exposure).and_then(exposure)),
            metadata: Vec::new(),
        };
        let is_colour = values.get(keys.colour).is_some_and(|c| !c.eq_ignore_ascii_case("mono"));
        if is_colour && bits <= 16 {
            let mosaic = "colour filter mosaic, given as stored";
            self.values.push(("Colours".into(), mosaic.into()));
        }
        Ok(Header { metadata: self.values, ..header })
    }
}

/// A whole number above zero.
fn whole(values: &HashMap<&str, &str>, name: &str) -> Result<u32, Cause> {
    let value = values.get(name).ok_or_else(|| format!("its header does not say the {name}"))?;
    value.parse().ok().filter(|&number| 0 < number).ok_or_else(|| {
        format!("its header says that the {name} is {value:?}; it must be a whole number above 0")
    })
}

fn positive(value: &str) -> Option<f64> {
    value.parse().ok().filter(|number: &f64| number.is_finite() && 0.0 < *number)
}

/// From `1/2000`, or a number: of seconds in lines of text, of parts of a second in XML.
fn exposure_s(value: &str, is_part: bool) -> Option<f64> {
    let part = value.strip_prefix("1/").or_else(|| is_part.then_some(value));
    match part {
        Some(part) => positive(part).map(f64::recip),
        None => positive(value),
    }
}

/// What lies between `<cih>` and `</cih>`, with both.
fn xml_in(bytes: &[u8]) -> Option<&[u8]> {
    let (begin, end) = (b"<cih>", b"</cih>");
    let at = bytes.windows(begin.len()).position(|window| window == begin)?;
    let xml = &bytes[at..];
    let length = xml.windows(end.len()).rposition(|window| window == end)? + end.len();
    Some(&xml[..length])
}

/// Elements in a real file are some hundreds.
const MOST_ELEMENTS: usize = 100_000;

/// Longer names are no names.
const LONGEST_NAME: usize = 500;

/// The text of all elements that hold no others, by the names on the way to them.
fn from_xml(xml: &str) -> Result<Vec<(String, String)>, Cause> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut elements = Elements::default();
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(element) => elements.start(element.local_name().as_ref())?,
            Event::End(_) => elements.end(),
            Event::Text(text) => elements.add(&text.xml10_content()),
            Event::CData(text) => elements.add(&text.xml10_content()),
            // Such as `&amp;`: it comes without the marks at its ends.
            Event::GeneralRef(letter) => {
                elements.add(&unescape(&format!("&{};", &*letter)).map_err(damaged)?);
            }
            Event::DocType(_) => return Err(damaged("it has rules of its own (DOCTYPE)")),
            Event::Eof => return Ok(elements.values),
            _ => {}
        }
    }
}

fn damaged(how: impl Display) -> Cause {
    format!("its header is damaged: {how}")
}

/// What is known while elements are read.
#[derive(Default)]
struct Elements {
    values: Vec<(String, String)>,
    n: usize,
    /// The names of all open elements, a `/` before each.
    names: String,
    /// Where they begin.
    starts: Vec<usize>,
    /// Of the innermost, if it holds no other.
    text: Option<String>,
}

impl Elements {
    fn start(&mut self, name: &str) -> Result<(), Cause> {
        self.n += 1;
        if MOST_ELEMENTS < self.n {
            return Err(damaged(format!("it has more than {MOST_ELEMENTS} elements")));
        }
        self.starts.push(self.names.len());
        self.names.extend(["/", name]);
        self.text = Some(String::new());
        Ok(())
    }

    fn add(&mut self, text: &str) {
        if let Some(all) = &mut self.text {
            all.push_str(text);
        }
    }

    fn end(&mut self) {
        let text = self.text.take().unwrap_or_default();
        let name = self.names.strip_prefix("/cih/").filter(|name| name.len() <= LONGEST_NAME);
        if let Some(name) = name.filter(|_| !text.trim().is_empty()) {
            self.values.push((name.into(), text.trim().into()));
        }
        self.names.truncate(self.starts.pop().unwrap_or(0));
    }
}

/// From lines such as `Image Width : 896`; those without a value are left out.
fn from_lines(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let pairs = pairs.map(|(name, value)| (name.trim().into(), value.trim().into()));
    pairs.filter(|(_, value): &(String, String)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, Cause> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("header");
        std::fs::write(&path, text).unwrap();
        Header::read(&path)
    }

    const LINES: &str = "#Camera Information Header\r\nDate : 2016/4/21\r\nTime : 00:11\r\n\
        Scene Name : \r\nRecord Rate(fps) : 60000\r\nShutter Speed(s) : 1/800000\r\n\
        Total Frame : 12\r\nStart Frame : -49300\r\nImage Width : 896\r\nImage Height : 368\r\n\
        Color Type : Mono\r\nColor Bit : 16\r\nFile Format : MRaw\r\nEffectiveBit Depth : 12\r\n\
        EffectiveBit Side : Lower\r\n\r\nEND\r\n";

    #[test]
    fn lines_of_text_say_all() {
        let header = header(LINES).unwrap();
        assert_eq!((header.size, header.n_frames, header.bits), (Size::new(896, 368), 12, 16));
        assert_eq!((header.frame_rate_hz, header.exposure_s), (Some(60_000.0), Some(1.25e-6)));
        let said = |name: &str| header.metadata.iter().find(|pair| pair.0 == name);
        assert_eq!(said("Time").unwrap().1, "00:11");
        assert_eq!(said("Start Frame").unwrap().1, "-49300");
        assert_eq!(said("Scene Name"), None);
    }

    #[test]
    fn only_some_of_the_frames_may_have_been_saved() {
        let header = header(&LINES.replace("Start Frame", "Save Step : 36\nStart Frame")).unwrap();
        assert_eq!(header.frame_rate_hz, Some(60_000.0 / 36.0));
    }

    #[test]
    fn exposures_are_parts_of_a_second_or_seconds() {
        assert_eq!(exposure_s("1/2000", false), Some(1.0 / 2000.0));
        assert_eq!(exposure_s("0.25", false), Some(0.25));
        assert_eq!(exposure_s("2000", true), Some(1.0 / 2000.0));
        assert_eq!(exposure_s("-1", true), None);
        assert_eq!(exposure_s("1/0", false), None);
        let lines = LINES.replace("Color Bit", "Shutter Type2(nsec) : 2500\nColor Bit");
        assert_eq!(header(&lines).unwrap().exposure_s, Some(2.5e-6));
    }

    fn refused(text: &str) -> Cause {
        header(text).err().unwrap()
    }

    #[test]
    fn what_is_missing_or_senseless_is_named() {
        assert_eq!(refused("hello"), "its header does not say the Image Width");
        assert_eq!(
            refused(&LINES.replace("896", "-896")),
            "its header says that the Image Width is \"-896\"; it must be a whole number above 0"
        );
        assert_eq!(
            refused(&LINES.replace("MRaw", "TIFF")),
            "its frames were saved as TIFF, not as MRaw; open the files or the folder of frames"
        );
    }

    #[test]
    fn xml_is_found_between_other_bytes() {
        let bytes = b"\0\x07junk\xff<?xml version='1.0'?>\n<cih>\n<a>1</a></cih>\0\0";
        let xml = xml_in(bytes).unwrap();
        assert_eq!(xml, b"<cih>\n<a>1</a></cih>");
        assert_eq!(xml_in(b"<cih> without an end"), None);
        assert_eq!(xml_in(b"</cih><cih>"), None);
    }

    #[test]
    fn elements_that_hold_no_others_are_values() {
        let xml = "<cih>7<a k='1'> 1\n<!-- no text --></a>8<b><c>x &lt; &#181;</c><d/><e> </e>\
                   <c><![CDATA[<&>]]></c></b></cih>";
        let values = [("a", "1"), ("b/c", "x < µ"), ("b/c", "<&>")];
        assert_eq!(from_xml(xml).unwrap(), values.map(|(name, value)| (name.into(), value.into())));
        for damaged in ["<cih><a></cih>", "<cih>&b;</cih>", "<cih><a", "<cih>&#x;</cih>"] {
            assert!(from_xml(damaged).unwrap_err().starts_with("its header is damaged: "));
        }
    }

    #[test]
    fn entities_and_endless_depth_cost_nothing() {
        let bomb = "<cih><!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a></cih>";
        assert!(refused(bomb).starts_with("its header is damaged: "));
        let deep = format!("<cih>{}{}</cih>", "<a>".repeat(40_000), "</a>".repeat(40_000));
        assert_eq!(refused(&deep), "its header does not say the imageDataInfo/resolution/width");
        let many = format!("<cih>{}</cih>", "<a/>".repeat(200_000));
        assert!(refused(&many).starts_with("its header is damaged: "));
        let long = format!("<cih><{0}>{1}</{0}></cih>", "a".repeat(500), "<b>1</b>".repeat(9));
        assert_eq!(from_xml(&long).unwrap(), []);
    }
}
