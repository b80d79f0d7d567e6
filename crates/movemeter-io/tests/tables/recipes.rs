//! Recipe files: what was written is what is read, and what is wrong is said with its line.

use movemeter::brightness::BrightnessMode;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, Recipe, Reference};
use movemeter::roi::{Color, Fill, Roi, RoiGroup, Shape};
use movemeter_io::{OpenOptions, RecipeFile};

use super::measured::{FORMATS, recipe, results, write};

fn everything() -> RecipeFile {
    let recipe = Recipe {
        reference: Reference::Frame(7),
        follow: true,
        subpixel: Subpixel::Parabola,
        rotation: true,
        max_rotation_deg: Some(12.5),
        min_score: 0.1,
        keep_doubtful: true,
        mask: Some("dust µ.png".to_owned().into()),
        blur_sigma_px: 1.5,
        background: Background::Mean,
        invert: true,
        brightness: Some(BrightnessMode::Range),
        frames: FrameRange { first: 3, last: Some(90), step: 2 },
        ..recipe()
    };
    let drawn = |shape, fill| Roi { shape, fill };
    let rois = vec![RoiGroup {
        name: "a \"b\"\\".into(),
        color: Some(Color([9, 8, 7])),
        rois: vec![
            drawn(Shape::Frame, Fill::Blocks { size: Size::new(32, 16), step: 0.5 }),
            drawn(Shape::Box { rect: Rect::new(1, 2, 3, 4) }, Fill::Whole),
        ],
    }];
    let opening = OpenOptions { channel: Some(1), z: Some(3), ffmpeg: None };
    RecipeFile { recipe, rois, opening }
}

fn read(text: &str) -> Result<RecipeFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    std::fs::write(&path, text).unwrap();
    RecipeFile::read(&path).map_err(|error| {
        let said = error.to_string();
        let said = said.strip_suffix(&format!(" ({})", path.display())).unwrap();
        said.strip_prefix("cannot read as a recipe: ").unwrap().into()
    })
}

#[test]
fn everything_that_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    for file in [everything(), RecipeFile::default()] {
        file.write(&path).unwrap();
        let mut read = RecipeFile::read(&path).unwrap();
        if let Some(mask) = &read.recipe.mask {
            // From the folder of the recipe, which the mask was not in.
            assert!(mask.name().ends_with("dust µ.png"), "{mask}");
            read.recipe.mask = file.recipe.mask.clone();
        }
        assert_eq!(read, file);
    }
}

#[test]
fn every_setting_is_written_and_explained() {
    let settings = serde_json::to_value(Recipe::default()).unwrap();
    let text = RecipeFile::default().to_toml();
    for name in settings.as_object().unwrap().keys().filter(|name| *name != "windows") {
        let line = text
            .lines()
            .position(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = ")));
        let line = line.unwrap_or_else(|| panic!("{name} is missing in\n{text}"));
        assert!(text.lines().nth(line - 1).unwrap().starts_with("# "), "{name}");
    }
    // What stands there as an example can be used.
    let examples: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.split_once(" = ").is_some_and(|(name, _)| settings.get(name).is_some()))
        .collect();
    assert!(5 < examples.len());
    read(&examples.join("\n")).unwrap();
}

#[test]
fn a_setting_that_is_not_known_is_an_error_with_its_line_and_the_nearest() {
    let said = read("version = 1\n\nfolow = true\n").unwrap_err();
    assert_eq!(said, "line 3: there is no setting folow; did you mean follow?");
    let said = read("pixel_size = 2.0\n").unwrap_err();
    assert_eq!(said, "line 1: there is no setting pixel_size; did you mean pixel_size_um?");
    let said = read("colour = 2.0\n").unwrap_err();
    assert!(
        said.starts_with("line 1: there is no setting colour; there are reference, "),
        "{said}"
    );
    let said = read("[open]\nchanel = 1\n").unwrap_err();
    assert!(
        said.starts_with("line 2: unknown field `chanel`, expected `channel` or `z`"),
        "{said}"
    );
    let said = read("[[windows]]\nname = \"a\"\nwindow = []\n").unwrap_err();
    assert!(said.contains("line 3: unknown field `window`"), "{said}");
}

#[test]
fn a_wrong_value_is_an_error_with_its_line_and_what_is_allowed() {
    assert_eq!(
        read("\nfollow = \"yes\"\n").unwrap_err(),
        "line 2: invalid type: string \"yes\", expected a boolean"
    );
    let said = read("reference = \"frist\"\n").unwrap_err();
    assert_eq!(
        said,
        "line 1: reference must be first, previous, mean, keyframe or a frame number, but is \"frist\""
    );
    let said = read("min_score = 0.1\nbackground = \"max\"").unwrap_err();
    assert!(
        said.starts_with("line 2: unknown variant `max`, expected one of `none`, `min`"),
        "{said}"
    );
    let said = read("min_score = \n").unwrap_err();
    assert!(said.starts_with("line 1: "), "{said}");
    let said = read("follow = true\nfollow = true\n").unwrap_err();
    assert!(said.starts_with("line 2: duplicate key"), "{said}");
}

#[test]
fn later_versions_are_refused_and_earlier_ones_read() {
    let said = read("# mine\nversion = 2\n").unwrap_err();
    assert_eq!(
        said,
        "line 2: version is 2: a later movemeter wrote this recipe; this one reads version 1 and earlier"
    );
    assert!(
        read("version = \"one\"")
            .unwrap_err()
            .starts_with("line 1: version must be a whole number")
    );
    let file = read("reference = 12\nmin_score = 0").unwrap();
    assert_eq!((file.recipe.reference, file.recipe.min_score), (Reference::Frame(12), 0.0));
}

#[test]
fn recipes_of_tables_and_as_json_are_recipes() {
    let folder = tempfile::tempdir().unwrap();
    let written = results();
    for format in FORMATS {
        let path = folder.path().join(format!("t.{format}"));
        write(&written, &path);
        let read = RecipeFile::read(&path).unwrap();
        assert_eq!(
            (read.recipe, read.opening),
            (written.recipe.clone(), written.provenance.opened.clone())
        );
    }
    let path = folder.path().join("r.json");
    std::fs::write(&path, &written.provenance.recipe_json).unwrap();
    assert_eq!(RecipeFile::read(&path).unwrap().recipe, written.recipe);
    std::fs::write(&path, "{\"folow\": true}").unwrap();
    assert!(RecipeFile::read(&path).unwrap_err().to_string().contains("did you mean follow?"));
    let said = RecipeFile::read(folder.path().join("r.yaml")).unwrap_err().to_string();
    assert!(
        said.starts_with("the ending .yaml is not known; use one of .toml .json, or of a table"),
        "{said}"
    );
}

#[test]
fn a_mask_is_found_from_the_folder_of_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("recipes")).unwrap();
    let mask = folder.path().join("mask.png");
    std::fs::write(&mask, "").unwrap();
    let path = folder.path().join("recipes/r.toml");
    let name: String = mask.display().to_string();
    let recipe = Recipe { mask: Some(name.into()), ..Recipe::default() };
    RecipeFile { recipe, ..RecipeFile::default() }.write(&path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("\nmask = \"../mask.png\"\n"));
    let read = RecipeFile::read(&path).unwrap().recipe.mask.unwrap();
    assert_eq!(
        std::path::Path::new(read.name()).canonicalize().unwrap(),
        mask.canonicalize().unwrap()
    );
}
