//! Files written here, as other programs read them.
//!
//! Needs a Python with numpy, Pillow and tifffile, named by `MOVEMETER_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, MemoryStack, StackInfo};
use movemeter_io::{BitDepth, open, stack_files, write_stack};

const SIZE: Size = Size::new(211, 97);

/// Frames in memory of which something is known.
struct Known {
    stack: MemoryStack,
    info: StackInfo,
}

impl Known {
    fn new(change: impl FnOnce(&mut StackInfo)) -> Self {
        let frame =
            |k: usize| Frame::from_fn(SIZE, |x, y| ((17 * x + 5 * y + 31 * k) % 256) as f32);
        let stack = MemoryStack::new((0..4).map(frame).collect()).unwrap();
        let mut info = stack.info().clone();
        change(&mut info);
        Self { stack, info }
    }

    fn pixels(&self) -> Vec<f32> {
        self.stack.frames().iter().flat_map(Frame::pixels).copied().collect()
    }
}

impl FrameSource for Known {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.stack.read(index, frame)
    }
}

/// Each format with each depth that it has, read by this line of Python into `read`.
const READERS: [(&str, &[BitDepth], &str); 3] = [
    ("stack.tif", &ALL_DEPTHS, "read = tifffile.imread(sys.argv[1])"),
    ("stack.npy", &ALL_DEPTHS, "read = numpy.load(sys.argv[1])"),
    (
        "f_##.png",
        &[BitDepth::Eight, BitDepth::Sixteen],
        "read = numpy.stack([PIL.Image.open(sys.argv[1].replace('##', f'{k:02}')) for k in range(4)])",
    ),
];
const ALL_DEPTHS: [BitDepth; 3] = [BitDepth::Eight, BitDepth::Sixteen, BitDepth::Float32];

#[test]
fn stacks_written_here_are_read_by_other_programs() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.f32");
    let mut stack = Known::new(|info| info.frame_rate_hz = Some(30.0));
    for (name, depths, reader) in READERS {
        for &bits in depths {
            let path = folder.path().join(name);
            write_stack(&mut stack, bits, &path).unwrap();
            let kind = match bits {
                BitDepth::Eight => "u1",
                BitDepth::Sixteen => "u2",
                BitDepth::Float32 => "f4",
            };
            let script = format!(
                "import sys, numpy, tifffile, PIL.Image\n{reader}\n\
                 assert read.dtype == numpy.dtype('{kind}'), read.dtype\n\
                 assert read.shape == (4, 97, 211), read.shape\n\
                 read.astype('<f4').tofile(sys.argv[2])"
            );
            run(&python, &script, &[&path, &truth]);
            assert!(stack.pixels() == read_f32(&truth), "{name} {bits:?}");
            assert!(stack.pixels() == read_here(&path, bits), "{name} {bits:?}");
        }
    }
}

fn read_here(path: &Path, bits: BitDepth) -> Vec<f32> {
    let files = stack_files(path, bits, 4).unwrap();
    let read = |file: &std::path::PathBuf| {
        let mut stack = open(file).unwrap();
        let mut frame = Frame::default();
        let pixels = (0..stack.info().n_frames).flat_map(|index| {
            stack.read(index, &mut frame).unwrap();
            frame.pixels().to_vec()
        });
        pixels.collect::<Vec<f32>>()
    };
    files.iter().flat_map(read).collect()
}

#[test]
fn an_array_has_the_bytes_that_numpy_writes() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.npy"), folder.path().join("theirs.npy"));
    for bits in ALL_DEPTHS {
        write_stack(&mut Known::new(|_| ()), bits, &ours).unwrap();
        let script = "import sys, numpy\nnumpy.save(sys.argv[2], numpy.load(sys.argv[1]))";
        run(&python, script, &[&ours, &theirs]);
        assert!(std::fs::read(&ours).unwrap() == std::fs::read(&theirs).unwrap(), "{bits:?}");
    }
}

