//! Atoms, their operands, and what those refer to.

use super::rules::{Budget, Checked, Form, Texts, ensure, ensure_ascending, ensure_id, ensure_optional_id, invalid, range};
use crate::datatypes::Cidr;
use crate::format::{
    ATOM_IF_EXISTS, ATOM_NEGATED, AtomKind, AtomRecord, NONE, OperandKind, OperandRecord, PieceKind, Qualifier, SectionKind, U32,
};
use crate::views::Views;
use alloc::vec::Vec;

/// Pieces, networks, patterns and operands are well-formed; each atom has operands of the kinds that it can have.
pub(super) fn verify(views: &Views<'_>, texts: &mut Texts) -> Checked {
    let pieces = Pieces::verify(views)?;
    for network in views.networks {
        let family = u8::try_from(network.family.get()).unwrap_or(0);
        let prefix = u8::try_from(network.prefix.get()).unwrap_or(u8::MAX);
        let is_normal = Cidr { address: network.address, family, prefix }.is_normal();
        ensure(is_normal, SectionKind::Networks, "a network is not in its normal form")?;
    }
    for pattern in views.arn_patterns {
        for part in &pattern.parts {
            pieces.ensure(views, part.first, part.len, true, SectionKind::ArnPatterns)?;
        }
    }
    for operand in views.operands {
        verify_operand(views, texts, &pieces, operand)?;
    }
    let mut operands = Budget::new(views.operands.len(), SectionKind::Operands);
    let mut action_pieces = Budget::new(views.pieces.len(), SectionKind::Pieces);
    for atom in views.atoms {
        verify_atom(views, texts, &pieces, atom, &mut operands)?;
        if atom.kind.get() == AtomKind::Action as u32 {
            verify_action_globs(views, texts, atom, &mut action_pieces)?;
        }
    }
    Ok(())
}

/// What is known of runs of pieces without walking them again.
struct Pieces {
    /// How many of the pieces before each place are stars or single characters.
    wildcards: Vec<u32>,
    /// How many of the pieces before each place are stars that follow a star.
    doubled: Vec<u32>,
}

impl Pieces {
    /// Checks every piece.
    fn verify(views: &Views<'_>) -> Checked<Pieces> {
        let section = SectionKind::Pieces;
        let (mut wildcards, mut doubled) = (0_u32, 0_u32);
        let mut counts = Pieces { wildcards: Vec::new(), doubled: Vec::new() };
        let mut after_star = false;
        for piece in views.pieces {
            counts.wildcards.push(wildcards);
            let Some(kind) = PieceKind::from_number(piece.kind.get()) else { return invalid(section, "a kind is unknown") };
            match kind {
                PieceKind::Literal => {
                    ensure_id(piece.a, views.strings.len(), section, "a symbol is out of bounds")?;
                    ensure(piece.b.get() == 0, section, "an unused field is not zero")?;
                }
                PieceKind::Star | PieceKind::AnyChar => {
                    ensure(piece.a.get() == 0 && piece.b.get() == 0, section, "an unused field is not zero")?;
                    wildcards = wildcards.saturating_add(1);
                }
                PieceKind::Variable => {
                    ensure_id(piece.a, views.keys.len(), section, "a slot is out of bounds")?;
                    ensure_optional_id(piece.b, views.strings.len(), section, "a symbol is out of bounds")?;
                }
            }
            let is_star = kind == PieceKind::Star;
            doubled = doubled.saturating_add(u32::from(is_star && after_star));
            counts.doubled.push(doubled);
            after_star = is_star;
        }
        counts.wildcards.push(wildcards);
        Ok(counts)
    }

    /// A run in bounds, without two stars side by side; without wildcards where it may have none.
    fn ensure(&self, views: &Views<'_>, first: U32, len: U32, wildcards: bool, section: SectionKind) -> Checked {
        let run = range(views.pieces, first, len, section)?;
        let first = first.get() as usize;
        let end = first.saturating_add(run.len());
        let differ = |counts: &[u32], from: usize, to: usize| counts.get(from) != counts.get(to);
        // Places of the run after its first: a star there follows a piece of the run.
        let has_doubled = !run.is_empty() && differ(&self.doubled, first, end.saturating_sub(1));
        ensure(!has_doubled, section, "two stars stand side by side")?;
        ensure(wildcards || !differ(&self.wildcards, first, end), section, "a text without wildcards has one")
    }
}

fn verify_operand(views: &Views<'_>, texts: &mut Texts, pieces: &Pieces, operand: &OperandRecord) -> Checked {
    let section = SectionKind::Operands;
    let strings = views.strings.len();
    let Some(kind) = OperandKind::from_number(operand.kind.get()) else { return invalid(section, "a kind is unknown") };
    let uses_b = matches!(kind, OperandKind::Glob | OperandKind::ArnVariable | OperandKind::ActionInterval);
    ensure(uses_b || operand.b.get() == 0, section, "an unused field is not zero")?;
    match kind {
        OperandKind::Text => ensure_id(operand.a, strings, section, "a symbol is out of bounds"),
        OperandKind::Glob => pieces.ensure(views, operand.a, operand.b, true, section),
        OperandKind::FoldedText => texts.ensure(views, operand.a, Form::Folded, section),
        OperandKind::Number => texts.ensure(views, operand.a, Form::Number, section),
        OperandKind::Date => texts.ensure(views, operand.a, Form::Date, section),
        OperandKind::Bool => ensure(operand.a.get() <= 1, section, "a boolean is neither 0 nor 1"),
        OperandKind::Network => ensure_id(operand.a, views.networks.len(), section, "a network is out of bounds"),
        OperandKind::Arn => ensure_id(operand.a, views.arn_patterns.len(), section, "a pattern is out of bounds"),
        OperandKind::ArnVariable => {
            ensure_id(operand.a, views.keys.len(), section, "a slot is out of bounds")?;
            ensure_optional_id(operand.b, strings, section, "a symbol is out of bounds")
        }
        OperandKind::AnyArn | OperandKind::AllResources => ensure(operand.a.get() == 0, section, "an unused field is not zero"),
        OperandKind::ActionInterval => {
            let (from, to) = (operand.a.get(), operand.b.get());
            ensure(from < to && to as usize <= views.action_bounds.len(), section, "an interval of actions is empty or out of bounds")
        }
    }
}

