//! A world that has been read to a bundle: statements a second on the core estate. Reading it is measured beside.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::{CompileOptions, compile};

fn compile_core(criterion: &mut Criterion) {
    let world = support::core_world();
    let statements: usize = world.documents.iter().map(|stored| stored.document.statements.len()).sum();
    let expected = support::core_compiled().bytes;
    let mut group = criterion.benchmark_group("compile");
    group.throughput(Throughput::Elements(statements as u64));
    group.bench_function("core", |bencher| {
        bencher.iter(|| {
            let compiled = compile(&world, &CompileOptions::default()).expect("the core estate compiles");
            assert_eq!(compiled.bytes.len(), expected.len());
            compiled
        });
    });
    group.bench_function("core, with reading the world", |bencher| bencher.iter(support::core_compiled));
    group.finish();
}

criterion_group!(benches, compile_core);
criterion_main!(benches);
