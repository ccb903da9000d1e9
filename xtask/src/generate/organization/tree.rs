//! The organization tree: which units there are, and which account stands where.
//!
//! In: dice and the declared accounts. Out: a [`Tree`], chosen before any policy so that conditions can speak of its paths. Units nest none to
//! four deep; an account stands in it once or not at all, and one that no world declares may stand in it, too.

use crate::dice::Dice;
use crate::generate::names;

/// The id of every generated organization.
pub const ORGANIZATION: &str = "o-example";
/// A management account that no world declares.
const MANAGEMENT: &str = "000000000001";
/// Units nest so deep at most.
const DEPTH_MAX: usize = 4;

/// The root or a unit.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its place in the world (S-729).
    pub place: String,
    /// The node above; none above the root.
    pub parent: Option<usize>,
    /// The accounts directly in it.
    pub accounts: Vec<String>,
    depth: usize,
    units: usize,
}

/// An organization without its policies.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The root first; a node stands before those below it.
    pub nodes: Vec<Node>,
    /// The management account, if one is named.
    pub management: Option<String>,
}

impl Tree {
    /// Chooses units and puts accounts into them.
    pub fn choose(dice: &Dice, declared: &[String]) -> Tree {
        let (id, place) = ("r-root".to_owned(), "organization.root".to_owned());
        let root = Node { id, place, parent: None, accounts: Vec::new(), depth: 0, units: 0 };
        let mut tree = Tree { nodes: vec![root], management: None };
        for _ in 0..dice.weighted(&[14, 24, 26, 20, 16]) {
            tree.add_unit(tree.nodes.len() - 1);
        }
        for _ in 0..dice.below(3) {
            let above: Vec<usize> = (0..tree.nodes.len()).filter(|at| tree.nodes[*at].depth < DEPTH_MAX).collect();
            tree.add_unit(*dice.pick(&above));
        }
        let deepest = (0..tree.nodes.len()).max_by_key(|at| tree.nodes[*at].depth).unwrap_or(0);
        for account in declared.iter().map(String::as_str).chain([names::TREE_ACCOUNT]) {
            if dice.percent(84) {
                let at = if dice.percent(40) { deepest } else { dice.below(tree.nodes.len()) };
                tree.nodes[at].accounts.push(account.to_owned());
            }
        }
        tree.management = match dice.below(12) {
            0..=3 => None,
            4..=7 => Some(dice.text(declared)),
            8 => Some(names::TREE_ACCOUNT.to_owned()),
            _ => Some(MANAGEMENT.to_owned()),
        };
        if tree.management.as_deref() == Some(MANAGEMENT) && dice.percent(50) {
            tree.nodes[0].accounts.push(MANAGEMENT.to_owned());
        }
        tree
    }

    fn add_unit(&mut self, above: usize) {
        let parent = &mut self.nodes[above];
        let place = format!("{}.units[{}]", parent.place, parent.units);
        let depth = parent.depth + 1;
        parent.units += 1;
        let id = format!("ou-{}", self.nodes.len());
        self.nodes.push(Node { id, place, parent: Some(above), accounts: Vec::new(), depth, units: 0 });
    }

    /// How deep its units nest.
    pub fn depth(&self) -> usize {
        self.nodes.iter().map(|node| node.depth).max().unwrap_or(0)
    }

    /// The accounts that a node limits: those in it and below it, but for the management account (S-707, S-709).
    pub fn limited_by(&self, node: usize) -> Vec<String> {
        let below = |at: usize| self.above(at).contains(&node);
        let accounts = (0..self.nodes.len()).filter(|at| below(*at)).flat_map(|at| self.nodes[at].accounts.iter().cloned());
        accounts.filter(|account| self.management.as_ref() != Some(account)).collect()
    }

    /// Whether the account belongs to the organization and is not its management account.
    pub fn is_member(&self, account: &str) -> bool {
        self.nodes.iter().any(|node| node.accounts.iter().any(|id| id == account)) && self.management.as_deref() != Some(account)
    }

    /// Paths of all nodes (S-804), and a pattern over them.
    pub fn paths(&self) -> Vec<String> {
        let path = |at: usize| {
            let ids: String = self.above(at).iter().rev().map(|node| format!("{}/", self.nodes[*node].id)).collect();
            format!("{ORGANIZATION}/{ids}")
        };
        (0..self.nodes.len()).map(path).chain([format!("{ORGANIZATION}/*")]).collect()
    }

    /// The node itself, then those above it.
    fn above(&self, node: usize) -> Vec<usize> {
        std::iter::successors(Some(node), |at| self.nodes[*at].parent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_stand_once_and_paths_lead_to_units() {
        let declared = ["111111111111".to_owned(), "222222222222".to_owned()];
        for index in 0..200 {
            let tree = Tree::choose(&Dice::new(3, index), &declared);
            assert!(tree.depth() <= DEPTH_MAX);
            let mut accounts: Vec<&String> = tree.nodes.iter().flat_map(|node| &node.accounts).collect();
            let count = accounts.len();
            accounts.sort_unstable();
            accounts.dedup();
            assert_eq!(accounts.len(), count);
            assert_eq!(tree.paths().len(), tree.nodes.len() + 1);
            for (path, node) in tree.paths().iter().zip(&tree.nodes) {
                assert!(path.starts_with("o-example/r-root/") && path.ends_with(&format!("{}/", node.id)), "{path}");
                assert_eq!(path.matches('/').count(), node.depth + 2);
            }
            assert!(tree.limited_by(0).iter().all(|account| tree.is_member(account)));
        }
    }
}
