//! Tables that were changed by hand: what is clear is read, what is not is said.

use std::path::PathBuf;

use movemeter::track::Status;
use movemeter_io::{Results, read_results};
use tempfile::TempDir;

use super::measured::{largest_difference, results, write};

/// A folder with a table whose text may be changed.
struct Hand {
    folder: TempDir,
    text: String,
    written: Results,
}

impl Hand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written = results();
        let path = folder.path().join("t.csv");
        write(&written, &path);
        let text = std::fs::read_to_string(path).unwrap();
        Self { folder, text, written }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("t.csv")
    }

    fn read(&self, text: impl AsRef<[u8]>) -> Results {
        std::fs::write(self.path(), text).unwrap();
        read_results(self.path()).unwrap()
    }

    fn refused(&self, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(), text).unwrap();
        let said = read_results(self.path()).unwrap_err().to_string();
        let place = format!(" ({})", self.path().display());
        let said = said.strip_suffix(&place).unwrap();
        said.strip_prefix("cannot read as a CSV table: ").unwrap().into()
    }

    fn assert_same(&self, text: impl AsRef<[u8]>) {
        let read = self.read(text);
        assert!(largest_difference(&read.tracks, &self.written.tracks) < 0.6e-6);
        assert_eq!(read.provenance, self.written.provenance);
    }

    /// The comment lines, and the others cell by cell.
    fn cells(&self) -> (String, Vec<Vec<String>>) {
        let (comments, rows): (Vec<&str>, Vec<&str>) =
            self.text.lines().partition(|line| line.starts_with('#'));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(rows.join("\n").leak().as_bytes());
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
        (comments.join("\n") + "\n", rows.collect())
    }

    fn joined(comments: &str, rows: &[Vec<String>]) -> String {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        for row in rows {
            writer.write_record(row).unwrap();
        }
        comments.to_owned() + &String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }
}

#[test]
fn what_spreadsheets_do_to_text_does_not_matter() {
    let hand = Hand::new();
    hand.assert_same(hand.text.replace('\n', "\r\n"));
    hand.assert_same(format!("\u{feff}{}", hand.text));
    let (comments, rows) = hand.cells();
    // Saved where decimals follow a comma: cells are separated by semicolons, and all lines are as long.
    let semicolons = |cell: &String| match cell.parse::<f64>() {
        Ok(_) => cell.replace('.', ","),
        Err(_) => format!("\"{}\"", cell.replace('"', "\"\"")),
    };
    let row = |row: &Vec<String>| row.iter().map(semicolons).collect::<Vec<_>>().join(";") + "\r\n";
    let comment = |line: &str| format!("\"{}\"{}\r\n", line.replace('"', "\"\""), ";".repeat(24));
    let text: String = comments.lines().map(comment).chain(rows.iter().map(row)).collect();
    hand.assert_same(text.clone());
    hand.assert_same(format!("{text}{}\r\n\r\n", ";".repeat(24)));
}

#[test]
fn rows_and_columns_may_be_in_any_order_and_others_among_them() {
    let hand = Hand::new();
    let (comments, mut rows) = hand.cells();
    rows[1..].sort_by_key(|row| (row[3].clone(), row[0].clone()));
    for (number, row) in rows.iter_mut().enumerate() {
        row.reverse();
        row.push(if number == 0 { "my notes".into() } else { format!("note {number}, see below") });
    }
    hand.assert_same(Hand::joined(&comments, &rows));
}

#[test]
fn rows_that_were_taken_out_are_excluded() {
    let hand = Hand::new();
    let (comments, mut rows) = hand.cells();
    // The second window in the second frame, and all of the fourth frame.
    rows.drain(10..13);
    rows.remove(5);
    let read = hand.read(Hand::joined(&comments, &rows));
    let numbers: Vec<usize> = read.tracks.stamps.iter().map(|stamp| stamp.number).collect();
    assert_eq!(numbers, [0, 1, 2, 4]);
    assert_eq!(read.tracks[1].samples[1].status, Status::Excluded);
    assert_eq!(read.tracks[0].samples[1].status, Status::Ok);
    assert_eq!(read.tracks[1].deformations.len(), 4);
}

#[test]
fn columns_that_can_be_done_without_may_be_missing() {
    let hand = Hand::new();
    let (comments, rows) = hand.cells();
    let without = |names: &[&str]| {
        let keep: Vec<usize> =
            (0..rows[0].len()).filter(|&place| !names.contains(&rows[0][place].as_str())).collect();
        let kept: Vec<Vec<String>> =
            rows.iter().map(|row| keep.iter().map(|&place| row[place].clone()).collect()).collect();
        Hand::joined(&comments, &kept)
    };
    let read =
        hand.read(without(&["x", "y", "w", "h", "time_s", "sd_x_px", "brightness", "dx_um"]));
    assert_eq!(read.tracks[1].rect, hand.written.tracks[1].rect);
    assert_eq!(read.tracks.stamps, hand.written.tracks.stamps);
    assert!(read.tracks[0].samples[0].sd_x().is_nan() && read.tracks.brightness.is_none());
    let read = hand.read(without(&["dx_px", "dy_px"]));
    assert_eq!(read.tracks.count(Status::Excluded), 15);
    assert!(read.tracks.brightness.is_some());
    let said = hand.refused(without(&["dx_px"]));
    assert!(said.starts_with("it has no column dx_px; there are frame, time_s, group"), "{said}");
    assert!(hand.refused(without(&["frame"])).starts_with("it has no column frame; there are"));
    let said = hand.refused(without(&["status"]));
    assert_eq!(said, "line 16: dx_px or dy_px is empty, and there is no column status to say why");
    let said = hand.refused(without(&["window"]));
    assert!(said.starts_with("line 11: the window is at 44,20,24,30"), "{said}");
}

