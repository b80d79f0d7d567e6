//! Zarr folders that are written here, byte by byte: what is known of them, and what is wrong with them.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod damage;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter_io::{OpenOptions, hash_input, open, open_all};
use serde_json::{Value, json};

use damage::{mutate, rounds};

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn array_of(shape: &[u64], chunks: &[u64], compressor: Option<&str>) -> Value {
    json!({
        "zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<u2", "order": "C",
        "fill_value": 7, "filters": null,
        "compressor": compressor.map(|name| json!({"id": name, "level": 1}))
    })
}

fn chunk(values: std::ops::Range<u16>) -> Vec<u8> {
    values.flat_map(u16::to_le_bytes).collect()
}

/// An OME-Zarr of three frames of 4 × 2 px, of two channels, 40 ms and half a micrometre apart.
fn image(folder: &Path) {
    let attributes = json!({
        "multiscales": [{
            "version": "0.4", "name": "cell 3",
            "axes": [
                {"name": "t", "type": "time", "unit": "millisecond"},
                {"name": "c", "type": "channel"},
                {"name": "y", "type": "space", "unit": "micrometer"},
                {"name": "x", "type": "space", "unit": "micrometer"}
            ],
            "datasets": [
                {"path": "full", "coordinateTransformations": [{"type": "scale", "scale": [40.0, 1, 0.5, 0.5]}]},
                {"path": "half"}
            ]
        }],
        "omero": {"channels": [{"label": "GFP"}, {"label": "RFP"}]}
    });
    write(folder, ".zgroup", "{\"zarr_format\": 2}");
    write(folder, ".zattrs", attributes.to_string());
    write(folder, "full/.zarray", array_of(&[3, 2, 2, 4], &[1, 1, 2, 4], None).to_string());
    for (t, c) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)] {
        let first = 100 * t + 50 * c;
        write(folder, &format!("full/{t}.{c}.0.0"), chunk(first..first + 8));
    }
    write(folder, "full/notes.txt", "no chunk");
    write(folder, "full/3.0.0.0", "beyond the array");
}

fn refusal(path: &Path) -> String {
    let message = open(path).err().unwrap().to_string();
    message.strip_suffix(&format!(" ({})", path.display())).unwrap().into()
}

#[test]
fn scale_times_and_missing_chunks_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cell");
    image(&path);
    let recording = open_all(std::slice::from_ref(&path), &OpenOptions::default()).unwrap();
    let mut stack = recording.source;
    let info = stack.info().clone();
    assert_eq!((info.n_frames, info.size), (3, Size::new(4, 2)));
    assert_eq!((info.frame_rate_hz, info.pixel_size_um), (Some(25.0), Some(0.5)));
    assert_eq!(info.pixel_type, "uint16");
    let about = |name: &str| {
        let found = info.metadata.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(about("image"), Some("cell 3"));
    assert_eq!(about("channels"), Some("GFP, RFP"));
    assert_eq!(about("channel"), Some("0 of 2"));
    let missing = "1 of 3 chunks are not there and stand for the fill value 7";
    assert_eq!(about("missing"), Some(missing));
    assert!(about("attributes").unwrap().contains("coordinateTransformations"));
    let mut frame = Frame::default();
    stack.read(1, &mut frame).unwrap();
    assert_eq!(frame.pixels(), [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0]);
    stack.read(2, &mut frame).unwrap();
    assert_eq!(frame.pixels(), [7.0; 8]);
    let names = |path: &PathBuf| {
        path.strip_prefix(&recording.inputs[0].path).unwrap().display().to_string()
    };
    let names: Vec<String> = recording.inputs[0].files.iter().map(names).collect();
    let expected = [
        ".zgroup",
        ".zattrs",
        "full/.zarray",
        "full/0.0.0.0",
        "full/0.1.0.0",
        "full/1.0.0.0",
        "full/1.1.0.0",
        "full/2.1.0.0",
    ];
    assert_eq!(names, expected);
    assert_eq!(hash_input(&recording.inputs[0]).unwrap().n_files, Some(8));
    let red = OpenOptions { channel: Some(1), ..OpenOptions::default() };
    let mut stack = movemeter_io::open_with(&path, &red).unwrap();
    stack.read(2, &mut frame).unwrap();
    assert_eq!(frame.pixels()[0], 250.0);
    assert!(!stack.info().metadata.iter().any(|(name, _)| name == "missing"));
}

