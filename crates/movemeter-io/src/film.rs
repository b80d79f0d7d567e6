//! Films for people to look at: any source of frames, written as MP4 by the program ffmpeg.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::FrameSource;

use crate::error::{Error, plain};
use crate::format::ffmpeg::{Pieces, Process, Program, as_file};
use crate::output::OutputFile;
use crate::pixels::Pictures;

/// How a film is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilmOptions {
    /// The grey level that becomes black, with all below, and the one that becomes white, with all above. Left out:
    /// 0 and 255 where pixels have 8 bits, else the darkest and the brightest of all frames, which are then read once
    /// more.
    pub range: Option<[f32; 2]>,
    /// Frames a second. Left out: those of the source, or 25 where it has none.
    pub frame_rate_hz: Option<f64>,
    /// The program ffmpeg. Left out: what the environment's `MOVEMETER_FFMPEG` names, else the one on the path.
    pub ffmpeg: Option<PathBuf>,
}

/// For sources that do not say how fast they were recorded.
const USUAL_RATE_HZ: f64 = 25.0;

/// Writes all frames of a source as an MP4 film that can be shown everywhere: H.264, or MPEG-4 part 2 where ffmpeg has
/// no H.264 encoder, in 4:2:0 with 8 bit.
///
/// Grey levels from black to white (`range`) become the film's brightness, which is stored from 16 to 235:
///
/// ```text
/// Y = 16 + 219 (grey − black) / (white − black)
/// ```
///
/// What lies outside is brought to the nearer end; NaN becomes black. The film is compressed: it is for looking at,
/// not for measuring. Its width and height must be even, so that a column is added on the right, or a row at the
/// bottom, where they are not; both are black. Frames are shown one after the other at one rate; uneven times are not
/// kept.
///
/// The file appears when it is complete, not before: see [`OutputFile`]. The error says what ffmpeg lacks, which frame
/// could not be read, or why the file cannot be written.
///
/// ```no_run
/// use movemeter_io::{FilmOptions, open, write_mp4};
///
/// let mut stack = open("recording.tif")?;
/// let options = FilmOptions { range: Some([200.0, 900.0]), ..FilmOptions::default() };
/// write_mp4(&mut stack, "recording.mp4", &options)?;
/// # Ok::<(), movemeter_io::Error>(())
/// ```
pub fn write_mp4(
    source: &mut dyn FrameSource,
    path: impl AsRef<Path>,
    options: &FilmOptions,
) -> Result<(), Error> {
    let path = path.as_ref();
    let unwritable = |cause: String| Error::Unwritable { path: path.into(), cause };
    let info = source.info();
    let rate_hz = options.frame_rate_hz.or(info.frame_rate_hz);
    check(info.n_frames, rate_hz, options).map_err(unwritable)?;
    let encoder = Encoder::find(options).map_err(unwritable)?;
    let output = OutputFile::create(path)?;
    let range = match options.range {
        Some(range) => range,
        None => range_of(source)?,
    };
    let film = Film { size: source.info().size, pixels: "gray", rate_hz };
    encoder.write(&film, output, path, |input| write_frames(source, range, input))
}

/// Writes pictures in colour as such a film.
pub(crate) fn write_colors(
    pictures: &mut dyn Pictures,
    path: &Path,
    options: &FilmOptions,
) -> Result<(), Error> {
    let unwritable = |cause: String| Error::Unwritable { path: path.into(), cause };
    let rate_hz = options.frame_rate_hz.or(pictures.rate_hz());
    check(pictures.count(), rate_hz, options).map_err(unwritable)?;
    let encoder = Encoder::find(options).map_err(|cause| {
        unwritable(format!("{cause}; or write a picture for each frame, as in -o f_####.png"))
    })?;
    let output = OutputFile::create(path)?;
    let film = Film { size: pictures.size(), pixels: "rgb24", rate_hz };
    encoder.write(&film, output, path, |mut input| {
        for index in 0..pictures.count() {
            let picture = pictures.draw(index).map_err(Failed::Read)?;
            input.write_all(&picture.rgb).map_err(|error| Failed::Write(plain(&error)))?;
        }
        Ok(())
    })
}

/// What ffmpeg is told of a film.
struct Film {
    size: Size,
    /// ffmpeg's word for the bytes of a pixel.
    pixels: &'static str,
    rate_hz: Option<f64>,
}

