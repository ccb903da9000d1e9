//! Bytes to a verified bundle, which is all that opening does. Milliseconds per MiB are 1,000 divided by the MiB/s shown.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use portcullis::runtime::Bundle;

fn open(criterion: &mut Criterion) {
    let bytes = support::core_compiled().bytes;
    let mut group = criterion.benchmark_group("open");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("core", |bencher| {
        let open = |bytes| Bundle::from_bytes(bytes).expect("the compiler's bytes are a bundle");
        bencher.iter_batched(|| bytes.clone(), open, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, open);
criterion_main!(benches);
