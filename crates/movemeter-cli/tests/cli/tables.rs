//! Tables converted and written wide.

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
    for arguments in ["convert out.csv -o out.xlsx", "convert out.xlsx -o out.csv"] {
        let ran = folder.run(arguments);
        let said = "the ending .xlsx is not known; use one of .csv .tsv .json .parquet .npz, or .zip (a session) (out.xlsx)";
        assert!(ran.code != 0 && ran.stderr.contains(said), "{ran:?}");
    }
}

#[test]
fn converting_says_what_was_written() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv"));
    let said = |arguments: &str| {
        let ran = folder.run(&format!("convert {arguments}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr
    };
    assert_eq!(said("out.csv -o b.tsv -o run.zip"), "12 rows, 19 columns -> b.tsv and run.zip\n");
    assert_eq!(said("run.zip -o -"), "12 rows, 19 columns -> standard output\n");
    let wide = "12 rows, 19 columns -> movements_w_rg0.csv and summary_desctructive_w.csv\n";
    assert_eq!(said("out.csv --wide -o w.csv"), wide);
    assert_eq!(said("out.csv -o c.tsv --quiet"), "");
    let event = said("out.csv -o c.tsv --json-progress");
    assert!(event.contains("\"outputs\":[\"c.tsv\"]") && event.contains("\"rows\":12"), "{event}");
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
