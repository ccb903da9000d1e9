//! From a slice to its outcome: the indexed walk, and the plain one.
//!
//! The plain walk tests every statement of the slice element by element; it is what a layer means (S-702, S-703). The indexed walk goes from action
//! to cell, from resource to the DAGs that can still matter, and through those. An outcome is a disjunction, so grouping, order and repetition of
//! statements cannot matter; an index only ever leaves out statements of which some element is false. The plain walk stays as the oracle of the
//! indexed one, and explanations come from it, since pruning hides what matched.
//!
//! Every node and entry that the indexed walk visits counts as a step, in the way in which `verify::steps` computes the bound.

use super::atom;
use super::element;
use super::query::Query;
use crate::decision::Layer;
use crate::error::Fault;
use crate::format::{
    AtomRecord, CellRecord, DagNode, END, FRAGMENT_DENIES, FragmentRecord, NODE_DENY, NODE_EMIT, NONE, SHAPES, STATEMENT_DENY,
    StatementRecord, U32, element_steps,
};
use crate::request::principal::GrantKind;
use crate::views::{TrieWalk, at, bisection_steps, range};

/// What a layer's statements say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    /// Some Deny matched.
    pub(super) deny: bool,
    /// Some Allow matched with this kind. Without a principal element: all three.
    pub(super) direct: bool,
    pub(super) entity: bool,
    pub(super) delegation: bool,
}

impl Verdict {
    /// Some Allow matched.
    pub(super) fn allows(&self) -> bool {
        self.direct || self.entity || self.delegation
    }

    pub(super) fn allow(&mut self, kind: GrantKind) {
        match kind {
            GrantKind::Direct => self.direct = true,
            GrantKind::Entity => self.entity = true,
            GrantKind::Delegation => self.delegation = true,
        }
    }
}

/// How a slice is consulted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consult {
    pub(super) slice: u32,
    /// It is a trust policy (S-410).
    pub(super) is_trust: bool,
    /// Its Denies do not count (S-717).
    pub(super) ignores_deny: bool,
    /// It stands for the session document with this index.
    pub(super) session: Option<u32>,
    /// It is that of the session overlay.
    pub(super) is_overlay: bool,
}

impl Consult {
    /// Without any particulars.
    pub(super) fn slice(slice: u32) -> Consult {
        Consult { slice, is_trust: false, ignores_deny: false, session: None, is_overlay: false }
    }
}

/// Where a statement's document is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Index in `Explanations::attachments`.
    World(u32),
    /// The session document with this index, which the main bundle holds at this attachment.
    Session {
        /// Its index in the session.
        index: u32,
        /// Index in `Explanations::attachments`.
        attachment: u32,
    },
    /// Index in the `Explanations::attachments` of the session overlay.
    Overlay(u32),
}

/// A statement that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) layer: Layer,
    pub(crate) place: Place,
    /// Id in the `Statements` of the bundle, or of the session overlay.
    pub(crate) statement: u32,
    pub(crate) is_deny: bool,
}

impl Consult {
    /// Where a member of the slice is attached.
    pub(super) fn place(&self, attachment: u32) -> Place {
        match self.session {
            Some(index) => Place::Session { index, attachment },
            None if self.is_overlay => Place::Overlay(attachment),
            None => Place::World(attachment),
        }
    }
}

/// A walk over the layers of one request.
pub(super) struct Walk<'w, 'q> {
    query: &'w Query<'q>,
    steps_left: u64,
}

impl<'w, 'q> Walk<'w, 'q> {
    /// A walk that may take as many steps as the bundle's bound, the caller's own policies and its session allow.
    pub(super) fn new(query: &'w Query<'q>) -> Walk<'w, 'q> {
        let own = query.principal.extra_steps.saturating_add(query.principal.session_steps);
        Walk { query, steps_left: query.views.steps_max.saturating_add(own) }
    }

    /// The walk goes on in the session overlay.
    pub(super) fn over<'o, 'p>(&self, query: &'o Query<'p>) -> Walk<'o, 'p> {
        Walk { query, steps_left: self.steps_left }
    }

