//! What was written is what is read.

use movemeter::brightness::BrightnessMode;
use movemeter::recipe::Recipe;
use movemeter_io::{Provenance, Results, read_results, read_table, write_table};

use super::measured::{FORMATS, largest_difference, results, write};

/// In text, numbers have six decimals.
fn tolerance(format: &str) -> f64 {
    match format {
        "csv" | "tsv" => 0.6e-6,
        // Angles go from radians to degrees and back.
        _ => 1e-14,
    }
}

#[test]
fn every_format_gives_back_what_was_measured_and_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let written = results();
    for format in FORMATS {
        let path = folder.path().join(format!("t.{format}"));
        write(&written, &path);
        let read = read_results(&path).unwrap();
        assert_eq!(read.provenance, written.provenance, "{format}");
        assert_eq!(read.recipe, written.recipe, "{format}");
        assert_eq!(read.tracks.pixel_size_um, Some(0.645), "{format}");
        assert_eq!(read.tracks.deforming, written.tracks.deforming, "{format}");
        let difference = largest_difference(&read.tracks, &written.tracks);
        assert!(difference <= tolerance(format), "{format}: {difference}");
        assert_eq!(read.recipe.windows.colors(), written.recipe.windows.colors());
    }
}

#[test]
fn formats_with_all_digits_give_back_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let written = results();
    for format in FORMATS.into_iter().filter(|format| tolerance(format) < 1e-7) {
        let path = folder.path().join(format!("t.{format}"));
        write(&written, &path);
        let read = read_results(&path).unwrap();
        assert_eq!(read.tracks.stamps, written.tracks.stamps);
        for (read, written) in read.tracks.tracks.iter().zip(&written.tracks.tracks) {
            // As text, NaN is the same as NaN.
            assert_eq!(format!("{:?}", read.samples), format!("{:?}", written.samples), "{format}");
        }
        let brightness = |results: &Results| format!("{:?}", results.tracks.brightness);
        assert_eq!(brightness(&read), brightness(&written), "{format}");
    }
}

#[test]
fn a_table_written_again_is_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join(format!("t.{format}"));
        write(&results(), &path);
        let read = read_table(&path).unwrap();
        let mut again = Vec::new();
        let format = movemeter_io::TableFormat::of(&path).unwrap();
        write_table(&read.table(), &read.provenance, format, &mut again).unwrap();
        assert!(again == std::fs::read(&path).unwrap(), "{format:?}");
    }
}

#[test]
fn a_pixels_size_that_the_recording_knew_is_found_in_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = results();
    written.recipe.pixel_size_um = None;
    written.provenance.recipe_json = serde_json::to_string(&written.recipe).unwrap();
    for format in FORMATS {
        for um in [0.645, 6.5, 0.108_333_333] {
            written.tracks.pixel_size_um = Some(um);
            let path = folder.path().join(format!("t.{format}"));
            write(&written, &path);
            let found = read_results(&path).unwrap().tracks.pixel_size_um.unwrap();
            // What moved a pixel, rounded to a millionth, says no more.
            assert!(
                (found - um).abs() <= if um == 0.645 || um == 6.5 { 0.0 } else { 2e-6 },
                "{found}"
            );
        }
    }
}

#[test]
fn brightness_that_was_divided_is_read_as_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = results();
    for mode in BrightnessMode::ALL {
        written.tracks.brightness.as_mut().unwrap().mode = mode;
        for format in FORMATS {
            let path = folder.path().join(format!("t.{format}"));
            write(&written, &path);
            let read = read_results(&path).unwrap();
            let difference = largest_difference(&read.tracks, &written.tracks);
            assert!(difference <= tolerance(format), "{mode} {format}: {difference}");
        }
    }
}

#[test]
fn an_empty_table_and_one_that_says_nothing_of_itself_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join(format!("t.{format}"));
        let empty = Results::default();
        write(&Results { provenance: Provenance::default(), ..empty }, &path);
        let read = read_results(&path).unwrap();
        assert_eq!((read.tracks.n_frames(), read.tracks.n_windows()), (0, 0), "{format}");
        assert_eq!(
            read.recipe,
            Recipe { windows: read.recipe.windows.clone(), ..Recipe::default() }
        );
        let doubt = "the table does not say by which recipe it was measured";
        assert_eq!(read.provenance.doubts, [doubt], "{format}");
    }
}
