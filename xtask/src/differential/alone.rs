//! The reference over a generated world by itself: no compiler, no frontend.
//!
//! In: a world and its requests as they were generated. Out: the reference's answers. The generator knows which document stands at each
//! place and what every name means, so texts with names become values without them here, also those of a request's session; no code of the
//! library takes part. It answers what the floors of a campaign ask, whether or not the path under test takes such worlds.

use super::engine::{Answer, answer_of_reference};
use crate::generate::World;
use crate::generate::request::Request;
use crate::json::Json;
use portcullis_reference::Value;

/// The reference, deciding.
pub struct Alone<'w> {
    world: &'w World,
    reference: portcullis_reference::World,
}

impl<'w> Alone<'w> {
    /// Reads the world.
    ///
    /// # Errors
    /// The code and message of the refusal.
    pub fn new(world: &'w World) -> Result<Alone<'w>, String> {
        let value = linked(world, &Json::clone);
        let reference = portcullis_reference::World::new(&value).map_err(|error| error.to_string())?;
        Ok(Alone { world, reference })
    }

    /// Decides a request, with the whole explanation.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn decide(&self, request: &Request) -> Result<Answer, String> {
        let request = self.with_session_documents(&request.json).ok_or("unresolved-document")?;
        let decision = self.reference.decide(&request).map_err(|error| error.code.to_owned())?;
        Ok(answer_of_reference(&decision, true))
    }

    /// The request with each name among its session's policies replaced by the document that the caller's account names so; `None` for a name
    /// that leads nowhere.
    fn with_session_documents(&self, request: &Json) -> Option<Value> {
        let listed = request.member("session").and_then(|session| session.member("policies"));
        let (Json::Object(members), Some(Json::List(policies))) = (request, listed) else { return Some(value(request)) };
        let account = request.member("principal").and_then(Json::as_text).and_then(|arn| arn.split(':').nth(4)).unwrap_or_default();
        let document = |policy: &Json| {
            let Some(name) = policy.as_text() else { return Some(value(policy)) };
            let named = self.world.layers.as_ref()?.session_document(account, name)?;
            Some(value(&self.world.documents.get(named)?.json))
        };
        let policies = Value::Array(policies.iter().map(document).collect::<Option<_>>()?);
        let session = Value::Object(vec![("policies".to_owned(), policies)]);
        let others = members.iter().filter(|(name, _)| name != "session").map(|(name, member)| (name.clone(), value(member)));
        Some(Value::Object(others.chain([("session".to_owned(), session)]).collect()))
    }
}

/// The tree as the reference's value.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(text) => Value::Number(text.clone()),
        Json::Text(text) => Value::String(text.clone()),
        Json::List(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(members) => Value::Object(members.iter().map(|(name, member)| (name.clone(), value(member))).collect()),
    }
}

/// The world with each document in the place of its name, as the reference reads it; `text` may change the documents.
pub fn linked(world: &World, text: &dyn Fn(&Json) -> Json) -> Value {
    linked_at(world, &world.json, "", text)
}

fn linked_at(world: &World, json: &Json, place: &str, text: &dyn Fn(&Json) -> Json) -> Value {
    if let Some(document) = world.places.get(place) {
        return value(&text(&world.documents[*document].json));
    }
    match json {
        Json::List(items) => {
            Value::Array(items.iter().enumerate().map(|(at, item)| linked_at(world, item, &format!("{place}[{at}]"), text)).collect())
        }
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| name != "managed_policies");
            let place = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            Value::Object(kept.map(|(name, member)| (name.clone(), linked_at(world, member, &place(name), text))).collect())
        }
        other => value(other),
    }
}
