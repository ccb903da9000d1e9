//! Reading scenario files, strictly, through the same grammar as everything else.
//!
//! The world inside a scenario is not judged here: its text goes to the world reader as it stands, so that an error in it is
//! the outcome of the scenario, not a fault of the file. The limits of this reader are therefore those of the grammar alone.

use super::types::{Case, Expect, ExpectedDecision, ExpectedMatch, Scenario, ScenarioFile};
use crate::diag::{Code, Diagnostic, FileId, Sources, Span, did_you_mean, quoted};
use crate::syntax::{Kind, Limits, Node, Tree};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// How scenarios stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One scenario, `.json`.
    One,
    /// One a line, `.ndjson`; lines of white space alone are skipped.
    Lines,
}

impl Layout {
    /// The layout that a file's name asks for: `.json` and `.ndjson`, others are no scenario files.
    pub fn of(path: &Path) -> Option<Layout> {
        match path.extension()?.to_str()? {
            "json" => Some(Layout::One),
            "ndjson" => Some(Layout::Lines),
            _ => None,
        }
    }
}

/// Reads the scenarios of a text. `name` is shown in messages; paths in worlds are relative to `folder`.
pub fn read_scenarios(name: &str, text: &str, folder: &Path, layout: Layout) -> ScenarioFile {
    let mut sources = Sources::new();
    let file = sources.add(name.to_owned(), text, None);
    let ranges = match layout {
        Layout::One => std::iter::once(0..text.len()).collect(),
        Layout::Lines => lines(text),
    };
    let reader = Reader { sources: &sources, file, text, limits: limits() };
    let scenarios = ranges.into_iter().map(|range| reader.scenario(range)).collect();
    ScenarioFile { folder: folder.to_owned(), scenarios, file, sources }
}

/// Limits for the scenario around a world: what the world may hold is the world reader's to say.
fn limits() -> Limits {
    Limits { nesting: Limits::NESTING_MAX, string_bytes: usize::MAX, object_keys: usize::MAX, ..Limits::default() }
}

fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut ranges = Vec::new();
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            // A line that breaks off ends on itself, not on the next one.
            ranges.push(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    ranges
}

struct Reader<'t> {
    sources: &'t Sources,
    file: FileId,
    text: &'t str,
    limits: Limits,
}

const SCENARIO: &[&str] = &["name", "world", "requests"];
const CASE: &[&str] = &["request", "expect"];
const DECISION: &[&str] = &["decision", "reason", "layer", "layers", "matched", "resource_account", "resource_account_from", "error"];
const MATCH: &[&str] = &["policy", "statement", "sid", "effect", "file", "line", "column"];
const LAYERS: &[&str] = &["scp", "rcp", "resource", "identity", "boundary", "session", "endpoint"];
const REASONS: &[&str] = &["allowed", "explicit_deny", "implicit_deny"];
const OUTCOMES: &[&str] = &["allowed", "explicit_deny", "implicit_deny", "none"];
const ORIGINS: &[&str] = &["request", "arn", "world", "principal", "none"];
const EFFECTS: &[&str] = &["Allow", "Deny"];

impl Reader<'_> {
    fn scenario(&self, range: Range<usize>) -> Result<Scenario, Vec<Diagnostic>> {
        let tree = Tree::parse(self.file, self.text, range, &self.limits).map_err(|error| vec![error])?;
        let mut found = Vec::new();
        let root = tree.root();
        let place = self.sources.line_column(self.file, root.span().start);
        let mut scenario = Scenario { name: String::new(), place, world: 0..0, requests: Vec::new() };
        if object(root, "a scenario", SCENARIO, &mut found) {
            if let Some(name) = root.member("name") {
                scenario.name = string(name, "the name", &mut found).unwrap_or_default();
            }
            match root.member("world") {
                Some(world) => scenario.world = world.span().range(),
                None => missing(root, "world", "a scenario", &mut found),
            }
            match root.member("requests") {
                Some(requests) if requests.kind() == Kind::Array => {
                    scenario.requests = requests.items().map(|case| self.case(case, &mut found)).collect();
                }
                Some(requests) => wrong(requests, "`requests`", "an array", &mut found),
                None => missing(root, "requests", "a scenario", &mut found),
            }
        }
        if found.is_empty() {
            Ok(scenario)
        } else {
            self.sources.sort(&mut found);
            Err(found)
        }
    }

    fn case(&self, node: Node<'_>, found: &mut Vec<Diagnostic>) -> Case {
        let place = self.sources.line_column(self.file, node.span().start);
        let mut case = Case { request: String::new(), place, expect: None };
        if object(node, "an element of `requests`", CASE, found) {
            match node.member("request") {
                Some(request) => case.request = request.source().to_owned(),
                None => missing(node, "request", "an element of `requests`", found),
            }
            case.expect = node.member("expect").and_then(|expect| expectation(expect, found));
        }
        case
    }
}

