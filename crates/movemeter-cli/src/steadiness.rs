//! What is said of the motion before and after it was taken out.

use movemeter::stabilize::{Correction, Unrest};
use serde_json::{Value, json};

use crate::words::counted;

/// Motion before and after.
pub struct Steadiness {
    /// On the recording.
    pub before: Unrest,
    /// On what was made of it, where that was measured.
    pub after: Option<Unrest>,
    /// What was taken out.
    pub correction: Correction,
}

impl Steadiness {
    /// For people.
    pub fn text(&self) -> String {
        let line = |name: &str, unrest: &Unrest| {
            let mut line =
                format!("{name} rms {:.4} px, at most {:.4} px", unrest.rms_px, unrest.max_px);
            if self.correction != Correction::Translation {
                line += &format!(", turned at most {:.4} deg", unrest.max_angle_rad.to_degrees());
            }
            line + "\n"
        };
        let before = line("motion before:", &self.before);
        let after = match &self.after {
            Some(after) => line("motion after: ", after),
            None => "motion after:  not measured, as none was before\n".into(),
        };
        format!(
            "{before}{after}error bars:    rms {:.4} px (all of the window's corners)\n",
            self.before.sd_px
        )
    }

    /// For programs.
    pub fn value(&self) -> Value {
        let value = |unrest: &Unrest| {
            json!({
                "rms_px": unrest.rms_px,
                "max_px": unrest.max_px,
                "sd_px": unrest.sd_px,
                "max_angle_deg": unrest.max_angle_rad.to_degrees(),
                "frames_measured": unrest.n_measured,
                "frames_lost": unrest.n_lost,
            })
        };
        json!({ "before": value(&self.before), "after": self.after.as_ref().map(value) })
    }

    /// Where it did not become better.
    pub fn warning(&self) -> Option<String> {
        let (before, after) = (&self.before, self.after.as_ref()?);
        if before.n_lost < after.n_lost {
            let n = after.n_lost - before.n_lost;
            return Some(format!(
                "in {} that could be measured before, the motion cannot be measured after: look at them",
                counted(n, "frame")
            ));
        }
        // Nothing measured is not better either.
        let is_better = after.rms_px < before.rms_px;
        if !is_better {
            return Some(format!(
                "this did NOT help: the motion left (rms {:.4} px) is no less than that before (rms {:.4} px); \
                 use the recording as it is, or a --roi with more texture",
                after.rms_px, before.rms_px
            ));
        }
        before.is_noise().then(|| {
            format!(
                "this did probably NOT help: the motion before (rms {:.4} px) is hardly more than the error of measuring it \
                 (rms {:.4} px), which is now in the frames; use the recording as it is",
                before.rms_px, before.sd_px
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steadiness(before: f64, after: f64, n_lost: usize) -> Steadiness {
        let unrest = |rms_px, n_lost| Unrest { rms_px, n_lost, ..Unrest::default() };
        let after = Some(unrest(after, n_lost));
        Steadiness { before: unrest(before, 0), after, correction: Correction::Both }
    }

    #[test]
    fn what_does_not_help_is_said() {
        assert_eq!(steadiness(1.0, 0.1, 0).warning(), None);
        assert!(steadiness(0.1, 0.2, 0).warning().unwrap().contains("did NOT help"));
        assert!(steadiness(0.1, 0.1, 0).warning().unwrap().contains("did NOT help"));
        assert!(steadiness(1.0, f64::NAN, 0).warning().unwrap().contains("did NOT help"));
        let mut noise = steadiness(0.1, 0.0, 0);
        noise.before.sd_px = 0.06;
        assert!(noise.warning().unwrap().contains("probably NOT help"));
        noise.before.sd_px = 0.04;
        assert_eq!(noise.warning(), None);
        assert!(steadiness(1.0, 0.1, 2).warning().unwrap().contains("in 2 frames"));
    }
}
