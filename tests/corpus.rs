//! The whole corpus through the frontend: every AWS-managed policy compiles, and every labelled public document compiles or is refused for a reason that a
//! reader of `docs/semantics.md` would give.
//!
//! The table of refusals by code is a golden figure: a change of it is a change of what is accepted, and must be one that the rules ask for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use portcullis::runtime::Bundle;
use portcullis::syntax::policy::PolicyType;
use portcullis::syntax::{Limits, Tree};
use portcullis::world::{DiskFiles, MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, check_policy, compile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn corpus(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path)
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_aws_managed_policy_compiles() {
    let folder = corpus("aws-managed");
    let names: Vec<String> = files_below(&folder, "json")
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().with_extension("").to_str().unwrap().replace('\\', "/"))
        .collect();
    assert_eq!(names.len(), 1281);
    let attached: Vec<String> = names.iter().map(|name| format!("\"arn:aws:iam::aws:policy/{name}\"")).collect();
    let world = format!(
        r#"{{"version": 1, "aws_managed": "aws-managed", "accounts": [{{"id": "111111111111", "roles": [{{"name": "all", "policies": [{}]}}]}}]}}"#,
        attached.join(", ")
    );
    let (world, _) = read_world_text("world.json", &world, &corpus(""), &DiskFiles, &WorldOptions::default())
        .unwrap_or_else(|error| panic!("{error}: {} findings", error.diagnostics().len()));
    let compiled = compile(&world, &CompileOptions::default()).unwrap();
    assert_eq!(compiled.summary.attachments, 1281);
    assert_eq!(compiled.summary.attached_statements, 7180);
}

/// A labelled document: its type by where it stood, its text, and what its labels say of its form; `invalid` means that its origin says AWS refuses it.
struct Labelled {
    policy_type: PolicyType,
    text: String,
    labels: Vec<String>,
}

impl Labelled {
    fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }
}

fn labelled() -> Vec<Labelled> {
    let mut documents = Vec::new();
    for file in files_below(&corpus("policies"), "ndjson") {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let limits = Limits { string_bytes: usize::MAX, ..Limits::default() };
            let tree = Tree::parse(portcullis::diag::FileId(0), line, 0..line.len(), &limits).unwrap();
            let member = |name| tree.root().member(name);
            let policy_type = match member("type").and_then(|node| node.as_str()).unwrap() {
                "resource" => PolicyType::Resource,
                "trust" => PolicyType::Trust,
                "scp" => PolicyType::Scp,
                "rcp" => PolicyType::Rcp,
                "endpoint" => PolicyType::Endpoint,
                "boundary" => PolicyType::Boundary,
                "identity" | "unknown" => PolicyType::Identity,
                other => panic!("unknown type {other}"),
            };
            let text = match (member("document"), member("text")) {
                (Some(document), _) => document.source().to_owned(),
                (None, Some(text)) => text.as_str().unwrap().to_owned(),
                (None, None) => panic!("a record without a document in {}", file.display()),
            };
            let labels = member("labels").unwrap().items().filter_map(|label| label.as_str()).map(str::to_owned).collect();
            documents.push(Labelled { policy_type, text, labels });
        }
    }
    documents
}

#[test]
fn labelled_documents_compile_or_are_refused_with_the_known_codes() {
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut accepted, mut invalid_refused, mut invalid_accepted) = (0, 0, 0);
    for document in labelled() {
        let findings = check_policy("document.json", &document.text, document.policy_type, &Limits::default());
        match findings.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
            None => {
                accepted += 1;
                // What does not parse as JSON, or repeats a key, says so itself.
                assert!(!document.has("malformed-json") && !document.has("duplicate-keys"), "accepted: {}", document.text);
                invalid_accepted += usize::from(document.has("invalid"));
                compile_attached(&document);
            }
            Some(first) => {
                *refused.entry(first.code.as_str()).or_default() += 1;
                invalid_refused += usize::from(document.has("invalid"));
            }
        }
    }
    let table: String = refused.iter().map(|(code, count)| format!("{code} {count}\n")).collect();
    let summary = format!(
        "accepted {accepted}\nrefused {}\nof those that their origin calls invalid: refused {invalid_refused}, accepted {invalid_accepted}\n{table}",
        refused.values().sum::<usize>()
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/corpus.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &summary).unwrap();
    }
    assert_eq!(summary, std::fs::read_to_string(&path).unwrap());
}

/// Compiles an accepted document where one of its type is attached.
fn compile_attached(document: &Labelled) {
    let text = &document.text;
    let account = match document.policy_type {
        PolicyType::Identity => format!(r#""users": [{{"name": "u", "policies": [{text}]}}]"#),
        PolicyType::Trust => format!(r#""roles": [{{"name": "r", "trust": {text}}}]"#),
        PolicyType::Resource => format!(r#""resources": [{{"arn": "arn:aws:s3:::b", "policy": {text}}}]"#),
        PolicyType::Boundary => format!(r#""users": [{{"name": "u", "boundary": {text}}}]"#),
        PolicyType::Scp => format!(r#""scps": [{text}]"#),
        PolicyType::Rcp => format!(r#""rcps": [{text}]"#),
        PolicyType::Endpoint => format!(r#""vpc_endpoints": [{{"id": "vpce-1", "policy": {text}}}]"#),
        PolicyType::Session => panic!("no document stands in a session"),
    };
    let organization = r#""organization": {"id": "o-1", "root": {"id": "r-1", "accounts": ["111111111111"]}}"#;
    let world = format!(r#"{{"version": 1, {organization}, "accounts": [{{"id": "111111111111", {account}}}]}}"#);
    let (world, _) = read_world_text("world.json", &world, Path::new(""), &MemoryFiles::new(), &WorldOptions::default())
        .unwrap_or_else(|error| panic!("{error}: {text}"));
    let compiled = compile(&world, &CompileOptions::default()).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(compiled.summary.attachments >= 1, "{text}");
    Bundle::from_bytes(compiled.bytes).unwrap_or_else(|error| panic!("{error}: {text}"));
}
