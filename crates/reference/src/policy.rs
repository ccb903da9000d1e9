//! Policy documents in typed form (sections 1 and 2), and whether a statement matches a request (S-702).
//!
//! Input: the JSON object of a document that a frontend has accepted, and the place where it is attached. Output: its
//! statements, in which every pattern and every condition value is read. A document that does not have the shape that
//! the rules describe is an error, but the frontend's checks are not repeated here.

use crate::condition::{Test, read_conditions};
use crate::context::Context;
use crate::glob::{Token, matches, tokens};
use crate::principal::{Caller, Kind, PrincipalElement};
use crate::resource::{Arn, ResourcePattern};
use crate::value::{Error, Shape, Value, one_or_many};

/// What a statement or a decision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The request is allowed.
    Allow,
    /// The request is denied.
    Deny,
}

impl Effect {
    /// The name of the effect in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
    }
}

/// The type of a policy, which follows from where it is attached (S-110).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    Identity,
    Boundary,
    Session,
    Scp,
    Rcp,
    Resource,
    Trust,
    Endpoint,
}

/// A place of the world at which statements or grants are attached, as it is reported (S-729).
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The path into the world.
    pub(crate) path: String,
    /// The rank of the place in the order of the text.
    pub(crate) rank: usize,
}

/// A policy document at one place.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) place: Place,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    principal: PrincipalElement,
    actions: Patterns<ActionPattern>,
    /// A statement without a resource element covers what the policy is attached to (S-314).
    resources: Option<Patterns<ResourcePattern>>,
    conditions: Vec<Test>,
}

/// The patterns of an element, or of its `Not…` form, which matches when none of them does (S-205, S-309).
#[derive(Debug)]
struct Patterns<P> {
    negated: bool,
    patterns: Vec<P>,
}

impl<P> Patterns<P> {
    fn match_by(&self, test: impl Fn(&P) -> bool) -> bool {
        self.patterns.iter().any(test) != self.negated
    }
}

/// An action pattern, in lower case, because ASCII case does not count (S-201).
#[derive(Debug)]
struct ActionPattern {
    /// `None` for `*`, and for a pattern that loads but matches nothing (S-204).
    halves: Option<(Vec<Token>, Vec<Token>)>,
    every_action: bool,
}

impl ActionPattern {
    fn read(text: &str) -> Result<ActionPattern, Error> {
        let lower = text.to_ascii_lowercase();
        if lower == "*" {
            return Ok(ActionPattern { halves: None, every_action: true });
        }
        let halves = match lower.split_once(':') {
            Some((_, name)) if name.contains(':') => None,
            halves => halves,
        };
        let (service, name) = halves.ok_or_else(|| Error::new("invalid-action", format!("`{text}` is no action pattern")))?;
        let matches_nothing = name.is_empty() || lower.contains(char::is_whitespace);
        let halves = (!matches_nothing).then(|| (tokens(service), tokens(name)));
        Ok(ActionPattern { halves, every_action: false })
    }

    fn covers(&self, action: &Action) -> bool {
        let both = |(service, name): &(Vec<Token>, Vec<Token>)| matches(service, &action.service) && matches(name, &action.name);
        self.every_action || self.halves.as_ref().is_some_and(both)
    }
}

/// A requested action, in lower case.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) service: String,
    pub(crate) name: String,
}

impl Action {
    pub(crate) fn read(text: &str) -> Option<Action> {
        let (service, name) = text.split_once(':')?;
        let concrete = !service.is_empty() && !name.is_empty() && !name.contains(':') && !text.contains(['*', '?']);
        concrete.then(|| Action { service: service.to_ascii_lowercase(), name: name.to_ascii_lowercase() })
    }

