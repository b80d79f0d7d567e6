//! Archives that mean no good, and damaged ones.

use std::io::Write;

use movemeter_io::{Session, read_session, write_session};
use zip::write::SimpleFileOptions;

use super::making::{all_measured, archive};

#[test]
fn names_that_lead_outside_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["../x.json", "a/../../x", "/etc/passwd", "..\\x", "C:x"] {
        let path = archive(folder.path(), "x.zip", &[("session.json", "{}"), (name, "")]);
        let said = read_session(path).unwrap_err().to_string();
        assert!(said.contains("leads outside"), "{name}: {said}");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for name in ["session.json", "dx_px.npy", "dy_px.npy"] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        let zeros = vec![b' '; 1 << 20];
        (0..150).for_each(|_| zip.write_all(&zeros).unwrap());
    }
    zip.finish().unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let said = read_session(&path).unwrap_err().to_string();
    assert!(said.contains("times larger than it is"), "{said}");
}

#[test]
fn two_members_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let members = [("session.json", "{}"), ("session.jsox", "{}")];
    let path = archive(folder.path(), "x.zip", &members);
    let bytes = std::fs::read(&path).unwrap();
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let twice: Vec<u8> =
        text.replace("session.jsox", "session.json").chars().map(|c| c as u8).collect();
    std::fs::write(&path, twice).unwrap();
    let said = read_session(&path).unwrap_err().to_string();
    assert!(said.contains("two files of one name"), "{said}");
}

#[test]
fn what_is_no_archive_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("empty.zip", &b""[..]), ("text.zip", b"frame,dx_px\n"), ("cut.zip", b"PK\x03\x04")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let said = read_session(&path).unwrap_err().to_string();
        assert!(said.contains("no zip archive") && said.ends_with(&format!("{name})")), "{said}");
    }
    let said = read_session(folder.path()).unwrap_err().to_string();
    assert!(said.contains("it is no file"), "{said}");
    let said = read_session(folder.path().join("gone.zip")).unwrap_err().to_string();
    assert!(said.starts_with("there is no such file"), "{said}");
}

#[test]
fn cut_and_changed_sessions_are_errors_or_sessions_but_never_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.zip");
    write_session(&Session::of_results(all_measured(folder.path())), &path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let changed = folder.path().join("changed.zip");
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&changed, &whole[..length]).unwrap();
        assert!(read_session(&changed).is_err(), "cut after {length} bytes");
    }
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    for _ in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let place = random(bytes.len());
            bytes[place] = random(256) as u8;
        }
        std::fs::write(&changed, bytes).unwrap();
        // Whatever it says, it says it.
        let _ = read_session(&changed);
    }
}