fn expectation(node: Node<'_>, found: &mut Vec<Diagnostic>) -> Option<Expect> {
    if !object(node, "`expect`", DECISION, found) {
        return None;
    }
    if let Some(error) = node.member("error") {
        if node.len() > 1 {
            let message = "an expected error goes with no other member of a decision";
            found.push(Diagnostic::new(Code::InvalidWorld, error.span(), message).with_help("an error is no decision: leave the rest out"));
            return None;
        }
        let code = string(error, "the code", found)?;
        if !Code::ALL.iter().any(|known| known.as_str() == code) {
            let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
            unknown_word(error, &code, "no error code", &names, found);
            return None;
        }
        return Some(Expect::Error(code));
    }
    let layers = match node.member("layers") {
        Some(layers) if object(layers, "`layers`", LAYERS, found) => layers
            .members()
            .filter_map(|member| word(member.value, "an outcome", OUTCOMES, found).map(|outcome| (member.key.to_owned(), outcome)))
            .collect(),
        _ => Vec::new(),
    };
    let matched = match node.member("matched") {
        Some(matched) if matched.kind() == Kind::Array => Some(matched.items().map(|entry| expected_match(entry, found)).collect()),
        Some(matched) => {
            wrong(matched, "`matched`", "an array", found);
            None
        }
        None => None,
    };
    Some(Expect::Decision(ExpectedDecision {
        decision: node.member("decision").and_then(|value| word(value, "a decision", EFFECTS, found)),
        reason: node.member("reason").and_then(|value| word(value, "a reason", REASONS, found)),
        layer: node.member("layer").and_then(|value| word(value, "a layer", LAYERS, found)),
        layers,
        matched,
        resource_account: node.member("resource_account").and_then(|value| string(value, "`resource_account`", found)),
        resource_account_from: node.member("resource_account_from").and_then(|value| word(value, "an origin", ORIGINS, found)),
    }))
}

fn expected_match(node: Node<'_>, found: &mut Vec<Diagnostic>) -> ExpectedMatch {
    if !object(node, "an entry of `matched`", MATCH, found) {
        return ExpectedMatch::default();
    }
    ExpectedMatch {
        policy: node.member("policy").and_then(|value| string(value, "`policy`", found)),
        statement: node.member("statement").and_then(|value| number(value, "`statement`", found)),
        sid: node.member("sid").and_then(|value| string(value, "`sid`", found)),
        effect: node.member("effect").and_then(|value| word(value, "an effect", EFFECTS, found)),
        file: node.member("file").and_then(|value| string(value, "`file`", found)),
        line: node.member("line").and_then(|value| number(value, "`line`", found)),
        column: node.member("column").and_then(|value| number(value, "`column`", found)),
    }
}

/// Checks that a value is an object of known members, each once; false if it is no object.
fn object(node: Node<'_>, what: &str, known: &[&str], found: &mut Vec<Diagnostic>) -> bool {
    if node.kind() != Kind::Object {
        wrong(node, what, "an object", found);
        return false;
    }
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for member in node.members() {
        if let Some(first) = seen.get(member.key) {
            let message = format!("the member {} stands twice in one object", quoted(member.key));
            found.push(Diagnostic::new(Code::DuplicateKey, member.key_span, message).with_label(*first, "first here"));
            continue;
        }
        seen.insert(member.key, member.key_span);
        if !known.contains(&member.key) {
            let message = format!("{what} has no member {}", quoted(member.key));
            let diagnostic = Diagnostic::new(Code::UnknownField, member.key_span, message);
            found.push(diagnostic.with_help(format!("its members are {}", listed(known))));
        }
    }
    true
}

fn wrong(node: Node<'_>, what: &str, wanted: &str, found: &mut Vec<Diagnostic>) {
    let message = format!("{what} is {}, not {wanted}", node.kind().describe());
    found.push(Diagnostic::new(Code::InvalidWorld, first_byte(node), message));
}

fn missing(node: Node<'_>, name: &str, what: &str, found: &mut Vec<Diagnostic>) {
    found.push(Diagnostic::new(Code::InvalidWorld, node.close_span(), format!("{what} needs the member `{name}`")));
}

fn string(node: Node<'_>, what: &str, found: &mut Vec<Diagnostic>) -> Option<String> {
    let text = node.as_str();
    if text.is_none() {
        wrong(node, what, "a string", found);
    }
    text.map(str::to_owned)
}

fn word(node: Node<'_>, what: &str, known: &[&str], found: &mut Vec<Diagnostic>) -> Option<String> {
    let text = string(node, what, found)?;
    if known.contains(&text.as_str()) {
        return Some(text);
    }
    unknown_word(node, &text, &format!("not {what}"), known, found);
    None
}

fn unknown_word(node: Node<'_>, text: &str, what: &str, known: &[&str], found: &mut Vec<Diagnostic>) {
    let diagnostic = Diagnostic::new(Code::InvalidWorld, node.span(), format!("{} is {what}", quoted(text)));
    let folded = known.iter().find(|word| word.replace('_', "-").eq_ignore_ascii_case(&text.replace('_', "-")));
    found.push(match folded {
        Some(word) => diagnostic.with_help(did_you_mean(word)),
        None if known.len() < 12 => diagnostic.with_help(format!("it is one of {}", listed(known))),
        None => diagnostic,
    });
}

fn number(node: Node<'_>, what: &str, found: &mut Vec<Diagnostic>) -> Option<u64> {
    let number = node.number_text().and_then(|text| text.parse().ok());
    if number.is_none() {
        wrong(node, what, "a whole number", found);
    }
    number
}

/// A container's place is its bracket: the caret need not run under all of it.
fn first_byte(node: Node<'_>) -> Span {
    let span = node.span();
    match node.kind() {
        Kind::Object | Kind::Array => Span { end: span.start + 1, ..span },
        _ => span,
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
