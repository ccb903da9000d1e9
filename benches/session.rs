//! Session documents to an overlay, while a request waits: text to bytes on one thread, and the bytes to an overlay that is ready to decide. The small session is
//! one statement of 5 actions. Then what an overlay costs a decision: the requests of the small estate that role sessions make, without and with one
//! (which allows everything, so that the decisions stay the same).

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make items without documentation; a bench fails by panicking")]

mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use portcullis::runtime::{Bundle, Overlay, SessionPolicies};
use portcullis::session::{SessionDocument, compile_overlay};

const SMALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Reports","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::reports","arn:aws:s3:::reports/*"]}]}"#;

const CONDITIONS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:Get*", "s3:List*"],
      "Resource": "arn:aws:s3:::home-*/${aws:PrincipalTag/user}/*",
      "Condition": { "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"] }, "Bool": { "aws:SecureTransport": "true" } }
    },
    { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111111111111:jobs" },
    { "Effect": "Deny", "NotAction": ["s3:*", "sqs:*"], "Resource": "*" }
  ]
}"#;

fn session(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    for (name, text) in [("small", SMALL), ("three statements with conditions", CONDITIONS)] {
        let documents = [SessionDocument { text, index: 0, file: None }];
        let compile = || compile_overlay(&documents).expect("the session compiles");
        let bytes = compile();
        assert_eq!(compile(), bytes, "equal documents give equal bytes");
        Overlay::from_bytes(&bytes).expect("the compiler's bytes are an overlay");
        group.bench_function(format!("{name}, text to bytes"), |bencher| bencher.iter(compile));
        group.bench_function(format!("{name}, bytes to overlay"), |bencher| bencher.iter(|| Overlay::from_bytes(&bytes)));
    }
    group.finish();
}

fn decisions(criterion: &mut Criterion) {
    let bundle = Bundle::from_bytes(support::compiled("small").bytes).expect("the compiler's bytes are a bundle");
    let mut texts = support::requests("small");
    texts.retain(|text| text.contains(":assumed-role/") && !text.contains("\"session\""));
    let text = portcullis::world::FULL_ACCESS;
    let bytes = compile_overlay(&[SessionDocument { text, index: 0, file: None }]).expect("the session compiles");
    let overlay = Overlay::from_bytes(bytes).expect("the compiler's bytes are an overlay");
    let session = SessionPolicies { overlay: Some(overlay), policies: Vec::new() };
    let plain = support::prepared(&bundle, &texts);
    let limited: Vec<_> = plain
        .iter()
        .map(|(principal, request)| (principal.with_session(&bundle, &session).expect("a role session takes session policies"), *request))
        .collect();
    let mut evaluator = bundle.evaluator();
    for ((principal, request), (with_session, _)) in plain.iter().zip(&limited) {
        assert_eq!(
            evaluator.decide(principal, request),
            evaluator.decide(with_session, request),
            "an overlay that allows everything changes nothing"
        );
    }
    let mut group = criterion.benchmark_group("session");
    for (name, requests) in [("without an overlay", &plain), ("with an overlay", &limited)] {
        let mut next = (0..requests.len()).cycle();
        group.bench_function(BenchmarkId::new("decide", name), |bencher| {
            bencher.iter(|| {
                let (principal, request) = &requests[next.next().unwrap_or_default()];
                evaluator.decide(principal, request)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, session, decisions);
criterion_main!(benches);
