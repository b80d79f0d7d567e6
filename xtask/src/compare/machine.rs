//! The machine, and the versions of what ran on it.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::json;

use super::bench::Bench;
use super::worker::Who;
use crate::Result;

/// Programs that were running or waiting to, on average over the last five minutes; nothing where the
/// system does not say.
pub(super) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}

/// A list of what it ran on and with; `load` is that before it began.
pub(super) fn describe(bench: &mut Bench, load: Option<f64>) -> Result<String> {
    let versions = bench.ask(Who::Peers, &json!({ "do": "versions" }))?;
    let packages = versions["packages"].as_object().into_iter().flatten();
    let packages: Vec<String> = packages
        .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()))
        .collect();
    let n_cores = thread::available_parallelism()?;
    let lines = [
        format!("Processor: {}, {n_cores} cores", processor()),
        format!("Memory: {}", memory()),
        format!("System: {}", system()),
        load.map_or_else(
            || "Other work before it began: not known".into(),
            |load| format!("Other work before it began: {load:.1} processes on average"),
        ),
        format!("movemeter: {}, {}", env!("CARGO_PKG_VERSION"), said("rustc", &["--version"])),
        format!(
            "Python {}: {}",
            versions["python"].as_str().unwrap_or_default(),
            packages.join(", ")
        ),
    ];
    Ok(lines.map(|line| format!("- {line}")).join("\n"))
}

/// Model, and family and number where the model's name says little.
fn processor() -> String {
    let Ok(text) = fs::read_to_string("/proc/cpuinfo") else {
        return format!("{} (model not known)", std::env::consts::ARCH);
    };
    let entry = |name| entry(&text, name).unwrap_or("?").to_owned();
    format!("{} (family {}, model {})", entry("model name"), entry("cpu family"), entry("model"))
}

fn memory() -> String {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = entry(&text, "MemTotal").and_then(|size| size.strip_suffix("kB"));
    match kilobytes.and_then(|kilobytes| kilobytes.trim().parse::<f64>().ok()) {
        Some(kilobytes) => format!("{:.1} GB", kilobytes * 1024.0 / 1e9),
        None => "not known".into(),
    }
}

fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.map_or(std::env::consts::OS, |name| name.trim_matches('"'));
    format!("{name}, {}", said("uname", &["-sr"]))
}

/// The value of the first line `name : value`.
fn entry<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let entries = text.lines().filter_map(|line| line.split_once(':'));
    entries
        .map(|(found, value)| (found.trim(), value.trim()))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// What a command prints; nothing if it cannot be run.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_their_whole_name() {
        let text = "model\t\t: 17\nmodel name\t: A: B\n";
        assert_eq!(entry(text, "model name"), Some("A: B"));
        assert_eq!(entry(text, "model"), Some("17"));
        assert_eq!(entry(text, "name"), None);
    }
}
