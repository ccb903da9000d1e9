//! Requests, and what they are aimed at.

use crate::dice::Dice;
use crate::json::Json;

/// The shares of [`Aim`]'s variants among the requests, in percent and in their order.
pub const MIX: [u32; 3] = [60, 10, 30];

/// What a request was made for. The decision may differ now and then: only the policies as a whole say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To be allowed.
    Allow,
    /// To be denied by a statement.
    ExplicitDeny,
    /// To find nothing that allows it.
    ImplicitDeny,
}

impl Aim {
    pub(crate) fn throw(dice: &Dice) -> Aim {
        match dice.weighted(&MIX) {
            0 => Aim::Allow,
            1 => Aim::ExplicitDeny,
            _ => Aim::ImplicitDeny,
        }
    }
}

/// The value of a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A single value.
    One(String),
    /// The values of a multivalued key.
    Many(Vec<String>),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The ARN of a user or of a role session.
    pub principal: String,
    /// `service:Name`.
    pub action: String,
    /// An ARN.
    pub resource: String,
    /// Context keys and their values. No key stands twice, whatever its letter case.
    pub context: Vec<(String, Value)>,
    /// What it was made for.
    pub aim: Aim,
}

impl Request {
    /// Its line in `requests.ndjson`.
    #[must_use]
    pub fn json(&self) -> Json {
        let value = |value: &Value| match value {
            Value::One(text) => Json::text(text),
            Value::Many(texts) => Json::texts(texts),
        };
        let context = Json::Object(self.context.iter().map(|(key, given)| (key.clone(), value(given))).collect());
        Json::object()
            .with("principal", Json::text(&self.principal))
            .with("action", Json::text(&self.action))
            .with("resource", Json::text(&self.resource))
            .with("context", context)
    }

    /// Gives a key a value, in place of one that it has.
    pub(crate) fn give(&mut self, key: &str, value: Value) {
        match self.context.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
            Some((_, given)) => *given = value,
            None => self.context.push((key.to_owned(), value)),
        }
    }
}
