//! Context keys, atoms, operands and pieces.

use super::sections::{Encoder, PieceContent};
use super::strings::Symbols;
use crate::ir::{ActionTest, Atom, ConditionTest, Program, ResourceTest};
use crate::syntax::policy::{ArnPattern, BaseOperator, ConditionValue, Piece, Qualifier as SyntaxQualifier, ResourcePattern};
use crate::trie::is_exact;
use indexmap::IndexSet;
use portcullis_runtime::datatypes::fold;
use portcullis_runtime::format::{
    ATOM_IF_EXISTS, ATOM_NEGATED, ArnPatternRecord, AtomKind, AtomRecord, Derivation, KeyRecord, NONE, NetworkRecord, OperandKind,
    OperandRecord, PieceKind, PieceRange, PieceRecord, Qualifier, U32,
};

/// The folded key whose value is the id of the endpoint that a request came through (S-710).
const ENDPOINT_KEY: &str = "aws:sourcevpce";

/// Every context key that a condition or a variable of the program reads, sorted: the slots. Endpoints are found by a key of their own (S-710).
pub(super) fn slots(program: &Program, has_endpoints: bool) -> IndexSet<String> {
    let mut keys: IndexSet<String> = IndexSet::new();
    if has_endpoints {
        keys.insert(ENDPOINT_KEY.to_owned());
    }
    let mut add = |key: &String| {
        if !keys.contains(key) {
            keys.insert(key.clone());
        }
    };
    let pieces_keys = |pieces: &[Piece], add: &mut dyn FnMut(&String)| {
        for piece in pieces {
            if let Piece::Variable { key, .. } = piece {
                add(key);
            }
        }
    };
    for atom in program.atoms.iter() {
        match atom {
            Atom::Action(_) => {}
            Atom::Resource(test) => {
                for pattern in &test.patterns {
                    if let ResourcePattern::Arn(arn) = pattern {
                        arn.parts.iter().for_each(|part| pieces_keys(part, &mut add));
                    }
                }
            }
            Atom::Condition(test) => {
                add(&test.key);
                for value in &test.values {
                    match value {
                        ConditionValue::Text(pieces) | ConditionValue::BoolText(pieces) => pieces_keys(pieces, &mut add),
                        ConditionValue::Arn(arn) => arn.parts.iter().for_each(|part| pieces_keys(part, &mut add)),
                        ConditionValue::ArnVariable { key, .. } => add(key),
                        _ => {}
                    }
                }
            }
        }
    }
    keys.sort();
    keys
}

