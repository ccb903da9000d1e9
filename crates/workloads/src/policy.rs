//! Statements as people write them, and requests aimed at them.
//!
//! A generated statement keeps what it was made of, so that a request can be made which it matches, or which it just misses. Names are chosen so that the aim is mostly
//! right: what a Deny statement names begins with `restricted-` and no Allow statement reaches it; actions in [`Service::refused`] no statement allows.

use crate::dice::Dice;
use crate::json::Json;
use crate::request::{Aim, Request, Value};

/// A service as policies know it.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// Actions that statements allow, literally or by `Get*` and the like.
    pub(crate) actions: &'static [&'static str],
    /// Wildcards over them.
    pub(crate) globs: &'static [&'static str],
    /// Actions that none of them reaches.
    pub(crate) refused: &'static [&'static str],
    /// The ARN of a thing: `@` is the account, `#` the region, `%` the thing's name.
    pub(crate) arn: &'static str,
    /// What may follow the thing's name.
    pub(crate) below: &'static str,
}

/// Services whose resources need no policy of their own: a grant by an identity policy is enough.
pub(crate) const SERVICES: &[Service] = &[
    Service {
        name: "s3",
        actions: &["GetObject", "GetObjectTagging", "GetObjectVersion", "PutObject", "PutObjectTagging", "ListMultipartUploadParts"],
        globs: &["Get*", "GetObject*", "Put*", "List*"],
        refused: &["DeleteObject", "AbortMultipartUpload", "BypassGovernanceRetention"],
        arn: "arn:aws:s3:::%",
        below: "/",
    },
    Service {
        name: "dynamodb",
        actions: &["GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DescribeTable"],
        globs: &["Batch*", "Describe*", "*Item", "Get*"],
        refused: &["DeleteTable", "RestoreTableToPointInTime", "TagResource"],
        arn: "arn:aws:dynamodb:#:@:table/%",
        below: "/index/",
    },
    Service {
        name: "sqs",
        actions: &["SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl"],
        globs: &["*Message", "Get*"],
        refused: &["PurgeQueue", "SetQueueAttributes", "CreateQueue"],
        arn: "arn:aws:sqs:#:@:%",
        below: "-",
    },
    Service {
        name: "sns",
        actions: &["Publish", "Subscribe", "GetTopicAttributes", "ListTagsForResource"],
        globs: &["Get*", "List*"],
        refused: &["DeleteTopic", "AddPermission", "SetTopicAttributes"],
        arn: "arn:aws:sns:#:@:%",
        below: "-",
    },
    Service {
        name: "lambda",
        actions: &["InvokeFunction", "GetFunction", "GetFunctionConfiguration", "ListTags"],
        globs: &["Invoke*", "Get*", "List*"],
        refused: &["UpdateFunctionCode", "DeleteFunction", "AddPermission"],
        arn: "arn:aws:lambda:#:@:function:%",
        below: ":",
    },
    Service {
        name: "logs",
        actions: &["CreateLogStream", "PutLogEvents", "GetLogEvents", "FilterLogEvents", "DescribeLogStreams"],
        globs: &["Put*", "Get*", "Describe*"],
        refused: &["DeleteLogGroup", "TagLogGroup", "CreateExportTask"],
        arn: "arn:aws:logs:#:@:log-group:/app/%",
        below: ":log-stream:",
    },
    Service {
        name: "secretsmanager",
        actions: &["GetSecretValue", "DescribeSecret", "ListSecretVersionIds"],
        globs: &["Get*", "Describe*"],
        refused: &["DeleteSecret", "RotateSecret", "UpdateSecret"],
        arn: "arn:aws:secretsmanager:#:@:secret:%",
        below: "/",
    },
    Service {
        name: "ssm",
        actions: &["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DescribeParameters"],
        globs: &["GetParameter*", "Describe*"],
        refused: &["DeleteParameter", "SendCommand", "StartSession"],
        arn: "arn:aws:ssm:#:@:parameter/%",
        below: "/",
    },
];

pub(crate) const REGIONS: &[&str] = &["eu-west-1", "us-east-1", "eu-central-1"];
pub(crate) const TEAMS: &[&str] = &["payments", "platform", "data", "identity", "web", "mobile", "security", "research"];
pub(crate) const APPS: &[&str] = &[
    "ledger",
    "billing",
    "catalog",
    "search",
    "checkout",
    "media",
    "reports",
    "ingest",
    "warehouse",
    "gateway",
    "notifier",
    "scheduler",
    "audit",
    "pricing",
    "inventory",
    "profile",
    "chat",
    "mailer",
    "crawler",
    "risk",
    "fraud",
    "support",
    "docs",
    "graph",
    "metrics",
    "router",
    "vault",
    "batch",
];
pub(crate) const STAGES: &[&str] = &["dev", "test", "prod"];
/// The networks that conditions name, as far as they are in common with every address that requests come from.
const OFFICE: &str = "203.0.113.0/24";

