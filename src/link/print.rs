//! The text form of a linked world: what `portcullis debug link` shows and golden tests compare.

use super::types::{Linked, SliceId};
use std::fmt::Write;

/// Prints accounts, entities and resources with their slices.
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
        if let Some((_, path)) = &account.organization {
            let _ = write!(out, " {path}");
        }
        out.push('\n');
    }
    let account_of = |index: u32| linked.accounts.get(index as usize).map_or("?", |account| &account.id);
    for entity in &linked.entities {
        let kind = if entity.role { "role" } else { "user" };
        let _ = writeln!(out, "{kind} {}:{}{}", account_of(entity.account), entity.path, entity.name);
        slice(&mut out, linked, "identity", Some(entity.identity));
        slice(&mut out, linked, "trust", entity.trust);
    }
    for resource in &linked.resources {
        let _ = writeln!(out, "resource {} of {}", resource.arn, account_of(resource.account));
        slice(&mut out, linked, "policy", resource.policy);
    }
    out
}

fn slice(out: &mut String, linked: &Linked, layer: &str, id: Option<SliceId>) {
    let Some(members) = id.and_then(|id| linked.slices.get(id.0 as usize)) else { return };
    for member in members {
        let document = linked.fragments.get(member.fragment.0 as usize).map_or(u32::MAX, |document| document.0);
        let place = linked.attachments.get(member.attachment as usize).map_or("?", |attachment| &attachment.place);
        let _ = writeln!(out, "  {layer} document {document} at {place}");
    }
}
