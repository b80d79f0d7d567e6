//! The windows of movemeter 0.7, against its formulas in Python and against lists that they gave.
//!
//! The comparison needs any Python, named by `MOVEMETER_PYTHON`; the lists need none.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::Path;
use std::process::Command;

use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::original::{
    gen_grid, grid_along_ellipse, grid_along_line, grid_arc, grid_radial_line,
};
use movemeter::roi::{Circle, Fill, Roi, Sector, Shape};
use serde_json::{Value, json};

const FRAME: Size = Size::new(300, 200);

fn corners(windows: &[Rect]) -> Vec<(isize, isize)> {
    windows.iter().map(|window| (window.x, window.y)).collect()
}

#[test]
fn a_grid_counts_down_and_may_reach_past_its_end() {
    let rect = Rect::new(3, -5, 20, 11);
    let grid = |step| corners(&gen_grid(rect, Size::new(8, 5), step).unwrap());
    assert_eq!(grid(1.0), [(3, -5), (11, -5), (3, 0), (11, 0)]);
    // The last column ends at 25, two past the rectangle; corners left of 0 and above are cut towards it.
    assert_eq!(
        grid(0.7),
        [(3, -5), (8, -5), (14, -5), (3, -1), (8, -1), (14, -1), (3, 2), (8, 2), (14, 2)]
    );
    assert_eq!(grid(1.5), [(3, -5)]);
    assert_eq!(grid(3.0), []);
}

#[test]
fn an_ellipse_is_a_ring_or_filled() {
    let rect = Rect::new(10, 20, 40, 24);
    let along = |ring, filled| {
        corners(&grid_along_ellipse(rect, Size::new(8, 8), 1.0, ring, filled).unwrap())
    };
    let sides = [(18, 20), (26, 20), (34, 20), (10, 28), (42, 28), (18, 36), (26, 36), (34, 36)];
    assert_eq!(along(None, false), sides);
    assert_eq!(along(None, true).len(), 11);
    assert_eq!(along(Some(3.0), false), []);
}

#[test]
fn a_line_has_windows_on_both_sides_and_ends_at_its_ends() {
    let along = |to, distance| {
        let from = Point::new(20.0, 20.0);
        corners(&grid_along_line(from, to, distance, Size::new(8, 8), 1.0).unwrap())
    };
    assert_eq!(along(Point::new(50.0, 20.0), 8.0), [(21, 16), (29, 16), (37, 16), (45, 16)]);
    assert_eq!(
        along(Point::new(44.0, 44.0), 7.0),
        [
            (16, 8),
            (16, 16),
            (24, 16),
            (16, 24),
            (24, 24),
            (32, 24),
            (24, 32),
            (32, 32),
            (40, 32),
            (32, 40),
            (40, 40),
            (40, 48)
        ]
    );
}

#[test]
fn arcs_and_radial_lines_lie_in_the_ring() {
    let circle = Circle { center: Point::new(32.0, 32.0), radius: 28.0 };
    let (within, block) = (Rect::new(0, 0, 64, 64), Size::new(16, 16));
    assert_eq!(
        corners(&grid_arc(within, block, 1.0, circle, 8.0).unwrap()),
        [(16, 0), (32, 0), (0, 16), (48, 16), (0, 32), (48, 32), (16, 48), (32, 48)]
    );
    let lines = (0..4).map(|number| {
        let sector = Sector { number, of: 4 };
        corners(&grid_radial_line(within, block, 1.0, circle, 8.0, sector).unwrap())
    });
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [[(16, 0), (0, 16)], [(32, 0), (48, 16)], [(48, 32), (32, 48)], [(0, 32), (16, 48)]]
    );
}

#[test]
fn what_has_no_windows_says_so() {
    let rect = Rect::new(0, 0, 64, 64);
    let says = |block, step| gen_grid(rect, block, step).unwrap_err().to_string();
    assert!(says(Size::new(0, 4), 1.0).starts_with("block must be from 1"));
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(says(Size::new(4, 4), step).starts_with("step must be more than 0, but is"));
    }
    let tiny = says(Size::new(4, 4), 1e-6);
    assert!(tiny.starts_with("number of windows must be at most 10000000, but is"), "{tiny}");
    let empty = gen_grid(Rect::new(0, 0, 0, 4), Size::new(4, 4), 1.0).unwrap_err().to_string();
    assert!(empty.contains("at least 1 px wide and high"), "{empty}");
    let point = Point::new(1.0, 2.0);
    let line = grid_along_line(point, point, 5.0, Size::new(4, 4), 1.0).unwrap_err().to_string();
    assert_eq!(line, "ends of a line must be two different points, but is 1,2 twice");
}

