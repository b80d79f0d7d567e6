//! `movemeter rois`: make, show and convert files of ROIs.

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::roi::original::default_ring;
use movemeter::roi::{
    Circle, Fill, Roi, RoiGroup, Sector, Shape, WindowGroup, Windows, join_groups,
};
use movemeter_io::rois::needs_frame;
use movemeter_io::{
    Error as FileError, Input, OpenOptions, Recording, RoiFormat, check_not_inputs, draw_windows,
    open_all, read_rois, windows_anywhere, write_rois,
};
use serde_json::json;

use crate::arguments::{DrawArguments, FillArguments, RoisArguments};
use crate::failure::Failure;
use crate::outputs::check_different;
use crate::voice::{Voice, print};
use crate::words::counted;

/// Makes, shows and converts what the arguments ask for.
pub fn rois(arguments: &RoisArguments, voice: &Voice) -> Result<(), Failure> {
    for output in arguments.outputs.iter().filter(|output| !is_picture(output)) {
        RoiFormat::of(output).map_err(with_png)?;
    }
    let groups = groups(arguments)?;
    let (size, recording) = frame(arguments)?;
    let windows = match (size, needs_frame(&groups)) {
        (None, Some(group)) => Err(group.name.as_str()),
        _ => Ok(windows_anywhere(&groups, size)?),
    };
    if arguments.outputs.is_empty() {
        return print(&listed(&groups, windows.as_ref().ok(), size));
    }
    let files = arguments.files.iter();
    let mut inputs: Vec<Input> =
        files.map(|path| Input { path: path.clone(), files: vec![path.clone()] }).collect();
    inputs.extend(recording.iter().flat_map(|recording| recording.inputs.clone()));
    check_not_inputs(&arguments.outputs, &inputs)?;
    check_different(&arguments.outputs)?;
    let drawn = match arguments.outputs.iter().any(|output| is_picture(output)) {
        true => Some(picture(arguments, recording)?),
        false => None,
    };
    for output in &arguments.outputs {
        let keeps_shapes = RoiFormat::of(output).is_ok_and(|format| format == RoiFormat::Json);
        match (&drawn, &windows) {
            _ if keeps_shapes => write_rois(&groups, size, output),
            (_, Err(name)) => return Err(no_size(name)),
            (Some(frame), Ok(windows)) if is_picture(output) => {
                draw_windows(frame, windows, output)
            }
            _ => write_rois(&groups, size, output),
        }?;
    }
    report(&groups, windows.as_ref().ok(), &arguments.outputs, voice);
    Ok(())
}

fn is_picture(output: &Path) -> bool {
    output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
}

fn with_png(error: FileError) -> Failure {
    let error = match error {
        FileError::UnknownEnding { path, allowed } => {
            FileError::UnknownEnding { path, allowed: format!("{allowed} .png") }
        }
        other => other,
    };
    Failure::Usage(format!("cannot write ROIs: {error}"))
}

fn no_size(group: &str) -> Failure {
    Failure::Usage(format!(
        "group {group:?} fills the frame, whose size is not known; give it with --size WxH or --over STACK, \
         or write .json alone"
    ))
}

/// All that was read and drawn.
fn groups(arguments: &RoisArguments) -> Result<Vec<RoiGroup>, Failure> {
    let RoisArguments { files, shapes, fill, .. } = arguments;
    let mut groups = Vec::new();
    for file in files {
        join_groups(&mut groups, read_rois(file)?);
    }
    check_all_is_used(shapes)?;
    let drawn = drawn(shapes, fill)?;
    match drawn.is_empty() {
        true => groups = changed(groups, fill),
        false if fill.whole => {
            return Err(Failure::Usage(
                "--whole is for the ROIs of files; shapes are one window each without --block"
                    .into(),
            ));
        }
        false => join_groups(&mut groups, drawn),
    }
    match groups.is_empty() {
        false => Ok(groups),
        true => Err(Failure::Usage(
            "there is no ROI; name a file, or draw one, as with --ellipse (see movemeter rois --help)".into(),
        )),
    }
}

