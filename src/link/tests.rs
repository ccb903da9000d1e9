//! Slices, accounts, chains and their order; ACLs as documents.

use super::{Linked, SliceId, acls, link as link_with};
use crate::syntax::policy::{PrincipalEntry, Statement};
use crate::world::{MemoryFiles, World, WorldOptions, read_world_text};
use std::path::Path;

fn world(text: &str) -> World {
    read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap().0
}

fn link(world: &World) -> Result<Linked, crate::ir::TooMany> {
    link_with(world, &acls(world))
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
            (account.id.as_str(), account.declared, account.management, account.organization.as_ref().map(|place| place.path.as_str()))
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
    let told = |name: &str| -> (Vec<&str>, Vec<&str>) {
        let entity = linked.entities.iter().find(|entity| entity.name == name).unwrap();
        let groups = &linked.group_lists[entity.groups.unwrap().0 as usize];
        (places(&linked, entity.identity), groups.iter().flat_map(|slice| places(&linked, *slice)).collect())
    };
    let of_group = vec!["accounts[0].groups[0].policies[0]"];
    assert_eq!(told("b"), (vec!["accounts[0].users[0].policies[0]"], of_group.clone()));
    assert_eq!(told("a"), (vec![], of_group));
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
fn users_in_the_same_groups_share_their_list() {
    let linked = link(&world(&format!(
        r#"{{"version": 1, "accounts": [{{"id": "000000000001",
            "groups": [{{"name": "g", "policies": [{DOCUMENT}]}}, {{"name": "h", "policies": [{DOCUMENT}]}}, {{"name": "empty"}}],
            "users": [{{"name": "a", "groups": ["g", "h"]}}, {{"name": "b", "groups": ["h", "empty", "g"], "policies": [{DOCUMENT}]}}, {{"name": "c", "groups": ["h"]}},
                {{"name": "d", "groups": ["empty"]}}, {{"name": "e"}}]}}]}}"#
    )))
    .unwrap();
    linked.verify().unwrap();
    let lists: Vec<_> = linked.entities.iter().map(|entity| entity.groups.map(|list| list.0)).collect();
    assert_eq!(lists, [Some(0), Some(0), Some(1), None, None]);
    assert_eq!(linked.group_lists.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    // Each user consults its own slice and those of its groups.
    assert_eq!(linked.consulted().count(), 5 + 2 + 2 + 1);
}

#[test]
fn a_path_below_aws_service_role_makes_a_role_service_linked() {
    let linked = link(&world(
        r#"{"version": 1, "accounts": [{"id": "000000000001", "roles": [{"name": "a", "path": "/aws-service-role/x/"}, {"name": "b"}]}]}"#,
    ))
    .unwrap();
    assert_eq!(linked.entities.iter().map(|entity| entity.service_linked).collect::<Vec<_>>(), [true, false]);
}

/// The places of a slice's members.
fn places(linked: &Linked, SliceId(slice): SliceId) -> Vec<&str> {
    let members = linked.slices[slice as usize].iter();
    members.map(|member| linked.attachments[member.attachment as usize].place.as_str()).collect()
}

/// The places of each level of an account's SCPs.
fn scps<'l>(linked: &'l Linked, account: &str) -> Option<Vec<Vec<&'l str>>> {
    let account = linked.accounts.iter().find(|found| found.id == account)?;
    let chain = account.organization.as_ref()?.scps;
    Some(linked.chains[chain.0 as usize].iter().map(|level| places(linked, level.policies)).collect())
}

