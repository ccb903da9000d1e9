//! Each atom matcher against its naive twin, many patterns against many values.
//!
//! A world holds one user whose policy has some dozens of statements with one atom each: a condition, a resource pattern or
//! an action pattern. A request asks for one statement, so its decision is the atom's truth for the request's value. Patterns and values are noise over small
//! alphabets, beside the pools of the generator: globs that backtrack, numbers with many zeros, dates at the borders of months, networks of every length.

use crate::arguments::{Arguments, Usage};
use crate::dice::Dice;
use crate::differential::engine::{self, Comparison, Engines};
use crate::differential::{self, Disagreement};
use crate::generate::condition::{self, OPERATORS, QUALIFIERS};
use crate::generate::glob;
use crate::generate::values::{self, Kind};
use crate::json::Json;
use crate::noise;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::time::Instant;

/// Atoms of one world.
const ATOMS: usize = 32;
/// Values that each of them meets.
const VALUES: usize = 48;
/// Worlds that run before the results so far are looked at.
const BATCH: u64 = 64;
/// The user of each world.
const USER: &str = "arn:aws:iam::111111111111:user/alice";

/// What the atoms of a world are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Text,
    Pattern,
    Number,
    Date,
    Bool,
    Binary,
    Address,
    Arn,
    Presence,
    Resource,
    Action,
}

const FAMILIES: [Family; 11] = [
    Family::Text,
    Family::Pattern,
    Family::Number,
    Family::Date,
    Family::Bool,
    Family::Binary,
    Family::Address,
    Family::Arn,
    Family::Presence,
    Family::Resource,
    Family::Action,
];

impl Family {
    /// The kind of its conditions, if it is a condition.
    fn kind(self) -> Option<Kind> {
        Some(match self {
            Family::Text => Kind::Text,
            Family::Pattern => Kind::Pattern,
            Family::Number => Kind::Number,
            Family::Date => Kind::Date,
            Family::Bool => Kind::Bool,
            Family::Binary => Kind::Binary,
            Family::Address => Kind::Address,
            Family::Arn => Kind::Arn,
            Family::Presence => Kind::Presence,
            Family::Resource | Family::Action => return None,
        })
    }
}

/// What a part of the run met.
#[derive(Debug, Default)]
struct Part {
    /// True and false by family.
    counts: BTreeMap<Family, [u64; 2]>,
    /// Conditions asked, by operator, qualifier and `IfExists`.
    conditions: BTreeMap<(usize, usize, bool), u64>,
    refused: Vec<String>,
    found: Vec<Disagreement>,
}

/// The subcommand. True means all is well.
///
/// # Errors
/// [`Usage`] for a command line that is not understood.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let seed = arguments.number("--seed", 1)?;
    let evaluations = arguments.number("--evaluations", 1_000_000)?;
    let threads = arguments.number("--threads", 0)?;
    let disagreements_max = arguments.number("--disagreements", 1)? as usize;
    arguments.finish()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| Usage(error.to_string()))?;
    let worlds = evaluations.div_ceil((ATOMS * VALUES) as u64).max(FAMILIES.len() as u64);
    println!("seed {seed}, {worlds} worlds of {ATOMS} atoms and {VALUES} values");
    let start = Instant::now();
    let all = pool.install(|| run(seed, worlds, disagreements_max));
    let mut fine = all.found.is_empty() && all.refused.is_empty();
    for (family, [no, yes]) in &all.counts {
        println!("  {family:?}: true {yes}, false {no}");
        let rare = (*no).min(*yes);
        if rare * 20 < no + yes {
            println!("not enough: {family:?} is true or false in less than 5 %");
            fine = false;
        }
    }
    let least = all.conditions.iter().min_by_key(|(_, count)| **count);
    if let Some(((operator, qualifier, if_exists), count)) = least {
        let suffix = if *if_exists { "IfExists" } else { "" };
        println!(
            "{} forms of operators, the rarest {}{}{suffix} with {count}",
            all.conditions.len(),
            QUALIFIERS[*qualifier],
            OPERATORS[*operator].name
        );
    }
    let evaluations: u64 = all.counts.values().flatten().sum();
    println!("{evaluations} evaluations, {:.1} s", start.elapsed().as_secs_f64());
    for refused in all.refused.iter().take(3) {
        println!("refused world: {refused}");
    }
    for found in all.found.iter().take(disagreements_max) {
        differential::report(seed, found);
    }
    println!("{} disagreements", all.found.len());
    Ok(fine)
}

