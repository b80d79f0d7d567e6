//! What is written, where, and that it can be checked.

use std::process::Command;

use super::folder::{Folder, moving, numbers, rows, words};

const MEASURE: &str = "measure a.tif --roi 48,32,32,32 --roi 8,8,24,24 --max-displacement 6";

#[test]
fn all_formats_hold_the_same_numbers() {
    let folder = Folder::with_recording();
    let ran = folder.run(&format!("{MEASURE} -o out.csv -o out.tsv -o out.json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("-> out.csv and out.tsv and out.json"), "{}", ran.stderr);
    assert_eq!(folder.names(), ["a.tif", "out.csv", "out.json", "out.tsv"]);
    let (csv, tsv) = (rows(&folder.text("out.csv"), ','), rows(&folder.text("out.tsv"), '\t'));
    assert_eq!(csv, tsv);
    let json: serde_json::Value = serde_json::from_str(&folder.text("out.json")).unwrap();
    let in_json = json["columns"]["dx_px"].as_array().unwrap();
    for (text, json) in numbers(&csv, "dx_px").into_iter().zip(in_json) {
        // Text is rounded to six decimals.
        assert!((text - json.as_f64().unwrap()).abs() <= 0.5e-6, "{text} {json}");
    }
    assert_eq!(in_json.len(), csv.len());
}

#[test]
fn standard_output_gets_the_table_and_nothing_else() {
    let folder = Folder::with_recording();
    let ran = folder.run(&format!("{MEASURE} -o - -o out.csv"));
    assert_eq!((ran.code, &ran.stdout), (0, &folder.text("out.csv")));
    assert!(ran.stderr.contains("-> out.csv and standard output"), "{}", ran.stderr);
}

#[test]
fn the_table_has_its_fixed_columns_and_says_where_it_came_from() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv --blur 0.5 --exclude 2 --fps 10"));
    let text = folder.text("out.csv");
    let header =
        "frame,time_s,group,window,x,y,w,h,dx_px,dy_px,sd_x_px,sd_y_px,cov_xy_px2,score,status";
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# movemeter "), "{}", lines[0]);
    let recipe = lines[1].strip_prefix("# recipe ").unwrap();
    let recipe: movemeter::recipe::Recipe = serde_json::from_str(recipe).unwrap();
    assert_eq!((recipe.blur_sigma_px, recipe.exclude), (0.5, vec![2]));
    assert_eq!((recipe.frame_rate_hz, recipe.windows.len()), (Some(10.0), 2));
    assert_eq!((lines[3], lines[4]), ("# path a.tif", header));
    assert_eq!(words(&rows(&text, ','), "x")[..3], ["48", "8", "48"]);
}

#[test]
fn the_hash_of_an_input_is_what_other_programs_compute() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv"));
    let text = folder.text("out.csv");
    let ours = text.lines().find_map(|line| line.strip_prefix("# input ")).unwrap();
    let Ok(theirs) = Command::new("sha256sum").arg(folder.path("a.tif")).output() else {
        println!("skipped: there is no sha256sum");
        return;
    };
    let theirs = String::from_utf8(theirs.stdout).unwrap();
    assert_eq!(ours, format!("{} a.tif", theirs.split(' ').next().unwrap()));
}

#[test]
fn an_older_table_is_replaced() {
    let folder = Folder::with_recording();
    std::fs::write(folder.path("out.csv"), "older").unwrap();
    folder.run(&format!("{MEASURE} -o out.csv"));
    assert!(folder.text("out.csv").starts_with("# movemeter"));
    assert_eq!(folder.names(), ["a.tif", "out.csv"]);
}

#[test]
fn several_files_and_a_folder_are_one_recording() {
    let folder = Folder::with_recording();
    std::fs::create_dir(folder.path("frames")).unwrap();
    std::fs::copy(folder.path("a.tif"), folder.path("frames/1.tif")).unwrap();
    let ran = folder.run("measure a.tif frames --roi 48,32,32,32 --max-displacement 6 -o out.csv");
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = folder.text("out.csv");
    assert!(
        text.contains(" a.tif\n# path a.tif\n# input ") && text.contains(" frames (1 files)\n"),
        "{text}"
    );
    assert_eq!(rows(&text, ',').len(), 12);
}

#[test]
fn nothing_that_was_read_is_written_over() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut moving(0.5, 0.25).frames(4));
    let make = "measure a.tif --roi 40,30,32,32 --max-displacement 6 --save-recipe r.toml -o t.csv";
    assert_eq!(folder.run(make).code, 0);
    assert_eq!(folder.run("rois t.csv -o e.json").code, 0);
    let read = ["a.tif", "r.toml", "t.csv", "e.json"];
    let before: Vec<Vec<u8>> =
        read.iter().map(|name| std::fs::read(folder.path(name)).unwrap()).collect();
    for arguments in [
        "measure a.tif --recipe r.toml --save-recipe r.toml --blur 1 -o u.csv",
        "measure a.tif --recipe t.csv -o t.csv",
        "measure a.tif --roi 40,30,32,32 --save-recipe u.csv -o u.csv",
        "rois e.json --block 16 -o e.json",
        "heatmap t.csv -o a.tif",
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
    }
    let after: Vec<Vec<u8>> =
        read.iter().map(|name| std::fs::read(folder.path(name)).unwrap()).collect();
    assert!(before == after);
}

#[test]
fn pictures_over_another_recording_come_with_a_warning() {
    let folder = Folder::new();
    folder.write_stack("a.tif", &mut moving(0.5, 0.25).frames(4));
    folder.write_stack("b.tif", &mut moving(-0.5, 0.25).frames(4));
    assert_eq!(folder.run("measure a.tif --grid 32 --max-displacement 6 -o t.csv").code, 0);
    let ran = folder.run("overlay a.tif t.csv --frame 2 -o a.png");
    assert!(ran.code == 0 && !ran.stderr.contains("not the recording"), "{ran:?}");
    let ran = folder.run("overlay b.tif t.csv --frame 2 -o b.png");
    assert!(ran.code == 0 && ran.stderr.contains("not the recording"), "{ran:?}");
    let ran = folder.run("report t.csv b.tif -o r.html");
    assert!(ran.code == 1 && ran.stderr.contains("the input has changed"), "{ran:?}");
}
