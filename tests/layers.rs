//! Who may import whom: the modules of the compiler, the dependencies of the runtime, and what evaluation may touch.
//!
//! A new entry in the table is a decision about the structure, so it is made here first. Where the code needs more than the rough order "each stage
//! knows the ones before it", the entry says why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module of `src/`, the modules that it may name, and the outer crates of ours that it may name.
struct Rule {
    module: &'static str,
    /// A module, or a module in it: `syntax::policy` allows that part of `syntax` and nothing else of it.
    may_use: &'static [&'static str],
    /// Prefixes of paths into the runtime and the reference.
    outer: &'static [&'static str],
}

const fn rule(module: &'static str, may_use: &'static [&'static str], outer: &'static [&'static str]) -> Rule {
    Rule { module, may_use, outer }
}

/// `syntax::policy` is plain data: the patterns and effects that atoms are made of. The stages behind `ir` share these types and never see text.
const RULES: &[Rule] = &[
    rule("diag", &[], &[]),
    rule("catalog", &[], &[]),
    rule("syntax", &["diag"], &["portcullis_runtime::datatypes"]),
    // A name that no bundle may hold is refused where it stands: what a name is, the format says.
    rule("world", &["diag", "syntax"], &["portcullis_runtime::format"]),
    rule("ir", &["diag", "syntax"], &["portcullis_runtime::datatypes"]),
    // Turns ACLs into statements, which are made of the types of `syntax::policy`.
    rule("link", &["diag", "catalog", "ir", "world", "syntax::policy"], &[]),
    rule("trie", &["diag", "ir", "link", "syntax::policy"], &[]),
    rule("dag", &["diag", "ir", "link", "syntax::policy"], &[]),
    rule("opt", &["diag", "ir", "link", "trie", "dag", "syntax::policy"], &[]),
    // Writes what was linked (entities, tags) and the service list, and has the runtime's verifier read it before anyone else does.
    rule("bundle", &["diag", "ir", "link", "trie", "dag", "catalog", "syntax::policy"], &["portcullis_runtime"]),
    // Runs the stages on documents that come with a request; of `world` it takes the meaning of names and paths, of `compile` the error of a stage.
    rule("session", &["diag", "syntax", "world", "ir", "link", "opt", "trie", "dag", "bundle", "compile"], &["portcullis_runtime"]),
    // Turns the texts of world and request into the reference's values; the compiler gives it the bundle that requests are checked over.
    rule("validate", &["diag", "syntax", "world", "ir", "bundle", "compile", "session"], &["portcullis_runtime", "portcullis_reference"]),
];

/// What stands beside `lib.rs` and is part of it: it may name everything.
const FACE: &[&str] = &["lib", "admission", "batch", "compile", "scenario"];

/// Dependencies that an authorizer links, with and without features.
const RUNTIME_DEPENDENCIES: &[&str] = &[
    "zerocopy",
    "blake3",
    "xxhash-rust",
    "unicode-case-mapping",
    "bincode",
    "serde",
    "serde_json",
    "arc-swap",
    "ed25519-dalek",
    "portcullis-map",
];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without comments and tests; empty for a file of tests.
fn code(path: &Path) -> String {
    if path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests.rs" | "tests" | "testing.rs"))) {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The module of `src/` that a file belongs to.
fn module_of(path: &Path) -> String {
    let inner = path.strip_prefix(repository("src")).unwrap();
    let first = inner.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The names right below `crate::`, alone or in braces.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        // `some_crate::` is another crate.
        if code[..at].ends_with(is_name) {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(inner) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|character| is_name(*character)).collect());
            continue;
        };
        let mut depth = 0;
        let mut name = String::new();
        for character in inner.chars() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {}
                other if depth == 0 && (is_name(other) || other == ':') => {
                    name.push(other);
                    continue;
                }
                _ => {}
            }
            names.insert(std::mem::take(&mut name).split(':').next().unwrap_or_default().to_owned());
        }
        names.insert(name.split(':').next().unwrap_or_default().to_owned());
    }
    names.remove("");
    names
}

