//! Makes a disagreement small: drops parts of the world and the request while the two sides still disagree.
//!
//! Every list and object of either text loses runs of its members, halves first, then single ones, from the outside in,
//! until nothing more can go. Whatever stops a world from being read stops it from disagreeing, so no shape needs to be known.

use crate::json::Json;

/// The most candidates that are tried; a wide world would take minutes beyond it.
const TRIES_MAX: usize = 20_000;

struct Shrink<'a> {
    world: Json,
    request: Json,
    disagrees: &'a dyn Fn(&Json, &Json) -> bool,
    tries: usize,
}

/// The smallest world and request found that still disagree.
pub fn shrink(world: Json, request: Json, disagrees: &dyn Fn(&Json, &Json) -> bool) -> (Json, Json) {
    let mut shrink = Shrink { world, request, disagrees, tries: 0 };
    loop {
        let before = shrink.world.to_string().len() + shrink.request.to_string().len();
        shrink.node(true, &mut Vec::new());
        shrink.node(false, &mut Vec::new());
        let after = shrink.world.to_string().len() + shrink.request.to_string().len();
        if after == before || shrink.tries >= TRIES_MAX {
            return (shrink.world, shrink.request);
        }
    }
}

impl Shrink<'_> {
    fn root(&self, in_world: bool) -> &Json {
        if in_world { &self.world } else { &self.request }
    }

    /// Reduces the container at the path, then what is left in it.
    fn node(&mut self, in_world: bool, path: &mut Vec<usize>) {
        let count = |shrink: &Self, path: &[usize]| at(shrink.root(in_world), path).map_or(0, children);
        let mut size = count(self, path);
        while size > 0 {
            let mut start = 0;
            while start < count(self, path) {
                if !self.keep(in_world, |root| cut(root, path, start, size)) {
                    start += size;
                }
            }
            size /= 2;
        }
        if let Some(Json::List(items)) = at(self.root(in_world), path)
            && let [only] = items.as_slice()
        {
            let only = only.clone();
            self.keep(in_world, |root| put(root, path, only));
        }
        for child in 0..count(self, path) {
            path.push(child);
            self.node(in_world, path);
            path.pop();
        }
    }

    /// Takes over a changed text if it still disagrees.
    fn keep(&mut self, in_world: bool, change: impl FnOnce(&mut Json)) -> bool {
        self.tries += 1;
        if self.tries > TRIES_MAX {
            return false;
        }
        let mut changed = self.root(in_world).clone();
        change(&mut changed);
        let (world, request) = if in_world { (&changed, &self.request) } else { (&self.world, &changed) };
        let disagrees = (self.disagrees)(world, request);
        if disagrees {
            *(if in_world { &mut self.world } else { &mut self.request }) = changed;
        }
        disagrees
    }
}

fn children(json: &Json) -> usize {
    match json {
        Json::List(items) => items.len(),
        Json::Object(members) => members.len(),
        _ => 0,
    }
}

fn at<'a>(json: &'a Json, path: &[usize]) -> Option<&'a Json> {
    path.iter().try_fold(json, |json, index| match json {
        Json::List(items) => items.get(*index),
        Json::Object(members) => members.get(*index).map(|(_, member)| member),
        _ => None,
    })
}

fn at_mut<'a>(json: &'a mut Json, path: &[usize]) -> Option<&'a mut Json> {
    path.iter().try_fold(json, |json, index| match json {
        Json::List(items) => items.get_mut(*index),
        Json::Object(members) => members.get_mut(*index).map(|(_, member)| member),
        _ => None,
    })
}

fn cut(root: &mut Json, path: &[usize], start: usize, size: usize) {
    match at_mut(root, path) {
        Some(Json::List(items)) => drop(items.drain(start..(start + size).min(items.len()))),
        Some(Json::Object(members)) => drop(members.drain(start..(start + size).min(members.len()))),
        _ => {}
    }
}

fn put(root: &mut Json, path: &[usize], value: Json) {
    if let Some(place) = at_mut(root, path) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_disagrees_and_nothing_else() {
        let numbers = (0..50).map(|number| Json::Number(number.to_string())).collect();
        let world = Json::object().with("a", Json::List(numbers)).with("b", Json::text("x"));
        let request = Json::object().with("c", Json::Null).with("d", Json::Bool(true));
        let disagrees = |world: &Json, request: &Json| world.to_string().contains("37") && request.member("d").is_some();
        let (world, request) = shrink(world, request, &disagrees);
        assert_eq!(world.to_string(), r#"{"a":37}"#);
        assert_eq!(request.to_string(), r#"{"d":true}"#);
    }
}
