//! Which documents are indexed together: what the optimizer plans, the index builds and the bundle writes.

use super::types::{FragmentId, Linked, Member};
use crate::ir::{Document, Program};

/// Which indexes there are, and which of them each slice consults.
#[derive(Debug, Default)]
pub struct Plan {
    /// Indexes over several fragments each, ascending and distinct; they are numbered behind [`Linked::fragments`].
    pub merged: Vec<Vec<FragmentId>>,
    /// For each slice its indexes.
    pub slices: Vec<Vec<u32>>,
}

impl Plan {
    /// The documents of a merged index as one.
    #[must_use]
    pub fn document(&self, merged: usize, program: &Program, linked: &Linked) -> Document {
        let fragments = self.merged.get(merged).into_iter().flatten();
        let documents = fragments.filter_map(|fragment| linked.indexed(program, *fragment));
        Document { statements: documents.flat_map(|document| document.statements.iter().cloned()).collect() }
    }
}

impl Plan {
    /// Whether each slice's indexes are made of the fragments of its members, each once.
    ///
    /// # Errors
    /// What is wrong: a defect of the compiler.
    pub fn verify(&self, linked: &Linked) -> Result<(), String> {
        if self.slices.len() != linked.slices.len() {
            return Err("there are not as many plans as slices".to_owned());
        }
        for (slice, (members, indexes)) in linked.slices.iter().zip(&self.slices).enumerate() {
            let mut indexed = Vec::new();
            for &index in indexes {
                match (index as usize).checked_sub(linked.fragments.len()) {
                    None => indexed.push(FragmentId(index)),
                    Some(merged) => indexed.extend(self.merged.get(merged).ok_or_else(|| format!("slice {slice} has an unknown index"))?),
                }
            }
            indexed.sort_unstable();
            if indexed != Linked::fragments_of(members) {
                return Err(format!("the indexes of slice {slice} are not its members"));
            }
        }
        Ok(())
    }
}

impl Linked {
    /// The document that a fragment's index is made from.
    #[must_use]
    pub fn indexed<'p>(&self, program: &'p Program, FragmentId(fragment): FragmentId) -> Option<&'p Document> {
        self.fragments.get(fragment as usize).and_then(|fragment| program.documents.get(fragment.index.0 as usize))
    }

    /// The fragments of a slice's members, ascending, each once.
    #[must_use]
    pub fn fragments_of(members: &[Member]) -> Vec<FragmentId> {
        let mut fragments: Vec<FragmentId> = members.iter().map(|member| member.fragment).collect();
        fragments.sort_unstable();
        fragments.dedup();
        fragments
    }
}
