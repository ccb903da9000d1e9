//! Slices, accounts and their order.

use super::link;
use crate::world::{MemoryFiles, World, WorldOptions, read_world_text};
use std::path::Path;

fn world(text: &str) -> World {
    read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap().0
}

const DOCUMENT: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;

#[test]
fn accounts_of_the_tree_have_their_path_and_the_management_account_the_root_s() {
    let linked = link(&world(
        r#"{"version": 1, "organization": {"id": "o-1", "management_account": "000000000009", "root": {"id": "r-1", "accounts": ["000000000003"],
            "units": [{"id": "ou-1", "accounts": ["000000000001"]}]}}, "accounts": [{"id": "000000000002"}, {"id": "000000000001"}]}"#,
    ))
    .unwrap();
    linked.verify().unwrap();
    let found: Vec<_> = linked
        .accounts
        .iter()
        .map(|account| {
            (account.id.as_str(), account.declared, account.management, account.organization.as_ref().map(|(_, path)| path.as_str()))
        })
        .collect();
    let expected = [
        ("000000000001", true, false, Some("o-1/r-1/ou-1/")),
        ("000000000002", true, false, None),
        ("000000000003", false, false, Some("o-1/r-1/")),
        ("000000000009", false, true, Some("o-1/r-1/")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_user_consults_its_own_policies_and_its_groups_and_equal_documents_are_one_fragment() {
    let linked = link(&world(&format!(
        r#"{{"version": 1, "accounts": [{{"id": "000000000001",
            "groups": [{{"name": "g", "policies": [{DOCUMENT}]}}],
            "users": [{{"name": "b", "groups": ["g"], "policies": [{DOCUMENT}]}}, {{"name": "a", "groups": ["g"]}}]}}]}}"#
    )))
    .unwrap();
    linked.verify().unwrap();
    assert_eq!(linked.fragments.len(), 1);
    let places = |name: &str| -> Vec<&str> {
        let entity = linked.entities.iter().find(|entity| entity.name == name).unwrap();
        let members = &linked.slices[entity.identity.0 as usize];
        members.iter().map(|member| linked.attachments[member.attachment as usize].place.as_str()).collect()
    };
    assert_eq!(places("b"), ["accounts[0].users[0].policies[0]", "accounts[0].groups[0].policies[0]"]);
    assert_eq!(places("a"), ["accounts[0].groups[0].policies[0]"]);
    assert_eq!(linked.attachments.len(), 2, "a group's policy is one place for all its users");
}

#[test]
fn principals_with_the_same_policies_at_the_same_places_share_a_slice() {
    let linked = link(&world(&format!(
        r#"{{"version": 1, "accounts": [{{"id": "000000000001", "groups": [{{"name": "g", "policies": [{DOCUMENT}]}}],
            "users": [{{"name": "a", "groups": ["g"]}}, {{"name": "b", "groups": ["g"]}}]}}]}}"#
    )))
    .unwrap();
    assert_eq!(linked.entities[0].identity, linked.entities[1].identity);
}

#[test]
fn a_path_below_aws_service_role_makes_a_role_service_linked() {
    let linked = link(&world(
        r#"{"version": 1, "accounts": [{"id": "000000000001", "roles": [{"name": "a", "path": "/aws-service-role/x/"}, {"name": "b"}]}]}"#,
    ))
    .unwrap();
    assert_eq!(linked.entities.iter().map(|entity| entity.service_linked).collect::<Vec<_>>(), [true, false]);
}
