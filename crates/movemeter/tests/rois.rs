//! Windows lie where the shapes they fill do.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::{
    Circle, Color, Fill, Roi, RoiGroup, Sector, Shape, grid, join_groups, windows_of,
};

const FRAME: Size = Size::new(400, 300);
const WINDOW: Size = Size::new(16, 12);

fn points(points: &[(f64, f64)]) -> Vec<Point> {
    points.iter().copied().map(Point::from).collect()
}

fn filled(shape: Shape, step: f64) -> Vec<Rect> {
    Roi { shape, fill: Fill::Blocks { size: WINDOW, step } }.windows(FRAME).unwrap()
}

fn whole(shape: Shape) -> Rect {
    Roi { shape, fill: Fill::Whole }.windows(FRAME).unwrap()[0]
}

fn says(shape: Shape, fill: Fill) -> String {
    Roi { shape, fill }.windows(FRAME).unwrap_err().to_string()
}

const BLOCKS: Fill = Fill::Blocks { size: WINDOW, step: 1.0 };

fn distance_to_line(place: Point, from: Point, to: Point) -> f64 {
    let (x, y) = (to.x - from.x, to.y - from.y);
    ((place.x - from.x) * y - (place.y - from.y) * x).abs() / x.hypot(y)
}

/// Shapes of every kind, all partly outside the frame.
fn shapes() -> Vec<Shape> {
    let rect = Rect::new(-60, 100, 300, 250);
    let bent = points(&[(-30.0, 20.0), (150.5, 200.0), (420.0, 30.0), (200.0, 20.0)]);
    let circle = Circle { center: Point::new(380.0, 150.0), radius: 200.0 };
    let sector = Some(Sector { number: 3, of: 4 });
    vec![
        Shape::Box { rect },
        Shape::Frame,
        Shape::Ellipse { rect, ring: None },
        Shape::Ellipse { rect, ring: Some(30.0) },
        Shape::Line { points: bent.clone(), distance: None },
        Shape::Line { points: bent.clone(), distance: Some(40.0) },
        Shape::Polygon { points: bent.clone(), distance: None },
        Shape::Polygon { points: bent, distance: Some(20.0) },
        Shape::arc(circle, 60.0, None, None),
        Shape::arc(circle, 60.0, None, Some(Rect::new(200, -10, 120, 140))),
        Shape::arc(circle, 100.0, sector, None),
    ]
}

#[test]
fn windows_lie_in_the_frame_with_their_middles_in_the_shape_and_none_comes_twice() {
    for shape in shapes() {
        for step in [0.37, 1.0, 1.5] {
            let windows = filled(shape.clone(), step);
            assert!(5 < windows.len(), "{shape:?}");
            let mut known = std::collections::HashSet::new();
            for window in windows {
                assert!(window.is_inside(FRAME) && known.insert(window), "{shape:?}: {window}");
                assert_eq!(window.size(), WINDOW);
                assert!(shape.holds(window.middle(), WINDOW), "{shape:?}: {window}");
            }
        }
    }
}

#[test]
fn a_whole_shape_is_the_least_window_around_what_the_frame_shows_of_it() {
    for shape in shapes() {
        let window = whole(shape.clone());
        if let Shape::Box { rect } = shape {
            // It is the window that was asked for; measuring refuses it.
            assert_eq!(window, rect);
            continue;
        }
        assert!(window.is_inside(FRAME), "{shape:?}: {window}");
        for (x, y) in (0..FRAME.area()).map(|i| (i % FRAME.width, i / FRAME.width)) {
            let pixel = Rect::new(x as isize, y as isize, 1, 1);
            let is_within = match &shape {
                Shape::Arc { within: Some(within), .. } => within.common(pixel).is_some(),
                _ => true,
            };
            let is_held = is_within && shape.holds(pixel.middle(), Size::default());
            assert!(!is_held || window.common(pixel).is_some(), "{shape:?}: {window} {pixel}");
        }
    }
}

#[test]
fn a_box_is_filled_as_a_grid() {
    let rect = Rect::new(7, 9, 200, 111);
    for step in [0.3, 1.0, 2.0] {
        let expected: Vec<Rect> = grid(rect, WINDOW, step).into_iter().collect();
        assert_eq!(filled(Shape::Box { rect }, step), expected);
    }
}

