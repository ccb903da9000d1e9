//! What the requests of a campaign over organizations met beyond the cells: which places held what matched, which ACLs granted, which rules with an
//! action of their own were asked, in which forms sessions, endpoints and owners came.
//!
//! In: a decided request, its world and the reference's answer. Out: names that are counted. [`required`] lists those that a full run meets
//! [`super::cells::FLOOR`] times.

use super::cells::caller_kind;
use super::engine::{Answer, Explained};
use crate::generate::World;
use crate::generate::organization::{FULL_ACCESS, Layers, acl};
use crate::json::Json;

/// Members of levels that hold policies, by the kind of level.
const LEVELS: [&str; 3] = ["the root", "a unit", "an account"];
/// Places that hold statements, other than levels.
const PLACES: [&str; 9] =
    ["a group", "a user", "a role", "a user's boundary", "a role's boundary", "a trust", "a resource", "an endpoint", "a session"];
/// Rules that speak of one action or one kind of caller.
const RULES: [&str; 21] = [
    "S-414 NotPrincipal denies a listed caller with a boundary",
    "S-707 a caller of the management account",
    "S-707 a service-linked role",
    "S-709 kms:RetireGrant in a member account",
    "S-709 a service without RCPs in a member account",
    "S-712 a direct grant passes a silent identity side",
    "S-712 a direct grant passes a silent boundary",
    "S-712 a direct grant passes a silent session",
    "S-712 a boundary limits an entity grant",
    "S-712 a session limits an entity grant",
    "S-712 a delegation leaves it to a silent identity side",
    "S-713 a grant across accounts leaves it to a silent identity side",
    "S-717 a root user and its bucket's policy",
    "S-720 a root user asks for a role",
    "S-720 a role asks for itself",
    "S-721 an identity provider's caller asks for a role",
    "S-722 a key",
    "S-723 a role passed in its account",
    "S-723 a role passed from another account",
    "S-727 allowed against an explicit deny",
    "S-732 the list of buckets",
];
const SESSIONS: [&str; 6] = ["inline", "managed by name", "managed by ARN", "built-in", "several", "empty"];
const ENDPOINTS: [&str; 4] = ["with a policy", "without a policy", "unknown", "several ids"];
const OWNERS: [&str; 5] = ["request", "arn", "world", "principal", "none"];
/// How deep the units of an organization nest; without one there is no such name.
const DEPTHS: [&str; 5] = ["0", "1", "2", "3", "4"];

/// The names that a full run must have met.
pub fn required() -> Vec<String> {
    let mut names = Vec::new();
    for effect in ["Allow", "Deny"] {
        names.extend(PLACES.map(|place| format!("{effect} of {place}")));
        for level in LEVELS {
            names.extend(["scps", "rcps"].map(|member| format!("{effect} of the {member} of {level}")));
        }
    }
    // What the others grant is nobody's, or the owner's on objects only.
    names.extend(acl::CANNED.iter().filter(|name| !matches!(**name, "private" | "aws-exec-read")).map(|name| format!("ACL canned {name}")));
    names.extend(acl::PERMISSIONS.map(|permission| format!("ACL permission {permission}")));
    names.extend(acl::GROUPS.iter().chain(&["Account", "CanonicalUser"]).map(|grantee| format!("ACL grantee {grantee}")));
    names.extend(RULES.map(str::to_owned));
    names.extend(SESSIONS.map(|form| format!("session {form}")));
    names.extend(ENDPOINTS.map(|form| format!("endpoint {form}")));
    names.extend(OWNERS.map(|source| format!("owner from {source}")));
    names.extend(DEPTHS.map(|depth| format!("units nested {depth} deep")));
    names.extend(["no organization", "the request overrides a derived key"].map(str::to_owned));
    names
}

