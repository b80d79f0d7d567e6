//! Reports: whole, safe, and needing nothing else.

use movemeter::{Recipe, Sample, Silent, Tracks};
use movemeter_io::{Report, Results, write_report};

use super::making::{NASTY, measured};

fn page(results: &Results, table: &std::path::Path) -> String {
    let report = Report::new(results, table, &[], &Silent).unwrap();
    let mut bytes = Vec::new();
    write_report(&report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// How often each element is opened and closed.
fn check_elements(html: &str) {
    for element in [
        "html", "head", "body", "main", "section", "table", "tr", "td", "article", "figure",
        "script", "p", "div", "details",
    ] {
        let n_opened = html.matches(&format!("<{element}>")).count()
            + html.matches(&format!("<{element} ")).count();
        assert_eq!(n_opened, html.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn a_page_shows_all_and_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = measured(folder.path(), |_| {});
    results.provenance.doubts = vec!["damage: <torn>".into()];
    results.provenance.incomplete = Some("stopped after frame 3".into());
    let html = page(&results, &folder.path().join("motion.csv"));
    check_elements(&html);
    assert!(html.contains("<strong>Doubt:</strong> damage: &lt;torn&gt;"));
    assert!(html.contains("<strong>Not complete:</strong> stopped after frame 3"));
    assert!(html.contains(&results.provenance.inputs[0].sha256));
    assert!(html.contains("low_score: no match better than chance"));
    assert!(html.contains("The mean is of fewer frames in 1 of 3 windows than in the others"));
    // Of each sample three pictures, and the first frame.
    assert_eq!(html.matches("<figure>").count() % 3, 0);
    assert_eq!(
        html.matches("src=\"data:image/png;base64,").count(),
        html.matches("<figure>").count() + 1
    );
    assert!(6 * 3 < html.matches("<figure>").count());
    for outside in ["http:", "https:", "src=\"//", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn no_name_becomes_a_part_of_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = measured(folder.path(), |_| {});
    results.provenance.inputs[0].name = NASTY.into();
    results.provenance.doubts = vec![NASTY.into()];
    let html = page(&results, &folder.path().join("<img src=x onerror=alert(1)>.csv"));
    check_elements(&html);
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
    assert_eq!(html.matches("<script").count(), 3);
}

#[test]
fn without_its_recording_a_page_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let results = measured(folder.path(), |_| {});
    std::fs::remove_file(folder.path().join("a b.tif")).unwrap();
    let html = page(&results, &folder.path().join("motion.csv"));
    assert!(html.contains("No pictures, for the recording cannot be shown: there is no such file"));
    assert!(!html.contains("<figure>") && html.contains("<article>"));
    check_elements(&html);
}

#[test]
fn where_all_was_measured_a_page_says_nothing_of_fewer_frames() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = measured(folder.path(), |_| {});
    results.tracks.tracks.remove(1);
    assert!(results.tracks.tracks.iter().all(|track| track.samples.iter().all(Sample::is_ok)));
    let html = page(&results, &folder.path().join("motion.csv"));
    assert!(!html.contains("fewer frames"));
}

#[test]
fn a_page_of_nothing_is_a_page_still() {
    let results =
        Results { tracks: Tracks::default(), recipe: Recipe::default(), ..Results::default() };
    let html = page(&results, std::path::Path::new("empty.csv"));
    check_elements(&html);
    assert!(html.contains("The table holds no samples."));
}

/// Whether the script is one.
#[test]
fn the_script_can_be_read() {
    let node = std::process::Command::new("node").arg("--version").output();
    if node.is_err() {
        println!("skipped: there is no node");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/script.js");
    let ran = std::process::Command::new("node").args(["--check", script]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}
