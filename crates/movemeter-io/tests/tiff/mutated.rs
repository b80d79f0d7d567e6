//! Small files with bytes changed at random: whatever comes of it, it comes in words or pixels.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::open;
use tiff::encoder::{Compression, Predictor, TiffEncoder, colortype};

use crate::writer::*;

/// Valid files of all kinds that are told apart.
fn files() -> Vec<Vec<u8>> {
    let hyper = "ImageJ=1.53t\nimages=4\nchannels=2\nframes=2\nunit=um\nfinterval=0.5\n";
    let xml = "<OME UUID=\"a\"><Image><Pixels SizeX=\"7\" SizeY=\"5\" SizeC=\"2\" SizeT=\"2\" \
               DimensionOrder=\"XYCZT\" PhysicalSizeX=\"1\"><TiffData IFD=\"0\" PlaneCount=\"4\">\
               <UUID FileName=\"mutated.tif\">a</UUID></TiffData><Plane TheT=\"0\" DeltaT=\"1\"/>\
               </Pixels></Image></OME>";
    let described = |text_of_it: &str| {
        let describe = |k| if k == 0 { vec![text(DESCRIPTION, text_of_it)] } else { Vec::new() };
        tiff(&(0..4).map(|k| grey_page(k, &describe(k))).collect::<Vec<_>>())
    };
    let mut one_page = tiff(&[grey_page(1, &[text(DESCRIPTION, hyper)])]);
    let (at, n) = (one_page.len() as u32, one_page.len());
    let offset = (0..n).find(|&k| one_page[k..].starts_with(&[17, 1, 4, 0])).unwrap() + 8;
    one_page[offset..offset + 4].copy_from_slice(&at.to_le_bytes());
    one_page.extend([7; 4 * AREA]);
    let planes = |tags: &[Tag]| {
        let three = [short(262, 2), short(277, 3), short(284, 2)];
        let places = [Tag(273, 4, 3, [8u32, 43, 78].map(u32::to_le_bytes).concat())];
        let lengths = [Tag(279, 4, 3, [35u32; 3].map(u32::to_le_bytes).concat())];
        tiff(&[([&three[..], &places, &lengths, tags].concat(), vec![9; 3 * AREA])])
    };
    let tiled = [long(322, 16), long(323, 16), long(324, 8), long(325, 256)];
    let mut files = vec![described(""), described(hyper), described(xml), one_page, planes(&[])];
    files.push(tiff(&[(tiled.to_vec(), vec![3; 256])]));
    files.extend([Compression::Lzw, Compression::Packbits, Compression::Uncompressed].map(encoded));
    files.push(encoded(Compression::Deflate(tiff::encoder::DeflateLevel::Fast)));
    files.push(tiff(&[(vec![short(259, 7)], jpeg())]));
    files.push(tiff(&[(vec![short(259, 50_000)], zstd())]));
    files
}

fn encoded(compression: Compression) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap().with_compression(compression);
    if !matches!(compression, Compression::Uncompressed | Compression::Packbits) {
        encoder = encoder.with_predictor(Predictor::Horizontal);
    }
    let pixels: Vec<u16> = (0..20 * 20).map(|k| k * 3).collect();
    for _ in 0..2 {
        encoder.write_image::<colortype::Gray16>(20, 20, &pixels).unwrap();
    }
    file.into_inner()
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode(&[99; AREA], WIDTH, HEIGHT, image::ExtendedColorType::L8).unwrap();
    bytes
}

/// One block of bytes as they are.
fn zstd() -> Vec<u8> {
    let n = AREA as u8;
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0x20, n];
    [&header[..], &[1 | n << 3, n >> 5, 0], &[5; AREA]].concat()
}

/// A generator of Knuth's; its upper bits are random enough.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn change(&mut self, file: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(file.len());
            match self.below(4) {
                0 => file[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                1 => file[at] ^= 1 << self.below(8),
                2 => file[at] = self.below(256) as u8,
                _ => {
                    let from = self.below(file.len());
                    let n = (1 + self.below(12)).min(file.len() - at.max(from));
                    file.copy_within(from..from + n, at);
                }
            }
        }
        if self.below(8) == 0 {
            file.truncate(1 + self.below(file.len()));
        }
    }
}

/// Tries a file; whether a frame of it could be read.
fn is_read(path: &Path) -> bool {
    let Ok(mut stack) = open(path) else { return false };
    let mut frame = Frame::default();
    let n_frames = stack.info().n_frames.min(5);
    (0..n_frames).filter(|&index| stack.read(index, &mut frame).is_ok()).count() != 0
}

fn mutate(n_of_each: usize, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(seed);
    let (mut n_read, mut n_refused) = (0, 0);
    for (kind, whole) in files().iter().enumerate() {
        let path = write(&folder, "mutated.tif", whole);
        assert!(is_read(&path), "file {kind} must be valid before it is changed");
        for _ in 0..n_of_each {
            let mut file = whole.clone();
            random.change(&mut file);
            write(&folder, "mutated.tif", &file);
            match catch_unwind(AssertUnwindSafe(|| is_read(&path))) {
                Ok(true) => n_read += 1,
                Ok(false) => n_refused += 1,
                Err(_) => panic!("file {kind} stopped the program: {file:?}"),
            }
        }
    }
    assert!(n_of_each < n_read && n_of_each / 2 < n_refused, "{n_read} read, {n_refused} refused");
}

/// Panics that were caught and made into errors would be said on the standard error output.
fn counting_panics(act: impl FnOnce()) -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static N_PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        N_PANICS.fetch_add(1, Ordering::Relaxed);
        before(panic);
    }));
    act();
    N_PANICS.load(Ordering::Relaxed)
}

#[test]
fn changed_bytes_end_in_pixels_or_in_words() {
    assert_eq!(counting_panics(|| mutate(400, 1)), 0);
}

#[test]
#[ignore = "takes minutes; for changes of the reader"]
fn many_more_changed_bytes_end_in_pixels_or_in_words() {
    assert_eq!(counting_panics(|| mutate(40_000, 2)), 0);
}