#[test]
fn formulas_in_python_give_the_same_windows() {
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = std::env::temp_dir().join(format!("movemeter-rois-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (asked, answered) = (folder.join("cases.json"), folder.join("windows.json"));
    let cases: Vec<(Value, Vec<Rect>)> = (0..420).map(case).collect();
    let values: Vec<&Value> = cases.iter().map(|(value, _)| value).collect();
    std::fs::write(&asked, serde_json::to_string(&values).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roi_compat/original.py");
    let run = Command::new(python).arg("-B").arg(script).arg(asked).arg(&answered).status();
    assert!(run.unwrap().success());
    let text = std::fs::read_to_string(answered).unwrap();
    let expected: Vec<Vec<Rect>> = serde_json::from_str(&text).unwrap();
    let mut n_windows = 0;
    for ((case, found), expected) in cases.iter().zip(&expected) {
        assert_eq!(found, expected, "{case}");
        n_windows += found.len();
    }
    assert!(5_000 < n_windows && expected.len() == cases.len(), "{n_windows}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Numbers that look random (the generator is known as splitmix64).
struct Random(u64);

impl Random {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + ((mixed ^ mixed >> 31) % (high - low + 1) as u64) as i64
    }

    /// A multiple of a quarter, as clicks on enlarged pictures are.
    fn quarters(&mut self, low: i64, high: i64) -> f64 {
        self.between(4 * low, 4 * high) as f64 / 4.0
    }

    fn point(&mut self) -> Point {
        Point::new(self.quarters(-20, 300), self.quarters(-20, 200))
    }
}

/// A case for Python, and the windows it has here.
fn case(number: u64) -> (Value, Vec<Rect>) {
    let mut random = Random(1000 * number);
    let mut within = |low: i64| random.between(low, 300);
    let rect = Rect::new(
        within(-40) as isize,
        within(-40) as isize,
        within(1) as usize,
        within(1) as usize,
    );
    let block = Size::new(random.between(3, 40) as usize, random.between(3, 40) as usize);
    let step = [1.0, 0.5, 0.3, 0.77, 1.1, 2.0, 1.0 / 3.0][random.between(0, 6) as usize];
    let (shape, mut case) = shape(number, rect, &mut random);
    case["block"] = json!(block);
    case["step"] = json!(step);
    let roi = Roi { shape, fill: Fill::Original { size: block, step } };
    // The ways through a ROI and through the function are one; that nothing is held is an error of the ROI alone.
    (case, roi.windows(FRAME).unwrap_or_default())
}

fn shape(number: u64, rect: Rect, random: &mut Random) -> (Shape, Value) {
    let circle = Circle { center: random.point(), radius: random.quarters(5, 200) };
    let (x, y) = circle.center.into();
    let ring = random.quarters(1, 60);
    let sector = Sector { number: random.between(0, 4) as usize, of: 5 };
    let round = json!({ "of": "arc", "rect": rect, "circle": [x, y, circle.radius], "ring": ring });
    let points: Vec<Point> = (0..random.between(2, 5)).map(|_| random.point()).collect();
    let distance = random.quarters(1, 40);
    match number % 7 {
        0 => (Shape::Box { rect }, json!({ "of": "gen_grid", "rect": rect })),
        1 => {
            // A ring thicker than the ellipse leaves a hole there and none here; it is not drawn.
            let ring = ring.min(rect.width as f64 / 2.0);
            let case = json!({ "of": "ellipse", "rect": rect, "ring": ring, "filled": false });
            (Shape::Ellipse { rect, ring: Some(ring) }, case)
        }
        2 => {
            let case = json!({ "of": "ellipse", "rect": rect, "ring": null, "filled": true });
            (Shape::Ellipse { rect, ring: None }, case)
        }
        3 => {
            let case = json!({ "of": "path", "points": points, "distance": distance });
            (Shape::Line { points, distance: Some(distance) }, case)
        }
        4 => {
            let points = [points[0], points[1], random.point()].to_vec();
            let around = [points.as_slice(), &points[..1]].concat();
            let case = json!({ "of": "path", "points": around, "distance": distance });
            (Shape::Polygon { points, distance: Some(distance) }, case)
        }
        5 => (Shape::arc(circle, ring, None, Some(rect)), round),
        _ => {
            let mut case = round;
            case["sector"] = json!([sector.number, sector.of]);
            (Shape::arc(circle, ring, Some(sector), Some(rect)), case)
        }
    }
}
