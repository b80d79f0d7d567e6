//! `plot`, `heatmap` and `overlay`: pictures of what was measured.

use std::path::Path;

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::picture::colormap::Colormap;

use super::folder::Folder;

/// A folder with `a.tif`, and `out.csv` of a grid of twelve windows whose times and pixel size are known.
fn measured() -> Folder {
    let folder = Folder::with_recording();
    folder
        .measure("--grid 24 --within 16,12,96,72 --max-displacement 6 --fps 50 --pixel-size 0.5um");
    folder
}

fn drawn(folder: &Folder, arguments: &str) -> Vec<u8> {
    let ran = folder.run(arguments);
    assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
    let name = arguments.split_whitespace().skip_while(|word| *word != "-o").nth(1).unwrap();
    std::fs::read(folder.path(name)).unwrap()
}

/// Width, height and colours of a PNG file.
fn pixels(path: &Path) -> (usize, usize, Vec<[u8; 3]>) {
    let image = image::open(path).unwrap().to_rgb8();
    let all = image.pixels().map(|pixel| pixel.0).collect();
    (image.width() as usize, image.height() as usize, all)
}

#[test]
fn every_format_is_drawn_the_same_each_time() {
    let folder = measured();
    for command in ["plot out.csv", "heatmap out.csv", "overlay a.tif out.csv --frame 2"] {
        for name in ["p.png", "p.svg", "p.pdf"] {
            let arguments = format!("{command} -o {name}");
            let first = drawn(&folder, &arguments);
            assert_eq!(first, drawn(&folder, &arguments), "{arguments}");
        }
        let svg = folder.text("p.svg");
        assert!(svg.starts_with("<svg") && svg.contains("</text>"), "{command}");
        assert!(std::fs::read(folder.path("p.pdf")).unwrap().starts_with(b"%PDF-"), "{command}");
    }
    assert_eq!(folder.names(), ["a.tif", "out.csv", "p.pdf", "p.png", "p.svg"]);
}

#[test]
fn every_option_of_plot_changes_the_picture() {
    let folder = measured();
    let usual = drawn(&folder, "plot out.csv -o p.svg");
    for option in [
        "--what x",
        "--what magnitude",
        "--path",
        "--spectrum",
        "--window 0,3",
        "--frames 1..4",
        "--size 60x50mm",
        "--size 900x600px",
    ] {
        assert_ne!(drawn(&folder, &format!("plot out.csv {option} -o p.svg")), usual, "{option}");
    }
    let svg = folder.text("p.svg");
    assert!(svg.contains(">dx (µm)<") && svg.contains(">time (s)<"), "{svg}");
    drawn(&folder, "plot out.csv --size 50.8x40mm --dpi 100 -o p.png");
    let (width, height, _) = pixels(&folder.path("p.png"));
    assert_eq!((width, height), (200, 157));
}

#[test]
fn a_cell_has_the_colour_of_its_value_on_the_scale_asked_for() {
    let folder = measured();
    let arguments = "heatmap out.csv --frame 4 --min 0 --max 2 --dpi 100 -o h.png";
    drawn(&folder, arguments);
    let (_, _, colors) = pixels(&folder.path("h.png"));
    // 0.5 µm a pixel, four frames of (0.5, -0.25) px.
    let value = 0.5 * 4.0 * 0.5f64.hypot(0.25);
    let expected = Colormap::Viridis.color(value / 2.0).0;
    let is_near = |color: &&[u8; 3]| (0..3).all(|i| color[i].abs_diff(expected[i]) < 4);
    let n = colors.iter().filter(is_near).count();
    assert!(colors.len() / 3 < n, "{n} of {}", colors.len());
    // Beyond the end, all have the colour of the end.
    drawn(&folder, "heatmap out.csv --frame 4 --min 0 --max 0.5 --dpi 100 -o h.png");
    let (_, _, colors) = pixels(&folder.path("h.png"));
    let end = Colormap::Viridis.color(1.0).0;
    assert!(colors.len() / 3 < colors.iter().filter(|color| **color == end).count());
}

