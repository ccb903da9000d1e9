//! A world that has been read to a bundle: statements a second on the core estate, and on the small one with every layer. Reading it is measured beside.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::{CompileOptions, compile};

fn compile_estates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    for estate in ["core", "small"] {
        let world = support::world(estate);
        let statements: usize = world.documents.iter().map(|stored| stored.document.statements.len()).sum();
        let expected = support::compiled(estate).bytes;
        group.throughput(Throughput::Elements(statements as u64));
        group.bench_function(estate, |bencher| {
            bencher.iter(|| {
                let compiled = compile(&world, &CompileOptions::default()).expect("the estate compiles");
                assert_eq!(compiled.bytes.len(), expected.len());
                compiled
            });
        });
        group.bench_function(format!("{estate}, with reading the world"), |bencher| bencher.iter(|| support::compiled(estate)));
    }
    group.finish();
}

criterion_group!(benches, compile_estates);
criterion_main!(benches);