/// One test of a condition block, with values that meet it and that do not.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) operator: &'static str,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
    /// A value of the key that meets the test; variables of the caller's tags may stand in it.
    pub(crate) hit: Value,
    pub(crate) miss: Value,
}

impl Condition {
    /// A test that single values meet or miss.
    pub(crate) fn new(operator: &'static str, key: &str, values: &[&str], hit: &str, miss: &str) -> Condition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Condition { operator, key: key.to_owned(), values, hit: Value::One(hit.to_owned()), miss: Value::One(miss.to_owned()) }
    }

    /// The office's network, and a private one.
    pub(crate) fn address() -> Condition {
        Condition::new("IpAddress", "aws:SourceIp", &[OFFICE, "10.16.0.0/12"], "10.17.3.9", "192.0.2.77")
    }

    pub(crate) fn tls() -> Condition {
        Condition::new("Bool", "aws:SecureTransport", &["true"], "true", "false")
    }

    pub(crate) fn no_tls() -> Condition {
        Condition::new("Bool", "aws:SecureTransport", &["false"], "false", "true")
    }

    /// The resource has the caller's team.
    pub(crate) fn same_team() -> Condition {
        let own = "${aws:PrincipalTag/team}";
        Condition::new("StringEquals", "aws:ResourceTag/team", &[own], own, "nobody")
    }

    /// A condition of an Allow statement.
    fn throw(dice: &Dice) -> Condition {
        match dice.below(5) {
            0 => Condition::address(),
            1 => Condition::tls(),
            2 => Condition::new("StringLike", "aws:UserAgent", &["aws-sdk-*", "Boto3/*"], "Boto3/1.34", "curl/8.1"),
            3 => Condition::new("StringEquals", "aws:RequestedRegion", REGIONS, "eu-west-1", "sa-east-1"),
            _ => Condition::same_team(),
        }
    }
}

/// Who a statement is about, and where.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    /// What the request calls it.
    pub(crate) arn: String,
    pub(crate) tags: Vec<(&'static str, String)>,
}

impl Caller {
    /// The session of a role.
    pub(crate) fn session(account: &str, role: &str, tags: &[(&'static str, String)]) -> Caller {
        Caller { account: account.to_owned(), arn: format!("arn:aws:sts::{account}:assumed-role/{role}/session"), tags: tags.to_vec() }
    }

    /// A text with the caller's tags in place of its variables.
    fn resolved(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (key, value) in &self.tags {
            text = text.replace(&format!("${{aws:PrincipalTag/{key}}}"), value);
        }
        text
    }

    /// A request with the context that every client sends.
    pub(crate) fn request(&self, action: String, resource: String, aim: Aim, dice: &Dice) -> Request {
        let one = |key: &str, value: String| (key.to_owned(), Value::One(value));
        let context = vec![
            one("aws:SourceIp", format!("203.0.113.{}", dice.between(1, 254))),
            one("aws:SecureTransport", "true".to_owned()),
            one("aws:RequestedRegion", dice.text(REGIONS)),
            one("aws:UserAgent", format!("aws-sdk-go-v2/1.{}", dice.below(40))),
        ];
        Request { principal: self.arn.clone(), action, resource, context, aim }
    }
}

/// One statement of an identity policy.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) is_deny: bool,
    /// Its service, as an index into [`SERVICES`].
    pub(crate) service: usize,
    /// Names or wildcards within the service.
    pub(crate) actions: Vec<&'static str>,
    pub(crate) resources: Vec<String>,
    pub(crate) conditions: Vec<Condition>,
}

impl Statement {
    /// A statement about things of an application in an account.
    pub(crate) fn throw(dice: &Dice, account: &str, app: &str) -> Statement {
        let service = dice.below(SERVICES.len());
        let is_deny = dice.percent(12);
        let Service { actions, globs, .. } = SERVICES[service];
        let actions = match dice.below(4) {
            _ if is_deny => vec!["*"],
            0 => vec![dice.word(globs)],
            1 => vec![dice.word(actions)],
            _ => {
                let count = dice.between(2, 4);
                dice.sample(actions, count)
            }
        };
        let resources = (0..dice.weighted(&[0, 70, 20, 10])).map(|_| pattern(dice, service, account, app, is_deny)).collect();
        let mut conditions = Vec::new();
        if !is_deny && dice.percent(45) {
            conditions.push(Condition::throw(dice));
        } else if is_deny && dice.percent(30) {
            conditions.push(Condition::no_tls());
        }
        Statement { is_deny, service, actions, resources, conditions }
    }

    pub(crate) fn json(&self) -> Json {
        let service = SERVICES[self.service].name;
        let actions: Vec<String> = self.actions.iter().map(|name| format!("{service}:{name}")).collect();
        statement(self.is_deny, &actions, &self.resources, &self.conditions)
    }