    pub(crate) fn is(&self, service: &str, names: &[&str]) -> bool {
        self.service == service && names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

/// What statements are matched against: one request, with everything looked up.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller<'a>,
    pub(crate) action: &'a Action,
    /// `None` for the resource `*` (S-308).
    pub(crate) resource: Option<&'a Arn>,
    pub(crate) context: &'a Context,
}

impl Statement {
    /// The kind with which the statement matches the request, or `None` where some element does not match (S-702).
    pub(crate) fn kind(&self, asked: &Asked<'_>) -> Option<Kind> {
        let kind = self.principal.kind(self.effect, asked.caller)?;
        let covers = |pattern: &ResourcePattern| pattern.covers(asked.resource, asked.context);
        let matched = self.actions.match_by(|pattern| pattern.covers(asked.action))
            && self.resources.as_ref().is_none_or(|resources| resources.match_by(covers))
            && self.conditions.iter().all(|test| test.holds(asked.context));
        matched.then_some(kind)
    }
}

impl Document {
    pub(crate) fn read(value: &Value, kind: PolicyKind, place: Place) -> Result<Document, Error> {
        let shape = Shape("data-type");
        let mut variables = false;
        let mut statements: &[Value] = &[];
        for (name, member) in shape.members(value, "a policy")? {
            match name.as_str() {
                "Id" => {}
                "Version" => match shape.text(member, "a version")?.as_str() {
                    // Variables exist under this version only (S-601).
                    "2012-10-17" => variables = true,
                    "2008-10-17" => {}
                    other => return Shape("invalid-version").refuse(format!("`{other}` is no version")),
                },
                "Statement" => statements = one_or_many(member),
                other => return unknown_element(other),
            }
        }
        if statements.is_empty() {
            return Shape("missing-statement").refuse("a policy has no statement");
        }
        let read = |statement| read_statement(statement, kind, variables);
        Ok(Document { place, statements: statements.iter().map(read).collect::<Result<_, _>>()? })
    }
}

fn read_statement(value: &Value, kind: PolicyKind, variables: bool) -> Result<Statement, Error> {
    let shape = Shape("data-type");
    let (mut sid, mut effect, mut actions, mut resources) = (None, None, None, None);
    let mut principal = PrincipalElement::Absent;
    let mut conditions = Vec::new();
    for (name, member) in shape.members(value, "a statement")? {
        let negated = name.starts_with("Not");
        match name.as_str() {
            "Sid" => sid = Some(shape.text(member, "a Sid")?),
            "Effect" => {
                effect = Some(match member {
                    Value::String(text) if text == "Allow" => Effect::Allow,
                    Value::String(text) if text == "Deny" => Effect::Deny,
                    _ => return Shape("invalid-effect").refuse("an effect is neither `Allow` nor `Deny`"),
                });
            }
            "Principal" => principal = PrincipalElement::Listed(PrincipalElement::read_entries(member, kind)?),
            "NotPrincipal" => principal = PrincipalElement::NotListed(PrincipalElement::read_entries(member, kind)?),
            "Action" | "NotAction" => {
                let texts = shape.texts(member, "an action")?;
                let patterns = texts.iter().map(|text| ActionPattern::read(text)).collect::<Result<_, _>>()?;
                actions = Some(Patterns { negated, patterns });
            }
            "Resource" | "NotResource" => {
                let texts = shape.texts(member, "a resource")?;
                let read = |text: &String| ResourcePattern::read(text, variables, kind);
                resources = Some(Patterns { negated, patterns: texts.iter().map(read).collect::<Result<_, _>>()? });
            }
            "Condition" => conditions = read_conditions(member, variables)?,
            other => return unknown_element(other),
        }
    }
    let takes_principal = matches!(kind, PolicyKind::Rcp | PolicyKind::Resource | PolicyKind::Trust | PolicyKind::Endpoint);
    let has_principal = !matches!(principal, PrincipalElement::Absent);
    if has_principal != takes_principal {
        let code = if has_principal { "unsupported-principal" } else { "missing-principal" };
        return Shape(code).refuse("a statement's principal does not fit its policy type");
    }
    let covers_attached = matches!(kind, PolicyKind::Resource | PolicyKind::Trust);
    if resources.is_none() && !covers_attached {
        return Shape("missing-resource").refuse("a statement has no resource");
    }
    Ok(Statement {
        sid,
        effect: Shape("missing-effect").required(effect, "the effect of a statement")?,
        principal,
        actions: Shape("missing-action").required(actions, "the action of a statement")?,
        resources,
        conditions,
    })
}

fn unknown_element<T>(name: &str) -> Result<T, Error> {
    Shape("unknown-element").refuse(format!("`{name}` is no element of a policy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, action: &str) -> Option<bool> {
        Some(ActionPattern::read(pattern).ok()?.covers(&Action::read(action)?))
    }

    #[test]
    fn action_patterns() {
        for (pattern, action, expected) in [
            ("*", "s3:GetObject", Some(true)),
            ("*:*", "s3:GetObject", Some(true)),
            ("S3:getobject", "s3:GetObject", Some(true)),
            ("s3:*", "s3express:CreateSession", Some(false)),
            ("s?:Get*", "s3:GetObject", Some(true)),
            ("s3:Get?bject", "s3:GetObject", Some(true)),
            ("s3:", "s3:GetObject", Some(false)),
            ("s3:Get *", "s3:Get Object", Some(false)),
            ("**", "s3:GetObject", None),
            ("s3", "s3:GetObject", None),
            ("s3:a:b", "s3:GetObject", None),
        ] {
            assert_eq!(covers(pattern, action), expected, "{pattern} {action}");
        }
    }
}
