//! The alphabet of a world: which accounts, entities, actions, resources and condition keys its policies speak of.
//!
//! Small sets, chosen anew for each world, so that patterns, statements and requests meet.

use crate::dice::Dice;
use crate::generate::values::Kind;

/// Accounts that worlds declare.
pub const ACCOUNTS: &[&str] = &["111111111111", "222222222222", "333333333333"];
/// Accounts that worlds with every layer declare.
pub const EVERY_LAYER_ACCOUNTS: &[&str] = &["111111111111", "222222222222", "333333333333", "666666666666"];
/// An account that only the organization tree names.
pub const TREE_ACCOUNT: &str = "555555555555";
/// An account that no world knows.
pub const STRANGE_ACCOUNT: &str = "444444444444";

/// Actions that requests ask for; rules name some of them.
pub const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3express:GetObject",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:ListQueues",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:RetireGrant",
    "logs:PutLogEvents",
    "logs:DescribeLogGroups",
    "sts:AssumeRole",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetCallerIdentity",
    "iam:PassRole",
    "iam:GetRole",
    "iam:GetUser",
    "dynamodb:GetItem",
    "execute-api:Invoke",
    "x:y",
    "x:Zürich",
];

/// Actions of worlds with every layer: those that rules name, of services that RCPs reach and of others.
pub const EVERY_LAYER_ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAcl",
    "s3:GetObjectVersionAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3express:CreateSession",
    "sqs:SendMessage",
    "sqs:ListQueues",
    "kms:Decrypt",
    "kms:RetireGrant",
    "kms:ListKeys",
    "logs:PutLogEvents",
    "sts:AssumeRole",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetCallerIdentity",
    "iam:PassRole",
    "iam:GetRole",
    "dynamodb:GetItem",
    "ecr-public:DescribeImages",
    "execute-api:Invoke",
    "x:y",
];

/// Resources that requests ask for, `ACCOUNT` standing for one of the world's accounts.
pub const RESOURCES: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/key",
    "arn:aws:s3:::b/logs",
    "arn:aws:s3:::b/logs/a",
    "arn:aws:s3:::b/logs/a/b",
    "arn:aws:s3:::b/",
    "arn:aws:s3:::bx",
    "arn:aws:s3:::bx/a/b/private/x",
    "arn:aws:s3:::b/home/alice/x",
    "arn:aws:s3:::b/home/*/x",
    "arn:aws:s3:::b/é",
    "arn:aws-cn:s3:::b/key",
    "arn:aws:s3:us-east-1:ACCOUNT:accesspoint/p",
    "arn:aws:sqs:us-east-1:ACCOUNT:q",
    "arn:aws:sqs:us-east-1:ACCOUNT:q2",
    "arn:aws:sqs:eu-west-1:ACCOUNT:q",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k1",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k2",
    "arn:aws:kms:us-east-1:ACCOUNT:alias/a",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g:log-stream:s",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:gg",
    "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t",
    "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t/index/i",
    "arn:aws:rds:us-west-2:ACCOUNT:mypg:x",
    "arn:aws:execute-api:us-east-1:ACCOUNT:api1/stage/GET/x",
    "arn:aws:x:::",
    "arn:::::",
    "arn:aws:x::123:r",
];

/// Resources of worlds with every layer.
pub const EVERY_LAYER_RESOURCES: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/key",
    "arn:aws:s3:::b/logs/a",
    "arn:aws:s3:::b/home/alice/x",
    "arn:aws:s3:::b-ACCOUNT",
    "arn:aws:s3:::b-ACCOUNT/key",
    "arn:aws-cn:s3:::b/key",
    "arn:aws:s3:us-east-1:ACCOUNT:accesspoint/p",
    "arn:aws:sqs:us-east-1:ACCOUNT:q",
    "arn:aws:sqs:us-east-1:ACCOUNT:q2",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k1",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k2",
    "arn:aws:kms:us-east-1:ACCOUNT:alias/a",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g:log-stream:s",
    "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t",
    "arn:aws:execute-api:us-east-1:ACCOUNT:api1/stage/GET/x",
    "arn:aws:x:::",
];

/// Resources that worlds declare, most with a policy.
pub const DECLARED: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/logs",
    "arn:aws:s3:::b/logs/a",
    "arn:aws:s3:::bx",
    "arn:aws:sqs:us-east-1:ACCOUNT:q",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k1",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g",
    "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t",
    "arn:aws:execute-api:us-east-1:ACCOUNT:api1",
    "arn:aws:kms:us-east-1:ACCOUNT:alias/a",
];

