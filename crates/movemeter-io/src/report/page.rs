//! The page itself.

use std::io::{self, Write};

use movemeter::heatmap::n_partly_measured;
use movemeter::track::Tracks;
use serde_json::Value;

use super::html::{escaped, row};
use super::pictures::{address, range};
use super::{Report, data, settings, summary};
use crate::provenance::{HashedInput, Provenance};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

pub(super) fn write(report: &Report<'_>, writer: &mut dyn Write) -> io::Result<()> {
    let results = report.results;
    let title = escaped(&report.name);
    write!(
        writer,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{title} - movemeter</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1>\n{}</header>\n{}",
        introduction(report),
        notes(&results.provenance)
    )?;
    writeln!(writer, "<main>")?;
    section(writer, "summary", "Summary", &summary(report))?;
    if 0 < results.tracks.n_frames() && 0 < results.tracks.n_windows() {
        section(writer, "motion", "Motion", MOTION)?;
        section(writer, "map", "Where it moved", &map(&results.tracks))?;
        section(writer, "worst", "To be looked at", &worst(report))?;
    }
    section(writer, "settings", "Settings", &recipe(report))?;
    section(writer, "inputs", "Inputs", &inputs(report))?;
    writeln!(writer, "</main>")?;
    let colors: Vec<String> = colors(report);
    write!(
        writer,
        "<script type=\"application/json\" id=\"about\">{}</script>\n\
         <script type=\"text/plain\" id=\"packed\">{}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        data::about(&results.tracks, &colors, report.shown.size),
        data::packed(&results.tracks)?
    )
}

fn section(writer: &mut dyn Write, id: &str, title: &str, body: &str) -> io::Result<()> {
    write!(writer, "<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n")
}

fn colors(report: &Report<'_>) -> Vec<String> {
    let known = report.results.recipe.windows.colors();
    match known.is_empty() {
        true => movemeter::roi::Color::PALETTE.iter().map(ToString::to_string).collect(),
        false => known.iter().map(ToString::to_string).collect(),
    }
}

/// What was measured, in a sentence.
fn introduction(report: &Report<'_>) -> String {
    let (tracks, inputs) = (&report.results.tracks, &report.results.provenance.inputs);
    let names: Vec<String> = inputs.iter().map(|input| escaped(&input.name)).collect();
    let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) };
    let (n_frames, n_windows) = (tracks.n_frames(), tracks.n_windows());
    let s = |n: usize| if n == 1 { "" } else { "s" };
    format!(
        "<p>Motion{of}: {n_windows} window{} in {n_frames} frame{}. Displacements are position now minus position in \
         the reference, x to the right, y down.</p>\n",
        s(n_windows),
        s(n_frames)
    )
}

/// What must be known before the numbers are believed.
fn notes(provenance: &Provenance) -> String {
    let mut html = String::new();
    if let Some(incomplete) = &provenance.incomplete {
        html += &format!(
            "<p class=\"warning\"><strong>Not complete:</strong> {}</p>\n",
            escaped(incomplete)
        );
    }
    for doubt in &provenance.doubts {
        html += &format!("<p class=\"warning\"><strong>Doubt:</strong> {}</p>\n", escaped(doubt));
    }
    html
}

fn summary(report: &Report<'_>) -> String {
    let tracks = &report.results.tracks;
    if tracks.n_frames() == 0 || tracks.n_windows() == 0 {
        return "<p>The table holds no samples.</p>\n".into();
    }
    let statuses = summary::statuses(tracks, &report.results.recipe);
    format!("<div class=\"wide\">{statuses}{}</div>\n", summary::groups(tracks))
}

const MOTION: &str = "\
<p class=\"controls\">
<label><input type=\"checkbox\" id=\"show-x\" checked> x</label>
<label><input type=\"checkbox\" id=\"show-y\" checked> y</label>
<label><input type=\"checkbox\" id=\"show-length\"> magnitude</label>
<span class=\"gap\"></span>
<label><input type=\"checkbox\" id=\"show-windows\" checked> windows</label>
<label><input type=\"checkbox\" id=\"show-means\"> mean of each group</label>
<button type=\"button\" id=\"reset\">all frames</button>
</p>
<p class=\"controls\" id=\"groups\"></p>
<div id=\"plots\"></div>
<p class=\"hint\">Wheel: zoom. Drag: move. Double click: all frames. The red line below a plot shows where windows could not be
measured, the stronger the more. Bands reach one standard deviation to either side: of up to eight windows, or of the one under the
pointer. Numbers here are rounded to 0.0001 px; the table has them all.</p>
<div id=\"tip\" hidden></div>
<noscript><p class=\"warning\">Plots and map need JavaScript, which is off.</p></noscript>
";

