//! Decisions over the 2,000 requests of an estate, callers and sessions resolved and requests read before: the time shown is for one
//! request, in turn. The same run measures the bundle without its indexes, the way from JSON text, and the naive reference (which reads JSON, too).
//! Batches are timed as a whole, beside a loop over the same requests.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::decide_batch;
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Principal, Request};
use portcullis::session::SessionResolver;
use portcullis::validate::ReferenceWorld;

/// Requests of a batch.
const REQUESTS: usize = 20_000;

fn decide(criterion: &mut Criterion) {
    decide_estate(criterion, "core", "decide");
    decide_estate(criterion, "small", "decide, every layer");
}

fn decide_estate(criterion: &mut Criterion, estate: &str, name: &str) {
    let bundle = Bundle::from_bytes(support::compiled(estate).bytes).expect("the compiler's bytes are a bundle");
    let reference = ReferenceWorld::new(&support::world(estate)).expect("the reference takes the estate");
    let sessions = SessionResolver::new(bundle.clone());
    let texts = support::requests(estate);
    let requests = support::prepared(&bundle, &texts);
    let mut evaluator = bundle.evaluator();
    // A bench of wrong answers would be worth nothing: every one is checked before.
    for ((principal, request), text) in requests.iter().zip(&texts) {
        let decision = evaluator.decide(principal, request).expect("the request is decided");
        let expected = reference.decide_alone(text).expect("the reference decides");
        assert_eq!((decision.reason().as_str(), decision.layer().as_str()), (expected.reason.as_str(), expected.layer.as_str()), "{text}");
    }
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    let mut next = (0..requests.len()).cycle();
    let mut turn = || next.next().unwrap_or_default();
    group.bench_function("compiled", |bencher| {
        bencher.iter(|| {
            let (principal, request) = &requests[turn()];
            evaluator.decide(principal, request)
        });
    });
    group.bench_function("compiled, without indexes", |bencher| {
        bencher.iter(|| {
            let (principal, request) = &requests[turn()];
            evaluator.decide_unindexed(principal, request)
        });
    });
    group.bench_function("compiled, from JSON", |bencher| {
        bencher.iter(|| {
            let read = JsonRequest::parse(&texts[turn()]).expect("the request is read");
            let principal = read.resolve_with(&bundle, |session| sessions.resolve(session)).expect("the caller is known");
            read.with_request(|request| evaluator.decide(&principal, request))
        });
    });
    group.bench_function("reference, from JSON", |bencher| bencher.iter(|| reference.decide_alone(&texts[turn()])));
    group.finish();
    batch(criterion, name, &bundle, &requests);
}

/// The same requests over and over, so many that threads are worth while: in a loop, and as a batch.
fn batch(criterion: &mut Criterion, group: &str, bundle: &Bundle, requests: &[(Principal, Request<'static>)]) {
    let requests: Vec<(&Principal, Request<'_>)> =
        requests.iter().cycle().take(REQUESTS).map(|(principal, request)| (principal, *request)).collect();
    let mut group = criterion.benchmark_group(format!("{group}, {REQUESTS} requests"));
    group.throughput(Throughput::Elements(REQUESTS as u64));
    let mut evaluator = bundle.evaluator();
    group.bench_function("in a loop", |bencher| {
        bencher.iter(|| requests.iter().map(|(principal, request)| evaluator.decide(principal, request)).collect::<Vec<_>>());
    });
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        group.bench_function(format!("decide_batch, threads: {threads}"), |bencher| {
            bencher.iter(|| pool.install(|| decide_batch(bundle, &requests)));
        });
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
