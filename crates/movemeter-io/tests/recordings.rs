//! Files and folders as they come: several formats, several files, real recordings.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter_io::{BitDepth, OpenOptions, hash_input, open, open_all, write_tiff};

const SIZE: Size = Size::new(5, 4);

/// Frames of one value each, so that a frame says which it is.
fn write_values(path: &Path, values: &[f32]) {
    let frames = values.iter().map(|&value| Frame::from_fn(SIZE, |_, _| value)).collect();
    write_tiff(&mut MemoryStack::new(frames).unwrap(), BitDepth::Sixteen, path).unwrap();
}

fn values(stack: &mut dyn FrameSource, order: impl Iterator<Item = usize>) -> Vec<f32> {
    let mut frame = Frame::default();
    let mut value = |index| {
        stack.read(index, &mut frame).unwrap();
        frame.pixels()[0]
    };
    order.map(&mut value).collect()
}

/// Real recordings beside the repository, where they are.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn mean(frame: &Frame) -> f64 {
    frame.pixels().iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / frame.size().area() as f64
}

#[test]
fn a_folder_is_one_series_in_natural_order_of_all_frames_in_it() {
    let folder = tempfile::tempdir().unwrap();
    write_values(&folder.path().join("Frame10.TIF"), &[30.0]);
    write_values(&folder.path().join("frame9.tif"), &[20.0, 21.0, 22.0]);
    write_values(&folder.path().join("frame2.tiff"), &[10.0, 11.0]);
    std::fs::write(folder.path().join("README.md"), "no picture").unwrap();
    std::fs::write(folder.path().join(".frame1.tif"), "hidden").unwrap();
    let mut stack = open(folder.path()).unwrap();
    assert_eq!((stack.info().n_frames, stack.info().size), (6, SIZE));
    assert_eq!(values(&mut stack, 0..6), [10.0, 11.0, 20.0, 21.0, 22.0, 30.0]);
    assert_eq!(values(&mut stack, (0..6).rev()), [30.0, 22.0, 21.0, 20.0, 11.0, 10.0]);
}

#[test]
fn more_files_than_are_kept_open_are_read_to_and_fro() {
    let folder = tempfile::tempdir().unwrap();
    for k in 0..30u16 {
        write_values(&folder.path().join(format!("{k}.tif")), &[k.into()]);
    }
    let mut stack = open(folder.path()).unwrap();
    let there_and_back: Vec<usize> = (0..30).chain((0..30).rev()).chain([3, 29, 3, 0]).collect();
    let expected: Vec<f32> = there_and_back.iter().map(|&k| k as f32).collect();
    assert_eq!(values(&mut stack, there_and_back.into_iter()), expected);
}

#[test]
fn several_paths_are_one_series_in_the_order_given() {
    let folder = tempfile::tempdir().unwrap();
    let (late, early) = (folder.path().join("z"), folder.path().join("a.tif"));
    std::fs::create_dir(&late).unwrap();
    write_values(&late.join("2.tif"), &[2.0]);
    write_values(&late.join("1.tif"), &[1.0]);
    write_values(&early, &[7.0, 8.0]);
    let mut recording = open_all(&[late.clone(), early.clone()], &OpenOptions::default()).unwrap();
    assert_eq!(values(&mut recording.source, 0..4), [1.0, 2.0, 7.0, 8.0]);
    assert_eq!(recording.source.info().name, "z and 1 more");
    assert_eq!(recording.inputs[0].path, late);
    assert_eq!(recording.inputs[0].files, [late.join("1.tif"), late.join("2.tif")]);
    assert_eq!(recording.inputs[1].files, [early]);
    let hashed = hash_input(&recording.inputs[0]).unwrap();
    assert_eq!((&*hashed.name, hashed.n_files), ("z", Some(2)));
    assert_eq!(hash_input(&recording.inputs[1]).unwrap().n_files, None);
}