#[test]
fn what_was_not_measured_is_grey_and_every_option_of_heatmap_counts() {
    let folder = measured();
    let usual = drawn(&folder, "heatmap out.csv -o h.png --dpi 100");
    let not_measured = [[0xC8; 3], [0xA0; 3]];
    let count = |path: &Path| {
        let (_, _, colors) = pixels(path);
        colors.iter().filter(|color| not_measured.contains(color)).count()
    };
    assert!(count(&folder.path("h.png")) < 20);
    for option in [
        "--what speed",
        "--what direction",
        "--what score",
        "--what sd",
        "--frame 3",
        "--frame max",
        "--max 3",
        "--min -1",
        "--colormap magma",
        "--over a.tif",
        "--window 0,1,4,5",
        "--frames 0..2",
        "--size 60",
    ] {
        let arguments = format!("heatmap out.csv {option} -o h.png --dpi 100");
        assert_ne!(drawn(&folder, &arguments), usual, "{option}");
    }
    folder.measure("--grid 32 --max-displacement 6 --min-score 1 --exclude 3");
    let ran = folder.run("heatmap out.csv --frame 3 -o h.png");
    assert!(ran.stderr.contains("no displacement was measured"), "{ran:?}");
    let table = folder.text("out.csv");
    assert!(table.contains("excluded"));
}

/// Also writes `lost.csv`, as if the first window had been lost in frame 2.
fn with_lost_window() -> Folder {
    let folder = measured();
    let lines: Vec<String> = folder.text("out.csv").lines().map(String::from).collect();
    let lost = |line: &String| match line.starts_with("2,") && line.contains(",grid,0,") {
        true => line
            .split(',')
            .enumerate()
            .map(|(i, cell)| match i {
                8..=13 | 15.. => "",
                14 => "flat",
                _ => cell,
            })
            .collect::<Vec<_>>()
            .join(","),
        false => line.clone(),
    };
    let text: Vec<String> = lines.iter().map(lost).collect();
    std::fs::write(folder.path("lost.csv"), text.join("\n") + "\n").unwrap();
    folder
}

#[test]
fn a_lost_window_is_hatched() {
    let folder = with_lost_window();
    drawn(&folder, "heatmap lost.csv --frame 2 -o h.png --dpi 100");
    let (_, _, colors) = pixels(&folder.path("h.png"));
    let grey = colors.iter().filter(|color| **color == [0xC8; 3]).count();
    // One of twelve windows, the map about two thirds of the picture, a quarter of it lines.
    assert!(colors.len() / 40 < grey && grey < colors.len() / 10, "{grey} of {}", colors.len());
}

#[test]
fn a_mean_or_largest_of_fewer_frames_is_said_to_be_one() {
    let folder = with_lost_window();
    let said = |arguments: &str| {
        let ran = folder.run(&format!("heatmap {arguments}"));
        assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
        ran.stderr.contains(
            "warning: 1 window could not be measured in all of these frames; its value is of fewer frames",
        )
    };
    for (arguments, is_said) in [
        ("lost.csv -o h.png", true),
        ("lost.csv --frame mean -o h.png", true),
        ("lost.csv --frame max -o h.png", true),
        ("lost.csv --frame max -o h.npy", true),
        ("lost.csv --frame 2 -o h.png", false),
        ("lost.csv -o h.npy", false),
        ("lost.csv --frames 3.. -o h.png", false),
        ("lost.csv --window 1,2,3 -o h.png", false),
        ("out.csv -o h.png", false),
    ] {
        assert_eq!(said(arguments), is_said, "{arguments}");
    }
}

#[test]
fn values_are_written_as_they_are() {
    let folder = measured();
    drawn(&folder, "heatmap out.csv --cells -o v.tif");
    let mut stack = movemeter_io::open(folder.path("v.tif")).unwrap();
    let info = stack.info().clone();
    assert_eq!((info.n_frames, info.size.width, info.size.height), (6, 4, 3));
    let mut frame = Frame::default();
    stack.read(4, &mut frame).unwrap();
    let value = 0.5 * 4.0 * 0.5f32.hypot(0.25);
    assert!(frame.pixels().iter().all(|pixel| (pixel - value).abs() < 0.02), "{frame:?}");
    drawn(&folder, "heatmap out.csv --frame 2 -o v.npy");
    let stack = movemeter_io::open(folder.path("v.npy")).unwrap();
    assert_eq!(
        (stack.info().n_frames, stack.info().size.width, stack.info().size.height),
        (1, 112, 84)
    );
}

