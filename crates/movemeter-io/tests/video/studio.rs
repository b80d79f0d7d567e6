//! Where the tests' videos are made.

use std::path::{Path, PathBuf};
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::{OpenOptions, open_with};

pub fn ffmpeg() -> Option<PathBuf> {
    let named = std::env::var_os("MOVEMETER_FFMPEG").map(PathBuf::from);
    let found = named.or_else(|| {
        let python = std::env::var_os("MOVEMETER_PYTHON")?;
        let question = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())";
        let answer = Command::new(python).args(["-c", question]).output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        Some(String::from_utf8(answer.stdout).unwrap().trim().into())
    });
    if found.is_none() {
        println!("skipped: neither MOVEMETER_FFMPEG nor MOVEMETER_PYTHON is set");
    }
    found
}

/// A folder, and an ffmpeg that makes videos in it.
pub struct Studio {
    pub ffmpeg: PathBuf,
    pub folder: tempfile::TempDir,
}

impl Studio {
    pub fn new() -> Option<Self> {
        Some(Self { ffmpeg: ffmpeg()?, folder: tempfile::tempdir().unwrap() })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs ffmpeg on the words of `settings`.
    pub fn run(&self, settings: &str, output: &Path) {
        let mut command = Command::new(&self.ffmpeg);
        command.args(["-hide_banner", "-loglevel", "error", "-y"]).args(settings.split(' '));
        assert!(command.current_dir(self.folder.path()).arg(output).status().unwrap().success());
    }

    /// 60 frames in 2 s, no two alike.
    pub fn made(&self, name: &str, settings: &str) -> PathBuf {
        let path = self.path(name);
        self.run(&format!("-f lavfi -i testsrc2=s=96x64:r=30:d=2 {settings}"), &path);
        path
    }

    pub fn options(&self) -> OpenOptions {
        OpenOptions { ffmpeg: Some(self.ffmpeg.clone()), ..OpenOptions::default() }
    }

    pub fn open(&self, path: &Path) -> Box<dyn FrameSource> {
        open_with(path, &self.options()).unwrap()
    }

    pub fn message(&self, path: &Path) -> String {
        let error = open_with(path, &self.options()).err().expect("an error").to_string();
        error.replace(&format!(" ({})", path.display()), "")
    }
}

pub fn read(stack: &mut dyn FrameSource, index: usize) -> Frame {
    let mut frame = Frame::default();
    stack.read(index, &mut frame).unwrap();
    frame
}

pub fn all(stack: &mut dyn FrameSource) -> Vec<Frame> {
    (0..stack.info().n_frames).map(|index| read(stack, index)).collect()
}

pub fn difference(a: &Frame, b: &Frame) -> f64 {
    let off = |(a, b): (&f32, &f32)| f64::from((a - b).abs());
    a.pixels().iter().zip(b.pixels()).map(off).sum::<f64>() / a.size().area() as f64
}
