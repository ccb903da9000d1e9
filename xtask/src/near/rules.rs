//! Which rule decided an implicit deny where no statement is missing, read off the world's text, the request and the layers' outcomes.

use super::account;
use crate::differential::cells::caller_kind;
use crate::differential::engine::Explained;
use crate::json::Json;
use crate::retold::listed;
use std::collections::{BTreeMap, BTreeSet};

/// The declared accounts, each with the names of its users.
#[derive(Debug, Default)]
pub(super) struct Declared {
    users: BTreeMap<String, BTreeSet<String>>,
}

impl Declared {
    /// Reads a world.
    pub(super) fn of(world: &Json) -> Declared {
        let text = |json: &Json, member: &str| json.member(member).and_then(Json::as_text).unwrap_or_default().to_owned();
        let users = |account: &Json| listed(account.member("users")).into_iter().map(|user| text(user, "name")).collect();
        Declared { users: listed(world.member("accounts")).into_iter().map(|account| (text(account, "id"), users(account))).collect() }
    }

    /// The name of the rule, if it was one. `is_granted` tells whether an ACL would grant if no bucket switched ACLs off.
    pub(super) fn rule(&self, request: &Json, layer: &str, explained: &Explained, is_granted: impl Fn() -> bool) -> Option<&'static str> {
        let text = |member: &str| request.member(member).and_then(Json::as_text).unwrap_or_default();
        let action = text("action").to_ascii_lowercase();
        let kind = request.member("principal").and_then(caller_kind).unwrap_or_default();
        let parts: Vec<&str> = text("resource").splitn(6, ':').collect();
        let is_role = matches!(parts[..], [_, _, "iam", "", _, rest] if rest.starts_with("role/"));
        let is_key = matches!(parts[..], [_, _, "kms", _, _, rest] if rest.starts_with("key/"));
        let has_policy = explained.layers.iter().any(|(name, outcome)| *name == "resource" && *outcome != "none");
        match layer {
            "identity" if kind == "root" => Some("root_assumes_role"),
            "identity" => {
                let Some(users) = self.users.get(account(request)?) else { return Some("undeclared_account") };
                let name = text("principal").rsplit('/').next()?;
                (kind == "federated user" && !users.contains(name)).then_some("federated_user_without_user")
            }
            "resource" if action == "iam:passrole" && (account(request).is_none() || account(request) != explained.owner.as_deref()) => {
                Some("pass_role_of_another_account")
            }
            "resource" if is_granted() => Some("acl_switched_off"),
            "resource" if has_policy => None,
            "resource" if is_role && action.starts_with("sts:") => Some("no_trust_policy"),
            "resource" if is_key => Some("no_key_policy"),
            "resource" => Some("no_resource_policy"),
            "session" => {
                let policies = request.member("session").and_then(|session| session.member("policies"));
                let none = !matches!(policies, Some(Json::List(policies)) if !policies.is_empty());
                none.then_some("federated_user_without_session")
            }
            _ => None,
        }
    }
}
