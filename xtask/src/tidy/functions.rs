//! Functions are short.

use super::modules::Module;
use super::rust::{Word, closing, end_of_head, follows};
use super::violation::Violation;

/// What to aim at; longer functions are noted.
const GOAL_LINES: usize = 40;

/// The shortest function that is noted.
const MIN_NOTED: usize = GOAL_LINES + 1;

/// Longer functions break the rule.
const MAX_LINES: usize = 60;

/// A function and how long it is.
pub(crate) struct Function {
    name: String,
    file: String,
    line: usize,
    /// From `fn` to the closing brace.
    n_lines: usize,
}

impl Function {
    fn says(&self, what: &str) -> Violation {
        Violation::new(
            &self.file,
            self.line,
            format!("fn {} has {} lines; {what}", self.name, self.n_lines),
        )
    }
}

/// All functions with a body, tests left out.
pub(crate) fn lengths(root: &Module) -> Vec<Function> {
    root.walk().into_iter().flat_map(lengths_in).collect()
}

fn lengths_in(module: &Module) -> Vec<Function> {
    let words = &module.words;
    let starts = (0..words.len()).filter(|&index| {
        follows(words, index, &["fn"]) && words.get(index + 1).is_some_and(Word::is_name)
    });
    let function = |start: usize| {
        let body = end_of_head(words, start).filter(|&index| words[index].is("{"))?;
        let line = words[start].line;
        let n_lines = words[closing(words, body)].line - line + 1;
        let name = words[start + 1].text.clone();
        Some(Function { name, file: module.file.clone(), line, n_lines })
    };
    starts.filter_map(function).collect()
}

/// Prints how long the functions of a crate are and gives those that are too long.
pub(crate) fn check(name: &str, mut functions: Vec<Function>) -> Vec<Violation> {
    functions.sort_by_key(|function| function.n_lines);
    if let (Some(median), Some(longest)) = (functions.get(functions.len() / 2), functions.last()) {
        println!(
            "{name}: {} functions, median {} lines, longest {} (fn {})",
            functions.len(),
            median.n_lines,
            longest.n_lines,
            longest.name
        );
    }
    let (mut noted, mut broken) = (Vec::new(), Vec::new());
    for function in &functions {
        match function.n_lines {
            MIN_NOTED..=MAX_LINES => {
                noted.push(function.says(&format!("{GOAL_LINES} is the goal")));
            }
            0..MIN_NOTED => {}
            _ => broken.push(function.says(&format!("{MAX_LINES} is the limit; divide it"))),
        }
    }
    for note in noted {
        println!("note: {note}");
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::modules::fake_tree;
    use super::super::violation::in_short;
    use super::*;

    fn functions(source: &str) -> Vec<Function> {
        lengths(&fake_tree(&[("src/lib.rs", source)]))
    }

    #[test]
    fn a_function_counts_from_its_name_to_its_brace() {
        let found = functions(
            "impl A {\n/// Doc {\n#[inline]\nfn f(\n  x: [u8; 2],\n) -> u8 where T: B {\n '}'\n}\n}\nfn g() {}",
        );
        let lengths: Vec<(&str, usize, usize)> =
            found.iter().map(|f| (f.name.as_str(), f.line, f.n_lines)).collect();
        assert_eq!(lengths, [("f", 4, 5), ("g", 10, 1)]);
    }

    #[test]
    fn heads_types_and_tests_are_no_functions() {
        assert!(
            functions("trait A { fn f(&self) -> [u8; 2]; }\ntype F = fn(u8) -> u8;").is_empty()
        );
        assert!(functions("#[cfg(test)] mod tests { fn f() {} }").is_empty());
    }

    #[test]
    fn only_a_function_over_the_limit_breaks_the_rule() {
        let of_lines = |n: usize| functions(&format!("fn f() {{{}}}", "\n".repeat(n - 1)));
        assert!(check("x", of_lines(GOAL_LINES + 1)).is_empty());
        assert!(check("x", of_lines(MAX_LINES)).is_empty());
        let found = check("x", of_lines(MAX_LINES + 1));
        assert_eq!(in_short(&found), ["1: fn f has 61 lines; 60 is the limit; divide it"]);
    }
}