/// An ffmpeg that can write films.
struct Encoder {
    program: Program,
    codec: [&'static str; 4],
}

impl Encoder {
    fn find(options: &FilmOptions) -> Result<Self, String> {
        let program = Program::find(options.ffmpeg.as_deref())?;
        let codec = codec(&program)?;
        Ok(Self { program, codec })
    }

    /// Lets ffmpeg write what `write` gives to its input.
    fn write(
        &self,
        film: &Film,
        output: OutputFile,
        path: &Path,
        write: impl FnOnce(ChildStdin) -> Result<(), Failed>,
    ) -> Result<(), Error> {
        let unwritable = |cause: String| Error::Unwritable { path: path.into(), cause };
        let mut command = self.program.command();
        command.args(raw_frames(film)).args(MADE_EVEN).args(self.codec);
        command.args(FOR_ALL_PLAYERS).arg(as_file(output.hidden_path()));
        let mut process = started(command).map_err(unwritable)?;
        let input = process.input().expect("piped");
        write(input).map_err(|failed| match failed {
            Failed::Read(error) => error,
            // ffmpeg has ended, and says why.
            Failed::Write(cause) => unwritable(process.end().err().unwrap_or(cause)),
        })?;
        process.end().map_err(unwritable)?;
        output.finish()
    }
}

/// Rates that players and containers can have.
const RATES_HZ: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;

fn check(n_frames: usize, rate_hz: Option<f64>, options: &FilmOptions) -> Result<(), String> {
    if let Some([black, white]) = options.range
        && !(black.is_finite() && white.is_finite() && black < white)
    {
        return Err(format!("black must be less than white, but they are {black} and {white}"));
    }
    if let Some(rate_hz) = rate_hz.filter(|rate_hz| !RATES_HZ.contains(rate_hz)) {
        let (from, to) = (RATES_HZ.start(), RATES_HZ.end());
        return Err(format!(
            "the frame rate of a film may be {from} to {to} a second, but is {rate_hz}; give another with --fps"
        ));
    }
    match n_frames {
        0 => Err("there is no frame to be written".into()),
        _ => Ok(()),
    }
}

/// The grey levels of black and white that suit a source.
fn range_of(source: &mut dyn FrameSource) -> Result<[f32; 2], Error> {
    if source.info().pixel_type == "uint8" {
        return Ok([0.0, 255.0]);
    }
    let (mut darkest, mut brightest) = (f32::INFINITY, f32::NEG_INFINITY);
    let mut frame = Frame::default();
    for index in 0..source.info().n_frames {
        let failed = |error: BoxError| Error::Source { frame: index, source: error };
        source.read(index, &mut frame).map_err(failed)?;
        for &grey in frame.pixels().iter().filter(|grey| grey.is_finite()) {
            (darkest, brightest) = (darkest.min(grey), brightest.max(grey));
        }
    }
    // A recording without contrast is black.
    Ok(if darkest < brightest { [darkest, brightest] } else { [0.0, f32::MAX] })
}

/// The best of the encoders that this ffmpeg has.
fn codec(program: &Program) -> Result<[&'static str; 4], String> {
    let mut command = program.command();
    let mut process = Process::start(command.arg("-encoders"), Pieces::Lines)?;
    let mut text = Vec::new();
    while let Some(line) = process.piece()? {
        text.extend(line);
    }
    let text = String::from_utf8_lossy(&text);
    let has = |name: &str| text.lines().any(|line| line.split_whitespace().nth(1) == Some(name));
    match (has("libx264"), has("mpeg4")) {
        (true, _) => Ok(["-c:v", "libx264", "-crf", "18"]),
        // On the scale of this encoder, 1 to 31, about as good.
        (false, true) => Ok(["-c:v", "mpeg4", "-q:v", "2"]),
        (false, false) => Err("this ffmpeg cannot write films: it has neither libx264 nor mpeg4; \
             install a complete one"
            .into()),
    }
}

/// Bytes of pixels on the standard input.
fn raw_frames(film: &Film) -> [String; 11] {
    let words = [
        "-f",
        "rawvideo",
        "-pixel_format",
        film.pixels,
        "-video_size",
        "",
        "-framerate",
        "",
        "-i",
        "pipe:0",
        "-y",
    ];
    let mut words = words.map(String::from);
    words[5] = film.size.to_string();
    words[7] = rate(film.rate_hz.unwrap_or(USUAL_RATE_HZ));
    words
}

/// As a fraction: ffmpeg rounds decimal numbers, of which 29.97 Hz is the best known.
fn rate(rate_hz: f64) -> String {
    let of_ntsc = (rate_hz * 1.001).round();
    if (of_ntsc / 1.001 - rate_hz).abs() < 1e-6 * rate_hz && rate_hz.fract() != 0.0 {
        return format!("{}/1001", of_ntsc * 1000.0);
    }
    format!("{}/{RATE_PARTS}", (rate_hz * RATE_PARTS).round())
}

/// A rate is right to 1/1000 of a frame a second.
const RATE_PARTS: f64 = 1000.0;

const MADE_EVEN: [&str; 2] = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p"];

/// The index stands at the beginning, so that a film can be shown before all of it has come.
const FOR_ALL_PLAYERS: [&str; 4] = ["-movflags", "+faststart", "-f", "mp4"];

fn started(mut command: Command) -> Result<Process, String> {
    Process::start(command.stdin(Stdio::piped()), Pieces::Lines)
}

enum Failed {
    Read(Error),
    Write(String),
}

/// Gives all frames to ffmpeg; with the input closed, the film is complete.
fn write_frames(
    source: &mut dyn FrameSource,
    range: [f32; 2],
    mut input: ChildStdin,
) -> Result<(), Failed> {
    let mut frame = Frame::default();
    let mut bytes = Vec::new();
    for index in 0..source.info().n_frames {
        let failed = |error: BoxError| Failed::Read(Error::Source { frame: index, source: error });
        source.read(index, &mut frame).map_err(failed)?;
        bytes.clear();
        bytes.extend(frame.pixels().iter().map(|&grey| level(grey, range)));
        input.write_all(&bytes).map_err(|error| Failed::Write(plain(&error)))?;
    }
    Ok(())
}

/// The grey level of the film, 0 to 255. Casts of floats to integers saturate, and make NaN 0.
fn level(grey: f32, [black, white]: [f32; 2]) -> u8 {
    (255.0 * (grey - black) / (white - black)).round() as u8
}

#[cfg(test)]
mod tests {
    use movemeter::source::MemoryStack;