fn run(seed: u64, worlds: u64, disagreements_max: usize) -> Part {
    let mut all = Part::default();
    let mut first = 0;
    while first < worlds && all.found.len() < disagreements_max.max(1) {
        let last = (first + BATCH).min(worlds);
        let parts: Vec<Part> = (first..last).into_par_iter().map(|index| one_world(seed, index)).collect();
        for part in parts {
            for (family, [no, yes]) in part.counts {
                let counts = all.counts.entry(family).or_default();
                *counts = [counts[0] + no, counts[1] + yes];
            }
            for (form, count) in part.conditions {
                *all.conditions.entry(form).or_default() += count;
            }
            all.refused.extend(part.refused);
            all.found.extend(part.found);
        }
        first = last;
    }
    all
}

/// One statement's atom: its part of the statement, and texts that values are made from.
struct Atom {
    statement: Json,
    texts: Vec<String>,
    form: Option<(usize, usize, bool)>,
}

fn one_world(seed: u64, index: u64) -> Part {
    let dice = Dice::new(seed ^ 0xa70, index);
    let family = FAMILIES[(index % FAMILIES.len() as u64) as usize];
    let atoms: Vec<Atom> = (0..ATOMS).map(|at| atom(&dice, family, at)).collect();
    let statements = atoms.iter().map(|atom| atom.statement.clone()).collect();
    let policy = Json::object().with("Version", Json::text("2012-10-17")).with("Statement", Json::List(statements));
    let user = Json::object().with("name", Json::text("alice")).with("policies", Json::List(vec![policy]));
    let account = Json::object().with("id", Json::text("111111111111")).with("users", Json::List(vec![user]));
    let world = Json::object().with("version", Json::Number("1".to_owned())).with("accounts", Json::List(vec![account]));
    let mut part = Part::default();
    let text = world.to_string();
    let engines = match Engines::new(&text) {
        Ok(engines) => engines,
        Err(refused) => {
            part.refused.push(format!("{refused}: {text}"));
            return part;
        }
    };
    let mut pair = engines.pair();
    for number in 0..VALUES {
        let from = dice.pick(&atoms);
        let base = dice.text(&from.texts);
        let context = context(&dice, family, &base);
        let concrete = concrete(&dice, family, &base);
        for (at, atom) in atoms.iter().enumerate() {
            let request = request(family, at, &concrete, context.clone());
            match pair.compare(&request.to_string(), number % 8 == 0) {
                Comparison::Same(engine::Answer { reason, .. }) => {
                    part.counts.entry(family).or_default()[usize::from(reason == "allowed")] += 1;
                    if let Some(form) = atom.form {
                        *part.conditions.entry(form).or_default() += 1;
                    }
                }
                Comparison::Refused { code } => part.refused.push(format!("{code}: {request}")),
                Comparison::Differ { difference, .. } => {
                    part.found.push(Disagreement::new(index, (number * ATOMS + at) as u64, difference, world.clone(), request));
                }
            }
        }
    }
    part
}

fn atom(dice: &Dice, family: Family, at: usize) -> Atom {
    let statement = Json::object().with("Effect", Json::text("Allow"));
    match (family, family.kind()) {
        (_, Some(kind)) => {
            let operators: Vec<usize> = (0..OPERATORS.len()).filter(|operator| OPERATORS[*operator].kind == kind).collect();
            let operator = *dice.pick(&operators);
            let qualifier = dice.weighted(&[60, 20, 20]);
            let if_exists = kind != Kind::Presence && dice.percent(20);
            let suffix = if if_exists { "IfExists" } else { "" };
            let written = format!("{}{}{suffix}", QUALIFIERS[qualifier], OPERATORS[operator].name);
            let count = match dice.weighted(&[70, 24, 6]) {
                0 => 1,
                1 => dice.between(2, 4),
                _ => dice.between(9, 80),
            };
            let policy_values: Vec<Json> = (0..count).map(|_| policy_value(dice, kind)).collect();
            let texts = policy_values.iter().map(condition::text_of).collect();
            let condition = Json::object().with(written, Json::object().with("x:k", Json::List(policy_values)));
            let statement =
                statement.with("Action", Json::Text(format!("x:a{at}"))).with("Resource", Json::text("*")).with("Condition", condition);
            Atom { statement, texts, form: Some((operator, qualifier, if_exists)) }
        }
        (Family::Resource, _) => {
            let pattern = noise::resource_pattern(dice);
            let name = if dice.percent(10) { "NotResource" } else { "Resource" };
            let statement = statement.with("Action", Json::Text(format!("x:a{at}"))).with(name, Json::text(&pattern));
            Atom { statement, texts: vec![pattern], form: None }
        }
        _ => {
            let pattern = noise::action_pattern(dice);
            let name = if dice.percent(10) { "NotAction" } else { "Action" };
            let statement = statement.with(name, Json::text(&pattern)).with("Resource", Json::Text(format!("arn:aws:x:::r{at}")));
            Atom { statement, texts: vec![pattern], form: None }
        }
    }
}

