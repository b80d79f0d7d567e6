//! Films that are written, and read again.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, MemoryStack, StackInfo};
use movemeter_io::{FilmOptions, write_mp4};

use crate::studio::{Studio, difference, read};

/// A smooth picture that moves, of odd size.
fn waves(n_frames: usize) -> MemoryStack {
    let wave = |shift: usize| {
        Frame::from_fn(Size::new(81, 47), |x, y| {
            let (x, y) = ((x + 2 * shift) as f32 / 9.0, y as f32 / 7.0);
            128.0 + 100.0 * x.sin() * y.cos()
        })
    };
    MemoryStack::new((0..n_frames).map(wave).collect()).unwrap()
}

#[test]
fn a_film_has_the_frames_and_the_rate_of_its_source() {
    let Some(studio) = Studio::new() else { return };
    let path = studio.path("film.mp4");
    for rate_hz in [None, Some(30_000.0 / 1001.0), Some(7.5)] {
        let options = FilmOptions {
            range: Some([0.0, 255.0]),
            frame_rate_hz: rate_hz,
            ffmpeg: Some(studio.ffmpeg.clone()),
        };
        write_mp4(&mut waves(20), &path, &options).unwrap();
        let mut film = studio.open(&path);
        let info = film.info().clone();
        assert_eq!(
            (info.n_frames, info.size, info.pixel_type.as_str()),
            (20, Size::new(82, 48), "uint8")
        );
        assert_eq!(info.frame_rate_hz, rate_hz.or(Some(25.0)));
        for (index, shown) in waves(20).frames().iter().enumerate() {
            let frame = read(&mut film, index);
            let back = Frame::from_fn(shown.size(), |x, y| {
                (frame.pixels()[y * 82 + x] - 16.0) * 255.0 / 219.0
            });
            // What is left out by the codec: a grey level, more at the black border.
            assert!(difference(&back, shown) < 2.0, "frame {index}: {}", difference(&back, shown));
        }
    }
    assert_eq!(std::fs::read_dir(studio.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_film_that_breaks_off_leaves_no_file() {
    struct Broken(MemoryStack);
    impl FrameSource for Broken {
        fn info(&self) -> &StackInfo {
            self.0.info()
        }
        fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
            if index == 5 { Err("torn".into()) } else { self.0.read(index, frame) }
        }
    }
    let Some(studio) = Studio::new() else { return };
    let options = FilmOptions { ffmpeg: Some(studio.ffmpeg.clone()), ..FilmOptions::default() };
    let error = write_mp4(&mut Broken(waves(9)), studio.path("film.mp4"), &options).unwrap_err();
    assert_eq!(error.to_string(), "cannot read frame 5: torn");
    assert_eq!(std::fs::read_dir(studio.folder.path()).unwrap().count(), 0);
    let error = write_mp4(&mut waves(2), studio.path("no/film.mp4"), &options).unwrap_err();
    assert!(error.to_string().contains("there is no folder"), "{error}");
}
