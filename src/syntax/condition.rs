//! The condition block (sections 5 and 6).

use super::check::{Check, Text, inner_span, opening};
use super::operator::{self, is_negated};
use super::pattern::{self, Part, Pattern};
use super::policy::{ArnPattern, BaseOperator, Condition, ConditionValue, Operator, Piece, Qualifier, WrittenCondition};
use super::{Kind, Member, Node};
use crate::diag::{Code, Span, did_you_mean, nearest, quoted};
use portcullis_runtime::datatypes::{Cidr, Instant, Number, base64_is_canonical};

/// The global keys that always have a list of values (S-809).
const MULTIVALUED_KEYS: [&str; 7] = [
    "aws:TagKeys",
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:VpceOrgPaths",
    "aws:PrincipalServiceNamesList",
];

/// The families of operators, by how they read values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Glob,
    Number,
    Date,
    Bool,
    Null,
    Binary,
    Network,
    Arn,
}

impl Check<'_> {
    /// Reads `Condition`.
    pub(super) fn condition_block(&mut self, node: Node<'_>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        if node.kind() != Kind::Object {
            self.data_type(node, "an object of operators");
            return conditions;
        }
        if node.is_empty() {
            self.report(Code::EmptyCondition, node.span(), "an empty `Condition` is no condition").help =
                Some("leave the member out".to_owned());
        }
        // An operator without keys counts too, so that whatever is done per pair of names stays small.
        let pairs: usize = node.members().map(|member| member.value.len().max(1)).sum();
        if pairs > self.limits.conditions {
            let message = format!("{pairs} conditions in one statement, {} are allowed", self.limits.conditions);
            self.report(Code::LimitExceeded, opening(node), message);
            return conditions;
        }
        self.equal_but_for_case(node, "operator");
        for member in node.members() {
            self.operator_map(member, &mut conditions);
        }
        conditions
    }

    /// Names of one object that are equal but for letter case (S-103). Equal ones are `duplicate-key` already. The
    /// limit on conditions keeps the comparison of all pairs small.
    fn equal_but_for_case(&mut self, object: Node<'_>, what: &str) {
        for (position, member) in object.members().enumerate() {
            let earlier = object.members().take(position).find(|earlier| earlier.key.eq_ignore_ascii_case(member.key));
            if let Some(first) = earlier.filter(|_| !object.members().take(position).any(|earlier| earlier.key == member.key)) {
                let message = format!("the {what} {} stands here twice, in different letter case", quoted(member.key));
                let label = (first.key_span, "first here".to_owned());
                self.report(Code::DuplicateConditionKey, member.key_span, message).labels.push(label);
            }
        }
    }

    fn operator_map(&mut self, member: Member<'_>, conditions: &mut Vec<Condition>) {
        let operator = self.operator(member);
        let map = member.value;
        if map.kind() != Kind::Object {
            self.data_type(map, "an object of condition keys");
            return;
        }
        if map.is_empty() {
            self.report(Code::EmptyCondition, map.span(), format!("{} without a key is no condition", quoted(member.key))).help =
                Some("leave the operator out".to_owned());
        }
        self.equal_but_for_case(map, "condition key");
        for entry in map.members() {
            self.condition_key(entry, operator);
            match operator {
                Some(operator) => {
                    let mut texts: Vec<Box<str>> = Vec::with_capacity(entry.value.len().max(1));
                    let values = self.values(entry.value, operator, &mut texts);
                    let variables = self.written_variables(texts.iter().map(|text| &**text));
                    let written = WrittenCondition { operator: member.key.into(), key: entry.key.into(), values: texts.into(), variables };
                    conditions.push(Condition { operator, key: entry.key.to_ascii_lowercase(), values, written });
                }
                // Of an unknown operator nothing is known but that its values are scalars.
                None => self.scalars(entry.value, |_, _, _| ()),
            }
        }
    }

    fn operator(&mut self, member: Member<'_>) -> Option<Operator> {
        let Some(operator) = operator::operator(member.key) else {
            self.unknown_operator(member);
            return None;
        };
        if operator.base == BaseOperator::Null && operator.if_exists {
            self.report(Code::NullIfExists, member.key_span, "`Null` does not combine with `IfExists`").help =
                Some("`Null` itself asks whether the key is there".to_owned());
            return None;
        }
        let usual = operator::usual_spelling(member.key);
        if usual != member.key {
            self.report(Code::OddValue, member.key_span, format!("{} is usually written `{usual}`", quoted(member.key)));
        }
        if operator.base == BaseOperator::Null && operator.qualifier != Qualifier::None {
            let outcome = if operator.qualifier == Qualifier::ForAllValues { "true" } else { "false" };
            self.report(Code::SetOperatorOnSingle, member.key_span, format!("{} is always {outcome}", quoted(member.key))).help =
                Some("use `Null` without a set operator".to_owned());
        }
        Some(operator)
    }

    fn unknown_operator(&mut self, member: Member<'_>) {
        let (prefix, name) = member.key.split_once(':').map_or(("", member.key), |(prefix, name)| (prefix, name));
        let set = if prefix.is_empty() { None } else { nearest(prefix, ["ForAllValues", "ForAnyValue"]) };
        let suffixed = name.len() > 8 && name.to_ascii_lowercase().ends_with("ifexists");
        let base = if suffixed { name.get(..name.len() - 8).unwrap_or(name) } else { name };
        let known = nearest(base, operator::BASES.iter().map(|(name, _)| *name));
        let help = match known.filter(|_| prefix.is_empty() == set.is_none()) {
            Some(known) => {
                let set = set.map(|set| format!("{set}:")).unwrap_or_default();
                did_you_mean(&format!("{set}{known}{}", if suffixed { "IfExists" } else { "" }))
            }
            None => "an operator is `ForAllValues:`, `ForAnyValue:` or neither, a name such as `StringEquals`, and perhaps `IfExists`"
                .to_owned(),
        };
        self.report(Code::InvalidOperator, member.key_span, format!("{} is no condition operator", quoted(member.key))).help = Some(help);
    }

    fn condition_key(&mut self, entry: Member<'_>, operator: Option<Operator>) {
        let plain = operator.is_some_and(|operator| operator.qualifier == Qualifier::None && operator.base != BaseOperator::Null);
        if plain && MULTIVALUED_KEYS.iter().any(|key| key.eq_ignore_ascii_case(entry.key)) {
            self.report(
                Code::PlainOperatorOnMultivalued,
                entry.key_span,
                format!("{} has many values, which a plain operator never matches", quoted(entry.key)),
            )
            .help = Some("put `ForAnyValue:` or `ForAllValues:` before the operator".to_owned());
        }
        if entry.key.contains("${") {
            let code = if self.variables {
                Some((Code::VariableInElement, "a condition key takes no variables"))
            } else {
                self.is_2008.then_some((Code::VariableAsText, "`${` is plain text under version `2008-10-17`"))
            };
            if let Some((code, message)) = code {
                self.report(code, entry.key_span, message);
            }
        }
    }

    /// A scalar or an array of scalars, each with its text (S-112); what is neither is reported.
    fn scalars<'t>(&mut self, node: Node<'t>, mut each: impl FnMut(&mut Self, Node<'t>, &'t str)) {
        let mut one = |check: &mut Self, node: Node<'t>| match node.kind() {
            Kind::String => each(check, node, node.as_str().unwrap_or_default()),
            Kind::Number | Kind::Bool => each(check, node, node.source()),
            _ => {
                check.data_type(node, "a string, number or boolean");
            }
        };
        if node.kind() == Kind::Array {
            if self.list_fits(node) {
                node.items().for_each(|item| one(self, item));
            }
        } else {
            one(self, node);
        }
    }

    /// The values, and their texts.
    fn values(&mut self, node: Node<'_>, operator: Operator, texts: &mut Vec<Box<str>>) -> Vec<ConditionValue> {
        let family = family(operator.base);
        if node.kind() == Kind::Array && node.is_empty() {
            let meaningful = operator.qualifier != Qualifier::None && !operator.if_exists && !is_negated(operator.base);
            if !meaningful {
                self.report(Code::EmptyConditionValues, node.span(), "a condition without values").help =
                    Some("give a value, or leave the condition out; `Null` asks whether a key is there".to_owned());
            }
        }
        if matches!(family, Family::Bool | Family::Null) && node.kind() == Kind::Array && node.len() > 1 {
            let message = if family == Family::Null {
                "several values under `Null` are alternatives"
            } else {
                "several values under `Bool` are alternatives"
            };
            self.report(Code::OddValue, node.span(), message).help = Some("`true` and `false` together say nothing".to_owned());
        }
        let mut values = Vec::with_capacity(node.len().max(1));
        self.scalars(node, |check, node, text| {
            texts.push(text.into());
            values.extend(check.value(family, Text { node, text }));
        });
        values
    }

    fn value(&mut self, family: Family, value: Text<'_>) -> Option<ConditionValue> {
        let variable = value.text.contains("${");
        if variable && self.variables && !matches!(family, Family::Text | Family::Glob | Family::Arn | Family::Bool) {
            self.report(Code::VariableInOperator, value.node.span(), format!("{}: this operator takes no variables", quoted(value.text)))
                .help = Some("variables may stand in values of string and ARN operators".to_owned());
            return None;
        }
        let variable = variable && self.variables;
        if !variable {
            self.variable_as_text(value);
        }
        match family {
            Family::Text => self.text_value(value),
            Family::Glob | Family::Arn if !self.length_fits(value) => None,
            Family::Glob => {
                let pattern = self.read(value, pattern::glob(value.text, self.variables))?;
                self.wildcards_fit(value, pattern.wildcards).then(|| ConditionValue::Text(pattern.into_pieces()))
            }
            Family::Arn => self.arn_value(value),
            Family::Bool if variable => self.bool_text(value),
            Family::Bool | Family::Null => {
                let is = |word: &str| value.text.eq_ignore_ascii_case(word);
                self.typed(
                    value,
                    is("true").then_some(true).or(is("false").then_some(false)).map(ConditionValue::Bool),
                    "`true` or `false`",
                )
            }
            Family::Number => {
                self.typed(value, Number::parse(value.text).map(ConditionValue::Number), "a decimal number without an exponent")
            }
            Family::Date => {
                if value.text.len() == 4 && value.text.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.report(Code::OddValue, value.node.span(), format!("{} is seconds since 1970, not a year", quoted(value.text)))
                        .help = Some(format!("for the start of that year write `{}-01-01`", value.text));
                }
                self.typed(
                    value,
                    Instant::parse(value.text).map(ConditionValue::Date),
                    "a date such as `2026-01-31T12:00:00Z`, or seconds since 1970",
                )
            }
            Family::Binary => {
                let read = base64_is_canonical(value.text).then(|| ConditionValue::Binary(value.text.to_owned()));
                self.typed(value, read, "padded base64")
            }
            Family::Network => {
                let read = Cidr::parse(value.text);
                if read.is_some_and(|(_, masked)| masked) {
                    self.report(
                        Code::OddValue,
                        value.node.span(),
                        format!("{} has bits set behind its prefix length; they are ignored", quoted(value.text)),
                    );
                }
                self.typed(
                    value,
                    read.map(|(network, _)| ConditionValue::Network(network)),
                    "an IP address or a network such as `203.0.113.0/24`",
                )
            }
        }
    }

    /// A value that must be of its operator's type (S-524).
    fn typed(&mut self, value: Text<'_>, read: Option<ConditionValue>, wanted: &str) -> Option<ConditionValue> {
        if read.is_none() {
            self.report(
                Code::InvalidConditionValue,
                value.node.span(),
                format!("{} is not what this operator compares", quoted(value.text)),
            )
            .help = Some(format!("expected {wanted}"));
        }
        read
    }

    /// What the grammar gave, or the report of a malformed variable.
    fn read<T>(&mut self, value: Text<'_>, read: Result<T, pattern::VariableError>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                self.variable_syntax(value, error);
                None
            }
        }
    }

    fn text_value(&mut self, value: Text<'_>) -> Option<ConditionValue> {
        let pieces = self.read(value, pattern::text(value.text, self.variables))?;
        // Stars that came from `${*}` are meant as characters.
        if !value.text.contains("${")
            && let Some(at) = value.text.find(['*', '?'])
        {
            let span = self.place(value, at);
            self.report(Code::LiteralWildcard, span, "this operator has no wildcards: it compares the character itself").help =
                Some("for a wildcard use `StringLike`; for the character, `${*}` says that it is meant".to_owned());
        }
        Some(ConditionValue::Text(pieces))
    }

    fn place(&self, value: Text<'_>, at: usize) -> Span {
        if value.node.kind() == Kind::String { inner_span(value.node, at..at + 1) } else { value.node.span() }
    }

    fn bool_text(&mut self, value: Text<'_>) -> Option<ConditionValue> {
        let pieces = self.read(value, pattern::text(value.text, true))?;
        if !pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
            return self.typed(value, None, "`true` or `false`");
        }
        self.report(
            Code::OddValue,
            value.node.span(),
            "a variable under `Bool`: the guide says both that it is replaced and that it is not",
        )
        .help = Some("here it is replaced".to_owned());
        Some(ConditionValue::BoolText(pieces))
    }

    /// A value of an ARN operator (S-515, S-606).
    fn arn_value(&mut self, value: Text<'_>) -> Option<ConditionValue> {
        if !value.text.is_empty() && value.text.bytes().all(|byte| byte == b'*') {
            return self.wildcards_fit(value, value.text.len()).then_some(ConditionValue::AnyArn);
        }
        let Pattern { mut parts, wildcards } = self.read(value, pattern::arn(value.text, self.variables))?;
        if !self.wildcards_fit(value, wildcards) {
            return None;
        }
        if let [Part { pieces, .. }] = parts.as_mut_slice()
            && let [Piece::Variable { key, default }] = pieces.as_mut_slice()
        {
            return Some(ConditionValue::ArnVariable { key: std::mem::take(key), default: default.take() });
        }
        let given = parts.len();
        if given < 6 && parts.last().is_some_and(Part::ends_in_star) {
            parts.resize_with(6, || Part { pieces: vec![Piece::Star], has_variable: false });
        }
        let parts: Vec<Vec<Piece>> = parts.into_iter().map(|part| part.pieces).collect();
        match parts.try_into() {
            Ok(parts) => Some(ConditionValue::Arn(ArnPattern { parts })),
            Err(_) => {
                let message = format!("{} matches no ARN: it has {given} of the six parts", quoted(value.text));
                self.report(Code::NeverMatches, value.node.span(), message).help =
                    Some("write `arn:partition:service:region:account:resource`, or end it with `*`".to_owned());
                None
            }
        }
    }
}

fn family(base: BaseOperator) -> Family {
    use BaseOperator::*;
    match base {
        StringEquals | StringNotEquals | StringEqualsIgnoreCase | StringNotEqualsIgnoreCase => Family::Text,
        StringLike | StringNotLike => Family::Glob,
        NumericEquals | NumericNotEquals | NumericLessThan | NumericLessThanEquals | NumericGreaterThan | NumericGreaterThanEquals => {
            Family::Number
        }
        DateEquals | DateNotEquals | DateLessThan | DateLessThanEquals | DateGreaterThan | DateGreaterThanEquals => Family::Date,
        Bool => Family::Bool,
        Null => Family::Null,
        BinaryEquals => Family::Binary,
        IpAddress | NotIpAddress => Family::Network,
        ArnLike | ArnNotLike => Family::Arn,
    }
}
