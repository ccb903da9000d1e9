//! Names of condition operators (`operator.pest`, S-505).

use super::policy::{BaseOperator, Operator, Qualifier};
use pest::Parser;
use pest::iterators::Pair;

mod grammar {
    #![allow(missing_docs, reason = "generated; the rules are documented in the grammar")]

    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/operator.pest"]
    pub(super) struct OperatorParser;
}

use grammar::{OperatorParser, Rule};

/// The base operators in their usual spelling. `ArnEquals` and `ArnLike` are one (S-515).
pub(super) const BASES: &[(&str, BaseOperator)] = &[
    ("StringEquals", BaseOperator::StringEquals),
    ("StringNotEquals", BaseOperator::StringNotEquals),
    ("StringEqualsIgnoreCase", BaseOperator::StringEqualsIgnoreCase),
    ("StringNotEqualsIgnoreCase", BaseOperator::StringNotEqualsIgnoreCase),
    ("StringLike", BaseOperator::StringLike),
    ("StringNotLike", BaseOperator::StringNotLike),
    ("NumericEquals", BaseOperator::NumericEquals),
    ("NumericNotEquals", BaseOperator::NumericNotEquals),
    ("NumericLessThan", BaseOperator::NumericLessThan),
    ("NumericLessThanEquals", BaseOperator::NumericLessThanEquals),
    ("NumericGreaterThan", BaseOperator::NumericGreaterThan),
    ("NumericGreaterThanEquals", BaseOperator::NumericGreaterThanEquals),
    ("DateEquals", BaseOperator::DateEquals),
    ("DateNotEquals", BaseOperator::DateNotEquals),
    ("DateLessThan", BaseOperator::DateLessThan),
    ("DateLessThanEquals", BaseOperator::DateLessThanEquals),
    ("DateGreaterThan", BaseOperator::DateGreaterThan),
    ("DateGreaterThanEquals", BaseOperator::DateGreaterThanEquals),
    ("Bool", BaseOperator::Bool),
    ("BinaryEquals", BaseOperator::BinaryEquals),
    ("IpAddress", BaseOperator::IpAddress),
    ("NotIpAddress", BaseOperator::NotIpAddress),
    ("ArnEquals", BaseOperator::ArnLike),
    ("ArnNotEquals", BaseOperator::ArnNotLike),
    ("ArnLike", BaseOperator::ArnLike),
    ("ArnNotLike", BaseOperator::ArnNotLike),
    ("Null", BaseOperator::Null),
];

/// The operator of a name in any letter case; `None` if there is none.
pub(super) fn operator(name: &str) -> Option<Operator> {
    // A base in its usual spelling, which is nearly every name, needs no parse: it is what the grammar would give.
    if let Some((_, base)) = BASES.iter().find(|(base, _)| *base == name) {
        return Some(Operator { qualifier: Qualifier::None, base: *base, if_exists: false });
    }
    parsed(name)
}

/// The same by the grammar alone.
pub(super) fn parsed(name: &str) -> Option<Operator> {
    let whole = OperatorParser::parse(Rule::operator, name).ok()?.next()?;
    let mut operator = Operator { qualifier: Qualifier::None, base: BaseOperator::Null, if_exists: false };
    for pair in whole.into_inner() {
        match pair.as_rule() {
            Rule::for_all_values => operator.qualifier = Qualifier::ForAllValues,
            Rule::for_any_value => operator.qualifier = Qualifier::ForAnyValue,
            Rule::if_exists => operator.if_exists = true,
            Rule::base => operator.base = base(&pair)?,
            _ => {}
        }
    }
    Some(operator)
}

fn base(pair: &Pair<'_, Rule>) -> Option<BaseOperator> {
    BASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(pair.as_str())).map(|(_, base)| *base)
}

/// The usual spelling of a name that the grammar accepts.
pub(super) fn usual_spelling(name: &str) -> String {
    let mut usual = String::with_capacity(name.len());
    let mut rest = name;
    for qualifier in ["ForAllValues:", "ForAnyValue:"] {
        if let Some(after) = strip_prefix_ignoring_case(rest, qualifier) {
            usual.push_str(qualifier);
            rest = after;
        }
    }
    for (base, _) in BASES {
        match strip_prefix_ignoring_case(rest, base) {
            Some("") => return usual + base,
            Some(suffix) if suffix.eq_ignore_ascii_case("IfExists") => return usual + base + "IfExists",
            _ => {}
        }
    }
    name.to_owned()
}

fn strip_prefix_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or_default())
}

/// True for operators that are true when the value does not match (S-501).
pub(super) fn is_negated(base: BaseOperator) -> bool {
    use BaseOperator::{
        ArnNotLike, DateNotEquals, NotIpAddress, NumericNotEquals, StringNotEquals, StringNotEqualsIgnoreCase, StringNotLike,
    };
    matches!(
        base,
        StringNotEquals | StringNotEqualsIgnoreCase | StringNotLike | NumericNotEquals | DateNotEquals | NotIpAddress | ArnNotLike
    )
}