#[test]
fn a_tiff_says_what_is_known_as_imagej_would() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    let mut stack = Known::new(|info| {
        info.frame_rate_hz = Some(25.0);
        info.pixel_size_um = Some(0.1083);
        info.exposure_s = Some(0.01);
        info.metadata = vec![
            ("ImageDescription".into(), "hair cell 3, 37 °C".into()),
            ("objective".into(), "63×".into()),
        ];
    });
    write_stack(&mut stack, BitDepth::Sixteen, &path).unwrap();
    let script = "\
        import sys, tifffile\n\
        file = tifffile.TiffFile(sys.argv[1])\n\
        about, page = file.imagej_metadata, file.pages[0]\n\
        assert file.is_imagej and file.series[0].axes == 'TYX', file.series\n\
        assert file.series[0].kind == 'imagej' and len(file.pages) == 4\n\
        assert about['finterval'] == 0.04 and about['unit'] == 'micron', about\n\
        assert about['frames'] == 4 and about['loop'] is False, about\n\
        assert about['Info'] == 'exposure_s: 0.01\\nobjective: 63\u{d7}\\n', about\n\
        assert page.tags['XResolution'].value == (10000, 1083), page.tags\n\
        assert page.tags['YResolution'].value == (10000, 1083), page.tags\n\
        assert page.tags['ResolutionUnit'].value == 1\n\
        assert page.description.endswith('\\n\\nhair cell 3, 37 \u{b0}C'), page.description\n\
        # ImageJ looks for all pixels behind one another.\n\
        places = [page.dataoffsets[0] for page in file.pages]\n\
        assert places == [places[0] + k * 2 * 97 * 211 for k in range(4)], places";
    run(&python, script, &[&path]);
    assert_eq!(open(&path).unwrap().info().pixel_size_um, Some(0.1083));
}

#[test]
fn a_tiff_of_nothing_but_pixels_describes_nothing() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    write_stack(&mut Known::new(|_| ()), BitDepth::Eight, &path).unwrap();
    let script = "\
        import sys, tifffile\n\
        tags = tifffile.TiffFile(sys.argv[1]).pages[0].tags\n\
        assert 'ImageDescription' not in tags and 'XResolution' not in tags, tags";
    run(&python, script, &[&path]);
}

#[test]
fn times_and_scale_come_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    let known_again = |change: fn(&mut StackInfo)| {
        let mut stack = Known::new(change);
        write_stack(&mut stack, BitDepth::Sixteen, &path).unwrap();
        open(&path).unwrap().info().clone()
    };
    let even = known_again(|info| {
        (info.frame_rate_hz, info.pixel_size_um) = (Some(25.0), Some(0.1083));
    });
    assert_eq!((even.frame_rate_hz, even.pixel_size_um), (Some(25.0), Some(0.1083)));
    assert_eq!(even.times_s, None);
    let uneven = known_again(|info| info.times_s = Some(vec![0.0, 0.1, 0.3, 1.7e-3 + 0.4]));
    assert_eq!(uneven.times_s, Some(vec![0.0, 0.1, 0.3, 1.7e-3 + 0.4]));
    assert_eq!(uneven.frame_rate_hz, None);
    let later = known_again(|info| {
        (info.frame_rate_hz, info.numbers) = (Some(10.0), Some(vec![10, 15, 20, 25]));
    });
    assert_eq!((later.frame_rate_hz, later.times_s), (Some(2.0), Some(vec![1.0, 1.5, 2.0, 2.5])));
}

fn run(python: &OsString, script: &str, arguments: &[&Path]) {
    let status = Command::new(python).args(["-c", script]).args(arguments).status().unwrap();
    assert!(status.success(), "{script}");
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("MOVEMETER_PYTHON");
    if python.is_none() {
        println!("skipped: MOVEMETER_PYTHON is not set");
    }
    python
}

fn read_f32(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}
