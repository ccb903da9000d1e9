//! Statements and documents of every policy type.
//!
//! In: the world's alphabet, a policy type and a shape. Out: a document as text, and what of it requests can aim at. What a type forbids
//! (S-110) is never generated, so every document is one that the frontend accepts.

use crate::dice::Dice;
use crate::generate::condition::{self, Condition};
use crate::generate::glob;
use crate::generate::names::Names;
use crate::generate::principal::{self, Principal};
use crate::json::Json;

/// The policy types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyType {
    /// Of a user, group or role.
    Identity,
    /// Of a resource.
    Resource,
    /// Of a role: who may assume it.
    Trust,
    /// Of a user or role: what its identity policies can reach at most.
    Boundary,
    /// Of a session.
    Session,
    /// Of a level of the organization, for the callers under it.
    Scp,
    /// Of a level of the organization, for the resources under it.
    Rcp,
    /// Of a VPC endpoint.
    Endpoint,
}

impl PolicyType {
    /// Whether its statements name their callers.
    fn takes_principal(self) -> bool {
        matches!(self, PolicyType::Resource | PolicyType::Trust | PolicyType::Rcp | PolicyType::Endpoint)
    }

    /// Whether a `Sid` is letters and digits and stands once (S-107).
    fn has_strict_sids(self) -> bool {
        !matches!(self, PolicyType::Resource | PolicyType::Trust | PolicyType::Endpoint)
    }

    /// Whether `2012-10-17` has to be stated (S-104).
    fn states_version(self) -> bool {
        matches!(self, PolicyType::Scp | PolicyType::Rcp)
    }
}

/// A statement as generated, for aiming requests at it and for counting what was reached.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Whether it denies.
    pub deny: bool,
    /// Principal element, where the type has one.
    pub principal: Option<Principal>,
    /// Whether `NotAction` stands for `Action`.
    pub not_action: bool,
    /// Action patterns.
    pub actions: Vec<String>,
    /// Whether `NotResource` stands for `Resource`.
    pub not_resource: bool,
    /// Resource patterns; `None` where the element is left out.
    pub resources: Option<Vec<String>>,
    /// Conditions.
    pub conditions: Vec<Condition>,
}

impl Statement {
    /// Allows everyone everything.
    pub fn everything() -> Statement {
        let every = || vec!["*".to_owned()];
        let (principal, conditions) = (Some(Principal::anyone()), Vec::new());
        let (actions, resources) = (every(), Some(every()));
        Statement { deny: false, principal, not_action: false, actions, not_resource: false, resources, conditions }
    }
}

/// A document as generated.
#[derive(Debug, Clone)]
pub struct Document {
    /// Whether variables count: `Version` is `2012-10-17`.
    pub variables: bool,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Its text.
    pub json: Json,
}

/// The size and shape of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A few statements.
    Plain,
    /// Hundreds of statements, each with few patterns.
    ManyStatements,
    /// One statement with hundreds of resources.
    ManyResources,
    /// Statements with overlapping lists of many actions and many resources, which an index by action would copy.
    Dense,
    /// A wide Allow, then a few statements that mostly deny: what lets other layers decide.
    Broad,
    /// Statements that deny.
    Denies,
}

/// A document of a type, for the declared resource it hangs on if it is a resource policy.
pub fn document(dice: &Dice, names: &Names, policy_type: PolicyType, shape: Shape, attached: Option<&str>) -> Document {
    let version = match dice.weighted(&[70, 14, 16]) {
        _ if policy_type.states_version() => Some("2012-10-17"),
        0 => Some("2012-10-17"),
        1 => Some("2008-10-17"),
        _ => None,
    };
    let variables = version == Some("2012-10-17");
    let count = match shape {
        Shape::Plain | Shape::ManyResources => dice.between(1, 4),
        Shape::ManyStatements => dice.between(50, 300),
        Shape::Dense => dice.between(25, 60),
        Shape::Broad => 1 + dice.weighted(&[44, 38, 18]),
        Shape::Denies => dice.between(1, 2),
    };
    let mut statements: Vec<Statement> =
        (0..count).map(|index| statement(dice, names, policy_type, shape, variables, attached, index)).collect();
    let mut texts: Vec<Json> =
        statements.iter_mut().enumerate().map(|(index, statement)| text(dice, statement, policy_type, index)).collect();
    let statement_json = match texts.pop() {
        Some(only) if texts.is_empty() && dice.percent(25) => only,
        Some(last) => {
            texts.push(last);
            Json::List(texts)
        }
        None => Json::List(texts),
    };
    let mut json = Json::object().with_some("Version", version.map(Json::text));
    if dice.percent(8) {
        json = json.with("Id", Json::text("policy-1"));
    }
    Document { variables, statements, json: json.with("Statement", statement_json) }
}

