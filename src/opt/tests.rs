//! Which documents are indexed together.

use super::merge;
use crate::link::{self, Linked, Plan};
use crate::world::{MemoryFiles, WorldOptions, read_world_text};
use std::path::Path;

fn planned(world: &str) -> (Linked, Plan) {
    let (world, _) = read_world_text("world.json", world, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    let linked = link::link(&world, &link::acls(&world)).unwrap();
    let plan = merge(&linked);
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
fn documents_of_the_same_slices_have_one_index_and_others_are_shared() {
    // p0 and p1 are used by u0 and u1 alone, p2 and p3 by u2 alone, p4 by all three.
    let (linked, plan) = planned(&world(&[2; 5], &[&[0, 1, 4], &[4, 1, 0], &[2, 3, 4]]));
    let (first, second, third) = (identity(&linked, &plan, "u0"), identity(&linked, &plan, "u1"), identity(&linked, &plan, "u2"));
    let sorted = |indexes: &[u32]| {
        let mut indexes = indexes.to_vec();
        indexes.sort_unstable();
        indexes
    };
    assert_eq!(sorted(first), sorted(second));
    assert_eq!((first.len(), third.len(), plan.merged.len()), (2, 2, 2));
    let shared: Vec<u32> = first.iter().copied().filter(|index| third.contains(index)).collect();
    assert!(matches!(shared[..], [own] if (own as usize) < linked.fragments.len()));
    // By their names the policies are single documents.
    assert!(
        linked
            .policies
            .iter()
            .all(|policy| matches!(plan.slices[policy.slice.0 as usize][..], [own] if (own as usize) < linked.fragments.len()))
    );
}

#[test]
fn many_managed_policies_of_one_user_have_one_index() {
    let all: Vec<usize> = (0..30).collect();
    let (linked, plan) = planned(&world(&[100; 30], &[&all]));
    assert_eq!(identity(&linked, &plan, "u0").len(), 1);
    assert_eq!(plan.merged.len(), 1);
}
