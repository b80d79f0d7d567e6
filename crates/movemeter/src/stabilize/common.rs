//! The part that all frames have.

use super::placement::Placement;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};

/// The pixels of a stabilised recording that no frame had to invent.
///
/// It is convex, as an intersection of turned rectangles: a stretch of each row.
///
/// ```
/// use movemeter::geometry::{Displacement, Point, Rect, Size};
/// use movemeter::stabilize::{CommonPart, Placement};
///
/// let moved = |dx, dy| Placement::new(Point::new(0.0, 0.0), Displacement::new(dx, dy), 0.0);
/// let part = CommonPart::of(Size::new(100, 80), &[moved(3.0, 0.0), moved(-1.5, 4.0)]);
/// assert_eq!(part.rectangle(), Some(Rect::new(2, 0, 95, 76)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CommonPart {
    size: Size,
    /// First column and one past the last.
    rows: Vec<(usize, usize)>,
}

impl CommonPart {
    /// Of frames of this size whose pixels come from these places.
    pub fn of(size: Size, transforms: &[Placement]) -> Self {
        let row = |y| {
            transforms.iter().fold((0, size.width), |part, transform| {
                let (first, end) = transform.seen_in_row(y, size);
                (part.0.max(first), part.1.min(end))
            })
        };
        let rows = (0..size.height)
            .map(row)
            .map(|(first, end)| if first < end { (first, end) } else { (0, 0) });
        Self { size, rows: rows.collect() }
    }

    /// The largest rectangle in it, the first of several; `None` if there is no common pixel.
    pub fn rectangle(&self) -> Option<Rect> {
        let mut largest = Rect::default();
        for top in 0..self.size.height {
            let (mut first, mut end) = (0, self.size.width);
            for (bottom, row) in self.rows.iter().enumerate().skip(top) {
                (first, end) = (first.max(row.0), end.min(row.1));
                if end <= first {
                    break;
                }
                let rect = Rect::new(first as isize, top as isize, end - first, bottom + 1 - top);
                if largest.size().area() < rect.size().area() {
                    largest = rect;
                }
            }
        }
        (!largest.size().is_empty()).then_some(largest)
    }

    /// An image of it: white (255) where every frame was recorded, black where some frame was not.
    pub fn mask(&self) -> Frame {
        Frame::from_fn(self.size, |x, y| {
            let (first, end) = self.rows[y];
            if (first..end).contains(&x) { 255.0 } else { 0.0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Displacement, Point};

    const SIZE: Size = Size::new(40, 30);

    fn moved(dx: f64, dy: f64, angle_deg: f64) -> Placement {
        Placement::new(Point::new(19.5, 14.5), Displacement::new(dx, dy), angle_deg.to_radians())
    }

    #[test]
    fn shifts_leave_what_none_of_them_takes_away() {
        let part = CommonPart::of(
            SIZE,
            &[moved(0.0, 0.0, 0.0), moved(4.0, -2.0, 0.0), moved(-0.5, 1.0, 0.0)],
        );
        assert_eq!(part.rectangle(), Some(Rect::new(1, 2, 35, 27)));
        let mask = part.mask();
        assert_eq!(
            (mask.row(2)[0], mask.row(2)[1], mask.row(2)[35], mask.row(2)[36]),
            (0.0, 255.0, 255.0, 0.0)
        );
        assert!(mask.row(1).iter().chain(mask.row(29)).all(|&pixel| pixel == 0.0));
    }

    /// Every rectangle there is, tried.
    fn largest_area(mask: &Frame) -> usize {
        let is_all_white =
            |rect: Rect| mask.crop(rect).rows().flatten().all(|&pixel| pixel == 255.0);
        let mut largest = 0;
        for y in 0..SIZE.height as isize {
            for x in 0..SIZE.width as isize {
                for height in 1..=SIZE.height - y as usize {
                    let fits = |&width: &usize| is_all_white(Rect::new(x, y, width, height));
                    let widest = (1..=SIZE.width - x as usize).take_while(fits).last();
                    largest = largest.max(widest.unwrap_or(0) * height);
                }
            }
        }
        largest
    }

    #[test]
    fn of_turned_frames_the_rectangle_is_the_largest_and_all_of_it_is_common() {
        let part = CommonPart::of(SIZE, &[moved(2.3, 0.0, 12.0), moved(0.0, -3.0, -30.0)]);
        let rect = part.rectangle().unwrap();
        let mask = part.mask();
        assert!(mask.crop(rect).rows().flatten().all(|&pixel| pixel == 255.0));
        assert_eq!(rect.size().area(), largest_area(&mask));
    }

    #[test]
    fn frames_that_share_nothing_have_no_common_part() {
        let part = CommonPart::of(SIZE, &[moved(25.0, 0.0, 0.0), moved(-25.0, 0.0, 0.0)]);
        assert_eq!(part.rectangle(), None);
        assert!(part.mask().pixels().iter().all(|&pixel| pixel == 0.0));
    }
}
