//! A small S3-like gateway: it knows its callers from tokens, not from a file.
//!
//! The world declares managed policies, groups and a bucket, and no users. A token's claims name policies and groups; the gateway makes a principal of them, keeps it for
//! the token's next calls, and decides every call by it. Tags of an object cost a look-up in the store, so the gateway asks first which ones matter.
//!
//! Whatever goes wrong is a denial with a reason: [`Gateway::answer`] has no other error.
//!
//! `cargo run --example gateway`

use portcullis::runtime::{
    Bundle, Caller, ContextValue, Decision, DerivedKeys, Effect, EvalError, Evaluator, Explainer, Overlay, Principal, Request,
    SessionPolicies,
};
use portcullis::session::{SessionDocument, compile_overlay};
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile, decide_batch};
use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the gateway's operators write; it changes seldom.
const WORLD: &str = r#"{
  "version": 1,
  "accounts": [{
    "id": "111111111111",
    "managed_policies": [
      {"name": "ReadReports", "document": {"Version": "2012-10-17", "Statement": {
        "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}}},
      {"name": "ReadProject", "document": {"Version": "2012-10-17", "Statement": {
        "Sid": "Project", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"StringEquals": {"s3:ExistingObjectTag/project": "${aws:PrincipalTag/team}"}}}}},
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

/// A token whose signature and expiry have been checked.
#[derive(Debug, Clone, Default)]
struct Token {
    /// Its unique id (`jti`): one id never stands for two sets of claims.
    id: &'static str,
    subject: &'static str,
    policies: &'static [&'static str],
    groups: &'static [&'static str],
    team: &'static str,
    /// A policy document that the caller asked for when the token was issued.
    session_policy: Option<&'static str>,
}

/// One call of the protocol.
struct Call<'a> {
    action: &'a str,
    /// The key in the bucket.
    key: &'a str,
    /// Where the connection comes from.
    source_ip: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Allowed,
    /// With a reason for the log. A client is told less: which policies there are is nobody's business.
    Denied(String),
}

/// Principals of tokens. The oldest make room, so that tokens cannot fill the memory; a token that comes back is resolved again.
#[derive(Default)]
struct Callers {
    by_token: HashMap<String, Principal>,
    in_order: VecDeque<String>,
}

impl Callers {
    const MAX: usize = 10_000;

    fn keep(&mut self, token: &str, principal: &Principal) {
        if self.by_token.insert(token.to_owned(), principal.clone()).is_none() {
            self.in_order.push_back(token.to_owned());
        }
        if self.in_order.len() > Callers::MAX
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.by_token.remove(&oldest);
        }
    }
}

/// What the gateway keeps for one bundle. With a new bundle it is made anew: principals belong to the bundle that resolved them.
struct Gateway {
    bundle: Bundle,
    explainer: Explainer,
    callers: Mutex<Callers>,
    resolved: AtomicU32,
}

impl Gateway {
    fn new(bundle: Bundle) -> Result<Gateway, Box<dyn Error>> {
        Ok(Gateway { explainer: bundle.explainer()?, bundle, callers: Mutex::default(), resolved: AtomicU32::new(0) })
    }

    /// Decides a call. Each thread has an evaluator of its own.
    fn answer(&self, evaluator: &mut Evaluator<'_>, store: &Store, token: &Token, call: &Call<'_>) -> Answer {
        match self.caller(token) {
            Ok(caller) => {
                self.decide(evaluator, store, &caller, call).unwrap_or_else(|error| Answer::Denied(format!("no decision: {error}")))
            }
            Err(reason) => Answer::Denied(format!("the token of `{}` cannot be used: {reason}", token.subject.escape_debug())),
        }
    }

    /// The principal of a token: one that is known, or a new one. What is refused is not kept, so that bad tokens drive out no good ones.
    fn caller(&self, token: &Token) -> Result<Principal, Box<dyn Error>> {
        let known = self.callers().by_token.get(token.id).cloned();
        if let Some(principal) = known {
            return Ok(principal);
        }
        // The lock is free meanwhile; two threads may resolve one token, to the same.
        let principal = self.resolve(token)?;
        self.resolved.fetch_add(1, Ordering::Relaxed);
        self.callers().keep(token.id, &principal);
        Ok(principal)
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Account and role are the gateway's own choice; of the token only what has been checked becomes a part of the ARN. A policy or group that the bundle does not hold is an error.
    fn resolve(&self, token: &Token) -> Result<Principal, Box<dyn Error>> {
        if !is_session_name(token.subject) {
            return Err("its subject is no name of 2 to 64 letters, digits and `+=,.@_-`".into());
        }
        let arn = format!("arn:aws:sts::111111111111:assumed-role/gateway/{}", token.subject);
        let mut builder = self.bundle.principal_builder(Caller::Arn(&arn))?.tag("team", token.team)?.boundary("Ceiling")?;
        for name in token.policies {
            builder = builder.policy(name)?;
        }
        for name in token.groups {
            builder = builder.group(name)?;
        }
        let principal = builder.build()?;
        let Some(document) = token.session_policy else { return Ok(principal) };
        let overlay = compile_overlay(&[SessionDocument { index: 0, text: document, file: None }])?;
        let session = SessionPolicies { overlay: Some(Overlay::from_bytes(overlay)?), policies: Vec::new() };
        Ok(principal.with_session(&self.bundle, &session)?)
    }

    /// Reads the tags of the object if some can matter, and gives the request those that do.
    fn decide(&self, evaluator: &mut Evaluator<'_>, store: &Store, caller: &Principal, call: &Call<'_>) -> Result<Answer, EvalError> {
        let resource = format!("arn:aws:s3:::reports/{}", call.key);
        // What is known for nothing is always given.
        let known = [("aws:SourceIp", ContextValue::One(call.source_ip)), ("aws:SecureTransport", ContextValue::One("true"))];
        let request = Request { action: call.action, resource: Some(&resource), resource_account: None, context: &known };
        let needs = evaluator.needs(caller, &request, DerivedKeys::Fixed)?;
        let tags: Vec<(&str, &str)> =
            needs.iter().filter_map(|key| Some((key.as_str(), key.strip_prefix("s3:existingobjecttag/")?))).collect();
        let mut context = known.to_vec();
        if !tags.is_empty() {
            let of_object = store.tags(call.key);
            for (key, name) in tags {
                // Keys of the context are compared ignoring case. An empty list says that the tag is known to be missing.
                let found = of_object.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name));
                context.push((key, found.map_or(ContextValue::Many(&[]), |(_, value)| ContextValue::One(value))));
            }
        }
        let request = Request { context: &context, ..request };
        let decision = evaluator.decide(caller, &request)?;
        Ok(if decision.allowed() { Answer::Allowed } else { Answer::Denied(self.why(evaluator, caller, &request)?) })
    }

    /// For the log. Slower than a decision, so only a denial pays for it.
    fn why(&self, evaluator: &mut Evaluator<'_>, caller: &Principal, request: &Request<'_>) -> Result<String, EvalError> {
        let explanation = evaluator.explain(&self.explainer, caller, request)?;
        let mut reason = format!("{} at {}", explanation.decision.reason(), explanation.decision.layer());
        let named = |sid: &Option<String>| sid.clone().unwrap_or_else(|| "without a Sid".to_owned());
        for entry in explanation.matched.iter().filter(|entry| entry.effect == Effect::Deny) {
            reason += &format!(", by statement {} of {}", named(&entry.sid), entry.policy);
        }
        for near in &explanation.near_misses {
            reason += &format!(", statement {} of {} almost allows it", named(&near.statement.sid), near.statement.policy);
        }
        // What the gateway did not say, and would have had to say.
        let missing = evaluator.needs(caller, request, DerivedKeys::Fixed)?;
        if !missing.is_empty() {
            reason += &format!(", and {} could change it", missing.join(", "));
        }
        Ok(reason)
    }
}