/// Which operands an atom can have.
fn fits(kind: AtomKind, operand: OperandKind) -> bool {
    use AtomKind as A;
    use OperandKind as O;
    match kind {
        A::Action => matches!(operand, O::ActionInterval | O::Glob),
        A::Resource => matches!(operand, O::AllResources | O::Arn),
        A::StringEquals | A::StringNotEquals | A::StringLike | A::StringNotLike => matches!(operand, O::Text | O::Glob),
        A::StringEqualsIgnoreCase | A::StringNotEqualsIgnoreCase => matches!(operand, O::FoldedText | O::Glob),
        A::NumericEquals
        | A::NumericNotEquals
        | A::NumericLessThan
        | A::NumericLessThanEquals
        | A::NumericGreaterThan
        | A::NumericGreaterThanEquals => operand == O::Number,
        A::DateEquals | A::DateNotEquals | A::DateLessThan | A::DateLessThanEquals | A::DateGreaterThan | A::DateGreaterThanEquals => {
            operand == O::Date
        }
        A::Bool => matches!(operand, O::Bool | O::Glob),
        A::BinaryEquals => operand == O::Text,
        A::IpAddress | A::NotIpAddress => operand == O::Network,
        A::ArnLike | A::ArnNotLike => matches!(operand, O::AnyArn | O::Arn | O::ArnVariable),
        A::Null => operand == O::Bool,
    }
}

/// Whether globs of the atom may hold wildcards.
fn takes_wildcards(kind: AtomKind) -> bool {
    matches!(kind, AtomKind::Action | AtomKind::StringLike | AtomKind::StringNotLike)
}

fn verify_atom(views: &Views<'_>, texts: &mut Texts, pieces: &Pieces, atom: &AtomRecord, budget: &mut Budget) -> Checked {
    let section = SectionKind::Atoms;
    let Some(kind) = AtomKind::from_number(atom.kind.get()) else { return invalid(section, "a kind is unknown") };
    let Some(qualifier) = Qualifier::from_number(atom.qualifier.get()) else { return invalid(section, "a qualifier is unknown") };
    let flags = atom.flags.get();
    if matches!(kind, AtomKind::Action | AtomKind::Resource) {
        ensure(flags & !ATOM_NEGATED == 0, section, "a flag is unknown")?;
        ensure(atom.slot.get() == NONE && qualifier == Qualifier::None, section, "an element has a key or a qualifier")?;
    } else {
        let known = if kind == AtomKind::Null { 0 } else { ATOM_IF_EXISTS };
        ensure(flags & !known == 0, section, "a flag is unknown")?;
        ensure_id(atom.slot, views.keys.len(), section, "a slot is out of bounds")?;
    }
    let operands = range(views.operands, atom.first, atom.len, section)?;
    budget.spend(operands.len())?;
    let Some((plain, others)) = operands.split_at_checked(atom.texts.get() as usize) else {
        return invalid(section, "there are more texts than operands");
    };
    let is = |operand: &OperandRecord, kind: OperandKind| operand.kind.get() == kind as u32;
    ensure(plain.iter().all(|operand| is(operand, OperandKind::Text)), section, "an operand is no text")?;
    ensure(!others.iter().any(|operand| is(operand, OperandKind::Text)), section, "a text is not among the texts")?;
    ensure_ascending(plain.iter().map(|operand| operand.a.get()), section, "texts are not in strictly ascending order")?;
    for operand in operands {
        let fit = OperandKind::from_number(operand.kind.get()).is_some_and(|operand| fits(kind, operand));
        ensure(fit, section, "an operand does not fit the operator")?;
        if is(operand, OperandKind::Glob) && !takes_wildcards(kind) {
            pieces.ensure(views, operand.a, operand.b, false, section)?;
        }
        if kind == AtomKind::BinaryEquals {
            texts.ensure(views, operand.a, Form::Base64, section)?;
        }
    }
    Ok(())
}

/// Actions are compared folded and hold no variables (S-201, S-602).
fn verify_action_globs(views: &Views<'_>, texts: &mut Texts, atom: &AtomRecord, budget: &mut Budget) -> Checked {
    let section = SectionKind::Atoms;
    for operand in range(views.operands, atom.first, atom.len, section)? {
        if operand.kind.get() != OperandKind::Glob as u32 {
            continue;
        }
        let run = range(views.pieces, operand.a, operand.b, section)?;
        budget.spend(run.len())?;
        for piece in run {
            ensure(piece.kind.get() != PieceKind::Variable as u32, section, "an action has a variable")?;
            if piece.kind.get() == PieceKind::Literal as u32 {
                texts.ensure(views, piece.a, Form::AsciiFolded, section)?;
            }
        }
    }
    Ok(())
}
