//! Recipes from files, and into files.

use super::folder::{Folder, numbers, words};

const SETTINGS: &str = "--roi 48,32,32,32 --max-displacement 6 --follow --exclude 2 --fps 10";

#[test]
fn a_saved_recipe_measures_the_same() {
    let folder = Folder::with_recording();
    let measured = folder.measure(&format!("{SETTINGS} --save-recipe r.toml"));
    assert_eq!(folder.measure("--recipe r.toml"), measured);
    // A table holds its recipe.
    folder.run("convert out.csv -o t.npz");
    assert_eq!(folder.measure("--recipe t.npz"), measured);
}

#[test]
fn what_is_typed_comes_before_what_the_recipe_says() {
    let folder = Folder::with_recording();
    folder.measure(&format!("{SETTINGS} --save-recipe r.toml"));
    let rows =
        folder.measure("--recipe r.toml --fps 20 --exclude 3 --roi 8,8,24,24 --roi 40,8,24,24");
    assert_eq!(words(&rows, "x")[..2], ["8", "40"]);
    assert_eq!(numbers(&rows, "time_s")[2], 0.05);
    let excluded: Vec<usize> = (0..12).filter(|&row| rows[row]["status"] == "excluded").collect();
    assert_eq!(excluded, [6, 7]);
    // And it is saved.
    folder.measure("--recipe r.toml --min-score 0.5 --save-recipe s.toml");
    let text = folder.text("s.toml");
    assert!(text.contains("\nmin_score = 0.5\n") && text.contains("\nfollow = true\n"), "{text}");
}

#[test]
fn a_recipe_that_is_wrong_is_said_with_its_line_before_anything_is_written() {
    let folder = Folder::with_recording();
    std::fs::write(folder.path("r.toml"), "version = 1\nmax_displacment_px = 6.0\n").unwrap();
    let ran = folder.run("measure a.tif --recipe r.toml --roi 48,32,32,32 -o out.csv");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            1,
            "error: cannot read as a recipe: line 2: there is no setting max_displacment_px; did you mean \
             max_displacement_px? (r.toml)\n"
        )
    );
    std::fs::write(folder.path("r.toml"), "follow = true\n").unwrap();
    let ran = folder.run("measure a.tif --recipe r.toml -o out.csv");
    assert!(ran.code == 2 && ran.stderr.contains("--recipe"), "{ran:?}");
    let ran = folder.run("measure a.tif --recipe none.toml -o out.csv");
    assert!(ran.code == 1 && ran.stderr.contains("there is no such file"), "{ran:?}");
    assert_eq!(folder.names(), ["a.tif", "r.toml"]);
}

#[test]
fn a_recipe_is_never_saved_over_an_input() {
    let folder = Folder::with_recording();
    let ran = folder.run(&format!("measure a.tif {SETTINGS} --save-recipe a.tif -o out.csv"));
    assert!(ran.code == 2 && ran.stderr.contains("the output is also an input"), "{ran:?}");
    assert_eq!(folder.names(), ["a.tif"]);
}
