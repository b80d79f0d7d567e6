//! Recordings of high-speed cameras: what is known of them, and files that are cut off, damaged or lie.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod damage;

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};
use movemeter_io::{OpenOptions, open, open_all};

use damage::{mutate, rounds};

const SIZE: Size = Size { width: 6, height: 4 };
const N_FRAMES: usize = 3;

/// The number of each pixel in the files below: frame, row and column.
fn number(frame: usize, x: usize, y: usize) -> u16 {
    (frame * 100 + y * 10 + x) as u16
}

/// Of 16 bits each, as lowest byte first.
fn pixels(frame: usize, rows: impl Iterator<Item = usize>) -> Vec<u8> {
    let row = |y| (0..SIZE.width).flat_map(move |x| number(frame, x, y).to_le_bytes());
    rows.flat_map(row).collect()
}

fn mraw() -> Vec<u8> {
    (0..N_FRAMES).flat_map(|frame| pixels(frame, 0..SIZE.height)).collect()
}

fn cih() -> String {
    let Size { width, height } = SIZE;
    format!(
        "#Camera Information Header\nRecord Rate(fps) : 500\nShutter Speed(s) : 1/1000\nTotal Frame \
         : {N_FRAMES}\nStart Frame : -1\nImage Width : {width}\nImage Height : {height}\nColor Type : \
         Mono\nColor Bit : 16\nFile Format : MRaw\nEffectiveBit Side : Lower\n\nEND\n"
    )
}

fn cihx() -> Vec<u8> {
    let Size { width, height } = SIZE;
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<cih>\n<recordInfo><recordRate>500</recordRate><shutterSpeedNsec>\
         1000000</shutterSpeedNsec></recordInfo><frameInfo><totalFrame>{N_FRAMES}</totalFrame>\
         <startFrame>-1</startFrame></frameInfo><imageDataInfo><resolution><width>{width}</width>\
         <height>{height}</height></resolution><colorInfo><type>Mono</type><bit>16</bit></colorInfo>\
         </imageDataInfo><imageFileInfo><fileFormat>MRaw</fileFormat></imageFileInfo>\n</cih>"
    );
    [b"\0\xff\x01", xml.as_bytes(), b"\0\0"].concat()
}

/// Frames from the lowest row up; the setup ends where exposures in nanoseconds do.
fn cine() -> Vec<u8> {
    let u32s = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let mut setup = vec![0; 1572];
    let mut put = |place: usize, bytes: &[u8]| setup[place..][..bytes.len()].copy_from_slice(bytes);
    put(140, &[b'S', b'T', 0x24, 0x06]);
    put(743, &12_345u32.to_le_bytes());
    put(768, &500u32.to_le_bytes());
    put(1568, &1_000_000u32.to_le_bytes());
    let trigger = 1_500_000_000u64 << 32;
    // The last frame comes late.
    let times = [-1.0, 0.0, 2.0].map(|k: f64| {
        trigger.wrapping_add_signed((k / 512.0 * 4_294_967_296.0) as i64).to_le_bytes()
    });
    let block = [u32s(&[8 + 24, 1002]), times.concat()].concat();
    let places_at = 84 + 1572 + 32;
    let first = places_at + 8 * N_FRAMES as u32;
    let frame_bytes = 8 + 2 * SIZE.area() as u32;
    let places = (0..N_FRAMES as u32).map(|k| u64::from(first + k * frame_bytes).to_le_bytes());
    let [n_frames, width, height] = [N_FRAMES, SIZE.width, SIZE.height].map(|n| n as u32);
    let before_the_first = u32::MAX;
    let head =
        u32s(&[1 << 16, before_the_first, 50, before_the_first, n_frames, 44, 84, places_at]);
    let picture = u32s(&[40, width, height, 1 | 16 << 16, 0, frame_bytes - 8, 0, 0, 0, 0]);
    let mut file =
        [b"CI\x2c\0", &head[..], &trigger.to_le_bytes(), &picture, &setup, &block].concat();
    file.extend(places.flatten());
    for frame in 0..N_FRAMES {
        file.extend(u32s(&[8, frame_bytes - 8]));
        file.extend(pixels(frame, (0..SIZE.height).rev()));
    }
    file
}