/// Whether every use of a module goes to one module inside it.
fn only_inside(code: &str, outside: &str, inside: &str) -> bool {
    let path = format!("crate::{outside}");
    let uses = code.matches(&path).count();
    uses > 0 && code.matches(&format!("{path}::{inside}")).count() == uses
}

/// Paths that begin with one of our other crates, two names long.
fn outer_paths(code: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for outer in ["portcullis_runtime", "portcullis_reference"] {
        for (at, _) in code.match_indices(outer) {
            let rest = &code[at + outer.len()..];
            let below: String = match rest.strip_prefix("::") {
                Some(rest) => rest.chars().take_while(|character| is_name(*character)).collect(),
                None => String::new(),
            };
            paths.insert(if below.is_empty() { outer.to_owned() } else { format!("{outer}::{below}") });
        }
    }
    paths
}

#[test]
fn modules_import_what_the_architecture_allows() {
    let files = sources(&repository("src"));
    let modules: BTreeSet<String> = files.iter().map(|path| module_of(path)).collect();
    let mut wrong = Vec::new();
    for path in &files {
        let module = module_of(path);
        if FACE.contains(&module.as_str()) {
            continue;
        }
        let Some(rule) = RULES.iter().find(|rule| rule.module == module) else {
            wrong.push(format!("{}: module `{module}` is not in the table", path.display()));
            continue;
        };
        let code = code(path);
        for name in named_modules(&code) {
            let allowed = |entry: &&str| match entry.split_once("::") {
                Some((outside, inside)) => outside == name && only_inside(&code, outside, inside),
                None => *entry == name,
            };
            if name != module && modules.contains(&name) && !rule.may_use.iter().any(allowed) {
                wrong.push(format!("{}: `{module}` names `crate::{name}`", path.display()));
            }
        }
        for outer in outer_paths(&code) {
            if !rule.outer.iter().any(|allowed| outer == *allowed || outer.starts_with(&format!("{allowed}::"))) {
                wrong.push(format!("{}: `{module}` names `{outer}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names of the dependencies in a manifest's `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(repository(manifest)).unwrap();
    let section = text.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let name = |line: &str| line.split(['=', '.']).next().unwrap_or_default().trim().to_owned();
    lines.filter(|line| line.contains('=') && !line.trim_start().starts_with('#')).map(name).collect()
}

#[test]
fn the_runtime_links_what_is_listed() {
    let found = dependencies("crates/runtime/Cargo.toml");
    assert!(found.iter().any(|name| name == "zerocopy"), "the manifest was not read: {found:?}");
    for name in found {
        assert!(RUNTIME_DEPENDENCIES.contains(&name.as_str()), "`{name}` is not among the runtime's dependencies");
    }
}

#[test]
fn the_reference_shares_nothing() {
    assert_eq!(dependencies("crates/reference/Cargo.toml"), Vec::<String>::new());
    for path in sources(&repository("crates/reference/src")) {
        let code = code(&path);
        assert!(outer_paths(&code).iter().all(|outer| outer.starts_with("portcullis_reference")), "{}", path.display());
    }
}

#[test]
fn deciding_uses_core_and_alloc_only() {
    for folder in ["eval", "format", "verify", "request"] {
        for path in sources(&repository("crates/runtime/src").join(folder)) {
            // Reading JSON is a feature of its own.
            if path.ends_with("request/json.rs") {
                continue;
            }
            let code = code(&path);
            // `Error` is the same trait in `core`.
            let code = code.replace("std::error::Error", "");
            let std = code.match_indices("std::").any(|(at, _)| !code[..at].ends_with(is_name));
            assert!(!std, "{} names `std`", path.display());
        }
    }
}

#[test]
fn names_are_found_in_every_form() {
    let code = "use crate::a::X;\nuse crate::{b::{Y, z}, c, d::W};\nfn f() { crate::e::g() } my_crate::h::i()";
    let names: Vec<String> = named_modules(code).into_iter().collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let outer: Vec<String> = outer_paths("use portcullis_runtime::format::x; use portcullis_runtime as r;").into_iter().collect();
    assert_eq!(outer, ["portcullis_runtime", "portcullis_runtime::format"]);
}
