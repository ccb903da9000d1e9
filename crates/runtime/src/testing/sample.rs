//! A small world for tests, with something in every section.

use super::{Builder, Statement, build};
use crate::format::*;
use crate::{Bundle, Caller, ContextValue, Decision, EvalError, Request};

pub(crate) const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
pub(crate) const APP_SESSION: &str = "arn:aws:sts::111111111111:assumed-role/app/s1";
pub(crate) const APP_ROLE: &str = "arn:aws:iam::111111111111:role/svc/app";
pub(crate) const ROOT: &str = "arn:aws:iam::111111111111:root";

/// What hangs where in a [`world`].
#[derive(Clone, Copy)]
pub(crate) struct Policies {
    pub(crate) alice: u32,
    pub(crate) app: u32,
    pub(crate) trust: u32,
    pub(crate) bucket: u32,
    pub(crate) key: u32,
}

pub(crate) const NO_POLICIES: Policies = Policies { alice: NONE, app: NONE, trust: NONE, bucket: NONE, key: NONE };

/// Accounts 1… (declared, in the organization), 2… (declared, outside), 3… (of the tree only, management); alice and the role app of the first;
/// a bucket of the second, an object under it without a policy, and a KMS key of the first.
pub(crate) fn world(b: &mut Builder, policies: Policies) {
    let word = U32::new;
    let org = b.symbol("o-x");
    let path = b.symbol("o-x/r-y/ou-z/");
    for (id, flags) in [
        ("111111111111", ACCOUNT_DECLARED | ACCOUNT_IN_ORGANIZATION),
        ("222222222222", ACCOUNT_DECLARED),
        ("333333333333", ACCOUNT_IN_ORGANIZATION | ACCOUNT_MANAGEMENT),
    ] {
        let inside = flags & ACCOUNT_IN_ORGANIZATION != 0;
        let optional = |symbol| word(if inside { symbol } else { NONE });
        let id = word(b.symbol(id));
        let record = AccountRecord { id, flags: word(flags), organization_id: optional(org), organization_path: optional(path) };
        b.push(SectionKind::Accounts, &record);
    }
    let mut tags = Vec::new();
    for (key, value) in [("stage", "dev"), ("team", "a")] {
        let tag = TagRecord { key: word(b.symbol(key)), value: word(b.symbol(value)) };
        tags.push(b.push(SectionKind::Tags, &tag));
    }
    let first_tag = word(tags[0]);
    let alice = EntityRecord {
        account: word(0),
        flags: word(0),
        name: word(b.symbol("alice")),
        path: word(b.symbol("/")),
        unique_id: word(b.symbol("AIDAALICE")),
        tags_first: first_tag,
        tags_len: word(2),
        identity: word(policies.alice),
        trust: word(NONE),
    };
    b.push(SectionKind::Entities, &alice);
    let app = EntityRecord {
        account: word(0),
        flags: word(ENTITY_ROLE),
        name: word(b.symbol("app")),
        path: word(b.symbol("/svc/")),
        unique_id: word(b.symbol("AROAAPP")),
        tags_first: first_tag,
        tags_len: word(1),
        identity: word(policies.app),
        trust: word(policies.trust),
    };
    b.push(SectionKind::Entities, &app);
    let mut entries = Vec::new();
    for (arn, account, policy) in [
        ("arn:aws:s3:::b", 1, policies.bucket),
        ("arn:aws:s3:::b/tagged", 1, NONE),
        ("arn:aws:kms:eu-west-1:111111111111:key/k1", 0, policies.key),
    ] {
        let record = ResourceRecord {
            arn: word(b.symbol(arn)),
            account: word(account),
            tags_first: first_tag,
            tags_len: word(1),
            policy: word(policy),
        };
        entries.push((arn, false, b.push(SectionKind::Resources, &record)));
    }
    b.trie(SectionKind::ResourceTrie, NONE, &entries);
    let service = word(b.symbol("s3"));
    b.push(SectionKind::RcpServices, &service);
}

