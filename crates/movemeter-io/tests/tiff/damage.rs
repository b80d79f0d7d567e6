//! Files that were cut off: frames before are read, the first that is missing is named.

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::{Error, OpenOptions, open};

use crate::writer::*;

fn described(description: &str, n: u8) -> Vec<u8> {
    let describe = |k| if k == 0 { vec![text(DESCRIPTION, description)] } else { Vec::new() };
    tiff(&(0..n).map(|k| grey_page(k, &describe(k))).collect::<Vec<_>>())
}

/// The first frame that cannot be read, if those before can.
fn first_missing(path: &std::path::Path) -> (usize, usize) {
    let mut stack = open(path).unwrap();
    let n_frames = stack.info().n_frames;
    for index in 0..n_frames {
        if let Err(error) = stack.read(index, &mut Frame::default()) {
            let error = error.downcast::<Error>().unwrap();
            assert!(matches!(*error, Error::Frame { frame, .. } if frame == index), "{error}");
            return (index, n_frames);
        }
    }
    (n_frames, n_frames)
}

#[test]
fn a_stack_that_is_cut_anywhere_is_read_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tiff(&(0..6).map(|k| grey_page(k, &[])).collect::<Vec<_>>());
    let page_bytes = (whole.len() - 8) / 6;
    let mut before = 0;
    for n_bytes in 8 + page_bytes..whole.len() {
        let path = write(&folder, "cut.tif", &whole[..n_bytes]);
        let (missing, n_frames) = first_missing(&path);
        // A page's directory comes after its pixels.
        assert_eq!(missing, (n_bytes - 8) / page_bytes, "{n_bytes}");
        assert!(missing < n_frames && before <= missing);
        before = missing;
    }
}

#[test]
fn a_described_stack_that_is_cut_still_has_all_its_frames() {
    let folder = tempfile::tempdir().unwrap();
    let hyper = "ImageJ=1.53t\nimages=8\nchannels=2\nframes=4\n";
    let whole = described(hyper, 8);
    let path = write(&folder, "cut.tif", &whole[..whole.len() - 200]);
    assert_eq!(first_missing(&path), (3, 4));
    let xml = "<OME><Image><Pixels SizeX=\"7\" SizeY=\"5\" SizeC=\"2\" SizeT=\"4\" \
               DimensionOrder=\"XYCZT\"/></Image></OME>";
    let whole = described(xml, 8);
    let path = write(&folder, "cut.ome.tif", &whole[..whole.len() - 200]);
    assert_eq!(first_missing(&path), (3, 4));
}

#[test]
fn images_in_one_page_are_read_up_to_the_end_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = images_behind(&described("ImageJ=1.53t\nimages=100\nslices=100\n", 1));
    for image in 0..10 {
        whole.extend([image; AREA]);
    }
    let path = write(&folder, "cut.tif", &whole[..whole.len() - 1]);
    assert_eq!(first_missing(&path), (9, 100));
    assert_eq!(
        read_error(&path, 9).split(" (").next().unwrap(),
        "cannot read frame 9 of the file: the file ends before the page's pixels do"
    );
    let mut frame = Frame::default();
    open(&path).unwrap().read(8, &mut frame).unwrap();
    assert_eq!(frame.pixels()[AREA - 1], 8.0);
}

/// A first page with this description, whose pixels are followed by those of others, and then by all other
/// directories; how far behind, in bytes.
fn block(description: &str, n: u8, between: usize) -> Vec<u8> {
    let mut file = images_behind(&described(description, 1));
    for image in 0..n {
        file.extend([image; AREA]);
    }
    let next = (file.len() + between) as u32;
    let next_at = file.len() - usize::from(n) * AREA - 4;
    file[next_at..next_at + 4].copy_from_slice(&next.to_le_bytes());
    file
}

const TEN: [&str; 3] = [
    "ImageJ=1.53t\nimages=10\nframes=10\n",
    "{\"shape\": [10, 5, 7]}",
    "<OME><Image><Pixels SizeX=\"7\" SizeY=\"5\" SizeT=\"10\"/></Image></OME>",
];

#[test]
fn whole_frames_are_read_where_all_other_directories_are_lost() {
    let folder = tempfile::tempdir().unwrap();
    for description in TEN {
        let whole = block(description, 10, 6);
        let path = write(&folder, "cut.tif", &whole[..whole.len() - 3 * AREA - 1]);
        assert_eq!(first_missing(&path), (6, 10), "{description}");
        let mut stack = open(&path).unwrap();
        assert!(stack.info().metadata.iter().any(|(name, _)| name == "damage"), "{description}");
        let mut frame = Frame::default();
        for index in [5, 0, 3] {
            stack.read(index, &mut frame).unwrap();
            assert_eq!(frame.pixels(), [index as f32; AREA]);
        }
    }
}

