//! What an explanation says an implicit deny lacked, against the reference: each near miss is one, and none is left out.
//!
//! In: a seed and how many decisions. For each implicit deny of a generated organization the bundle tells which Allow statements of the deciding layer lack one part only. The
//! reference is asked about a world in which each Allow statement stands beside its copies that lack one part, and beside each of its conditions alone: a near miss is a
//! statement that does not match and whose copy without the part does, so both lists must be equal, up to the bound. Of a false `Condition` block exactly those conditions
//! must be told that the reference finds false alone, in their statement's letters; what is told of the request and of variables must be true. Under SCPs and RCPs the levels
//! must be those that list policies of which none allows; a rule must be told exactly where the world's text says that it decides.
//!
//! Out: counts by layer and part, with floors, and what differs as a scenario.

mod acl;
mod levels;
mod parts;
mod rules;
mod words;

use crate::arguments::{Arguments, Usage};
use crate::dice::Dice;
use crate::differential::cells::{LAYERS, caller_kind};
use crate::differential::engine::{Answer, Engines, Explained, Pair};
use crate::differential::shrink;
use crate::differential::tally::{add, sum};
use crate::generate::organization;
use crate::json::Json;
use crate::retold::Retold;
use acl::Acls;
use levels::Levels;
use parts::{Allow, Condition, Piece};
use portcullis::runtime::{Explanation, FailedPart, NEAR_MISSES_MAX, Rule};
use rayon::prelude::*;
use rules::Declared;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// Requests to each world.
const REQUESTS: u64 = 250;
/// Worlds that run before the results so far are looked at.
const BATCH: u64 = 32;
/// Parts of statements.
const PARTS: [&str; 7] = ["principal", "not_principal", "action", "not_action", "resource", "not_resource", "condition"];
/// One in so many denies has a near miss of each layer and each part at least.
const FLOOR: u64 = 2_000;

/// What a run counts.
#[derive(Debug, Default)]
struct Counts {
    worlds: u64,
    decisions: u64,
    denies: u64,
    /// Denies with at least one.
    with_misses: u64,
    /// Near misses by layer, part, caller, and whatever else is worth a floor.
    met: BTreeMap<String, u64>,
    found: Vec<Found>,
}

/// A request whose near misses are wrong.
#[derive(Debug)]
struct Found {
    world: u64,
    request: u64,
    problem: Problem,
    world_json: Json,
    request_json: Json,
}

/// What is wrong, in a word that shrinking must keep and in all words.
#[derive(Debug, Clone)]
struct Problem {
    kind: String,
    text: String,
}