#[test]
fn pixels_that_are_not_square_and_slices_are_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let attributes = json!({"multiscales": [{
        "axes": [{"name": "z", "type": "space", "unit": "micrometer"},
                 {"name": "y", "type": "space", "unit": "micrometer"},
                 {"name": "x", "type": "space", "unit": "micrometer"}],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2.0, 0.5, 0.25]}]}]
    }]});
    write(path, ".zattrs", attributes.to_string());
    write(path, "0/.zarray", array_of(&[3, 2, 4], &[1, 2, 4], None).to_string());
    let stack = open(path).unwrap();
    assert_eq!((stack.info().n_frames, stack.info().pixel_size_um), (3, None));
    let axes = "z: 3 of 2 micrometer, y: 2 of 0.5 micrometer, x: 4 of 0.25 micrometer";
    let expected =
        [("axes".into(), axes.into()), ("slices".into(), "slices taken as frames".into())];
    assert_eq!(stack.info().metadata[..2], expected);
    assert_eq!(stack.info().frame_rate_hz, None);
}

#[test]
fn a_damaged_chunk_is_a_frame_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, ".zarray", array_of(&[4, 2, 4], &[1, 2, 4], Some("zlib")).to_string());
    for k in 0..3 {
        let whole = chunk(0..8);
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &whole).unwrap();
        let bytes = encoder.finish().unwrap();
        write(path, &format!("{k}.0.0"), &bytes[..if k == 1 { 9 } else { bytes.len() }]);
    }
    let mut stack = open(path).unwrap();
    let mut frame = Frame::default();
    stack.read(0, &mut frame).unwrap();
    let message = stack.read(1, &mut frame).unwrap_err().to_string();
    assert!(
        message.starts_with("cannot read frame 1 of the file: chunk 1.0.0: the chunk is damaged"),
        "{message}"
    );
    stack.read(2, &mut frame).unwrap();
    // A chunk that goes while the Zarr is open was there: it is not filled.
    fs::remove_file(path.join("2.0.0")).unwrap();
    assert!(stack.read(2, &mut frame).unwrap_err().to_string().contains("chunk 2.0.0"));
}

#[test]
fn a_chunk_of_several_frames_is_decoded_once_for_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, ".zarray", array_of(&[4, 2, 4], &[2, 1, 2], None).to_string());
    for (k, name) in ["0.0.0", "0.0.1", "0.1.0", "0.1.1", "1.0.0", "1.0.1", "1.1.0", "1.1.1"]
        .into_iter()
        .enumerate()
    {
        write(path, name, chunk(10 * k as u16..10 * k as u16 + 4));
    }
    let mut stack = open(path).unwrap();
    let mut frame = Frame::default();
    stack.read(0, &mut frame).unwrap();
    assert_eq!(frame.pixels(), [0.0, 1.0, 10.0, 11.0, 20.0, 21.0, 30.0, 31.0]);
    fs::remove_file(path.join("0.1.1")).unwrap();
    stack.read(1, &mut frame).unwrap();
    assert_eq!(frame.pixels(), [2.0, 3.0, 12.0, 13.0, 22.0, 23.0, 32.0, 33.0]);
    stack.read(3, &mut frame).unwrap();
    assert_eq!(frame.pixels()[7], 73.0);
    assert!(stack.read(0, &mut frame).is_err(), "no more is kept than the next frames need");
}

#[test]
fn groups_without_an_image_say_what_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, ".zgroup", "{\"zarr_format\": 2}");
    assert_eq!(refusal(path), "cannot read as Zarr: it is a group without an image");
    image(&path.join("10"));
    image(&path.join("2"));
    assert_eq!(
        refusal(path),
        "cannot read as Zarr: it is a group without an image of its own; open one of the folders in it: 2, 10"
    );
    fs::remove_dir_all(path.join("10")).unwrap();
    write(path, ".zattrs", "{\"bioformats2raw.layout\": 3}");
    assert_eq!(open(path).unwrap().info().n_frames, 3);
}

#[test]
fn an_archive_is_to_be_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.zarr.zip", "PK");
    let message = refusal(&folder.path().join("a.zarr.zip"));
    assert!(message.contains("unpack it"), "{message}");
}

