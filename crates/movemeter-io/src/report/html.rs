//! Text that is safe in HTML.

use std::fmt::Write;

/// A text as HTML shows it, whatever it holds: in elements and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in HTML in any form.
            letter if letter.is_control() && letter != '\n' && letter != '\t' => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

/// JSON for a script element: no `<` can end it or begin a comment.
pub(super) fn json_for_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028")
}

/// A row of cells that are HTML already.
pub(super) fn row(cells: &[String]) -> String {
    let mut row = String::from("<tr>");
    for cell in cells {
        let _ = write!(row, "<td>{cell}</td>");
    }
    row + "</tr>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_what_it_stands_in() {
        assert_eq!(escaped("<b a='\"'>&\u{7}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
        let json = json_for_script(&serde_json::json!({ "group": "</script><!--" }));
        assert!(!json.contains('<'), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["group"], "</script><!--");
    }
}
