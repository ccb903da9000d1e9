//! From the layers to the decision (sections 4, 7.3 and 7.4).

use super::{decide, get};
use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, Decision, Layer, Reason, Request};

/// Who is covered by a bucket policy's statement, and what follows (S-401 to S-415, S-711 to S-723).
#[test]
fn principals_and_the_combination() {
    use PrincipalTag::{Account, Arn, Everyone, RoleName, Service, UniqueId};
    struct Case<'a> {
        deny: bool,
        negated: bool,
        entries: &'a [(PrincipalTag, &'a str)],
        caller: Caller<'a>,
        owner: &'a str,
        /// The caller's identity policies allow everything.
        identity: bool,
        expected: (bool, Layer),
    }
    let federated = Caller::Arn("arn:aws:sts::111111111111:federated-user/alice");
    let stranger_session = Caller::Arn("arn:aws:sts::999999999999:assumed-role/r/s");
    let alice = Caller::Arn(ALICE);
    let own = "111111111111";
    let other = "222222222222";
    let base =
        Case { deny: false, negated: false, entries: &[], caller: alice, owner: own, identity: false, expected: (true, Layer::Resource) };
    let account: &[(PrincipalTag, &str)] = &[(Account, own)];
    let account_and_alice: &[(PrincipalTag, &str)] = &[(Arn, ALICE), (Account, own)];
    let everyone: &[(PrincipalTag, &str)] = &[(Everyone, "")];
    let cases = [
        Case { entries: everyone, ..base },
        Case { entries: &[(Arn, ALICE)], ..base },
        Case { entries: &[(UniqueId, "AIDAALICE")], ..base },
        Case { entries: account, expected: (false, Layer::Identity), ..base },
        Case { entries: account, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: &[], identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: account, owner: other, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: everyone, owner: other, expected: (false, Layer::Identity), ..base },
        Case { owner: other, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: &[(Arn, APP_ROLE)], caller: Caller::Arn(APP_SESSION), ..base },
        Case { entries: &[(Arn, APP_SESSION)], caller: Caller::Arn(APP_SESSION), ..base },
        Case { entries: &[(Arn, APP_SESSION)], caller: Caller::Arn(APP_ROLE), expected: (false, Layer::Identity), ..base },
        Case { entries: &[(Arn, APP_ROLE)], caller: Caller::Arn(APP_ROLE), ..base },
        Case { entries: &[(Arn, ALICE)], caller: federated, identity: true, expected: (false, Layer::Session), ..base },
        Case { entries: everyone, caller: federated, ..base },
        Case { entries: account, caller: Caller::Arn(ROOT), ..base },
        Case { entries: &[], caller: Caller::Arn(ROOT), expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, caller: Caller::Arn(ROOT), expected: (false, Layer::Resource), ..base },
        Case { entries: everyone, caller: Caller::Anonymous, owner: other, ..base },
        Case { entries: account, caller: Caller::Anonymous, expected: (false, Layer::Resource), ..base },
        Case { entries: &[(Service, "x")], caller: Caller::Service("x"), ..base },
        Case { entries: &[(Service, "x")], caller: Caller::Service("y"), expected: (false, Layer::Resource), ..base },
        Case {
            entries: &[(RoleName, "arn:aws:iam::999999999999:role/r")],
            caller: stranger_session,
            expected: (false, Layer::Identity),
            ..base
        },
        Case { entries: account, deny: true, negated: true, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: account_and_alice, deny: true, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: everyone, deny: true, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, negated: true, caller: Caller::Arn(ROOT), expected: (true, Layer::Identity), ..base },
        Case { entries: account, negated: true, caller: Caller::Anonymous, ..base },
        Case { entries: account, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, negated: true, caller: Caller::Anonymous, expected: (false, Layer::Resource), ..base },
    ];
    for (number, case) in cases.iter().enumerate() {
        let bytes = build(|b| {
            let element = b.element(case.negated, case.entries);
            let grant = statement(b, case.deny, element, vec![]);
            let bucket = plain_slice(b, &[grant]);
            let all = statement(b, false, NONE, vec![]);
            let identity = if case.identity { plain_slice(b, &[all]) } else { NONE };
            world(b, Policies { alice: identity, app: identity, bucket, ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let decision = decide(&bundle, case.caller, Request { resource_account: Some(case.owner), ..get(&[]) }).unwrap();
        assert_eq!((decision.allowed(), decision.layer()), case.expected, "case {number}: {decision:?}");
    }
}

#[test]
fn services_with_their_own_rules() {
    let bytes = build(|b| {
        let all = statement(b, false, NONE, vec![]);
        let alice = plain_slice(b, &[all]);
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let trusted = b.element(false, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Federated, "idp")]);
        let delegated = b.element(false, &[(PrincipalTag::Account, "111111111111")]);
        let assume = statement(b, false, trusted, vec![]);
        let trust = plain_slice(b, &[assume]);
        let deny = statement(b, true, everyone, vec![]);
        let grant = statement(b, false, trusted, vec![]);
        let bucket = plain_slice(b, &[deny, grant]);
        let open = statement(b, false, delegated, vec![]);
        let key = plain_slice(b, &[open]);
        world(b, Policies { alice, trust, bucket, key, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let ask = |caller, action, resource| {
        let request = Request { action, resource: Some(resource), resource_account: None, context: &[] };
        let decision = decide(&bundle, caller, request).unwrap();
        (decision.allowed(), decision.reason(), decision.layer())
    };
    let alice = Caller::Arn(ALICE);
    let root = Caller::Arn(ROOT);
    let implicit = Reason::ImplicitDeny;
    assert_eq!(ask(alice, "sts:AssumeRole", APP_ROLE), (true, Reason::Allowed, Layer::Resource));
    assert_eq!(ask(Caller::Arn(APP_SESSION), "sts:AssumeRole", APP_ROLE), (false, implicit, Layer::Resource));
    assert_eq!(ask(root, "sts:AssumeRole", APP_ROLE), (false, implicit, Layer::Identity));
    assert_eq!(ask(alice, "sts:AssumeRole", "arn:aws:iam::111111111111:role/none"), (false, implicit, Layer::Resource));
    assert_eq!(ask(Caller::Federated("idp"), "sts:AssumeRoleWithSAML", APP_ROLE), (true, Reason::Allowed, Layer::Resource));
    assert_eq!(ask(Caller::Federated("other"), "sts:AssumeRoleWithSAML", APP_ROLE), (false, implicit, Layer::Resource));
    assert_eq!(ask(alice, "iam:PassRole", APP_ROLE), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(alice, "iam:PassRole", "arn:aws:iam::222222222222:role/x"), (false, implicit, Layer::Resource));
    let key = "arn:aws:kms:eu-west-1:111111111111:key/k1";
    assert_eq!(ask(alice, "kms:Decrypt", key), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(alice, "kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k2"), (false, implicit, Layer::Resource));
    assert_eq!(ask(root, "kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k2"), (false, implicit, Layer::Resource));
    let bucket_root = Caller::Arn("arn:aws:iam::222222222222:root");
    assert_eq!(ask(bucket_root, "s3:DeleteBucketPolicy", "arn:aws:s3:::b"), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(bucket_root, "s3:DeleteBucket", "arn:aws:s3:::b"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(ask(root, "s3:DeleteBucketPolicy", "arn:aws:s3:::b"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(ask(root, "sts:GetCallerIdentity", "*"), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(Caller::Anonymous, "sts:GetCallerIdentity", "*"), (false, implicit, Layer::Resource));
    // A federated entry counts in trust policies only (S-410): the bucket's Deny for everyone decides here, not its grant.
    assert_eq!(ask(Caller::Federated("idp"), "s3:GetObject", "arn:aws:s3:::b/x"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(Decision::default().layer(), Layer::Identity);
    assert!(!Decision::default().allowed());
}