/// The names that a decided request has met.
pub fn met(world: &World, request: &Json, answer: &Answer) -> Vec<String> {
    let (Some(layers), Some(explained)) = (&world.layers, &answer.explanation) else { return Vec::new() };
    let mut names: Vec<String> = explained.matched.iter().map(|one| format!("{} of {}", one.effect, holder(&one.policy))).collect();
    for one in &explained.matched {
        names.extend(layers.acl_labels.get(&one.policy).into_iter().flatten().map(|label| format!("ACL {label}")));
    }
    names.extend(rules(world, layers, request, answer, explained).into_iter().map(str::to_owned));
    names.extend(sessions(request).into_iter().map(|form| format!("session {form}")));
    names.extend(endpoint(layers, request).map(|form| format!("endpoint {form}")));
    names.push(format!("owner from {}", explained.owner_from));
    names.push(match &layers.tree {
        Some(tree) => format!("units nested {} deep", tree.depth()),
        None => "no organization".to_owned(),
    });
    let derived = |key: &str| ["aws:principal", "aws:resource", "aws:user"].iter().any(|start| key.to_ascii_lowercase().starts_with(start));
    if let Some(Json::Object(members)) = request.member("context")
        && members.iter().any(|(key, _)| derived(key))
    {
        names.push("the request overrides a derived key".to_owned());
    }
    names
}

/// What a place (S-729) belongs to.
fn holder(place: &str) -> String {
    let level = match place {
        _ if place.starts_with("organization.root.units[") => LEVELS[1],
        _ if place.starts_with("organization.root.") => LEVELS[0],
        _ => LEVELS[2],
    };
    for member in ["scps", "rcps"] {
        if place.contains(&format!(".{member}[")) {
            return format!("the {member} of {level}");
        }
    }
    // An account's place is `accounts[0].` and what it holds there.
    let within = place.split_once("].").map_or(place, |(_, within)| within);
    let user = within.starts_with("users[");
    let holder = match within {
        _ if place.starts_with("session.") => "a session",
        _ if within.ends_with(".trust") => "a trust",
        _ if within.ends_with(".boundary") && user => "a user's boundary",
        _ if within.ends_with(".boundary") => "a role's boundary",
        _ if user => "a user",
        _ if within.starts_with("roles[") => "a role",
        _ if within.starts_with("groups[") => "a group",
        _ if within.starts_with("vpc_endpoints[") => "an endpoint",
        _ if within.contains(".acl.") => "an ACL",
        _ => "a resource",
    };
    holder.to_owned()
}

fn text<'j>(request: &'j Json, member: &str) -> &'j str {
    request.member(member).and_then(Json::as_text).unwrap_or_default()
}

fn rules(world: &World, layers: &Layers, request: &Json, answer: &Answer, explained: &Explained) -> Vec<&'static str> {
    let (principal, resource) = (text(request, "principal"), text(request, "resource"));
    let action = text(request, "action").to_ascii_lowercase();
    let caller = request.member("principal").and_then(caller_kind).unwrap_or_default();
    let account = principal.split(':').nth(4);
    let owner = explained.owner.as_deref();
    let outcome = |layer: &str| explained.layers.iter().find(|(name, _)| *name == layer).map(|(_, outcome)| *outcome);
    let member = |account: Option<&str>| match (&layers.tree, account) {
        (Some(tree), Some(account)) => tree.is_member(account),
        _ => false,
    };
    let role = resource.starts_with("arn:aws:iam::") && resource.contains(":role/");
    let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let asks_for_role = role && action.starts_with("sts:") && action != "sts:getcalleridentity";
    let bucket_policy = ["s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"].contains(&action.as_str());
    let itself = match caller {
        "role" => principal == resource,
        "session" => owner == account && principal.split('/').nth(1) == Some(name(resource).as_str()),
        _ => false,
    };
    let managed = layers.tree.as_ref().is_some_and(|tree| tree.management.is_some() && tree.management.as_deref() == account);
    let linked = matches!(caller, "role" | "session") && member(account) && outcome("scp") == Some("none");
    let no_rcp = member(owner) && outcome("rcp") == Some("none") && !linked;
    let denied = explained.layers.iter().any(|(_, outcome)| *outcome == "explicit_deny");
    let silent = |layer: &str| outcome(layer) == Some("implicit_deny");
    let same = account.is_some() && owner == account;
    // Of the grants of the resource side their kinds are not told, but what became of them is.
    let granted = outcome("resource") == Some("allowed");
    let direct = granted && same && answer.reason == "allowed" && answer.layer == "resource";
    let stopped_at = |layer: &str| granted && answer.reason == "implicit_deny" && answer.layer == layer;
    let holds = [
        outcome("boundary") != Some("none") && denied_though_listed(world, explained, principal),
        managed,
        linked,
        no_rcp && action == "kms:retiregrant",
        no_rcp && action != "kms:retiregrant",
        direct && silent("identity"),
        direct && silent("boundary"),
        direct && silent("session"),
        same && stopped_at("boundary") && silent("identity"),
        same && stopped_at("session") && silent("identity"),
        same && stopped_at("identity"),
        !same && stopped_at("identity"),
        caller == "root" && bucket_policy && owner == account && resource.starts_with("arn:aws:s3:::") && !resource.contains('/'),
        caller == "root" && asks_for_role && answer.reason == "implicit_deny" && answer.layer == "identity",
        asks_for_role && itself,
        asks_for_role && caller == "federated",
        resource.contains(":kms:") && resource.contains(":key/"),
        action == "iam:passrole" && account.is_some() && owner == account,
        action == "iam:passrole" && account.is_some() && owner != account,
        action == "sts:getcalleridentity" && answer.reason == "allowed" && denied,
        action == "s3:listallmybuckets" && (resource.is_empty() || resource == "*"),
    ];
    RULES.into_iter().zip(holds).filter(|(_, holds)| *holds).map(|(rule, _)| rule).collect()
}

