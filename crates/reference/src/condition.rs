//! Condition blocks (section 5).
//!
//! Input: the `Condition` member of a statement, then the context of a request. Output: a list of tests, one for each
//! operator and key; the block is true when all of them are (S-501). Values are read into the operator's type once, when
//! the policy is read.

use std::cmp::Ordering;

use crate::address::{Address, Network};
use crate::context::{Context, ContextValue};
use crate::datatypes::{Decimal, base64, boolean, instant, number};
use crate::fold::equal_ignoring_case;
use crate::glob::matches;
use crate::resource::{Arn, all_parts_match};
use crate::template::{self, Piece, STAR, Special};
use crate::value::{Error, Shape, Value, one_or_many};

/// One operator applied to one key.
#[derive(Debug)]
pub(crate) struct Test {
    operator: Operator,
    key: String,
    values: Vec<PolicyValue>,
}

/// An operator name taken apart: `[ForAllValues:|ForAnyValue:] base [IfExists]` (S-505).
#[derive(Clone, Copy, Debug)]
struct Operator {
    set: Option<Set>,
    base: Base,
    /// A negated operator is true when no policy value matches (S-501).
    negated: bool,
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Set {
    All,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Base {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A policy value in the type of its operator.
#[derive(Debug)]
enum PolicyValue {
    Text(Vec<Piece>),
    Decimal(Decimal),
    Bytes(Vec<u8>),
    Network(Network),
    /// For `Null`: whether the key shall be absent.
    Absent(bool),
    Arn(ArnValue),
}

#[derive(Debug)]
enum ArnValue {
    /// One variable alone: its value is cut into parts after substitution (S-606).
    Variable(Vec<Piece>),
    Parts(Vec<Vec<Piece>>),
}

/// Reads a condition block.
pub(crate) fn read_conditions(value: &Value, variables: bool) -> Result<Vec<Test>, Error> {
    let shape = Shape("data-type");
    let mut tests = Vec::new();
    for (name, keys) in shape.members(value, "a condition")? {
        let operator = read_operator(name)?;
        for (key, values) in shape.members(keys, "the keys of an operator")? {
            let read = |value| read_policy_value(operator.base, &shape.scalar(value, "a condition value")?, variables);
            let values = one_or_many(values).iter().map(read).collect::<Result<_, Error>>()?;
            tests.push(Test { operator, key: key.clone(), values });
        }
    }
    Ok(tests)
}

fn read_operator(name: &str) -> Result<Operator, Error> {
    let lower = name.to_ascii_lowercase();
    let (set, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
        (Some(Set::All), rest)
    } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
        (Some(Set::Any), rest)
    } else {
        (None, lower.as_str())
    };
    let (word, if_exists) = match rest.strip_suffix("ifexists") {
        Some(word) => (word, true),
        None => (rest, false),
    };
    let (base, negated) =
        base_operator(word).ok_or_else(|| Error::new("invalid-operator", format!("`{name}` is no condition operator")))?;
    if base == Base::Null && if_exists {
        return Shape("null-if-exists").refuse("`Null` takes no `IfExists`");
    }
    Ok(Operator { set, base, negated, if_exists })
}

/// The operator that a name in lower case stands for, and whether it is negated.
fn base_operator(word: &str) -> Option<(Base, bool)> {
    let comparison = |word| {
        Some(match word {
            "equals" => (Comparison::Equal, false),
            "notequals" => (Comparison::Equal, true),
            "lessthan" => (Comparison::Less, false),
            "lessthanequals" => (Comparison::LessOrEqual, false),
            "greaterthan" => (Comparison::Greater, false),
            "greaterthanequals" => (Comparison::GreaterOrEqual, false),
            _ => return None,
        })
    };
    if let Some(word) = word.strip_prefix("numeric") {
        return comparison(word).map(|(comparison, negated)| (Base::Numeric(comparison), negated));
    }
    if let Some(word) = word.strip_prefix("date") {
        return comparison(word).map(|(comparison, negated)| (Base::Date(comparison), negated));
    }
    Some(match word {
        "stringequals" => (Base::StringEquals, false),
        "stringnotequals" => (Base::StringEquals, true),
        "stringequalsignorecase" => (Base::StringEqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Base::StringEqualsIgnoreCase, true),
        "stringlike" => (Base::StringLike, false),
        "stringnotlike" => (Base::StringLike, true),
        "bool" => (Base::Bool, false),
        "binaryequals" => (Base::Binary, false),
        "ipaddress" => (Base::Ip, false),
        "notipaddress" => (Base::Ip, true),
        "arnequals" | "arnlike" => (Base::Arn, false),
        "arnnotequals" | "arnnotlike" => (Base::Arn, true),
        "null" => (Base::Null, false),
        _ => return None,
    })
}

fn read_policy_value(base: Base, text: &str, variables: bool) -> Result<PolicyValue, Error> {
    let pieces = |wildcards| template::read(text, Special { variables, wildcards });
    let typed = match base {
        Base::StringEquals | Base::StringEqualsIgnoreCase => Some(PolicyValue::Text(pieces(false)?)),
        Base::StringLike => Some(PolicyValue::Text(pieces(true)?)),
        Base::Numeric(_) => number(text).map(PolicyValue::Decimal),
        Base::Date(_) => instant(text).map(PolicyValue::Decimal),
        Base::Binary => base64(text).map(PolicyValue::Bytes),
        Base::Ip => Network::read(text).map(PolicyValue::Network),
        Base::Null => boolean(text).map(PolicyValue::Absent),
        Base::Arn => Some(PolicyValue::Arn(read_arn_value(pieces(true)?))),
        Base::Bool => {
            let pieces = pieces(false)?;
            // With a variable the value is known only in a request (S-602).
            let has_variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }));
            (has_variable || boolean(text).is_some()).then_some(PolicyValue::Text(pieces))
        }
    };
    typed.ok_or_else(|| Error::new("invalid-condition-value", format!("`{text}` is not of the operator's type")))
}