#[test]
fn chains_lead_from_the_root_to_the_account_and_equal_ones_are_one() {
    let world = world(&format!(
        r#"{{"version": 1, "organization": {{"id": "o-1", "management_account": "000000000009", "root": {{"id": "r-1", "scps": [{DOCUMENT}], "accounts": ["000000000001"],
            "units": [{{"id": "ou-1", "accounts": ["000000000002", "000000000003"], "units": [{{"id": "ou-2", "scps": [], "accounts": ["000000000004"]}}]}}]}}}},
            "accounts": [{{"id": "000000000001"}}, {{"id": "000000000002"}}, {{"id": "000000000003", "scps": [{DOCUMENT}, {DOCUMENT}], "rcps": ["RCPFullAWSAccess"]}},
            {{"id": "000000000005", "scps": [{DOCUMENT}]}}]}}"#
    ));
    let linked = link(&world).unwrap();
    linked.verify().unwrap();
    let root = vec!["organization.root.scps[0]"];
    assert_eq!(scps(&linked, "000000000001"), Some(vec![root.clone()]));
    assert_eq!(scps(&linked, "000000000002"), Some(vec![root.clone()]), "a unit that lists none is no level");
    assert_eq!(scps(&linked, "000000000003"), Some(vec![root.clone(), vec!["accounts[2].scps[0]", "accounts[2].scps[1]"]]));
    assert_eq!(
        scps(&linked, "000000000004"),
        Some(vec![root.clone(), vec![]]),
        "an account of the tree alone has its unit's chain; an empty list allows nothing"
    );
    assert_eq!(scps(&linked, "000000000005"), None, "outside of the organization none is in force");
    assert_eq!(scps(&linked, "000000000009"), Some(vec![root]), "the management account stands at the root");
    // Of SCPs: the root's, with an own level, with an empty one. Of RCPs: none at all, with an own level.
    assert_eq!(linked.chains.len(), 5);
    assert!(linked.chains.iter().any(Vec::is_empty));
    assert_eq!(linked.fragments.len(), 2, "what an account outside lists is not attached to anything");
}

#[test]
fn boundaries_endpoints_groups_and_managed_policies_have_slices() {
    let world = world(&format!(
        r#"{{"version": 1, "accounts": [{{"id": "000000000002", "managed_policies": [{{"name": "b", "path": "/p/", "document": {DOCUMENT}}}, {{"name": "a", "document": {DOCUMENT}}}],
            "groups": [{{"name": "h"}}, {{"name": "g", "policies": ["a"]}}], "users": [{{"name": "u", "boundary": "b"}}],
            "vpc_endpoints": [{{"id": "vpce-2"}}, {{"id": "vpce-1", "policy": {{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}}}}]}},
            {{"id": "000000000001", "managed_policies": [{{"name": "a", "document": {DOCUMENT}}}]}}]}}"#
    ));
    let linked = link(&world).unwrap();
    linked.verify().unwrap();
    assert_eq!(places(&linked, linked.entities[0].boundary.unwrap()), ["accounts[0].users[0].boundary"]);
    assert_eq!(linked.endpoints.len(), 1, "an endpoint without a policy allows everything (S-710)");
    assert_eq!(
        places(&linked, linked.endpoints[0].policy),
        ["accounts[0].vpc_endpoints[0].policy"].map(|place| place.replace("[0].policy", "[1].policy"))
    );
    let groups: Vec<_> = linked.groups.iter().map(|group| (group.name.as_str(), places(&linked, group.policies))).collect();
    assert_eq!(groups, [("g", vec!["accounts[0].groups[1].policies[0]"]), ("h", vec![])]);
    let policies: Vec<_> = linked
        .policies
        .iter()
        .map(|policy| (policy.account, policy.name.as_str(), policy.path.as_deref(), places(&linked, policy.slice)))
        .collect();
    let expected = [
        (Some(0), "a", Some("/"), vec!["accounts[1].managed_policies[0]"]),
        (Some(1), "a", Some("/"), vec!["accounts[0].managed_policies[1]"]),
        (Some(1), "b", Some("/p/"), vec!["accounts[0].managed_policies[0]"]),
    ];
    assert_eq!(policies, expected);
    assert_eq!(linked.consulted().filter(|slice| *slice == linked.policies[0].slice).count(), 0, "what is only declared is not consulted");
}

