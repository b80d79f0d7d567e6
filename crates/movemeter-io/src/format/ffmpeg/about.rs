//! What a video says of itself.

use crate::format::text::LONGEST_VALUE;

/// The tags that ffmpeg writes as lines of `NAME=VALUE`, the format it calls `ffmetadata`.
///
/// In names and values `=`, `;`, `#`, `\` and line feeds stand behind a `\`. Only tags of the whole file are taken,
/// not those of chapters.
pub(super) fn tags(text: &str) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    let (mut name, mut word) = (None, String::new());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '=' if name.is_none() => name = Some(std::mem::take(&mut word)),
            '\n' => {
                let value = std::mem::take(&mut word);
                if value.starts_with('[') && name.is_none() {
                    break;
                }
                tags.extend(name.take().map(|name| (name, shortened(value))));
            }
            _ => word.push(letter),
        }
    }
    tags
}

fn shortened(mut value: String) -> String {
    value.truncate(value.floor_char_boundary(LONGEST_VALUE));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_what_is_hidden_behind_strokes() {
        let text = ";FFMETADATA1\ntitle=a\\=b\\;\\#\\\\c\\\nsecond line\nmajor_brand=isom\n\n[CHAPTER]\nTIMEBASE=1/1000\n";
        let tag = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(tags(text), [tag("title", "a=b;#\\c\nsecond line"), tag("major_brand", "isom")]);
        assert_eq!(tags(""), []);
        assert_eq!(tags("no end=1"), []);
    }
}
