//! Context demand: which keys that a request leaves out can still change its decision.
//!
//! Input: a prepared request whose context may lack keys. Output: the names of the keys that matter. Fetching an object's tags or an MFA state costs
//! the embedder I/O; this tells when it is worth it.
//!
//! Every test of a statement is true, false or *open*, when what it reads is not known; a statement that is true in all known parts and open in some is open itself. A
//! layer's outcome is a handful of bits (a Deny, an Allow of each kind), each an OR over statements, so a bit is open when only open statements
//! could set it. A bit matters when the algorithm of semantics 7.1 answers differently with it and without it, whatever the other open bits are; the keys that matter are
//! those that open tests of open statements read which could set such a bit. What an excluded statement reads is never listed.
//!
//! A request that does not say which VPC endpoint it came through may have come through any or none (S-710): each endpoint's policy is a part of its own, of which one at most
//! counts, and which knows its endpoint. The key that picks one matters where some part can deny, or can fail to allow.
//!
//! Bits are taken as independent, although two statements may read one key: so a key that is not listed never matters (to a request that gives it besides), and a key that is listed
//! may fail to matter where conditions of several statements contradict each other. Where no two conditions read one key, the list is exact.
//!
//! The plain walk is used, not the indexes: a node of the DAG stands for many statements, and which of them a key belongs to is the question here.

use super::atom;
use super::combine::{self, LayerState, States};
use super::element;
use super::layers::{Facts, Identity, Session, Sources};
use super::query::{Query, Variables};
use super::walk::{Consult, Verdict};
use crate::decision::{Decision, Layer};
use crate::error::Fault;
use crate::format::{ATOM_IF_EXISTS, AtomKind, AtomRecord, NONE, OperandKind, PieceKind, Qualifier, STATEMENT_DENY, StatementRecord, U32};
use crate::request::principal::GrantKind;
use crate::views::{Views, at, range};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

/// What a key that the request leaves out counts as, if the bundle derives a value for it (semantics, section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DerivedKeys {
    /// Known: nobody will give the request another value.
    Fixed,
    /// Not known: the request may yet give a value, which wins over the derived one (S-806).
    Open,
}

/// True, false, or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    False,
    Open,
    True,
}

impl Truth {
    fn or(self, other: Truth) -> Truth {
        if self as u8 >= other as u8 { self } else { other }
    }

    fn and(self, other: Truth) -> Truth {
        if self as u8 <= other as u8 { self } else { other }
    }

    /// Between what surely holds and what may hold.
    fn between(surely: bool, maybe: bool) -> Truth {
        match (surely, maybe) {
            (true, _) => Truth::True,
            (false, true) => Truth::Open,
            (false, false) => Truth::False,
        }
    }
}

/// What a part of a layer says.
#[derive(Debug, Clone, Copy)]
struct Bits {
    deny: Truth,
    direct: Truth,
    entity: Truth,
    delegation: Truth,
}

impl Bits {
    const SILENT: Bits = Bits { deny: Truth::False, direct: Truth::False, entity: Truth::False, delegation: Truth::False };

    fn of_kind(&mut self, kind: GrantKind) -> &mut Truth {
        match kind {
            GrantKind::Direct => &mut self.direct,
            GrantKind::Entity => &mut self.entity,
            GrantKind::Delegation => &mut self.delegation,
        }
    }

    fn allows(&self) -> Truth {
        self.direct.or(self.entity).or(self.delegation)
    }

    /// The part can be what keeps its layer from allowing: it does not allow for certain, and does not deny for certain, so that nobody asks what it allows.
    fn may_limit(&self) -> bool {
        self.deny != Truth::True && self.allows() != Truth::True
    }

    fn or(self, other: Bits) -> Bits {
        Bits {
            deny: self.deny.or(other.deny),
            direct: self.direct.or(other.direct),
            entity: self.entity.or(other.entity),
            delegation: self.delegation.or(other.delegation),
        }
    }
}

/// Which bits of a part matter.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    deny: bool,
    direct: bool,
    entity: bool,
    delegation: bool,
}

impl Wanted {
    fn kind(&mut self, kind: GrantKind) -> &mut bool {
        match kind {
            GrantKind::Direct => &mut self.direct,
            GrantKind::Entity => &mut self.entity,
            GrantKind::Delegation => &mut self.delegation,
        }
    }

    fn anything(self) -> bool {
        self.deny || self.direct || self.entity || self.delegation
    }
}