/// Whether a Deny with `NotPrincipal` matched a caller that it lists.
fn denied_though_listed(world: &World, explained: &Explained, principal: &str) -> bool {
    explained.matched.iter().filter(|one| one.effect == "Deny").any(|one| {
        let document = world.places.get(&one.policy).and_then(|document| world.documents.get(*document));
        let statement = document.and_then(|document| document.statements.get(one.statement?));
        let element = statement.and_then(|statement| statement.principal.as_ref());
        element.is_some_and(|element| element.negated && element.entries.iter().any(|entry| entry.text == principal))
    })
}

fn sessions(request: &Json) -> Vec<&'static str> {
    let Some(session) = request.member("session") else { return Vec::new() };
    let policies = match session.member("policies") {
        Some(Json::List(policies)) if !policies.is_empty() => policies,
        _ => return vec!["empty"],
    };
    let mut forms: Vec<&'static str> = policies
        .iter()
        .map(|policy| match policy.as_text() {
            None => "inline",
            Some(FULL_ACCESS) => "built-in",
            Some(name) if name.starts_with("arn:") => "managed by ARN",
            Some(_) => "managed by name",
        })
        .collect();
    if policies.len() > 1 {
        forms.push("several");
    }
    forms
}

fn endpoint(layers: &Layers, request: &Json) -> Option<&'static str> {
    let Some(Json::Object(members)) = request.member("context") else { return None };
    let (_, value) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:SourceVpce"))?;
    let Some(id) = value.as_text() else { return Some("several ids") };
    Some(match layers.endpoints.iter().find(|endpoint| endpoint.id == id) {
        Some(endpoint) if endpoint.document.is_some() => "with a policy",
        Some(_) => "without a policy",
        None => "unknown",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_belong_to_what_holds_them() {
        for (place, expected) in [
            ("accounts[0].users[1].policies[2]", "a user"),
            ("accounts[0].users[1].boundary", "a user's boundary"),
            ("accounts[0].roles[1].boundary", "a role's boundary"),
            ("accounts[0].roles[1].trust", "a trust"),
            ("accounts[0].groups[0].policies[0]", "a group"),
            ("accounts[0].resources[3].policy", "a resource"),
            ("accounts[0].resources[3].acl.grants[0]", "an ACL"),
            ("accounts[0].vpc_endpoints[0].policy", "an endpoint"),
            ("organization.root.scps[0]", "the scps of the root"),
            ("organization.root.units[0].units[1].rcps[1]", "the rcps of a unit"),
            ("accounts[0].rcps[0]", "the rcps of an account"),
            ("session.policies[0]", "a session"),
        ] {
            assert_eq!(holder(place), expected, "{place}");
        }
    }
}
