use crate::testing::{ALICE, APP_SESSION, sample};
use crate::{Bundle, Caller, Effect, Layer, Outcome, OwnerSource, Request};

fn put(resource: &str) -> Request<'_> {
    Request { action: "s3:PutObject", resource: Some(resource), resource_account: None, context: &[] }
}

#[test]
fn matched_statements_have_their_places() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    assert_eq!(bundle.summary().unwrap().accounts, 2);
    let explainer = bundle.explainer().unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let mut evaluator = bundle.evaluator();
    let explanation = evaluator.explain(&explainer, &alice, &put("arn:aws:s3:::b/home/alice/secret")).unwrap();
    assert_eq!(explanation.layers.get(Layer::Identity), Outcome::ExplicitDeny);
    assert_eq!(explanation.layers.get(Layer::Resource), Outcome::ImplicitDeny);
    assert_eq!(explanation.layers.get(Layer::Scp), Outcome::Allowed);
    assert_eq!(explanation.layers.get(Layer::Rcp), Outcome::None, "the owner is outside the organization");
    assert_eq!(explanation.resource_account.as_deref(), Some("222222222222"));
    assert_eq!(explanation.resource_account_from, OwnerSource::World);
    let matched: Vec<_> = explanation
        .matched
        .iter()
        .map(|found| {
            (found.policy.as_str(), found.statement, found.sid.as_deref(), found.effect, found.file.as_str(), found.line, found.column)
        })
        .collect();
    let place = "accounts[0].users[0].policies[0]";
    assert_eq!(matched, [(place, 0, None, Effect::Allow, "put.json", 10, 8), (place, 1, Some("Secret"), Effect::Deny, "put.json", 11, 3),]);
    let owned = Request { resource_account: Some("111111111111"), ..put("arn:aws:s3:::c") };
    let explanation = evaluator.explain(&explainer, &alice, &owned).unwrap();
    assert_eq!(explanation.layers.get(Layer::Rcp), Outcome::Allowed);
    assert_eq!(explanation.layers.get(Layer::Resource), Outcome::None);
    assert_eq!(explanation.resource_account_from, OwnerSource::Request);
    let federated = bundle.principal(Caller::Arn("arn:aws:sts::111111111111:federated-user/alice")).unwrap();
    let explanation = evaluator.explain(&explainer, &federated, &put("arn:aws:s3:::c")).unwrap();
    assert_eq!(explanation.layers.get(Layer::Session), Outcome::ImplicitDeny);
    let session = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    let explanation = evaluator.explain(&explainer, &session, &put("arn:aws:s3:::c")).unwrap();
    assert_eq!(explanation.layers.get(Layer::Identity), Outcome::ImplicitDeny);
    let service = bundle.principal(Caller::Service("s")).unwrap();
    let explanation = evaluator.explain(&explainer, &service, &put("arn:aws:s3:::zzz")).unwrap();
    assert_eq!(explanation.layers.get(Layer::Identity), Outcome::None);
    assert_eq!((explanation.resource_account, explanation.resource_account_from), (None, OwnerSource::None));
}

#[test]
fn hostile_lengths_claim_no_memory() {
    use crate::format::cold::{Explanations, decode};
    assert!(decode::<Explanations>(&[0xff; 9]).is_none());
    assert!(decode::<Explanations>(&[0xff; 8]).is_none());
    assert!(decode::<Explanations>(&[0; 24]).is_some());
    assert!(decode::<Explanations>(&[0; 25]).is_none());
}