/// Policies that act together: those of a layer, of one level of a chain, or of one endpoint that the request may have come through.
struct Part<'s, 'q> {
    layer: Layer,
    /// The endpoint of an endpoint's policy that counts only if the request came through it, which the request does not say.
    through: Option<&'q str>,
    policies: Vec<(&'s Query<'q>, Consult)>,
}

/// All parts that count for a request.
struct Parts<'s, 'q> {
    parts: Vec<Part<'s, 'q>>,
    sources: Sources<'q>,
}

/// The names of the keys that can still change the decision, folded to ASCII lower case, in order.
pub(super) fn needs<'q>(
    query: &Query<'q>,
    overlay: Option<&'q Views<'q>>,
    facts: &Facts,
    derived: DerivedKeys,
) -> Result<Vec<String>, Fault> {
    if facts.is_get_caller_identity {
        // S-727: allowed, whatever the context says.
        return Ok(Vec::new());
    }
    let over = match overlay {
        Some(views) => Some(query.over(views)?),
        None => None,
    };
    let parts = Parts::of(query, over.as_ref(), facts, derived)?;
    let bits = parts.parts.iter().map(|part| part.bits(derived)).collect::<Result<Vec<_>, _>>()?;
    let wanted = parts.wanted(facts, &bits);
    let mut keys = BTreeSet::new();
    for ((part, bits), wanted) in parts.parts.iter().zip(&bits).zip(&wanted) {
        part.collect(derived, bits, wanted, &mut keys)?;
        if part.through.is_some() && wanted.anything() {
            keys.insert(String::from("aws:sourcevpce"));
        }
    }
    Ok(keys.into_iter().collect())
}

impl<'s, 'q> Parts<'s, 'q> {
    fn of(query: &'s Query<'q>, over: Option<&'s Query<'q>>, facts: &Facts, derived: DerivedKeys) -> Result<Parts<'s, 'q>, Fault> {
        let sources = Sources::of(query, facts)?;
        let mut parts = Vec::new();
        let one = |slice: u32| (query, Consult::slice(slice));
        let mut add = |layer, policies: Vec<(&'s Query<'q>, Consult)>| parts.push(Part { layer, through: None, policies });
        for (layer, levels) in [(Layer::Rcp, sources.rcp), (Layer::Scp, sources.scp)] {
            for level in levels.unwrap_or_default() {
                add(layer, Vec::from([one(level.get())]));
            }
        }
        let policy = super::layers::endpoint_policy(query)?;
        if policy != NONE {
            add(Layer::Endpoint, Vec::from([one(policy)]));
        }
        let acls = sources.acls.into_iter().filter(|slice| *slice != NONE).map(one);
        add(Layer::Resource, sources.policy.map(|consult| (query, consult)).into_iter().chain(acls).collect());
        if let Identity::Policies(slices) = sources.identity {
            add(Layer::Identity, slices.iter().map(|slice| one(*slice)).collect());
        }
        if sources.boundary != NONE {
            add(Layer::Boundary, Vec::from([one(sources.boundary)]));
        }
        if let Session::Policies(set) = sources.session {
            let named = set.named.iter().map(|(slice, _)| one(*slice));
            add(Layer::Session, named.chain(over.map(|over| (over, Consult::slice(0)))).collect());
        }
        if let Some(slot) = query.main.endpoint_slot()?
            && query.is_open(slot, derived)?
        {
            for endpoint in query.main.endpoints {
                let through = Some(query.main.text_str(endpoint.id)?);
                parts.push(Part { layer: Layer::Endpoint, through, policies: Vec::from([one(endpoint.policy.get())]) });
            }
        }
        Ok(Parts { parts, sources })
    }

    /// Which bits of each part matter.
    fn wanted(&self, facts: &Facts, bits: &[Bits]) -> Vec<Wanted> {
        let mut wanted = alloc::vec![Wanted::default(); bits.len()];
        let surely_denies = self.denying(bits);
        for ((part, bits), wanted) in self.parts.iter().zip(bits).zip(&mut wanted) {
            // A Deny changes reason and layer unless an earlier layer denies in any case.
            wanted.deny = bits.deny != Truth::False && surely_denies.is_none_or(|layer| part.layer < layer) && !part.surely_denies(bits);
        }
        if surely_denies.is_some() {
            return wanted;
        }
        let layers = Outcomes::of(self, bits);
        for open in layers.open() {
            if !layers.matters(facts, open) {
                continue;
            }
            for ((part, bits), wanted) in self.parts.iter().zip(bits).zip(&mut wanted) {
                if part.layer != open.layer() {
                    continue;
                }
                match open {
                    Bit::Grant(kind) => *wanted.kind(kind) = true,
                    Bit::Layer(_) if bits.may_limit() => {
                        *wanted = Wanted { deny: wanted.deny, direct: true, entity: true, delegation: true };
                    }
                    Bit::Layer(_) => {}
                }
            }
        }
        wanted
    }

