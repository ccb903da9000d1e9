//! W2: one account of roles whose policies use what the language has (wildcards in actions and resources, addresses, booleans, `StringLike`, the caller's tags), and
//! resources with policies that name the roles.

use super::{ACCOUNT, world};
use crate::dice::Dice;
use crate::draw::Drawer;
use crate::json::Json;
use crate::policy::{APPS, Caller, Condition, REGIONS, Statement, TEAMS, condition_block, document, one_or_list};
use crate::request::{Aim, Request, Value};
use crate::{Options, Workload};

/// How much of everything.
pub(crate) struct Sizes {
    pub(crate) roles: usize,
    pub(crate) policies: usize,
    pub(crate) statements: usize,
    pub(crate) resources: usize,
}

/// Of a hundred requests, how many are about a resource with a policy.
const SHARED_PERCENT: u32 = 20;

struct Role {
    caller: Caller,
    policies: Vec<Vec<Statement>>,
}

/// A resource with a policy.
struct Shared {
    arn: String,
    actions: Vec<String>,
    /// Roles that its policy allows them.
    roles: Vec<usize>,
}

pub(crate) fn generate(options: &Options, sizes: Sizes) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let roles: Vec<Role> = (0..sizes.roles.max(1)).map(|index| role(&dice, index, &sizes)).collect();
    let shared: Vec<Shared> = (0..sizes.resources.max(1)).map(|index| resource(&dice, index, roles.len())).collect();
    let statements = sizes.policies.max(1) * sizes.statements.max(1);
    let of_statements = Drawer::new(options.draw, roles.len() * statements, &dice);
    let of_shared = Drawer::new(options.draw, shared.len(), &dice);
    let requests = (0..options.requests)
        .map(|_| {
            let aim = Aim::throw(&dice);
            if dice.percent(SHARED_PERCENT) {
                return about_shared(&dice, aim, &shared[of_shared.next(&dice)], &roles);
            }
            let drawn = of_statements.next(&dice);
            let role = &roles[drawn / statements];
            let own: Vec<&Statement> = role.policies.iter().flatten().collect();
            // From the drawn one on, the first of the effect that is wanted.
            let from = drawn % statements;
            let fits = |at: &usize| own[*at].is_deny == (aim == Aim::ExplicitDeny);
            let at = (from..own.len()).chain(0..from).find(fits).unwrap_or(from);
            own[at].request(&dice, &role.caller, aim)
        })
        .collect();
    Workload { world: format!("{}\n", world(vec![account(&roles, &shared)])), files: Vec::new(), requests }
}

fn role_name(index: usize) -> String {
    format!("app-{index:02}")
}

fn role(dice: &Dice, index: usize, sizes: &Sizes) -> Role {
    let caller = Caller::session(ACCOUNT, &role_name(index), &[("team", dice.text(TEAMS)), ("stage", "prod".to_owned())]);
    let policies = (0..sizes.policies.max(1))
        .map(|policy| {
            let app = format!("{}{policy}", dice.word(APPS));
            (0..sizes.statements.max(1)).map(|_| Statement::throw(dice, ACCOUNT, &app)).collect()
        })
        .collect();
    Role { caller, policies }
}

fn resource(dice: &Dice, index: usize, roles: usize) -> Shared {
    let region = dice.word(REGIONS);
    let (arn, actions): (String, &[&str]) = match index % 3 {
        0 => (format!("arn:aws:s3:::shared-{index:03}"), &["s3:GetObject", "s3:PutObject"]),
        1 => (format!("arn:aws:sqs:{region}:{ACCOUNT}:shared-{index:03}"), &["sqs:SendMessage", "sqs:ReceiveMessage"]),
        _ => (format!("arn:aws:sns:{region}:{ACCOUNT}:shared-{index:03}"), &["sns:Publish"]),
    };
    let all: Vec<usize> = (0..roles).collect();
    let count = dice.between(1, 4);
    Shared { arn, actions: actions.iter().map(|action| (*action).to_owned()).collect(), roles: dice.sample(&all, count) }
}

impl Shared {
    /// What a policy says of the things in it.
    fn covered(&self) -> String {
        if self.arn.starts_with("arn:aws:s3:") { format!("{}/*", self.arn) } else { self.arn.clone() }
    }

    fn json(&self) -> Json {
        let roles: Vec<String> = self.roles.iter().map(|role| format!("arn:aws:iam::{ACCOUNT}:role/{}", role_name(*role))).collect();
        let service = self.actions[0].split(':').next().unwrap_or_default();
        let allow = Json::object()
            .with("Sid", Json::text("Roles"))
            .with("Effect", Json::text("Allow"))
            .with("Principal", Json::object().with("AWS", one_or_list(&roles)))
            .with("Action", one_or_list(&self.actions))
            .with("Resource", Json::text(self.covered()))
            .with("Condition", condition_block(&[Condition::new("IpAddress", "aws:SourceIp", &["203.0.113.0/24"], "", "")]));
        let deny = Json::object()
            .with("Sid", Json::text("Tls"))
            .with("Effect", Json::text("Deny"))
            .with("Principal", Json::text("*"))
            .with("Action", Json::text(format!("{service}:*")))
            .with("Resource", Json::text(self.covered()))
            .with("Condition", condition_block(&[Condition::no_tls()]));
        Json::object().with("arn", Json::text(&self.arn)).with("policy", document(vec![allow, deny]))
    }
}

fn account(roles: &[Role], shared: &[Shared]) -> Json {
    let role = |(index, role): (usize, &Role)| {
        let tags = role.caller.tags.iter().fold(Json::object(), |tags, (key, value)| tags.with(*key, Json::text(value)));
        let policies = role.policies.iter().map(|statements| document(statements.iter().map(Statement::json).collect())).collect();
        Json::object().with("name", Json::text(role_name(index))).with("policies", Json::List(policies)).with("tags", tags)
    };
    Json::object()
        .with("id", Json::text(ACCOUNT))
        .with("roles", Json::List(roles.iter().enumerate().map(role).collect()))
        .with("resources", Json::List(shared.iter().map(Shared::json).collect()))
}

/// A request about a resource with a policy: by a role that it names, over an open line, or by one that it does not name.
fn about_shared(dice: &Dice, aim: Aim, shared: &Shared, roles: &[Role]) -> Request {
    let named = *dice.pick(&shared.roles);
    let stranger = (named + 1..roles.len()).chain(0..named).find(|role| !shared.roles.contains(role));
    let role = if aim == Aim::ImplicitDeny { stranger.unwrap_or(named) } else { named };
    let resource = shared.covered().replace('*', &format!("{:06x}", dice.below(1 << 24)));
    let mut request = roles[role].caller.request(dice.text(&shared.actions), resource, aim, dice);
    match (aim, stranger) {
        (Aim::ExplicitDeny, _) => request.give("aws:SecureTransport", Value::One("false".to_owned())),
        (Aim::ImplicitDeny, None) => request.give("aws:SourceIp", Value::One("192.0.2.9".to_owned())),
        _ => {}
    }
    request
}
