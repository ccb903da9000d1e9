//! A small S3-like gateway: it knows its callers from tokens, not from a file.
//!
//! The world declares managed policies, groups and a bucket, and no users. A token's claims name policies and groups; the gateway makes a principal of them, once for
//! each token, and decides every call of it. Tags of an object cost a look-up in the store, so the gateway asks first whether they matter.
//!
//! `cargo run --example gateway`

use portcullis::runtime::{Bundle, Caller, ContextValue, Decision, DerivedKeys, EvalError, Evaluator, Principal, Request, SessionPolicies};
use portcullis::session::{SessionDocument, compile_overlay};
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile, decide_batch};
use std::error::Error;
use std::path::Path;

/// What the gateway's operators write; it changes seldom.
const WORLD: &str = r#"{
  "version": 1,
  "accounts": [{
    "id": "111111111111",
    "managed_policies": [
      {"name": "ReadReports", "document": {"Version": "2012-10-17", "Statement": {
        "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}}},
      {"name": "OwnFolder", "document": {"Version": "2012-10-17", "Statement": {
        "Sid": "Own", "Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"],
        "Resource": "arn:aws:s3:::reports/team/${aws:PrincipalTag/team}/*"}}},
      {"name": "Ceiling", "document": {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}
    ],
    "groups": [
      {"name": "auditors", "policies": [{"Version": "2012-10-17", "Statement": {
        "Sid": "NothingSecret", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {"s3:ExistingObjectTag/secrecy": "secret"}}}}]}
    ],
    "resources": [{"arn": "arn:aws:s3:::reports"}]
  }]
}"#;

/// The claims of a token whose signature has been checked.
struct Claims {
    subject: &'static str,
    policies: &'static [&'static str],
    groups: &'static [&'static str],
    team: &'static str,
    /// A policy document that the caller asked for when the token was issued.
    session_policy: Option<&'static str>,
}

/// The principal of a token: made once, kept as long as the token lives.
fn principal(bundle: &Bundle, claims: &Claims) -> Result<Principal, Box<dyn Error>> {
    let arn = format!("arn:aws:sts::111111111111:assumed-role/gateway/{}", claims.subject);
    let mut builder = bundle.principal_builder(Caller::Arn(&arn))?.tag("team", claims.team)?.boundary("Ceiling")?;
    for name in claims.policies {
        builder = builder.policy(name)?;
    }
    for name in claims.groups {
        builder = builder.group(name)?;
    }
    let principal = builder.build()?;
    let Some(document) = claims.session_policy else { return Ok(principal) };
    let overlay = compile_overlay(&[SessionDocument { index: 0, text: document, file: None }])?;
    let session = SessionPolicies { overlay: Some(portcullis::runtime::Overlay::from_bytes(overlay)?), policies: Vec::new() };
    Ok(principal.with_session(bundle, &session)?)
}

/// Reads an object: its tags are fetched only if they can matter.
fn get_object(evaluator: &mut Evaluator<'_>, caller: &Principal, key: &str) -> Result<(Decision, bool), EvalError> {
    let resource = format!("arn:aws:s3:::reports/{key}");
    let request = Request { action: "s3:GetObject", resource: Some(&resource), resource_account: None, context: &[] };
    let needs = evaluator.needs(caller, &request, DerivedKeys::Fixed)?;
    if !needs.iter().any(|key| key.starts_with("s3:existingobjecttag/")) {
        return Ok((evaluator.decide(caller, &request)?, false));
    }
    let secrecy = tag_of_object(key);
    let context = [("s3:ExistingObjectTag/secrecy", ContextValue::One(secrecy))];
    Ok((evaluator.decide(caller, &Request { context: &context, ..request })?, true))
}

/// The store's own look-up.
fn tag_of_object(key: &str) -> &'static str {
    if key.contains("merger") { "secret" } else { "public" }
}

/// Runs the example; `tests/examples.rs` does too.
///
/// # Errors
/// None, unless the example is broken.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let (world, _) = read_world_text("world.json", WORLD, Path::new("."), &MemoryFiles::default(), &WorldOptions::default())?;
    let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default())?.bytes)?;
    let mut evaluator = bundle.evaluator();

    let alice = Claims { subject: "alice", policies: &["ReadReports", "OwnFolder"], groups: &[], team: "finance", session_policy: None };
    let bob = Claims { subject: "bob", policies: &["ReadReports"], groups: &["auditors"], team: "audit", session_policy: None };
    let (alice, bob) = (principal(&bundle, &alice)?, principal(&bundle, &bob)?);

    let (decision, fetched) = get_object(&mut evaluator, &alice, "2026/merger.csv")?;
    println!("alice reads: {} at {}, tags fetched: {fetched}", decision.effect(), decision.layer());
    assert!(decision.allowed() && !fetched, "no policy of alice asks for tags");
    let (decision, fetched) = get_object(&mut evaluator, &bob, "2026/merger.csv")?;
    println!("bob reads: {} at {}, tags fetched: {fetched}", decision.effect(), decision.layer());
    assert!(!decision.allowed() && fetched, "the group's Deny asks for a tag");

    // One call of the protocol can be several decisions: a copy reads one object and writes another, a multi-delete deletes each of its keys.
    let request = |action, resource| Request { action, resource: Some(resource), resource_account: None, context: &[] };
    let copy = [
        (&alice, request("s3:GetObject", "arn:aws:s3:::reports/2026/q1.csv")),
        (&alice, request("s3:PutObject", "arn:aws:s3:::reports/team/finance/q1.csv")),
    ];
    let may_copy = decide_batch(&bundle, &copy).iter().all(|decision| decision.as_ref().is_ok_and(Decision::allowed));
    println!("alice copies into her team's folder: {may_copy}");
    assert!(may_copy, "the variable stands for the tag of the token");

    // A session that was issued for reading alone.
    const READ_ONLY: &str =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}}"#;
    let limited = Claims {
        subject: "alice-report",
        policies: &["ReadReports", "OwnFolder"],
        groups: &[],
        team: "finance",
        session_policy: Some(READ_ONLY),
    };
    let limited = principal(&bundle, &limited)?;
    let write = request("s3:PutObject", "arn:aws:s3:::reports/team/finance/q1.csv");
    let decision = evaluator.decide(&limited, &write)?;
    println!("the reading session writes: {} at {}", decision.effect(), decision.layer());
    assert!(!decision.allowed(), "the session policy limits it");
    Ok(())
}