    /// A request that this statement matches, or, aimed at an implicit deny, just misses.
    pub(crate) fn request(&self, dice: &Dice, caller: &Caller, aim: Aim) -> Request {
        let service = &SERVICES[self.service];
        let mut action = concrete(dice, service, dice.word(&self.actions));
        let mut resource = filled(dice, &caller.account, &caller.resolved(&dice.text(&self.resources)));
        let mut missed = None;
        if aim == Aim::ImplicitDeny {
            match dice.below(5) {
                0 | 1 => action = format!("{}:{}", service.name, dice.word(service.refused)),
                2 if !self.conditions.is_empty() => missed = Some(dice.below(self.conditions.len())),
                _ => {
                    resource =
                        service_arn(self.service, &caller.account, dice.word(REGIONS), &format!("nobody-{:04x}", dice.below(1 << 16)))
                }
            }
        }
        let mut request = caller.request(action, resource, aim, dice);
        for (index, condition) in self.conditions.iter().enumerate() {
            let value = if missed == Some(index) { &condition.miss } else { &condition.hit };
            request.give(&condition.key, value.map(|text| caller.resolved(text)));
        }
        request
    }
}

impl Value {
    fn map(&self, change: impl Fn(&str) -> String) -> Value {
        match self {
            Value::One(text) => Value::One(change(text)),
            Value::Many(texts) => Value::Many(texts.iter().map(|text| change(text)).collect()),
        }
    }
}

/// The JSON of a statement without principal.
pub(crate) fn statement(is_deny: bool, actions: &[String], resources: &[String], conditions: &[Condition]) -> Json {
    let json = Json::object()
        .with("Effect", Json::text(if is_deny { "Deny" } else { "Allow" }))
        .with("Action", one_or_list(actions))
        .with("Resource", one_or_list(resources));
    if conditions.is_empty() { json } else { json.with("Condition", condition_block(conditions)) }
}

/// The JSON of a condition block. No two tests may have the same operator.
pub(crate) fn condition_block(conditions: &[Condition]) -> Json {
    conditions.iter().fold(Json::object(), |block, condition| {
        block.with(condition.operator, Json::object().with(condition.key.as_str(), one_or_list(&condition.values)))
    })
}

/// A document of statements.
pub(crate) fn document(statements: Vec<Json>) -> Json {
    Json::object().with("Version", Json::text("2012-10-17")).with("Statement", Json::List(statements))
}

pub(crate) fn one_or_list(texts: &[String]) -> Json {
    match texts {
        [one] => Json::text(one),
        _ => Json::texts(texts),
    }
}

/// The ARN of a thing.
pub(crate) fn service_arn(service: usize, account: &str, region: &str, name: &str) -> String {
    SERVICES[service].arn.replace('@', account).replace('#', region).replace('%', name)
}

/// A resource pattern: a literal, a prefix, one with a wildcard in the middle, or with the caller's team in it.
fn pattern(dice: &Dice, service: usize, account: &str, app: &str, is_deny: bool) -> String {
    let stage = dice.word(STAGES);
    let restricted = if is_deny { "restricted-" } else { "" };
    let name = format!("{restricted}{app}-{stage}");
    let below = SERVICES[service].below;
    let region = if dice.percent(30) { "*" } else { dice.word(REGIONS) };
    let arn = |name: &str| service_arn(service, account, region, name);
    match dice.weighted(&[15, 45, 15, 15, 10]) {
        0 => arn(&name),
        1 => format!("{}{below}*", arn(&name)),
        2 => format!("{}-*-log", arn(&format!("{restricted}{app}"))),
        3 if !is_deny => format!("{}{below}${{aws:PrincipalTag/team}}/*", arn(&name)),
        _ => format!("{}*", arn(&name)),
    }
}

/// A concrete action of a service for a name or a wildcard.
fn concrete(dice: &Dice, service: &Service, name: &str) -> String {
    let Some((head, tail)) = name.split_once('*') else { return format!("{}:{name}", service.name) };
    let fits: Vec<&str> = service.actions.iter().copied().filter(|action| action.starts_with(head) && action.ends_with(tail)).collect();
    format!("{}:{}", service.name, dice.word(&fits))
}

/// A pattern with something in place of each `*`: a region and the account in their places, else a word.
fn filled(dice: &Dice, account: &str, pattern: &str) -> String {
    let parts: Vec<String> = pattern
        .splitn(6, ':')
        .enumerate()
        .map(|(part, text)| match (part, text) {
            (3, "*") => dice.text(REGIONS),
            (4, "*") => account.to_owned(),
            _ => text
                .split('*')
                .map(str::to_owned)
                .reduce(|left, right| format!("{left}{:06x}{right}", dice.below(1 << 24)))
                .unwrap_or_default(),
        })
        .collect();
    parts.join(":")
}
