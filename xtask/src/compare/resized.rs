//! Whether movemeter gives the same numbers as movemeter 0.7 where it works in the same way.

use super::errors::found;
use super::grid::{Grid, RESIZED, RESIZED_07};
use super::worker::failure;

/// Steps are of 0.1 px; what differs by less than this is the same step, px.
const SAME_PX: f64 = 1e-6;

/// A sentence with the share of equal numbers, and how long they took.
pub(super) fn compare(grid: &Grid) -> String {
    let [ours, theirs] = [RESIZED, RESIZED_07].map(|name| &grid.row(name).outcome);
    if let Some(reason) = failure(&theirs.reply) {
        return format!("Could not be compared: {reason}.");
    }
    let ([n_same, n], ratio) =
        (count_same(&found(&ours.reply), &found(&theirs.reply)), theirs.cost_over(ours));
    format!(
        "Of {n} numbers (x and y of {} windows·frames), {n_same} are the same. movemeter 0.7 takes {ratio} × as long.",
        ours.n_values
    )
}

/// How many numbers are the same, and how many there are.
fn count_same(ours: &[Vec<Option<f64>>], theirs: &[Vec<Option<f64>>]) -> [usize; 2] {
    let pairs = ours.iter().flatten().zip(theirs.iter().flatten());
    let is_same = |(ours, theirs): &(&Option<f64>, &Option<f64>)| match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < SAME_PX,
        (None, _) | (_, None) => false,
    };
    [pairs.clone().filter(is_same).count(), pairs.count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_number_is_not_the_same() {
        let ours = [vec![Some(0.1), None], vec![Some(0.3), Some(0.4)]];
        let theirs = [vec![Some(0.1 + 1e-9), Some(0.2)], vec![Some(0.4), Some(0.4)]];
        assert_eq!(count_same(&ours, &theirs), [2, 4]);
    }
}