/// A name that a role's session can have: so no subject leads to another path, role or account.
fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// The object store, of which only tags matter here.
#[derive(Default)]
struct Store {
    look_ups: AtomicU32,
}

impl Store {
    /// One look-up gives all tags of an object.
    fn tags(&self, key: &str) -> &[(&str, &str)] {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
        match key {
            "2026/merger.csv" => &[("Secrecy", "secret"), ("project", "finance")],
            "2026/q1.csv" => &[("Secrecy", "public")],
            _ => &[],
        }
    }

    /// How often tags were looked up since it was last asked.
    fn taken(&self) -> u32 {
        self.look_ups.swap(0, Ordering::Relaxed)
    }
}

/// Runs the example; `tests/examples.rs` does too.
///
/// # Errors
/// None, unless the example is broken.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let (world, _) = read_world_text("world.json", WORLD, Path::new("."), &MemoryFiles::default(), &WorldOptions::default())?;
    let gateway = Gateway::new(Bundle::from_bytes(compile(&world, &CompileOptions::default())?.bytes)?)?;
    let store = Store::default();
    let mut evaluator = gateway.bundle.evaluator();
    let mut ask = |token: &Token, action, key| {
        let answer = gateway.answer(&mut evaluator, &store, token, &Call { action, key, source_ip: "203.0.113.7" });
        println!("{action} {key} by {}: {answer:?}", token.subject);
        (answer, store.taken())
    };
    let denied = |(answer, look_ups): (Answer, u32), words: &str, expected: u32| {
        assert!(matches!(&answer, Answer::Denied(reason) if reason.contains(words)), "{answer:?}");
        assert_eq!(look_ups, expected);
    };

    let alice = Token { id: "t-1", subject: "alice", policies: &["ReadReports", "OwnFolder"], team: "finance", ..Token::default() };
    let bob = Token { id: "t-2", subject: "bob", policies: &["ReadReports"], groups: &["auditors"], team: "audit", ..Token::default() };
    let carol =
        Token { id: "t-3", subject: "carol", policies: &["ReadProject"], groups: &["auditors"], team: "finance", ..Token::default() };
    assert_eq!(ask(&alice, "s3:GetObject", "2026/merger.csv"), (Answer::Allowed, 0), "no policy of alice asks for tags");
    assert_eq!(ask(&alice, "s3:PutObject", "team/finance/q1.csv"), (Answer::Allowed, 0), "the variable stands for the tag of the token");
    denied(ask(&alice, "s3:PutObject", "team/audit/q1.csv"), "statement Own of", 0);
    denied(ask(&bob, "s3:GetObject", "2026/merger.csv"), "explicit_deny at identity, by statement NothingSecret", 1);
    assert_eq!(ask(&bob, "s3:GetObject", "2026/q1.csv"), (Answer::Allowed, 1));
    denied(ask(&bob, "s3:PutObject", "2026/q1.csv"), "implicit_deny at identity", 0);
    denied(ask(&carol, "s3:GetObject", "2026/q1.csv"), "statement Project of", 1);
    denied(ask(&carol, "s3:GetObject", "2026/merger.csv"), "NothingSecret", 1);
    assert_eq!(gateway.resolved.load(Ordering::Relaxed), 3, "each token once");

    // Tokens that cannot be used deny.
    let stranger = Token { id: "t-4", policies: &["ReadReprots"], ..alice.clone() };
    denied(ask(&stranger, "s3:GetObject", "2026/q1.csv"), "no managed policy `ReadReprots`", 0);
    denied(ask(&Token { id: "t-5", groups: &["staff"], ..alice.clone() }, "s3:GetObject", "2026/q1.csv"), "no group `staff`", 0);
    denied(ask(&Token { id: "t-6", subject: "a/b", ..alice.clone() }, "s3:GetObject", "2026/q1.csv"), "its subject", 0);
    denied(ask(&Token { id: "t-7", session_policy: Some("{}"), ..alice.clone() }, "s3:GetObject", "2026/q1.csv"), "session.policies[0]", 0);

    // A session that was issued for reading alone.
    const READ_ONLY: &str =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}}"#;
    let limited = Token { id: "t-8", session_policy: Some(READ_ONLY), ..alice.clone() };
    assert_eq!(ask(&limited, "s3:GetObject", "2026/q1.csv"), (Answer::Allowed, 0));
    denied(ask(&limited, "s3:PutObject", "team/finance/q1.csv"), "implicit_deny at session", 0);

    // One call of the protocol can be several decisions: a copy reads one object and writes another, a multi-delete deletes each of its keys.
    let caller = gateway.caller(&alice)?;
    let request = |action, resource| Request { action, resource: Some(resource), resource_account: None, context: &[] };
    let copy = [
        (&caller, request("s3:GetObject", "arn:aws:s3:::reports/2026/q1.csv")),
        (&caller, request("s3:PutObject", "arn:aws:s3:::reports/team/finance/q1.csv")),
    ];
    let may_copy = decide_batch(&gateway.bundle, &copy).iter().all(|decision| decision.as_ref().is_ok_and(Decision::allowed));
    println!("alice copies into her team's folder: {may_copy}");
    assert!(may_copy);

    // The map is bounded.
    let mut callers = Callers::default();
    (0..=Callers::MAX).for_each(|number| callers.keep(&number.to_string(), &caller));
    assert!(callers.by_token.len() == Callers::MAX && !callers.by_token.contains_key("0") && callers.by_token.contains_key("1"));
    Ok(())
}