#[test]
fn a_frame_of_a_series_that_cannot_be_read_names_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    write_values(&folder.path().join("1.tif"), &[1.0]);
    write_values(&folder.path().join("2.tif"), &[2.0, 3.0]);
    let path = folder.path().join("2.tif");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
    let mut stack = open(folder.path()).unwrap();
    assert_eq!(values(&mut stack, 0..2), [1.0, 2.0]);
    let message = stack.read(2, &mut Frame::default()).unwrap_err().to_string();
    assert!(message.starts_with("cannot read frame 1 of the file: "), "{message}");
    assert!(message.ends_with(&format!("({})", path.display())), "{message}");
}

#[test]
fn imagejs_pixel_size_is_taken_where_its_unit_is_micrometres() {
    for (unit, size_um) in [("\\u00B5m", Some(0.25)), ("micron", Some(0.25)), ("inch", None)] {
        let description = format!("ImageJ=1.54f\nunit={unit}\n");
        assert_eq!(open_described(&description).info().pixel_size_um, size_um, "{unit}");
    }
    let stack = open_described("unit=um\n");
    assert_eq!(stack.info().pixel_size_um, None, "only ImageJ writes its unit there");
    assert_eq!(stack.info().metadata[0], ("ImageDescription".into(), "unit=um\n".into()));
}

/// A page with this description and four pixels per unit.
fn open_described(description: &str) -> Box<dyn FrameSource> {
    use tiff::encoder::{Rational, TiffEncoder, colortype::Gray8};
    use tiff::tags::{ResolutionUnit, Tag};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.tif");
    let mut encoder = TiffEncoder::new(std::fs::File::create(&path).unwrap()).unwrap();
    let mut page = encoder.new_image::<Gray8>(2, 2).unwrap();
    page.resolution(ResolutionUnit::None, Rational { n: 4_000_000, d: 1_000_000 });
    page.encoder().write_tag(Tag::ImageDescription, description).unwrap();
    page.write_data(&[1, 2, 3, 4]).unwrap();
    open(&path).unwrap()
}

#[test]
fn the_fly_is_read_in_the_order_it_was_filmed() {
    let Some(folder) = shared("fly") else { return };
    let recording = open_all(&[folder], &OpenOptions::default()).unwrap();
    let info = recording.source.info();
    assert_eq!((info.n_frames, info.size), (6, Size::new(1024, 1024)));
    assert_eq!((&*info.name, &*info.pixel_type), ("fly", "uint16"));
    let names: Vec<_> = recording.inputs[0].files.iter().map(|file| file.file_name()).collect();
    for (k, name) in names.iter().enumerate() {
        let name = name.unwrap().to_string_lossy();
        assert_eq!(name, format!("im_pos(-81, -107)_rep0_{}.tiff", k + 4));
    }
}

/// Means as numpy gives them for what tifffile and Pillow read.
#[test]
fn real_recordings_have_the_brightness_that_other_programs_see() {
    let expected = [
        ("muscle_bundle_b/bundle_b_rows160-351.tif", 50, "uint16", 2_520.405_293_8),
        ("tensile_oht_cfrp", 4, "palette uint8", 80.052_930_3),
        ("piv_exp1", 1, "rgb uint8", 37.449_869_8),
        ("video_cup", 4, "uint8", 175.305_839_8),
        ("rotation_cg", 18, "uint8", 10.812_635_7),
        ("speckle_dice/refSpeckled.tif", 0, "uint8", 109.469_238_3),
    ];
    for (name, index, pixel_type, brightness) in expected {
        let Some(path) = shared(name) else { continue };
        let mut stack = open(path).unwrap();
        let mut frame = Frame::default();
        stack.read(index, &mut frame).unwrap();
        assert_eq!(stack.info().pixel_type, pixel_type, "{name}");
        assert!((mean(&frame) - brightness).abs() < 1e-3, "{name}: {}", mean(&frame));
    }
}
