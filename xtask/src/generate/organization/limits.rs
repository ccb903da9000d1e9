//! The documents that limit: SCPs and RCPs of levels, boundaries, endpoint policies.
//!
//! In: a world in the making. Out: the members that hold those documents, each attached at its place. A level lists nothing, an empty list, the
//! full-access document by its name or written out, the same with Denies, Allows of its own, or anything: the branches of S-706 and S-708.

use crate::generate::builder::{Builder, with_list};
use crate::generate::organization::{self, Level, shuffled, tree};
use crate::generate::statement::{PolicyType, Shape};
use crate::json::Json;

/// A document, and how it is written where it is attached.
type Written = (usize, Json);

impl Builder<'_> {
    /// The organization with the policies of its levels, if there is one.
    pub(super) fn organization(&mut self) -> Option<Json> {
        let tree = self.layers.as_ref()?.tree.clone()?;
        let mut units: Vec<Vec<Json>> = vec![Vec::new(); tree.nodes.len()];
        let mut levels = Vec::new();
        let mut policies = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            let (mut level, scps, rcps) = self.level(&node.place, None);
            level.accounts = tree.limited_by(at);
            levels.push(level);
            policies.push((scps, rcps));
        }
        // Those below stand behind those above, so every list of units is whole when its own turn comes.
        let mut root = Json::object();
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            let (scps, rcps) = policies.pop().unwrap_or_default();
            let mut below = std::mem::take(&mut units[at]);
            below.reverse();
            let json = Json::object().with("id", Json::text(&node.id)).with_some("scps", scps).with_some("rcps", rcps);
            let accounts = (!node.accounts.is_empty() || self.dice.percent(20)).then(|| Json::texts(&node.accounts));
            let json = shuffled(self.dice, with_list(json.with_some("accounts", accounts), "units", below));
            match node.parent {
                Some(parent) => units[parent].push(json),
                None => root = json,
            }
        }
        if let Some(layers) = &mut self.layers {
            layers.levels = levels;
        }
        let json = Json::object().with("id", Json::text(tree::ORGANIZATION));
        let json = json.with_some("management_account", tree.management.map(Json::Text)).with("root", root);
        Some(shuffled(self.dice, json))
    }

    /// The account with its own level and its endpoints.
    pub(in crate::generate) fn limits_of_account(&mut self, index: usize, id: &str, json: Json) -> Json {
        let place = format!("accounts[{index}]");
        let (mut level, scps, rcps) = self.level(&place, Some(id));
        let tree = self.layers.as_ref().and_then(|layers| layers.tree.as_ref());
        if tree.is_some_and(|tree| tree.is_member(id)) {
            level.accounts.push(id.to_owned());
        }
        if let Some(layers) = &mut self.layers {
            layers.levels.push(level);
        }
        let json = json.with_some("scps", scps).with_some("rcps", rcps);
        let endpoints = self.endpoints(&place, id);
        shuffled(self.dice, with_list(json, "vpc_endpoints", endpoints))
    }

    /// The policies of a level; an account's may be managed policies of its own.
    fn level(&mut self, place: &str, account: Option<&str>) -> (Level, Option<Json>, Option<Json>) {
        let Some(present) = self.layers.as_ref().map(|layers| layers.present) else { return (Level::default(), None, None) };
        let scps = if present.scps { self.scps(account) } else { None };
        let rcps = if present.rcps { self.rcps() } else { None };
        let mut attach = |member: &str, listed: Option<Vec<Written>>| {
            let listed = listed?;
            for (at, (document, _)) in listed.iter().enumerate() {
                self.places.insert(format!("{place}.{member}[{at}]"), *document);
            }
            Some(listed.into_iter().unzip::<usize, Json, Vec<usize>, Vec<Json>>())
        };
        let (scps, scps_json) = attach("scps", scps).unzip();
        let (rcps, rcps_json) = attach("rcps", rcps).unzip();
        let level = Level { accounts: Vec::new(), scps: scps.unwrap_or_default(), rcps: rcps.unwrap_or_default() };
        (level, scps_json.map(Json::List), rcps_json.map(Json::List))
    }

    fn scps(&mut self, account: Option<&str>) -> Option<Vec<Written>> {
        let mut listed = Vec::new();
        match self.dice.weighted(&[42, 4, 12, 22, 14, 6]) {
            0 => return None,
            1 => return Some(listed),
            2 => listed.extend(self.built_in(false)),
            3 => {
                listed.extend(self.built_in(false));
                for _ in 0..self.dice.between(1, 2) {
                    listed.push(self.written(PolicyType::Scp, Shape::Denies));
                }
            }
            4 => {
                listed.push(self.written(PolicyType::Scp, Shape::Broad));
                if self.dice.percent(40) {
                    listed.push(self.written(PolicyType::Scp, Shape::Plain));
                }
            }
            _ => listed.push(self.written(PolicyType::Scp, Shape::Plain)),
        }
        if let Some(limit) = account.and_then(|account| self.limit(account)).filter(|_| self.dice.percent(30)) {
            listed.push(limit);
        }
        self.dice.percent(10).then(|| listed.reverse());
        Some(listed)
    }

    fn rcps(&mut self) -> Option<Vec<Written>> {
        let mut listed = Vec::new();
        match self.dice.weighted(&[42, 3, 16, 34, 5]) {
            0 => return None,
            1 => return Some(listed),
            2 => listed.extend(self.built_in(true)),
            kind => {
                if kind == 3 {
                    listed.extend(self.built_in(true));
                }
                for _ in 0..self.dice.between(1, 2) {
                    listed.push(self.written(PolicyType::Rcp, Shape::Denies));
                }
            }
        }
        self.dice.percent(10).then(|| listed.reverse());
        Some(listed)
    }

    /// A document of its own, written out.
    fn written(&mut self, policy_type: PolicyType, shape: Shape) -> Written {
        let shape = self.wide().unwrap_or(shape);
        let document = self.shaped(policy_type, shape, None);
        (document, self.documents[document].json.clone())
    }

    /// A full-access document, mostly by its name.
    fn built_in(&self, for_resources: bool) -> Option<Written> {
        let (full_access, rcp_full_access) = self.layers.as_ref()?.built_in?;
        let (document, name) =
            if for_resources { (rcp_full_access, organization::RCP_FULL_ACCESS) } else { (full_access, organization::FULL_ACCESS) };
        let json = if self.dice.percent(70) { Json::text(name) } else { self.documents[document].json.clone() };
        Some((document, json))
    }

    /// The account's managed policy for limits, by name or ARN.
    fn limit(&self, account: &str) -> Option<Written> {
        let mut managed = self.layers.as_ref()?.managed.iter();
        let limit = managed.find(|managed| managed.account == account && managed.name == organization::LIMIT)?;
        Some((limit.document, Json::text(if self.dice.percent(50) { &limit.name } else { &limit.arn })))
    }

    /// The boundary of a user or role: a document of its own, or a managed policy.
    pub(in crate::generate) fn boundary(&mut self, place: &str, managed: &[(String, usize)]) -> Option<(usize, Json)> {
        let present = self.layers.as_ref().is_some_and(|layers| layers.present.boundaries);
        if !present || !self.dice.percent(52) {
            return None;
        }
        let (document, json) = if self.dice.percent(35) {
            let (reference, document) = self.dice.pick(managed);
            (*document, Json::text(reference))
        } else {
            let document = self.document(PolicyType::Boundary, None);
            (document, self.documents[document].json.clone())
        };
        self.places.insert(format!("{place}.boundary"), document);
        Some((document, json))
    }

    fn endpoints(&mut self, place: &str, account: &str) -> Vec<Json> {
        let endpoints = self.layers.as_ref().map(|layers| layers.endpoints.clone()).unwrap_or_default();
        let mut items = Vec::new();
        for (index, endpoint) in endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.account == account) {
            let policy = self.dice.percent(80).then(|| {
                let document = self.document(PolicyType::Endpoint, None);
                if let Some(layers) = &mut self.layers {
                    layers.endpoints[index].document = Some(document);
                }
                self.attach(format!("{place}.vpc_endpoints[{}].policy", items.len()), document)
            });
            items.push(Json::object().with("id", Json::text(&endpoint.id)).with_some("policy", policy));
        }
        items
    }
}
