//! Requests to worlds with every layer.
//!
//! In: such a world. Out: a [`Request`], most of them aimed: at a statement of some layer (its callers, its action, its resource, its conditions), at
//! a grant of an ACL, or at a rule that has an action of its own. Session policies, endpoints and owners are then added as the aim
//! leaves room for them. A few requests are invalid, each in one way.

use crate::dice::Dice;
use crate::generate::World;
use crate::generate::caller::{CALLERS, Caller, any_caller, caller, caller_of, entity_caller, undeclared};
use crate::generate::names;
use crate::generate::organization::acl::{self, Grantee};
use crate::generate::organization::{FULL_ACCESS, Layers, Level};
use crate::generate::request::{Request, any_resource, concrete_action, concrete_resource, context, pick_statement, set_member, spoiled};
use crate::generate::statement::Statement;
use crate::json::Json;

/// What a request is about; what is absent is chosen freely.
#[derive(Debug, Default)]
struct Aim<'w> {
    statement: Option<&'w Statement>,
    caller: Option<Caller>,
    action: Option<String>,
    resource: Option<String>,
    owner: Option<String>,
    endpoint: Option<String>,
    /// A document of the session.
    session: Option<usize>,
}

/// One request.
pub fn request(dice: &Dice, world: &World) -> Request {
    let Some(layers) = &world.layers else { return super::super::request::request(dice, world) };
    let aim = aim(dice, world, layers).unwrap_or_default();
    let mut caller = aim.caller.clone().unwrap_or_else(|| any_caller(dice, world));
    if dice.percent(3) {
        caller = of_other_partition(caller);
    }
    let mut context = context(dice, world, aim.statement);
    endpoint(dice, layers, &aim, &mut context);
    let action = aim.action.clone().unwrap_or_else(|| match aim.statement {
        Some(statement) if !statement.not_action && !statement.actions.is_empty() => {
            let pattern = dice.text(&statement.actions);
            concrete_action(dice, &world.names, &pattern)
        }
        _ => dice.text(&world.names.actions),
    });
    let resource = aim.resource.clone().unwrap_or_else(|| match aim.statement {
        Some(Statement { not_resource: false, resources: Some(patterns), .. }) if !patterns.is_empty() && dice.percent(90) => {
            let pattern = dice.text(patterns);
            concrete_resource(dice, &world.names, &pattern, &caller, &context)
        }
        _ => any_resource(dice, world),
    });
    let action = if action.is_empty() { dice.text(world.names.actions_pool) } else { action };
    let mut json = Json::object().with("principal", caller.json.clone()).with("action", Json::Text(action));
    if resource != "*" || dice.percent(50) {
        json = json.with("resource", Json::Text(resource));
    }
    json = json.with_some("resource_account", owner(dice, world, &aim, &caller).map(Json::Text));
    if !context.is_empty() || dice.percent(50) {
        json = json.with("context", Json::Object(context.clone()));
    }
    let mut request = Request { caller: caller.kind, json, context };
    match dice.below(100) {
        0 => return spoiled(dice, request),
        1 => return spoiled_session(dice, world, request),
        _ => {}
    }
    if let Some(session) = session(dice, world, layers, &aim, &caller) {
        request.json = request.json.with("session", session);
    }
    request
}

fn account_of(caller: &Caller) -> Option<&str> {
    caller.json.as_text().and_then(|arn| arn.split(':').nth(4))
}

/// The caller with an ARN of another partition: worlds name none, so it is as known as before (S-730), and another principal (S-404).
fn of_other_partition(caller: Caller) -> Caller {
    match caller.json.as_text().map(|arn| Json::Text(arn.replacen("arn:aws:", "arn:aws-cn:", 1))) {
        Some(json) => Caller { json, ..caller },
        None => caller,
    }
}

/// Whether the caller may have session policies (S-715).
fn takes_session(caller: &Caller) -> bool {
    caller.json.as_text().is_some_and(|arn| arn.contains(":assumed-role/") || arn.contains(":role/") || arn.contains(":federated-user/"))
}

/// Something to aim at; `None` where the world has nothing of the kind that was thrown.
fn aim<'w>(dice: &Dice, world: &'w World, layers: &'w Layers) -> Option<Aim<'w>> {
    match dice.weighted(&[17, 12, 12, 18, 10, 10, 11, 11, 10, 8]) {
        0 => of_entity(dice, world, false),
        1 => of_entity(dice, world, true),
        2 => of_session(dice, world, layers),
        3 => of_attached(dice, world),
        4 => of_level(dice, world, layers, |level| &level.scps),
        5 => of_level(dice, world, layers, |level| &level.rcps),
        6 => of_endpoint(dice, world, layers),
        7 => of_acl(dice, world, layers),
        8 => Some(of_rule(dice, world, layers)),
        _ => None,
    }
}