/// One statement without index, which holds for every action and resource.
pub(crate) fn statement(b: &mut Builder, deny: bool, principal: u32, conditions: Vec<u32>) -> Statement {
    let action = b.action(&["*"], 0);
    Statement { deny, action, resource: NONE, principal, conditions }
}

/// A slice of one plain fragment.
pub(crate) fn plain_slice(b: &mut Builder, statements: &[Statement]) -> u32 {
    let fragment = b.plain_fragment(statements);
    b.slice(&[(fragment, 0)])
}

/// The sample: see the code.
pub(crate) fn sample() -> Vec<u8> {
    build(|b| {
        let every_operand = [
            (AtomKind::NumericLessThan, (OperandKind::Number, b.symbol("-1.5"), 0)),
            (AtomKind::DateGreaterThan, (OperandKind::Date, b.symbol("1700000000"), 0)),
            (AtomKind::Bool, (OperandKind::Bool, 1, 0)),
            (AtomKind::Null, (OperandKind::Bool, 0, 0)),
            (AtomKind::StringEqualsIgnoreCase, (OperandKind::FoldedText, b.symbol("folded"), 0)),
            (AtomKind::BinaryEquals, (OperandKind::Text, b.symbol("QQ=="), 0)),
            (AtomKind::ArnLike, (OperandKind::AnyArn, 0, 0)),
            (AtomKind::ArnNotLike, (OperandKind::ArnVariable, b.slot("aws:PrincipalArn"), NONE)),
            (AtomKind::StringNotLike, b.glob("*a?b*${k:v, 'd'}")),
            (AtomKind::IpAddress, (OperandKind::Network, 0, 0)),
        ];
        let network =
            NetworkRecord { address: [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], family: U32::new(4), prefix: U32::new(8) };
        b.push(SectionKind::Networks, &network);
        let mut conditions = Vec::new();
        for (kind, operand) in every_operand {
            let qualifier = if kind == AtomKind::StringNotLike { Qualifier::ForAnyValue } else { Qualifier::None };
            conditions.push(b.atom(kind, qualifier, 0, Some("k:x"), &[operand]));
        }
        let (a, c) = (b.text("a"), b.text("c"));
        let team = b.atom(AtomKind::StringEquals, Qualifier::None, ATOM_IF_EXISTS, Some("aws:PrincipalTag/Team"), &[a, c]);
        let plain = Statement {
            deny: false,
            action: b.action(&["s3:Get*", "s3:?ist*"], 0),
            resource: b.resource(&["arn:aws:s3:::b/*", "arn:aws:sqs:*:*:q"], 0),
            principal: NONE,
            conditions: vec![team],
        };
        let strange = statement(b, true, NONE, conditions);
        let first = b.plain_fragment(&[plain, strange]);

        // Action first, resource in a trie, for `s3:PutObject`.
        let home = b.resource(&["arn:aws:s3:::b/home/${aws:username}/*"], 0);
        let secret = b.resource(&["arn:aws:s3:::b/home/alice/secret"], 0);
        let put = b.action(&["s3:PutObject"], 0);
        let allow = Statement { deny: false, action: put, resource: home, principal: NONE, conditions: vec![] };
        let deny = Statement { deny: true, action: put, resource: secret, principal: NONE, conditions: vec![] };
        let home_root = b.dag(&[(&[home], &allow)]);
        let secret_root = b.dag(&[(&[], &deny)]);
        let parts = ["aws", "s3", "", ""];
        let cell = b.cell(END, parts, &[("b/home/", true, home_root), ("b/home/alice/secret", false, secret_root)]);
        let (from, to) = b.interval("s3:PutObject");
        let statements = b.statements(&[allow, deny]);
        let second = b.fragment(&[(from, cell), (to, NONE)], NONE, statements);
        let alice = b.slice(&[(first, 0), (second, 1)]);

        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let not_alice = b.element(true, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Account, "111111111111")]);
        let trusted = b.element(false, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Service, "ec2.amazonaws.com")]);
        let list =
            Statement { deny: false, action: b.action(&["s3:ListBucket"], 0), resource: NONE, principal: everyone, conditions: vec![] };
        let delete =
            Statement { deny: true, action: b.action(&["s3:Delete*"], 0), resource: NONE, principal: not_alice, conditions: vec![] };
        let bucket = plain_slice(b, &[list, delete]);
        let assume =
            Statement { deny: false, action: b.action(&["sts:AssumeRole"], 0), resource: NONE, principal: trusted, conditions: vec![] };
        let trust = plain_slice(b, &[assume]);
        let app = b.slice(&[]);
        world(b, Policies { alice, app, trust, bucket, key: NONE });
        cold(b);
    })
}

