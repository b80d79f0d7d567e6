//! Rust source as a row of words: comments, texts and test code left out.

/// A name, a number, `::`, or any other single sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl Word {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(crate) fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// The words of a file without comments, string contents and items under `#[cfg(test)]`.
pub(crate) fn words(source: &str) -> Vec<Word> {
    without_tests(&all_words(source))
}

/// Index of the sign that closes the bracket at `open`; the last word's if it is never closed.
pub(crate) fn closing(words: &[Word], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, word) in words.iter().enumerate().skip(open) {
        depth += usize::from(opens(word));
        if closes(word) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return index;
            }
        }
    }
    words.len() - 1
}

/// Whether the words from `start` on are these.
pub(crate) fn follows(words: &[Word], start: usize, texts: &[&str]) -> bool {
    let found = words.get(start..start + texts.len());
    found.is_some_and(|found| found.iter().zip(texts).all(|(word, text)| word.is(text)))
}

/// Index of the `{` or `;` at which the item's head ends, beginning to look at `start`.
pub(crate) fn end_of_head(words: &[Word], start: usize) -> Option<usize> {
    let mut index = start;
    while !(words.get(index)?.is("{") || words[index].is(";")) {
        if words[index].is("}") {
            return None;
        }
        // `;` may stand in the type of an array.
        let is_bracket = words[index].is("(") || words[index].is("[");
        index = if is_bracket { closing(words, index) + 1 } else { index + 1 };
    }
    Some(index)
}

fn opens(word: &Word) -> bool {
    matches!(word.text.as_str(), "(" | "[" | "{")
}

fn closes(word: &Word) -> bool {
    matches!(word.text.as_str(), ")" | "]" | "}")
}

fn without_tests(words: &[Word]) -> Vec<Word> {
    const ATTRIBUTES: [&[&str]; 2] =
        [&["#", "[", "cfg", "(", "test", ")", "]"], &["#", "[", "cfg", "(", "all", "(", "test"]];
    if follows(words, 0, &["#", "!", "[", "cfg", "(", "test", ")", "]"]) {
        return Vec::new();
    }
    let mut kept = Vec::with_capacity(words.len());
    let mut index = 0;
    while index < words.len() {
        if ATTRIBUTES.iter().any(|attribute| follows(words, index, attribute)) {
            index = end_of_item(words, closing(words, index + 1) + 1);
        } else {
            kept.push(words[index].clone());
            index += 1;
        }
    }
    kept
}

/// Index after the item whose head begins at `start`.
fn end_of_item(words: &[Word], start: usize) -> usize {
    let Some(head) = end_of_head(words, start) else { return start };
    if words[head].is("{") { closing(words, head) + 1 } else { head + 1 }
}

fn all_words(source: &str) -> Vec<Word> {
    let chars: Vec<char> = source.chars().collect();
    let mut words = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < chars.len() {
        let end = end_of_silence(&chars, index).unwrap_or_else(|| end_of_word(&chars, index));
        let text: String = chars[index..end].iter().collect();
        let is_word = end_of_silence(&chars, index).is_none() && !text.trim().is_empty();
        let n_lines = text.matches('\n').count();
        if is_word {
            words.push(Word { text, line });
        }
        line += n_lines;
        index = end;
    }
    words
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_word(chars: &[char], start: usize) -> usize {
    if is_name_part(chars[start]) {
        return find(chars, start, |c| !is_name_part(c));
    }
    if chars[start..].starts_with(&[':', ':']) { start + 2 } else { start + 1 }
}

/// Where the comment, text or character that begins at `start` ends, if one does.
fn end_of_silence(chars: &[char], start: usize) -> Option<usize> {
    let rest = &chars[start..];
    match rest {
        ['/', '/', ..] => Some(find(chars, start, |c| c == '\n')),
        ['/', '*', ..] => Some(end_of_block_comment(chars, start)),
        ['"', ..] => Some(end_of_quote(chars, start)),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => Some(end_of_quote(chars, start)),
        ['r' | 'b' | 'c', ..] => end_of_prefixed_text(chars, start),
        _ => None,
    }
}

/// Block comments stand in one another.
fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut index) = (0_usize, start);
    while index < chars.len() {
        match &chars[index..] {
            ['/', '*', ..] => (depth, index) = (depth + 1, index + 2),
            ['*', '/', ..] => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            break;
        }
    }
    index
}

/// `"…"` or `'…'`, in which `\` takes the next sign with it.
fn end_of_quote(chars: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < chars.len() && chars[index] != chars[start] {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    (index + 1).min(chars.len())
}

/// `b"…"`, `c"…"`, `b'…'`, `r"…"`, `br#"…"#` and the like; a name such as `b` or `r#type` is none.
fn end_of_prefixed_text(chars: &[char], start: usize) -> Option<usize> {
    let raw = find(chars, start, |c| c != 'b' && c != 'c');
    match (raw - start, &chars[raw..]) {
        (1, ['"', ..]) => return Some(end_of_quote(chars, raw)),
        (1, ['\'', '\\', ..] | ['\'', _, '\'', ..]) => return Some(end_of_quote(chars, raw)),
        (0 | 1, ['r', ..]) => {}
        _ => return None,
    }
    let open = find(chars, raw + 1, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let mut close = vec!['#'; open - raw];
    close[0] = '"';
    let length = chars[open + 1..].windows(close.len()).position(|signs| signs == close);
    Some(length.map_or(chars.len(), |length| open + 1 + length + close.len()))
}

/// Index of the first sign from `start` on that fulfils `is_end`.
fn find(chars: &[char], start: usize, is_end: impl Fn(char) -> bool) -> usize {
    chars[start..].iter().position(|&c| is_end(c)).map_or(chars.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(source: &str) -> String {
        let texts: Vec<String> = words(source).into_iter().map(|word| word.text).collect();
        texts.join(" ")
    }

    #[test]
    fn comments_and_texts_are_silent() {
        assert_eq!(joined("a // b\n/* c /* d */ e */ f"), "a f");
        assert_eq!(joined(r#"a("x \" y", 'z', '\'', b'{', b"}")"#), "a ( , , , , )");
        assert_eq!(joined(r##"a(r"\", r#"x " y"#, br"{") rb"##), "a ( , , ) rb");
        assert_eq!(joined("fn f<'a>(x: &'a r#type) {}"), "fn f < ' a > ( x : & ' a r # type ) { }");
    }

    #[test]
    fn lines_are_counted_through_silence() {
        let words = words("a\n/*\n\n*/ b \"\n\" c");
        let lines: Vec<usize> = words.iter().map(|word| word.line).collect();
        assert_eq!(lines, [1, 4, 5]);
    }

    #[test]
    fn test_items_are_left_out_and_only_they() {
        assert_eq!(joined("a; #[cfg(test)] mod tests; b"), "a ; b");
        assert_eq!(joined("#[cfg(test)]\n#[allow(x)]\nmod tests { fn f() { {} } } b"), "b");
        assert_eq!(joined("#[cfg(all(test, unix))] fn f() -> [u8; 2] { x } b"), "b");
        assert_eq!(joined("#![cfg(test)] a"), "");
        assert_eq!(joined("#[cfg(unix)] a"), "# [ cfg ( unix ) ] a");
    }

    #[test]
    fn unfinished_source_ends_quietly() {
        for source in
            ["fn f() {", "\"", "/*", "r#\"", "#[cfg(test)]", "#[cfg(test)] mod x {", "'\\"]
        {
            words(source);
        }
    }
}
