//! What the benches share: the core estate, compiled, and its requests, read once and kept.

#![allow(dead_code, clippy::expect_used, reason = "each bench uses its own part; without the corpus there is nothing to measure")]

use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, ContextValue, Principal, Request};
use portcullis::world::{DiskFiles, World, WorldOptions, read_world};
use portcullis::{CompileOptions, Compiled, compile};
use std::path::{Path, PathBuf};

/// A path below the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The core estate: three accounts with real policies.
pub(crate) fn core_world() -> World {
    let (world, _) =
        read_world(&repository("corpus/worlds/core.json"), &DiskFiles, &WorldOptions::default()).expect("the core estate is a world");
    world
}

/// The core estate, compiled.
pub(crate) fn core_compiled() -> Compiled {
    compile(&core_world(), &CompileOptions::default()).expect("the core estate compiles")
}

/// The texts of the core estate's requests.
pub(crate) fn core_requests() -> Vec<String> {
    let text = std::fs::read_to_string(repository("corpus/worlds/core.requests.ndjson")).expect("the core estate has requests");
    text.lines().map(str::to_owned).collect()
}

/// Requests with their callers, as an embedder holds them. What they point to is never freed: a bench ends soon.
pub(crate) fn prepared(bundle: &Bundle, texts: &[String]) -> Vec<(Principal, Request<'static>)> {
    texts.iter().map(|text| one_prepared(bundle, text)).collect()
}

fn one_prepared(bundle: &Bundle, text: &str) -> (Principal, Request<'static>) {
    let read = JsonRequest::parse(text).expect("the request is read");
    let principal = read.resolve(bundle).expect("the caller is known");
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