fn read_arn_value(pieces: Vec<Piece>) -> ArnValue {
    if let [Piece::Variable { .. }] = pieces.as_slice() {
        return ArnValue::Variable(pieces);
    }
    let mut parts = template::cut(&pieces);
    // A short pattern that ends in a star reads the missing parts as stars; any other stays short and matches nothing
    // (S-515).
    if pieces.last() == Some(&STAR) {
        parts.resize(6, vec![STAR]);
    }
    ArnValue::Parts(parts)
}

impl Test {
    /// Whether the test is true, by the table at the end of section 5.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let value = context.value(&self.key);
        let operator = self.operator;
        if operator.base == Base::Null {
            return self.null_holds(value);
        }
        let Some(value) = value else {
            // S-517 and S-522, S-518, S-519, S-503.
            return operator.if_exists || operator.set.map_or(operator.negated, |set| set == Set::All);
        };
        let values = match value {
            ContextValue::Single(text) => std::slice::from_ref(text),
            // A plain operator is not satisfied by a multivalued key, positive or negated (S-506).
            ContextValue::Many(_) if operator.set.is_none() => return false,
            ContextValue::Many(texts) => texts,
        };
        // A set of only empty strings is the null data set.
        let null_set = values.iter().all(String::is_empty);
        match operator.set {
            None => values.iter().all(|text| self.satisfied_by(text, context)),
            Some(Set::All) => null_set || values.iter().all(|text| self.satisfied_by(text, context)),
            Some(Set::Any) => !null_set && values.iter().any(|text| self.satisfied_by(text, context)),
        }
    }

    /// S-516, and S-523 for the set prefixes.
    fn null_holds(&self, value: Option<&ContextValue>) -> bool {
        if let Some(set) = self.operator.set {
            return set == Set::All;
        }
        let absent = match value {
            None => true,
            Some(ContextValue::Single(_)) => false,
            Some(ContextValue::Many(texts)) => texts.iter().all(String::is_empty),
        };
        self.values.iter().any(|value| matches!(value, PolicyValue::Absent(wanted) if *wanted == absent))
    }

    /// Whether one request value satisfies the operator against the whole policy list (S-501).
    fn satisfied_by(&self, text: &str, context: &Context) -> bool {
        self.values.iter().any(|value| self.value_matches(value, text, context)) != self.operator.negated
    }

    /// Whether a request value equals, or stands in the operator's relation to, one policy value. A value that is not of
    /// the type matches nothing (S-525), nor does a policy value with an unresolved variable (S-607).
    fn value_matches(&self, value: &PolicyValue, text: &str, context: &Context) -> bool {
        let compared =
            |wanted: &Decimal, own: Option<Decimal>, comparison: Comparison| own.is_some_and(|own| comparison.accepts(own.compare(wanted)));
        match (self.operator.base, value) {
            (Base::StringLike, PolicyValue::Text(pieces)) => template::expand(pieces, context).is_some_and(|tokens| matches(&tokens, text)),
            (base, PolicyValue::Text(pieces)) => {
                let Some(wanted) = template::expand_to_text(pieces, context) else {
                    return false;
                };
                match base {
                    Base::StringEqualsIgnoreCase => equal_ignoring_case(&wanted, text),
                    Base::Bool => boolean(text).is_some() && boolean(text) == boolean(&wanted),
                    _ => wanted == text,
                }
            }
            (Base::Numeric(comparison), PolicyValue::Decimal(wanted)) => compared(wanted, number(text), comparison),
            (Base::Date(comparison), PolicyValue::Decimal(wanted)) => compared(wanted, instant(text), comparison),
            (_, PolicyValue::Bytes(wanted)) => base64(text).as_ref() == Some(wanted),
            (_, PolicyValue::Network(network)) => Address::read(text).is_some_and(|own| network.contains(own)),
            (_, PolicyValue::Arn(wanted)) => Arn::read(text).is_some_and(|own| arn_matches(wanted, &own, context)),
            (_, PolicyValue::Decimal(_) | PolicyValue::Absent(_)) => false,
        }
    }
}

