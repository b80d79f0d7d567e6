//! Tables converted, written wide, and verified.

use super::folder::{Folder, numbers, rows};

const MEASURE: &str =
    "measure a.tif --roi 48,32,32,32 --roi 8,8,24,24 --max-displacement 6 --fps 10 --brightness";

#[test]
fn a_table_is_the_same_by_way_of_any_format() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv -o out.parquet"));
    for format in ["tsv", "json", "npz", "parquet"] {
        let ran = folder.run(&format!("convert out.parquet -o b.{format}"));
        assert_eq!(ran.code, 0, "{format}: {ran:?}");
        let ran = folder.run(&format!("convert b.{format} -o c.csv"));
        assert_eq!(ran.code, 0, "{format}: {ran:?}");
        // Text that was rounded stays as it is.
        assert!(folder.text("c.csv") == folder.text("out.csv"), "{format}");
    }
    let ran = folder.run("convert out.csv -o out.csv");
    assert!(ran.code == 2 && ran.stderr.contains("the output is also an input"), "{ran:?}");
    let ran = folder.run("convert out.csv -o out.xlsx");
    assert!(ran.code == 2 && ran.stderr.contains(".parquet .npz"), "{ran:?}");
}

#[test]
fn paths_lead_to_the_inputs_from_wherever_the_table_is() {
    let folder = Folder::with_recording();
    std::fs::create_dir(folder.path("tables")).unwrap();
    folder.run(&format!("{MEASURE} -o tables/out.csv"));
    assert!(folder.text("tables/out.csv").contains("\n# path ../a.tif\n"));
    folder.run("convert tables/out.csv -o out.tsv");
    assert!(folder.text("out.tsv").contains("\n# path a.tif\n"));
}

#[test]
fn wide_tables_are_as_movemeter_0_7_wrote_them() {
    let folder = Folder::with_recording();
    let ran = folder.run(&format!("{MEASURE} --grid 40 --wide -o out.csv"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let names =
        ["a.tif", "movements_out_rg0.csv", "movements_out_rg1.csv", "summary_desctructive_out.csv"];
    assert_eq!(folder.names(), names);
    let group = folder.text(names[1]);
    assert!(group.starts_with(
        "time (s),mean displacement (pixels),destructive mean displacement (pixels),ROI0 displacement \
         (pixels),ROI1 displacement (pixels)\n0,0,0,0,0\n"
    ));
    let group = rows(&group, ',');
    assert_eq!(numbers(&group, "time (s)")[5], 0.5);
    // It moves 0.5 px to the right and 0.25 px up in each frame.
    let length = |frame: usize| frame as f64 * 0.5f64.hypot(0.25);
    for column in ["mean displacement (pixels)", "ROI1 displacement (pixels)"] {
        for (frame, found) in numbers(&group, column).into_iter().enumerate() {
            assert!((found - length(frame)).abs() < 0.03, "{column} {frame}: {found}");
        }
    }
    let summary = folder.text(names[3]);
    assert!(summary.starts_with("time (s),roi group 0 (pixels),roi group 1 (pixels)\n0,0,0\n"));
    let ran = folder.run(&format!("{MEASURE} --wide -o out.json"));
    assert!(ran.code == 2 && ran.stderr.contains("--wide writes several files"), "{ran:?}");
    assert_eq!(folder.names(), names);
}

#[test]
fn a_table_that_is_measured_again_is_identical() {
    let folder = Folder::with_recording();
    let formats = ["csv", "tsv", "json", "parquet", "npz"];
    let outputs: Vec<String> = formats.iter().map(|format| format!("-o out.{format}")).collect();
    folder.run(&format!("{MEASURE} --model affine {}", outputs.join(" ")));
    for format in formats {
        let ran = folder.run(&format!("verify out.{format}"));
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (0, "identical: 12 rows, 24 columns\n"),
            "{format}"
        );
    }
    folder.run("convert out.csv -o rounded.npz");
    let ran = folder.run("verify rounded.npz");
    assert_eq!(ran.stderr, "identical: 12 rows, 24 columns, with the digits of text\n");
}

#[test]
fn what_was_changed_is_named() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv"));
    let text = folder.text("out.csv");
    let line = text.lines().nth(7).unwrap();
    let dx = line.split(',').nth(8).unwrap();
    std::fs::write(folder.path("b.csv"), text.replace(dx, "0.125")).unwrap();
    let ran = folder.run("verify b.csv");
    let said = "dx_px differs in 1 of 12 rows, by up to ";
    assert!(ran.code == 1 && ran.stderr.contains(said), "{ran:?}");
    assert!(
        ran.stderr.contains(&format!("first in line 8: 0.125 in the table, {dx} measured")),
        "{ran:?}"
    );
    let without = text.replace(&format!("{line}\n"), "");
    std::fs::write(folder.path("b.csv"), without).unwrap();
    let ran = folder.run("verify b.csv");
    assert!(
        ran.code == 1 && ran.stderr.contains("the table has 11 rows, but 12 were measured"),
        "{ran:?}"
    );
}

#[test]
fn inputs_are_found_where_they_went_unless_they_changed() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv"));
    std::fs::create_dir_all(folder.path("far/away")).unwrap();
    std::fs::rename(folder.path("a.tif"), folder.path("far/away/renamed.tif")).unwrap();
    // Below the folder of the table.
    assert_eq!(folder.run("verify out.csv").code, 0);
    std::fs::create_dir(folder.path("tables")).unwrap();
    std::fs::rename(folder.path("out.csv"), folder.path("tables/out.csv")).unwrap();
    let ran = folder.run("verify tables/out.csv");
    assert!(ran.code == 1 && ran.stderr.contains("cannot find the input \"a.tif\""), "{ran:?}");
    assert_eq!(folder.run("verify tables/out.csv far").code, 0);
    folder.write("tables/a.tif", super::folder::moving(0.25, 0.0), 6);
    let ran = folder.run("verify tables/out.csv");
    assert!(
        ran.code == 1 && ran.stderr.contains("the input has changed: its SHA-256 is"),
        "{ran:?}"
    );
}
