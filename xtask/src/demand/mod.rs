//! Context demand against the reference: what `needs` and `missing` leave out never matters, and most of what they list does.
//!
//! In: a seed and how much to do. Each request of a generated organization loses a part of its context, and the bundle tells which keys can still change the decision. Then
//! - keys outside that list are given any values, while those inside are given some: the reference must decide as without them;
//! - of a part of the requests each listed key is tried alone, with every value that the policies suggest: how many change the decision is reported;
//! - each listed key must be read by a statement that the request's action does not exclude.
//!
//! In worlds where no two conditions read one key (`exact`) the list must be those keys that matter and no others.
//!
//! Keys and values are read off the world's text here, so nothing is learnt from the bundle but the list itself.

mod exact;

use crate::arguments::{Arguments, Usage};
use crate::dice::Dice;
use crate::generate::organization::{self, request};
use crate::generate::request::glob_matches;
use crate::json::Json;
use portcullis::runtime::format::Derivation;
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, DerivedKeys};
use portcullis::session::SessionResolver;
use portcullis::validate::ReferenceWorld;
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Instant;

/// Requests to each world.
const REQUESTS: u64 = 250;
/// Listed keys of every so many requests are tried alone.
const ALONE_EVERY: u64 = 8;
/// Values that a key is tried with.
const VALUES_MAX: usize = 40;
/// One world in which the list must be exact to so many decisions.
const EXACT_EVERY: u64 = 40;

/// What a run counts.
#[derive(Debug, Default)]
struct Counts {
    decisions: u64,
    /// With an empty list.
    settled: u64,
    listed: u64,
    fillings: u64,
    tried: u64,
    flipped: u64,
    violations: Vec<String>,
}

impl Counts {
    fn merge(mut self, other: Counts) -> Counts {
        self.decisions += other.decisions;
        self.settled += other.settled;
        self.listed += other.listed;
        self.fillings += other.fillings;
        self.tried += other.tried;
        self.flipped += other.flipped;
        self.violations.extend(other.violations);
        self
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * self.flipped as f64 / self.tried.max(1) as f64;
        writeln!(
            out,
            "decisions {}, of them {} with keys that matter, {} keys in all",
            self.decisions,
            self.decisions - self.settled,
            self.listed
        )?;
        writeln!(out, "fillings of other keys {}", self.fillings)?;
        writeln!(out, "listed keys tried alone {}, of them {} flip the decision with one value: {share:.1} %", self.tried, self.flipped)?;
        writeln!(out, "{} violations", self.violations.len())
    }
}

/// The subcommand. True means all is well.
///
/// # Errors
/// [`Usage`] for a command line that is not understood.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let seed = arguments.number("--seed", 1)?;
    let decisions = arguments.number("--decisions", 100_000)?;
    let threads = arguments.number("--threads", 0)?;
    arguments.finish()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| Usage(error.to_string()))?;
    let start = Instant::now();
    // Some requests are refused, so a few worlds more than the number asks for.
    let worlds = decisions.div_ceil(REQUESTS) * 11 / 10 + 1;
    let counts = pool.install(|| (0..worlds).into_par_iter().map(|index| one_world(seed, index)).reduce(Counts::default, Counts::merge));
    print!("{counts}");
    println!("{:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let worlds = decisions.div_ceil(EXACT_EVERY);
    let exact = pool.install(|| {
        let worlds = (0..worlds).into_par_iter().map(|index| exact::one_world(seed, index));
        worlds.reduce(exact::Counts::default, exact::Counts::merge)
    });
    println!(
        "where no two conditions read one key: {} lists, {} of {} keys matter, all {} combinations decided, {} violations",
        exact.requests,
        exact.matter,
        exact.read,
        exact.decisions,
        exact.violations.len()
    );
    println!("{:.1} s", start.elapsed().as_secs_f64());
    for violation in counts.violations.iter().take(3).chain(exact.violations.iter().take(3)) {
        println!("{violation}");
    }
    let with_keys = counts.decisions - counts.settled;
    let mut enough = counts.decisions >= decisions && with_keys >= decisions / 10 && counts.tried >= decisions / 100;
    if !enough {
        println!("not enough: {with_keys} decisions have keys that matter, {} keys were tried alone", counts.tried);
    }
    if exact.requests < decisions / 25 || exact.matter < exact.read / 10 || exact.matter > exact.read * 9 / 10 {
        println!("not enough: of {} keys to {} requests {} matter", exact.read, exact.requests, exact.matter);
        enough = false;
    }
    Ok(counts.violations.is_empty() && exact.violations.is_empty() && enough)
}

/// A world as both sides have it, and what its text says of keys.
struct Sides {
    text: String,
    bundle: Bundle,
    sessions: SessionResolver,
    reference: ReferenceWorld,
    keys: Keys,
}

/// Keys by their folded names, with the values that policies compare them with, and the actions of the statements that read them.
#[derive(Debug, Default, Clone)]
struct Keys {
    values: BTreeMap<String, BTreeSet<String>>,
    readers: BTreeMap<String, Vec<(bool, Vec<String>)>>,
    has_endpoints: bool,
}