fn file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn check_pixels(stack: &mut dyn FrameSource) {
    assert_eq!((stack.info().size, stack.info().n_frames), (SIZE, N_FRAMES));
    let mut frame = Frame::default();
    for index in (0..N_FRAMES).rev() {
        stack.read(index, &mut frame).unwrap();
        assert_eq!(frame, Frame::from_fn(SIZE, |x, y| number(index, x, y).into()));
    }
}

fn said<'a>(info: &'a StackInfo, name: &str) -> Option<&'a str> {
    let pair = info.metadata.iter().find(|pair| pair.0 == name);
    pair.map(|(_, value)| value.as_str())
}

/// What is said of a path that cannot be opened; the path stands last, in parentheses.
fn refusal(path: &Path) -> String {
    let message = open(path).err().expect("it should not open").to_string();
    let ending = format!(" ({})", path.display());
    message.strip_suffix(&ending).expect("the path should come last").into()
}

#[test]
fn a_photron_recording_is_opened_by_any_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mraw = file(folder, "Camera 1.MRAW", mraw());
    let cihx = file(folder, "Camera 1.CIHX", cihx());
    let cih = file(folder, "Camera 1.cih", cih());
    for path in [mraw, cihx, cih] {
        let mut stack = open(&path).unwrap();
        let info = stack.info().clone();
        assert_eq!((info.frame_rate_hz, info.exposure_s), (Some(500.0), Some(1e-3)));
        assert_eq!((info.pixel_type.as_str(), info.times_s.as_ref()), ("uint16", None));
        let start = said(&info, "Start Frame").or_else(|| said(&info, "frameInfo/startFrame"));
        assert_eq!(start, Some("-1"));
        check_pixels(&mut *stack);
    }
}

#[test]
fn in_a_folder_each_recording_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["C2", "C10"] {
        file(folder, &format!("{name}.mraw"), mraw());
        file(folder, &format!("{name}.cihx"), cihx());
    }
    file(folder, "C10.cih", cih());
    let recording = open_all(&[folder.into()], &OpenOptions::default()).unwrap();
    assert_eq!(recording.source.info().n_frames, 2 * N_FRAMES);
    assert_eq!(recording.source.info().frame_rate_hz, Some(500.0));
    let names: Vec<String> = recording.inputs[0]
        .files
        .iter()
        .map(|f| f.file_name().unwrap().display().to_string())
        .collect();
    assert_eq!(names, ["C2.cihx", "C2.mraw", "C10.cih", "C10.cihx", "C10.mraw"]);
}

#[test]
fn a_part_of_a_photron_recording_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "C1.mraw", mraw());
    assert_eq!(
        refusal(&path),
        "cannot read as Photron: its header is missing: size and frame rate of the pixels are only said \
         in C1.cihx or C1.cih; put the one that was saved with it beside it"
    );
    let path = file(folder.path(), "C2.cihx", cihx());
    assert_eq!(
        refusal(&path),
        "cannot read as Photron: its pixels are missing: there is no C2.mraw beside it; put it there"
    );
}

#[test]
fn a_photron_recording_that_was_cut_off_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "C1.cih", cih());
    file(folder.path(), "C1.mraw", &mraw()[..2 * 48 + 47]);
    let mut stack = open(&path).unwrap();
    assert_eq!(stack.info().n_frames, N_FRAMES);
    stack.read(1, &mut Frame::default()).unwrap();
    let message = stack.read(2, &mut Frame::default()).unwrap_err().to_string();
    let pixels = folder.path().join("C1.mraw");
    assert_eq!(
        message,
        format!(
            "cannot read frame 2 of the file: the file ends after 2 of 3 frames ({})",
            pixels.display()
        )
    );
}