/// Resources that worlds with every layer declare.
pub const EVERY_LAYER_DECLARED: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/key",
    "arn:aws:s3:::b/logs/a",
    "arn:aws:s3:::b-ACCOUNT",
    "arn:aws:s3:::b-ACCOUNT/key",
    "arn:aws:sqs:us-east-1:ACCOUNT:q",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k1",
    "arn:aws:kms:us-east-1:ACCOUNT:key/k2",
    "arn:aws:logs:us-east-1:ACCOUNT:log-group:g",
    "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t",
    "arn:aws:kms:us-east-1:ACCOUNT:alias/a",
];

/// The service that delivers logs, which ACLs name by a group of its own.
pub const LOG_DELIVERY: &str = "logging.s3.amazonaws.com";
/// Services that call.
pub const SERVICES: &[&str] = &["ec2.amazonaws.com", "lambda.amazonaws.com", "s3.amazonaws.com"];
/// Identity providers that call.
pub const PROVIDERS: &[&str] = &["cognito-identity.amazonaws.com", "arn:aws:iam::111111111111:saml-provider/p", "token.example.com"];
/// Canonical users that call.
pub const CANONICAL: &[&str] = &["79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "c0ffee"];
/// Tag values; wildcards in them are plain characters (S-606).
pub const TAG_VALUES: &[&str] =
    &["red", "a", "ab", "*", "a*", "?", "logs", "home/alice", "x:y", "", "${aws:username}", "key", "alice", "é"];
/// Tag keys.
pub const TAG_KEYS: &[&str] = &["team", "Team", "env", "cost-center"];

/// A condition key with what is known of its values.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its name in the usual spelling.
    pub name: String,
    /// The type whose operators meet it most.
    pub kind: Kind,
    /// Whether requests mostly give an array.
    pub many: bool,
    /// Values that the world derives for it, or near them.
    pub own: Vec<String>,
}

/// What is known of a world before its alphabet is chosen.
#[derive(Debug, Default)]
pub struct Known {
    /// Declared accounts.
    pub accounts: Vec<String>,
    /// ARNs of declared users.
    pub users: Vec<String>,
    /// ARNs of declared roles.
    pub roles: Vec<String>,
    /// Unique ids of both.
    pub ids: Vec<String>,
    /// Canonical ids of accounts.
    pub canonical: Vec<String>,
    /// Ids of VPC endpoints.
    pub endpoints: Vec<String>,
    /// Paths of the organization (S-804), if there is one.
    pub paths: Vec<String>,
    /// Whether the world has every layer.
    pub every_layer: bool,
}

/// The alphabet of one world.
#[derive(Debug)]
pub struct Names {
    /// Declared accounts.
    pub accounts: Vec<String>,
    /// ARNs of declared users.
    pub users: Vec<String>,
    /// ARNs of declared roles.
    pub roles: Vec<String>,
    /// Unique ids of both.
    pub ids: Vec<String>,
    /// Services that call.
    pub services: Vec<&'static str>,
    /// Canonical users that call.
    pub canonical: Vec<String>,
    /// Whether the world has every layer.
    pub every_layer: bool,
    /// The actions among which those of the world were chosen.
    pub actions_pool: &'static [&'static str],
    /// Actions.
    pub actions: Vec<String>,
    /// Concrete resources.
    pub resources: Vec<String>,
    /// Condition keys.
    pub keys: Vec<Key>,
}

impl Names {
    /// Chooses actions, resources and keys for the world; entities are there already.
    pub fn choose(dice: &Dice, known: Known) -> Names {
        let (actions_pool, resources_pool) =
            if known.every_layer { (EVERY_LAYER_ACTIONS, EVERY_LAYER_RESOURCES) } else { (ACTIONS, RESOURCES) };
        let count = dice.between(5, 10);
        let mut actions: Vec<String> = dice.sample(actions_pool, count).into_iter().map(str::to_owned).collect();
        actions.push("s3:GetObject".to_owned());
        let count = dice.between(5, 9);
        let mut resources: Vec<String> =
            dice.sample(resources_pool, count).into_iter().map(|form| form.replace("ACCOUNT", &dice.text(&known.accounts))).collect();
        resources.push("arn:aws:s3:::b/key".to_owned());
        resources.extend(dice.sample(&known.roles, 1));
        resources.extend(dice.sample(&known.users, 1));
        let mut services = SERVICES.to_vec();
        let mut canonical: Vec<String> = CANONICAL.iter().map(|id| (*id).to_owned()).collect();
        if known.every_layer {
            services.push(LOG_DELIVERY);
            canonical.extend(known.canonical);
        }
        let Known { accounts, users, roles, ids, endpoints, paths, every_layer, .. } = known;
        let mut names =
            Names { accounts, users, roles, ids, services, canonical, every_layer, actions_pool, actions, resources, keys: Vec::new() };
        let keys = names.all_keys(&endpoints, &paths);
        let count = dice.between(7, 12);
        names.keys = dice.sample(&keys, count);
        names
    }

