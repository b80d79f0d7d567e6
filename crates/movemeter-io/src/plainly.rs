//! What serde says of files that people write, as people would.

use serde_json::Value;

/// Names farther than this from all known ones are not taken for a slip of the pen.
const LIKE: f64 = 0.7;
/// The same of words that are chosen: here a near one may mean something else, as max and mean.
const LIKE_WORD: f64 = 0.85;

/// The same in plain words, with the nearest of known names where one is not known.
pub(crate) fn plainly(message: &str) -> String {
    let (message, place) = match message.split_once(" at line ") {
        Some((message, place)) => (message, format!(" (at line {place})")),
        None => (message, String::new()),
    };
    if let Some((found, wanted)) = wrong_kind(message) {
        return format!("{found} stands where {wanted} must be{place}");
    }
    if message == "JSON number out of range" {
        return format!("a number has too many digits{place}");
    }
    let said = unknown_name(message).or_else(|| missing(message));
    said.unwrap_or_else(|| message.into()) + &place
}

/// What is said of a value by itself, which has this name.
pub(crate) fn plainly_of(name: &str, value: &Value, message: &str) -> String {
    match wrong_kind(message) {
        Some((_, wanted)) => format!("{name} must be {wanted}, but is {}", shown(value)),
        None if message.starts_with(name) => message.into(),
        None => format!("{name}: {}", plainly(message)),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(_) => TABLE.into(),
        value => value.to_string(),
    }
}

const LIST: &str = "a list";
const TABLE: &str = "a table of names and values";

/// What was found, and what must be there: of `invalid type: string "a", expected usize`.
fn wrong_kind(message: &str) -> Option<(String, String)> {
    let rest = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    // What was found may be text in which the words stand, too.
    let (found, wanted) = rest.rsplit_once(", expected ")?;
    let found = match message.starts_with("invalid length ") {
        true => format!("a list of {found}"),
        false => kind_found(found),
    };
    Some((found, kind_wanted(wanted)))
}

fn kind_found(found: &str) -> String {
    match found {
        "sequence" => LIST.into(),
        "map" => TABLE.into(),
        "null" | "unit value" => "nothing".into(),
        _ if found.starts_with("string ") => found.trim_start_matches("string ").into(),
        // As in "floating point `1.5`".
        _ => found.split('`').nth(1).unwrap_or(found).into(),
    }
}

fn kind_wanted(wanted: &str) -> String {
    let of_numbers = |n: &str| format!("a list of {n} numbers");
    match wanted {
        "a boolean" => "true or false".into(),
        "usize" | "u64" | "u32" | "u8" => "a whole number from 0 on".into(),
        "isize" | "i64" | "i32" => "a whole number".into(),
        "f64" | "f32" => "a number".into(),
        "a string" | "string or map" => "a word in quotes".into(),
        "a sequence" => LIST.into(),
        "a map" => TABLE.into(),
        "map with a single key" => "a table of one name and its value".into(),
        "fewer elements in array" => "a shorter one".into(),
        _ if wanted.starts_with("struct ") => TABLE.into(),
        _ => wanted.strip_prefix("a tuple of size ").map_or_else(|| wanted.into(), of_numbers),
    }
}

/// Of "unknown field `rect1`, expected one of `rect`, `ring`", with which of them may have been meant.
fn unknown_name(message: &str) -> Option<String> {
    let mut parts = message.split('`');
    let (what, least) = match parts.next()? {
        "unknown field " => ("key", LIKE),
        "unknown variant " => ("word", LIKE_WORD),
        _ => return None,
    };
    let name = parts.next()?;
    let known = parts.skip(1).step_by(2);
    let like = |known: &str| strsim::jaro_winkler(name, known);
    let nearest = known.clone().max_by(|a, b| like(a).total_cmp(&like(b)));
    let hint = match nearest.filter(|nearest| least <= like(nearest)) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Some(format!("the {what} {name:?} is not known; {hint}"))
}

fn missing(message: &str) -> Option<String> {
    let name = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(format!("the key {name:?} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found() {
        assert_eq!(
            plainly(
                "unknown field `gruops`, expected one of `version`, `groups` at line 1 column 9"
            ),
            "the key \"gruops\" is not known; did you mean \"groups\"? (at line 1 column 9)"
        );
        assert_eq!(
            plainly("unknown variant `star`, expected `box` or `frame`"),
            "the word \"star\" is not known; known here: box, frame"
        );
        assert_eq!(
            plainly("missing field `rois` at line 2 column 3"),
            "the key \"rois\" is missing (at line 2 column 3)"
        );
        assert_eq!(plainly("EOF while parsing"), "EOF while parsing");
    }

    #[test]
    fn kinds_of_values_have_names_that_people_know() {
        for (message, said) in [
            (
                "invalid type: string \"a, expected b\", expected usize",
                "\"a, expected b\" stands where a whole number from 0 on must be",
            ),
            (
                "invalid type: floating point `1.5`, expected isize",
                "1.5 stands where a whole number must be",
            ),
            (
                "invalid type: map, expected f64",
                "a table of names and values stands where a number must be",
            ),
            (
                "invalid length 3, expected a tuple of size 4",
                "a list of 3 stands where a list of 4 numbers must be",
            ),
            (
                "invalid type: null, expected struct Roi at line 1 column 2",
                "nothing stands where a table of names and values must be (at line 1 column 2)",
            ),
        ] {
            assert_eq!(plainly(message), said);
        }
    }
}
