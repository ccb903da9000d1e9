//! The table and the plots of `docs/performance.md`, from the raw numbers.
//!
//! The table stands between two marks in the document; all else in it is written by hand.

use crate::arguments::Arguments;
use crate::plots;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";
/// The engines in the order of the table's columns.
const ENGINES: [(&str, &str); 8] = [
    ("floor: one probe", "one probe"),
    ("floor: two probes and a trie walk", "trie walk"),
    ("portcullis", "**portcullis**"),
    ("portcullis, caller resolved", "caller resolved"),
    ("iam-rs", "iam-rs"),
    ("regorus", "regorus"),
    ("cedar-policy", "cedar-policy"),
    ("casbin", "casbin"),
];

/// The command.
///
/// # Errors
/// Raw numbers that cannot be read, or a document without the marks.
pub fn write(arguments: &Arguments) -> Result<(), String> {
    let text = fs::read_to_string(&arguments.raw).map_err(|error| format!("{}: {error}", arguments.raw.display()))?;
    let raw: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let document = documents.join("performance.md");
    let table = tables(&raw);
    println!("{table}");
    let page = fs::read_to_string(&document).map_err(|error| format!("{}: {error}", document.display()))?;
    let (head, rest) = page.split_once(BEGIN).ok_or("the document has no mark where the table begins")?;
    let (_, tail) = rest.split_once(END).ok_or("the document has no mark where the table ends")?;
    fs::write(&document, format!("{head}{BEGIN}{table}{END}{tail}")).map_err(|error| error.to_string())?;
    plots::write(&raw, &documents.join("performance"))
}

/// The middle of some numbers; 0 of none.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The rounds of an engine in a case.
pub fn rounds(case: &Value, engine: &str) -> Option<Vec<f64>> {
    let engines = case["engines"].as_array()?;
    let found = engines.iter().find(|entry| entry["name"] == engine)?;
    Some(found["nanoseconds"].as_array()?.iter().filter_map(Value::as_f64).collect())
}

fn is_hostile(case: &Value) -> bool {
    case["workload"].as_str().is_some_and(|name| !name.starts_with('w'))
}

/// What a case is called.
fn title(case: &Value) -> String {
    let (workload, draw) = (case["workload"].as_str().unwrap_or_default(), case["draw"].as_str().unwrap_or_default());
    let size = match (workload, case["size"].as_u64().unwrap_or_default()) {
        ("w4", size) => format!(", {}", grouped(size)),
        _ => String::new(),
    };
    let name = if workload.starts_with('w') { workload.to_uppercase() } else { workload.to_owned() };
    format!("{name}{size}, {draw}")
}

/// A number with a comma after each third digit.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Nanoseconds in the unit that reads best, with three digits.
fn time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "µs"),
        ..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(number))
}

fn three_digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => grouped(number.round() as u64),
    }
}

fn tables(raw: &Value) -> String {
    // INVARIANT: writing to a string cannot fail.
    let mut out = String::new();
    let machine = &raw["machine"];
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    let versions: Vec<String> =
        raw["versions"].as_object().into_iter().flatten().map(|(name, version)| format!("{name} {}", text(version))).collect();
    let _ = writeln!(
        out,
        "Measured on {} ({} threads), {}; {}. Median of {} rounds (least – most), one thread, time for one decision. \
         Load of the machine before and after: {}, {}.\n",
        text(&machine["processor"]),
        machine["threads"],
        text(&machine["compiler"]),
        versions.join(", "),
        raw["rounds"],
        raw["load_before"],
        raw["load_after"]
    );
    let cases = raw["cases"].as_array().cloned().unwrap_or_default();
    decisions(&mut out, &cases);
    ratios(&mut out, &cases);
    left_out(&mut out, &cases);
    builds(&mut out, &cases);
    out
}

