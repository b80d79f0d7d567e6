//! What a status means, in words that say what to type.

use movemeter::matching::warp::Model;
use movemeter::recipe::Recipe;
use movemeter::track::Status;

/// What a status means, and what may help.
pub fn explained(status: Status, recipe: &Recipe) -> String {
    let deforms = recipe.rotation || recipe.model != Model::Translation;
    match (status, recipe.max_displacement_px) {
        (Status::Ok, _) => "measured".into(),
        (Status::Flat, _) => {
            "no texture to match; place the window elsewhere or make it larger".into()
        }
        (Status::LeftFrame, _) => {
            "the window or its content is no longer wholly in the frame".into()
        }
        (Status::AtEdge, _) if recipe.max_rotation_deg.is_some() => {
            "best match on the border of the search; try a larger --max-rotation or --max-displacement"
                .into()
        }
        (Status::AtEdge, Some(px)) => format!(
            "best match on the border of the search; try a larger --max-displacement than {px}"
        ),
        (Status::AtEdge, None) => "best match on the border of the frame".into(),
        (Status::Ambiguous, _) if deforms => {
            "another place or angle matches as well, or the window hardly changes when it turns; try \
             larger windows, a smaller --max-displacement or --max-rotation, or a simpler --model"
                .into()
        }
        (Status::Ambiguous, _) => {
            "another place matches as well; try larger windows or a smaller --max-displacement"
                .into()
        }
        (Status::LowScore, _) => format!(
            "no match better than chance and --min-score {}; try a larger window, --blur 1, or \
             --reference keyframe or previous",
            recipe.min_score
        ),
        (Status::Diverged, _) if deforms => {
            "the fit did not settle; try --blur 1, --rotation if it turns far, or a simpler --model"
                .into()
        }
        (Status::Diverged, _) => {
            "the fit between pixels did not settle; try --blur 1 or --subpixel parabola".into()
        }
        (Status::Excluded, _) => "left out with --exclude".into(),
    }
}
