//! Time on hostile texts: it grows with the text and not faster.

use super::documents::{policy, statement};
use super::*;
use std::time::{Duration, Instant};

type Make = fn(usize) -> String;

/// Holds the time per byte of each shape at sixteen times a size to that at the size: a quadratic step would show as
/// sixteen. A busy machine and the allocator can show as some, but not every time.
fn assert_linear(shapes: &[(&str, Make)], size: usize, run: impl Fn(&str)) {
    let time = |text: &str| {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            run(text);
            best = best.min(start.elapsed());
        }
        best.as_secs_f64() / text.len() as f64
    };
    for (name, make) in shapes {
        let (small, large) = (make(size), make(size * 16));
        let slower = || time(&large) / time(&small);
        let linear = (0..5).any(|_| slower() < 5.0);
        assert!(linear, "{name}: {} times slower per byte at sixteen times the size", slower());
    }
}

#[test]
fn reading_is_linear_on_hostile_texts() {
    let shapes: [(&str, Make); 9] = [
        ("long array", |n| format!("[{}0]", "0,".repeat(n))),
        ("nested arrays", |n| format!("[{}0]", format!("{}{},", "[".repeat(30), "]".repeat(30)).repeat(n / 30))),
        ("nested objects", |n| format!("[{}0]", format!("{}0{},", "{\"a\":".repeat(30), "}".repeat(30)).repeat(n / 60))),
        ("never closed", |n| format!("[{}", "[0,[1],".repeat(n / 4))),
        ("long strings", |n| format!("[{}\"\"]", format!("\"{}\",", "x".repeat(60_000)).repeat(n / 10_000))),
        ("escapes", |n| format!("[{}\"\"]", format!("\"{}\",", "\\\\".repeat(30_000)).repeat(n / 20_000))),
        ("white space", |n| format!("[{}0]", " \n\t\r".repeat(n))),
        ("string without end", |n| format!("[\"{}", "a\\\\".repeat(n))),
        ("equal keys", |n| format!("[{}{{}}]", format!("{{{}\"z\":0}},", "\"a\":0,".repeat(1_000)).repeat(n / 2_000))),
    ];
    assert_linear(&shapes, 10_000, |text| {
        if let Ok(tree) = Tree::parse(FileId(0), text, 0..text.len(), &Limits::default()) {
            duplicate_keys(tree.root(), &mut Vec::new());
        }
    });
}

#[test]
fn checking_is_linear_on_hostile_documents() {
    let shapes: [(&str, Make); 9] = [
        ("unknown members", |n| {
            statement(PolicyType::Identity, &(0..n).map(|at| format!("\"Stateme{at}\":0")).collect::<Vec<_>>().join(","))
        }),
        ("statements", |n| policy(&vec!["{\"Effect\":\"x\",\"Sid\":\"a\"}"; n / 16].join(","))),
        ("bad actions", |n| {
            statement(PolicyType::Identity, "").replace("\"s3:GetObject\"", &format!("[{}]", vec!["\"a::b*\""; n].join(",")))
        }),
        ("short ARNs", |n| statement(PolicyType::Identity, "").replace("\"*\"", &format!("[{}]", vec!["\"arn:*:*\""; n].join(",")))),
        ("operators", |n| {
            statement(
                PolicyType::Identity,
                &format!("\"Condition\":{{{}}}", (0..n).map(|at| format!("\"a{at}\":{{}}")).collect::<Vec<_>>().join(",")),
            )
        }),
        ("condition keys", |n| {
            let block = (0..256).map(|at| format!("\"a{at}\":\"\"")).collect::<Vec<_>>().join(",");
            let one =
                format!("{{\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{{\"StringEquals\":{{{block}}}}}}}");
            policy(&vec![one; n / 64].join(","))
        }),
        ("variables", |n| {
            statement(PolicyType::Identity, &format!("\"Condition\":{{\"StringEquals\":{{\"k\":\"{}\"}}}}", "${a}".repeat(n)))
        }),
        ("a variable without its end", |n| {
            statement(PolicyType::Identity, &format!("\"Condition\":{{\"StringEquals\":{{\"k\":\"{}${{\"}}}}", "${a}".repeat(n)))
        }),
        ("dollars", |n| {
            statement(
                PolicyType::Identity,
                &format!("\"Condition\":{{\"StringLike\":{{\"k\":[{}]}}}}", vec![format!("\"{}\"", "$*".repeat(30)); n / 8].join(",")),
            )
        }),
    ];
    assert_linear(&shapes, 1_000, |text| {
        read(PolicyType::Identity, text);
    });
}