fn statement_of<'w>(dice: &Dice, world: &'w World, document: usize) -> &'w Statement {
    pick_statement(dice, &world.documents[document].statements)
}

/// An identity policy or boundary. A user is sometimes met through a federated user of its name.
fn of_entity<'w>(dice: &Dice, world: &'w World, boundary: bool) -> Option<Aim<'w>> {
    let entity = dice.pick(&world.entities);
    let document = if boundary { entity.boundary? } else { *entity.documents.get(dice.below(entity.documents.len()))? };
    let caller =
        if entity.arn.contains(":user/") && dice.percent(35) { federated(&entity.arn) } else { entity_caller(dice, world, &entity.arn) };
    Some(Aim { statement: Some(statement_of(dice, world, document)), caller: Some(caller), ..Aim::default() })
}

/// The federated user of a user's name.
fn federated(user: &str) -> Caller {
    let account = user.split(':').nth(4).unwrap_or_default();
    let name = user.rsplit('/').next().unwrap_or_default();
    caller("federated-user", Json::Text(format!("arn:aws:sts::{account}:federated-user/{name}")))
}

fn of_session<'w>(dice: &Dice, world: &'w World, layers: &Layers) -> Option<Aim<'w>> {
    let document = *layers.sessions.get(dice.below(layers.sessions.len()))?;
    let entity = dice.pick(&world.entities);
    let caller = if entity.arn.contains(":user/") { federated(&entity.arn) } else { entity_caller(dice, world, &entity.arn) };
    let statement = Some(statement_of(dice, world, document));
    Some(Aim { statement, caller: Some(caller), session: Some(document), ..Aim::default() })
}

fn of_attached<'w>(dice: &Dice, world: &'w World) -> Option<Aim<'w>> {
    let attached = world.attached.get(dice.below(world.attached.len()))?;
    let statement = statement_of(dice, world, attached.document);
    let caller = dice.percent(78).then(|| caller_of(dice, world, statement, &attached.account));
    let tails: &[&str] = if attached.trust { &["", "", "", "", "/x"] } else { &["", "", "", "/key", ":x", "/logs/a"] };
    let resource = (attached.trust || dice.percent(70)).then(|| attached.arn.clone() + dice.word(tails));
    Some(Aim { statement: Some(statement), caller, resource, ..Aim::default() })
}

/// An SCP or RCP of a level: the account under it calls, or owns the resource.
fn of_level<'w>(dice: &Dice, world: &'w World, layers: &'w Layers, documents: fn(&Level) -> &Vec<usize>) -> Option<Aim<'w>> {
    let levels: Vec<&Level> = layers.levels.iter().filter(|level| !documents(level).is_empty() && !level.accounts.is_empty()).collect();
    let level = levels.get(dice.below(levels.len()))?;
    let account = dice.text(&level.accounts);
    let statement = Some(statement_of(dice, world, *dice.pick(documents(level))));
    if std::ptr::eq(documents(level), &level.scps) {
        return Some(Aim { statement, caller: Some(caller_in(dice, world, &account)), ..Aim::default() });
    }
    let own: Vec<_> = world.attached.iter().filter(|attached| attached.account == account).collect();
    let resource = own.get(dice.below(own.len())).filter(|_| dice.percent(35)).map(|attached| attached.arn.clone());
    Some(Aim { statement, resource, owner: Some(account), ..Aim::default() })
}

/// A caller that belongs to the account, in any form that has one.
fn caller_in(dice: &Dice, world: &World, account: &str) -> Caller {
    let own: Vec<_> = world.entities.iter().filter(|entity| entity.arn.split(':').nth(4) == Some(account)).collect();
    let Some(entity) = own.get(dice.below(own.len())) else { return undeclared(dice, account) };
    match dice.below(10) {
        0 | 1 => caller("root", Json::Text(format!("arn:aws:iam::{account}:root"))),
        2 | 3 => federated(&entity.arn),
        _ => entity_caller(dice, world, &entity.arn),
    }
}

fn of_endpoint<'w>(dice: &Dice, world: &'w World, layers: &'w Layers) -> Option<Aim<'w>> {
    let endpoint = layers.endpoints.get(dice.below(layers.endpoints.len()))?;
    let statement = statement_of(dice, world, endpoint.document?);
    let caller = dice.percent(70).then(|| caller_of(dice, world, statement, &endpoint.account));
    Some(Aim { statement: Some(statement), caller, endpoint: Some(endpoint.id.clone()), ..Aim::default() })
}

