//! A running ffmpeg, which ends when it is no longer needed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::said::{Line, Problems};
use crate::format::Cause;

/// Nothing takes that long without a word: ffmpeg hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pieces that ffmpeg may be ahead: one is taken while the next is made.
const PIECES_AHEAD: usize = 2;

/// Longer lines are taken as several.
const LONGEST_LINE: u64 = 64 << 10;

/// There is no such program.
pub(super) const NOT_THERE: &str = "there is no program ffmpeg";

/// What ffmpeg writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pieces {
    /// Lines of text.
    Lines,
    /// Frames of so many bytes.
    Frames(usize),
}

/// A running program: pieces that it writes, and what it says meanwhile. It is ended when this is dropped.
pub(crate) struct Process {
    child: Child,
    pieces: Receiver<Vec<u8>>,
    /// Pieces that were used up, to be filled again.
    used: Sender<Vec<u8>>,
    lines: Receiver<Line>,
    problems: Arc<Mutex<Problems>>,
    /// How many lines it has said.
    n_said: Arc<AtomicUsize>,
    /// How long to wait for the next sign of life.
    patience: Duration,
}

impl Process {
    /// Starts it. Nothing is given to it unless the command says where its input comes from.
    pub(crate) fn start(command: &mut Command, pieces: Pieces) -> Result<Self, Cause> {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        child.map(|child| Self::of(child, pieces)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => NOT_THERE.into(),
            _ => format!("ffmpeg cannot be started: {}", crate::error::plain(&error)),
        })
    }

    fn of(mut child: Child, pieces: Pieces) -> Self {
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        let (to_pieces, from_pieces) = mpsc::sync_channel(PIECES_AHEAD);
        let (used, reused) = mpsc::channel();
        let (to_lines, lines) = mpsc::channel();
        let problems = Arc::new(Mutex::new(Problems::default()));
        let kept = Arc::clone(&problems);
        thread::spawn(move || match pieces {
            Pieces::Lines => take_lines(stdout, &to_pieces),
            Pieces::Frames(n_bytes) => take_frames(stdout, n_bytes, &to_pieces, &reused),
        });
        let n_said = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&n_said);
        thread::spawn(move || listen(stderr, &to_lines, &kept, &counted));
        let patience = PATIENCE;
        Self { child, pieces: from_pieces, used, lines, problems, n_said, patience }
    }

    /// The next piece; none where there are no more. A last piece that is not whole is left out.
    pub(crate) fn piece(&mut self) -> Result<Option<Vec<u8>>, Cause> {
        self.wait_for(&self.pieces)
    }

    /// The next thing said that is of use; none where there are no more.
    pub(super) fn line(&mut self) -> Result<Option<Line>, Cause> {
        self.wait_for(&self.lines)
    }

    /// Waits as long as ffmpeg gives signs of life.
    fn wait_for<T>(&self, things: &Receiver<T>) -> Result<Option<T>, Cause> {
        loop {
            let n_said = self.n_said.load(Ordering::Relaxed);
            match things.recv_timeout(self.patience) {
                Ok(thing) => return Ok(Some(thing)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if n_said != self.n_said.load(Ordering::Relaxed) => {
                }
                Err(RecvTimeoutError::Timeout) => {
                    let waited = self.patience.as_secs();
                    return Err(format!(
                        "ffmpeg hangs: it has given nothing for {waited} s, and was ended"
                    ));
                }
            }
        }
    }

    /// What was said and not taken yet.
    pub(super) fn lines_so_far(&self) -> impl Iterator<Item = Line> {
        self.lines.try_iter()
    }

    /// Gives a piece back that is not needed any more.
    pub(super) fn reuse(&self, piece: Vec<u8>) {
        // Nobody takes it if ffmpeg has ended.
        let _ = self.used.send(piece);
    }

    /// Where the program reads from, if the command says that it is given something.
    pub(crate) fn input(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// What it has complained of so far.
    pub(super) fn problems(&self) -> Problems {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for its end, and says what went wrong with it.
    pub(crate) fn end(&mut self) -> Result<(), Cause> {
        while self.piece()?.is_some() {}
        while self.line()?.is_some() {}
        let status = self.child.wait().map_err(|error| crate::error::plain(&error))?;
        if status.success() {
            return Ok(());
        }
        Err(self.problems().cause().unwrap_or_else(|| format!("ffmpeg broke off ({status})")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn take_lines(stdout: ChildStdout, pieces: &SyncSender<Vec<u8>>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if !read.is_ok_and(|n| 0 < n) || pieces.send(line).is_err() {
            return;
        }
    }
}

fn take_frames(
    mut stdout: ChildStdout,
    n_bytes: usize,
    pieces: &SyncSender<Vec<u8>>,
    reused: &Receiver<Vec<u8>>,
) {
    loop {
        let mut frame = reused.try_recv().unwrap_or_default();
        frame.resize(n_bytes, 0);
        if stdout.read_exact(&mut frame).is_err() || pieces.send(frame).is_err() {
            return;
        }
    }
}

/// Takes everything that is said, so that ffmpeg never waits to be heard.
fn listen(
    stderr: ChildStderr,
    lines: &Sender<Line>,
    problems: &Mutex<Problems>,
    n_said: &AtomicUsize,
) {
    let mut reader = BufReader::new(stderr);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        if !read.is_ok_and(|n| 0 < n) {
            return;
        }
        n_said.fetch_add(1, Ordering::Relaxed);
        let text = String::from_utf8_lossy(&bytes);
        let mut problems = problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.add_if_cut_off(&text);
        match Line::parse(text.trim_end()) {
            Some(Line::Problem(text)) => problems.add(text),
            // Whoever does not listen any more still lets ffmpeg speak.
            Some(line) => drop(lines.send(line)),
            None => {}
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str, pieces: Pieces) -> Process {
        Process::start(Command::new("sh").args(["-c", script]), pieces).unwrap()
    }

    #[test]
    fn a_program_that_hangs_is_given_up_and_ended() {
        let mut process = shell("echo 1; exec sleep 100", Pieces::Lines);
        process.patience = Duration::from_millis(200);
        assert_eq!(process.piece().unwrap(), Some(b"1\n".to_vec()));
        let error = process.piece().unwrap_err();
        assert!(error.starts_with("ffmpeg hangs: it has given nothing for"), "{error}");
        let start = Instant::now();
        drop(process);
        assert!(start.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn what_is_said_never_holds_the_program_up() {
        // Far more than a pipe holds.
        let script = "i=0; while [ $i -lt 20000 ]; do echo '[error] something that is wrong' >&2; \
                      i=$((i+1)); done; printf abcdefgh";
        let mut process = shell(script, Pieces::Frames(3));
        assert_eq!(process.piece().unwrap(), Some(b"abc".to_vec()));
        assert_eq!(process.piece().unwrap(), Some(b"def".to_vec()));
        assert_eq!(process.piece().unwrap(), None, "the last is not whole");
        assert_eq!(process.problems().cause().unwrap(), "ffmpeg says: something that is wrong");
    }

    #[test]
    fn a_program_that_fails_without_a_word_is_explained_by_its_end() {
        let error = shell("exit 3", Pieces::Lines).end().unwrap_err();
        assert_eq!(error, "ffmpeg broke off (exit status: 3)");
        let error = shell("kill -SEGV $$", Pieces::Lines).end().unwrap_err();
        assert!(error.starts_with("ffmpeg broke off (signal: 11"), "{error}");
        shell("exit 0", Pieces::Lines).end().unwrap();
    }
}