#[test]
fn shapes_that_nothing_backs_are_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let start = Instant::now();
    for (shape, chunks) in [
        ([1, 1 << 40, 1 << 40], [1, 64, 64]),
        ([1 << 60, 64, 64], [1, 64, 64]),
        ([u64::MAX, u64::MAX, u64::MAX], [1, 1, 1]),
        ([10, 64, 64], [1 << 40, 64, 64]),
        ([10, 64, 64], [u64::MAX, u64::MAX, u64::MAX]),
    ] {
        write(path, ".zarray", array_of(&shape, &chunks, None).to_string());
        let message = refusal(path);
        let is_plain = ["cannot hold", "decoded at once", "can be counted"];
        assert!(is_plain.iter().any(|words| message.contains(words)), "{message}");
    }
    assert!(start.elapsed() < Duration::from_secs(1));
}

/// Small Zarrs in which every byte counts: each compression, and shards.
fn samples(folder: &Path) -> Vec<(PathBuf, Vec<&'static str>)> {
    image(&folder.join("image"));
    let zstd = folder.join("zstd");
    write(&zstd, ".zarray", array_of(&[2, 2, 4], &[2, 2, 4], Some("zstd")).to_string());
    write(&zstd, "0.0.0", zstd::encode_all(&chunk(0..16)[..], 1).unwrap());
    let blosc = folder.join("blosc");
    write(&blosc, ".zarray", array_of(&[2, 64, 64], &[2, 64, 64], Some("blosc")).to_string());
    write(&blosc, "0.0.0", blosc_of(&chunk(0..8192)));
    let shards = folder.join("shards");
    write(&shards, "zarr.json", sharded().to_string());
    let mut shard = chunk(0..8);
    shard.extend(chunk(8..16));
    shard.extend([0u64, 16, 16, 16].into_iter().flat_map(u64::to_le_bytes));
    write(&shards, "c/0/0/0", shard);
    vec![
        (folder.join("image"), vec![".zattrs", "full/.zarray", "full/1.0.0.0"]),
        (zstd, vec![".zarray", "0.0.0"]),
        (blosc, vec![".zarray", "0.0.0"]),
        (shards, vec!["zarr.json", "c/0/0/0"]),
    ]
}

/// Blosc's container with one block of LZ4, whose numbers of two bytes are shuffled.
fn blosc_of(bytes: &[u8]) -> Vec<u8> {
    let even = bytes.iter().step_by(2);
    let shuffled: Vec<u8> = even.chain(bytes[1..].iter().step_by(2)).copied().collect();
    let block = lz4_flex::block::compress(&shuffled);
    let mut whole = vec![2, 1, 1 | 16 | 1 << 5, 2];
    let lengths = [bytes.len(), bytes.len(), 16 + 4 + 4 + block.len(), 20, block.len()];
    whole.extend(lengths.into_iter().flat_map(|length| (length as u32).to_le_bytes()));
    whole.extend(block);
    whole
}

fn sharded() -> Value {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    json!({
        "zarr_format": 3, "node_type": "array", "shape": [2, 2, 4], "data_type": "uint16", "fill_value": 7,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2, 4]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [1, 2, 4], "codecs": [bytes], "index_codecs": [bytes]
        }}]
    })
}

#[test]
fn samples_are_read_as_they_were_meant() {
    let folder = tempfile::tempdir().unwrap();
    for (path, _) in samples(folder.path()) {
        let mut stack = open(&path).unwrap();
        let mut frame = Frame::default();
        stack.read(1, &mut frame).unwrap();
        let first = if path.ends_with("image") { 100.0 } else { stack.info().size.area() as f32 };
        let expected: Vec<f32> = (0..frame.pixels().len()).map(|k| first + k as f32).collect();
        assert_eq!(frame.pixels(), expected, "{}", path.display());
    }
}

#[test]
fn damaged_zarrs_end_in_pixels_or_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (mut n_refused, mut n_read) = (0, 0);
    for (path, files) in samples(folder.path()) {
        for (seed, name) in (1..).zip(files) {
            let outcome = mutate(seed, rounds() / 3, &path, &path.join(name));
            n_refused += outcome.n_refused;
            n_read += outcome.n_read;
        }
    }
    assert!(100 < n_refused && 100 < n_read, "{n_refused} refused, {n_read} frames read");
}
