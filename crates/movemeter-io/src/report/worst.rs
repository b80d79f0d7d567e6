//! The worst samples, with pictures.

use movemeter::frame::Frame;
use movemeter::recipe::Recipe;
use movemeter::review::{Compared, Look, Place, Review, Why, Worst, worst};
use movemeter::source::FrameSource;
use movemeter::track::Tracks;

use super::N_WORST;
use super::html::escaped;
use super::pictures::{address, range, reduced};
use super::summary::length;
use crate::explained::explained;

/// What is shown of the recording.
pub(super) struct Shown {
    /// Each with its pictures, or why there are none.
    pub worst: Vec<(Worst, Result<Look, String>)>,
    /// Why there are no pictures at all.
    pub missing: Option<String>,
    /// A frame, made smaller, to lie behind the windows.
    pub frame: Option<Frame>,
    /// Width and height of the recording's frames.
    pub size: Option<movemeter::geometry::Size>,
}

/// As wide as the page, on screens of two pixels to the page's one.
const LONGEST_PX: usize = 1000;

impl Shown {
    /// Looks at the worst samples.
    pub fn of<S: FrameSource>(tracks: &Tracks, review: &mut Review<S>) -> Self {
        let look = |one: Worst| {
            let look = review.look(tracks, one.window, one.frame);
            (one, look.map_err(|error| error.to_string()))
        };
        let worst = worst(tracks, N_WORST).into_iter().map(look).collect();
        let first = tracks.stamps.first().and_then(|stamp| review.frame(stamp.number).ok());
        let size = first.as_ref().map(Frame::size);
        let frame = first.map(|frame| reduced(&frame, LONGEST_PX));
        Self { worst, missing: None, frame, size }
    }

    /// Names them only.
    pub fn without(tracks: &Tracks, missing: String) -> Self {
        let worst = worst(tracks, N_WORST).into_iter().map(|one| (one, Err(String::new())));
        Self { worst: worst.collect(), missing: Some(missing), frame: None, size: None }
    }

    /// A card for each.
    pub fn cards(&self, tracks: &Tracks, recipe: &Recipe) -> String {
        let card = |(one, look): &(Worst, Result<Look, String>)| card(one, look, tracks, recipe);
        self.worst.iter().map(card).collect()
    }
}

fn card(one: &Worst, look: &Result<Look, String>, tracks: &Tracks, recipe: &Recipe) -> String {
    let track = &tracks[one.window];
    let number = |frame: usize| tracks.stamps[frame].number;
    let frames = match one.last == one.frame {
        true => format!("frame {}", number(one.frame)),
        false => format!("frames {} to {}", number(one.frame), number(one.last)),
    };
    let title = format!("{} {}, {frames}", track.group, track.window);
    let why = match one.why {
        Why::Lost(status) => format!("{status}: {}", explained(status, recipe)),
        other => other.to_string(),
    };
    let pictures = match look {
        Ok(look) => pictures(look, recipe),
        Err(cause) if cause.is_empty() => String::new(),
        Err(cause) => format!("<p class=\"note\">no pictures: {}</p>", escaped(cause)),
    };
    let found = match track.displacement(one.frame) {
        Some(moved) => format!(
            "<p>dx {:.4} px, dy {:.4} px, error bars {} and {}</p>\n",
            moved.dx,
            moved.dy,
            length(track.samples[one.frame].sd_x(), None),
            length(track.samples[one.frame].sd_y(), None)
        ),
        None => String::new(),
    };
    format!(
        "<article>\n<h3>{}</h3>\n<p>{}</p>\n{found}{pictures}</article>\n",
        escaped(&title),
        escaped(&why)
    )
}

/// Template, match and residual side by side. All greys mean the same brightness in the three, but that the residual's
/// zero is in the middle.
fn pictures(look: &Look, recipe: &Recipe) -> String {
    let fitted = Frame::from_fn(look.template.size(), |x, y| {
        (look.gain * f64::from(look.template.row(y)[x]) + look.offset) as f32
    });
    // A template that has nothing in common with the match is shown in its own greys.
    let alike = 0.5 < look.gain && look.gain < 2.0;
    let template = if alike { &fitted } else { &look.template };
    let of_match = range(look.matched.pixels().iter());
    let of_template = if alike { of_match } else { range(template.pixels().iter()) };
    let half = 0.5 * (of_match[1] - of_match[0]).max(of_template[1] - of_template[0]);
    let compared = match look.compared {
        Compared::Frame(number) => format!("frame {number}"),
        Compared::Mean => "the mean of all frames".into(),
    };
    let (of, to) = match recipe.follow {
        true => (compared.as_str(), "this frame"),
        false => ("this frame", compared.as_str()),
    };
    let place = match look.place {
        Place::Measured => format!("found in {to}"),
        Place::NotBelieved => format!("best match in {to}, not believed"),
        Place::LastSeen => format!("{to} where it was last seen"),
    };
    let part = 100.0 * look.residual_rms / look.contrast;
    let left = match part.is_finite() {
        true => format!("residual, {part:.0} % of the contrast"),
        false => "residual".into(),
    };
    let figure = |frame: &Frame, ends: [f64; 2], words: &str| {
        let words = escaped(words);
        let size = frame.size();
        format!(
            "<figure><img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{words}\"><figcaption>{words}</figcaption></figure>\n",
            address(frame, ends),
            size.width,
            size.height
        )
    };
    let figures = [
        figure(template, of_template, &format!("looked for, of {of}")),
        figure(&look.matched, of_match, &place),
        figure(&look.residual, [-half, half], &left),
    ];
    format!("<div class=\"pictures\">\n{}</div>\n", figures.concat())
}