    fn all_keys(&self, endpoints: &[String], paths: &[String]) -> Vec<Key> {
        let key = |name: &str, kind: Kind, many: bool, own: &[&str]| Key {
            name: name.to_owned(),
            kind,
            many,
            own: own.iter().map(|value| (*value).to_owned()).collect(),
        };
        let with = |name: &str, kind: Kind, many: bool, own: Vec<String>| Key { name: name.to_owned(), kind, many, own };
        let principals: Vec<String> = self.users.iter().chain(&self.roles).cloned().collect();
        let mut arns = principals.clone();
        arns.extend(self.accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")));
        arns.extend(self.roles.iter().map(|role| session_of(role, "s1")));
        let names: Vec<String> = self.users.iter().filter_map(|user| user.rsplit('/').next()).map(str::to_owned).collect();
        let mut user_ids = self.ids.clone();
        user_ids.extend(self.ids.iter().map(|id| format!("{id}:s1")));
        let tags = TAG_VALUES;
        let mut keys = vec![
            key("aws:SourceIp", Kind::Address, false, &[]),
            key("aws:VpcSourceIp", Kind::Address, true, &[]),
            key("aws:CurrentTime", Kind::Date, false, &[]),
            key("aws:EpochTime", Kind::Date, false, &[]),
            key("x:expires", Kind::Date, true, &[]),
            key("aws:SecureTransport", Kind::Bool, false, &[]),
            key("aws:MultiFactorAuthPresent", Kind::Bool, false, &[]),
            key("x:flags", Kind::Bool, true, &[]),
            key("s3:max-keys", Kind::Number, false, &[]),
            key("x:sizes", Kind::Number, true, &[]),
            key("x:size", Kind::Number, false, &[]),
            key("aws:TagKeys", Kind::Text, true, TAG_KEYS),
            key("aws:RequestTag/team", Kind::Text, false, tags),
            key("aws:PrincipalTag/team", Kind::Text, false, tags),
            key("aws:ResourceTag/team", Kind::Text, false, tags),
            key("aws:ResourceTag/env", Kind::Text, false, tags),
            key("s3:prefix", Kind::Pattern, false, &["home/alice", "logs", "logs/a", ""]),
            key("sts:ExternalId", Kind::Text, false, &[]),
            key("x:k1", Kind::Text, false, &[]),
            key("x:k2", Kind::Pattern, true, &[]),
            key("x:Clé/é", Kind::Text, false, &[]),
            key("x:blob", Kind::Binary, false, &[]),
            key("x:blobs", Kind::Binary, true, &[]),
            with("aws:SourceVpce", Kind::Text, false, endpoints.to_vec()),
            key("aws:PrincipalType", Kind::Text, false, &["User", "AssumedRole", "FederatedUser", "Account", "Anonymous"]),
            key("aws:PrincipalIsAWSService", Kind::Bool, false, &["true", "false"]),
            key("aws:CalledVia", Kind::Text, true, SERVICES),
            with("aws:PrincipalArn", Kind::Arn, false, arns.clone()),
            with("aws:SourceArn", Kind::Arn, false, self.resources.clone()),
            with("x:arns", Kind::Arn, true, arns),
            with("aws:PrincipalAccount", Kind::Text, false, self.accounts.clone()),
            with("aws:ResourceAccount", Kind::Text, false, self.accounts.clone()),
            with("aws:username", Kind::Text, false, names),
            with("aws:userid", Kind::Pattern, false, user_ids),
        ];
        if !paths.is_empty() {
            keys.push(key("aws:PrincipalOrgID", Kind::Text, false, &["o-example"]));
            keys.push(key("aws:ResourceOrgID", Kind::Text, false, &["o-example"]));
            keys.push(with("aws:PrincipalOrgPaths", Kind::Pattern, true, paths.to_vec()));
            keys.push(with("aws:ResourceOrgPaths", Kind::Pattern, true, paths.to_vec()));
        }
        keys
    }
}

/// The ARN of a session of a role.
pub fn session_of(role: &str, session: &str) -> String {
    let account = role.split(':').nth(4).unwrap_or_default();
    let partition = role.split(':').nth(1).unwrap_or_default();
    let name = role.rsplit('/').next().unwrap_or_default();
    format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}")
}