#[test]
fn what_is_not_clear_is_said_with_its_line() {
    let hand = Hand::new();
    let (comments, rows) = hand.cells();
    let changed = |row: usize, column: &str, value: &str| {
        let mut rows = rows.clone();
        let column = rows[0].iter().position(|name| name == column).unwrap();
        rows[row][column] = value.into();
        hand.refused(Hand::joined(&comments, &rows))
    };
    // Eight lines of comments and the names of the columns stand before.
    assert_eq!(
        changed(2, "dx_px", "1.5 px"),
        "line 11: dx_px must be a number or empty, but is \"1.5 px\""
    );
    assert_eq!(
        changed(3, "frame", ""),
        "line 12: frame must be a whole number from 0 on, but is empty"
    );
    assert_eq!(
        changed(1, "status", "good"),
        "line 10: status must be one of ok, flat, left_frame, at_edge, ambiguous, low_score, diverged, \
         excluded, but is \"good\""
    );
    assert_eq!(
        changed(4, "x", "9"),
        "line 13: the window is at 9,8,32,32 (x, y, w, h), but was at 8,8,32,32 before"
    );
    assert_eq!(
        changed(4, "frame", "0"),
        "line 13: time_s is 0.03333333333333333, but it was 0 before for frame 0"
    );
    assert_eq!(changed(1, "dy_px", ""), "line 10: dx_px or dy_px is empty, but status is ok");
    assert_eq!(
        changed(1, "w", "-32"),
        "line 10: w must be a whole number from 0 on, but is \"-32\""
    );
    let mut twice = rows.clone();
    twice.push(rows[2].clone());
    assert_eq!(
        hand.refused(Hand::joined(&comments, &twice)),
        "line 25: frame 0 of window 1 of group \"eye, \\\"left\\\"; µ\" is already in line 11; each may \
         be there once"
    );
}

#[test]
fn what_is_no_table_is_refused() {
    let hand = Hand::new();
    assert_eq!(hand.refused(""), "it ends before the names of its columns");
    assert_eq!(hand.refused("# movemeter 1.0.0\n"), "it ends before the names of its columns");
    assert_eq!(hand.refused("frame,dx_px,dx_px\n"), "it has two columns of the name dx_px");
    assert_eq!(hand.refused("a,b\n1,2\n"), "it has no column frame; there are a, b");
    assert_eq!(
        hand.refused("frame,dx_px,dy_px\n1,2\n"),
        "line 2: it has 2 cells, but there are 3 names of columns"
    );
    let not_utf8 = "it is not UTF-8 text; save it as \"CSV UTF-8\"";
    assert_eq!(hand.refused(b"frame,gr\xfcn\n"), not_utf8);
    assert_eq!(hand.refused(b"frame,dx_px,dy_px\n0,\xb5,1\n"), format!("line 2: {not_utf8}"));
    let json = hand.folder.path().join("t.json");
    std::fs::write(&json, "{\"columns\": {\"frame\": [1,").unwrap();
    let said = read_results(&json).unwrap_err().to_string();
    assert!(said.contains("line 1 column"), "{said}");
    std::fs::write(&json, "{\"columns\": {\"frame\": [1], \"dx_px\": []}}").unwrap();
    let said = read_results(&json).unwrap_err().to_string();
    assert!(said.contains("frame has 1 entries, dx_px has 0"), "{said}");
}

#[test]
fn a_recipe_that_cannot_be_read_is_a_doubt_and_the_windows_are_known_still() {
    let hand = Hand::new();
    let text = hand.text.replace("# recipe {", "# recipe {\"colour\":\"red\",");
    let read = hand.read(&text);
    let doubt = read.provenance.doubts.last().unwrap();
    assert!(doubt.contains("written by movemeter") && doubt.contains("colour"), "{doubt}");
    assert_eq!(read.recipe.windows.len(), 3);
    assert_eq!(read.tracks.n_windows(), 3);
}

#[test]
fn tables_of_earlier_versions_are_read() {
    let hand = Hand::new();
    let text = "# movemeter 1.0.0-dev.0\n# recipe {\"windows\":[{\"name\":\"roi\",\"windows\":[[1,2,3,4]]}],\"reference\":\"first\"}\n\
                # input abcd fly (6 files)\nframe,time_s,group,window,x,y,w,h,dx_px,dy_px,sd_x_px,sd_y_px,cov_xy_px2,score,status\n\
                0,,roi,0,1,2,3,4,0.000000,0.000000,0.000000,0.000000,0.00000e0,1.000000,ok\n\
                1,,roi,0,1,2,3,4,,,,,,,flat\n";
    let read = hand.read(text);
    assert_eq!(read.provenance.inputs[0].path, None);
    assert_eq!(
        (read.provenance.inputs[0].name.as_str(), read.provenance.inputs[0].n_files),
        ("fly", Some(6))
    );
    assert!(read.provenance.doubts.is_empty());
    assert_eq!((read.tracks.n_frames(), read.tracks[0].samples[1].status), (2, Status::Flat));
    assert!(read.tracks.stamps[1].time_s.is_nan());
}