    /// Pays for steps.
    pub(super) fn count(&mut self, steps: u64) -> Result<(), Fault> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Fault::Steps)?;
        Ok(())
    }

    /// The outcome through the indexes; stops at the first Deny that counts. With `denies_only`, or from a direct Allow on, to which no Allow could add anything (S-712), what
    /// has no Deny is passed over: of the Allows the verdict may then lack some.
    pub(super) fn indexed(&mut self, consult: Consult, denies_only: bool, verdict: &mut Verdict) -> Result<(), Fault> {
        let views = self.query.views;
        let slice = at(views.slices, consult.slice)?;
        for index in range(views.slice_indexes, slice.indexes_first, slice.indexes_len)? {
            self.count(1)?;
            let fragment = at(views.fragments, index.get())?;
            if (denies_only || verdict.direct) && fragment.flags.get() & FRAGMENT_DENIES == 0 {
                continue;
            }
            for cell in [self.action_cell(fragment)?, fragment.any_action_cell.get()] {
                if cell != NONE {
                    self.cell(cell, consult, verdict)?;
                }
            }
            if verdict.deny {
                break;
            }
        }
        Ok(())
    }

    /// The cell of the request's action, or `NONE`.
    fn action_cell(&mut self, fragment: &FragmentRecord) -> Result<u32, Fault> {
        let ranges = range(self.query.views.action_ranges, fragment.ranges_first, fragment.ranges_len)?;
        self.count(bisection_steps(ranges.len()))?;
        let action = self.query.action.id;
        let after = ranges.partition_point(|range| range.first_action.get() <= action);
        match after.checked_sub(1) {
            Some(place) => ranges.get(place).map(|range| range.cell.get()).ok_or(Fault::Corrupt),
            None => Ok(NONE),
        }
    }

    fn cell(&mut self, id: u32, consult: Consult, verdict: &mut Verdict) -> Result<(), Fault> {
        let query = self.query;
        let views = query.views;
        let cell: &CellRecord = at(views.cells, id)?;
        self.dag(cell.star.get(), consult, verdict)?;
        let Some(resource) = &query.resource else { return Ok(()) };
        let text = resource.parts.last().ok_or(Fault::Corrupt)?.as_bytes();
        let mut shapes = cell.shapes.get();
        while shapes != 0 && !verdict.deny {
            let mask = shapes.trailing_zeros();
            shapes &= shapes.wrapping_sub(1);
            if mask >= SHAPES {
                return Err(Fault::Corrupt);
            }
            self.count(1)?;
            let Some(parts) = shape_parts(query.symbols()?, mask) else { continue };
            let Some(shape) = views.shape(id, mask, parts)? else { continue };
            let mut walk = TrieWalk::new(views.trie_nodes, views.trie_first_bytes, views.string_bytes, shape.root.get(), text);
            while let Some(step) = walk.step()? {
                self.count(1)?;
                self.dag(step.node.prefix.get(), consult, verdict)?;
                if step.end == text.len() {
                    self.dag(step.node.exact.get(), consult, verdict)?;
                }
            }
        }
        Ok(())
    }

    /// Follows a DAG to its end, or to the first Deny that counts.
    fn dag(&mut self, root: u32, consult: Consult, verdict: &mut Verdict) -> Result<(), Fault> {
        let query = self.query;
        let views = query.views;
        let mut id = root;
        // Ends, since edges go to higher ids (verified) and steps are counted.
        while id != END && !verdict.deny {
            let node: &DagNode = at(views.dag_nodes, id)?;
            let word = node.word.get();
            if word & NODE_EMIT == 0 {
                let atom: &AtomRecord = at(views.atoms, word)?;
                self.count(u64::from(atom.len.get()).saturating_add(1))?;
                id = if atom::is_true(query, atom)? { node.high.get() } else { node.low.get() };
                continue;
            }
            let is_deny = word & NODE_DENY != 0;
            let kind = match node.high.get() {
                NONE => {
                    self.count(1)?;
                    Some(GrantKind::Direct)
                }
                element => {
                    let len = at(views.principal_elements, element)?.len.get();
                    self.count(u64::from(element_steps(len)).saturating_add(1))?;
                    element::covers(views, query.principal, element, is_deny, consult.is_trust)?
                }
            };
            match kind {
                Some(kind) if !is_deny => verdict.allow(kind),
                Some(_) if !consult.ignores_deny => verdict.deny = true,
                _ => {}
            }
            id = node.low.get();
        }
        Ok(())
    }

    /// The outcome by testing each statement; tells of every one that matched.
    pub(super) fn plain(&mut self, consult: Consult, verdict: &mut Verdict, tell: &mut dyn FnMut(Place, u32, bool)) -> Result<(), Fault> {
        let views = self.query.views;
        let slice = at(views.slices, consult.slice)?;
        for member in range(views.slice_members, slice.first, slice.len)? {
            let fragment = at(views.fragments, member.fragment.get())?;
            let statements = range(views.statements, fragment.statements_first, fragment.statements_len)?;
            for (id, statement) in (fragment.statements_first.get()..).zip(statements) {
                let is_deny = statement.flags.get() & STATEMENT_DENY != 0;
                if is_deny && consult.ignores_deny {
                    continue;
                }
                let Some(kind) = self.statement(statement, is_deny, consult.is_trust)? else { continue };
                if is_deny {
                    verdict.deny = true;
                } else {
                    verdict.allow(kind);
                }
                tell(consult.place(member.attachment.get()), id, is_deny);
            }
        }
        Ok(())
    }

    /// Whether a statement matches, and with what kind (S-702).
    fn statement(&self, statement: &StatementRecord, is_deny: bool, is_trust: bool) -> Result<Option<GrantKind>, Fault> {
        let query = self.query;
        let views = query.views;
        let holds = |atom: u32| atom::is_true(query, at(views.atoms, atom)?);
        let kind = match statement.principal.get() {
            NONE => Some(GrantKind::Direct),
            element => element::covers(views, query.principal, element, is_deny, is_trust)?,
        };
        if kind.is_none() || !holds(statement.action.get())? {
            return Ok(None);
        }
        if statement.resource.get() != NONE && !holds(statement.resource.get())? {
            return Ok(None);
        }
        let conditions: &[U32] = range(views.statement_conditions, statement.conditions_first, statement.conditions_len)?;
        for condition in conditions {
            if !holds(condition.get())? {
                return Ok(None);
            }
        }
        Ok(kind)
    }
}

/// The symbols that a shape keeps; `None` if the bundle lacks the text of one, so that no trie can have it.
fn shape_parts(symbols: [u32; 4], mask: u32) -> Option<[u32; 4]> {
    let mut parts = [NONE; 4];
    for (bit, (part, symbol)) in (0_u32..).zip(parts.iter_mut().zip(symbols)) {
        if mask & 1_u32.checked_shl(bit)? != 0 {
            if symbol == NONE {
                return None;
            }
            *part = symbol;
        }
    }
    Some(parts)
}