    use super::*;

    #[test]
    fn well_known_rates_are_fractions() {
        assert_eq!(rate(30_000.0 / 1001.0), "30000/1001");
        assert_eq!(rate(25.0), "25000/1000");
        assert_eq!(rate(26.777), "26777/1000");
    }

    #[test]
    fn grey_levels_stop_at_black_and_white() {
        let levels =
            [0.0, 100.0, 150.0, 200.0, 1e9, f32::NAN].map(|grey| level(grey, [100.0, 200.0]));
        assert_eq!(levels, [0, 0, 128, 255, 255, 0]);
    }

    #[test]
    fn black_and_white_are_those_of_eight_bits_or_of_all_frames() {
        let frame = |grey: [f32; 2]| Frame::from_pixels(Size::new(2, 1), grey.to_vec()).unwrap();
        let frames = vec![frame([7.0, 300.0]), frame([f32::NAN, 2.5])];
        let mut stack = MemoryStack::new(frames).unwrap();
        assert_eq!(range_of(&mut stack).unwrap(), [2.5, 300.0]);
        assert_eq!(range_of(&mut stack.stored_as("uint8")).unwrap(), [0.0, 255.0]);
        let mut even = MemoryStack::new(vec![frame([5.0, 5.0])]).unwrap();
        let range = range_of(&mut even).unwrap();
        assert_eq!(level(5.0, range), 0);
    }

    #[test]
    fn settings_that_make_no_film_are_refused() {
        let mut stack = MemoryStack::new(vec![Frame::new(Size::new(2, 2))]).unwrap();
        let mut message = |options: FilmOptions| {
            write_mp4(&mut stack, "f.mp4", &options).unwrap_err().to_string()
        };
        let options = FilmOptions { range: Some([2.0; 2]), ..FilmOptions::default() };
        assert_eq!(
            message(options),
            "cannot write: black must be less than white, but they are 2 and 2 (f.mp4)"
        );
        let options = FilmOptions { frame_rate_hz: Some(0.0), ..FilmOptions::default() };
        assert_eq!(
            message(options),
            "cannot write: the frame rate of a film may be 0.01 to 100000 a second, but is 0; give another with --fps \
             (f.mp4)"
        );
    }
}