fn decisions(out: &mut String, cases: &[Value]) {
    let _ = writeln!(out, "| workload | {} |", ENGINES.map(|(_, column)| column).join(" | "));
    let _ = writeln!(out, "| --- |{}", " --- |".repeat(ENGINES.len()));
    for case in cases {
        let cells = ENGINES.map(|(engine, _)| match rounds(case, engine) {
            Some(rounds) => {
                let (least, most) = rounds.iter().fold((f64::MAX, 0.0_f64), |(least, most), round| (least.min(*round), most.max(*round)));
                format!("{} ({} – {})", time(median(&rounds)), time(least), time(most))
            }
            None => "–".to_owned(),
        });
        let _ = writeln!(out, "| {} | {} |", title(case), cells.join(" | "));
    }
    out.push('\n');
}

/// How portcullis stands to the floor and to the fastest other evaluator. Hostile worlds have no such floor: nobody walks one trie through them.
fn ratios(out: &mut String, cases: &[Value]) {
    out.push_str("| workload | times the trie walk | fastest other evaluator | times faster than it |\n| --- | --- | --- | --- |\n");
    for case in cases.iter().filter(|case| !is_hostile(case)) {
        let at = |engine: &str| rounds(case, engine).map(|rounds| median(&rounds));
        let (Some(own), Some(floor)) = (at("portcullis"), at("floor: two probes and a trie walk")) else { continue };
        let peers = ENGINES[4..].iter().filter_map(|(engine, _)| Some((at(engine)?, *engine)));
        let best = peers.min_by(|left, right| left.0.total_cmp(&right.0));
        let (name, times) = best.map_or(("–", "–".to_owned()), |(time, name)| (name, three_digits(time / own)));
        let _ = writeln!(out, "| {} | {} | {name} | {times} |", title(case), three_digits(own / floor));
    }
    out.push('\n');
}

/// Which requests an engine did not decide.
fn left_out(out: &mut String, cases: &[Value]) {
    out.push_str("| workload | engine | requests left out | because it does not express |\n| --- | --- | --- | --- |\n");
    for case in cases {
        for engine in case["engines"].as_array().into_iter().flatten() {
            let count = engine["left_out"].as_u64().unwrap_or_default();
            if count > 0 {
                let (name, lacks) = (engine["name"].as_str().unwrap_or_default(), engine["lacks"].as_str().unwrap_or_default());
                let requests = case["requests"].as_u64().unwrap_or_default();
                let _ = writeln!(out, "| {} | {name} | {} of {} | {lacks} |", title(case), grouped(count), grouped(requests));
            }
        }
    }
    out.push('\n');
}

/// Below this many statements what every bundle has outweighs them.
const STATEMENTS_MIN: f64 = 1_000.0;

/// What compiling takes and gives, from the cases with uniform draws.
fn builds(out: &mut String, cases: &[Value]) {
    out.push_str(
        "| world | statements | text | read | compile | statements a second | bundle | indexed documents, bytes a statement | open and verify |\n",
    );
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for case in cases.iter().filter(|case| case["draw"] == "uniform") {
        let number = |name: &str| case[name].as_f64().unwrap_or_default();
        let statements = number("statements");
        let seconds = number("read_seconds") + number("compile_seconds");
        let of_many = |text: String| if statements < STATEMENTS_MIN { "–".to_owned() } else { text };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            title(case).trim_end_matches(", uniform"),
            grouped(statements as u64),
            bytes(number("world_bytes")),
            time(number("read_seconds") * 1e9),
            time(number("compile_seconds") * 1e9),
            of_many(grouped((statements / seconds.max(1e-9)) as u64)),
            bytes(number("bundle_bytes")),
            of_many(three_digits(number("index_bytes") / statements.max(1.0))),
            time(number("open_seconds") * 1e9),
        );
    }
    out.push('\n');
}

fn bytes(number: f64) -> String {
    match number {
        ..1e6 => format!("{} kB", three_digits(number / 1e3)),
        _ => format!("{} MB", three_digits(number / 1e6)),
    }
}
