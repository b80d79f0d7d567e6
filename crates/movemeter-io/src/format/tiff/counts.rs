//! Channels, depths and frames of a recording: which images are wanted of it.

use super::super::Cause;
use crate::options::OpenOptions;

/// How many there are in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) n_channels: usize,
    pub(super) n_depths: usize,
    pub(super) n_frames: usize,
}

/// What is read of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The channel, counted in images.
    pub(super) channel: usize,
    /// Which of a pixel's numbers, if they are channels too.
    pub(super) sample: usize,
    pub(super) z: usize,
    pub(super) n_frames: usize,
    /// Whether depths are read as frames.
    pub(super) slices_are_frames: bool,
}

/// A recording that claims more frames than this lies; none takes so long.
pub(super) const MOST_FRAMES: usize = 1 << 22;

impl Counts {
    /// A plain stack.
    pub(super) fn of_frames(n_frames: usize) -> Self {
        Self { n_channels: 1, n_depths: 1, n_frames }
    }

    /// How many images that are, if it is a number at all.
    pub(super) fn n_images(self) -> Option<usize> {
        self.n_channels.checked_mul(self.n_depths)?.checked_mul(self.n_frames)
    }

    /// Chooses the channel and depth that are asked for, else the first, of images whose pixels have
    /// `n_samples` channels each.
    ///
    /// Time series are often saved as stacks of "slices": if there is one frame of many depths and none
    /// of them was asked for, they are the frames.
    pub(super) fn choose(self, options: &OpenOptions, n_samples: usize) -> Result<Chosen, Cause> {
        let n_channels = self.n_channels.saturating_mul(n_samples);
        let channel = within(options.channel, n_channels, "channel")?;
        let z = within(options.z, self.n_depths, "z")?;
        let slices_are_frames = self.n_frames == 1 && 1 < self.n_depths && options.z.is_none();
        let n_frames = if slices_are_frames { self.n_depths } else { self.n_frames };
        if MOST_FRAMES < n_frames {
            return Err(format!("it claims to have {n_frames} frames; {MOST_FRAMES} are allowed"));
        }
        let (channel, sample) = (channel / n_samples, channel % n_samples);
        Ok(Chosen { channel, sample, z, n_frames, slices_are_frames })
    }

    /// What is said of the choice in the metadata, where there was one.
    pub(super) fn notes(self, chosen: &Chosen, n_samples: usize) -> Vec<(String, String)> {
        let mut notes = Vec::new();
        let n_channels = self.n_channels.saturating_mul(n_samples);
        if 1 < n_channels {
            let channel = chosen.channel * n_samples + chosen.sample;
            notes.push(("channels".into(), format!("{n_channels}, of which {channel} is read")));
        }
        if chosen.slices_are_frames {
            notes.push(("depths".into(), format!("{}: slices taken as frames", self.n_depths)));
        } else if 1 < self.n_depths {
            notes.push((
                "depths".into(),
                format!("{}, of which {} is read", self.n_depths, chosen.z),
            ));
        }
        notes
    }

    /// The claims of a description beside the images that there are; and what is to be said where they
    /// contradict each other. What is there wins, if it can be told which image is which.
    pub(super) fn reconciled(self, n_there: usize) -> Result<(Self, Option<String>), Cause> {
        let claimed = self.n_images();
        if claimed == Some(n_there) {
            return Ok((self, None));
        }
        let per_frame = self.n_channels.saturating_mul(self.n_depths);
        let there = if self.n_channels == 1 && self.n_frames == 1 && 1 < self.n_depths {
            Self { n_depths: n_there, ..self }
        } else if n_there == 1 {
            Self::of_frames(1)
        } else if n_there.is_multiple_of(per_frame) {
            Self { n_frames: n_there / per_frame, ..self }
        } else {
            let Self { n_channels, n_depths, n_frames } = self;
            return Err(format!(
                "its description speaks of {n_channels} channels, {n_depths} depths and {n_frames} \
                 frames, but there are {n_there} images, which is no whole number of frames; save \
                 it anew"
            ));
        };
        let claimed = claimed.map_or("too many".into(), |n| n.to_string());
        let are = if n_there == 1 { "is" } else { "are" };
        let note = format!("the description speaks of {claimed} images, but there {are} {n_there}");
        Ok((there, Some(note)))
    }
}

fn within(asked: Option<usize>, n: usize, option: &str) -> Result<usize, Cause> {
    match asked {
        None => Ok(0),
        Some(asked) if asked < n => Ok(asked),
        Some(asked) if n == 1 => Err(format!(
            "--{option} {asked} was asked for, but there is only one (0); leave --{option} out"
        )),
        Some(asked) => Err(format!(
            "--{option} {asked} was asked for, but there are {n}; use --{option} 0 to {}",
            n - 1
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPER: Counts = Counts { n_channels: 2, n_depths: 3, n_frames: 4 };

    fn asking(channel: Option<usize>, z: Option<usize>) -> OpenOptions {
        OpenOptions { channel, z, ..OpenOptions::default() }
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let error = |counts: Counts, options| counts.choose(&options, 1).unwrap_err();
        assert_eq!(
            error(HYPER, asking(Some(2), None)),
            "--channel 2 was asked for, but there are 2; use --channel 0 to 1"
        );
        assert_eq!(
            error(Counts::of_frames(5), asking(None, Some(1))),
            "--z 1 was asked for, but there is only one (0); leave --z out"
        );
        assert!(Counts::of_frames(5).choose(&asking(Some(0), Some(0)), 1).is_ok());
        assert!(error(Counts::of_frames(usize::MAX), asking(None, None)).contains("allowed"));
    }

    #[test]
    fn slices_are_frames_if_there_is_one_frame_and_no_depth_is_asked_for() {
        let stack = Counts { n_channels: 1, n_depths: 9, n_frames: 1 };
        let chosen = stack.choose(&asking(None, None), 1).unwrap();
        assert!(chosen.slices_are_frames && chosen.n_frames == 9);
        let chosen = stack.choose(&asking(None, Some(4)), 1).unwrap();
        assert!(!chosen.slices_are_frames && (chosen.n_frames, chosen.z) == (1, 4));
    }

    #[test]
    fn channels_in_pixels_are_counted_with_those_in_images() {
        let chosen = HYPER.choose(&asking(Some(4), None), 3).unwrap();
        assert_eq!((chosen.channel, chosen.sample), (1, 1));
        assert!(HYPER.choose(&asking(Some(6), None), 3).is_err());
    }

    #[test]
    fn what_is_there_wins_over_what_is_claimed() {
        assert_eq!(HYPER.reconciled(24).unwrap(), (HYPER, None));
        let (there, note) = HYPER.reconciled(12).unwrap();
        assert_eq!(there, Counts { n_frames: 2, ..HYPER });
        assert!(note.unwrap().contains("24 images, but there are 12"));
        assert!(HYPER.reconciled(13).unwrap_err().contains("13 images"));
        let slices = Counts { n_channels: 1, n_depths: 9, n_frames: 1 };
        assert_eq!(slices.reconciled(7).unwrap().0.n_depths, 7);
    }
}