/// A grant of an ACL, asked for by its grantee.
fn of_acl<'w>(dice: &Dice, world: &World, layers: &Layers) -> Option<Aim<'w>> {
    let acl = layers.acls.get(dice.below(layers.acls.len()))?;
    let grant = dice.pick(&acl.grants);
    let caller = match &grant.grantee {
        Grantee::Group("LogDelivery") => service(names::LOG_DELIVERY),
        Grantee::Group("AuthenticatedUsers") => {
            let account = dice.text(&world.names.accounts);
            caller_in(dice, world, &account)
        }
        Grantee::Group(_) if dice.percent(35) => caller("anonymous", Json::text("*")),
        Grantee::Group(_) => any_caller(dice, world),
        Grantee::Account(account) => caller_in(dice, world, account),
        Grantee::Canonical(id) => match layers.account_of(id).filter(|_| dice.percent(40)) {
            Some(account) => caller_in(dice, world, account),
            None => caller("canonical-user", Json::object().with("CanonicalUser", Json::text(id))),
        },
    };
    let (action, tail) = acl::reach(dice, grant.permission, acl.arn.contains('/'));
    Some(Aim { caller: Some(caller), action: Some(action.to_owned()), resource: Some(acl.arn.clone() + tail), ..Aim::default() })
}

fn service(name: &str) -> Caller {
    caller("service", Json::object().with("Service", Json::text(name)))
}

