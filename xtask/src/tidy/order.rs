//! `mod` lines stand in dependency order: a module uses only modules above it.
//!
//! That makes circles impossible and gives the order in which to read. A module may use its own
//! submodules, and what its parents define themselves.

use super::modules::Module;
use super::paths::{Path, paths};
use super::violation::Violation;

/// The crates whose modules stand in this order.
pub(crate) const CRATES: [&str; 3] = ["movemeter", "movemeter-io", "xtask"];

/// Every use of a module that stands below its user.
pub(crate) fn check(root: &Module) -> Vec<Violation> {
    let mut violations = Vec::new();
    for module in root.walk() {
        for path in paths(&module.words, &["crate", "super"]) {
            let target = absolute(&path.names, &module.path);
            if let Some(message) = check_use(root, &module.path, &target) {
                violations.push(Violation::new(&module.file, path.line, message));
            }
        }
    }
    violations.dedup();
    violations
}

/// The path from the crate's root, without `crate` and `super`.
fn absolute(names: &[String], user: &[String]) -> Vec<String> {
    let n_supers = names.iter().take_while(|name| *name == "super").count();
    let base = if n_supers == 0 { 0 } else { user.len().saturating_sub(n_supers) };
    let rest = names.iter().skip(n_supers.max(1));
    user[..base].iter().chain(rest).cloned().collect()
}

/// What is wrong when the module at `user` uses `target`, if anything.
fn check_use(root: &Module, user: &[String], target: &[String]) -> Option<String> {
    let mut common = root;
    for (depth, user_name) in user.iter().enumerate() {
        let target_name = target.get(depth)?;
        let own = common.position(user_name)?;
        if target_name == user_name {
            common = &common.children[own];
            continue;
        }
        let Some(used) = common.position(target_name) else {
            // Not a module: perhaps the name under which the parent hands on what a module has.
            let handed_on = re_exported(common, target_name)?;
            return check_use(root, user, &handed_on);
        };
        let parent = if depth == 0 { "the crate".into() } else { user[..depth].join("::") };
        return (own < used).then(|| {
            format!(
                "{user_name} uses {target_name}, which stands below it in {parent}; \
                 a module uses only modules above its own `mod` line"
            )
        });
    }
    None
}

/// Where a name comes from that `module` takes from one of its submodules with `use`.
fn re_exported(module: &Module, name: &str) -> Option<Vec<String>> {
    let children = module.children.iter().filter_map(|child| child.path.last());
    let roots: Vec<&str> = children.map(String::as_str).chain(["self", "crate"]).collect();
    let found = paths(&module.words, &roots).into_iter().find(|path| path.alias == name)?;
    let target = from_here(&found, &module.path);
    // A name that leads to itself is defined by the module, not handed on.
    (target != [module.path.as_slice(), &[name.into()]].concat()).then_some(target)
}

fn from_here(path: &Path, here: &[String]) -> Vec<String> {
    match path.names[0].as_str() {
        "crate" => path.names[1..].to_vec(),
        "self" => [here, &path.names[1..]].concat(),
        _ => [here, &path.names].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::modules::fake_tree;
    use super::super::violation::in_short;
    use super::*;

    const LIB: (&str, &str) = ("src/lib.rs", "mod low;\nmod mid;\nmod high;\npub use high::Top;\n");

    /// What is found when `mid` says this.
    fn found_in_mid(source: &str) -> Vec<String> {
        let files = [
            LIB,
            ("src/low.rs", ""),
            ("src/mid.rs", source),
            ("src/mid/first.rs", ""),
            ("src/mid/second.rs", ""),
            ("src/high.rs", "use crate::mid::first; use crate::{low, Top};"),
        ];
        in_short(&check(&fake_tree(&files)))
    }

    /// What is found when the first of two submodules of `mid` says this.
    fn found_in_first(source: &str) -> Vec<String> {
        let files = [
            LIB,
            ("src/low.rs", ""),
            (
                "src/mid.rs",
                "mod first;\nmod second; pub use second::{Second, other as Other}; pub trait Own {}",
            ),
            ("src/mid/first.rs", source),
            ("src/mid/second.rs", "use super::first; use super::Own; use crate::low;"),
            ("src/high.rs", ""),
        ];
        in_short(&check(&fake_tree(&files)))
    }

    const MID_USES_HIGH: &str = "mid uses high, which stands below it in the crate; \
        a module uses only modules above its own `mod` line";
    const FIRST_USES_SECOND: &str = "first uses second, which stands below it in mid; \
        a module uses only modules above its own `mod` line";

    #[test]
    fn what_stands_above_may_be_used() {
        assert!(
            found_in_mid("mod first; mod second; use crate::low::X; use first::Y; use super::low;")
                .is_empty()
        );
        assert!(
            found_in_first("use crate::low::X; use super::Own; use crate::mid::Own;").is_empty()
        );
    }

    #[test]
    fn what_stands_below_may_not() {
        let message = |line: usize, message: &str| vec![format!("{line}: {message}")];
        assert_eq!(found_in_mid("use crate::high::X;"), message(1, MID_USES_HIGH));
        assert_eq!(found_in_mid("use super::high;"), message(1, MID_USES_HIGH));
        assert_eq!(found_in_mid("use crate::{low::{A, B},\n high};"), message(2, MID_USES_HIGH));
        assert_eq!(found_in_mid("\nfn f(x: crate::high::X) {}"), message(2, MID_USES_HIGH));
    }

    #[test]
    fn siblings_stand_in_order_too() {
        let message = [format!("1: {FIRST_USES_SECOND}")];
        assert_eq!(found_in_first("use super::second::X;"), message);
        assert_eq!(found_in_first("use super::{second};"), message);
        assert_eq!(found_in_first("use crate::mid::second;"), message);
    }

    #[test]
    fn a_submodule_is_bound_by_its_parents_place() {
        assert_eq!(found_in_first("use super::super::high;"), [format!("1: {MID_USES_HIGH}")]);
        assert_eq!(found_in_first("use crate::high::X;"), [format!("1: {MID_USES_HIGH}")]);
    }

    #[test]
    fn a_name_handed_on_by_the_parent_is_no_way_round() {
        assert_eq!(found_in_mid("use crate::Top;"), [format!("1: {MID_USES_HIGH}")]);
        assert_eq!(found_in_first("use super::Second;"), [format!("1: {FIRST_USES_SECOND}")]);
        assert_eq!(found_in_first("use super::Other;"), [format!("1: {FIRST_USES_SECOND}")]);
    }

    #[test]
    fn comments_and_tests_may_point_anywhere() {
        let source = "/// See [`X`](crate::high::X).\nfn f() {}\n#[cfg(test)]\nmod tests { use crate::high; }";
        assert!(found_in_mid(source).is_empty());
    }
}
