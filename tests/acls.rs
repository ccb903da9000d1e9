//! Large ACLs: a decision takes as many steps for ten thousand grants as for ten, but for a bisection; every grant that matched is told by its own place; and who shares
//! a canonical id costs nothing for each grant.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use portcullis::runtime::Bundle;
use portcullis::scenario::{Compiled, Detail, Engine, Reference, WorldInput};
use portcullis::world::{MemoryFiles, World, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use std::collections::BTreeSet;
use std::path::Path;

/// A bucket of account 9… whose ACL has this many grants, to the canonical users c0, c1 and so on, with each permission in turn; and so many accounts with the
/// canonical id `c7`.
fn world(grants: usize, sharing: usize) -> String {
    const PERMISSIONS: [&str; 5] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
    let grant = |number: usize| {
        let permission = PERMISSIONS[number % PERMISSIONS.len()];
        format!(r#"{{"grantee": {{"CanonicalUser": "c{number}"}}, "permission": "{permission}"}}"#)
    };
    let grants: Vec<String> = (0..grants).map(grant).collect();
    let accounts: Vec<String> = (0..sharing).map(|number| format!(r#"{{"id": "{number:012}", "canonical_id": "c7"}}, "#)).collect();
    format!(
        r#"{{"version": 1, "accounts": [{}{{"id": "999999999999", "resources": [{{"arn": "arn:aws:s3:::b", "acl": {{"grants": [{}]}}}}]}}]}}"#,
        accounts.concat(),
        grants.join(",\n")
    )
}

fn read(text: &str) -> World {
    read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap().0
}

fn opened(text: &str) -> Bundle {
    Bundle::from_bytes(compile(&read(text), &CompileOptions::default()).unwrap().bytes).unwrap()
}

const ACTIONS: [&str; 6] = ["s3:ListBucket", "s3:PutObject", "s3:GetBucketAcl", "s3:PutBucketAcl", "s3:DeleteObject", "s3:GetObject"];

#[test]
fn a_decision_takes_few_steps_more_for_many_grants() {
    let steps = [10, 10_000, 100_000].map(|grants| opened(&world(grants, 1)).steps_max());
    // An ACL of the bucket and one of an object, each with a list for one permission and one for full control: two keys for each of two grants, or seven bisections of
    // 4,000 keys (twelve comparisons) or of 40,000 (sixteen).
    let of_lists = [4, 7 * 12, 7 * 16].map(|list| 2 * 2 * list);
    assert_eq!([steps[1] - steps[0], steps[2] - steps[0]], [of_lists[1] - of_lists[0], of_lists[2] - of_lists[0]]);
}

#[test]
fn grants_are_decided_and_told_as_by_the_reference() {
    let text = world(100, 3);
    let world = read(&text);
    let input = WorldInput { world: &world, text: &text, folder: Path::new("") };
    let (compiled, reference) = (Compiled.prepare(&input).unwrap(), Reference.prepare(&input).unwrap());
    let callers = [
        r#"{"CanonicalUser": "c5"}"#,
        r#"{"CanonicalUser": "c6"}"#,
        r#"{"CanonicalUser": "c7"}"#,
        r#"{"CanonicalUser": "c8"}"#,
        r#"{"CanonicalUser": "c99"}"#,
        r#"{"CanonicalUser": "c100"}"#,
        // The accounts with the canonical id c7, and one without.
        r#""arn:aws:iam::000000000000:root""#,
        r#""arn:aws:iam::000000000001:root""#,
        r#""arn:aws:iam::000000000002:root""#,
        r#""arn:aws:iam::000000000003:root""#,
        r#""arn:aws:iam::999999999999:root""#,
    ];
    let mut places = BTreeSet::new();
    for caller in callers {
        for action in ACTIONS {
            for resource in ["arn:aws:s3:::b", "arn:aws:s3:::b/k"] {
                let request = format!(r#"{{"principal": {caller}, "action": "{action}", "resource": "{resource}"}}"#);
                let told = Compiled.decide(&compiled, &request, Detail::Explained).unwrap();
                assert_eq!(told, Reference.decide(&reference, &request, Detail::Explained).unwrap(), "{request}");
                places.extend(told.explanation.unwrap().matched.into_iter().map(|matched| (matched.policy, matched.line)));
            }
        }
    }
    // Five of the ids have a grant: of READ, WRITE, READ_ACP, WRITE_ACP and FULL_CONTROL.
    let expected: Vec<_> =
        [5, 6, 7, 8, 99].map(|grant| (format!("accounts[3].resources[0].acl.grants[{grant}]"), Some(grant + 1))).to_vec();
    assert_eq!(places.into_iter().collect::<BTreeSet<_>>(), expected.into_iter().collect());
}

#[test]
fn a_shared_canonical_id_costs_nothing_for_each_grant() {
    let bytes = |count: usize| {
        let world = read(&world(count, count));
        let counted = allocation_counter::measure(|| drop(compile(&world, &CompileOptions::default()).unwrap()));
        counted.bytes_total
    };
    let (once, twice) = (bytes(500), bytes(1000));
    assert!(twice < once * 3, "twice the accounts and grants: {once} bytes, then {twice}");
}