#[test]
fn a_line_has_windows_all_along() {
    let (from, to) = (Point::new(30.0, 40.0), Point::new(350.0, 260.0));
    let line = |distance| Shape::Line { points: vec![from, to], distance };
    let along = filled(line(Some(25.0)), 0.5);
    assert!(along.iter().all(|window| distance_to_line(window.middle(), from, to) < 25.0));
    for part in 1..10 {
        let part = f64::from(part) / 10.0;
        let (x, y) = (from.x + part * (to.x - from.x), from.y + part * (to.y - from.y));
        let is_near = |window: &Rect| (window.middle().x - x).hypot(window.middle().y - y) < 15.0;
        assert!(along.iter().any(is_near), "{part}");
    }
    // Left out, the distance is half the longer side of a window.
    let near = filled(line(None), 0.5);
    assert!(near.iter().all(|window| distance_to_line(window.middle(), from, to) < 8.0));
    assert!(20 < near.len() && near.len() < along.len());
}

#[test]
fn points_are_the_middles_of_windows() {
    let places = points(&[(100.0, 100.0), (200.5, 50.5)]);
    let shape = Shape::Points { points: places };
    assert_eq!(whole(shape.clone()), Rect::new(100, 51, 101, 50));
    let odd = Fill::Blocks { size: Size::new(5, 7), step: 1.0 };
    let windows = Roi { shape, fill: odd }.windows(FRAME).unwrap();
    assert_eq!(windows[0], Rect::new(98, 97, 5, 7));
    assert_eq!((windows[1].x, windows[1].y), (199, 48));
    // A feature near the border is not lost without a word.
    let corner = Shape::Points { points: points(&[(1.0, 1.0)]) };
    assert_eq!(filled(corner, 1.0)[0], Rect::new(-7, -5, 16, 12));
}

#[test]
fn what_holds_no_window_says_why() {
    let outside = Shape::Ellipse { rect: Rect::new(500, 0, 40, 40), ring: None };
    for fill in [Fill::Whole, BLOCKS] {
        assert_eq!(
            says(outside.clone(), fill),
            "place must be in the frame, which is 400x300 px, but is 500,0,40,40"
        );
    }
    let small = Shape::Ellipse { rect: Rect::new(50, 0, 10, 10), ring: None };
    assert_eq!(
        says(small.clone(), BLOCKS),
        "block must be so small that it fits into the shape, which is 10x10 px, but is 16x12"
    );
    let no_block = Fill::Blocks { size: Size::new(0, 4), step: 1.0 };
    assert!(says(small.clone(), no_block).starts_with("block must be from 1"));
    let no_step = Fill::Blocks { size: WINDOW, step: f64::NAN };
    assert!(says(small, no_step).starts_with("step must be more than 0"));
    let huge = Shape::Box { rect: Rect::new(0, 0, 1 << 30, 1 << 30) };
    let fill = Fill::Original { size: Size::new(1, 1), step: 1.0 };
    assert!(says(huge, fill).starts_with("number of windows must be at most 10000000"));
}

#[test]
fn the_error_names_group_and_roi() {
    let rois = vec![
        Roi::window(Rect::new(0, 0, 9, 9)),
        Roi { shape: Shape::Box { rect: Rect::new(0, 0, 9, 9) }, fill: BLOCKS },
    ];
    let groups = [RoiGroup { name: "left wing".into(), color: None, rois }];
    assert_eq!(
        windows_of(&groups, FRAME).unwrap_err().to_string(),
        "cannot fill ROI 1 of group \"left wing\": block must be so small that it fits into the shape, \
         which is 9x9 px, but is 16x12"
    );
}

#[test]
fn groups_of_one_name_are_joined() {
    let group = |name: &str, color, x| {
        let rois = vec![Roi::window(Rect::new(x, 0, 9, 9))];
        RoiGroup { name: name.into(), color, rois }
    };
    let mut all = vec![group("a", Some(Color([1, 2, 3])), 0)];
    join_groups(&mut all, [group("b", None, 1), group("a", None, 2)]);
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].rois.len(), all[0].color), (2, Some(Color([1, 2, 3]))));
    let windows = windows_of(&all, FRAME).unwrap();
    let named: Vec<(&str, isize)> = windows.iter().map(|(name, _, rect)| (name, rect.x)).collect();
    assert_eq!(named, [("a", 0), ("a", 2), ("b", 1)]);
}
