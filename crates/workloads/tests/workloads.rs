//! Every shape: equal bytes for equal seeds, the mix of decisions as promised, and the two evaluators agreeing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Reason};
use portcullis::validate::ReferenceWorld;
use portcullis::world::{MemoryFiles, World, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use portcullis_workloads::{Draw, MIX, Options, SHAPES, Shape, Workload};

/// Every shape, small enough for the reference.
const SMALL: [Shape; 8] = [
    Shape::OneUser,
    Shape::OneAccount { roles: 12, policies: 3, statements: 8, resources: 12 },
    Shape::Organization { accounts: 34, roles: 3 },
    Shape::Statements { statements: 100 },
    Shape::Principals { principals: 200, sets: 20 },
    Shape::NestedPrefixes { statements: 100 },
    Shape::InnerPatterns { statements: 100 },
    Shape::Conditions { statements: 100 },
];

fn read(workload: &Workload) -> World {
    let options = WorldOptions::default();
    match read_world_text("world.json", &workload.world, ".".as_ref(), &MemoryFiles::default(), &options) {
        Ok((world, _)) => world,
        Err(error) => panic!("{error}"),
    }
}

fn compiled(world: &World) -> Bundle {
    Bundle::from_bytes(compile(world, &CompileOptions::default()).unwrap().bytes).unwrap()
}

/// How many of the requests are allowed, denied by a statement, and denied by default.
fn decisions(bundle: &Bundle, workload: &Workload) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut evaluator = bundle.evaluator();
    for line in workload.ndjson().lines() {
        let read = JsonRequest::parse(line).unwrap();
        let principal = read.resolve(bundle).unwrap();
        let decision = read.with_request(|request| evaluator.decide(&principal, request)).unwrap().unwrap();
        let at = match decision.reason() {
            Reason::Allowed => 0,
            Reason::ExplicitDeny => 1,
            Reason::ImplicitDeny => 2,
        };
        counts[at] += 1;
    }
    counts
}

#[test]
fn a_seed_gives_the_same_bytes() {
    for shape in SMALL {
        let options = Options { requests: 200, ..Options::default() };
        let workload = shape.generate(&options);
        assert_eq!(workload, shape.generate(&options), "{shape:?}");
        for other in [Options { seed: 2, ..options }, Options { draw: Draw::Zipf, ..options }] {
            assert_ne!(workload.requests, shape.generate(&other).requests, "{shape:?} with {other:?}");
        }
    }
}

#[test]
fn every_named_shape_is_tested_and_every_tested_one_named() {
    let named: Vec<_> = SHAPES.iter().map(|(name, _)| std::mem::discriminant(&Shape::named(name).unwrap())).collect();
    let tested: Vec<_> = SMALL.iter().map(std::mem::discriminant).collect();
    assert_eq!(named, tested);
}

#[test]
fn the_mix_is_as_promised() {
    for shape in SMALL {
        for draw in [Draw::Uniform, Draw::Zipf] {
            let workload = shape.generate(&Options { seed: 3, draw, requests: 6_000 });
            let counts = decisions(&compiled(&read(&workload)), &workload);
            let percent = counts.map(|count| count as f64 / 60.0);
            println!("{shape:?} {draw}: {percent:.1?}");
            for (reason, (percent, promised)) in percent.iter().zip(MIX).enumerate() {
                assert!(
                    (percent - f64::from(promised)).abs() <= 4.0,
                    "{shape:?} by {draw}, reason {reason}: {percent:.1} %, not about {promised}"
                );
            }
        }
    }
}

#[test]
fn both_evaluators_agree() {
    for shape in SMALL {
        let workload = shape.generate(&Options { seed: 4, draw: Draw::Uniform, requests: 400 });
        let world = read(&workload);
        let bundle = compiled(&world);
        let reference = ReferenceWorld::new(&world).unwrap();
        let mut evaluator = bundle.evaluator();
        for line in workload.ndjson().lines() {
            let read = JsonRequest::parse(line).unwrap();
            let principal = read.resolve(&bundle).unwrap();
            let decision = read.with_request(|request| evaluator.decide(&principal, request)).unwrap().unwrap();
            let expected = reference.decide_alone(line).unwrap();
            assert_eq!(
                (decision.reason().as_str(), decision.layer().as_str()),
                (expected.reason.as_str(), expected.layer.as_str()),
                "{line}"
            );
        }
    }
}
