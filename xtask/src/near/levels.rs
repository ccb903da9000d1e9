//! Which levels of the organization list policies and do not allow a request (S-706, S-708).
//!
//! In: a world's text, and which places of levels allow. Out: the levels from the root down, as an explanation should tell them.

use crate::json::Json;
use crate::retold::listed;
use std::collections::{BTreeMap, BTreeSet};

/// A level: its place in the world, what it is and its id, and how many policies it lists as SCPs and as RCPs.
#[derive(Debug, Clone)]
struct Level {
    place: String,
    node: &'static str,
    id: String,
    scps: Option<u32>,
    rcps: Option<u32>,
}

/// The levels above each account of the organization, its own last.
#[derive(Debug, Default)]
pub(super) struct Levels {
    of: BTreeMap<String, Vec<Level>>,
}

impl Levels {
    /// Reads a world.
    pub(super) fn of(world: &Json) -> Levels {
        let mut levels = Levels::default();
        let Some(organization) = world.member("organization") else { return levels };
        let Some(root) = organization.member("root") else { return levels };
        let mut above = vec![(root, "organization.root".to_owned(), Vec::new())];
        while let Some((node, place, mut chain)) = above.pop() {
            let kind = if chain.is_empty() { "root" } else { "unit" };
            chain.push(level(node, place.clone(), kind, "id"));
            for account in listed(node.member("accounts")).into_iter().filter_map(Json::as_text) {
                levels.of.insert(account.to_owned(), chain.clone());
            }
            for (at, unit) in listed(node.member("units")).into_iter().enumerate() {
                above.push((unit, format!("{place}.units[{at}]"), chain.clone()));
            }
        }
        for (at, account) in listed(world.member("accounts")).into_iter().enumerate() {
            let id = account.member("id").and_then(Json::as_text).unwrap_or_default();
            if let Some(chain) = levels.of.get_mut(id) {
                chain.push(level(account, format!("accounts[{at}]"), "account", "id"));
            }
        }
        levels
    }

    /// What of a layer does not allow for an account, where policies at these places do.
    pub(super) fn refusing(&self, layer: &str, account: &str, allowing: &BTreeSet<&str>) -> Vec<(&'static str, &str, u32)> {
        if !matches!(layer, "scp" | "rcp") {
            return Vec::new();
        }
        let chain = self.of.get(account).into_iter().flatten();
        chain
            .filter_map(|level| {
                let policies = if layer == "scp" { level.scps } else { level.rcps };
                let place = format!("{}.{layer}s", level.place);
                policies.filter(|_| !allowing.contains(place.as_str())).map(|policies| (level.node, level.id.as_str(), policies))
            })
            .collect()
    }
}

fn level(node: &Json, place: String, kind: &'static str, id: &str) -> Level {
    let count = |member: &str| match node.member(member) {
        Some(Json::List(items)) => u32::try_from(items.len()).ok(),
        _ => None,
    };
    let id = node.member(id).and_then(Json::as_text).unwrap_or_default().to_owned();
    Level { place, node: kind, id, scps: count("scps"), rcps: count("rcps") }
}

/// The list of a level that a place stands in: `organization.root.units[0].scps` of `organization.root.units[0].scps[1]`.
pub(super) fn place(place: &str) -> Option<&str> {
    [".scps[", ".rcps["].iter().find_map(|member| place.find(member).map(|end| &place[..end + 5]))
}