impl<S: Symbols> Encoder<'_, S> {
    pub(super) fn keys(&mut self) {
        for key in self.slots {
            let (derivation, tag) = Derivation::of_key(key);
            let name = self.symbol(key);
            let tag = tag.map_or(U32::new(NONE), |tag| self.symbol(tag));
            self.out.keys.push(KeyRecord { name, derivation: U32::new(derivation as u32), tag });
        }
    }

    pub(super) fn atoms(&mut self) {
        let program = self.parts.program;
        for atom in program.atoms.iter() {
            let record = match atom {
                Atom::Action(test) => self.action_atom(test),
                Atom::Resource(test) => self.resource_atom(test),
                Atom::Condition(test) => self.condition_atom(test),
            };
            self.out.atoms.push(record);
        }
    }

    fn action_atom(&mut self, test: &ActionTest) -> AtomRecord {
        let line = &self.parts.tries.line;
        let exact = test.patterns.iter().filter(|pattern| is_exact(pattern));
        let mut operands: Vec<OperandRecord> =
            line.exact_runs(exact).into_iter().map(|(first, end)| operand(OperandKind::ActionInterval, first, end)).collect();
        for pattern in test.patterns.iter().filter(|pattern| !is_exact(pattern)) {
            operands.push(self.glob_operand(&pattern.pieces));
        }
        let flags = if test.negated { ATOM_NEGATED } else { 0 };
        self.atom(AtomKind::Action, Qualifier::None, flags, NONE, operands)
    }

    fn resource_atom(&mut self, test: &ResourceTest) -> AtomRecord {
        let operands = test
            .patterns
            .iter()
            .map(|pattern| match pattern {
                ResourcePattern::All => operand(OperandKind::AllResources, 0, 0),
                ResourcePattern::Arn(arn) => operand(OperandKind::Arn, self.arn_pattern(arn), 0),
            })
            .collect();
        let flags = if test.negated { ATOM_NEGATED } else { 0 };
        self.atom(AtomKind::Resource, Qualifier::None, flags, NONE, operands)
    }

    fn condition_atom(&mut self, test: &ConditionTest) -> AtomRecord {
        let kind = atom_kind(test.operator.base);
        let qualifier = match test.operator.qualifier {
            SyntaxQualifier::None => Qualifier::None,
            SyntaxQualifier::ForAllValues => Qualifier::ForAllValues,
            SyntaxQualifier::ForAnyValue => Qualifier::ForAnyValue,
        };
        let folded = matches!(kind, AtomKind::StringEqualsIgnoreCase | AtomKind::StringNotEqualsIgnoreCase);
        let operands = test.values.iter().map(|value| self.value(value, folded)).collect();
        let flags = if test.operator.if_exists { ATOM_IF_EXISTS } else { 0 };
        let slot = self.slot(&test.key);
        self.atom(kind, qualifier, flags, slot, operands)
    }

    /// An atom with these alternatives: plain texts first, in the order of their symbols, the others as they come.
    fn atom(&mut self, kind: AtomKind, qualifier: Qualifier, flags: u32, slot: u32, operands: Vec<OperandRecord>) -> AtomRecord {
        let is_text = |operand: &OperandRecord| operand.kind.get() == OperandKind::Text as u32;
        let (mut texts, mut others): (Vec<_>, Vec<_>) = operands.into_iter().partition(is_text);
        texts.sort_unstable_by_key(|operand| operand.a.get());
        texts.dedup_by_key(|operand| operand.a.get());
        let mut seen = std::collections::HashSet::new();
        others.retain(|operand| seen.insert((operand.kind.get(), operand.a.get(), operand.b.get())));
        let first = self.number(self.out.operands.len());
        let text_count = self.number(texts.len());
        let len = self.number(texts.len() + others.len());
        self.out.operands.extend(texts);
        self.out.operands.extend(others);
        AtomRecord {
            kind: U32::new(kind as u32),
            qualifier: U32::new(qualifier as u32),
            flags: U32::new(flags),
            slot: U32::new(slot),
            first: U32::new(first),
            len: U32::new(len),
            texts: U32::new(text_count),
        }
    }

    fn value(&mut self, value: &ConditionValue, folded: bool) -> OperandRecord {
        match value {
            ConditionValue::Text(pieces) => match plain(pieces) {
                Some(text) if folded => operand(OperandKind::FoldedText, self.symbols.symbol(&fold(text)), 0),
                Some(text) => operand(OperandKind::Text, self.symbols.symbol(text), 0),
                None => self.glob_operand(pieces),
            },
            ConditionValue::Number(number) => operand(OperandKind::Number, self.symbols.symbol(number.text()), 0),
            ConditionValue::Date(instant) => operand(OperandKind::Date, self.symbols.symbol(instant.text()), 0),
            ConditionValue::Bool(value) => operand(OperandKind::Bool, u32::from(*value), 0),
            ConditionValue::BoolText(pieces) => self.glob_operand(pieces),
            ConditionValue::Binary(text) => operand(OperandKind::Text, self.symbols.symbol(text), 0),
            ConditionValue::Network(network) => {
                let content = (network.address, u32::from(network.family), u32::from(network.prefix));
                let next = self.number(self.out.networks.len());
                let id = *self.known_networks.entry(content).or_insert(next);
                if id == next {
                    let (address, family, prefix) = content;
                    self.out.networks.push(NetworkRecord { address, family: U32::new(family), prefix: U32::new(prefix) });
                }
                operand(OperandKind::Network, id, 0)
            }
            ConditionValue::AnyArn => operand(OperandKind::AnyArn, 0, 0),
            ConditionValue::Arn(arn) => operand(OperandKind::Arn, self.arn_pattern(arn), 0),
            ConditionValue::ArnVariable { key, default } => {
                let slot = self.slot(key);
                let default = default.as_ref().map_or(NONE, |default| self.symbols.symbol(default));
                operand(OperandKind::ArnVariable, slot, default)
            }
        }
    }

    fn glob_operand(&mut self, pieces: &[Piece]) -> OperandRecord {
        let (first, len) = self.glob(pieces);
        operand(OperandKind::Glob, first, len)
    }

    /// A range of `Pieces` with these pieces; equal ones are written once.
    fn glob(&mut self, pieces: &[Piece]) -> (u32, u32) {
        let content: Vec<PieceContent> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => (PieceKind::Literal as u32, self.symbols.symbol(text), 0),
                Piece::Star => (PieceKind::Star as u32, 0, 0),
                Piece::AnyChar => (PieceKind::AnyChar as u32, 0, 0),
                Piece::Variable { key, default } => {
                    let default = default.as_ref().map_or(NONE, |default| self.symbols.symbol(default));
                    (PieceKind::Variable as u32, self.slot(key), default)
                }
            })
            .collect();
        if let Some(&range) = self.known_globs.get(&content) {
            return range;
        }
        let range = (self.number(self.out.pieces.len()), self.number(content.len()));
        let records = content.iter().map(|&(kind, a, b)| PieceRecord { kind: U32::new(kind), a: U32::new(a), b: U32::new(b) });
        self.out.pieces.extend(records);
        self.known_globs.insert(content, range);
        range
    }

    fn arn_pattern(&mut self, arn: &ArnPattern) -> u32 {
        let parts = arn.parts.each_ref().map(|part| self.glob(part));
        let next = self.number(self.out.arn_patterns.len());
        let id = *self.known_arns.entry(parts).or_insert(next);
        if id == next {
            let parts = parts.map(|(first, len)| PieceRange { first: U32::new(first), len: U32::new(len) });
            self.out.arn_patterns.push(ArnPatternRecord { parts });
        }
        id
    }
}

