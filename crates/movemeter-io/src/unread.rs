//! A frame that could not be read, in the words of the person who measures.

use movemeter::error::BoxError;

use crate::error::Error;

/// How a frame that cannot be read is left out, and all behind it, if the file ends there.
pub fn left_out(frame: usize) -> String {
    let alone = format!("leave it out with --exclude {frame}");
    match frame {
        0 => alone,
        _ => format!("{alone}, or all from it on with --exclude {frame}.."),
    }
}

/// A frame that cannot be read, in words.
pub struct Unread {
    /// Which, and why.
    pub what: String,
    /// The file, in brackets; nothing if it was named before.
    pub place: String,
}

impl Unread {
    /// Files of a series count frames by themselves, which the user should not have to notice.
    pub fn new(frame: usize, source: &BoxError) -> Self {
        let Some(Error::Frame { frame: in_file, path, cause }) = source.downcast_ref() else {
            return Self::of_other(frame, source);
        };
        let which = match *in_file == frame {
            true => format!("frame {frame}"),
            false => format!("frame {frame}, which is frame {in_file} of its file"),
        };
        let what = format!("cannot read {which}: {cause}");
        Self { what, place: format!(" ({})", path.display()) }
    }

    fn of_other(frame: usize, source: &BoxError) -> Self {
        let Some(Error::Unreadable { format, path, cause }) = source.downcast_ref() else {
            return Self {
                what: format!("cannot read frame {frame}: {source}"),
                place: String::new(),
            };
        };
        let what = format!("cannot read frame {frame} as {format}: {cause}");
        Self { what, place: format!(" ({})", path.display()) }
    }
}