/// What no shape has was not asked for on purpose.
fn check_all_is_used(shapes: &DrawArguments) -> Result<(), Failure> {
    let no = |option: &str, what: &str, which: &str| {
        Err(Failure::Usage(format!(
            "{option} says {what}, and none is drawn; add {which}, or leave it out"
        )))
    };
    let DrawArguments { ellipses, lines, polygons, arcs, .. } = shapes;
    if shapes.ring.is_some() && ellipses.is_empty() && arcs.is_empty() {
        return no("--ring", "how thick the ring of an ellipse or arc is", "--ellipse or --arc");
    }
    if shapes.distance.is_some() && lines.is_empty() && polygons.is_empty() {
        return no(
            "--distance",
            "how far from a line or the outline of a polygon windows lie",
            "--line or --polygon",
        );
    }
    Ok(())
}

/// The groups of files, filled, named and coloured as was said.
fn changed(groups: Vec<RoiGroup>, fill: &FillArguments) -> Vec<RoiGroup> {
    let mut all = Vec::new();
    for mut group in groups {
        group.color = fill.color.or(group.color);
        group.name = fill.group.clone().unwrap_or(group.name);
        if fill.whole || fill.block.is_some() {
            group.rois.iter_mut().for_each(|roi| roi.fill = filling(fill));
        }
        join_groups(&mut all, [group]);
    }
    all
}

fn filling(FillArguments { block, step, as_original, .. }: &FillArguments) -> Fill {
    match *block {
        None => Fill::Whole,
        Some(size) if *as_original => Fill::Original { size, step: *step },
        Some(size) => Fill::Blocks { size, step: *step },
    }
}

/// What was drawn: one group, but one for each of several arcs or lines.
fn drawn(shapes: &DrawArguments, fill: &FillArguments) -> Result<Vec<RoiGroup>, Failure> {
    let mut all = Vec::new();
    let mut add = |name: String, shape: Shape| {
        let roi = Roi { shape, fill: filling(fill) };
        join_groups(&mut all, [RoiGroup { name, color: fill.color, rois: vec![roi] }]);
    };
    let named = |otherwise: &str| fill.group.clone().unwrap_or_else(|| otherwise.into());
    for shape in simple_shapes(shapes) {
        checked(&shape)?;
        add(named(Windows::UNNAMED), shape);
    }
    let each = if shapes.n_radial.is_some() { "radial" } else { "arc" };
    for circle in &shapes.arcs {
        for (number, shape) in arcs(*circle, shapes, fill)? {
            checked(&shape)?;
            let of = number.map(|number| format!("{}{number}", named(each)));
            add(of.unwrap_or_else(|| named(Windows::UNNAMED)), shape);
        }
    }
    Ok(all)
}

/// Whether a shape makes sense. Not all that is said of it is an option.
fn checked(shape: &Shape) -> Result<(), Failure> {
    shape.check().map_err(|error| Failure::Usage(error.to_string()))
}

fn simple_shapes(shapes: &DrawArguments) -> Vec<Shape> {
    let DrawArguments { boxes, ellipses, lines, polygons, points, ring, distance, .. } = shapes;
    let (ring, distance) = (*ring, *distance);
    let mut all: Vec<Shape> = shapes.full_frame.then_some(Shape::Frame).into_iter().collect();
    all.extend(boxes.iter().map(|&rect| Shape::Box { rect }));
    all.extend(ellipses.iter().map(|&rect| Shape::Ellipse { rect, ring }));
    all.extend(lines.iter().map(|points| Shape::Line { points: points.clone(), distance }));
    all.extend(polygons.iter().map(|points| Shape::Polygon { points: points.clone(), distance }));
    all.extend(points.iter().map(|points| Shape::Points { points: points.clone() }));
    all
}

