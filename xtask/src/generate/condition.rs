//! Conditions: every operator, qualifier and `IfExists`, over keys of the world, with values that mean something.

use crate::dice::Dice;
use crate::generate::glob;
use crate::generate::names::Names;
use crate::generate::values::{self, Kind};
use crate::json::Json;

/// One base operator of S-505.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// Its name in the usual spelling.
    pub name: &'static str,
    /// How it reads its values.
    pub kind: Kind,
    /// Whether it is a negated one.
    pub negated: bool,
}

const fn operator(name: &'static str, kind: Kind, negated: bool) -> Operator {
    Operator { name, kind, negated }
}

/// All base operators.
pub const OPERATORS: [Operator; 27] = [
    operator("StringEquals", Kind::Text, false),
    operator("StringNotEquals", Kind::Text, true),
    operator("StringEqualsIgnoreCase", Kind::Text, false),
    operator("StringNotEqualsIgnoreCase", Kind::Text, true),
    operator("StringLike", Kind::Pattern, false),
    operator("StringNotLike", Kind::Pattern, true),
    operator("NumericEquals", Kind::Number, false),
    operator("NumericNotEquals", Kind::Number, true),
    operator("NumericLessThan", Kind::Number, false),
    operator("NumericLessThanEquals", Kind::Number, false),
    operator("NumericGreaterThan", Kind::Number, false),
    operator("NumericGreaterThanEquals", Kind::Number, false),
    operator("DateEquals", Kind::Date, false),
    operator("DateNotEquals", Kind::Date, true),
    operator("DateLessThan", Kind::Date, false),
    operator("DateLessThanEquals", Kind::Date, false),
    operator("DateGreaterThan", Kind::Date, false),
    operator("DateGreaterThanEquals", Kind::Date, false),
    operator("Bool", Kind::Bool, false),
    operator("BinaryEquals", Kind::Binary, false),
    operator("IpAddress", Kind::Address, false),
    operator("NotIpAddress", Kind::Address, true),
    operator("ArnEquals", Kind::Arn, false),
    operator("ArnNotEquals", Kind::Arn, true),
    operator("ArnLike", Kind::Arn, false),
    operator("ArnNotLike", Kind::Arn, true),
    operator("Null", Kind::Presence, false),
];

/// Set qualifiers, none first.
pub const QUALIFIERS: [&str; 3] = ["", "ForAllValues:", "ForAnyValue:"];

/// One condition: an operator over one key with its values.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Index into [`OPERATORS`].
    pub operator: usize,
    /// Index into [`QUALIFIERS`].
    pub qualifier: usize,
    /// Whether `IfExists` stands behind.
    pub if_exists: bool,
    /// The operator as written.
    pub written: String,
    /// The key as written.
    pub key: String,
    /// The policy's values.
    pub values: Vec<Json>,
    /// Whether a single value is written without brackets.
    pub bare: bool,
}

impl Condition {
    /// How its values are read.
    pub fn kind(&self) -> Kind {
        OPERATORS[self.operator].kind
    }

    /// The values as texts, as S-112 turns them.
    pub fn texts(&self) -> Vec<String> {
        self.values.iter().map(text_of).collect()
    }
}