#[test]
fn a_photron_header_that_promises_too_much_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "C1.mraw", mraw());
    let refused = |from: &str, to: &str| {
        let path = file(folder.path(), "C1.cih", cih().replace(from, to));
        refusal(&path)
    };
    assert_eq!(
        refused("Total Frame : 3", "Total Frame : 4294967295"),
        "cannot read as Photron: its header says that there are 4294967295 frames, but the file with \
         the pixels holds 3"
    );
    assert_eq!(
        refused("Image Width : 6", "Image Width : 4294967295"),
        "cannot read as Photron: its header says that frames have 4294967295x4 px and 16 bits, which is \
         34359738360 bytes, but the file with the pixels has only 144"
    );
    assert_eq!(
        refused("Color Bit : 16", "Color Bit : 14"),
        "cannot read as Photron: its pixels have 14 bits, which is not supported; save it with 8 or 16 \
         bits"
    );
    for (from, to) in
        [("Image Height : 4", "Image Height : -4"), ("Color Bit : 16", "Color Bit : ")]
    {
        assert!(refused(from, to).starts_with("cannot read as Photron: its header "));
    }
}

#[test]
fn a_cine_file_says_when_its_frames_were_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = open(file(folder.path(), "a.cine", cine())).unwrap();
    check_pixels(&mut *stack);
    let info = stack.info();
    assert_eq!((info.exposure_s, info.frame_rate_hz), (Some(1e-3), None));
    assert_eq!(info.times_s, Some(vec![-1.0 / 512.0, 0.0, 2.0 / 512.0]));
    assert_eq!((said(info, "Serial"), said(info, "FirstImageNo")), (Some("12345"), Some("-1")));
    assert_eq!(said(info, "FirstImageTime"), Some("-0.001953125 s from the trigger"));
    // Beyond the end of the setup.
    assert_eq!(said(info, "Description"), None);
}

#[test]
fn a_cine_file_that_was_cut_off_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = cine();
    let path = file(folder.path(), "a.cine", &whole[..whole.len() - 1]);
    let mut stack = open(&path).unwrap();
    stack.read(1, &mut Frame::default()).unwrap();
    let message = stack.read(2, &mut Frame::default()).unwrap_err().to_string();
    let expected = format!(
        "cannot read frame 2 of the file: the file ends before it, after {} bytes ({})",
        whole.len() - 1,
        path.display()
    );
    assert_eq!(message, expected);
    for length in [0, 3, 43, 44, 83, 84, 1000, 1700] {
        assert!(open(file(folder.path(), "b.cine", &whole[..length])).is_err(), "{length}");
    }
}

#[test]
fn a_cine_header_that_lies_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let with = |place: usize, number: u32| {
        let mut bytes = cine();
        bytes[place..][..4].copy_from_slice(&number.to_le_bytes());
        file(folder.path(), "a.cine", bytes)
    };
    assert_eq!(refusal(&with(0, 7)), "cannot read as cine: it does not begin as cine files do");
    assert_eq!(refusal(&with(20, 0)), "cannot read as cine: it has no frames");
    assert_eq!(
        refusal(&with(20, u32::MAX)),
        "cannot read as cine: it claims to have 4294967295 frames, but ends after 1880 bytes, before it \
         says where they are"
    );
    assert_eq!(refusal(&with(48, 0)), "cannot read as cine: it claims to have 0x4 px");
    assert_eq!(
        refusal(&with(48, 1 << 30)),
        "cannot read as cine: it claims to have 1073741824x4 px, more than its 1880 bytes can hold"
    );
    assert!(
        refusal(&with(60, 5)).starts_with("cannot read as cine: pixels of 16 bits in packing 5 ")
    );
    let place_of_frame_1 = 84 + 1572 + 32 + 8;
    for (place, cause) in [
        (44, "it is said to be at byte 44, where no frame is"),
        (1875, "the file ends before it, after 1880 bytes"),
        (u32::MAX, "the file ends before it, after 1880 bytes"),
    ] {
        let mut stack = open(with(place_of_frame_1, place)).unwrap();
        stack.read(0, &mut Frame::default()).unwrap();
        let message = stack.read(1, &mut Frame::default()).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("cannot read frame 1 of the file: {cause} (")),
            "{message}"
        );
    }
}

#[test]
fn damaged_headers_and_files_end_in_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| file(folder.path(), name, bytes);
    file("a.mraw", &mraw());
    let files = [
        file("a.cine", &cine()),
        // Without the setup and the pixels more changes hit what counts.
        file("b.cine", &cine()[..1760]),
        file("a.cih", cih().as_bytes()),
        file("a.cihx", &cihx()),
    ];
    for (seed, path) in (1..).zip(files) {
        mutate(seed, rounds(), &path, &path);
    }
}