const MAP: &str = "\
<p class=\"controls\">
<label><input type=\"checkbox\" id=\"map-mean\" checked> mean over all frames</label>
<label>frame <input type=\"range\" id=\"map-frame\" min=\"0\" value=\"0\"> <output id=\"map-number\"></output></label>
</p>
<canvas id=\"map-canvas\"></canvas>
<canvas id=\"map-scale\" height=\"44\"></canvas>
<p class=\"hint\">Magnitude of the displacement of each window, at its place in the reference. Grey: not measured.</p>
";

fn map(tracks: &Tracks) -> String {
    let frames: Vec<usize> = (0..tracks.n_frames()).collect();
    match n_partly_measured(tracks, &frames) {
        0 => MAP.into(),
        n => format!(
            "{MAP}<p class=\"hint\">The mean is of fewer frames in {n} of {} windows than in the others: these could not be \
             measured in all frames.</p>\n",
            tracks.n_windows()
        ),
    }
}

fn worst(report: &Report<'_>) -> String {
    let shown = &report.shown;
    let (tracks, recipe) = (&report.results.tracks, &report.results.recipe);
    if shown.worst.is_empty() {
        return "<p>There is no sample besides the reference.</p>\n".into();
    }
    let mut html = String::from(
        "<p>The worst samples, each reason with its share: what could not be measured, where it began; then the lowest \
         scores and the largest error bars of what was.",
    );
    html += match &shown.missing {
        None => {
            " A match is true if its residual looks like noise; edges and shadows in it say that it is not, or that \
             the content changed.</p>\n"
        }
        Some(_) => "</p>\n",
    };
    if let Some(missing) = &shown.missing {
        html += &format!(
            "<p class=\"warning\">No pictures, for the recording cannot be shown: {}. Name it to have them: \
             <code>movemeter report TABLE STACK -o HTML</code></p>\n",
            escaped(missing)
        );
    }
    html + "<div class=\"cards\">\n" + &shown.cards(tracks, recipe) + "</div>\n"
}

fn recipe(report: &Report<'_>) -> String {
    let json = &report.results.provenance.recipe_json;
    let whole: Value = serde_json::from_str(json).unwrap_or_else(|_| json.as_str().into());
    format!(
        "{}<details><summary>The whole recipe, to be copied</summary>\n<pre>{}</pre>\n</details>\n",
        settings::table(&report.results.recipe),
        escaped(&format!("{whole:#}"))
    )
}

fn inputs(report: &Report<'_>) -> String {
    let provenance = &report.results.provenance;
    let mut html = String::new();
    if provenance.inputs.is_empty() {
        html += "<p>The table does not say what was measured.</p>\n";
    } else {
        html += "<div class=\"wide\"><table>\n<thead><tr><th>name</th><th>SHA-256</th><th>where it was</th></tr></thead>\n";
        html += &provenance.inputs.iter().map(input).collect::<String>();
        html += "</table></div>\n";
    }
    html += "<table>\n";
    for (name, value) in facts(report) {
        html += &row(&[escaped(&name), escaped(&value)]);
    }
    html += "</table>\n";
    match &report.shown.frame {
        None => html,
        Some(frame) => {
            let ends = range(frame.pixels().iter());
            let picture = address(frame, ends);
            html + &format!(
                "<img id=\"first-frame\" class=\"frame\" src=\"{picture}\" alt=\"the first frame\">\n"
            )
        }
    }
}

fn input(input: &HashedInput) -> String {
    let name = match input.n_files {
        Some(n) => format!("{} ({n} files)", input.name),
        None => input.name.clone(),
    };
    let path = input.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    row(&[
        escaped(&name),
        format!("<code class=\"hash\">{}</code>", escaped(&input.sha256)),
        escaped(&path),
    ])
}

fn facts(report: &Report<'_>) -> Vec<(String, String)> {
    let tracks = &report.results.tracks;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let (Some(first), Some(last)) = (tracks.stamps.first(), tracks.stamps.last()) {
        add("frames", format!("{} to {} ({})", first.number, last.number, tracks.n_frames()));
        add(
            "times",
            match first.time_s.is_nan() || last.time_s.is_nan() {
                true => "not known".into(),
                false => format!("{} s to {} s", first.time_s, last.time_s),
            },
        );
    }
    if let Some(size) = report.shown.size {
        add("frame size", format!("{size} px"));
    }
    add(
        "pixel size",
        tracks.pixel_size_um.map_or_else(|| "not known".into(), |um| format!("{um} µm")),
    );
    for (name, value) in report.results.provenance.opened.choices() {
        add(&name, value.to_string());
    }
    facts
}
