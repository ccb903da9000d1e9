//! Worlds in which the list of keys must be exact: no two conditions read one key, so no combination of true and false conditions is impossible.
//!
//! Few keys, each worth three values or none that differ: all combinations are decided by the reference, and a key matters exactly if two combinations that differ in it
//! alone are decided differently. The worlds have every layer, statements that hold or fail whatever the keys are, and endpoints that the request may have come through.

use super::{Sides, needs, with_context};
use crate::dice::Dice;
use crate::json::Json;
use portcullis::runtime::DerivedKeys;
use std::cell::Cell;

/// Requests to each world, all by one caller.
const REQUESTS: usize = 2;
/// Keys of a world, beside the one of endpoints.
const KEYS_MAX: usize = 6;
/// What a key is given as, where it is given: what most conditions ask for, and something else.
const VALUES: &[&str] = &["a", "z"];
const ENDPOINTS: &[&str] = &["vpce-1", "vpce-2", "vpce-9"];
const ENDPOINT_KEY: &str = "aws:sourcevpce";

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const APP: &str = "arn:aws:iam::111111111111:role/app";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/app/s";
const ROOT: &str = "arn:aws:iam::111111111111:root";
const CAROL: &str = "arn:aws:iam::222222222222:user/carol";

/// What a run counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    /// Decisions of the reference.
    pub(super) decisions: u64,
    /// Keys that conditions read, for each request.
    pub(super) read: u64,
    /// Keys that matter.
    pub(super) matter: u64,
    pub(super) violations: Vec<String>,
}

impl Counts {
    pub(super) fn merge(mut self, other: Counts) -> Counts {
        self.requests += other.requests;
        self.decisions += other.decisions;
        self.read += other.read;
        self.matter += other.matter;
        self.violations.extend(other.violations);
        self
    }
}

/// A world, and a few requests to it.
pub(super) fn one_world(seed: u64, index: u64) -> Counts {
    let dice = Dice::new(seed, index);
    let maker = Maker { dice: &dice, keys: Cell::new(0), in_use: 2 + dice.below(KEYS_MAX - 1) };
    let mut counts = Counts::default();
    let action = *dice.pick(ACTIONS);
    let caller = *dice.pick(CALLERS);
    let world = maker.world(action, caller);
    let sides = match Sides::new(&world) {
        Ok(sides) => sides,
        Err(error) => {
            counts.violations.push(format!("exact world {index} of seed {seed} is refused: {error}: {world}"));
            return counts;
        }
    };
    let keys_of_world = maker.keys.get();
    for _ in 0..REQUESTS {
        maker.keys.set(keys_of_world);
        let request = maker.request(action, caller);
        one_request(&sides, &request, maker.keys.get(), &mut counts);
    }
    counts
}

/// Compares the bundle's list with the keys that matter among all combinations.
fn one_request(sides: &Sides, request: &Json, keys: usize, counts: &mut Counts) {
    let Some(listed) = needs(sides, request, DerivedKeys::Fixed) else {
        counts.violations.push(format!("a request is refused: {request}; world {}", sides.text));
        return;
    };
    let mut tried: Vec<(String, &[&str])> = (0..keys).map(|key| (key_name(key), VALUES)).collect();
    if sides.keys.has_endpoints {
        tried.push((ENDPOINT_KEY.to_owned(), ENDPOINTS));
    }
    let all: usize = tried.iter().map(|(_, values)| values.len() + 1).product();
    let mut decisions = Vec::with_capacity(all);
    for combination in 0..all {
        let mut rest = combination;
        let mut context = Vec::new();
        for (key, values) in &tried {
            let choices = values.len() + 1;
            if let Some(value) = values.get(rest % choices) {
                context.push((key.clone(), Json::text(*value)));
            }
            rest /= choices;
        }
        let Some(decision) = sides.decide(&with_context(request, context)) else {
            counts.violations.push(format!("the reference refuses {request}; world {}", sides.text));
            return;
        };
        decisions.push(decision);
    }
    let mut matter = Vec::new();
    let mut step = 1;
    for (key, values) in &tried {
        let choices = values.len() + 1;
        // The combinations that differ from one in this key alone; it is enough to compare each with the one whose key has the first value.
        let first = |combination: usize| combination - combination / step % choices * step;
        if (0..all).any(|combination| decisions[combination] != decisions[first(combination)]) {
            matter.push(key.clone());
        }
        step *= choices;
    }
    matter.sort();
    counts.requests += 1;
    counts.decisions += all as u64;
    counts.read += tried.len() as u64;
    counts.matter += matter.len() as u64;
    if listed != matter {
        counts.violations.push(format!("{listed:?} are listed, {matter:?} matter; request {request}; world {}", sides.text));
    }
}