/// A rule that speaks of one action or one kind of caller: S-707, S-709, S-717, S-720 to S-723, S-727, S-732.
fn of_rule<'w>(dice: &Dice, world: &World, layers: &Layers) -> Aim<'w> {
    let action = |name: &str| Some(name.to_owned());
    let role = dice.text(&world.names.roles);
    match dice.below(9) {
        0 => Aim { action: action("sts:GetCallerIdentity"), ..Aim::default() },
        1 => {
            let account = role.split(':').nth(4).unwrap_or_default().to_owned();
            let caller = dice.percent(65).then(|| caller_in(dice, world, &account));
            Aim { action: action("iam:PassRole"), caller, resource: Some(role), ..Aim::default() }
        }
        2 | 3 => {
            let name = dice.word(&["AssumeRole", "TagSession", "SetSourceIdentity", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]);
            let caller = match dice.below(6) {
                // A role is not trusted by itself.
                0 => Some(entity_caller(dice, world, &role)),
                1 => Some(caller("root", Json::Text(format!("arn:aws:iam::{}:root", dice.text(&world.names.accounts))))),
                2 => Some(caller("federated", Json::object().with("Federated", Json::text(dice.word(names::PROVIDERS))))),
                _ => None,
            };
            let resource = if dice.percent(5) { role.replacen("arn:aws:", "arn:aws-cn:", 1) } else { role };
            Aim { action: Some(format!("sts:{name}")), caller, resource: Some(resource), ..Aim::default() }
        }
        4 => {
            let keys = ["key/k1", "key/k1", "key/k2", "alias/a"];
            let account = dice.text(&world.names.accounts);
            let resource = Some(format!("arn:aws:kms:us-east-1:{account}:{}", dice.word(&keys)));
            let caller = dice.percent(70).then(|| caller_in(dice, world, &account));
            Aim { action: action(dice.word(&["kms:RetireGrant", "kms:Decrypt"])), caller, resource, ..Aim::default() }
        }
        5 => {
            let resource = action(dice.word(&["*", "*", "arn:aws:s3:::*", "arn:aws:s3:::b", "arn:aws-cn:s3:::*"]));
            // The partition of what stands for all buckets is the caller's.
            let caller = dice.percent(30).then(|| {
                let account = dice.text(&world.names.accounts);
                of_other_partition(caller_in(dice, world, &account))
            });
            Aim { action: action("s3:ListAllMyBuckets"), caller, resource, ..Aim::default() }
        }
        6 => {
            let management = layers.tree.as_ref().and_then(|tree| tree.management.as_deref());
            let caller = management.filter(|_| dice.percent(60)).map(|account| caller_in(dice, world, account));
            let owner = management.filter(|_| caller.is_none()).map(str::to_owned);
            Aim { caller, owner, ..Aim::default() }
        }
        _ => {
            let name = dice.word(&["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]);
            let buckets: Vec<_> = world.attached.iter().filter(|attached| attached.arn.starts_with("arn:aws:s3:::")).collect();
            let Some(bucket) = buckets.get(dice.below(buckets.len())) else { return Aim::default() };
            let root = format!("arn:aws:iam::{}:root", bucket.account);
            let caller = dice.percent(75).then(|| caller("root", Json::Text(root)));
            Aim { action: action(name), caller, resource: Some(bucket.arn.clone()), ..Aim::default() }
        }
    }
}

/// The owner as the request names it, if it does.
fn owner(dice: &Dice, world: &World, aim: &Aim<'_>, caller: &Caller) -> Option<String> {
    if let Some(owner) = &aim.owner {
        return dice.percent(85).then(|| owner.clone());
    }
    match dice.below(100) {
        // Where the resource is the caller's own, more of the algorithm is met than across accounts.
        0..=27 if aim.resource.is_none() => account_of(caller).map(str::to_owned),
        28..=37 => {
            let mut owners = world.names.accounts.clone();
            owners.extend([names::STRANGE_ACCOUNT.to_owned(), names::TREE_ACCOUNT.to_owned()]);
            Some(dice.text(&owners))
        }
        _ => None,
    }
}

/// Sets the endpoint that the request comes through: declared, unknown, or no single one.
fn endpoint(dice: &Dice, layers: &Layers, aim: &Aim<'_>, context: &mut Vec<(String, Json)>) {
    let value = match &aim.endpoint {
        Some(id) if dice.percent(94) => Json::text(id),
        _ => match dice.below(100) {
            0..=17 => match layers.endpoints.get(dice.below(layers.endpoints.len())) {
                Some(endpoint) => Json::text(&endpoint.id),
                None => return,
            },
            18..=21 => Json::text("vpce-none"),
            22 | 23 => Json::List(layers.endpoints.iter().take(1).map(|endpoint| Json::text(&endpoint.id)).collect()),
            _ => return,
        },
    };
    context.retain(|(key, _)| !key.eq_ignore_ascii_case("aws:SourceVpce"));
    context.push(((if dice.percent(8) { "AWS:sourcevpce" } else { "aws:SourceVpce" }).to_owned(), value));
}

/// The session of a caller that may have one: documents inline or by the names that its account gives them, an empty list, or none.
fn session(dice: &Dice, world: &World, layers: &Layers, aim: &Aim<'_>, caller: &Caller) -> Option<Json> {
    if !takes_session(caller) {
        // An empty list is no session policy, whoever calls.
        return dice.percent(1).then(|| Json::object().with("policies", Json::List(Vec::new())));
    }
    let mut policies: Vec<Json> = aim.session.iter().map(|document| world.documents[*document].json.clone()).collect();
    let more = match dice.weighted(&[36, 3, 3, 42, 12, 4]) {
        0 if policies.is_empty() => return None,
        1 if policies.is_empty() => return Some(Json::object()),
        0..=2 => 0,
        3 => usize::from(policies.is_empty()),
        4 => 1,
        _ => 2,
    };
    let own: Vec<_> = layers.managed.iter().filter(|managed| Some(managed.account.as_str()) == account_of(caller)).collect();
    for _ in 0..more {
        let policy = match dice.below(20) {
            0..=4 => Json::text(FULL_ACCESS),
            5..=10 if !own.is_empty() => {
                let managed = dice.pick(&own);
                Json::text(if dice.percent(60) { &managed.name } else { &managed.arn })
            }
            _ => world.documents[*dice.pick(&layers.sessions)].json.clone(),
        };
        let at = dice.below(policies.len() + 1);
        policies.insert(at, policy);
    }
    Some(Json::object().with("policies", Json::List(policies)))
}

/// A session that makes the request invalid in one way (S-715 and the formats).
fn spoiled_session(dice: &Dice, world: &World, mut request: Request) -> Request {
    request.caller = CALLERS.len() - 1;
    let user = dice.text(&world.names.users);
    let role = dice.text(&world.names.roles);
    let policies = |items: Vec<Json>| Json::object().with("policies", Json::List(items));
    let full_access = || Json::text(FULL_ACCESS);
    let account = role.split(':').nth(4).unwrap_or_default();
    let (principal, session) = match dice.below(8) {
        // Callers that take none.
        0 => (Json::Text(user), policies(vec![full_access()])),
        1 => (Json::Text(format!("arn:aws:iam::{account}:root")), policies(vec![full_access()])),
        2 => (Json::object().with("Service", Json::text("ec2.amazonaws.com")), policies(vec![full_access()])),
        3 => (Json::text("*"), policies(vec![full_access()])),
        // Sessions of another shape, or with a name that leads nowhere.
        4 => (Json::Text(names::session_of(&role, "s1")), policies(vec![full_access(), Json::text("Missing")])),
        5 => (Json::Text(role), policies(vec![Json::text("arn:aws:iam::999999999999:policy/Read")])),
        6 => (Json::Text(names::session_of(&role, "s1")), Json::object().with("policy", full_access())),
        _ => (Json::Text(names::session_of(&role, "s1")), Json::object().with("policies", full_access())),
    };
    set_member(&mut request.json, "principal", principal);
    set_member(&mut request.json, "session", session);
    request
}