fn policy_value(dice: &Dice, kind: Kind) -> Json {
    if matches!(kind, Kind::Text | Kind::Pattern | Kind::Arn) && dice.percent(12) {
        let variable = dice.word(&["${x:v}", "${x:v, 'a'}", "${*}", "${?}", "${x:none}", "${x:none, ''}", "${X:V}"]);
        let [before, behind] = [(); 2].map(|()| noise::glob(dice, 3));
        return Json::Text(if kind == Kind::Arn {
            format!("arn:aws:s3:::{before}{variable}{behind}")
        } else {
            before + variable + &behind
        });
    }
    if dice.percent(40) { values::policy_value(dice, kind, &[]) } else { noise::policy_value(dice, kind) }
}

/// The context's members: the value that conditions test, and the one that variables name.
fn context(dice: &Dice, family: Family, base: &str) -> Json {
    let Some(kind) = family.kind() else {
        return variable(dice, Json::object());
    };
    let base = noise::without_variables(dice, base);
    let one = || match dice.below(10) {
        0..=5 => values::answer(dice, kind, &base, &[]),
        6 => values::request_value(dice, kind, &[]),
        _ => Json::Text(noise::request_text(dice, kind)),
    };
    let value = match dice.below(16) {
        0 => return variable(dice, Json::object()),
        1 => Json::List(Vec::new()),
        2 => Json::texts(&[""]),
        3 => Json::List(vec![one()]),
        4..=6 => Json::List((0..dice.between(2, 5)).map(|_| one()).collect()),
        _ => one(),
    };
    variable(dice, Json::object().with("x:k", value))
}

fn variable(dice: &Dice, context: Json) -> Json {
    match dice.below(8) {
        0 => context,
        1 => context.with("x:v", Json::text("")),
        2 => context.with("x:v", Json::texts(&["a"])),
        _ => context.with("x:v", Json::text(dice.word(&["a", "ab", "*", "?", "a/b", "b:a", "é"]))),
    }
}

/// The resource or action that a pattern of those families meets.
fn concrete(dice: &Dice, family: Family, pattern: &str) -> String {
    match family {
        Family::Resource => {
            let head = "arn:aws:s3:::";
            let made = noise::without_variables(dice, pattern);
            let made = if dice.percent(70) { glob::instance(dice, &made) } else { head.to_owned() + &noise::text(dice, 8) };
            let made = if dice.percent(25) { glob::near_miss(dice, &made) } else { made };
            if made.starts_with("arn:") && made.split(':').count() >= 6 { made } else { head.to_owned() + &noise::text(dice, 6) }
        }
        Family::Action => {
            let made = if dice.percent(70) { glob::instance(dice, pattern) } else { noise::action_pattern(dice) };
            let made: String = made.chars().filter(|character| !matches!(character, '*' | '?')).collect();
            let made = if dice.percent(25) { glob::other_ascii_case(dice, &made) } else { made };
            match made.split_once(':') {
                Some((service, name)) if !service.is_empty() && !name.is_empty() => format!("{service}:{}", name.replace(':', "a")),
                _ => "ab:ab".to_owned(),
            }
        }
        _ => String::new(),
    }
}

fn request(family: Family, at: usize, concrete: &str, context: Json) -> Json {
    let request = Json::object().with("principal", Json::text(USER));
    let request = match family {
        Family::Action => request.with("action", Json::text(concrete)).with("resource", Json::Text(format!("arn:aws:x:::r{at}"))),
        Family::Resource => request.with("action", Json::Text(format!("x:a{at}"))).with("resource", Json::text(concrete)),
        _ => request.with("action", Json::Text(format!("x:a{at}"))).with("resource", Json::text("arn:aws:s3:::b")),
    };
    // An owner that is the caller's account: cross-account rules have no part in this.
    request.with("resource_account", Json::text("111111111111")).with("context", context)
}