#[test]
fn films_have_a_picture_for_each_frame() {
    let folder = measured();
    for command in ["heatmap out.csv --dpi 50", "overlay a.tif out.csv --trail 2"] {
        std::fs::create_dir_all(folder.path("seen")).unwrap();
        let ran = folder.run(&format!("{command} --frames 1..3 -o seen/f_##.png"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let sizes: Vec<(usize, usize)> = ["f_00.png", "f_01.png", "f_02.png"]
            .iter()
            .map(|name| {
                let (width, height, _) = pixels(&folder.path("seen").join(name));
                (width, height)
            })
            .collect();
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
        assert_eq!(std::fs::read_dir(folder.path("seen")).unwrap().count(), 3);
        std::fs::remove_dir_all(folder.path("seen")).unwrap();
    }
    let ran = folder.run("overlay a.tif out.csv -o o.tif");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(movemeter_io::open(folder.path("o.tif")).unwrap().info().n_frames, 6);
    let ran = folder.run("overlay a.tif out.csv -o o.mp4 --ffmpeg none/ffmpeg");
    assert!(ran.code == 1 && ran.stderr.contains("f_####.png"), "{ran:?}");
}

#[test]
fn every_option_of_overlay_changes_the_picture() {
    let folder = measured();
    let usual = drawn(&folder, "overlay a.tif out.csv --frame 4 -o o.png");
    for option in
        ["--magnify 3", "--trail 3", "--range 0..9000", "--window 1", "--size 60 --dpi 100"]
    {
        let arguments = format!("overlay a.tif out.csv --frame 4 {option} -o o.png");
        assert_ne!(drawn(&folder, &arguments), usual, "{option}");
    }
    let page = drawn(&folder, "overlay a.tif out.csv --frame 4 -o o.svg");
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("frame 4, 0.080 s, arrows ") && page.contains(" µm<"), "{page}");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = measured();
    let fails = |arguments: &str, code: i32, words: &[&str]| {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{arguments}: no {word:?} in {}", ran.stderr);
        }
        assert_eq!(folder.names(), ["a.tif", "out.csv"], "{arguments}");
    };
    fails("plot out.csv -o p.jpg", 2, &["the ending .jpg is not known", ".png .svg .pdf"]);
    fails("plot out.csv -o out.csv", 2, &[".png .svg .pdf"]);
    fails("plot none.csv -o p.png", 1, &["none.csv"]);
    fails("plot out.csv --group other -o p.png", 2, &["no group \"other\"", "\"grid\""]);
    fails("plot out.csv --window 99 -o p.png", 2, &["no window 99"]);
    fails("plot out.csv --frames 7.. -o p.png", 2, &["there is no frame 7"]);
    fails("plot out.csv --what angle -o p.png", 2, &["no value of angle", "--rotation"]);
    fails("plot out.csv --what z -o p.png", 2, &["x, y, magnitude, angle, brightness"]);
    fails("plot out.csv --spectrum --frames ..2 -o p.png", 2, &["at least four frames"]);
    fails("plot out.csv --size 1x1 -o p.png", 2, &["20 to 2000 mm"]);
    fails("heatmap out.csv --frame 9 -o h.png", 2, &["--frame 9", "0 to 5"]);
    fails("heatmap out.csv --frame each -o h.png", 2, &["--frame N, mean or max"]);
    fails("heatmap out.csv --min 5 --max 1 -o h.png", 2, &["from 5 to 1"]);
    fails("heatmap out.csv --what direction --frame max -o h.png", 2, &["no largest"]);
    fails("heatmap out.csv --cells -o h.png", 2, &["--cells is for stacks"]);
    fails("heatmap out.csv --colormap jet -o h.png", 2, &["viridis, cividis"]);
    fails("heatmap out.csv -o h.gif", 2, &[".mp4", ".tif"]);
    fails("overlay a.tif out.csv -o o.pdf", 2, &["--frame N"]);
    fails("overlay a.tif out.csv -o o.png", 2, &["there are 6 frames", "frame_####.png"]);
    fails("overlay a.tif out.csv -o a.tif", 2, &["the output is also an input"]);
    fails("overlay out.csv -o o.mp4", 2, &["2 values", "STACK... TABLE"]);
    fails("overlay a.tif a.tif -o o.mp4", 1, &["the ending .tif is not known"]);
}