fn text(dice: &Dice, statement: &mut Statement, policy_type: PolicyType, index: usize) -> Json {
    let mut json = Json::object();
    if dice.percent(25) {
        let strict = policy_type.has_strict_sids();
        json = json.with("Sid", Json::Text(if strict { format!("S{index}") } else { dice.text(&["S", "a sid", "", "é-1"]) }));
    }
    json = json.with("Effect", Json::text(if statement.deny { "Deny" } else { "Allow" }));
    if let Some(principal) = &statement.principal {
        let element = if policy_type == PolicyType::Rcp { Json::text("*") } else { principal.json(dice) };
        json = json.with(if principal.negated { "NotPrincipal" } else { "Principal" }, element);
    }
    json = json.with(if statement.not_action { "NotAction" } else { "Action" }, one_or_list(dice, &statement.actions));
    if let Some(resources) = &statement.resources {
        json = json.with(if statement.not_resource { "NotResource" } else { "Resource" }, one_or_list(dice, resources));
    }
    let element = condition::element(dice, &mut statement.conditions);
    json = json.with_some("Condition", element);
    if dice.percent(10)
        && let Json::Object(members) = &mut json
    {
        members.reverse();
    }
    json
}

fn one_or_list(dice: &Dice, texts: &[String]) -> Json {
    match texts {
        [only] if dice.percent(60) => Json::text(only),
        all => Json::texts(all),
    }
}

fn statement(
    dice: &Dice,
    names: &Names,
    policy_type: PolicyType,
    shape: Shape,
    variables: bool,
    attached: Option<&str>,
    index: usize,
) -> Statement {
    let (trust, rcp) = (policy_type == PolicyType::Trust, policy_type == PolicyType::Rcp);
    if shape == Shape::Broad && index == 0 && !rcp {
        return broad(dice, names, policy_type, variables);
    }
    let small = matches!(shape, Shape::Plain | Shape::Broad | Shape::Denies);
    let deny = match shape {
        Shape::Denies => true,
        _ if rcp => true,
        Shape::Plain => dice.percent(36),
        Shape::Broad => dice.percent(70),
        Shape::ManyStatements | Shape::ManyResources | Shape::Dense => dice.percent(16),
    };
    let principal = match policy_type {
        PolicyType::Rcp => Some(Principal::anyone()),
        // Else hardly any Deny there would meet the callers that principal elements seldom name.
        PolicyType::Endpoint if deny && dice.percent(60) => Some(Principal::anyone()),
        _ => policy_type.takes_principal().then(|| principal::principal(dice, names, trust)),
    };
    let not_action = dice.percent(if small { 12 } else { 2 }) && !rcp;
    let mut actions = match shape {
        Shape::Dense => {
            let count = dice.between(4, 16);
            let all: Vec<usize> = (0..40).collect();
            dice.sample(&all, count).into_iter().map(|number| format!("svc:Act{number}")).collect()
        }
        Shape::ManyStatements if dice.percent(70) => vec![format!("svc:Act{}", dice.below(60)), format!("svc:Act{}*", dice.below(60))],
        _ => actions(dice, names, trust, not_action),
    };
    // What no other document speaks of must be compiled as well, above all where nothing consults the document: in the midst of all
    // actions, before and behind them.
    if names.every_layer && dice.percent(4) {
        actions.push(format!("{}:Act{}", dice.word(&["only", "aa", "zz"]), dice.below(10_000)));
    }
    if rcp {
        // A bare star among the actions is refused there (S-110); this pattern means the same.
        for every in actions.iter_mut().filter(|action| *action == "*") {
            "*:*".clone_into(every);
        }
    }
    let not_resource = dice.percent(if small { 12 } else { 2 });
    let many = match shape {
        Shape::ManyResources => dice.between(60, 220),
        Shape::Dense => dice.between(4, 14),
        Shape::ManyStatements => dice.between(1, 3),
        Shape::Plain | Shape::Broad | Shape::Denies => 0,
    };
    let mut resources: Vec<String> = (0..many).map(|number| wide_resource(dice, shape, index, number)).collect();
    if !trust && (many == 0 || dice.percent(10)) {
        resources.extend(self::resources(dice, names, policy_type, variables, attached, not_resource));
    }
    if names.every_layer && !trust && dice.percent(4) {
        resources.push(format!("arn:aws:s3:::only-{}{}", dice.below(10_000), dice.word(&["", "/*", "-?/x"])));
    }
    let leave_out = trust || (policy_type == PolicyType::Resource && dice.percent(30));
    let conditions = match dice.weighted(&[34, 40, 20, 6]) {
        0 => 0,
        1 => 1,
        2 => 2,
        _ => 3,
    };
    let conditions = if small || dice.percent(40) { conditions } else { 0 };
    let conditions = (0..conditions).map(|_| condition::condition(dice, names, variables, None)).collect();
    let resources = (!leave_out).then_some(resources);
    Statement { deny, principal, not_action, actions, not_resource, resources, conditions }
}

