//! The invariants of a program.

use super::types::{Atom, AtomId, Program};

impl Program {
    /// Checks the invariants that the module header states; the answer is the first that does not hold.
    ///
    /// # Errors
    /// A sentence that names the broken invariant: a defect of the compiler, never of an input.
    pub fn verify(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("ir: {what}")) };
        let is = |id: AtomId, kind: fn(&Atom) -> bool| self.atoms.get(id).is_some_and(kind);
        for statement in self.documents.iter().flat_map(|document| &document.statements) {
            ensure(is(statement.action, |atom| matches!(atom, Atom::Action(_))), "a statement's action is an action atom")?;
            ensure(
                statement.resource.is_none_or(|resource| is(resource, |atom| matches!(atom, Atom::Resource(_)))),
                "a statement's resource is a resource atom",
            )?;
            ensure(
                statement.conditions.iter().all(|id| is(*id, |atom| matches!(atom, Atom::Condition(_)))),
                "a statement's conditions are condition atoms",
            )?;
            ensure(statement.conditions.is_sorted_by(|a, b| a < b), "a statement's conditions are sorted and distinct")?;
            ensure(
                statement.principal.is_none_or(|principal| (principal.0 as usize) < self.principals.len()),
                "a statement's principal element exists",
            )?;
        }
        for atom in self.atoms.iter() {
            let normal = match atom {
                Atom::Action(test) => test.patterns.is_sorted_by(|a, b| a.pieces < b.pieces),
                Atom::Resource(test) => test.patterns.is_sorted_by(|a, b| a < b),
                Atom::Condition(test) => test.values.is_sorted_by(|a, b| a < b),
            };
            ensure(normal, "the alternatives of an atom are sorted and distinct")?;
        }
        Ok(())
    }
}
