//! Policy text to typed documents, on one core, over all AWS-managed policies: as stored, and without white space.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::diag::{FileId, Sources};
use portcullis::syntax::policy::PolicyType;
use portcullis::syntax::{Limits, parse_policy_text};

fn parse_all(sources: &Sources, files: &[FileId], limits: &Limits) -> usize {
    let mut diagnostics = Vec::new();
    let read = |file: &FileId| {
        diagnostics.clear();
        parse_policy_text(sources, *file, PolicyType::Identity, limits, &mut diagnostics).map_or(0, |document| document.statements.len())
    };
    files.iter().map(read).sum()
}

fn parse(criterion: &mut Criterion) {
    let policies = support::managed_policies();
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("parse");
    let mut counts = Vec::new();
    for (name, minify) in [("as stored", false), ("minified", true)] {
        let mut sources = Sources::new();
        let mut bytes = 0;
        let mut files = Vec::new();
        for (file, text) in &policies {
            let text = if minify { support::minified(text) } else { text.clone() };
            bytes += text.len() as u64;
            files.push(sources.add(file.clone(), text, None));
        }
        // Both forms hold the same statements, and none is refused.
        counts.push(parse_all(&sources, &files, &limits));
        assert!(counts.iter().all(|count| *count == counts[0] && *count >= files.len()));
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |bencher| bencher.iter(|| parse_all(&sources, &files, &limits)));
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
