//! Finding the program ffmpeg, and how it is called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::{NOT_THERE, Pieces, Process};
use crate::format::Cause;

/// The program, known to be ffmpeg.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// As it says itself.
    pub(crate) version: String,
    /// Whether it is older than 5.1.
    is_old: bool,
}

/// Names the program in the environment.
const VARIABLE: &str = "MOVEMETER_FFMPEG";

/// The containers that are opened. None of them leads to other files, as playlists do.
const CONTAINERS: &str = "3g2,3gp,asf,av1,avi,dv,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4v,matroska,\
    mjpeg,mov,mp4,mpeg,mpegts,mpegvideo,mxf,nsv,nut,obu,ogg,rm,roq,swf,vc1,webm,wtv,yuv4mpegpipe";

impl Program {
    /// The program that was named, else the one of the environment, else the one on the path.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, Cause> {
        if let Some(path) = named {
            return Self::named(path, "--ffmpeg");
        }
        if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            return Self::named(Path::new(&path), VARIABLE);
        }
        Self::checked(Path::new("ffmpeg")).map_err(|why| match why {
            Unusable::Missing => format!(
                "the program ffmpeg is needed, but not there; install it ({INSTALL}), or name it \
                 with --ffmpeg or {VARIABLE}"
            ),
            Unusable::Other(cause) => format!("{cause}; name another with --ffmpeg or {VARIABLE}"),
        })
    }

    fn named(path: &Path, by: &str) -> Result<Self, Cause> {
        Self::checked(path).map_err(|why| match why {
            Unusable::Missing => {
                format!("{by} names the program {}, but there is none", path.display())
            }
            Unusable::Other(cause) => format!("{cause}, but {by} names it"),
        })
    }

    /// Asks the program what it is.
    fn checked(path: &Path) -> Result<Self, Unusable> {
        let other =
            |cause: &str| Unusable::Other(format!("the program {} {cause}", path.display()));
        let mut command = bare(path);
        let started = Process::start(command.arg("-version"), Pieces::Lines);
        let mut process = started.map_err(|cause| match cause == NOT_THERE {
            true => Unusable::Missing,
            false => Unusable::Other(format!("{cause} ({})", path.display())),
        })?;
        let line = process.piece().map_err(|_| other("does not answer"))?.unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let version = line.strip_prefix("ffmpeg version ").and_then(|line| line.split(' ').next());
        let version = version.ok_or_else(|| other("is not ffmpeg"))?;
        Ok(Self { path: path.into(), version: version.trim().into(), is_old: is_old(version) })
    }

    /// ffmpeg, saying all that is of use and asking nothing.
    pub(crate) fn command(&self) -> Command {
        let mut command = bare(&self.path);
        command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+info"]);
        command
    }

    /// ffmpeg, reading the pictures of this file; `input` are settings of how it is read.
    ///
    /// The path may hold anything: it is given as a file, never as a protocol, a pattern or an option, and no other
    /// file is opened for it.
    pub(super) fn reading(&self, path: &Path, input: &[&str]) -> Command {
        let mut command = self.command();
        // Times as they are in the file.
        command.args(["-copyts", "-protocol_whitelist", "file,pipe"]);
        command.args(["-format_whitelist", CONTAINERS]);
        command.args(["-max_pixels", &most_pixels(path).to_string()]).args(input);
        command.arg("-i").arg(as_file(path));
        // Of several videos the first that is no cover picture.
        command.args(["-map", "0:V:0", "-an", "-sn", "-dn"]);
        command
    }

    /// The settings that decode every frame once, say what it is, and pass it through these filters.
    pub(super) fn every_frame(&self, filters: &str) -> [String; 4] {
        // Versions before 5.1 know `fps_mode` by another name, some before 4.3 cannot leave out the checksums.
        let (once, show) =
            if self.is_old { ("-vsync", "showinfo") } else { ("-fps_mode", "showinfo=checksum=0") };
        ["-vf".into(), format!("{show},{filters}"), once.into(), "passthrough".into()]
    }
}

/// How many pixels a picture of this file may have. A header that claims more is a lie, and not given memory.
fn most_pixels(path: &Path) -> u64 {
    /// Videos repeat what they have: this is a black picture, many times over.
    const FOR_A_BYTE: u64 = 4096;
    /// 8K, the largest that cameras have, however small the file.
    const FOR_NOTHING: u64 = 1 << 25;
    let n_bytes = std::fs::metadata(path).map_or(0, |about| about.len());
    n_bytes.saturating_mul(FOR_A_BYTE).clamp(FOR_NOTHING, i32::MAX as u64)
}

/// A path as ffmpeg is to take it: as a file, whatever its name.
pub(crate) fn as_file(path: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(std::path::absolute(path).as_deref().unwrap_or(path));
    name
}

enum Unusable {
    Missing,
    Other(Cause),
}

#[cfg(target_os = "macos")]
const INSTALL: &str = "brew install ffmpeg";
#[cfg(windows)]
const INSTALL: &str = "winget install ffmpeg";
#[cfg(not(any(target_os = "macos", windows)))]
const INSTALL: &str = "apt install ffmpeg";

fn bare(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.stdin(Stdio::null());
    // No report files, no colours in what is said.
    command.env_remove("FFREPORT").env("AV_LOG_FORCE_NOCOLOR", "1");
    without_window(&mut command);
    command
}

#[cfg(windows)]
fn without_window(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    /// CREATE_NO_WINDOW of the system's "Process Creation Flags".
    const NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(NO_WINDOW);
}

#[cfg(not(windows))]
fn without_window(_: &mut Command) {}

/// Whether a version is older than 5.1. Versions without a number are built from sources of some day, and taken as new.
fn is_old(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('n').split(['.', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(5)), Some(Ok(minor))) => minor < 1,
        (Some(Ok(5)), _) => true,
        (Some(Ok(major)), _) => major < 5,
        _ => false,
    }
}

/// Whether a name is one of those that a comma separates.
pub(super) fn is_among(names: &str, wanted: &[&str]) -> bool {
    names.split(',').any(|name| wanted.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_know_the_older_option() {
        for version in ["4.4.2-0ubuntu0.22.04.1", "5.0.1", "n4.3", "5"] {
            assert!(is_old(version), "{version}");
        }
        for version in [
            "5.1.9-0+deb12u1",
            "n9.0.2-17-g2a571b6068",
            "N-112345-gabcdef",
            "7.0.2-static",
            "git-2020",
        ] {
            assert!(!is_old(version), "{version}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Program::find(Some(Path::new("no/such/program"))).unwrap_err();
        assert_eq!(error, "--ffmpeg names the program no/such/program, but there is none");
    }

    #[test]
    fn another_program_is_not_taken_for_ffmpeg() {
        // rustc is there wherever these tests are.
        let error = Program::find(Some(Path::new("rustc"))).unwrap_err();
        assert_eq!(error, "the program rustc is not ffmpeg, but --ffmpeg names it");
    }
}
