//! `cargo xtask gallery`: draws the pictures of docs/gallery.md with the command itself.

use std::fs;
use std::process::Command;

use crate::Result;
use crate::repository::{self, Workspace};

/// Measured first.
const MEASURED: [&str; 2] = [
    "measure turning.tif --grid 32 --max-displacement 12 --fps 25 --pixel-size 0.8um -o turning.csv",
    "measure turning.tif --roi 40,40,48,48 --roi 230,150,48,48 --follow --max-displacement 12 \
     --fps 25 --pixel-size 0.8um -o two.csv",
];

/// What is shown: a sentence, the command, the picture.
const SHOWN: [(&str, &str, &str); 7] = [
    (
        "Displacement of four windows over time: thin lines with bands of one standard deviation, and their mean.",
        "plot demo/motion.csv",
        "traces.svg",
    ),
    (
        "Many windows: the mean and where 80 % of them lie; dashed, the length of the mean displacement.",
        "plot turning.csv --what magnitude",
        "many.svg",
    ),
    ("The way two windows went, and their mean.", "plot two.csv --path", "path.svg"),
    (
        "Amplitude over frequency.",
        "plot turning.csv --spectrum --what x --frames ..23",
        "spectrum.svg",
    ),
    (
        "How far everything moved by frame 20.",
        "heatmap turning.csv --frame 20 --dpi 200",
        "heatmap.png",
    ),
    (
        "In which direction, with the recording below.",
        "heatmap turning.csv --what direction --frame 20 --over turning.tif --dpi 150",
        "direction.png",
    ),
    (
        "Windows and arrows on a frame.",
        "overlay turning.tif turning.csv --frame 20 --size 85 --dpi 150",
        "overlay.png",
    ),
];

const HEAD: &str = "\
# Gallery

Pictures of results, each with the command that made it. `cargo xtask gallery` draws them anew, from recordings whose motion
is known: that of `movemeter demo -o demo`, and speckle that turns about its middle (`turning.tif`). What the options do, `movemeter plot --help` and the
like say.

";

/// Makes the recordings, measures them, draws all pictures and writes the page.
pub(crate) fn run() -> Result<()> {
    let Workspace { root, target, .. } = Workspace::read()?;
    let work = target.join("gallery");
    fs::create_dir_all(&work)?;
    let pictures = root.join("docs/gallery");
    fs::create_dir_all(&pictures)?;
    let both = ["build", "--locked", "--package", "movemeter-cli", "--package", "movemeter-io"];
    let what = ["--bin", "movemeter", "--example", "gallery"];
    ended(repository::cargo().args(both).args(what).current_dir(&root))?;
    let made =
        |name: &str| target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let program = made("movemeter");
    ended(Command::new(made("examples/gallery")).arg(work.join("turning.tif")))?;
    let movemeter = |arguments: &str| -> Result<()> {
        ended(Command::new(&program).args(arguments.split_whitespace()).current_dir(&work))
    };
    movemeter("demo -o demo")?;
    for measured in MEASURED {
        movemeter(measured)?;
    }
    let mut page = String::from(HEAD);
    page += "The tables were made by\n\n```sh\n";
    for measured in MEASURED {
        page +=
            &format!("movemeter {}\n", measured.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    page += "```\n";
    for (sentence, command, name) in SHOWN {
        movemeter(&format!("{command} -o {name}"))?;
        fs::copy(work.join(name), pictures.join(name))?;
        page += &format!(
            "\n{sentence}\n\n```sh\nmovemeter {command} -o {name}\n```\n\n![{sentence}](gallery/{name})\n"
        );
    }
    fs::write(root.join("docs/gallery.md"), page)?;
    println!("docs/gallery.md");
    Ok(())
}

fn ended(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} ended with {status}").into()),
    }
}