fn operand(kind: OperandKind, a: u32, b: u32) -> OperandRecord {
    OperandRecord { kind: U32::new(kind as u32), a: U32::new(a), b: U32::new(b) }
}

/// The text of pieces without wildcards and variables.
fn plain(pieces: &[Piece]) -> Option<&str> {
    match pieces {
        [] => Some(""),
        [Piece::Literal(text)] => Some(text),
        _ => None,
    }
}

fn atom_kind(base: BaseOperator) -> AtomKind {
    match base {
        BaseOperator::StringEquals => AtomKind::StringEquals,
        BaseOperator::StringNotEquals => AtomKind::StringNotEquals,
        BaseOperator::StringEqualsIgnoreCase => AtomKind::StringEqualsIgnoreCase,
        BaseOperator::StringNotEqualsIgnoreCase => AtomKind::StringNotEqualsIgnoreCase,
        BaseOperator::StringLike => AtomKind::StringLike,
        BaseOperator::StringNotLike => AtomKind::StringNotLike,
        BaseOperator::NumericEquals => AtomKind::NumericEquals,
        BaseOperator::NumericNotEquals => AtomKind::NumericNotEquals,
        BaseOperator::NumericLessThan => AtomKind::NumericLessThan,
        BaseOperator::NumericLessThanEquals => AtomKind::NumericLessThanEquals,
        BaseOperator::NumericGreaterThan => AtomKind::NumericGreaterThan,
        BaseOperator::NumericGreaterThanEquals => AtomKind::NumericGreaterThanEquals,
        BaseOperator::DateEquals => AtomKind::DateEquals,
        BaseOperator::DateNotEquals => AtomKind::DateNotEquals,
        BaseOperator::DateLessThan => AtomKind::DateLessThan,
        BaseOperator::DateLessThanEquals => AtomKind::DateLessThanEquals,
        BaseOperator::DateGreaterThan => AtomKind::DateGreaterThan,
        BaseOperator::DateGreaterThanEquals => AtomKind::DateGreaterThanEquals,
        BaseOperator::Bool => AtomKind::Bool,
        BaseOperator::BinaryEquals => AtomKind::BinaryEquals,
        BaseOperator::IpAddress => AtomKind::IpAddress,
        BaseOperator::NotIpAddress => AtomKind::NotIpAddress,
        BaseOperator::ArnLike => AtomKind::ArnLike,
        BaseOperator::ArnNotLike => AtomKind::ArnNotLike,
        BaseOperator::Null => AtomKind::Null,
    }
}