/// A near miss: its place, its statement if it is none of an ACL, and the name of the part.
type Miss = (String, Option<usize>, &'static str);

impl Counts {
    fn merge(&mut self, other: Counts) {
        self.worlds += other.worlds;
        self.decisions += other.decisions;
        self.denies += other.denies;
        self.with_misses += other.with_misses;
        sum(&mut self.met, other.met);
        self.found.extend(other.found);
    }

    /// Counts what an explanation told.
    fn note(&mut self, layer: &str, caller: &str, told: &Explanation) {
        let mut add = |name: String| add(&mut self.met, name);
        if let Some(rule) = told.rule {
            add(format!("rule {}", rule.as_str()));
        }
        if !told.refusing_levels.is_empty() {
            add("refusing levels".to_owned());
        }
        for miss in &told.near_misses {
            let what = if miss.statement.statement.is_some() { "part" } else { "grant" };
            for name in [format!("layer {layer}"), format!("{what} {}", words::part(&miss.failed)), format!("caller {caller}")] {
                add(name);
            }
            let has_variables = match &miss.failed {
                FailedPart::Resource { variables, .. } => !variables.is_empty(),
                FailedPart::Conditions(conditions) => conditions.iter().any(|condition| !condition.variables.is_empty()),
                FailedPart::Principal { .. } | FailedPart::Action { .. } => false,
            };
            if has_variables {
                add("variables".to_owned());
            }
            if matches!(&miss.failed, FailedPart::Conditions(conditions) if conditions.len() > 1) {
                add("several conditions".to_owned());
            }
        }
    }

    /// What a run must have met and this one has not.
    fn gaps(&self) -> Vec<String> {
        let floor = (self.denies / FLOOR).max(1);
        // RCPs allow by the full-access document alone, which lacks nothing.
        let layers = LAYERS.iter().filter(|layer| **layer != "rcp").map(|layer| format!("layer {layer}"));
        let parts = PARTS.iter().map(|part| format!("part {part}"));
        let others = ["grant principal", "grant action", "several conditions", "variables", "refusing levels"].map(str::to_owned);
        let rules = Rule::ALL.iter().map(|rule| format!("rule {}", rule.as_str()));
        let often = layers.chain(parts).chain(others).chain(rules).map(|name| (name, floor));
        let needed = often.chain([("grant resource".to_owned(), 1)]);
        let count = |name: &str| self.met.get(name).copied().unwrap_or(0);
        let gaps = needed.filter(|(name, floor)| count(name) < *floor);
        gaps.map(|(name, floor)| format!("{name}: met {} times, less than {floor}", count(&name))).collect()
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
    let counts = pool.install(|| run(seed, decisions));
    println!("seed {seed}, {} worlds, {} decisions, {} of them implicit denies", counts.worlds, counts.decisions, counts.denies);
    println!("{} implicit denies have near misses", counts.with_misses);
    for (name, count) in &counts.met {
        println!("  {name}: {count}");
    }
    println!("{:.1} s", start.elapsed().as_secs_f64());
    for found in counts.found.iter().take(3) {
        report(seed, found);
    }
    println!("{} violations", counts.found.len());
    let gaps = counts.gaps();
    for gap in &gaps {
        println!("not enough: {gap}");
    }
    Ok(counts.found.is_empty() && gaps.is_empty())
}

fn run(seed: u64, decisions: u64) -> Counts {
    let mut counts = Counts::default();
    let mut first = 0;
    while counts.decisions < decisions && counts.found.len() < 3 {
        let parts: Vec<Counts> = (first..first + BATCH).into_par_iter().map(|index| one_world(seed, index)).collect();
        parts.into_iter().for_each(|part| counts.merge(part));
        first += BATCH;
    }
    counts
}

fn one_world(seed: u64, index: u64) -> Counts {
    let dice = Dice::new(seed ^ 0x4e3a, index);
    let world = organization::world(&dice);
    let mut counts = Counts::default();
    let violation = |request: u64, problem: Problem, json: Json| Found {
        world: index,
        request,
        problem,
        world_json: world.json.clone(),
        request_json: json,
    };
    let subject = match Subject::new(&world.json) {
        Ok(subject) => subject,
        Err(text) => {
            counts.found.push(violation(0, Problem { kind: "refused".to_owned(), text }, Json::Null));
            return counts;
        }
    };
    counts.worlds += 1;
    let mut pair = subject.engines.pair();
    for number in 0..REQUESTS {
        let request = organization::request::request(&dice, &world).json;
        match subject.check(&mut pair, &request) {
            Ok(Checked::Refused) => {}
            Ok(Checked::NoImplicitDeny) => counts.decisions += 1,
            Ok(Checked::Fine(layer, told)) => {
                counts.decisions += 1;
                counts.denies += 1;
                counts.with_misses += u64::from(!told.near_misses.is_empty());
                let caller = request.member("principal").and_then(caller_kind).unwrap_or_default();
                counts.note(layer, caller, &told);
            }
            Err(problem) => {
                counts.decisions += 1;
                counts.found.push(violation(number, problem, request));
            }
        }
    }
    counts
}

/// A world as both sides have it, and what its statements lack.
struct Subject {
    engines: Engines,
    retold: Retold<Piece>,
    acls: Acls,
    levels: Levels,
    declared: Declared,
    /// The world with every ACL in force, if some bucket switches ACLs off.
    in_force: Option<Engines>,
}

/// What came of a request.
enum Checked {
    Refused,
    NoImplicitDeny,
    /// The layer that decided, and the explanation, as it should be.
    Fine(&'static str, Box<Explanation>),
}

/// The near misses by the reference.
#[derive(Default)]
struct Expected {
    misses: BTreeSet<Miss>,
    /// By place and index: the statement, and which of its conditions are true.
    statements: BTreeMap<(String, usize), (Arc<Allow>, BTreeSet<usize>)>,
}

impl Expected {
    /// The statement's text, and its conditions that are false.
    fn statement(&self, place: &str, index: usize) -> Option<(&Allow, Vec<&Condition>)> {
        let (allow, trues) = self.statements.get(&(place.to_owned(), index))?;
        let falses = allow.conditions.iter().enumerate().filter(|(at, _)| !trues.contains(at)).map(|(_, condition)| condition);
        Some((allow, falses.collect()))
    }
}

impl Subject {
    fn new(world: &Json) -> Result<Subject, String> {
        let text = world.to_string();
        let engines = Engines::new(&text)?;
        let enforced = "BucketOwnerEnforced";
        let in_force = text.contains(enforced).then(|| Engines::new(&text.replace(enforced, "ObjectWriter"))).transpose()?;
        let mut open = world.clone();
        let acls = Acls::open(&mut open);
        Ok(Subject {
            engines,
            retold: Retold::new(&open, parts::pieces)?,
            acls,
            levels: Levels::of(world),
            declared: Declared::of(world),
            in_force,
        })
    }

    fn check(&self, pair: &mut Pair<'_>, request: &Json) -> Result<Checked, Problem> {
        let text = request.to_string();
        let Ok(answer) = pair.reference(&text, true) else { return Ok(Checked::Refused) };
        let Answer { reason: "implicit_deny", layer, explanation: Some(explained), .. } = &answer else {
            return Ok(Checked::NoImplicitDeny);
        };
        let problem = |kind: &str, text: String| Problem { kind: kind.to_owned(), text };
        let told = pair.explanation(&text).map_err(|code| problem("not explained", code))?;
        let (told_rule, expected_rule) =
            (told.rule.map(Rule::as_str), self.declared.rule(request, layer, explained, || self.is_granted(request)));
        if told_rule != expected_rule {
            return Err(problem("rule", format!("the rule is {expected_rule:?}, told is {told_rule:?}")));
        }
        let allowing: BTreeSet<&str> =
            explained.matched.iter().filter(|one| one.effect == "Allow").filter_map(|one| levels::place(&one.policy)).collect();
        let account = if *layer == "rcp" { explained.owner.as_deref() } else { account(request) };
        let expected_levels = self.levels.refusing(layer, account.unwrap_or_default(), &allowing);
        let told_levels: Vec<(&str, &str, u32)> =
            told.refusing_levels.iter().map(|level| (level.node.as_str(), level.id.as_str(), level.policies)).collect();
        if told_levels != expected_levels {
            return Err(problem("levels", format!("the levels {expected_levels:?} do not allow, told are {told_levels:?}")));
        }
        let expected = self.expected(pair, request, layer, explained, &allowing).map_err(|text| problem("not asked", text))?;
        let listed: Vec<Miss> = told
            .near_misses
            .iter()
            .map(|miss| (miss.statement.policy.clone(), miss.statement.statement.map(|index| index as usize), words::part(&miss.failed)))
            .collect();
        let ignores = |miss: &&Miss| !is_owners_delete(request, miss);
        if let Some(extra) = listed.iter().filter(|miss| !expected.misses.contains(*miss)).find(ignores) {
            return Err(problem(&format!("no near miss: {}", extra.2), format!("{extra:?} is told and does not match without that part")));
        }
        let is_listed = |miss: &&Miss| !listed.contains(miss);
        let lacking: Vec<&Miss> = expected.misses.iter().filter(is_listed).filter(ignores).collect();
        if told.near_misses_left_out == 0 || listed.len() != NEAR_MISSES_MAX {
            if let Some(lacking) = lacking.first() {
                return Err(problem(
                    &format!("left out: {}", lacking.2),
                    format!("{lacking:?} would match without that part and is not told"),
                ));
            }
        } else if lacking.len() != told.near_misses_left_out {
            return Err(problem("left out", format!("{} are left out, {} are said to be", lacking.len(), told.near_misses_left_out)));
        }
        if listed.iter().collect::<BTreeSet<_>>().len() != listed.len() {
            return Err(problem("twice", format!("a near miss is told twice: {listed:?}")));
        }
        if !told.near_misses.is_sorted_by_key(|miss| words::rank(&miss.failed)) {
            return Err(problem("order", "the nearest do not come first".to_owned()));
        }
        for miss in &told.near_misses {
            let (place, Some(index)) = (&miss.statement.policy, miss.statement.statement) else { continue };
            let Some((allow, falses)) = expected.statement(place, index as usize) else { continue };
            words::check(request, &miss.failed, allow, &falses)
                .map_err(|text| problem("words", format!("{place}, statement {index}: {text}")))?;
        }
        Ok(Checked::Fine(layer, Box::new(told)))
    }

    /// Whether an ACL would grant a request, if it were in force.
    fn is_granted(&self, request: &Json) -> bool {
        let Some(engines) = &self.in_force else { return false };
        let answer = engines.pair().reference(&request.to_string(), true).ok();
        let explained = answer.and_then(|answer| answer.explanation);
        explained.is_some_and(|explained| explained.matched.iter().any(|one| one.statement.is_none()))
    }

    fn expected(
        &self,
        pair: &Pair<'_>,
        request: &Json,
        layer: &str,
        explained: &Explained,
        allowing: &BTreeSet<&str>,
    ) -> Result<Expected, String> {
        let mut expected = Expected::default();
        if is_beyond_statements(request, layer, explained) {
            return Ok(expected);
        }
        let matched: BTreeSet<(&str, Option<usize>)> = explained.matched.iter().map(|one| (one.policy.as_str(), one.statement)).collect();
        let decides = |place: &str| layer_of(place) == layer && levels::place(place).is_none_or(|level| !allowing.contains(level));
        for (place, piece) in self.retold.matched(request)? {
            match piece {
                Some(Piece::Without(allow, part)) => {
                    if !matched.contains(&(place.as_str(), Some(allow.index))) && decides(&place) {
                        expected.misses.insert((place.clone(), Some(allow.index), part));
                    }
                    expected.statements.entry((place, allow.index)).or_insert_with(|| (allow, BTreeSet::new()));
                }
                Some(Piece::Alone(allow, at)) => {
                    let (_, trues) = expected.statements.entry((place, allow.index)).or_insert_with(|| (allow, BTreeSet::new()));
                    trues.insert(at);
                }
                Some(Piece::Whole) => {}
                // A grant to everyone.
                None if layer == "resource" => {
                    let original = self.acls.original(&place).unwrap_or_default();
                    expected.misses.insert((original.to_owned(), None, "principal"));
                }
                None => {}
            }
        }
        let resource = request.member("resource").and_then(Json::as_text).unwrap_or("*");
        if layer == "resource" && self.acls.reach(resource) {
            let mut ask = |member: &str, value: &str, part: &'static str| {
                let mut request = request.clone();
                if let Some(place) = request.member_mut(member) {
                    *place = Json::text(value);
                }
                let granted = pair.reference(&request.to_string(), true).ok().and_then(|answer| answer.explanation);
                let grants = granted.into_iter().flat_map(|explained| explained.matched).filter(|one| one.statement.is_none());
                let grants = grants.map(|one| one.policy).filter(|place| self.acls.reaches(place, resource));
                expected.misses.extend(grants.map(|place| (place, None, part)));
            };
            acl::ACTIONS.iter().for_each(|action| ask("action", action, "action"));
            let bucket = acl::bucket(resource);
            [bucket.to_owned(), format!("{bucket}/new")].iter().for_each(|other| ask("resource", other, "resource"));
        }
        Ok(expected)
    }
}

/// The account of the caller, if it has one.
fn account(request: &Json) -> Option<&str> {
    request.member("principal").and_then(Json::as_text).and_then(|arn| arn.split(':').nth(4))
}

/// A caller cannot pass a role of another account, whatever any statement says (S-723).
fn is_beyond_statements(request: &Json, layer: &str, explained: &Explained) -> bool {
    let action = request.member("action").and_then(Json::as_text).unwrap_or_default();
    let account = account(request);
    layer == "resource" && action.eq_ignore_ascii_case("iam:PassRole") && (account.is_none() || account != explained.owner.as_deref())
}

/// What only a grant to the bucket's owner grants (S-724): by one to everyone nothing can be said of it.
fn is_owners_delete(request: &Json, (_, statement, part): &Miss) -> bool {
    let action = request.member("action").and_then(Json::as_text).unwrap_or_default().to_ascii_lowercase();
    statement.is_none() && *part == "principal" && action.starts_with("s3:deleteobject")
}

/// The layer of a place (S-729).
fn layer_of(place: &str) -> &'static str {
    match place {
        _ if place.starts_with("session.") => "session",
        _ if place.contains(".scps[") => "scp",
        _ if place.contains(".rcps[") => "rcp",
        _ if place.contains(".vpc_endpoints[") => "endpoint",
        _ if place.ends_with(".boundary") => "boundary",
        _ if place.ends_with(".trust") || place.contains(".resources[") => "resource",
        _ => "identity",
    }
}

/// Prints what was found, as found and shrunk to a scenario.
fn report(seed: u64, found: &Found) {
    println!("violation: seed {seed}, world {}, request {}: {}", found.world, found.request, found.problem.text);
    let problem = |world: &Json, request: &Json| {
        let subject = Subject::new(world).ok()?;
        subject.check(&mut subject.engines.pair(), request).err()
    };
    let same = |world: &Json, request: &Json| problem(world, request).is_some_and(|problem| problem.kind == found.problem.kind);
    let (world, request) = if same(&found.world_json, &found.request_json) {
        shrink::shrink(found.world_json.clone(), found.request_json.clone(), &same)
    } else {
        (found.world_json.clone(), found.request_json.clone())
    };
    if let Some(problem) = problem(&world, &request) {
        println!("shrunk: {}", problem.text);
    }
    let name = format!("near misses: seed {seed}, world {}, request {}", found.world, found.request);
    let case = Json::object().with("request", request);
    println!("{}", Json::object().with("name", Json::Text(name)).with("world", world).with("requests", Json::List(vec![case])));
}
