//! Tests that must find no other program: what is read without ffmpeg is the same whether it is installed or not.

use std::process::Command;

/// Set where a test runs again by itself.
const ALONE: &str = "MOVEMETER_TEST_ALONE";

/// Whether this is a run without other programs. If not, the test of this name is run once more that way, and must
/// pass; the caller then has nothing left to do.
pub fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ALONE, "1");
    command.env("PATH", "").env_remove("MOVEMETER_FFMPEG");
    let run = command.output().unwrap();
    let said = [run.stdout, run.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    println!("{said}");
    assert!(run.status.success() && said.contains("1 passed"), "{test} failed, see above");
    false
}