impl Keys {
    /// Adds what a text says, whatever it is.
    fn read(&mut self, json: &Json) {
        match json {
            Json::List(items) => items.iter().for_each(|item| self.read(item)),
            Json::Object(members) => {
                if json.member("Effect").is_some() {
                    self.statement(json);
                }
                self.has_endpoints |= json.member("vpc_endpoints").is_some();
                if let Some(id) = json.member("id").and_then(Json::as_text) {
                    self.values.entry("aws:sourcevpce".to_owned()).or_default().insert(id.to_owned());
                }
                members.iter().for_each(|(_, member)| self.read(member));
            }
            _ => {}
        }
    }

    fn statement(&mut self, statement: &Json) {
        let mut read = BTreeSet::new();
        if let Some(Json::Object(operators)) = statement.member("Condition") {
            for (_, keys) in operators {
                let Json::Object(keys) = keys else { continue };
                for (key, values) in keys {
                    let key = key.to_ascii_lowercase();
                    let known = self.values.entry(key.clone()).or_default();
                    texts(values).into_iter().for_each(|text| known.extend(suggested(&text)));
                    texts(values).iter().for_each(|text| read.extend(variables(text)));
                    read.insert(key);
                }
            }
        }
        for element in ["Resource", "NotResource"] {
            for text in statement.member(element).map(texts).unwrap_or_default() {
                read.extend(variables(&text));
            }
        }
        let (negated, actions) = match (statement.member("Action"), statement.member("NotAction")) {
            (Some(actions), _) => (false, texts(actions)),
            (None, actions) => (true, actions.map(texts).unwrap_or_default()),
        };
        for key in read {
            self.values.entry(key.clone()).or_default();
            self.readers.entry(key).or_default().push((negated, actions.clone()));
        }
    }

    /// Whether some statement that reads the key is not excluded by its action.
    fn may_be_read(&self, key: &str, action: &str) -> bool {
        let reads = |(negated, patterns): &(bool, Vec<String>)| patterns.iter().any(|pattern| glob_matches(pattern, action)) != *negated;
        (key == "aws:sourcevpce" && self.has_endpoints) || self.readers.get(key).is_some_and(|readers| readers.iter().any(reads))
    }
}

/// The texts of a string, number, boolean or list of these.
fn texts(json: &Json) -> Vec<String> {
    match json {
        Json::Text(text) | Json::Number(text) => vec![text.clone()],
        Json::Bool(value) => vec![value.to_string()],
        Json::List(items) => items.iter().flat_map(texts).collect(),
        Json::Null | Json::Object(_) => Vec::new(),
    }
}

/// The folded keys of a text's variables.
fn variables(text: &str) -> Vec<String> {
    let named = |rest: &str| rest.split(['}', ',']).next().unwrap_or_default().to_ascii_lowercase();
    text.split("${").skip(1).map(named).filter(|name| name.contains(':')).collect()
}

/// Values near a policy's: what matches it, and what is beside it.
fn suggested(text: &str) -> Vec<String> {
    let plain = text.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$");
    let mut values = vec![plain.replace('*', "x").replace('?', "y"), plain.replace('*', ""), plain.to_ascii_uppercase(), plain.clone()];
    if let Ok(number) = text.parse::<i64>() {
        values.extend([number.saturating_sub(1).to_string(), number.saturating_add(1).to_string()]);
    }
    if let Some((address, _)) = text.split_once('/') {
        values.push(address.to_owned());
    }
    if let Some(year) = text.get(..4).and_then(|year| year.parse::<u32>().ok()).filter(|_| text.contains('-')) {
        values.extend([format!("{}-06-01T00:00:00Z", year.saturating_sub(1)), format!("{}-06-01T00:00:00Z", year.saturating_add(1))]);
    }
    values
}

impl Sides {
    fn new(json: &Json) -> Result<Sides, String> {
        let text = json.to_string();
        let (world, _) = read_world_text("world.json", &text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default())
            .map_err(|error| error.to_string())?;
        let bytes = compile(&world, &CompileOptions::default()).map_err(|error| error.to_string())?.bytes;
        let bundle = Bundle::from_bytes(bytes).map_err(|error| error.to_string())?;
        let reference = ReferenceWorld::new(&world).map_err(|error| error.to_string())?;
        let mut keys = Keys::default();
        keys.read(json);
        Ok(Sides { text, sessions: SessionResolver::new(bundle.clone()), bundle, reference, keys })
    }

    /// The reference's decision; `None` for a refusal.
    fn decide(&self, request: &Json) -> Option<(&'static str, &'static str)> {
        let decision = self.reference.decide_alone(&request.to_string()).ok()?;
        Some((decision.reason.as_str(), decision.layer.as_str()))
    }
}

