//! The order in which a person would list numbered files: `frame2` before `frame10`.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

/// Compares two names as a person would: digits by their value, letters without regard to case.
///
/// Names that are equal in this way (`a1`, `A01`) are ordered by their characters, so that the order
/// never depends on how the folder was listed. A minus is a character like any other, and a point
/// ends a number: `t1.5` and `t1.10` are versions, not decimals.
///
/// ```
/// use movemeter_io::natural_cmp;
///
/// let mut names = ["frame10.tif", "Frame2.tif", "frame1.tif"];
/// names.sort_by(|a, b| natural_cmp(a, b));
/// assert_eq!(names, ["frame1.tif", "Frame2.tif", "frame10.tif"]);
/// ```
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    by_value(a, b).then_with(|| a.cmp(b))
}

fn by_value(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let order = match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (take_number(&mut a), take_number(&mut b));
                x.len().cmp(&y.len()).then_with(|| x.cmp(&y))
            }
            _ => next_folded(&mut a).cmp(&next_folded(&mut b)),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits of a number without leading zeros: the longer one is the larger.
fn take_number(text: &mut Peekable<Chars<'_>>) -> String {
    let mut digits = String::new();
    while let Some(digit) = text.next_if(char::is_ascii_digit) {
        if !(digits.is_empty() && digit == '0') {
            digits.push(digit);
        }
    }
    digits
}

fn next_folded(text: &mut Peekable<Chars<'_>>) -> Option<char> {
    text.next().map(|letter| letter.to_lowercase().next().unwrap_or(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
        let mut names = names.to_vec();
        names.sort_by(|a, b| natural_cmp(a, b));
        names
    }

    #[test]
    fn digits_are_compared_by_value() {
        assert_eq!(sorted(&["f10", "f9", "f1", "f100"]), ["f1", "f9", "f10", "f100"]);
        assert_eq!(sorted(&["10", "9", "2b", "2a"]), ["2a", "2b", "9", "10"]);
    }

    #[test]
    fn names_of_a_repetition_and_a_frame_are_ordered_by_both() {
        let name = |repetition, frame| format!("im_pos(-81, -107)_rep{repetition}_{frame}.tiff");
        let expected: Vec<String> = (0..3).flat_map(|r| (4..12).map(move |f| name(r, f))).collect();
        let mut names: Vec<&str> = expected.iter().map(String::as_str).collect();
        names.reverse();
        assert_eq!(sorted(&names), expected);
    }

    #[test]
    fn letters_are_compared_without_case() {
        assert_eq!(sorted(&["b1", "A2", "a1", "B0"]), ["a1", "A2", "B0", "b1"]);
    }

    #[test]
    fn leading_zeros_do_not_count_but_decide_between_equals() {
        assert_eq!(sorted(&["a010", "a9", "a1", "a01"]), ["a01", "a1", "a9", "a010"]);
        assert_eq!(natural_cmp("a1", "a01"), natural_cmp("a01", "a1").reverse());
        assert_eq!(natural_cmp("x0", "x0"), Ordering::Equal);
        assert_eq!(natural_cmp("x0", "x00b"), Ordering::Less);
    }

    #[test]
    fn numbers_longer_than_any_integer_type_are_compared_too() {
        let (small, large) = ("t99999999999999999999999998", "t99999999999999999999999999");
        assert_eq!(natural_cmp(large, small), Ordering::Greater);
        assert_eq!(natural_cmp("t100000000000000000000000000", large), Ordering::Greater);
    }

    #[test]
    fn a_name_that_is_the_beginning_of_another_comes_first() {
        assert_eq!(sorted(&["ref2", "ref", "re"]), ["re", "ref", "ref2"]);
        assert_eq!(sorted(&["a", "", "1"]), ["", "1", "a"]);
    }
}