/// What requests ask for, and the resource it is done to.
const ACTIONS: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::b/a/k"),
    ("s3:GetObject", "arn:aws:s3:::b/a/k"),
    ("s3:GetObject", "arn:aws:s3:::b/a/k"),
    ("kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k"),
    ("sts:AssumeRole", APP),
    ("iam:PassRole", APP),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111111111111:q"),
];

/// Principals, the likely ones twice; without `arn:` a service, and anyone.
const CALLERS: &[&str] = &[ALICE, ALICE, ALICE, SESSION, SESSION, SESSION, CAROL, ROOT, "events.amazonaws.com", "*"];

fn key_name(number: usize) -> String {
    format!("x:k{number}")
}

/// Which elements a kind of policy has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Names principals.
    Resource,
    /// Names principals, and its resource is not stated.
    Trust,
    /// Names everyone, and may ask for the endpoint itself.
    Endpoint,
    /// Names everyone and denies alone.
    Rcp,
}

/// Makes documents whose conditions read new keys as long as there are some.
struct Maker<'d> {
    dice: &'d Dice,
    /// Keys that are read so far.
    keys: Cell<usize>,
    in_use: usize,
}

impl Maker<'_> {
    fn key(&self) -> Option<String> {
        let key = self.keys.get();
        (key < self.in_use).then(|| {
            self.keys.set(key + 1);
            key_name(key)
        })
    }

    fn some(&self, percent: u32, make: impl FnOnce() -> Json) -> Option<Json> {
        self.dice.percent(percent).then(make)
    }

    fn world(&self, of: (&str, &str), caller: &str) -> Json {
        let dice = self.dice;
        // What nobody consults reads no keys.
        let is_own = matches!(caller, ALICE | SESSION | ROOT);
        let has_policies = matches!(caller, ALICE | SESSION);
        let is_sts = of.0.starts_with("sts:");
        // The order of the layers differs, so that each of them gets keys while there are some.
        let mut made: Vec<Option<Json>> = vec![None; 9];
        let mut order = dice.sample(&[0, 1, 2, 3, 4, 5, 6, 7, 8], 9);
        order.rotate_left(dice.below(9));
        for layer in order {
            made[layer] = match layer {
                0 if is_own || caller == CAROL => Some(self.chain(of, Kind::Plain, "FullAWSAccess")),
                1 if !of.0.starts_with("iam:") => Some(self.chain(of, Kind::Rcp, "RCPFullAWSAccess")),
                2 if is_own => Some(self.chain(of, Kind::Plain, "FullAWSAccess")),
                3 => self.some(60, || self.endpoints(of)),
                4 if !is_sts => self.some(60, || self.document(of, Kind::Resource)),
                5 if has_policies => self.some(50, || self.document(of, Kind::Plain)),
                6 if has_policies => Some(Json::List((0..dice.between(1, 2)).map(|_| self.document(of, Kind::Plain)).collect())),
                7 if is_sts => Some(self.document(of, Kind::Trust)),
                8 if caller == CAROL => Some(Json::List(vec![self.document(of, Kind::Plain)])),
                _ => None,
            };
        }
        let mut next = 0;
        let mut take = || {
            next += 1;
            made.get_mut(next - 1).and_then(Option::take)
        };
        let [root_scps, rcps, scps, endpoints, policy, boundary, identity, trust, carols] = std::array::from_fn(|_| take());
        let resources = match of.1 {
            APP => None,
            arn => {
                let arn = arn.split('/').next().filter(|_| of.0.starts_with("s3:")).unwrap_or(arn);
                let acl =
                    (of.0.starts_with("s3:") && dice.percent(20)).then(|| Json::object().with("canned", Json::text("public-read-write")));
                let resource = Json::object().with("arn", Json::text(arn)).with_some("policy", policy).with_some("acl", acl);
                Some(Json::List(vec![resource]))
            }
        };
        let root = Json::object()
            .with("id", Json::text("r-1"))
            .with_some("scps", root_scps)
            .with("accounts", Json::texts(&["111111111111", "222222222222"]));
        let organization =
            Json::object().with("id", Json::text("o-1")).with("management_account", Json::text("999999999999")).with("root", root);
        let alice = Json::object()
            .with("name", Json::text("alice"))
            .with_some("policies", identity.clone())
            .with_some("boundary", boundary.clone());
        let app = Json::object()
            .with("name", Json::text("app"))
            .with_some("trust", trust)
            .with_some("policies", identity)
            .with_some("boundary", boundary);
        let carol = Json::object().with("name", Json::text("carol")).with_some("policies", carols);
        let first = Json::object()
            .with("id", Json::text("111111111111"))
            .with_some("scps", scps)
            .with_some("rcps", rcps)
            .with("users", Json::List(vec![alice]))
            .with("roles", Json::List(vec![app]))
            .with_some("resources", resources)
            .with_some("vpc_endpoints", endpoints);
        let second = Json::object().with("id", Json::text("222222222222")).with("users", Json::List(vec![carol]));
        Json::object()
            .with("version", Json::Number("1".to_owned()))
            .with("organization", organization)
            .with("accounts", Json::List(vec![first, second]))
    }

    /// The documents of one level.
    fn chain(&self, of: (&str, &str), kind: Kind, full: &str) -> Json {
        let own = self.some(60, || self.document(of, kind));
        // Without the full-access document the level allows what its own does; an RCP allows nothing by itself.
        let full = (kind == Kind::Rcp || own.is_none() || self.dice.percent(50)).then(|| Json::text(full));
        Json::List(full.into_iter().chain(own).collect())
    }

    fn endpoints(&self, of: (&str, &str)) -> Json {
        let count = self.dice.between(1, 2);
        let endpoint = |id: &&str| Json::object().with("id", Json::text(*id)).with("policy", self.document(of, Kind::Endpoint));
        Json::List(ENDPOINTS.iter().take(count).map(endpoint).collect())
    }

    fn request(&self, of: (&str, &str), caller: &str) -> Json {
        let principal = match caller.starts_with("arn:") || caller == "*" {
            true => Json::text(caller),
            false => Json::object().with("Service", Json::text(caller)),
        };
        let session = (caller == SESSION && self.dice.percent(70)).then(|| {
            let policies = (0..self.dice.between(1, 2)).map(|_| self.document(of, Kind::Plain)).collect();
            Json::object().with("policies", Json::List(policies))
        });
        Json::object()
            .with("principal", principal)
            .with("action", Json::text(of.0))
            .with("resource", Json::text(of.1))
            .with_some("session", session)
    }

    fn document(&self, of: (&str, &str), kind: Kind) -> Json {
        let count = if kind == Kind::Rcp { 1 } else { self.dice.between(1, 3) };
        let statements = (0..count).map(|_| self.statement(of, kind)).collect();
        Json::object().with("Version", Json::text("2012-10-17")).with("Statement", Json::List(statements))
    }

    fn statement(&self, (action, resource): (&str, &str), kind: Kind) -> Json {
        let dice = self.dice;
        let service = action.split(':').next().unwrap_or_default();
        let any_of_service = format!("{service}:*");
        let effect = if kind == Kind::Rcp || dice.percent(30) { "Deny" } else { "Allow" };
        let actions: &[&str] = match kind {
            Kind::Trust => &["sts:AssumeRole", "sts:TagSession"],
            Kind::Rcp => &[action, &any_of_service],
            _ => &["*", action, &any_of_service, "dynamodb:GetItem"],
        };
        let principal = match kind {
            Kind::Plain => None,
            Kind::Endpoint | Kind::Rcp => Some(Json::text("*")),
            Kind::Resource | Kind::Trust => {
                let aws = [ALICE, "111111111111", SESSION, APP, CAROL, "222222222222"];
                let named = || Json::object().with("AWS", Json::text(dice.word(&aws)));
                Some(if kind == Kind::Resource && dice.percent(25) { Json::text("*") } else { named() })
            }
        };
        let resource = (kind != Kind::Trust).then(|| self.resource(resource));
        let mut condition = Json::object();
        for _ in 0..dice.weighted(&[30, 55, 15]) {
            condition = self.condition(condition, kind);
        }
        let condition = Some(condition).filter(|condition| *condition != Json::object());
        // A Deny of everything in every other world would leave little to tell; that of an endpoint concerns the endpoint alone.
        let is_idle = effect == "Deny" && condition.is_none() && dice.percent(if kind == Kind::Endpoint { 10 } else { 80 });
        let action = if is_idle { "sts:GetSessionToken" } else { dice.word(actions) };
        Json::object()
            .with("Effect", Json::text(effect))
            .with_some("Principal", principal)
            .with("Action", Json::text(action))
            .with_some("Resource", resource)
            .with_some("Condition", condition)
    }

    /// All, another one, or by variables, of which some cannot match whatever they stand for.
    fn resource(&self, resource: &str) -> Json {
        let is_object = resource.starts_with("arn:aws:s3:");
        match self.dice.below(10) {
            0 => Json::text("arn:aws:s3:::other/*"),
            1..=3 if is_object => {
                let patterns = ["arn:aws:s3:::b/${}/k", "arn:aws:s3:::other/${}/k", "arn:aws:s3:::b/z${}/*"];
                let count = self.dice.between(1, 2);
                let chosen = self.dice.sample(&patterns, count);
                let named = |pattern: &str| Some(pattern.replace("${}", &format!("${{{}}}", self.key()?)));
                let texts: Vec<String> = chosen.into_iter().filter_map(named).collect();
                if texts.is_empty() { Json::text("*") } else { Json::texts(&texts) }
            }
            _ => Json::text("*"),
        }
    }

    /// The conditions with one more, unless no key is left.
    fn condition(&self, conditions: Json, kind: Kind) -> Json {
        let dice = self.dice;
        if kind == Kind::Endpoint && dice.percent(20) {
            // Within an endpoint's policy the key is known.
            let one = Json::object().with("aws:SourceVpce", Json::text(dice.word(ENDPOINTS)));
            return added(conditions, dice.word(&["StringEquals", "StringNotEquals"]), one);
        }
        let Some(key) = self.key() else { return conditions };
        let (operator, value) = match dice.below(10) {
            0..=3 => ("StringEquals", Json::text("a")),
            4 => ("StringNotEquals", Json::text("a")),
            5 => ("StringEqualsIfExists", Json::text("a")),
            6 => ("ForAnyValue:StringLike", Json::texts(&["a", "b*"])),
            7 => ("Null", Json::text(dice.word(&["true", "false"]))),
            // Always true.
            8 => ("Null", Json::texts(&["true", "false"])),
            _ => match self.key() {
                Some(other) => ("StringLike", Json::texts(&[format!("${{{other}}}"), "zz".to_owned()])),
                None => ("StringNotEquals", Json::text("z")),
            },
        };
        added(conditions, operator, Json::object().with(key, value))
    }
}

/// The conditions with one more, unless there is one of its operator.
fn added(conditions: Json, operator: &str, one: Json) -> Json {
    if conditions.member(operator).is_some() { conditions } else { conditions.with(operator, one) }
}
