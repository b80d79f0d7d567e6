//! Times, sizes and channels, and what else the tags say.

use movemeter::source::{FrameSource, StackInfo};
use movemeter_io::{OpenOptions, open};

use crate::writer::*;

fn info_of(pages: &[(Vec<Tag>, Vec<u8>)]) -> StackInfo {
    let folder = tempfile::tempdir().unwrap();
    open(write(&folder, "said.tif", &tiff(pages))).unwrap().info().clone()
}

fn info_of_tags(tags: &[Tag]) -> StackInfo {
    info_of(&[grey_page(1, tags)])
}

fn said<'a>(info: &'a StackInfo, name: &str) -> Option<&'a str> {
    info.metadata.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
}

fn resolution(x: (u32, u32), y: (u32, u32), unit: u16) -> [Tag; 3] {
    [fraction(282, x.0, x.1), fraction(283, y.0, y.1), short(296, unit)]
}

fn imagej_pages(n: u8, description: &str) -> Vec<(Vec<Tag>, Vec<u8>)> {
    let describe = |k| if k == 0 { vec![text(DESCRIPTION, description)] } else { Vec::new() };
    (0..n).map(|k| grey_page(k, &describe(k))).collect()
}

#[test]
fn tags_are_said_by_name() {
    let info = info_of_tags(&[
        text(305, "a program"),
        text(306, "2026:01:02 03:04:05"),
        text(DESCRIPTION, "what it is"),
        fraction(33_434, 1, 4),
        Tag(65_123, 3, 3, [1u16, 2, 3].map(u16::to_le_bytes).concat()),
        Tag(65_124, 3, 40, vec![0; 80]),
        Tag(65_125, 9, 1, (-5i32).to_le_bytes().to_vec()),
        Tag(65_126, 12, 1, 0.25f64.to_le_bytes().to_vec()),
        Tag(65_127, 7, 20, (0..20).collect()),
        Tag(65_128, 7, 20, b"<xml>of a kind</xml>".to_vec()),
    ]);
    let expected = [
        ("ImageDescription", "what it is"),
        ("ImageWidth", "7"),
        ("Compression", "none"),
        ("PhotometricInterpretation", "black is zero"),
        ("Software", "a program"),
        ("DateTime", "2026:01:02 03:04:05"),
        ("ExposureTime", "0.25"),
        ("tag 65123", "1, 2, 3"),
        ("tag 65124", "40 numbers"),
        ("tag 65125", "-5"),
        ("tag 65126", "0.25"),
        ("tag 65128", "<xml>of a kind</xml>"),
    ];
    for (name, value) in expected {
        assert_eq!(said(&info, name), Some(value), "{name}");
    }
    for name in ["StripOffsets", "StripByteCounts", "tag 65127"] {
        assert_eq!(said(&info, name), None, "{name}");
    }
}

#[test]
fn a_plain_resolution_is_a_scale_where_no_printer_is_so_fine() {
    let size = |x, y, unit| info_of_tags(&resolution(x, y, unit)).pixel_size_um;
    // 72, 96, 300 and 2400 dots per inch are how large a picture is to be printed.
    for dpi in [72, 96, 300, 2400] {
        assert_eq!(size((dpi, 1), (dpi, 1), 2), None);
        assert_eq!(size((dpi * 100, 254), (dpi * 100, 254), 3), None);
    }
    assert_eq!(size((20_000, 1), (20_000, 1), 3), Some(0.5));
    assert_eq!(size((254_000, 1), (254_000, 1), 2), Some(0.1));
    // Without a unit, or with none, it is a ratio of sides.
    assert_eq!(size((20_000, 1), (20_000, 1), 1), None);
    assert_eq!(info_of_tags(&resolution((20_000, 1), (20_000, 1), 3)[..2]).pixel_size_um, None);
    for nothing in [(0, 1), (1, 0), (0, 0)] {
        assert_eq!(size(nothing, nothing, 3), None);
    }
}

#[test]
fn pixels_that_are_not_square_have_no_one_size() {
    let info = info_of_tags(&resolution((20_000, 1), (10_000, 1), 3));
    assert_eq!(info.pixel_size_um, None);
    let sides = said(&info, "sides of a pixel").unwrap();
    assert!(sides.starts_with("0.5 x 1 µm"), "{sides}");
}

#[test]
fn imagej_names_the_unit_of_its_resolution() {
    let size = |unit: &str| {
        let description = format!("ImageJ=1.53t\nunit={unit}\n");
        let tags =
            [&[text(DESCRIPTION, &description)], &resolution((4, 1), (4, 1), 1)[..]].concat();
        info_of_tags(&tags).pixel_size_um
    };
    assert_eq!(
        (size("micron"), size("\\u00B5m"), size("nm")),
        (Some(0.25), Some(0.25), Some(0.25e-3))
    );
    assert_eq!((size("mm"), size("inch"), size("pixel")), (Some(250.0), None, None));
}

