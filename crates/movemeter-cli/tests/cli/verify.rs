//! What was measured, measured again and compared.

use super::folder::{Folder, moving};

const MEASURE: &str =
    "measure a.tif --roi 48,32,32,32 --roi 8,8,24,24 --max-displacement 6 --fps 10 --brightness";

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
    let ran = folder.run("verify out.csv");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "a.tif is not where it was; used far/away/renamed.tif\nidentical: 12 rows, 19 columns\n"
        )
    );
    std::fs::create_dir(folder.path("tables")).unwrap();
    std::fs::rename(folder.path("out.csv"), folder.path("tables/out.csv")).unwrap();
    let ran = folder.run("verify tables/out.csv");
    assert!(ran.code == 1 && ran.stderr.contains("cannot find the input \"a.tif\""), "{ran:?}");
    assert_eq!(folder.run("verify tables/out.csv far").code, 0);
    folder.write("tables/a.tif", moving(0.25, 0.0), 6);
    let ran = folder.run("verify tables/out.csv");
    assert!(
        ran.code == 1 && ran.stderr.contains("the input has changed: its SHA-256 is"),
        "{ran:?}"
    );
}

#[test]
fn a_changed_input_with_an_untouched_copy_beside_it_is_named() {
    let folder = Folder::with_recording();
    std::fs::create_dir(folder.path("copies")).unwrap();
    std::fs::copy(folder.path("a.tif"), folder.path("copies/b.tif")).unwrap();
    folder.run(&format!("{MEASURE} -o out.csv -o run.zip"));
    folder.write("a.tif", moving(0.25, 0.0), 6);
    for file in ["out.csv", "run.zip"] {
        let ran = folder.run(&format!("verify {file}"));
        let said = "warning: a.tif has changed since it was measured; used copies/b.tif, whose SHA-256 is that of \
                    what was measured\nidentical: ";
        assert!(ran.code == 0 && ran.stderr.starts_with(said), "{ran:?}");
    }
    // Where it was, nothing is said of others.
    std::fs::copy(folder.path("copies/b.tif"), folder.path("a.tif")).unwrap();
    let ran = folder.run("verify out.csv copies");
    assert!(ran.code == 0 && ran.stderr.starts_with("identical: "), "{ran:?}");
}

#[test]
fn a_changed_mask_is_said_to_have_changed_whatever_it_is_now() {
    let folder = Folder::with_recording();
    folder.write("mask.tif", moving(0.0, 0.0), 1);
    folder.run(&format!("{MEASURE} --mask mask.tif -o out.csv -o run.zip"));
    let mask = std::fs::read(folder.path("mask.tif")).unwrap();
    assert_eq!(folder.run("verify run.zip").code, 0);
    for change in ["another image", "several images", "no image"] {
        match change {
            "another image" => folder.write("mask.tif", moving(0.0, 0.0).noise(0.0), 1),
            "several images" => folder.write("mask.tif", moving(0.0, 0.0), 2),
            _ => std::fs::write(folder.path("mask.tif"), "no image").unwrap(),
        }
        for file in ["out.csv", "run.zip"] {
            let ran = folder.run(&format!("verify {file}"));
            let said = "error: the input has changed: its SHA-256 is ";
            assert!(ran.code == 1 && ran.stderr.starts_with(said), "{change}: {ran:?}");
            assert!(ran.stderr.ends_with(" (mask.tif)\n"), "{change}: {ran:?}");
        }
    }
    std::fs::write(folder.path("kept.tif"), mask).unwrap();
    let ran = folder.run("verify out.csv");
    let said = "warning: mask.tif has changed since it was measured; used kept.tif, ";
    assert!(ran.code == 0 && ran.stderr.starts_with(said), "{ran:?}");
}

#[test]
fn a_session_that_is_measured_again_is_identical() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} --model affine -o out.csv -o run.zip"));
    let verified = |file: &str| {
        let ran = folder.run(&format!("verify {file}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr
    };
    assert_eq!(verified("run.zip"), "identical: 12 rows, 24 columns\n");
    folder.run("convert out.csv -o rounded.zip");
    assert_eq!(
        verified("rounded.zip"),
        "identical: 12 rows, 24 columns, with the digits of text\n"
    );
    // With its recording it can be moved; alone it finds it where it was.
    for (name, file) in [("both", "run.zip"), ("alone", "rounded.zip")] {
        std::fs::create_dir(folder.path(name)).unwrap();
        std::fs::rename(folder.path(file), folder.path(name).join(file)).unwrap();
    }
    assert!(verified("alone/rounded.zip").starts_with("identical: "));
    std::fs::rename(folder.path("a.tif"), folder.path("both/a.tif")).unwrap();
    assert_eq!(verified("both/run.zip"), "identical: 12 rows, 24 columns\n");
    let ran = folder.run("verify alone/rounded.zip");
    assert!(ran.code == 1 && ran.stderr.contains("cannot find the input \"a.tif\""), "{ran:?}");
}

#[test]
fn a_session_of_other_numbers_is_not_identical() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o out.csv"));
    let text = folder.text("out.csv");
    let dx = text.lines().nth(7).unwrap().split(',').nth(8).unwrap();
    std::fs::write(folder.path("b.csv"), text.replace(dx, "0.125")).unwrap();
    folder.run("convert b.csv -o b.zip");
    let ran = folder.run("verify b.zip");
    let said = "error: the session is not what was measured now (12 rows, 19 columns compared):\n";
    assert!(ran.code == 1 && ran.stderr.starts_with(said), "{ran:?}");
    assert!(ran.stderr.contains("0.125 in the session, "), "{ran:?}");
}

#[test]
fn what_cannot_be_measured_again_says_why() {
    let folder = Folder::with_recording();
    folder.run(&format!("{MEASURE} -o run.zip"));
    folder.run("session run.zip --as-0.7 -o movemeter_run.zip");
    folder.run("session movemeter_run.zip -o back.zip");
    folder.run("convert movemeter_run.zip -o back.csv");
    for file in ["movemeter_run.zip", "back.zip", "back.csv"] {
        let ran = folder.run(&format!("verify {file}"));
        let said = "error: cannot be measured again as it was: its numbers are of movemeter 0.7, ";
        assert!(ran.code == 1 && ran.stderr.starts_with(said), "{ran:?}");
    }
    folder.run("convert run.zip -o out.csv");
    let text = folder.text("out.csv");
    let is_of_input = |line: &&str| line.starts_with("# input") || line.starts_with("# path");
    let lines = text.lines().filter(|line| !is_of_input(line)).collect::<Vec<_>>().join("\n");
    std::fs::write(folder.path("out.csv"), lines).unwrap();
    let ran = folder.run("verify out.csv");
    assert!(ran.stderr.contains("the table does not say what was measured (out.csv)"), "{ran:?}");
}
