//! A batch gives what a loop gives, in the same order, on any number of threads.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use portcullis::runtime::json::{ContextLists, JsonRequest};
use portcullis::runtime::{Bundle, Principal, Request};
use portcullis::session::SessionResolver;
use portcullis::world::{DiskFiles, WorldOptions, read_world};
use portcullis::{CompileOptions, compile, decide_batch};
use std::path::Path;

fn bundle(world: &str) -> Bundle {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds").join(world);
    let (world, _) = read_world(&path, &DiskFiles, &WorldOptions::default()).unwrap();
    Bundle::from_bytes(compile(&world, &CompileOptions::default()).unwrap().bytes).unwrap()
}

#[test]
fn a_batch_is_decided_as_a_loop_decides() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds/small.requests.ndjson");
    let text = std::fs::read_to_string(path).unwrap();
    let read: Vec<JsonRequest<'_>> = text.lines().map(|line| JsonRequest::parse(line).unwrap()).collect();
    let (bundle, other) = (bundle("small.json"), bundle("core.json"));
    let sessions = SessionResolver::new(bundle.clone());
    let principals: Vec<Principal> =
        read.iter().map(|read| read.resolve_with(&bundle, |documents| sessions.resolve(documents)).unwrap()).collect();
    let mut lists: Vec<ContextLists<'_>> = read.iter().map(|_| ContextLists::default()).collect();
    let requests = read.iter().zip(&mut lists).map(|(read, lists)| read.request(lists).unwrap());
    let mut requests: Vec<(&Principal, Request<'_>)> = principals.iter().zip(requests).collect();
    // Some that are refused, each for a reason of its own.
    let stranger = other.principal(read[0].caller()).unwrap();
    for (index, (_, request)) in requests.iter_mut().enumerate() {
        match index % 97 {
            13 => request.action = "no action",
            14 => request.resource_account = Some("1"),
            _ => {}
        }
    }
    requests[1500].0 = &stranger;
    let mut evaluator = bundle.evaluator();
    let alone: Vec<_> = requests.iter().map(|(principal, request)| evaluator.decide(principal, request)).collect();
    assert!(alone[1500].is_err());
    assert!(alone.iter().filter(|decision| decision.is_err()).count() > 40);
    assert!(alone.iter().flatten().any(|decision| decision.allowed()) && alone.iter().flatten().any(|decision| !decision.allowed()));
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for length in [0, 1, 255, 256, 257, requests.len()] {
            assert_eq!(
                pool.install(|| decide_batch(&bundle, &requests[..length])),
                alone[..length],
                "{threads} threads, {length} requests"
            );
        }
    }
}