fn arn_matches(wanted: &ArnValue, own: &Arn, context: &Context) -> bool {
    match wanted {
        // Both are cut alike and the substituted text is literal, so equal parts are equal texts.
        ArnValue::Variable(pieces) => template::expand_to_text(pieces, context).as_ref() == Some(&own.text),
        ArnValue::Parts(parts) => all_parts_match(parts, own, context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, wanted: &str, own: Option<ContextValue>) -> Result<bool, Error> {
        let key = Value::Object(vec![("svc:K".into(), Value::String(wanted.into()))]);
        let tests = read_conditions(&Value::Object(vec![(operator.into(), key)]), true)?;
        let mut context = Context::of(&[("own:arn", "arn:aws:s3:::*")]);
        if let Some(own) = own {
            context.add("SVC:k", own);
        }
        Ok(tests.iter().all(|test| test.holds(&context)))
    }

    #[test]
    fn arn_operators() {
        for (pattern, own, expected) in [
            ("*", "arn:aws:s3:::b", true),
            ("*", "b", false),
            ("arn:aws:iam::*", "arn:aws:iam::111111111111:role/a", true),
            ("arn:aws:iam:*", "arn:aws:iam::111111111111:role/a", true),
            ("arn:aws:iam", "arn:aws:iam::111111111111:role/a", false),
            ("arn:aws:x:*:1*:f/*", "arn:aws:x:r:2:1:f/a", false),
            ("*:aws:s3:::b", "arn:aws:s3:::b", true),
            ("${own:arn}", "arn:aws:s3:::*", true),
            ("${own:arn}", "arn:aws:s3:::b", false),
            ("${own:arn}x", "arn:aws:s3:::*x", false),
        ] {
            let single = Some(ContextValue::Single(own.into()));
            assert_eq!(holds("ArnLike", pattern, single.clone()), Ok(expected), "{pattern} {own}");
            assert_eq!(holds("arnnotequals", pattern, single), Ok(!expected), "{pattern} {own}");
        }
    }

    /// The table at the end of section 5, row by row.
    #[test]
    fn summary_by_request_state() {
        let single = |text: &str| Some(ContextValue::Single(text.into()));
        let many = |texts: &[&str]| Some(ContextValue::Many(texts.iter().map(|text| text.to_string()).collect()));
        let states = [None, many(&[]), single("a"), single("b"), single(""), many(&["a"]), many(&["a", "b"]), many(&["", ""])];
        for (operator, expected) in [
            ("StringEquals", [false, false, true, false, false, false, false, false]),
            ("StringNotEquals", [true, true, false, true, true, false, false, false]),
            ("StringEqualsIfExists", [true, true, true, false, false, false, false, false]),
            ("StringNotEqualsIfExists", [true, true, false, true, true, false, false, false]),
            ("ForAllValues:StringEquals", [true, true, true, false, true, true, false, true]),
            ("ForAllValues:StringNotEquals", [true, true, false, true, true, false, false, true]),
            ("ForAnyValue:StringEquals", [false, false, true, false, false, true, true, false]),
            ("ForAnyValue:StringNotEquals", [false, false, false, true, false, false, true, false]),
            ("ForAnyValue:StringEqualsIfExists", [true, true, true, false, false, true, true, false]),
            ("ForAllValues:StringEqualsIfExists", [true, true, true, false, true, true, false, true]),
        ] {
            for (state, expected) in states.iter().zip(expected) {
                assert_eq!(holds(operator, "a", state.clone()), Ok(expected), "{operator} {state:?}");
            }
        }
        for (state, expected) in states.iter().zip([true, true, false, false, false, false, false, true]) {
            assert_eq!(holds("Null", "TRUE", state.clone()), Ok(expected), "{state:?}");
            assert_eq!(holds("Null", "false", state.clone()), Ok(!expected), "{state:?}");
            assert_eq!(holds("ForAllValues:Null", "true", state.clone()), Ok(true));
            assert_eq!(holds("ForAnyValue:Null", "true", state.clone()), Ok(false));
        }
    }
}
