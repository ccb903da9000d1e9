//! Accounts and their place in the organization: paths, and chains of SCPs and RCPs.

use super::build::{Builder, id};
use super::types::{ChainId, Level, LevelNode, LinkedAccount, LinkedOrganization};
use crate::ir::TooMany;
use crate::world::{Account, Attachment, Organization, OrganizationUnit, World};
use std::collections::{BTreeMap, HashMap};

/// The root or a unit as the accounts in it see it.
struct UnitLevels {
    /// `o-…/r-…/ou-…/` (S-804).
    path: String,
    /// Levels from the root down to the unit that list SCPs. A level that lists none has the full-access document, which decides nothing (S-706).
    scps: Vec<Level>,
    /// The same of RCPs (S-708).
    rcps: Vec<Level>,
}

impl Builder<'_> {
    /// Declared accounts and accounts of the organization tree, by id.
    pub(super) fn accounts(&mut self, world: &World) -> Result<(), TooMany> {
        let mut units = Vec::new();
        let mut unit_of = HashMap::new();
        if let Some(organization) = &world.organization {
            self.units(organization, &mut units, &mut unit_of)?;
        }
        let management = world.organization.as_ref().and_then(|organization| organization.management_account.as_deref());
        let organization_id = world.organization.as_ref().map_or("", |organization| &organization.id);
        let in_tree = unit_of.keys().map(|id| (*id, None));
        let declared = world.accounts.iter().map(|account| (account.id.as_str(), Some(account)));
        let accounts: BTreeMap<&str, Option<&Account>> = in_tree.chain(declared).collect();
        for (id, account) in accounts {
            let organization = match unit_of.get(id).and_then(|unit: &usize| units.get(*unit)) {
                Some(unit) => Some(LinkedOrganization {
                    id: organization_id.to_owned(),
                    path: unit.path.clone(),
                    scps: self.chain(&unit.scps, account.and_then(|account| account.scps.as_deref()))?,
                    rcps: self.chain(&unit.rcps, account.and_then(|account| account.rcps.as_deref()))?,
                }),
                None => None,
            };
            let (declared, management) = (account.is_some(), management == Some(id));
            let canonical_id = account.and_then(|account| account.canonical_id.clone());
            self.linked.accounts.push(LinkedAccount { id: id.to_owned(), declared, management, canonical_id, organization });
        }
        Ok(())
    }

    /// The root and all units, and in which of them each account stands: the management account at the root unless the tree places it (S-804).
    fn units<'w>(
        &mut self,
        organization: &'w Organization,
        units: &mut Vec<UnitLevels>,
        unit_of: &mut HashMap<&'w str, usize>,
    ) -> Result<(), TooMany> {
        unit_of.extend(organization.management_account.as_deref().map(|account| (account, 0)));
        // Units that are still to be read, each with its parent.
        let mut open: Vec<(&OrganizationUnit, Option<usize>)> = vec![(&organization.root, None)];
        while let Some((unit, parent)) = open.pop() {
            let parent = parent.and_then(|parent| units.get(parent));
            let path = match parent {
                Some(parent) => format!("{}{}/", parent.path, unit.id),
                None => format!("{}/{}/", organization.id, unit.id),
            };
            let inherited = |of: fn(&UnitLevels) -> &Vec<Level>| parent.map_or_else(Vec::new, |parent| of(parent).clone());
            let (mut scps, mut rcps) = (inherited(|unit| &unit.scps), inherited(|unit| &unit.rcps));
            let node = || if parent.is_some() { LevelNode::Unit(unit.id.clone()) } else { LevelNode::Root(unit.id.clone()) };
            scps.extend(self.level(unit.scps.as_deref(), node)?);
            rcps.extend(self.level(unit.rcps.as_deref(), node)?);
            let index = units.len();
            unit_of.extend(unit.accounts.iter().map(|account| (account.as_str(), index)));
            units.push(UnitLevels { path, scps, rcps });
            open.extend(unit.units.iter().rev().map(|unit| (unit, Some(index))));
        }
        Ok(())
    }

    fn level(&mut self, policies: Option<&[Attachment]>, node: impl FnOnce() -> LevelNode) -> Result<Option<Level>, TooMany> {
        policies.map(|policies| Ok(Level { policies: self.slice(policies)?, node: node() })).transpose()
    }

    /// The chain of these levels and the account's own.
    fn chain(&mut self, inherited: &[Level], own: Option<&[Attachment]>) -> Result<ChainId, TooMany> {
        let mut levels = inherited.to_vec();
        levels.extend(self.level(own, || LevelNode::Account)?);
        if let Some(&chain) = self.chain_of.get(&levels) {
            return Ok(chain);
        }
        let chain = ChainId(id(self.linked.chains.len(), "chains")?);
        self.linked.chains.push(levels.clone());
        self.chain_of.insert(levels, chain);
        Ok(chain)
    }
}