#[cfg(not(feature = "explain"))]
fn cold(_: &mut Builder) {}

/// Places for the sample.
#[cfg(feature = "explain")]
fn cold(b: &mut Builder) {
    use cold::{Attachment, Explanations, StatementOrigin, Summary, encode};
    let attachment = |place: &str, order, file| Attachment { place: place.to_string(), order, file, line: 10, column: 5 };
    let origin = |index, sid: Option<&str>| StatementOrigin { index, sid: sid.map(ToString::to_string), lines_down: index, column: 3 };
    let explanations = Explanations {
        files: vec!["world.json".to_string(), "put.json".to_string()],
        attachments: vec![attachment("accounts[0].users[0].policies[1]", 2, 0), attachment("accounts[0].users[0].policies[0]", 1, 1)],
        statements: vec![
            origin(0, Some("Read")),
            origin(1, None),
            origin(0, None),
            origin(1, Some("Secret")),
            origin(0, None),
            origin(1, None),
            origin(0, None),
        ],
    };
    let summary = Summary { accounts: 2, ..Summary::default() };
    for (section, bytes) in [(SectionKind::Summary, encode(&summary)), (SectionKind::Explanations, encode(&explanations))] {
        for byte in bytes.unwrap() {
            b.push(section, &byte);
        }
    }
}

/// Requests that reach every part of the sample.
pub(crate) fn ask_everything(bundle: &Bundle, mut tell: impl FnMut(Result<Decision, EvalError>, Result<Decision, EvalError>)) {
    let callers = [
        Caller::Arn(ALICE),
        Caller::Arn(APP_SESSION),
        Caller::Arn(APP_ROLE),
        Caller::Arn(ROOT),
        Caller::Arn("arn:aws:sts::111111111111:federated-user/alice"),
        Caller::Arn("arn:aws:iam::999999999999:user/x"),
        Caller::Service("ec2.amazonaws.com"),
        Caller::Anonymous,
    ];
    let many = ["xaybd", "", "10.1.2.3"];
    let contexts: [&[(&str, ContextValue<'_>)]; 5] = [
        &[],
        &[("K:X", ContextValue::One("10.1.2.3")), ("k:v", ContextValue::One("v")), ("unknown", ContextValue::One(""))],
        &[("k:x", ContextValue::Many(&many))],
        &[("k:x", ContextValue::One("-2.50"))],
        &[("k:x", ContextValue::One("arn:aws:s3:::b"))],
    ];
    let mut evaluator = bundle.evaluator();
    for caller in callers {
        let Ok(principal) = bundle.principal(caller) else { continue };
        for context in contexts {
            for action in ["s3:GetObject", "s3:ListBucket", "S3:PutObject", "s3:DeleteObject", "sts:AssumeRole", "zzz:Unknown"] {
                for resource in [None, Some("arn:aws:s3:::b/home/alice/secret"), Some("arn:aws:s3:::b/home/alice/x"), Some(APP_ROLE)] {
                    let request = Request { action, resource, resource_account: None, context };
                    let indexed = evaluator.decide(&principal, &request);
                    tell(indexed, evaluator.decide_unindexed(&principal, &request));
                }
            }
        }
    }
}
