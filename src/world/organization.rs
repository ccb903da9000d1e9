//! The organization tree: root, units, the accounts in them.
//!
//! Input: the node of the `organization` member. Output: an [`OrganizationDraft`], whose document ids are still indexes into its
//! references. The ids of root and units are unique, so no unit stands below itself, and so
//! are the account ids in the tree (`duplicate-entity`). The tree is read by
//! recursion: its depth is bounded by the nesting limit of the parser that read the text.

use super::resolve::{References, Scope, Surroundings};
use super::shape::{Fields, account_id, duplicate};
use super::types::{Organization, OrganizationUnit};
use crate::diag::{Diagnostic, Span, quoted};
use crate::syntax::policy::PolicyType;
use crate::syntax::{Node, duplicate_keys};
use std::collections::HashMap;

const ORGANIZATION: &[&str] = &["id", "management_account", "root"];
const UNIT: &[&str] = &["id", "scps", "rcps", "accounts", "units"];

/// The organization before the documents are known.
#[derive(Debug)]
pub(super) struct OrganizationDraft {
    pub(super) organization: Organization,
    pub(super) found: References,
}

/// Reads the organization; `None` without a draft if it has no usable root.
pub(super) fn read_organization(node: Node<'_>, around: Surroundings<'_>) -> (Option<OrganizationDraft>, Vec<Diagnostic>) {
    let mut scope = Scope::new(around);
    duplicate_keys(node, &mut scope.found.diagnostics);
    let mut reader = Reader { scope, units: HashMap::new(), accounts: HashMap::new(), above: Vec::new(), in_repeated: false };
    let organization = reader.organization(node);
    let mut found = reader.scope.found;
    let diagnostics = std::mem::take(&mut found.diagnostics);
    (organization.map(|organization| OrganizationDraft { organization, found }), diagnostics)
}

struct Reader<'a, 'n> {
    scope: Scope<'a, 'n>,
    /// Unit ids and their first places.
    units: HashMap<String, Span>,
    /// Account ids and their first places.
    accounts: HashMap<String, Span>,
    /// Ids of the units above the one that is read, the root's first.
    above: Vec<&'n str>,
    /// What is read stands below a unit that stands twice: all of it is there twice, which that one report says.
    in_repeated: bool,
}

impl<'n> Reader<'_, 'n> {
    fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.scope.found.diagnostics
    }

    fn organization(&mut self, node: Node<'n>) -> Option<Organization> {
        let fields = Fields::read(node, "the organization", ORGANIZATION, self.diagnostics())?;
        let id = fields.required_text("id", "the organization", self.diagnostics());
        let management_account =
            fields.get("management_account").and_then(|field| account_id(field.value, "`management_account`", self.diagnostics()));
        let root = fields.required("root", "the organization", self.diagnostics())?;
        let root = self.unit(root.value, "the root", "organization.root")?;
        Some(Organization { id: id.map(|(id, _)| id.to_owned()).unwrap_or_default(), management_account, root })
    }

    /// Reads the root or a unit and what is below it.
    fn unit(&mut self, node: Node<'n>, subject: &str, place: &str) -> Option<OrganizationUnit> {
        let fields = Fields::read(node, subject, UNIT, self.diagnostics())?;
        let id = fields.required_text("id", subject, self.diagnostics());
        let was_in_repeated = self.in_repeated;
        if let Some((id, at)) = id {
            self.unit_id(id, at);
        }
        self.above.extend(id.map(|(id, _)| id));
        let scps = self.scope.attachments(&fields, "scps", PolicyType::Scp, place);
        let rcps = self.scope.attachments(&fields, "rcps", PolicyType::Rcp, place);
        let accounts = self.accounts(&fields);
        let nodes = fields.list("units", self.diagnostics());
        let below = |(index, node): (usize, Node<'n>)| self.unit(node, "a unit", &format!("{place}.units[{index}]"));
        let units = nodes.into_iter().enumerate().filter_map(below).collect();
        if id.is_some() {
            self.above.pop();
        }
        self.in_repeated = was_in_repeated;
        Some(OrganizationUnit { id: id.map(|(id, _)| id.to_owned()).unwrap_or_default(), scps, rcps, accounts, units })
    }

    /// Notes the id of the root or a unit, and reports one that is there already.
    fn unit_id(&mut self, id: &'n str, at: Span) {
        match self.units.get(id) {
            Some(_) if self.in_repeated => {}
            Some(first) => {
                let message = if self.above.contains(&id) {
                    format!("the unit {} stands below itself", quoted(id))
                } else {
                    format!("the unit {} stands twice in the organization", quoted(id))
                };
                let report = duplicate(at, *first, message);
                self.scope.report(report);
                self.in_repeated = true;
            }
            None => {
                self.units.insert(id.to_owned(), at);
            }
        }
    }

    fn accounts(&mut self, fields: &Fields<'n>) -> Vec<String> {
        let mut ids = Vec::new();
        for node in fields.list("accounts", self.diagnostics()) {
            let Some(id) = account_id(node, "an account of the tree", self.diagnostics()) else { continue };
            match self.accounts.get(&id) {
                Some(_) if self.in_repeated => {}
                Some(first) => {
                    let report = duplicate(node.span(), *first, format!("the account {} stands twice in the organization", quoted(&id)));
                    self.scope.report(report);
                }
                None => {
                    self.accounts.insert(id.clone(), node.span());
                    ids.push(id);
                }
            }
        }
        ids
    }
}
