//! OME-TIFF: what its XML says, and sets of several files.

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::{OpenOptions, open, open_all};

use crate::writer::*;

/// OME's XML around what is in its image.
fn ome(uuid: &str, pixels: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" \
         UUID=\"urn:uuid:{uuid}\"><Image ID=\"Image:0\"><Pixels SizeX=\"7\" SizeY=\"5\" {pixels} \
         Type=\"uint8\">{inside}</Pixels></Image></OME>"
    )
}

fn pages(xml: &str, greys: std::ops::Range<u8>) -> Vec<u8> {
    let first = greys.start;
    let describe = |grey| if grey == first { vec![text(DESCRIPTION, xml)] } else { Vec::new() };
    tiff(&greys.map(|grey| grey_page(grey, &describe(grey))).collect::<Vec<_>>())
}

const THREE: &str = "DimensionOrder=\"XYCZT\" SizeC=\"1\" SizeZ=\"1\" SizeT=\"3\"";

/// Two files of a recording of six frames; `b` holds the first.
fn write_set(folder: &tempfile::TempDir) {
    let six = "DimensionOrder=\"XYZCT\" SizeC=\"1\" SizeZ=\"1\" SizeT=\"6\"";
    let inside = "<TiffData IFD=\"0\" FirstT=\"3\" PlaneCount=\"3\"><UUID \
                  FileName=\"a.ome.tif\">urn:uuid:a</UUID></TiffData><TiffData IFD=\"0\" \
                  FirstT=\"0\" PlaneCount=\"3\"><UUID FileName=\"b.ome.tif\">urn:uuid:b</UUID>\
                  </TiffData>";
    for (name, range) in [("a", 3..6), ("b", 0..3)] {
        write(folder, &format!("{name}.ome.tif"), &pages(&ome(name, six, inside), range));
    }
}

#[test]
fn any_file_of_a_set_gives_the_whole_set() {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder);
    for name in ["a.ome.tif", "b.ome.tif"] {
        let path = folder.path().join(name);
        assert_eq!(greys(&path, &OpenOptions::default()), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let recording = open_all(&[path], &OpenOptions::default()).unwrap();
        let names = ["a.ome.tif", "b.ome.tif"].map(|name| folder.path().join(name));
        assert_eq!(recording.inputs[0].files, names);
    }
}

#[test]
fn a_folder_with_a_set_is_one_recording() {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder);
    assert_eq!(greys(folder.path(), &OpenOptions::default()), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn a_missing_file_of_a_set_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder);
    std::fs::remove_file(folder.path().join("b.ome.tif")).unwrap();
    let message = refusal(&folder.path().join("a.ome.tif"), &OpenOptions::default());
    let expected = "a file of the recording is missing: b.ome.tif; put it into the same folder";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_set_does_not_reach_into_other_folders() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["../x.tif", "/etc/passwd", "..", "a\\b.tif", ""] {
        let other = format!("<TiffData><UUID FileName=\"{name}\">urn:uuid:x</UUID></TiffData>");
        let inside = format!("<TiffData><UUID FileName=\"own.tif\"/></TiffData>{other}");
        let path = write(&folder, "own.tif", &pages(&ome("a", THREE, &inside), 0..3));
        let message = refusal(&path, &OpenOptions::default());
        assert!(message.contains("must be in one folder"), "{name}: {message}");
    }
}

#[test]
fn a_file_that_was_renamed_is_still_itself() {
    let folder = tempfile::tempdir().unwrap();
    let named =
        "<TiffData IFD=\"0\" PlaneCount=\"3\"><UUID FileName=\"before.ome.tif\"/></TiffData>";
    let path = write(&folder, "after.tif", &pages(&ome("a", THREE, named), 0..3));
    assert_eq!(greys(&path, &OpenOptions::default()), [0.0, 1.0, 2.0]);
}

#[test]
fn times_and_sizes_are_said_by_the_xml() {
    let folder = tempfile::tempdir().unwrap();
    let info = |pixels: &str, inside: &str| {
        let path = write(&folder, "f.tif", &pages(&ome("a", pixels, inside), 0..3));
        open(path).unwrap().info().clone()
    };
    let size = "PhysicalSizeX=\"65\" PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"0.065\"";
    let even = info(&format!("{THREE} {size} TimeIncrement=\"20\" TimeIncrementUnit=\"ms\""), "");
    assert!((even.pixel_size_um.unwrap() - 0.065).abs() < 1e-12);
    assert_eq!((even.frame_rate_hz, even.times_s), (Some(50.0), None));
    let plane = |t, delta: f64| {
        format!(
            "<Plane TheC=\"0\" TheZ=\"0\" TheT=\"{t}\" DeltaT=\"{delta}\" ExposureTime=\"0.01\"/>"
        )
    };
    let planes = [plane(0, 0.5), plane(2, 2.75), plane(1, 1.0)].concat();
    let uneven = info(&format!("{THREE} TimeIncrement=\"20\""), &planes);
    assert_eq!((uneven.times_s, uneven.frame_rate_hz), (Some(vec![0.5, 1.0, 2.75]), None));
    assert_eq!(uneven.exposure_s, Some(0.01));
    let standing = [plane(0, 0.0), plane(1, 0.0), plane(2, 0.0)].concat();
    assert_eq!(info(&format!("{THREE} TimeIncrement=\"2\""), &standing).frame_rate_hz, Some(0.5));
}