/// A value as text (S-112).
pub fn text_of(value: &Json) -> String {
    match value {
        Json::Text(text) | Json::Number(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A condition with the given operator, or any.
pub fn condition(dice: &Dice, names: &Names, variables: bool, fixed: Option<(usize, usize, bool)>) -> Condition {
    let (operator, qualifier, if_exists) = fixed.unwrap_or_else(|| {
        let operator = dice.below(OPERATORS.len());
        let if_exists = OPERATORS[operator].kind != Kind::Presence && dice.percent(30);
        (operator, dice.weighted(&[45, 27, 28]), if_exists)
    });
    let Operator { name, kind, negated } = OPERATORS[operator];
    let suffix = if if_exists { "IfExists" } else { "" };
    let mut written = format!("{}{name}{suffix}", QUALIFIERS[qualifier]);
    if dice.percent(4) {
        written = glob::other_ascii_case(dice, &written);
    }
    let text_like = |kind: Kind| matches!(kind, Kind::Text | Kind::Pattern);
    let fitting: Vec<_> = names
        .keys
        .iter()
        .filter(|key| key.kind == kind || kind == Kind::Presence || (text_like(kind) && (text_like(key.kind) || key.kind == Kind::Arn)))
        .collect();
    let key = if fitting.is_empty() || dice.percent(15) { dice.pick(&names.keys) } else { *dice.pick(&fitting) };
    let may_be_empty = qualifier > 0 && !negated && !if_exists;
    let count = match dice.weighted(&[50, 30, 12, 4, 4]) {
        0 => 1,
        1 => 2,
        2 => 3,
        3 => dice.between(9, 90),
        _ if may_be_empty => 0,
        _ => 1,
    };
    let own = if kind == Kind::Presence { &[] } else { key.own.as_slice() };
    let mut values: Vec<Json> = (0..count).map(|_| value(dice, names, kind, own, variables)).collect();
    // Long lists need many different values; most of them are met by nothing.
    if count > 8 && text_like(kind) {
        for (index, value) in values.iter_mut().enumerate().skip(3) {
            *value = Json::Text(format!("v{}", index * 7 % 64));
        }
    }
    let bare = values.len() == 1 && dice.percent(60);
    Condition { operator, qualifier, if_exists, written, key: spelled(dice, &key.name), values, bare }
}

/// A condition key in some letter case (S-502).
pub fn spelled(dice: &Dice, name: &str) -> String {
    if dice.percent(12) { glob::other_ascii_case(dice, name) } else { name.to_owned() }
}

fn value(dice: &Dice, names: &Names, kind: Kind, own: &[String], variables: bool) -> Json {
    let takes_variables = matches!(kind, Kind::Text | Kind::Pattern | Kind::Arn | Kind::Bool);
    if takes_variables && dice.percent(if kind == Kind::Bool { 8 } else { 16 }) && (variables || kind != Kind::Bool) {
        return Json::Text(template(dice, names, kind, variables));
    }
    values::policy_value(dice, kind, own)
}

/// A value with variables, or under the old version a text that looks like one.
fn template(dice: &Dice, names: &Names, kind: Kind, variables: bool) -> String {
    let one = variable(dice, names, variables);
    if kind == Kind::Bool {
        // An escape by itself can be no boolean, whatever the request gives.
        return if one.len() > 4 { one } else { "${x:flags}".to_owned() };
    }
    match (kind, dice.below(8)) {
        (_, 0 | 1) => one,
        (Kind::Arn, 2) => format!("arn:aws:iam::{one}:*"),
        (Kind::Arn, 3) => format!("arn:aws:iam::*:user/{one}"),
        (Kind::Arn, 4) => format!("arn:aws:{one}"),
        (Kind::Arn, _) => format!("arn:aws:s3:::b/{one}/*"),
        (_, 2) => format!("{one}*"),
        (_, 3) => format!("*{one}"),
        (_, 4) => format!("a{one}b"),
        (_, 5) => {
            let two = variable(dice, names, variables);
            format!("{one}{two}")
        }
        (_, 6) => format!("home/{one}/*"),
        _ => format!("{one}?"),
    }
}

/// One variable: a key of the world or a character escape, with a default or without.
pub fn variable(dice: &Dice, names: &Names, valid: bool) -> String {
    if !valid && dice.percent(30) {
        return dice.text(&["${", "${}", "${a b}", "${aws:username", "${aws:username,'x'}"]);
    }
    let name = match dice.below(10) {
        0 => return dice.text(&["${*}", "${?}", "${$}"]),
        1..=2 => "aws:username".to_owned(),
        3 => "aws:PrincipalTag/team".to_owned(),
        4 => "aws:PrincipalAccount".to_owned(),
        5 => dice.text(&["aws:PrincipalArn", "aws:ResourceTag/team", "aws:PrincipalOrgID", "aws:userid", "x:missing", "aws:TagKeys"]),
        _ => dice.pick(&names.keys).name.clone(),
    };
    // A name holds no white space, comma, quote, brace or dollar sign; no key of the pools does.
    let name = spelled(dice, &name);
    if dice.percent(30) {
        let default = dice.text(&["", "a", "alice", "*", "key", "é", "a b", "x:y", "logs/a", "true", "${x}", "a, b"]);
        format!("${{{name}, '{default}'}}")
    } else {
        format!("${{{name}}}")
    }
}

/// The `Condition` element of the conditions; empty operator maps stand among them now and then (S-113).
pub fn element(dice: &Dice, conditions: &mut Vec<Condition>) -> Option<Json> {
    // Operators and keys that are equal but for case may not repeat (S-103): later ones go.
    let mut kept: Vec<Condition> = Vec::new();
    let mut operators: Vec<(String, Vec<(String, Json)>)> = Vec::new();
    for condition in conditions.drain(..) {
        let value = match condition.values.as_slice() {
            [only] if condition.bare => only.clone(),
            all => Json::List(all.to_vec()),
        };
        match operators.iter_mut().find(|(written, _)| written.eq_ignore_ascii_case(&condition.written)) {
            Some((_, keys)) if keys.iter().any(|(key, _)| key.eq_ignore_ascii_case(&condition.key)) => continue,
            Some((_, keys)) => keys.push((condition.key.clone(), value)),
            None => operators.push((condition.written.clone(), vec![(condition.key.clone(), value)])),
        }
        kept.push(condition);
    }
    *conditions = kept;
    if operators.is_empty() {
        return dice.percent(3).then(Json::object);
    }
    if dice.percent(1) && !operators.iter().any(|(written, _)| written.eq_ignore_ascii_case("Bool")) {
        operators.push(("Bool".to_owned(), Vec::new()));
    }
    Some(Json::Object(operators.into_iter().map(|(written, keys)| (written, Json::Object(keys))).collect()))
}