#[test]
fn the_chosen_channel_is_found_where_directories_are_lost() {
    let folder = tempfile::tempdir().unwrap();
    let imagej = "ImageJ=1.53t\nimages=10\nchannels=2\nframes=5\n";
    let xml = "<OME><Image><Pixels SizeX=\"7\" SizeY=\"5\" SizeC=\"2\" SizeT=\"5\" \
               DimensionOrder=\"XYCZT\"/></Image></OME>";
    for description in [imagej, xml] {
        let whole = block(description, 10, 0);
        let path = write(&folder, "cut.tif", &whole[..whole.len() - AREA]);
        let mut stack = movemeter_io::open_with(&path, &asking(Some(1), None)).unwrap();
        let mut frame = Frame::default();
        stack.read(3, &mut frame).unwrap();
        assert_eq!(frame.pixels()[0], 7.0);
        assert_eq!(stack.info().n_frames, 5);
        assert!(stack.read(4, &mut frame).is_err());
    }
}

#[test]
fn nothing_is_guessed_where_directories_do_not_follow_the_images() {
    let folder = tempfile::tempdir().unwrap();
    for description in TEN {
        let mut among = block(description, 10, 0);
        let next_at = among.len() - 10 * AREA - 4;
        let end = among.len() as u32;
        for next in [end - 1, end + (1 << 16), u32::MAX] {
            among[next_at..next_at + 4].copy_from_slice(&next.to_le_bytes());
            let path = write(&folder, "among.tif", &among);
            assert_eq!(first_missing(&path), (1, 10), "{description}");
        }
    }
}

#[test]
fn a_description_behind_the_end_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = described(TEN[0], 1);
    let entry = whole.windows(4).position(|bytes| bytes == [14, 1, 2, 0]).unwrap();
    whole[entry + 8..entry + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let path = write(&folder, "cut.tif", &whole);
    let message = refusal(&path, &OpenOptions::default());
    assert!(message.contains("its description, which says what its pages are"), "{message}");
}

/// The same file, whose pixels are said to begin behind everything else.
fn images_behind(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = file.len() as u32;
    let offset = file.windows(4).position(|bytes| bytes == [17, 1, 4, 0]).unwrap() + 8;
    file[offset..offset + 4].copy_from_slice(&at.to_le_bytes());
    file
}

#[test]
fn images_beyond_four_gigabytes_are_reached() {
    use std::io::{Seek, SeekFrom, Write};
    let folder = tempfile::tempdir().unwrap();
    let description = text(DESCRIPTION, "ImageJ=1.53t\nimages=5000\nslices=5000\n");
    let tags = [description, long(256, 1000), long(257, 1000), long(279, 1_000_000)];
    let start = images_behind(&tiff(&[grey_page(0, &tags)]));
    let path = write(&folder, "large.tif", &start);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    // All but the last pixel is a hole in the file.
    file.seek(SeekFrom::Start(start.len() as u64 + 5_000_000_000 - 1)).unwrap();
    file.write_all(&[77]).unwrap();
    let mut stack = open(&path).unwrap();
    let mut frame = Frame::default();
    for (index, last) in [(4999, 77.0), (4998, 0.0)] {
        stack.read(index, &mut frame).unwrap();
        assert_eq!(frame.pixels()[999_999], last);
    }
}

#[test]
fn pixels_that_are_elsewhere_than_in_the_file_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    for beyond in [long(273, 1 << 30), long(273, u32::MAX), long(279, 1 << 30)] {
        let pages = [grey_page(0, &[]), grey_page(1, &[beyond]), grey_page(2, &[])];
        let path = write(&folder, "beyond.tif", &tiff(&pages));
        assert_eq!(first_missing(&path), (1, 3));
        // The others are none the worse.
        let mut frame = Frame::default();
        open(&path).unwrap().read(2, &mut frame).unwrap();
        assert_eq!(frame.pixels()[0], 2.0);
    }
}

#[test]
fn a_page_that_cannot_be_understood_is_a_frame_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for odd in [long(256, 0), short(258, 77), short(259, 34_925), short(277, 0), short(339, 9)] {
        let pages = [grey_page(0, &[]), grey_page(1, &[odd]), grey_page(2, &[])];
        let path = write(&folder, "odd.tif", &tiff(&pages));
        assert_eq!(first_missing(&path), (1, 3));
        assert_eq!(open(&path).unwrap().info().n_frames, 3);
    }
    let lzma = write(&folder, "lzma.tif", &tiff(&[grey_page(0, &[short(259, 34_925)])]));
    let message = refusal(&lzma, &OpenOptions::default());
    assert!(message.contains("not read here (LZMA); save it uncompressed"), "{message}");
}
