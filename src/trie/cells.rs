//! One cell: its statements by resource.

use super::radix::{Entry, LocalTrie};
use crate::ir::{Atom, Atoms, Document};
use crate::syntax::policy::{ArnPattern, Piece, ResourcePattern};
use std::collections::BTreeMap;

/// A statement of the document in a cell, and whether its action element still has to be tested there.
pub(super) type Placed = (u32, bool);

/// What stays open of a statement once the index has settled the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Open {
    pub(super) statement: u32,
    /// The action element is open.
    pub(super) action: bool,
    pub(super) resource: OpenResource,
}

/// What stays open of a resource element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OpenResource {
    /// Nothing.
    Settled,
    /// All of it.
    Whole,
    /// This pattern.
    Pattern(ResourcePattern),
}

/// Shape and texts of a trie.
pub(super) type ShapeKey = (u32, [Option<String>; 4]);

/// A cell without global ids.
#[derive(Debug, Default)]
pub(super) struct LocalCell {
    pub(super) star: Vec<Open>,
    pub(super) tries: Vec<(ShapeKey, LocalTrie<Open>)>,
}

pub(super) fn build(atoms: &Atoms, document: &Document, set: &[Placed]) -> LocalCell {
    let mut star = Vec::new();
    let mut shapes: BTreeMap<ShapeKey, Vec<Entry<Open>>> = BTreeMap::new();
    for &(index, action) in set {
        let Some(statement) = document.statements.get(index as usize) else { continue };
        let open = |resource| Open { statement: index, action, resource };
        let test = match statement.resource.map(|resource| atoms.get(resource)) {
            None => {
                star.push(open(OpenResource::Settled));
                continue;
            }
            Some(Some(Atom::Resource(test))) => test,
            Some(_) => continue,
        };
        if test.negated {
            star.push(open(OpenResource::Whole));
        } else if test.patterns.contains(&ResourcePattern::All) {
            star.push(open(OpenResource::Settled));
        } else {
            for pattern in &test.patterns {
                if let ResourcePattern::Arn(arn) = pattern {
                    let place = place(arn);
                    let resource = if place.settled { OpenResource::Settled } else { OpenResource::Pattern(pattern.clone()) };
                    shapes.entry(place.shape).or_default().push(Entry { key: place.key, exact: place.exact, value: open(resource) });
                }
            }
        }
    }
    LocalCell { star, tries: shapes.into_iter().map(|(shape, entries)| (shape, LocalTrie::build(entries))).collect() }
}

/// Where a resource pattern hangs in the index, and whether its place says all of it.
struct Place {
    shape: ShapeKey,
    key: String,
    exact: bool,
    settled: bool,
}

fn place(pattern: &ArnPattern) -> Place {
    let mut mask = 0;
    let mut settled = true;
    let [_, middle @ .., rest] = &pattern.parts;
    let mut bit = 1;
    let parts = middle.each_ref().map(|part| {
        let this = bit;
        bit <<= 1;
        match part.as_slice() {
            [Piece::Star] => None,
            pieces => match plain(pieces) {
                Some(text) => {
                    mask |= this;
                    Some(text)
                }
                None => {
                    settled = false;
                    None
                }
            },
        }
    });
    let (key, exact) = match rest.as_slice() {
        [Piece::Star] => (String::new(), false),
        [Piece::Literal(prefix), Piece::Star] => (prefix.clone(), false),
        pieces => match plain(pieces) {
            Some(text) => (text, true),
            None => {
                settled = false;
                let prefix = match pieces {
                    [Piece::Literal(prefix), ..] => prefix.clone(),
                    _ => String::new(),
                };
                (prefix, false)
            }
        },
    };
    Place { shape: (mask, parts), key, exact, settled }
}

/// The text of a pattern part without wildcards and variables.
fn plain(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [] => Some(String::new()),
        [Piece::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}
