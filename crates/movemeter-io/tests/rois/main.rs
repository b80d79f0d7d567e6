//! Files of ROIs: what is written is read again, what others write is read, what is damaged is refused.
//!
//! The comparison with `roifile` needs a Python that has it, named by `MOVEMETER_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "../damage/mod.rs"]
mod damage;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::{Circle, Color, Fill, Roi, RoiGroup, Sector, Shape, Windows};
use movemeter_io::{draw_windows, read_rois, windows_anywhere, write_rois};
use serde_json::Value;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use damage::{Outcome, mutate_with, rounds};

const WHOLE: Fill = Fill::Whole;
const BLOCKS: Fill = Fill::Blocks { size: Size::new(16, 12), step: 0.5 };

fn points(points: &[(f64, f64)]) -> Vec<Point> {
    points.iter().copied().map(Point::from).collect()
}

fn group(name: &str, color: Option<Color>, rois: Vec<(Shape, Fill)>) -> RoiGroup {
    let rois = rois.into_iter().map(|(shape, fill)| Roi { shape, fill }).collect();
    RoiGroup { name: name.into(), color, rois }
}

/// Every shape and fill, in groups.
fn all() -> Vec<RoiGroup> {
    let rect = Rect::new(-3, 20, 80, 64);
    let circle = Circle { center: Point::new(60.25, 50.0), radius: 1.0 / 3.0 + 40.0 };
    let sector = Some(Sector { number: 1, of: 8 });
    let corners = points(&[(3.5, 4.125), (60.0, 0.0), (40.0, 80.1)]);
    let original = Fill::Original { size: Size::new(7, 7), step: 0.3 };
    vec![
        group("all", None, vec![(Shape::Frame, BLOCKS), (Shape::Box { rect }, original)]),
        group(
            "a \"b\", c/ä\n",
            Some(Color([1, 200, 3])),
            vec![
                (Shape::Ellipse { rect, ring: Some(12.5) }, BLOCKS),
                (Shape::Ellipse { rect, ring: None }, WHOLE),
                (Shape::Line { points: corners.clone(), distance: Some(4.0) }, WHOLE),
                (Shape::Line { points: corners[..2].to_vec(), distance: None }, BLOCKS),
                (Shape::Polygon { points: corners.clone(), distance: None }, WHOLE),
                (Shape::Polygon { points: corners.clone(), distance: Some(9.0) }, original),
                (Shape::arc(circle, 20.0, None, Some(rect)), BLOCKS),
                (Shape::arc(circle, 20.0, sector, None), BLOCKS),
                (Shape::Points { points: corners }, BLOCKS),
            ],
        ),
    ]
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn refusal(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        let message = read_rois(&path).expect_err(name).to_string();
        message.strip_suffix(&format!(" ({})", path.display())).unwrap().into()
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Vec<RoiGroup> {
        std::fs::write(self.path(name), bytes).unwrap();
        read_rois(self.path(name)).unwrap()
    }
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn our_own_file_keeps_everything() {
    let folder = Folder::new();
    let path = folder.path("rois.json");
    write_rois(&all(), None, &path).unwrap();
    assert_eq!(read_rois(&path).unwrap(), all());
}

#[test]
fn our_own_file_can_be_read_by_people() {
    let folder = Folder::new();
    let path = folder.path("rois.json");
    let rois = vec![
        (Shape::Box { rect: Rect::new(1, 2, 30, 40) }, WHOLE),
        (Shape::Ellipse { rect: Rect::new(0, 0, 9, 9), ring: None }, BLOCKS),
    ];
    write_rois(&[group("wing", Some(Color([0, 114, 178])), rois)], None, &path).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let expected = r##"{
  "movemeter": "VERSION",
  "version": 1,
  "groups": [
    { "name": "wing", "color": "#0072b2", "rois": [
      {"shape":{"box":{"rect":[1,2,30,40]}},"fill":"whole"},
      {"shape":{"ellipse":{"rect":[0,0,9,9]}},"fill":{"blocks":{"size":[16,12],"step":0.5}}}
    ] }
  ]
}
"##;
    assert_eq!(text, expected.replace("VERSION", env!("CARGO_PKG_VERSION")));
}

#[test]
fn slips_in_our_own_file_are_named() {
    let folder = Folder::new();
    let says = |text: &str| folder.refusal("rois.json", text);
    let with =
        |roi: &str| says(&format!(r#"{{"version":1,"groups":[{{"name":"a","rois":[{roi}]}}]}}"#));
    for (said, words) in [
        (
            says(r#"{"version":1,"gruops":[]}"#),
            "the key \"gruops\" is not known; did you mean \"groups\"?",
        ),
        (says(r#"{"version":2,"groups":[]}"#), "its version is 2, but at most 1 is known here"),
        (says(r#"{"groups":[]}"#), "the key \"version\" is missing"),
        (says(r#"{"version":1,"groups":[]}"#), "there is none in it"),
        (
            with(r#"{"shape":{"elipse":{"rect":[0,0,9,9]}}}"#),
            "\"elipse\" is not known; did you mean \"ellipse\"?",
        ),
        (
            with(r#"{"shape":{"box":{"rect":[0,0,9]}}}"#),
            "a list of 3 stands where a list of 4 numbers must be",
        ),
        (with(r#"{"shape":{"ellipse":{"rect":[0,0,9,9],"rign":4}}}"#), "did you mean \"ring\"?"),
        (
            with(r#"{"shape":"frame","fill":{"blocks":{"size":[9,9]}}}"#),
            "the key \"step\" is missing",
        ),
        (says("{\"version\":1,"), "line 1 column"),
        (says(""), "the file is empty"),
        (says("Dear reader,"), "it is none of: a ROI file of movemeter (.json), ImageJ's .roi"),
        (folder.refusal("a.json", [0x89, b'P', b'N', b'G', 0xff]), "it is none of"),
    ] {
        assert!(said.contains(words), "{said}");
    }
    let missing = read_rois(folder.path("no.json")).unwrap_err().to_string();
    assert!(missing.starts_with("there is no such file"), "{missing}");
    let is_folder = read_rois(folder.path(".")).unwrap_err().to_string();
    assert!(is_folder.contains("this is a folder"), "{is_folder}");
}

#[test]
fn windows_go_through_lists_and_tables() {
    let folder = Folder::new();
    let path = folder.path("windows.csv");
    let frame = Some(Size::new(200, 150));
    write_rois(&all(), frame, &path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("group,window,x,y,w,h\nall,0,0,0,16,12\n"), "{text}");
    let same = |groups: &[RoiGroup]| {
        let windows = windows_anywhere(groups, frame).unwrap();
        windows.iter().map(|(name, n, rect)| (name.to_owned(), n, rect)).collect::<Vec<_>>()
    };
    let read = read_rois(&path).unwrap();
    assert!(read.iter().flat_map(|group| &group.rois).all(|roi| roi.fill == WHOLE));
    assert!(same(&read) == same(&all()), "{read:?}");
    // Of a table of results, each window once.
    let table = "# movemeter\nframe,group,window,x,y,w,h,dx_px\n3,a,0,1,2,8,9,\n3,a,1,5,6,8,9,\n4,a,0,1,2,8,9,0.5\n";
    assert_eq!(same(&folder.read("t.csv", table)).len(), 2);
    assert_eq!(
        same(&folder.read("l.csv", "w, h, x, y\n8, 9, -1, 2\n"))[0].2,
        Rect::new(-1, 2, 8, 9)
    );
    let said = folder.refusal("bad.csv", "x,y,w,h\n1,2,8,9\n1,2,eight,9\n");
    assert_eq!(
        said,
        "cannot read as a list of windows: \"eight\" in line 3 is not a whole number of pixels"
    );
}

#[test]
fn what_imagej_has_goes_there_and_back() {
    let folder = Folder::new();
    let corners = points(&[(3.5, 4.25), (60.0, 0.5), (40.0, 80.0)]);
    let shapes = vec![
        (Shape::Box { rect: Rect::new(-3, 20, 80, 64) }, WHOLE),
        (Shape::Ellipse { rect: Rect::new(40_000, 20, 80, 64), ring: None }, WHOLE),
        (Shape::Line { points: corners.clone(), distance: Some(4.5) }, WHOLE),
        (Shape::Line { points: corners[..2].to_vec(), distance: None }, WHOLE),
        (Shape::Polygon { points: corners.clone(), distance: None }, WHOLE),
        (Shape::Points { points: corners }, WHOLE),
    ];
    let groups = vec![
        group("left / wing ä", Some(Color([1, 200, 3])), shapes.clone()),
        group("eye", Some(Color([0, 0, 255])), shapes[..1].to_vec()),
    ];
    write_rois(&groups, None, folder.path("RoiSet.zip")).unwrap();
    assert_eq!(read_rois(folder.path("RoiSet.zip")).unwrap(), groups);
    for (shape, fill) in shapes {
        let one = vec![group("one", Some(Color([9, 8, 7])), vec![(shape, fill)])];
        write_rois(&one, None, folder.path("one.roi")).unwrap();
        assert_eq!(read_rois(folder.path("one.roi")).unwrap(), one);
    }
}

#[test]
fn what_imagej_has_not_becomes_windows() {
    let folder = Folder::new();
    let (path, frame) = (folder.path("RoiSet.zip"), Some(Size::new(200, 150)));
    write_rois(&all(), frame, &path).unwrap();
    let read = read_rois(&path).unwrap();
    let n_boxes = |group: &RoiGroup| {
        group.rois.iter().filter(|roi| matches!(roi.shape, Shape::Box { .. })).count()
    };
    let windows = windows_anywhere(&all(), frame).unwrap();
    assert_eq!(read[0].rois.len(), windows.groups()[0].windows.len());
    assert_eq!(n_boxes(&read[1]), windows.groups()[1].windows.len() - 3);
    let said = write_rois(&all(), frame, folder.path("a.roi")).unwrap_err().to_string();
    assert!(said.starts_with("a .roi file holds one ROI, but these are"), "{said}");
    let far = [group("far", None, vec![(Shape::Box { rect: Rect::new(60_530, 0, 9, 9) }, WHOLE)])];
    let said = write_rois(&far, None, &path).unwrap_err().to_string();
    assert!(said.contains("from -5000 to 60535 px, but \"far 0000\" reaches to 60539"), "{said}");
}

#[test]
fn sessions_of_movemeter_07_give_their_windows() {
    let folder = Folder::new();
    let rois = b"[[[1, 2, 30.9, 40], [5, 6, 30, 40]], [], [[-7.5, 8, 3, 4]]]";
    let session = archive(&[("metadata.json", b"{}"), ("rois.json", rois)]);
    for groups in [folder.read("movemeter_a.zip", session), folder.read("rois.json", rois)] {
        let windows = windows_anywhere(&groups, None).unwrap();
        let all: Vec<(&str, Rect)> = windows.iter().map(|(name, _, rect)| (name, rect)).collect();
        let expected = [
            ("group 1", Rect::new(1, 2, 30, 40)),
            ("group 1", Rect::new(5, 6, 30, 40)),
            ("group 3", Rect::new(-7, 8, 3, 4)),
        ];
        assert_eq!(all, expected);
    }
    let without = folder.refusal("a.zip", archive(&[("metadata.json", b"{}")]));
    assert!(without.contains("it holds neither ImageJ's .roi nor rois.json"), "{without}");
    let wrong = folder.refusal("a.zip", archive(&[("rois.json", b"[[[1, 2, 3]]]")]));
    assert!(wrong.starts_with("cannot read as a session of movemeter 0.7: "), "{wrong}");
}

#[test]
fn what_cannot_be_read_of_imagej_says_why() {
    let folder = Folder::new();
    let one = [group("one", None, vec![(Shape::Box { rect: Rect::new(1, 2, 3, 4) }, WHOLE)])];
    write_rois(&one, None, folder.path("one.roi")).unwrap();
    let good = std::fs::read(folder.path("one.roi")).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        folder.refusal("bad.roi", bytes)
    };
    for (said, words) in [
        (with(39, 9), "it is made of several parts (a composite selection)"),
        (with(49, 1), "it is a text or a picture"),
        (with(6, 77), "its type 77 is not known; its name is \"one 0000\""),
        (with(13, 2), "at least 1 px wide and high"),
        (folder.refusal("bad.roi", &good[..40]), "ends within its header"),
        (with(6, 0), "number of points must be at least 3, but is 0"),
    ] {
        assert!(
            said.starts_with("cannot read as an ImageJ ROI: ") && said.contains(words),
            "{said}"
        );
    }
    // Four thousand million points in a file of two hundred bytes.
    let mut claims = good.clone();
    claims[6] = 0;
    claims[18..22].fill(255);
    assert!(folder.refusal("bad.roi", claims).contains("ends before its coordinates do"));
    let bomb = vec![0; 600 << 20];
    let said = folder.refusal("bomb.zip", archive(&[("a.roi", &bomb)]));
    assert!(said.contains("it unfolds to more than 512 MB"), "{said}");
}

#[test]
fn damaged_files_end_in_windows_or_in_words() {
    let folder = Folder::new();
    let frame = Some(Size::new(120, 90));
    let corners = points(&[(3.5, 4.25), (60.0, 0.5), (40.0, 80.0)]);
    let polygon = (Shape::Polygon { points: corners, distance: None }, WHOLE);
    let small = [group("a", None, vec![polygon])];
    for (seed, name) in (1..).zip(["a.roi", "a.zip", "a.json", "a.csv"]) {
        let path = folder.path(name);
        write_rois(&small, frame, &path).unwrap();
        let attempt = || {
            let groups = read_rois(&path).ok()?;
            let windows = windows_anywhere(&groups, frame).ok()?;
            // What was read can be written, or it is said why not.
            let _ = write_rois(&groups, frame, path.with_file_name("again.zip"));
            Some(windows.len())
        };
        let Outcome { n_refused, n_read } = mutate_with(seed, rounds(), &path, attempt);
        assert!(30 < n_refused && 0 < n_read, "{name}: {n_refused} refused, {n_read} read");
    }
}

#[test]
fn outlines_have_the_colours_of_their_groups() {
    let folder = Folder::new();
    let path = folder.path("over.png");
    let frame =
        Frame::from_fn(Size::new(40, 30), |x, y| if x + y == 0 { 1e9 } else { (10 * x) as f32 });
    let mut windows = Windows::default();
    windows.add_colored("a", Some(Color([255, 0, 0])), [Rect::new(5, 6, 10, 8)]);
    windows.add("b", [Rect::new(30, 20, 20, 20)]);
    draw_windows(&frame, &windows, &path).unwrap();
    let mut picture = movemeter_io::open(&path).unwrap();
    let mut grey = Frame::default();
    picture.read(0, &mut grey).unwrap();
    // The luminance of red is 76 of 255; the second colour of the palette is the same for all it touches.
    let is_red = |x: usize, y: usize| (grey.row(y)[x] - 76.0).abs() < 1.0;
    assert!(is_red(5, 6) && is_red(14, 13) && is_red(14, 8) && !is_red(10, 9));
    assert_eq!((grey.row(20)[39], grey.row(20)[30]), (grey.row(29)[30], grey.row(25)[30]));
    assert!(
        grey.row(8)[10] < 76.0 && grey.row(25)[38] > 240.0,
        "one bright pixel does not darken all"
    );
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("MOVEMETER_PYTHON");
    let Some(python) = python else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return None;
    };
    let has = Command::new(&python).args(["-c", "import roifile"]).output().unwrap();
    if !has.status.success() {
        println!("skipped: this Python has no package roifile");
        return None;
    }
    Some(python)
}

fn peer(python: &OsString, arguments: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rois/peer.py");
    let ran = Command::new(python).arg("-B").arg(script).args(arguments).status().unwrap();
    assert!(ran.success());
}

#[test]
fn what_roifile_writes_is_read() {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    peer(&python, &[Path::new("write"), folder.0.path()]);
    let said = std::fs::read_to_string(folder.path("theirs.json")).unwrap();
    let said: Vec<Value> = serde_json::from_str(&said).unwrap();
    let groups = read_rois(folder.path("theirs.zip")).unwrap();
    assert_eq!(groups.len(), said.len());
    for (group, expected) in groups.iter().zip(&said) {
        let shape: Shape = serde_json::from_value(expected["shape"].clone()).unwrap();
        assert_eq!(group.name, expected["name"].as_str().unwrap());
        assert_eq!(group.rois, [Roi { shape, fill: WHOLE }], "{}", group.name);
        let color = group.color.map(|color| color.to_string());
        assert_eq!(color.as_deref(), expected["color"].as_str(), "{}", group.name);
    }
}

#[test]
fn roifile_reads_what_is_written() {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let corners = points(&[(3.0, 4.0), (60.0, 0.5), (40.0, 80.0)]);
    let shapes = vec![
        (Shape::Box { rect: Rect::new(-3, 20, 80, 64) }, WHOLE),
        (Shape::Ellipse { rect: Rect::new(1, 20, 80, 64), ring: None }, WHOLE),
        (Shape::Line { points: corners[..2].to_vec(), distance: Some(4.5) }, WHOLE),
        (Shape::Line { points: corners.clone(), distance: None }, WHOLE),
        (Shape::Polygon { points: corners.clone(), distance: None }, WHOLE),
        (Shape::Points { points: corners }, WHOLE),
    ];
    let (ours, answer) = (folder.path("ours.zip"), folder.path("ours.json"));
    write_rois(&[group("left wing", Some(Color([255, 128, 0])), shapes)], None, &ours).unwrap();
    peer(&python, &[Path::new("read"), &ours, &answer]);
    let found: Value = serde_json::from_str(&std::fs::read_to_string(answer).unwrap()).unwrap();
    let kinds = ["RECT", "OVAL", "LINE", "POLYLINE", "POLYGON", "POINT"];
    for (number, kind) in kinds.into_iter().enumerate() {
        let roi = &found[number];
        assert_eq!(roi["name"], format!("left wing {number:04}"));
        assert_eq!((roi["kind"].as_str(), roi["color"].as_str()), (Some(kind), Some("#ff8000")));
    }
    assert_eq!(found[0]["bounds"], serde_json::json!([-3, 20, 77, 84]));
    assert_eq!(found[1]["bounds"], serde_json::json!([1, 20, 81, 84]));
    assert_eq!(found[2]["width"], 9.0);
    assert_eq!(found[2]["points"], serde_json::json!([[3.0, 4.0], [60.0, 0.5]]));
    let places = serde_json::json!([[3.0, 4.0], [60.0, 0.5], [40.0, 80.0]]);
    assert_eq!((&found[3]["points"], &found[5]["points"]), (&places, &places));
    assert_eq!(found[4]["points"], serde_json::json!([[3.5, 4.5], [60.5, 1.0], [40.5, 80.5]]));
    assert_eq!(found[4]["is_exact"], true);
}
