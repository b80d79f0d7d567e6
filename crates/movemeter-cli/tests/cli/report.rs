//! Pages that show a measurement.

use super::folder::Folder;

const MEASURE: &str = "measure a.tif --grid 32 --follow --max-displacement 6";

#[test]
fn a_page_is_made_of_a_table_and_of_a_session() {
    let folder = Folder::with_recording();
    assert_eq!(folder.run(&format!("{MEASURE} -o t.csv -o t.json -o run.zip")).code, 0);
    for table in ["t.csv", "t.json", "run.zip"] {
        let ran = folder.run(&format!("report {table} -o page.html"));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stderr.contains("6 frames, 12 windows, 20 samples to look at -> page.html"),
            "{ran:?}"
        );
        let page = folder.text("page.html");
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
        assert!(page.matches("<figure>").count() == 60, "{table}");
    }
}

#[test]
fn a_recording_that_moved_is_named_or_left_out() {
    let folder = Folder::with_recording();
    assert_eq!(folder.run(&format!("{MEASURE} -o t.csv")).code, 0);
    std::fs::create_dir(folder.path("archive")).unwrap();
    std::fs::rename(folder.path("a.tif"), folder.path("archive/b.tif")).unwrap();
    let ran = folder.run("report t.csv -o page.html");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("warning: the page has no pictures of samples: there is no such"),
        "{ran:?}"
    );
    assert!(!folder.text("page.html").contains("<figure>"));
    let ran = folder.run("report t.csv archive/b.tif -o page.html");
    assert_eq!((ran.code, ran.stderr.contains("warning")), (0, false), "{ran:?}");
    assert!(folder.text("page.html").contains("<figure>"));
    // What was named must be there.
    let ran = folder.run("report t.csv gone.tif -o other.html");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(folder.names(), ["archive", "page.html", "t.csv"]);
}

#[test]
fn what_makes_no_page_is_said() {
    let folder = Folder::with_recording();
    assert_eq!(folder.run(&format!("{MEASURE} -o t.csv")).code, 0);
    for (arguments, code, says) in [
        ("report t.csv -o page.pdf", 2, "cannot write a page: the ending .pdf is not known"),
        ("report gone.csv -o page.html", 1, "there is no such file or folder (gone.csv)"),
        ("report a.tif -o page.html", 1, "the ending .tif is not known"),
        ("report t.csv", 2, "--output <HTML>"),
        ("report t.csv -o no/page.html", 1, "there is no folder no; make it first"),
    ] {
        let ran = folder.run(arguments);
        assert!(ran.code == code && ran.stderr.contains(says), "{arguments}: {ran:?}");
    }
    assert_eq!(folder.names(), ["a.tif", "t.csv"]);
}
