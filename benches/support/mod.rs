//! What the benches share: the estates of the corpus, compiled, and their requests, read once and kept.

#![allow(dead_code, clippy::expect_used, reason = "each bench uses its own part; without the corpus there is nothing to measure")]

use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, ContextValue, Principal, Request};
use portcullis::session::SessionResolver;
use portcullis::world::{DiskFiles, World, WorldOptions, read_world};
use portcullis::{CompileOptions, Compiled, compile};
use std::path::{Path, PathBuf};

/// A path below the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An estate of the corpus: `core` has three accounts with real policies, `small` the same with an organization, boundaries, endpoints and sessions.
pub(crate) fn world(name: &str) -> World {
    let path = repository("corpus/worlds").join(format!("{name}.json"));
    read_world(&path, &DiskFiles, &WorldOptions::default()).expect("the estate is a world").0
}

/// An estate, compiled.
pub(crate) fn compiled(name: &str) -> Compiled {
    compile(&world(name), &CompileOptions::default()).expect("the estate compiles")
}

/// The texts of an estate's requests.
pub(crate) fn requests(name: &str) -> Vec<String> {
    let path = repository("corpus/worlds").join(format!("{name}.requests.ndjson"));
    let text = std::fs::read_to_string(path).expect("the estate has requests");
    text.lines().map(str::to_owned).collect()
}

/// The core estate.
pub(crate) fn core_world() -> World {
    world("core")
}

/// The core estate, compiled.
pub(crate) fn core_compiled() -> Compiled {
    compiled("core")
}

/// The texts of the core estate's requests.
pub(crate) fn core_requests() -> Vec<String> {
    requests("core")
}

/// Requests with their callers, as an embedder holds them. What they point to is never freed: a bench ends soon.
pub(crate) fn prepared(bundle: &Bundle, texts: &[String]) -> Vec<(Principal, Request<'static>)> {
    let sessions = SessionResolver::new(bundle.clone());
    texts.iter().map(|text| one_prepared(bundle, &sessions, text)).collect()
}

fn one_prepared(bundle: &Bundle, sessions: &SessionResolver, text: &str) -> (Principal, Request<'static>) {
    let read = JsonRequest::parse(text).expect("the request is read");
    let principal = read.resolve_with(bundle, |session| sessions.resolve(session)).expect("the caller is known");
    let request = read.with_request(kept_request).expect("the request is well-formed");
    (principal, request)
}

fn kept_request(request: &Request<'_>) -> Request<'static> {
    Request {
        action: kept(request.action),
        resource: request.resource.map(kept),
        resource_account: request.resource_account.map(kept),
        context: Vec::leak(request.context.iter().map(|(key, value)| (kept(key), kept_value(value))).collect()),
    }
}

fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn kept_value(value: &ContextValue<'_>) -> ContextValue<'static> {
    match value {
        ContextValue::One(text) => ContextValue::One(kept(text)),
        ContextValue::Many(texts) => ContextValue::Many(Vec::leak(texts.iter().map(|text| kept(text)).collect())),
    }
}

/// Every AWS-managed policy of the corpus as (name, text), in the order of names.
pub(crate) fn managed_policies() -> Vec<(String, String)> {
    let root = repository("corpus/aws-managed");
    let mut folders = vec![root.clone()];
    let mut policies = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).expect("the policy can be read");
                let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                policies.push((name, text));
            }
        }
    }
    policies.sort();
    policies
}

/// The JSON text without white space between its tokens.
pub(crate) fn minified(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_string || !character.is_ascii_whitespace() {
            out.push(character);
        }
        if in_string {
            (in_string, escaped) = (escaped || character != '"', !escaped && character == '\\');
        } else {
            in_string = character == '"';
        }
    }
    out
}
