//! Real recordings whose motion is known.

use super::folder::{Folder, Row, numbers, rows, shared};

fn fly(arguments: &str) -> Option<Vec<Row>> {
    let folder = Folder::new();
    let mut command = folder.command("measure");
    command.arg(shared("fly")?);
    command.args("--roi 130,500,133,114 --max-displacement 30 --quiet -o out.csv".split(' '));
    let output = command.args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(rows(&folder.text("out.csv"), ','))
}

/// As measured by movemeter 0.7 and by OpenCV.
#[test]
fn a_flys_eye_moves_by_known_whole_pixels() {
    let dy = [0.0, -3.0, -10.0, -16.0, -21.0, -25.0];
    let Some(following) = fly("--subpixel none --follow") else { return };
    assert_eq!(numbers(&following, "dx_px"), [0.0, -1.0, -1.0, -1.0, -1.0, -1.0]);
    assert_eq!(numbers(&following, "dy_px"), dy);
    let Some(staying) = fly("--subpixel none") else { return };
    assert_eq!(numbers(&staying, "dx_px"), [0.0, 0.0, -1.0, -1.0, -1.0, -1.0]);
    assert_eq!(numbers(&staying, "dy_px"), dy);
}

/// As a least-squares fit that does not lock gives them (frame 4 apart, for which −20.6 ± 0.1 is
/// stated), and as OpenCV finds them in tenfold enlarged images, in steps of 0.1 px.
#[test]
fn a_flys_eye_moves_by_known_parts_of_pixels() {
    let by_fit = [(1, -2.8, 0.15), (2, -9.6, 0.1), (3, -15.7, 0.1), (5, -24.5, 0.1)];
    let enlarged = [(1, -2.9), (2, -9.6), (3, -15.7), (4, -20.8), (5, -24.6)];
    let expected = by_fit.into_iter().chain(enlarged.map(|(frame, dy)| (frame, dy, 0.1)));
    for arguments in ["--follow", ""] {
        let Some(rows) = fly(arguments) else { return };
        let found = numbers(&rows, "dy_px");
        for (frame, dy, tolerance) in expected.clone() {
            let apart = (found[frame] - dy).abs();
            assert!(apart <= tolerance, "{arguments} frame {frame}: {}, not {dy}", found[frame]);
        }
    }
}