    /// The first layer that denies whatever the open keys are.
    fn denying(&self, bits: &[Bits]) -> Option<Layer> {
        let denies = |(part, bits): &(&Part<'_, '_>, &Bits)| part.surely_denies(bits);
        self.parts.iter().zip(bits).filter(denies).map(|(part, _)| part.layer).min()
    }
}

/// A bit of the layers' outcomes that is not a Deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bit {
    /// The layer allows.
    Layer(Layer),
    /// The resource layer grants with this kind.
    Grant(GrantKind),
}

impl Bit {
    fn layer(self) -> Layer {
        match self {
            Bit::Layer(layer) => layer,
            Bit::Grant(_) => Layer::Resource,
        }
    }
}

/// What the layers say where none denies.
struct Outcomes {
    /// By layer: it applies, and whether it allows. The resource layer is told by its grants.
    layers: Vec<(Layer, bool, Truth)>,
    grants: Vec<(GrantKind, Truth)>,
}

impl Outcomes {
    fn of(parts: &Parts<'_, '_>, bits: &[Bits]) -> Outcomes {
        let of_layer = |layer| parts.parts.iter().zip(bits).filter(move |(part, _)| part.layer == layer).map(|(_, bits)| bits);
        let all = |layer| of_layer(layer).fold(Truth::True, |all, bits| all.and(bits.allows()));
        let any = |layer| of_layer(layer).fold(Bits::SILENT, |any, bits| any.or(*bits));
        let sources = &parts.sources;
        let through_any = parts.parts.iter().any(|part| part.through.is_some());
        let endpoint = match through_any {
            // Without an endpoint nothing is limited.
            true if of_layer(Layer::Endpoint).any(Bits::may_limit) => Truth::Open,
            true => Truth::True,
            false => all(Layer::Endpoint),
        };
        let has_endpoint = of_layer(Layer::Endpoint).next().is_some();
        let identity = match sources.identity {
            Identity::Absent => (false, Truth::False),
            Identity::Allowed => (true, Truth::True),
            Identity::Policies(_) => (true, any(Layer::Identity).allows()),
        };
        let session = match sources.session {
            Session::Absent => (false, Truth::False),
            Session::Silent => (true, Truth::False),
            Session::Policies(_) => (true, any(Layer::Session).allows()),
        };
        let grants = any(Layer::Resource);
        Outcomes {
            layers: Vec::from([
                (Layer::Rcp, sources.rcp.is_some(), all(Layer::Rcp)),
                (Layer::Scp, sources.scp.is_some(), all(Layer::Scp)),
                (Layer::Endpoint, has_endpoint, endpoint),
                (Layer::Identity, identity.0, identity.1),
                (Layer::Boundary, sources.boundary != NONE, any(Layer::Boundary).allows()),
                (Layer::Session, session.0, session.1),
            ]),
            grants: Vec::from([
                (GrantKind::Direct, grants.direct),
                (GrantKind::Entity, grants.entity),
                (GrantKind::Delegation, grants.delegation),
            ]),
        }
    }

    fn open(&self) -> Vec<Bit> {
        let layers =
            self.layers.iter().filter(|(_, applies, allows)| *applies && *allows == Truth::Open).map(|(layer, ..)| Bit::Layer(*layer));
        let grants = self.grants.iter().filter(|(_, grants)| *grants == Truth::Open).map(|(kind, _)| Bit::Grant(*kind));
        layers.chain(grants).collect()
    }

    /// Whether the decision can depend on the bit: it is tried with and without it under every assignment of the other open bits, at most 2^8.
    fn matters(&self, facts: &Facts, bit: Bit) -> bool {
        let others: Vec<Bit> = self.open().into_iter().filter(|other| *other != bit).collect();
        let assignments = 1_u32.checked_shl(u32::try_from(others.len()).unwrap_or(u32::MAX)).unwrap_or(0);
        (0..assignments).any(|assignment| {
            let set = |other: Bit| {
                others.iter().zip(0_u32..).any(|(open, place)| *open == other && assignment.checked_shr(place).unwrap_or(0) & 1 == 1)
            };
            let with = self.decide(facts, &|open| open == bit || set(open));
            let without = self.decide(facts, &|open| open != bit && set(open));
            with != without
        })
    }