/// A statement as principals, actions and resource.
fn told(statement: &Statement) -> String {
    let text = |pieces: &[crate::syntax::policy::Piece]| crate::ir::pieces_text(pieces);
    let entry = |entry: &PrincipalEntry| match entry {
        PrincipalEntry::Everyone => "all".to_owned(),
        PrincipalEntry::AnyAccount => "authenticated".to_owned(),
        PrincipalEntry::Account(account) => account.clone(),
        PrincipalEntry::CanonicalAccount(id) => format!("account-of-{id}"),
        PrincipalEntry::Service(name) | PrincipalEntry::CanonicalUser(name) => name.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let entries: Vec<_> = statement.principal.as_ref().unwrap().entries.iter().map(entry).collect();
    let actions: Vec<_> = statement.action.patterns.iter().map(|pattern| text(&pattern.pieces).replace("s3:", "")).collect();
    let resources: Vec<_> = statement.resource.as_ref().unwrap().patterns.iter().map(crate::ir::resource_text).collect();
    format!("{} {} {}", entries.join(","), actions.join(","), resources.join(","))
}

/// The statements of a resource's ACL, each after its place.
fn grants(world: &World, arn: &str) -> Option<Vec<String>> {
    let acls = acls(world);
    let Some(index) = acls.of(arn)? else { return Some(Vec::new()) };
    let acl = &acls.documents[index];
    assert_eq!(acl.place_of.len(), acl.statements.statements.len());
    let at = |place: u32| acl.places[place as usize].path.rsplit('.').next().unwrap();
    Some(acl.place_of.iter().zip(&acl.statements.statements).map(|(place, one)| format!("{} {}", at(*place), told(one))).collect())
}

/// A world of one account with these resources, and one more account with a canonical id.
fn store(resources: &str) -> World {
    world(&format!(
        r#"{{"version": 1, "accounts": [{{"id": "000000000001", "canonical_id": "c1", "resources": [{resources}]}}, {{"id": "000000000002", "canonical_id": "c2"}}]}}"#
    ))
}

#[test]
fn a_bucket_s_grants_are_statements_on_the_bucket_and_on_its_objects() {
    let grant = |grantee: &str, permission: &str| {
        let acl = format!(r#"{{"arn": "arn:aws:s3:::b", "acl": {{"grants": [{{"grantee": {grantee}, "permission": "{permission}"}}]}}}}"#);
        grants(&store(&acl), "arn:aws:s3:::b").unwrap()
    };
    let all = r#"{"Group": "AllUsers"}"#;
    assert_eq!(grant(all, "READ"), ["grants[0] all listbucket,listbucketversions,listbucketmultipartuploads arn:aws:s3:::b"]);
    assert_eq!(grant(all, "WRITE"), ["grants[0] all putobject arn:aws:s3:::b/*"]);
    assert_eq!(grant(all, "READ_ACP"), ["grants[0] all getbucketacl arn:aws:s3:::b"]);
    assert_eq!(grant(all, "WRITE_ACP"), ["grants[0] all putbucketacl arn:aws:s3:::b"]);
    let full = [
        "grants[0] all listbucket,listbucketversions,listbucketmultipartuploads,getbucketacl,putbucketacl arn:aws:s3:::b",
        "grants[0] all putobject arn:aws:s3:::b/*",
    ];
    assert_eq!(grant(all, "FULL_CONTROL"), full);
    let owner = "putobject,deleteobject,deleteobjectversion arn:aws:s3:::b/*";
    assert_eq!(grant(r#"{"Account": "000000000001"}"#, "WRITE"), [format!("grants[0] 000000000001 {owner}")]);
    assert_eq!(
        grant(r#"{"CanonicalUser": "c1"}"#, "WRITE"),
        [format!("grants[0] account-of-c1,c1 {owner}")],
        "the owner by its canonical id"
    );
    assert_eq!(grant(r#"{"CanonicalUser": "c2"}"#, "WRITE"), ["grants[0] account-of-c2,c2 putobject arn:aws:s3:::b/*"]);
    assert_eq!(grant(r#"{"CanonicalUser": "c3"}"#, "WRITE"), ["grants[0] account-of-c3,c3 putobject arn:aws:s3:::b/*"]);
    assert_eq!(grant(r#"{"Group": "AuthenticatedUsers"}"#, "READ_ACP"), ["grants[0] authenticated getbucketacl arn:aws:s3:::b"]);
    assert_eq!(grant(r#"{"Group": "LogDelivery"}"#, "WRITE"), ["grants[0] logging.s3.amazonaws.com putobject arn:aws:s3:::b/*"]);
}

#[test]
fn an_object_s_grants_are_statements_on_that_object_and_wildcards_in_arns_are_characters() {
    let grant = |arn: &str, permission: &str| {
        let acl =
            format!(r#"{{"arn": "{arn}", "acl": {{"grants": [{{"grantee": {{"Group": "AllUsers"}}, "permission": "{permission}"}}]}}}}"#);
        grants(&store(&acl), arn).unwrap()
    };
    assert_eq!(grant("arn:aws:s3:::b/k", "READ"), ["grants[0] all getobject,getobjectversion arn:aws:s3:::b/k"]);
    assert_eq!(grant("arn:aws:s3:::b/k", "WRITE"), Vec::<String>::new(), "in force all the same");
    assert_eq!(grant("arn:aws:s3:::b/k", "WRITE_ACP"), ["grants[0] all putobjectacl,putobjectversionacl arn:aws:s3:::b/k"]);
    assert_eq!(
        grant("arn:aws-cn:s3:::b/k:*?${x}", "FULL_CONTROL"),
        [
            "grants[0] all getobject,getobjectversion,getobjectacl,getobjectversionacl,putobjectacl,putobjectversionacl arn:aws-cn:s3:::b/k:${*}${?}${$}{x}"
        ]
    );
}

#[test]
fn canned_acls_are_grants_at_one_place() {
    let canned = |arn: &str, name: &str| {
        let world = store(&format!(r#"{{"arn": "{arn}", "acl": {{"canned": "{name}"}}}}, {{"arn": "arn:aws:s3:::other"}}"#));
        grants(&world, arn).unwrap()
    };
    let (bucket, object) = ("arn:aws:s3:::b", "arn:aws:s3:::b/k");
    for name in ["private", "aws-exec-read"] {
        assert_eq!((canned(bucket, name).len(), canned(object, name).len()), (0, 0), "{name}");
    }
    let list = "listbucket,listbucketversions,listbucketmultipartuploads arn:aws:s3:::b";
    assert_eq!(canned(bucket, "public-read"), [format!("canned all {list}")]);
    assert_eq!(canned(bucket, "public-read-write"), [format!("canned all {list}"), "canned all putobject arn:aws:s3:::b/*".to_owned()]);
    assert_eq!(canned(object, "public-read-write"), ["canned all getobject,getobjectversion arn:aws:s3:::b/k"]);
    assert_eq!(canned(bucket, "authenticated-read"), [format!("canned authenticated {list}")]);
    let delivery = "canned logging.s3.amazonaws.com";
    assert_eq!(
        canned(bucket, "log-delivery-write"),
        [format!("{delivery} putobject arn:aws:s3:::b/*"), format!("{delivery} getbucketacl arn:aws:s3:::b")]
    );
    assert_eq!(canned(bucket, "bucket-owner-full-control"), Vec::<String>::new(), "objects only");
    assert_eq!(canned(object, "bucket-owner-read"), ["canned 000000000001 getobject,getobjectversion arn:aws:s3:::b/k"]);
}

#[test]
fn which_acls_are_in_force() {
    let public = r#""acl": {"canned": "public-read"}"#;
    let enforced = r#""acl": {"canned": "public-read", "ownership": "BucketOwnerEnforced"}"#;
    let in_force = |resources: &str, arn: &str| grants(&store(resources), arn).is_some();
    let bucket = |acl: &str| {
        format!(
            r#"{{"arn": "arn:aws:s3:::b", {acl}}}, {{"arn": "arn:aws:s3:::b/k", {public}}}, {{"arn": "arn:aws-cn:s3:::b/k", {public}}}"#
        )
    };
    assert!(in_force(&bucket(public), "arn:aws:s3:::b") && in_force(&bucket(public), "arn:aws:s3:::b/k"));
    assert!(in_force(&bucket(r#""acl": {}"#), "arn:aws:s3:::b"), "an empty ACL is one that grants nothing");
    assert!(!in_force(&bucket(r#""tags": {}"#), "arn:aws:s3:::b") && in_force(&bucket(r#""tags": {}"#), "arn:aws:s3:::b/k"));
    assert!(!in_force(&bucket(enforced), "arn:aws:s3:::b") && !in_force(&bucket(enforced), "arn:aws:s3:::b/k"), "S-725 switches both off");
    let switched_off = |resources: &str| {
        let linked = link(&store(resources)).unwrap();
        linked.verify().unwrap();
        linked.resources.iter().map(|resource| resource.switched_off_acl.map(|slice| places(&linked, slice).len())).collect::<Vec<_>>()
    };
    assert_eq!(switched_off(&bucket(enforced)), [None, Some(1), Some(1)], "by ARN; the first is of another partition");
    assert_eq!(switched_off(&bucket(public)), [None, None, None]);
    assert_eq!(
        switched_off(&bucket(r#""acl": {"ownership": "BucketOwnerEnforced"}"#)),
        [None, None, Some(1)],
        "one without grants says nothing"
    );
    assert!(in_force(&bucket(enforced), "arn:aws-cn:s3:::b/k"), "of another partition, so of another bucket");
    assert!(in_force(&format!(r#"{{"arn": "arn:aws:s3:::b/k", {enforced}}}"#), "arn:aws:s3:::b/k"), "only a bucket can enforce");
    for other in [
        "arn:aws:s3:::",
        "arn:aws:s3:eu-west-1:000000000001:accesspoint/b",
        "arn:aws:sqs:eu-west-1:000000000001:b",
        "arn:aws:s3::000000000001:b",
    ] {
        assert!(!in_force(&format!(r#"{{"arn": "{other}", {public}}}"#), other), "{other} is no bucket and no object");
    }
    // The owner is the account that declares the bucket, whoever declares the object.
    let world = world(
        r#"{"version": 1, "accounts": [{"id": "000000000001", "resources": [{"arn": "arn:aws:s3:::b"}]},
            {"id": "000000000002", "resources": [{"arn": "arn:aws:s3:::b/k", "acl": {"canned": "bucket-owner-read"}}]}]}"#,
    );
    assert_eq!(grants(&world, "arn:aws:s3:::b/k").unwrap(), ["canned 000000000001 getobject,getobjectversion arn:aws:s3:::b/k"]);
    let linked = link(&world).unwrap();
    linked.verify().unwrap();
    assert_eq!(linked.resources.iter().map(|resource| resource.acl.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(places(&linked, linked.resources[1].acl.unwrap()), ["accounts[1].resources[0].acl.canned"]);
}

#[test]
fn the_index_of_an_acl_has_the_grantees_of_one_permission_in_one_statement() {
    let grants: Vec<String> = [("c1", "WRITE"), ("c2", "WRITE"), ("c3", "READ_ACP"), ("c4", "WRITE"), ("c5", "READ_ACP")]
        .map(|(id, permission)| format!(r#"{{"grantee": {{"CanonicalUser": "{id}"}}, "permission": "{permission}"}}"#))
        .to_vec();
    let acl = format!(r#"{{"arn": "arn:aws:s3:::b", "acl": {{"canned": "public-read", "grants": [{}]}}}}"#, grants.join(","));
    let world = store(&acl);
    let acls = acls(&world);
    let acl = &acls.documents[acls.of("arn:aws:s3:::b").unwrap().unwrap()];
    assert_eq!((acl.places.len(), acl.statements.statements.len()), (6, 6));
    let expected = [
        "all listbucket,listbucketversions,listbucketmultipartuploads arn:aws:s3:::b",
        "account-of-c1,c1 putobject,deleteobject,deleteobjectversion arn:aws:s3:::b/*",
        "account-of-c2,c2,account-of-c4,c4 putobject arn:aws:s3:::b/*",
        "account-of-c3,c3,account-of-c5,c5 getbucketacl arn:aws:s3:::b",
    ];
    assert_eq!(acl.index.statements.iter().map(told).collect::<Vec<_>>(), expected);
    let linked = link(&world).unwrap();
    linked.verify().unwrap();
    assert_eq!((linked.fragments.len(), linked.slices.len(), linked.attachments.len()), (1, 1, 6));
}