/// What the `NotAction` of a wide Allow leaves out.
const EXCEPTED_ACTIONS: &[&[&str]] = &[&["iam:*"], &["x:y"], &["s3:Delete*"], &["sts:TagSession"]];
/// What a wide Allow of a trust policy allows.
const TRUST_ACTIONS: &[&[&str]] = &[&["sts:*"], &["sts:AssumeRole*"], &["*"]];

/// A statement that allows much, so that most of the requests of the other layers' statements pass it.
fn broad(dice: &Dice, names: &Names, policy_type: PolicyType, variables: bool) -> Statement {
    let trust = policy_type == PolicyType::Trust;
    let principal = policy_type.takes_principal().then(|| match dice.below(if policy_type == PolicyType::Endpoint { 4 } else { 9 }) {
        0 | 1 => Principal::anyone(),
        2 if policy_type == PolicyType::Endpoint => Principal::anyone(),
        2 | 3 => Principal::accounts(dice, names),
        4..=6 => Principal::entities(dice, names),
        _ => principal::positive(dice, names, trust),
    });
    let not_action = dice.percent(8);
    let actions: &[&str] = match dice.below(9) {
        _ if not_action => dice.pick::<&[&str]>(EXCEPTED_ACTIONS),
        _ if trust => dice.pick::<&[&str]>(TRUST_ACTIONS),
        0..=4 => &["*"],
        5 => &["s3:*", "kms:*", "sts:*"],
        6 => &["s3:*", "sqs:*", "logs:*", "iam:PassRole"],
        7 => &["*:*"],
        _ => &["s3:*", "x:*", "kms:*", "sts:Assume*", "dynamodb:*"],
    };
    let resources: &[&str] = match dice.below(10) {
        0 => &["arn:*"],
        1 => &["arn:aws:*:*:*:*", "*"],
        2 => &["arn:aws:s3:::*", "arn:aws:iam::*:role/*", "arn:aws:kms:*:*:key/*"],
        _ => &["*"],
    };
    let conditions = if dice.percent(14) { vec![condition::condition(dice, names, variables, None)] } else { Vec::new() };
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let resources = (!trust).then(|| owned(resources));
    Statement { deny: false, principal, not_action, actions: owned(actions), not_resource: false, resources, conditions }
}

/// A resource pattern of a wide document: literals, nested prefixes, inner stars and variables over few stems.
fn wide_resource(dice: &Dice, shape: Shape, index: usize, number: usize) -> String {
    let range = if shape == Shape::Dense { 40 } else { 300 };
    let id = dice.below(range);
    match dice.below(12) {
        0..=3 => format!("arn:aws:s3:::b/k{id}"),
        4 => format!("arn:aws:s3:::b/k{id}/*"),
        5 => format!("arn:aws:s3:::b/k{}*", id % 10),
        6 => format!("arn:aws:s3:::b/k{}/{}/*", id % 20, id % 7),
        7 => format!("arn:aws:sqs:us-east-{}:111111111111:q{id}", id % 3),
        8 => format!("arn:aws:sqs:*:{}:q{id}*", ["111111111111", "222222222222", "*"][id % 3]),
        9 => format!("arn:aws:s3:::b/*{}", ["log", "/x", "k1", "5"][id % 4]),
        10 => format!("arn:aws:s3:::b/k{}/*/{number}", id % 10),
        _ => format!("arn:aws:s3:::b/${{aws:username}}/k{}", (index + number) % 50),
    }
}

/// Action patterns: literals, prefixes, inner and leading wildcards, services, letter case, and shapes that match nothing.
fn actions(dice: &Dice, names: &Names, trust: bool, negated: bool) -> Vec<String> {
    let count = match dice.weighted(&[2, 50, 30, 18]) {
        0 if !negated => 0,
        0 | 1 => 1,
        2 => 2,
        _ => 3,
    };
    (0..count).map(|_| action(dice, names, trust)).collect()
}

fn action(dice: &Dice, names: &Names, trust: bool) -> String {
    let trust_actions =
        ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"];
    let base = if trust && dice.percent(75) { dice.text(&trust_actions) } else { dice.text(&names.actions) };
    let (service, name) = base.split_once(':').map(|(service, name)| (service.to_owned(), name.to_owned())).unwrap_or_default();
    match dice.weighted(&[34, 14, 10, 12, 8, 6, 7, 3, 2]) {
        0 => base,
        1 => format!("{service}:*"),
        2 => "*".to_owned(),
        3 => {
            let at = (1..=name.len()).filter(|at| name.is_char_boundary(*at)).nth(dice.below(4)).unwrap_or(name.len());
            format!("{service}:{}*", &name[..at])
        }
        4 => {
            let name = glob::widen(dice, &name);
            format!("{service}:{name}")
        }
        5 => {
            let service = glob::widen(dice, &service);
            format!("{service}:{name}")
        }
        6 => glob::other_ascii_case(dice, &base),
        7 => dice.text(&["*:*", "s?:*", "*:Get*", "?*:?*", "s3*:*", "*:?*"]),
        _ => dice.text(&["s3:", "s3: GetObject", "s3:Get Object", "s3:GetObject ", "x:**", "s3:?"]),
    }
}