#[test]
fn a_recording_that_was_stopped_early_has_the_frames_that_were_taken() {
    let folder = tempfile::tempdir().unwrap();
    let claims = "DimensionOrder=\"XYCZT\" SizeC=\"2\" SizeZ=\"1\" SizeT=\"100\"";
    let path = write(&folder, "f.tif", &pages(&ome("a", claims, "<TiffData/>"), 0..6));
    assert_eq!(greys(&path, &asking(Some(1), None)), [1.0, 3.0, 5.0]);
    let info = open(&path).unwrap().info().clone();
    let note = ("contradiction", "the OME-XML speaks of 100 frames, but there are 3");
    assert!(info.metadata.iter().any(|(name, value)| (name.as_str(), value.as_str()) == note));
}

#[test]
fn a_plane_without_a_page_is_a_frame_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let inside = "<TiffData IFD=\"0\" FirstT=\"0\"/><TiffData IFD=\"2\" FirstT=\"2\"/>";
    let path = write(&folder, "f.tif", &pages(&ome("a", THREE, inside), 0..3));
    let mut stack = open(&path).unwrap();
    assert_eq!(stack.info().n_frames, 3);
    let mut frame = Frame::default();
    stack.read(2, &mut frame).unwrap();
    assert_eq!(frame.pixels()[0], 2.0);
    let message = read_error(&path, 1);
    assert!(
        message.contains("cannot read frame 1 of the file: the recording's OME-XML"),
        "{message}"
    );
}

#[test]
fn xml_that_contradicts_its_pages_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        |xml: &str| refusal(&write(&folder, "f.tif", &pages(xml, 0..3)), &OpenOptions::default());
    let message = refused(&ome("a", THREE, "").replace("SizeX=\"7\"", "SizeX=\"8\""));
    assert!(message.contains("speaks of 8x5 px, but a page of f.tif has 7x5 px"), "{message}");
    let message = refused(&ome("a", &THREE.replace("XYCZT", "XYCCT"), ""));
    assert!(message.contains("an order of planes that is none"), "{message}");
    let message = refused(&ome("a", &THREE.replace("\"3\"", "\"many\""), ""));
    assert!(message.contains("SizeT is many"), "{message}");
    let message = refused(&ome("a", &THREE.replace("\"3\"", "\"&lol;\""), ""));
    assert!(message.contains("SizeT is &lol;; it must be a number"), "{message}");
    let message = refused(&ome("a", THREE, "<TiffData IFD=\"9\"/>"));
    assert!(message.contains("names no page that is there"), "{message}");
    let message = refused("<OME><Broken");
    assert!(message.contains("damaged"), "{message}");
    let message = refused("<OME></OME>");
    assert!(message.contains("describes no image"), "{message}");
}

#[test]
fn of_several_recordings_the_one_of_the_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let image = |name: &str| {
        format!(
            "<Image Name=\"position {name}\"><Pixels SizeX=\"7\" SizeY=\"5\" {THREE}><TiffData \
             IFD=\"0\" PlaneCount=\"3\"><UUID FileName=\"{name}.tif\">urn:uuid:{name}</UUID>\
             </TiffData></Pixels></Image>"
        )
    };
    for (name, range) in [("a", 0..3), ("b", 3..6)] {
        let xml = format!("<OME UUID=\"urn:uuid:{name}\">{}{}</OME>", image("a"), image("b"));
        write(&folder, &format!("{name}.tif"), &pages(&xml, range));
    }
    assert_eq!(greys(&folder.path().join("a.tif"), &OpenOptions::default()), [0.0, 1.0, 2.0]);
    let path = folder.path().join("b.tif");
    assert_eq!(greys(&path, &OpenOptions::default()), [3.0, 4.0, 5.0]);
    let info = open(&path).unwrap().info().clone();
    let note = ("images in the OME-XML", "2, of which number 1 is read (position b)");
    assert!(info.metadata.iter().any(|(name, value)| (name.as_str(), value.as_str()) == note));
}

#[test]
fn a_companion_is_looked_for_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let binary = |companion: &str| {
        format!(
            "<OME UUID=\"urn:uuid:a\"><BinaryOnly MetadataFile=\"{companion}\" UUID=\"c\"/></OME>"
        )
    };
    let path = write(&folder, "a.tif", &pages(&binary("c.companion.ome"), 0..3));
    let message = refusal(&path, &OpenOptions::default());
    let expected = "a file of the recording is missing: c.companion.ome";
    assert!(message.contains(expected), "{message}");
    let companion = write(&folder, "c.companion.ome", ome("c", THREE, "").as_bytes());
    assert_eq!(greys(&path, &OpenOptions::default()), [0.0, 1.0, 2.0]);
    let recording = open_all(std::slice::from_ref(&path), &OpenOptions::default()).unwrap();
    assert_eq!(recording.inputs[0].files, [path, companion]);
    let path = write(&folder, "b.tif", &pages(&binary("../c.companion.ome"), 0..3));
    let message = refusal(&path, &OpenOptions::default());
    assert!(message.contains("must be in one folder"), "{message}");
}
