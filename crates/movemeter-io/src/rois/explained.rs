//! What serde says of unknown names, as people would.

/// Names farther than this from all known ones are not taken for a slip of the pen.
const LIKE: f64 = 0.7;

/// Adds to "unknown field `rect1`, expected one of `rect`, `ring`" which of them may have been meant.
pub(super) fn explained(message: &str) -> String {
    let mut parts = message.split('`');
    let (Some(start), Some(name)) = (parts.next(), parts.next()) else { return message.into() };
    let what = match start {
        "unknown field " => "key",
        "unknown variant " => "word",
        _ => return message.into(),
    };
    let rest: Vec<&str> = parts.collect();
    let known = rest.iter().skip(1).step_by(2).copied();
    let like = |known: &str| strsim::jaro_winkler(name, known);
    let nearest = known.clone().max_by(|a, b| like(a).total_cmp(&like(b)));
    let place = rest.last().and_then(|last| last.split(" at ").nth(1));
    let place = place.map(|place| format!(" (at {place})")).unwrap_or_default();
    let hint = match nearest.filter(|nearest| LIKE <= like(nearest)) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
    };
    format!("the {what} {name:?} is not known; {hint}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found() {
        assert_eq!(
            explained(
                "unknown field `gruops`, expected one of `version`, `groups` at line 1 column 9"
            ),
            "the key \"gruops\" is not known; did you mean \"groups\"? (at line 1 column 9)"
        );
        assert_eq!(
            explained("unknown variant `star`, expected `box` or `frame`"),
            "the word \"star\" is not known; known here: box, frame"
        );
        assert_eq!(explained("missing field `rois`"), "missing field `rois`");
    }
}
