//! The text form of a linked world: what `portcullis debug link` shows and golden tests compare.

use super::types::{ChainId, Linked, SliceId};
use std::fmt::Write;

/// Prints accounts with their chains, entities, resources, endpoints, groups and managed policies with their slices. Documents behind those of the world are
/// ACLs.
#[must_use]
pub fn print(linked: &Linked) -> String {
    let mut out = String::new();
    for account in &linked.accounts {
        let _ = write!(out, "account {}", account.id);
        if !account.declared {
            out.push_str(" undeclared");
        }
        if account.management {
            out.push_str(" management");
        }
        if let Some(place) = &account.organization {
            let _ = write!(out, " {} scps {} rcps {}", place.path, chain_name(place.scps), chain_name(place.rcps));
        }
        out.push('\n');
    }
    for (index, levels) in linked.chains.iter().enumerate() {
        let _ = writeln!(out, "chain {index}{}", if levels.is_empty() { " without levels" } else { "" });
        for (index, level) in levels.iter().enumerate() {
            slice(&mut out, linked, &format!("level {index}"), Some(level.policies));
        }
    }
    let account_of = |index: u32| linked.accounts.get(index as usize).map_or("?", |account| &account.id);
    for entity in &linked.entities {
        let kind = if entity.role { "role" } else { "user" };
        let _ = writeln!(out, "{kind} {}:{}{}", account_of(entity.account), entity.path, entity.name);
        slice(&mut out, linked, "identity", Some(entity.identity));
        for of_group in entity.groups.and_then(|list| linked.group_lists.get(list.0 as usize)).into_iter().flatten() {
            slice(&mut out, linked, "identity", Some(*of_group));
        }
        slice(&mut out, linked, "boundary", entity.boundary);
        slice(&mut out, linked, "trust", entity.trust);
    }
    for resource in &linked.resources {
        let _ = writeln!(out, "resource {} of {}", resource.arn, account_of(resource.account));
        slice(&mut out, linked, "policy", resource.policy);
        slice(&mut out, linked, "acl", resource.acl);
        slice(&mut out, linked, "switched-off acl", resource.switched_off_acl);
    }
    for endpoint in &linked.endpoints {
        let _ = writeln!(out, "endpoint {}", endpoint.id);
        slice(&mut out, linked, "policy", Some(endpoint.policy));
    }
    for group in &linked.groups {
        let _ = writeln!(out, "group {}:{}", account_of(group.account), group.name);
        slice(&mut out, linked, "identity", Some(group.policies));
    }
    for policy in &linked.policies {
        let account = policy.account.map_or(String::new(), |account| format!("{}:", account_of(account)));
        let _ = writeln!(out, "managed policy {account}{}{}", policy.path.as_deref().unwrap_or_default(), policy.name);
        slice(&mut out, linked, "document", Some(policy.slice));
    }
    out
}

fn chain_name(ChainId(id): ChainId) -> String {
    format!("chain {id}")
}

/// The members of a slice; an empty one, which allows nothing, has a line of its own.
fn slice(out: &mut String, linked: &Linked, layer: &str, id: Option<SliceId>) {
    let Some(members) = id.and_then(|id| linked.slices.get(id.0 as usize)) else { return };
    if members.is_empty() && layer != "identity" {
        let _ = writeln!(out, "  {layer} nothing");
    }
    for member in members {
        let (document, places) = match linked.fragments.get(member.fragment.0 as usize) {
            Some(fragment) => (fragment.statements.0, fragment.places),
            None => (u32::MAX, 0),
        };
        for attachment in linked.attachments.iter().skip(member.attachment as usize).take(places as usize) {
            let _ = writeln!(out, "  {layer} document {document} at {}", attachment.place);
        }
    }
}