    fn decide(&self, facts: &Facts, set: &dyn Fn(Bit) -> bool) -> Decision {
        let holds = |truth: Truth, bit: Bit| truth == Truth::True || (truth == Truth::Open && set(bit));
        let mut states = States::default();
        for (layer, applies, allows) in &self.layers {
            let state = LayerState { applies: *applies, deny: false, allow: holds(*allows, Bit::Layer(*layer)) };
            match layer {
                Layer::Rcp => states.rcp = state,
                Layer::Scp => states.scp = state,
                Layer::Endpoint => states.endpoint = state,
                Layer::Identity => states.identity = state,
                Layer::Boundary => states.boundary = state,
                Layer::Session => states.session = state,
                Layer::Resource => {}
            }
        }
        let mut grants = Verdict::default();
        for (kind, truth) in &self.grants {
            if holds(*truth, Bit::Grant(*kind)) {
                grants.allow(*kind);
            }
        }
        states.grants = grants;
        combine::combine(facts, &states)
    }
}

impl Part<'_, '_> {
    /// Calls the function with each statement that the principal element does not exclude.
    fn each(&self, mut tell: impl FnMut(&Query<'_>, &StatementRecord, bool, GrantKind) -> Result<(), Fault>) -> Result<(), Fault> {
        for (query, consult) in &self.policies {
            match self.through {
                Some(endpoint) => {
                    let context = query.context_through(endpoint)?;
                    each_statement(&query.within(&context), *consult, &mut tell)?;
                }
                None => each_statement(query, *consult, &mut tell)?,
            }
        }
        Ok(())
    }

    /// The part denies, and it counts for certain.
    fn surely_denies(&self, bits: &Bits) -> bool {
        bits.deny == Truth::True && self.through.is_none()
    }

    fn bits(&self, derived: DerivedKeys) -> Result<Bits, Fault> {
        let mut bits = Bits::SILENT;
        self.each(|query, statement, is_deny, kind| {
            let bit = if is_deny { &mut bits.deny } else { bits.of_kind(kind) };
            if *bit != Truth::True {
                *bit = bit.or(statement_truth(query, statement, derived)?);
            }
            Ok(())
        })?;
        Ok(bits)
    }

    /// Adds the keys that open statements read which could set a bit that matters and is not set for certain.
    fn collect(&self, derived: DerivedKeys, bits: &Bits, wanted: &Wanted, keys: &mut BTreeSet<String>) -> Result<(), Fault> {
        let (mut bits, mut wanted) = (*bits, *wanted);
        self.each(|query, statement, is_deny, kind| {
            let is_wanted = if is_deny { wanted.deny } else { *wanted.kind(kind) };
            let settled = if is_deny { bits.deny } else { *bits.of_kind(kind) } == Truth::True;
            if is_wanted && !settled && statement_truth(query, statement, derived)? == Truth::Open {
                each_test(query, statement, &mut |atom| {
                    if truth(query, atom, derived)? == Truth::Open { open_keys(query, atom, derived, keys) } else { Ok(()) }
                })?;
            }
            Ok(())
        })
    }
}

/// Calls the function with each statement of a slice that the principal element does not exclude.
fn each_statement(
    query: &Query<'_>,
    consult: Consult,
    tell: &mut impl FnMut(&Query<'_>, &StatementRecord, bool, GrantKind) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let views = query.views;
    let slice = at(views.slices, consult.slice)?;
    for member in range(views.slice_members, slice.first, slice.len)? {
        let fragment = at(views.fragments, member.fragment.get())?;
        for statement in range(views.statements, fragment.statements_first, fragment.statements_len)? {
            let is_deny = statement.flags.get() & STATEMENT_DENY != 0;
            if is_deny && consult.ignores_deny {
                continue;
            }
            let kind = match statement.principal.get() {
                NONE => Some(GrantKind::Direct),
                principal => element::covers(views, query.principal, principal, is_deny, consult.is_trust)?,
            };
            if let Some(kind) = kind {
                tell(query, statement, is_deny, kind)?;
            }
        }
    }
    Ok(())
}

/// Calls the function with the tests of a statement: its action, its resource, its conditions.
fn each_test<'q>(
    query: &Query<'q>,
    statement: &StatementRecord,
    tell: &mut dyn FnMut(&AtomRecord) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let views = query.views;
    tell(at(views.atoms, statement.action.get())?)?;
    if statement.resource.get() != NONE {
        tell(at(views.atoms, statement.resource.get())?)?;
    }
    for condition in range(views.statement_conditions, statement.conditions_first, statement.conditions_len)? {
        tell(at(views.atoms, condition.get())?)?;
    }
    Ok(())
}

fn statement_truth(query: &Query<'_>, statement: &StatementRecord, derived: DerivedKeys) -> Result<Truth, Fault> {
    let mut all = Truth::True;
    each_test(query, statement, &mut |atom| {
        if all != Truth::False {
            all = all.and(truth(query, atom, derived)?);
        }
        Ok(())
    })?;
    Ok(all)
}

/// A test, when what it reads may be open.
fn truth(query: &Query<'_>, atom: &AtomRecord, derived: DerivedKeys) -> Result<Truth, Fault> {
    let kind = AtomKind::from_number(atom.kind.get()).ok_or(Fault::Corrupt)?;
    if kind != AtomKind::Action && kind != AtomKind::Resource && query.is_open(atom.slot.get(), derived)? {
        return open_key_truth(query, kind, atom);
    }
    // A test grows more true, or less true if it is negated, as its patterns match more; so these two are its bounds.
    let nothing = atom::is_true(&query.with_variables(Variables::Nothing(derived)), atom)?;
    let anything = atom::is_true(&query.with_variables(Variables::Anything(derived)), atom)?;
    Ok(Truth::between(nothing && anything, nothing || anything))
}

/// A condition on an open key: it may be true or false, but for the few that are always one of them.
fn open_key_truth(query: &Query<'_>, kind: AtomKind, atom: &AtomRecord) -> Result<Truth, Fault> {
    let qualifier = Qualifier::from_number(atom.qualifier.get()).ok_or(Fault::Corrupt)?;
    let operands = range(query.views.operands, atom.first, atom.len)?;
    if kind == AtomKind::Null {
        let tests = |value: u32| operands.iter().any(|operand| operand.a.get() == value);
        return Ok(match qualifier {
            Qualifier::ForAllValues => Truth::True,
            Qualifier::ForAnyValue => Truth::False,
            Qualifier::None => Truth::between(tests(0) && tests(1), tests(0) || tests(1)),
        });
    }
    // Without a value to match (S-113, S-515) a positive operator is false for every key that is given, and for one that is not unless `IfExists` or `ForAllValues` says
    // otherwise.
    let exists = atom.flags.get() & ATOM_IF_EXISTS == 0 && qualifier != Qualifier::ForAllValues;
    let never = operands.is_empty() && exists && !atom::is_negated(kind);
    Ok(if never { Truth::False } else { Truth::Open })
}

/// Adds the names of the open keys that an open test depends on.
fn open_keys(query: &Query<'_>, atom: &AtomRecord, derived: DerivedKeys, keys: &mut BTreeSet<String>) -> Result<(), Fault> {
    let views = query.views;
    let mut add = |slot: u32| -> Result<(), Fault> {
        if query.is_open(slot, derived)? {
            keys.insert(String::from(views.text_str(at(views.keys, slot)?.name)?));
        }
        Ok(())
    };
    if atom.slot.get() != NONE {
        add(atom.slot.get())?;
    }
    // Without a set operator a value is compared with each operand alone; so one whose outcome is settled by what is known does not matter.
    let each_alone = Qualifier::from_number(atom.qualifier.get()).ok_or(Fault::Corrupt)? == Qualifier::None;
    for (place, operand) in (atom.first.get()..).zip(range(views.operands, atom.first, atom.len)?) {
        if each_alone
            && truth(query, &AtomRecord { first: U32::new(place), len: U32::new(1), texts: U32::ZERO, ..*atom }, derived)? != Truth::Open
        {
            continue;
        }
        match OperandKind::from_number(operand.kind.get()).ok_or(Fault::Corrupt)? {
            OperandKind::Glob => variables(views, operand.a, operand.b, &mut add)?,
            OperandKind::Arn => {
                for part in &at(views.arn_patterns, operand.a.get())?.parts {
                    variables(views, part.first, part.len, &mut add)?;
                }
            }
            OperandKind::ArnVariable => add(operand.a.get())?,
            _ => {}
        }
    }
    Ok(())
}

/// Calls the function with the slot of each variable among these pieces.
fn variables(views: &Views<'_>, first: U32, len: U32, tell: &mut dyn FnMut(u32) -> Result<(), Fault>) -> Result<(), Fault> {
    for piece in range(views.pieces, first, len)? {
        if piece.kind.get() == PieceKind::Variable as u32 {
            tell(piece.a.get())?;
        }
    }
    Ok(())
}