#[test]
fn imagej_says_how_long_it_is_from_frame_to_frame() {
    let rate = |lines: &str| {
        info_of(&imagej_pages(3, &format!("ImageJ=1.53t\nimages=3\nframes=3\n{lines}")))
            .frame_rate_hz
    };
    assert_eq!(rate("finterval=0.5\nfps=7\n"), Some(2.0));
    assert_eq!(rate("finterval=250\ntunit=ms\n"), Some(4.0));
    assert_eq!(rate("fps=8.0\n"), None, "the speed of the player");
    assert_eq!(rate("finterval=0\n"), None);
    assert_eq!(rate("finterval=-1\n"), None);
    assert_eq!(rate("finterval=2\ntunit=pixel\n"), None);
    assert_eq!(rate(&format!("finterval={}\n", 1.0 / 29.97)), Some(29.97));
    assert_eq!(rate("finterval=1e-320\n"), None);
}

#[test]
fn the_notes_of_an_imagej_file_are_kept() {
    let info: Vec<u8> = "Exposure: 20 ms".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let label: Vec<u8> = "one".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let header = [b"JIJIlbal", &1u32.to_le_bytes()[..], b"ofni", &1u32.to_le_bytes()].concat();
    let lengths =
        [header.len(), label.len(), info.len()].map(|n| (n as u32).to_le_bytes()).concat();
    let data = [header, label, info].concat();
    let info = info_of_tags(&[
        text(DESCRIPTION, "ImageJ=1.53t\n"),
        Tag(50_838, 4, 3, lengths),
        Tag(50_839, 1, data.len() as u32, data),
    ]);
    assert_eq!(said(&info, "ImageJ info"), Some("Exposure: 20 ms"));
}

#[test]
fn the_channel_and_the_depth_that_are_asked_for_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let description = "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\n";
    let path = write(&folder, "hyper.tif", &tiff(&imagej_pages(12, description)));
    let read = |channel, z| greys(&path, &asking(channel, z));
    assert_eq!(read(None, None), [0.0, 6.0]);
    assert_eq!(read(Some(1), None), [1.0, 7.0]);
    assert_eq!(read(None, Some(2)), [4.0, 10.0]);
    assert_eq!(read(Some(1), Some(1)), [3.0, 9.0]);
    let refused = |channel, z| refusal(&path, &asking(channel, z));
    assert!(refused(Some(2), None).contains("use --channel 0 to 1"));
    assert!(refused(None, Some(3)).contains("use --z 0 to 2"));
    let info = open(&path).unwrap().info().clone();
    assert_eq!(said(&info, "channels"), Some("2, of which 0 is read"));
    assert_eq!(said(&info, "depths"), Some("3, of which 0 is read"));
}

#[test]
fn slices_of_one_frame_are_frames_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let pages = imagej_pages(4, "ImageJ=1.53t\nimages=4\nslices=4\nfinterval=0.1\n");
    let path = write(&folder, "slices.tif", &tiff(&pages));
    assert_eq!(greys(&path, &OpenOptions::default()), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(greys(&path, &asking(None, Some(2))), [2.0]);
    let info = open(&path).unwrap().info().clone();
    assert_eq!(said(&info, "depths"), Some("4: slices taken as frames"));
    assert_eq!(info.frame_rate_hz, Some(10.0));
}

#[test]
fn what_the_pages_hold_wins_over_the_description() {
    let folder = tempfile::tempdir().unwrap();
    let hyper = "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\n";
    let path = write(&folder, "short.tif", &tiff(&imagej_pages(6, hyper)));
    assert_eq!(greys(&path, &asking(Some(1), Some(2))), [5.0]);
    let note = "the description speaks of 12 images, but there are 6";
    assert_eq!(said(open(&path).unwrap().info(), "contradiction"), Some(note));
    let none = write(&folder, "none.tif", &tiff(&imagej_pages(1, "ImageJ=1.53t\nimages=0\n")));
    let info = open(&none).unwrap().info().clone();
    let note = "the description speaks of 0 images, but there is 1";
    assert_eq!((info.n_frames, said(&info, "contradiction")), (1, Some(note)));
    let path = write(&folder, "odd.tif", &tiff(&imagej_pages(7, hyper)));
    let message = refusal(&path, &OpenOptions::default());
    assert!(
        message.contains("2 channels, 3 depths and 2 frames, but there are 7 images"),
        "{message}"
    );
}

#[test]
fn micro_manager_says_when_each_page_was_taken() {
    let about = |ms: u32| {
        let json =
            format!("{{\"ElapsedTime-ms\": {ms}, \"PixelSizeUm\": 0.5, \"Exposure-ms\": 20}}");
        grey_page(1, &[text(51_123, &json)])
    };
    let info = info_of(&[about(100), about(150), about(230)]);
    assert_eq!(info.times_s, Some(vec![0.1, 0.15, 0.23]));
    assert_eq!((info.pixel_size_um, info.exposure_s), (Some(0.5), Some(0.02)));
    let info = info_of(&[about(100), about(150), about(200)]);
    assert!((info.frame_rate_hz.unwrap() - 20.0).abs() < 1e-9);
    assert_eq!(info_of(&[about(100), about(100)]).frame_rate_hz, None);
}
