//! Every type of policy at its place, and the same policy at a place of another.

use super::*;

#[test]
fn every_policy_type_stands_where_it_should() {
    let world = "{\"version\":1,\"organization\":{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[$P],\"units\":[{\"id\":\"u\",\"rcps\":[\"RCPFullAWSAccess\"]}]}},\
        \"accounts\":[{\"id\":\"111111111111\",\"scps\":[$P],\"rcps\":[\"RCPFullAWSAccess\"],\"groups\":[{\"name\":\"g\",\"policies\":[$P]}],\
        \"users\":[{\"name\":\"u\",\"groups\":[\"g\",\"g\"],\"boundary\":$P,\"tags\":{\"a\":\"1\"}}],\
        \"roles\":[{\"name\":\"r\",\"id\":\"AROA1\",\"path\":\"/x/\",\"trust\":$T,\"boundary\":$P,\"service_linked\":true}],\
        \"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":$R,\"tags\":{\"k\":\"1\",\"K\":\"2\"},\"acl\":{\"canned\":\"private\"}}],\
        \"vpc_endpoints\":[{\"id\":\"v\",\"policy\":$R}]}]}";
    let (world, _) = read(world, &[]).unwrap();
    let typed = |attachment: &Attachment| (world.documents[attachment.document.0 as usize].policy_type, attachment.place.clone());
    let organization = world.organization.as_ref().unwrap();
    let account = &world.accounts[0];
    let expected = [
        (&organization.root.scps.as_ref().unwrap()[0], PolicyType::Scp, "organization.root.scps[0]"),
        (&organization.root.units[0].rcps.as_ref().unwrap()[0], PolicyType::Rcp, "organization.root.units[0].rcps[0]"),
        (&account.scps.as_ref().unwrap()[0], PolicyType::Scp, "accounts[0].scps[0]"),
        (&account.rcps.as_ref().unwrap()[0], PolicyType::Rcp, "accounts[0].rcps[0]"),
        (&account.groups[0].policies[0], PolicyType::Identity, "accounts[0].groups[0].policies[0]"),
        (account.users[0].boundary.as_ref().unwrap(), PolicyType::Boundary, "accounts[0].users[0].boundary"),
        (account.roles[0].trust.as_ref().unwrap(), PolicyType::Trust, "accounts[0].roles[0].trust"),
        (account.roles[0].boundary.as_ref().unwrap(), PolicyType::Boundary, "accounts[0].roles[0].boundary"),
        (account.resources[0].policy.as_ref().unwrap(), PolicyType::Resource, "accounts[0].resources[0].policy"),
        (account.vpc_endpoints[0].policy.as_ref().unwrap(), PolicyType::Endpoint, "accounts[0].vpc_endpoints[0].policy"),
    ];
    for (attachment, policy_type, place) in expected {
        assert_eq!(typed(attachment), (policy_type, place.to_owned()));
    }
    assert_eq!(account.users[0].groups, [0]);
    assert_eq!(account.users[0].tags, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(account.resources[0].tags, [("k".to_owned(), "1".to_owned())]);
    assert!(account.roles[0].service_linked && account.users[0].path == "/" && account.roles[0].path == "/x/");
    assert!(account.roles[0].id.as_deref() == Some("AROA1") && organization.root.rcps.is_none());
}

#[test]
fn attachments_are_all_places() {
    let world = "{\"version\":1,\"organization\":{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[$P],\"units\":[{\"id\":\"u\",\"rcps\":[\"RCPFullAWSAccess\"],\
        \"units\":[{\"id\":\"v\",\"scps\":[\"FullAWSAccess\"]}]},{\"id\":\"w\",\"scps\":[$P]}]}},\
        \"accounts\":[{\"id\":\"111111111111\",\"scps\":[$P],\"rcps\":[\"RCPFullAWSAccess\"],\"managed_policies\":[{\"name\":\"M\",\"document\":$P}],\
        \"groups\":[{\"name\":\"g\",\"policies\":[$P]}],\"users\":[{\"name\":\"u\",\"policies\":[\"M\"],\"boundary\":\"M\"}],\
        \"roles\":[{\"name\":\"r\",\"trust\":$T,\"policies\":[$P],\"boundary\":$P}],\
        \"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":$R,\"acl\":{\"grants\":[{\"grantee\":{\"Account\":\"222222222222\"},\"permission\":\"READ\"}],\
        \"canned\":\"private\"}}],\"vpc_endpoints\":[{\"id\":\"v\",\"policy\":$R}]}]}";
    let (world, _) = read(world, &[]).unwrap();
    let places: Vec<&str> = world.attachments().map(|attachment| attachment.place.as_str()).collect();
    let expected = [
        "organization.root.scps[0]",
        "organization.root.units[0].rcps[0]",
        "organization.root.units[0].units[0].scps[0]",
        "organization.root.units[1].scps[0]",
        "accounts[0].scps[0]",
        "accounts[0].rcps[0]",
        "accounts[0].groups[0].policies[0]",
        "accounts[0].users[0].policies[0]",
        "accounts[0].users[0].boundary",
        "accounts[0].roles[0].trust",
        "accounts[0].roles[0].policies[0]",
        "accounts[0].roles[0].boundary",
        "accounts[0].resources[0].policy",
        "accounts[0].vpc_endpoints[0].policy",
    ];
    assert_eq!(places, expected);
    let grants: Vec<(&str, &str)> = world.grant_places().map(|at| (at.path.as_str(), world.sources.text(at.text))).collect();
    let expected = [
        ("accounts[0].resources[0].acl.canned", "\"private\""),
        ("accounts[0].resources[0].acl.grants[0]", "{\"grantee\":{\"Account\":\"222222222222\"},\"permission\":\"READ\"}"),
    ];
    assert_eq!(grants, expected);
    let orders: Vec<_> = world.grant_places().map(|at| at.order).collect();
    assert!(orders[0] > orders[1], "world order is that of the text: {orders:?}");
    let declared = &world.accounts[0].managed_policies[0].document;
    assert_eq!((declared.place.as_str(), world.sources.text(declared.text)), ("accounts[0].managed_policies[0]", POLICY));
}

#[test]
fn aws_managed_policies_are_listed_by_the_arns_that_name_them() {
    let arn = "arn:aws:iam::aws:policy/Read";
    let files: Files<'_> = &[("m/Read.json", "$P"), ("m/job/Write.json", "$P"), ("m/R.json", "$R")];
    let world = format!(
        "{{\"version\":1,\"aws_managed\":\"m/\",\"organization\":{{\"id\":\"o\",\"root\":{{\"id\":\"r\",\"scps\":[\"{arn}\"]}}}},\"accounts\":[{{\"id\":\"111111111111\",\
         \"users\":[{{\"name\":\"u\",\"boundary\":\"{arn}\",\"policies\":[\"{arn}\",\"arn:aws-cn:iam::aws:policy/job/Write\",\"{arn}\"]}}],\
         \"resources\":[{{\"arn\":\"arn:aws:s3:::b\",\"policy\":\"arn:aws:iam::aws:policy/R\"}}]}}]}}"
    );
    let (world, _) = read(&world, files).unwrap();
    assert_eq!(world.aws_managed.as_deref(), Some("m"));
    let listed: Vec<_> = world
        .aws_policies
        .iter()
        .map(|policy| {
            (policy.arn.as_str(), policy.document.place.as_str(), world.documents[policy.document.document.0 as usize].policy_type)
        })
        .collect();
    let cn = "arn:aws-cn:iam::aws:policy/job/Write";
    assert_eq!(listed, [(cn, cn, PolicyType::Identity), (arn, arn, PolicyType::Identity)], "a resource policy is none");
    assert_eq!(world.aws_policies[1].document.order, world.accounts[0].users[0].policies[0].order, "the first place of that type");
}

/// Each of these is one clear error at its place.
#[test]
fn bad_input_is_one_error() {
    let organization = |units: &str| {
        format!(
            "{{\"version\":1,\"accounts\":[],\"organization\":{{\"id\":\"o\",\"root\":{{\"id\":\"r\",\n\"accounts\":[\"111111111111\"],\n{units}}}}}}}"
        )
    };
    let cases: &[(&str, String, &[&str], &str)] = &[
        (
            "a unit below itself",
            organization(
                "\"units\":[{\"id\":\"u\",\"accounts\":[\"222222222222\"],\n\"units\":[{\"id\":\"u\",\"accounts\":[\"222222222222\"],\"units\":[{\"id\":\"u\"}]}]}]",
            ),
            &["world.json:4:16 duplicate-entity"],
            "the unit `u` stands below itself",
        ),
        (
            "the root below itself",
            organization("\"units\":[{\"id\":\"u\",\n\"units\":[{\"id\":\"r\"}]}]"),
            &["world.json:4:16 duplicate-entity"],
            "the unit `r` stands below itself",
        ),
        (
            "a unit listed twice, with all that is in it",
            organization(
                "\"units\":[{\"id\":\"u\",\"accounts\":[\"222222222222\"],\"units\":[{\"id\":\"v\"}]},\n{\"id\":\"u\",\"accounts\":[\"222222222222\"],\"units\":[{\"id\":\"v\"}]}]",
            ),
            &["world.json:4:7 duplicate-entity"],
            "the unit `u` stands twice in the organization",
        ),
        (
            "an account in two units",
            organization("\"units\":[{\"id\":\"u\",\n\"accounts\":[\"111111111111\"]}]"),
            &["world.json:4:13 duplicate-entity"],
            "the account `111111111111` stands twice in the organization",
        ),
        (
            "an account twice in one unit",
            organization("\"units\":[{\"id\":\"u\",\n\"accounts\":[\"333333333333\",\"333333333333\"]}]"),
            &["world.json:4:28 duplicate-entity"],
            "the account `333333333333` stands twice in the organization",
        ),
        (
            "an account declared twice",
            "{\"version\":1,\"accounts\":[{\"id\":\"111111111111\"},\n{\"id\":\"111111111111\"}]}".to_owned(),
            &["world.json:2:7 duplicate-entity"],
            "the account `111111111111` is declared twice in the world",
        ),
        (
            "an unknown group",
            account("\"users\":[{\"name\":\"u\",\"groups\":[\"none\"]}]"),
            &["world.json:3:32 unknown-group"],
            "this account declares no group `none`",
        ),
        (
            "an unknown managed policy",
            account("\"roles\":[{\"name\":\"r\",\"policies\":[\"none\"]}]"),
            &["world.json:3:34 unresolved-document"],
            "`none` is no managed policy of this account and no built-in document",
        ),
        (
            "an unknown boundary",
            account("\"roles\":[{\"name\":\"r\",\"boundary\":\"none\"}]"),
            &["world.json:3:33 unresolved-document"],
            "`none` is no managed policy of this account and no built-in document",
        ),
        (
            "a boundary that is a list",
            account("\"users\":[{\"name\":\"u\",\"boundary\":[$P]}]"),
            &["world.json:3:33 invalid-world"],
            "a policy document must be an object or a string, not an array",
        ),
        (
            "a trust policy with a resource",
            account(
                "\"roles\":[{\"name\":\"r\",\"trust\":{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"222222222222\"},\"Action\":\"sts:AssumeRole\",\n\"Resource\":\"*\"}}}]",
            ),
            &["world.json:4:1 unsupported-resource"],
            "a trust policy takes no `Resource`",
        ),
        (
            "an SCP where a resource policy is meant",
            account("\"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":\n$P}]"),
            &["world.json:4:94 missing-principal"],
            "a statement of a resource policy names its principal",
        ),
        (
            "a resource policy where an SCP is meant",
            account("\"scps\":[\n$R]"),
            &["world.json:4:56 unsupported-principal"],
            "a service control policy takes no `Principal`",
        ),
        (
            "the same for an RCP: one that allows",
            account("\"rcps\":[\"RCPFullAWSAccess\",\n$R]"),
            &["world.json:4:48 unsupported-effect"],
            "a resource control policy only denies",
        ),
        (
            "an endpoint policy without a principal",
            account("\"vpc_endpoints\":[{\"id\":\"v\",\"policy\":\n$P}]"),
            &["world.json:4:94 missing-principal"],
            "a statement of an endpoint policy names its principal",
        ),
        (
            "an ACL that grants to nobody known",
            account(
                "\"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"acl\":{\"grants\":[\n{\"grantee\":{\"User\":\"alice\"},\"permission\":\"READ\"}]}}]",
            ),
            &["world.json:4:13 unknown-field"],
            "a grantee has no member `User`",
        ),
        (
            "an ACL that grants to an unknown group",
            account(
                "\"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"acl\":{\"grants\":[\n{\"grantee\":{\"Group\":\"Everyone\"},\"permission\":\"READ\"}]}}]",
            ),
            &["world.json:4:21 invalid-world"],
            "`Group` does not know `Everyone`",
        ),
    ];
    for (title, text, expected, message) in cases {
        check(title, text, &[], expected);
        let error = read(text, &[]).unwrap_err();
        assert_eq!(error.diagnostics()[0].message, *message, "{title}");
    }
    let error = read(&account("\"users\":[{\"name\":\"u\",\"boundary\":[$P]}]"), &[]).unwrap_err();
    assert_eq!(error.diagnostics()[0].help.as_deref(), Some("`boundary` is one document, not a list: write it without the brackets"));
}
