//! ROIs made, listed, converted, drawn and measured.

use movemeter::roi::{Fill, Shape};
use movemeter_io::read_rois;

use super::folder::{Folder, Ran, words};

const USAGE: i32 = 2;

fn rois(folder: &Folder, arguments: &str) -> Ran {
    let ran = folder.run(&format!("rois {arguments}"));
    assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
    ran
}

fn refusal(folder: &Folder, arguments: &str, code: i32) -> String {
    let ran = folder.run(&format!("rois {arguments}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments}: {ran:?}");
    ran.stderr
}

#[test]
fn what_is_drawn_is_listed() {
    let folder = Folder::new();
    let ran = rois(&folder, "--box 8,8,40,20 --box 60,8,40,20 --group left");
    assert_eq!(
        ran.stdout,
        "group   ROIs   windows   of size   bounds x,y,w,h   colour\n\
         left    2      2         40x20     8,8,92,20        #0072b2\n"
    );
    let ran = rois(&folder, "--full-frame --block 32 --color #ff0000");
    assert!(ran.stdout.contains("roi     1      as the frame"), "{}", ran.stdout);
    let ran = rois(&folder, "--full-frame --block 32 --size 128x96");
    assert!(ran.stdout.contains("roi     1      12        32x32     0,0,128,96"), "{}", ran.stdout);
}

#[test]
fn every_shape_becomes_windows_that_are_measured() {
    let folder = Folder::with_recording();
    for (shape, n_windows) in [
        ("--box 8,8,64,48", 12),
        ("--ellipse 8,8,96,80 --ring 20", 18),
        ("--ellipse 8,8,96,80", 26),
        ("--line 8,8,100,80 --distance 12", 9),
        ("--polygon 10,10,110,10,60,80", 14),
        ("--polygon 10,10,110,10,60,80 --distance 10", 17),
        ("--arc 64,48,40 --ring 20", 16),
        ("--arc 24,48,104,48,64,8,64,88 --ring 20", 16),
        ("--point 30,30 --point 90.5,40.5", 2),
        ("--full-frame", 48),
    ] {
        rois(&folder, &format!("{shape} --block 16 --group a -o rois.json"));
        let rows = folder.measure("--rois rois.json --max-displacement 4 --frames 0..0");
        assert_eq!(rows.len(), n_windows, "{shape}");
        assert!(words(&rows, "group").iter().all(|&group| group == "a"));
    }
}

#[test]
fn arcs_and_radial_lines_are_groups_of_their_own() {
    let folder = Folder::new();
    let names = |arguments: &str| {
        rois(&folder, &format!("--arc 64,48,45 --ring 15 {arguments} --block 8 -o rois.json"));
        let groups = read_rois(folder.path("rois.json")).unwrap();
        groups.into_iter().map(|group| group.name).collect::<Vec<_>>()
    };
    assert_eq!(names("--arcs 3"), ["arc1", "arc2", "arc3"]);
    assert_eq!(names("--radial 4"), ["radial1", "radial2", "radial3", "radial4"]);
    assert_eq!(names("--arcs 2 --group eye "), ["eye1", "eye2"]);
    let said = refusal(&folder, "--arc 64,48,45 --ring 15 --arcs 4", USAGE);
    assert!(said.contains("--arcs 4 do not fit into the circle: its radius is 45.0 px"), "{said}");
}

#[test]
fn a_ring_or_distance_that_no_shape_has_is_refused() {
    let folder = Folder::new();
    rois(&folder, "--ellipse 8,8,40,40 -o eye.json");
    for shapes in
        ["--box 8,8,40,20", "--point 30,30", "--full-frame", "--line 8,8,40,40", "eye.json"]
    {
        let said = refusal(&folder, &format!("{shapes} --block 8 --ring 20"), USAGE);
        assert!(
            said.starts_with(
                "error: --ring says how thick the ring of an ellipse or arc is, and none is drawn;"
            ),
            "{said}"
        );
    }
    for shapes in ["--box 8,8,40,20", "--ellipse 8,8,40,40", "--arc 64,48,40 --ring 9", "eye.json"]
    {
        let said = refusal(&folder, &format!("{shapes} --block 8 --distance 3"), USAGE);
        assert!(
            said.contains("--distance says how far from a line")
                && said.contains("add --line or --polygon"),
            "{said}"
        );
    }
    // Beside one that has it, a box may be drawn.
    rois(&folder, "--box 8,8,40,20 --ellipse 8,8,40,40 --ring 20 --line 8,8,40,40 --distance 3");
}

#[test]
fn files_are_joined_and_filled_anew() {
    let folder = Folder::new();
    rois(&folder, "--ellipse 8,8,40,40 --group eye -o eye.json");
    rois(&folder, "eye.json --box 60,8,32,32 --block 16 --group wing -o both.json");
    let both = read_rois(folder.path("both.json")).unwrap();
    assert_eq!(both[0].rois[0].fill, Fill::Whole, "what was read stays as it was");
    assert!(matches!(both[1].rois[0].fill, Fill::Blocks { .. }));
    rois(&folder, "both.json --block 8 --step 0.5 --as-0.7 --group all -o all.json");
    let all = read_rois(folder.path("all.json")).unwrap();
    assert_eq!((all.len(), all[0].rois.len()), (1, 2));
    assert!(all[0].rois.iter().all(|roi| matches!(roi.fill, Fill::Original { .. })));
    rois(&folder, "all.json --whole -o whole.json");
    let whole = read_rois(folder.path("whole.json")).unwrap();
    assert!(whole[0].rois.iter().all(|roi| roi.fill == Fill::Whole));
}

#[test]
fn rois_go_to_imagej_and_back() {
    let folder = Folder::new();
    let ran =
        rois(&folder, "--ellipse 8,8,40,40 --line 3,4,60,70 --group eye -o RoiSet.zip -o w.csv");
    assert_eq!(ran.stderr, "1 group, 2 windows -> RoiSet.zip, w.csv\n");
    rois(&folder, "RoiSet.zip --block 8 -o rois.json");
    let back = read_rois(folder.path("rois.json")).unwrap();
    assert_eq!(back[0].name, "eye");
    assert!(matches!(back[0].rois[0].shape, Shape::Ellipse { .. }));
    assert!(
        folder
            .text("w.csv")
            .starts_with("group,window,x,y,w,h\neye,0,8,8,40,40\neye,1,3,4,58,67\n")
    );
}

#[test]
fn rois_are_drawn_over_a_frame() {
    let folder = Folder::with_recording();
    rois(&folder, "--ellipse 8,8,100,80 --block 16 --over a.tif --frame 2 -o over.png -o e.json");
    let info = movemeter_io::open(folder.path("over.png")).unwrap().info().clone();
    assert_eq!((info.size.width, info.size.height), (128, 96));
    let said = refusal(&folder, "e.json -o over.png", USAGE);
    assert!(said.contains("name it with --over STACK"), "{said}");
    let said = refusal(&folder, "e.json --over a.tif --frame 6 -o over.png", USAGE);
    assert!(said.contains("there is no --frame 6: the recording has 6"), "{said}");
}

#[test]
fn measuring_joins_groups_and_names_what_is_wrong() {
    let folder = Folder::with_recording();
    rois(&folder, "--box 8,8,16,16 -o a.json");
    rois(&folder, "--box 40,8,16,16 --group other -o b.json");
    let rows = folder.measure("--roi 60,60,16,16 --rois a.json --rois b.json --frames 0..0");
    assert_eq!(words(&rows, "group"), ["roi", "roi", "other"]);
    assert_eq!(words(&rows, "x"), ["60", "8", "40"]);
    rois(&folder, "--box 120,8,16,16 -o c.json");
    let ran = folder.run("measure a.tif --rois c.json -o out2.csv");
    assert!(
        ran.stderr.contains("window 0 of group \"roi\" (120,8,16,16) is not inside"),
        "{ran:?}"
    );
}

#[test]
fn wrong_words_say_what_is_right() {
    let folder = Folder::with_recording();
    rois(&folder, "--box 8,8,16,16 -o a.json");
    for (arguments, said) in [
        ("-o a.json", "there is no ROI; name a file, or draw one"),
        (
            "--box 8,8,16,16 -o a.txt",
            "the ending .txt is not known; use one of .json .roi .zip .csv .png",
        ),
        ("--line 1,2,3 -o a.json", "X,Y of each point are needed, but there are 3 numbers"),
        ("--line 1,2", "at least 2, but is 1"),
        ("--polygon 1,2,3,4", "at least 3, but is 2"),
        ("--arc 1,2,3,4", "X,Y,R are needed"),
        ("--arc 1,1,2,2,3,3", "at least 3 that lie on no straight line"),
        ("--arc 50,50,20", "--arc needs --ring PX"),
        ("--ellipse 1,2,30,30 --ring 0", "ring must be more than 0"),
        (
            "--full-frame --block 8 -o a.csv",
            "fills the frame, whose size is not known; give it with --size",
        ),
        ("--box 1,1,9,9 --whole", "--whole is for the ROIs of files"),
        ("a.json --color red", "# and six hexadecimal digits"),
        (
            "a.json --block 32",
            "block must be so small that it fits into the shape, which is 16x16 px",
        ),
        ("--box 1,1,9,9 --step 0.5", "--block"),
        ("--ellipse 1,1,9,9 --over a.tif -o a.tif", "the ending .tif is not known"),
    ] {
        let stderr = refusal(&folder, arguments, USAGE);
        assert!(stderr.contains(said), "{arguments}: {stderr}");
    }
    let missing = refusal(&folder, "no.json", 1);
    assert!(missing.contains("there is no such file"), "{missing}");
}
