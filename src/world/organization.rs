//! The organization tree: root, units, the accounts in them.
//!
//! Input: the node of the `organization` member. Output: an [`OrganizationDraft`], whose document ids are still indexes into its
//! references. Unit ids are unique, and so are the account ids in the tree (`duplicate-entity`). The tree is read by
//! recursion: its depth is bounded by the nesting limit of the parser that read the text.

use super::resolve::{References, Scope, Surroundings};
use super::shape::{Fields, account_id, duplicate};
use super::types::{Organization, OrganizationUnit};
use super::unsupported::refuse;
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
    let mut reader = Reader { scope, units: HashMap::new(), accounts: HashMap::new() };
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
        if let Some((id, at)) = id
            && subject != "the root"
        {
            match self.units.get(id) {
                Some(first) => {
                    let report = duplicate(at, *first, format!("the unit {} stands twice in the organization", quoted(id)));
                    self.scope.report(report);
                }
                None => {
                    self.units.insert(id.to_owned(), at);
                }
            }
        }
        for name in ["scps", "rcps"] {
            refuse(&fields, name, self.scope.around.options, &mut self.scope.found.diagnostics);
        }
        let scps = self.scope.attachments(&fields, "scps", PolicyType::Scp, place);
        let rcps = self.scope.attachments(&fields, "rcps", PolicyType::Rcp, place);
        let accounts = self.accounts(&fields);
        let nodes = fields.list("units", self.diagnostics());
        let below = |(index, node): (usize, Node<'n>)| self.unit(node, "a unit", &format!("{place}.units[{index}]"));
        let units = nodes.into_iter().enumerate().filter_map(below).collect();
        Some(OrganizationUnit { id: id.map(|(id, _)| id.to_owned()).unwrap_or_default(), scps, rcps, accounts, units })
    }

    fn accounts(&mut self, fields: &Fields<'n>) -> Vec<String> {
        let mut ids = Vec::new();
        for node in fields.list("accounts", self.diagnostics()) {
            let Some(id) = account_id(node, "an account of the tree", self.diagnostics()) else { continue };
            match self.accounts.get(&id) {
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