fn one_world(seed: u64, index: u64) -> Counts {
    let dice = Dice::new(seed, index);
    let world = organization::world(&dice);
    let mut counts = Counts::default();
    let sides = match Sides::new(&world.json) {
        Ok(sides) => sides,
        Err(error) => {
            counts.violations.push(format!("world {index} of seed {seed} is refused: {error}"));
            return counts;
        }
    };
    for number in 0..REQUESTS {
        let made = request::request(&dice, &world).json;
        let kept = context_of(&made).into_iter().filter(|_| dice.percent(60)).collect();
        one_request(&dice, &sides, &with_context(&made, kept), number % ALONE_EVERY == 0, &mut counts);
    }
    counts
}

fn one_request(dice: &Dice, sides: &Sides, request: &Json, alone: bool, counts: &mut Counts) {
    let derived = if dice.percent(50) { DerivedKeys::Fixed } else { DerivedKeys::Open };
    let Some(needs) = needs(sides, request, derived) else { return };
    let Some(decided) = sides.decide(request) else { return };
    counts.decisions += 1;
    counts.settled += u64::from(needs.is_empty());
    counts.listed += needs.len() as u64;
    let mut keys = sides.keys.clone();
    keys.read(request);
    let given = context_of(request);
    let is_given = |key: &str| given.iter().any(|(name, _)| name.eq_ignore_ascii_case(key));
    let mut violate = |what: String| {
        counts.violations.push(format!("{what}; listed {needs:?} with {derived:?}; request {request}; world {}", sides.text))
    };

    let action = request.member("action").and_then(Json::as_text).unwrap_or_default();
    if let Some(key) = needs.iter().find(|key| is_given(key) || !keys.may_be_read(key, action)) {
        violate(format!("`{key}` is listed, and it is given or no statement for the action reads it"));
    }
    let may_fill = |key: &str| {
        let is_derived = Derivation::of_key(key).0 != Derivation::None;
        !is_given(key) && !needs.iter().any(|listed| listed == key) && (derived == DerivedKeys::Open || !is_derived)
    };
    let mut others: Vec<String> = keys.values.keys().filter(|key| may_fill(key)).cloned().collect();
    others.push("unread:key".to_owned());
    for _ in 0..3 {
        let mut inside = given.clone();
        inside.extend(needs.iter().filter(|_| dice.percent(60)).map(|key| (key.clone(), value(dice, &keys, key))));
        let mut filled = inside.clone();
        let count = 1 + dice.below(5);
        filled.extend(dice.sample(&others, count).into_iter().map(|key| (key.clone(), value(dice, &keys, &key))));
        let (without, with) = (sides.decide(&with_context(request, inside)), sides.decide(&with_context(request, filled.clone())));
        if without.is_some() && with.is_some() {
            counts.fillings += 1;
            if without != with {
                violate(format!("keys that are not listed change {without:?} to {with:?}: {}", Json::Object(filled)));
            }
        }
    }
    if alone {
        for key in &needs {
            counts.tried += 1;
            let flips = |value: &Json| {
                let mut context = given.clone();
                context.push((key.clone(), value.clone()));
                sides.decide(&with_context(request, context)).is_some_and(|other| other != decided)
            };
            counts.flipped += u64::from(candidates(&keys, key).iter().any(flips));
        }
    }
}

/// The bundle's list; `None` for a request that it refuses.
fn needs(sides: &Sides, request: &Json, derived: DerivedKeys) -> Option<Vec<String>> {
    let text = request.to_string();
    let read = JsonRequest::parse(&text).ok()?;
    let principal = read.resolve_with(&sides.bundle, |session| sides.sessions.resolve(session)).ok()?;
    read.with_request(|request| sides.bundle.evaluator().needs(&principal, request, derived)).ok()?.ok()
}

/// A value for a key, most often one that the policies suggest.
fn value(dice: &Dice, keys: &Keys, key: &str) -> Json {
    let candidates = candidates(keys, key);
    if dice.percent(5) { Json::List(Vec::new()) } else { dice.pick(&candidates).clone() }
}

/// Values to try a key with: single ones and lists.
fn candidates(keys: &Keys, key: &str) -> Vec<Json> {
    const ANY: &[&str] = &["", "true", "false", "zzz", "7", "192.0.2.9", "2001:db8::1", "2020-01-01T00:00:00Z", "arn:aws:s3:::b", "QQ=="];
    let own = keys.values.get(key).into_iter().flatten().take(VALUES_MAX).map(String::as_str);
    let texts: Vec<&str> = own.chain(ANY.iter().copied()).collect();
    let single = texts.iter().map(|text| Json::text(*text));
    let lists = texts.iter().map(|text| Json::texts(&[*text])).chain([Json::texts(&texts), Json::texts(&["zzz", "true"])]);
    single.chain(lists).collect()
}

fn context_of(request: &Json) -> Vec<(String, Json)> {
    match request.member("context") {
        Some(Json::Object(members)) => members.clone(),
        _ => Vec::new(),
    }
}

fn with_context(request: &Json, context: Vec<(String, Json)>) -> Json {
    let Json::Object(members) = request else { return request.clone() };
    let others = members.iter().filter(|(name, _)| name != "context").cloned();
    Json::Object(others.chain([("context".to_owned(), Json::Object(context))]).collect())
}