/// One arc, or several with their numbers from 1.
fn arcs(
    circle: Circle,
    shapes: &DrawArguments,
    fill: &FillArguments,
) -> Result<Vec<(Option<usize>, Shape)>, Failure> {
    let Some(ring) = shapes.ring.or(fill.block.map(default_ring)) else {
        return Err(Failure::Usage("--arc needs --ring PX, how thick it is, or --block".into()));
    };
    let arc = |circle, sector| Shape::arc(circle, ring, sector, shapes.within);
    if let Some(of) = shapes.n_radial {
        let line = |number| (Some(number + 1), arc(circle, Some(Sector { number, of })));
        return Ok((0..of).map(line).collect());
    }
    let Some(n) = shapes.n_arcs else { return Ok(vec![(None, arc(circle, None))]) };
    let inner = |number: usize| {
        let radius = circle.radius - number as f64 * ring;
        (Some(number + 1), arc(Circle { radius, ..circle }, None))
    };
    match 0.0 < circle.radius - (n - 1) as f64 * ring {
        true => Ok((0..n).map(inner).collect()),
        false => Err(Failure::Usage(format!(
            "--arcs {n} do not fit into the circle: its radius is {:.1} px, and each is {ring} px thick",
            circle.radius
        ))),
    }
}

/// The frame's size, if it is known, and the recording that says it.
fn frame(arguments: &RoisArguments) -> Result<(Option<Size>, Option<Recording>), Failure> {
    let Some(over) = &arguments.over else { return Ok((arguments.size, None)) };
    let recording = open_all(std::slice::from_ref(over), &OpenOptions::default())?;
    Ok((Some(recording.source.info().size), Some(recording)))
}

/// The frame to be drawn over.
fn picture(arguments: &RoisArguments, recording: Option<Recording>) -> Result<Frame, Failure> {
    let Some(mut recording) = recording else {
        return Err(Failure::Usage(
            "a picture needs a recording to draw over; name it with --over STACK".into(),
        ));
    };
    let n_frames = recording.source.info().n_frames;
    if n_frames <= arguments.frame {
        return Err(Failure::Usage(format!(
            "there is no --frame {}: the recording has {n_frames}, numbered from 0",
            arguments.frame
        )));
    }
    let mut frame = Frame::default();
    let read = recording.source.read(arguments.frame, &mut frame);
    read.map_err(|source| FileError::Source { frame: arguments.frame, source })?;
    Ok(frame)
}

/// A line for each group.
fn listed(groups: &[RoiGroup], windows: Option<&Windows>, size: Option<Size>) -> String {
    let mut rows =
        vec![["group", "ROIs", "windows", "of size", "bounds x,y,w,h", "colour"].map(String::from)];
    for (place, group) in groups.iter().enumerate() {
        let filled = windows.and_then(|windows| windows.groups().get(place));
        rows.push(row(group, filled, place));
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<String>>().join("   ").trim_end();
        text.push('\n');
    }
    if let Some((windows, size)) = windows.zip(size)
        && let Err(error) = windows.check(size)
    {
        text += &format!("They cannot be measured there: {error}\n");
    }
    text
}

fn row(group: &RoiGroup, filled: Option<&WindowGroup>, place: usize) -> [String; 6] {
    let color = group.color.unwrap_or(movemeter::roi::Color::of_place(place));
    let of = |say: &dyn Fn(&WindowGroup) -> String| filled.map_or("as the frame".into(), say);
    [
        group.name.clone(),
        group.rois.len().to_string(),
        of(&|filled| filled.windows.len().to_string()),
        of(&|filled| {
            let mut sizes = filled.windows.iter().map(|window| window.size());
            match sizes.next() {
                Some(first) if sizes.all(|size| size == first) => first.to_string(),
                _ => "several".into(),
            }
        }),
        of(&|filled| {
            let all = filled.windows.iter().copied().reduce(Rect::joined);
            all.unwrap_or_default().to_string()
        }),
        color.to_string(),
    ]
}

fn report(groups: &[RoiGroup], windows: Option<&Windows>, outputs: &[PathBuf], voice: &Voice) {
    let names: Vec<String> = outputs.iter().map(|output| output.display().to_string()).collect();
    let mut text = counted(groups.len(), "group");
    if let Some(windows) = windows {
        text += &format!(", {}", counted(windows.len(), "window"));
    }
    let event = json!({
        "event": "finished",
        "groups": groups.len(),
        "windows": windows.map(Windows::len),
        "outputs": names,
    });
    voice.result(&format!("{text} -> {}", names.join(", ")), &event);
}
