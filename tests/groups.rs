//! Users in many groups: a bundle grows with its world, not with users times groups times policies; whoever is in a group has its policies.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use portcullis::scenario::{Compiled, Detail, Engine, Reference, WorldInput};
use portcullis::world::{MemoryFiles, World, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use std::path::Path;

/// So many managed policies, each in every one of so many groups; user k is in the group k and in the groups of the bits of k.
fn world(policies: usize, groups: usize, users: usize) -> String {
    let document = |number: usize| {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "s3:Get{number}", "Resource": "*"}}"#);
        format!(r#"{{"name": "p{number}", "document": {{"Version": "2012-10-17", "Statement": {statement}}}}}"#)
    };
    let named = |prefix: &str, numbers: &mut dyn Iterator<Item = usize>| {
        let names: Vec<String> = numbers.map(|number| format!("\"{prefix}{number}\"")).collect();
        names.join(", ")
    };
    let managed: Vec<String> = (0..policies).map(document).collect();
    let group = |number: usize| {
        // The last of a group's policies is its own.
        let own = policies.saturating_sub(number + 1);
        format!(r#"{{"name": "g{number}", "policies": [{}]}}"#, named("p", &mut (0..policies / 2).chain([own])))
    };
    let user = |number: usize| {
        let is_in = |group: &usize| number % groups == *group || number >> (group % 16) & 1 == 1;
        format!(r#"{{"name": "u{number}", "groups": [{}]}}"#, named("g", &mut (0..groups).filter(is_in)))
    };
    let groups_text: Vec<String> = (0..groups).map(group).collect();
    let users: Vec<String> = (0..users).map(user).collect();
    format!(
        r#"{{"version": 1, "accounts": [{{"id": "111111111111", "managed_policies": [{}], "groups": [{}], "users": [{}]}}]}}"#,
        managed.join(", "),
        groups_text.join(", "),
        users.join(", ")
    )
}

fn read(text: &str) -> World {
    read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap().0
}

#[test]
fn a_bundle_is_linear_in_its_world() {
    let bytes = |policies: usize| {
        let text = world(policies, 20, 1000);
        (text.len(), compile(&read(&text), &CompileOptions::default()).unwrap().bytes.len())
    };
    let (small, large) = (bytes(100), bytes(400));
    assert!(large.1 < 10 * large.0, "{large:?}");
    // What more policies in each group cost is paid once for each group, not for each user.
    let (more_text, more_bundle) = (large.0 - small.0, large.1 - small.1);
    assert!(more_bundle < 10 * more_text, "{more_bundle} bytes of bundle for {more_text} of world");
}

#[test]
fn groups_are_decided_and_told_as_by_the_reference() {
    let text = world(12, 5, 20);
    let world = read(&text);
    let input = WorldInput { world: &world, text: &text, folder: Path::new("") };
    let (compiled, reference) = (Compiled.prepare(&input).unwrap(), Reference.prepare(&input).unwrap());
    let mut allowed = 0;
    for user in 0..20 {
        for action in 0..12 {
            let caller = format!("arn:aws:iam::111111111111:user/u{user}");
            let request = format!(
                r#"{{"principal": "{caller}", "action": "s3:Get{action}", "resource": "arn:aws:s3:::b/k", "resource_account": "111111111111"}}"#
            );
            let told = Compiled.decide(&compiled, &request, Detail::Explained).unwrap();
            assert_eq!(told, Reference.decide(&reference, &request, Detail::Explained).unwrap(), "{request}");
            allowed += usize::from(told.decision == "Allow");
        }
    }
    assert!(allowed > 20 * 6 && allowed < 20 * 12, "{allowed}");
}