/// Resource patterns over the world's resources.
fn resources(dice: &Dice, names: &Names, policy_type: PolicyType, variables: bool, attached: Option<&str>, negated: bool) -> Vec<String> {
    let count = match dice.weighted(&[1, 55, 28, 16]) {
        0 if !negated => 0,
        0 | 1 => 1,
        2 => 2,
        _ => 3,
    };
    (0..count).map(|_| resource(dice, names, policy_type, variables, attached)).collect()
}

fn resource(dice: &Dice, names: &Names, policy_type: PolicyType, variables: bool, attached: Option<&str>) -> String {
    let base = match attached {
        Some(attached) if dice.percent(60) => attached.to_owned() + dice.word(&["", "/*", "/key", ":*", "/logs/*", "*"]),
        _ => dice.text(&names.resources),
    };
    let parts: Vec<&str> = base.splitn(6, ':').collect();
    let [_, partition, service, region, account, rest] = parts[..] else { return "*".to_owned() };
    match dice.weighted(&[20, 12, 17, 15, 9, 12, 6, 5, 2, 1, 1]) {
        0 => "*".to_owned(),
        1 => base,
        2 => format!("arn:{partition}:{service}:{region}:{account}:{}*", prefix(dice, rest)),
        3 => format!("arn:{partition}:{service}:{region}:{account}:{}", glob::widen(dice, rest)),
        4 => {
            let mut given = [partition, service, region, account].map(str::to_owned);
            for part in &mut given {
                if dice.percent(50) {
                    *part = if dice.percent(55) { "*".to_owned() } else { glob::widen(dice, part) };
                }
            }
            let rest = if dice.percent(50) { glob::widen(dice, rest) } else { rest.to_owned() };
            format!("arn:{}:{rest}", given.join(":"))
        }
        5 => {
            let one = condition::variable(dice, names, variables);
            let stem = prefix(dice, rest);
            match dice.below(6) {
                0 => format!("arn:{partition}:{service}:{region}:{account}:{stem}{one}*"),
                1 => format!("arn:{partition}:{service}:{region}:{account}:{stem}{one}"),
                2 => format!("arn:aws:s3:::b/{one}"),
                3 => format!("arn:aws:s3:::b/home/{one}/*"),
                4 => format!("arn:aws:s3:::*/{one}/x"),
                _ => {
                    let two = condition::variable(dice, names, variables);
                    format!("arn:aws:s3:::b/{one}/{two}*")
                }
            }
        }
        6 if policy_type == PolicyType::Rcp => base,
        6 => dice.text(&[
            "arn:*",
            "arn:aws:s3:*",
            "arn:aws:*",
            "arn:aws:s*:*",
            "arn:aws:sqs:us-east-1:*",
            "arn:*:s3:*",
            "arn:aws:*:q*",
            "arn:aws:*:*:*",
        ]),
        7 => dice.text(&[
            "arn:aws:s3:::*",
            "arn:aws:s3:::b/*",
            "arn:*:*:*:*:*",
            "arn:aws:sqs:*:*:*",
            "arn:aws:kms:*:*:key/*",
            "arn:aws:iam::*:role/*",
        ]),
        8 => dice.text(&["**", "***", "arn:aws:s3:::b/**", "arn:aws:s3:::?*", "arn:aws:?3:::b"]),
        // A variable outside the last part matches nothing (S-311).
        9 if variables => format!("arn:{partition}:{service}:{region}:${{aws:PrincipalAccount}}:{rest}"),
        // Too short without a star at its end: an error where callers are limited, no match in the policies of resources and endpoints
        // (S-304). The shorthand is for resources alone (S-313).
        _ if policy_type == PolicyType::Endpoint => dice.text(&["arn:aws:s3", "arn:aws:s3::b", "arn:aws"]),
        _ if policy_type != PolicyType::Resource => base.clone(),
        _ => dice.text(&["arn:aws:s3", "arn:aws:s3::b", "arn:aws", "execute-api:/*", "execute-api:/stage/*/x", "execute-api:/s?age/GET/*"]),
    }
}

fn prefix(dice: &Dice, rest: &str) -> String {
    let ends: Vec<usize> = (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).collect();
    rest[..*dice.pick(&ends)].to_owned()
}
