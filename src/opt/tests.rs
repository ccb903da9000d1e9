//! Which documents are indexed together.

use super::merge;
use crate::ir;
use crate::link::{self, Linked, Plan};
use crate::world::{MemoryFiles, WorldOptions, read_world_text};
use std::path::Path;

fn planned(world: &str) -> (Linked, Plan) {
    let (world, _) = read_world_text("world.json", world, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    let linked = link::link(&world, &link::acls(&world)).unwrap();
    let documents: Vec<_> = world.documents.iter().map(|stored| &stored.document).collect();
    let program = ir::lower(documents).unwrap();
    let plan = merge(&program, &linked);
    plan.verify(&linked).unwrap();
    (linked, plan)
}

/// A document of so many statements, told from others by `name`.
fn document(name: &str, statements: usize) -> String {
    let statements: Vec<String> = (0..statements)
        .map(|number| format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{name}/{number}"}}"#))
        .collect();
    format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","))
}

/// Managed policies of so many statements each, and users with these of them.
fn world(managed: &[usize], users: &[&[usize]]) -> String {
    let policies: Vec<String> = managed
        .iter()
        .enumerate()
        .map(|(number, statements)| format!(r#"{{"name": "p{number}", "document": {}}}"#, document(&format!("b{number}"), *statements)))
        .collect();
    let users: Vec<String> = users
        .iter()
        .enumerate()
        .map(|(number, own)| {
            let names: Vec<String> = own.iter().map(|policy| format!("\"p{policy}\"")).collect();
            format!(r#"{{"name": "u{number}", "policies": [{}]}}"#, names.join(","))
        })
        .collect();
    let (policies, users) = (policies.join(","), users.join(","));
    format!(r#"{{"version": 1, "accounts": [{{"id": "111111111111", "managed_policies": [{policies}], "users": [{users}]}}]}}"#)
}

fn identity<'p>(linked: &Linked, plan: &'p Plan, user: &str) -> &'p [u32] {
    let user = linked.entities.iter().find(|entity| entity.name == user).unwrap();
    &plan.slices[user.identity.0 as usize]
}

#[test]
fn documents_of_one_user_have_one_index_however_large() {
    let inline: Vec<String> = (0..40).map(|number| document(&format!("b{number}"), 4_000)).collect();
    let inline = inline.join(",");
    let text = format!(r#"{{"version": 1, "accounts": [{{"id": "111111111111", "users": [{{"name": "u0", "policies": [{inline}]}}]}}]}}"#);
    let (linked, plan) = planned(&text);
    assert_eq!(identity(&linked, &plan, "u0"), [linked.fragments.len() as u32]);
    assert_eq!(plan.merged.iter().map(Vec::len).collect::<Vec<_>>(), [40]);
}

#[test]
fn shared_documents_are_copied_where_that_is_cheap_and_equal_sets_once() {
    let (linked, plan) = planned(&world(&[2, 2, 2], &[&[0, 1], &[1, 0], &[1, 2], &[2]]));
    assert_eq!(identity(&linked, &plan, "u0").len(), 1);
    assert_eq!(identity(&linked, &plan, "u0"), identity(&linked, &plan, "u1"));
    assert_ne!(identity(&linked, &plan, "u0"), identity(&linked, &plan, "u2"));
    // A single document needs no other index than its own.
    let [own] = *identity(&linked, &plan, "u3") else { panic!() };
    assert!((own as usize) < linked.fragments.len());
    assert_eq!(plan.merged.len(), 2);
}

#[test]
fn copies_are_bounded_and_those_that_most_use_come_first() {
    let sizes = [4_000; 30];
    let all: Vec<usize> = (0..30).collect();
    let mut users: Vec<&[usize]> = Vec::new();
    let (first, second, third) = (&all[0..29], &all[1..30], &all[0..28]);
    users.extend([first, second, second, third]);
    let (linked, plan) = planned(&world(&sizes, &users));
    // 120,000 statements and 65,536 may be copied: the set that two users have, and no other.
    assert_eq!(identity(&linked, &plan, "u1").len(), 1);
    assert_eq!(identity(&linked, &plan, "u1"), identity(&linked, &plan, "u2"));
    assert!(identity(&linked, &plan, "u0").len() > 1);
    assert!(identity(&linked, &plan, "u3").len() > 1);
}
