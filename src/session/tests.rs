//! Overlays, what documents of a session mean, and what is kept.

use super::cache::Cache;
use super::{SessionDocument, SessionError, SessionResolver, compile_overlay};
use crate::scenario::{Answer, Compiled, Detail, Engine, Opened, Reference, WorldInput};
use crate::validate::ReferenceWorld;
use crate::world::{MemoryFiles, World, WorldOptions, read_world_text};
use crate::{CompileOptions, compile};
use portcullis_runtime::format::{FORMAT_VERSION, Header, SectionEntry, SectionKind};
use portcullis_runtime::json::SessionDocuments;
use portcullis_runtime::{Bundle, Caller, Overlay, SessionPolicies};
use std::path::Path;
use std::sync::Arc;

fn allow(action: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{{"Sid": "S", "Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#)
}

fn inline(text: &str) -> SessionDocument<'_> {
    SessionDocument { text, index: 0, file: None }
}

#[test]
fn equal_documents_give_equal_bytes_and_every_change_is_refused() {
    let text = allow("s3:Get*");
    let bytes = compile_overlay(&[inline(&text)]).unwrap();
    assert_eq!(compile_overlay(&[inline(&text)]).unwrap(), bytes);
    let overlay = Overlay::from_bytes(&bytes).unwrap();
    assert!(overlay.steps_max() > 0);
    assert!(Bundle::from_bytes(bytes.clone()).is_err(), "an overlay is no bundle of a world");
    for length in 0..bytes.len() {
        assert!(Overlay::from_bytes(&bytes[..length]).is_err(), "the first {length} bytes");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(Overlay::from_bytes(&flipped).is_err(), "byte {at}");
    }
    let mut other = bytes;
    other[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let error = Overlay::from_bytes(&other).unwrap_err();
    assert_eq!(error.code(), "invalid-bundle");
    assert!(error.to_string().contains("version"), "{error}");
}

#[test]
fn an_overlay_changed_behind_right_digests_is_refused_or_decides() {
    use crate::bundle::tests::with_digests;
    use portcullis_runtime::{Caller, ContextValue, Request};
    let bundle = bundle();
    let principal = bundle.principal(Caller::Arn("arn:aws:sts::111111111111:assumed-role/app/s")).unwrap();
    let text = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:*Tagging"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:*:*:c-*/${aws:userid}"],
        "Condition": {"StringLike": {"aws:UserAgent": "curl*"}}}, {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b/*"}]}"#;
    let bytes = compile_overlay(&[inline(text)]).unwrap();
    let context = [("aws:UserAgent", ContextValue::One("curl/8"))];
    let request = Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/k"), resource_account: None, context: &context };
    let mut evaluator = bundle.evaluator();
    let mut decide = |overlay: Overlay| {
        let session = SessionPolicies { overlay: Some(overlay), policies: Vec::new() };
        let principal = principal.with_session(&bundle, &session).unwrap();
        evaluator.decide(&principal, &request)
    };
    assert!(decide(Overlay::from_bytes(&bytes).unwrap()).unwrap().allowed());
    let mut opened = 0;
    // Behind header and section table, whose offsets the digests are taken from.
    let sections = size_of::<Header>() + SectionKind::ALL.len() * size_of::<SectionEntry>();
    for at in sections..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let Ok(overlay) = Overlay::from_bytes(with_digests(changed)) else { continue };
            opened += 1;
            let decision = decide(overlay);
            assert!(decision.is_ok(), "byte {at} ^ {flip:#x}: {decision:?}");
        }
    }
    assert!(opened > 300, "{opened} opened");
}

#[test]
fn several_documents_are_one_slice_and_none_is_one_too() {
    let texts = [allow("s3:*"), allow("sqs:*")];
    let documents = [SessionDocument { index: 0, ..inline(&texts[0]) }, SessionDocument { index: 3, ..inline(&texts[1]) }];
    let one = Overlay::from_bytes(compile_overlay(&documents[..1]).unwrap()).unwrap();
    let both = Overlay::from_bytes(compile_overlay(&documents).unwrap()).unwrap();
    let none = Overlay::from_bytes(compile_overlay(&[]).unwrap()).unwrap();
    assert!(none.steps_max() < one.steps_max() && one.steps_max() < both.steps_max());
}

fn refused(result: Result<impl Sized, SessionError>) -> (&'static str, String) {
    let error = result.err().unwrap();
    (error.code(), error.to_string())
}

#[test]
fn errors_of_documents_have_their_place() {
    let (code, message) = refused(compile_overlay(&[inline(
        "{\"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"allow\", \"Action\": \"a\", \"Resource\": \"*\"}}",
    )]));
    assert_eq!((code, message.as_str()), ("invalid-effect", "session.policies[0], line 2, column 26: `allow` is no effect"));
    let principal = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#;
    let named = SessionDocument { text: principal, index: 2, file: Some("p/x.json") };
    let (code, message) = refused(compile_overlay(&[inline(&allow("*")), named]));
    assert_eq!(
        (code, message.as_str()),
        ("unsupported-principal", "session.policies[2]: `p/x.json`:1:60: a session policy takes no `Principal`")
    );
    assert_eq!(refused(compile_overlay(&[inline("{")])).0, "json-syntax");
    let error = compile_overlay(&[inline("{}")]).err().unwrap();
    assert!(error.diagnostics().len() > 1 && error.sources().is_some());
}

const WORLD: &str = r#"{"version": 1, "aws_managed": "aws", "accounts": [{"id": "111111111111",
    "managed_policies": [
        {"name": "Read", "path": "/team/", "document": {"Version": "2012-10-17",
            "Statement": [{"Sid": "Held", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}},
        {"name": "FromFile", "document": "m/file.json"}],
    "roles": [{"name": "app", "policies": ["FullAWSAccess", "arn:aws:iam::aws:policy/Known"]}], "users": [{"name": "u"}]},
    {"id": "222222222222", "managed_policies": [{"name": "Other", "document": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}], "roles": [{"name": "app", "policies": ["FullAWSAccess"]}]}]}"#;

fn files() -> MemoryFiles {
    MemoryFiles::new()
        .with("w/m/file.json", allow("s3:*"))
        .with("w/aws/Known.json", allow("s3:ListBucket"))
        .with("w/aws/job/Unknown.json", format!("\n  {}", allow("sqs:*")))
        .with("w/p/own.json", format!("\n{}", allow("dynamodb:*")))
        .with("w/p/bad.json", r#"{"Version": "2012-10-17", "Statement": []}"#)
        .with("w/p/bytes.json", b"\"\xff\"".to_vec())
        .with("w/p/large.json", vec![b' '; (1 << 20) + 1])
}

fn world() -> World {
    read_world_text("world.json", WORLD, Path::new("w"), &files(), &WorldOptions::default()).unwrap().0
}

fn with_files(resolver: SessionResolver) -> SessionResolver {
    resolver.files("w", Arc::new(files())).aws_managed(Path::new("w"), "aws/")
}

/// Place, file, line and column of a statement.
type Found = (String, Option<String>, Option<(u64, u64)>);

/// Both evaluators over the world, each with the files.
struct Both {
    compiled: Opened,
    reference: ReferenceWorld,
}

impl Both {
    fn new() -> Both {
        let world = world();
        let input = WorldInput { world: &world, text: WORLD, folder: Path::new("w") };
        let compiled = Compiled.prepare(&input).unwrap().sessions(with_files);
        let reference = Reference.prepare(&input).unwrap().sessions(with_files);
        Both { compiled, reference }
    }

    /// What both answer, explained.
    fn decide(&self, principal: &str, action: &str, session: &str) -> Result<Answer, String> {
        let request = format!(r#"{{"principal": "{principal}", "action": "{action}", "session": {{"policies": [{session}]}}}}"#);
        let compiled = Compiled.decide(&self.compiled, &request, Detail::Explained);
        let reference = Reference.decide(&self.reference, &request, Detail::Explained);
        assert_eq!(compiled, reference, "{request}");
        compiled.map_err(|refusal| refusal.code)
    }

    /// The one statement of the session that matched.
    fn matched(&self, action: &str, session: &str) -> Option<Found> {
        let answer = self.decide("arn:aws:sts::111111111111:assumed-role/app/s", action, session).unwrap();
        let explanation = answer.explanation.unwrap();
        assert_eq!(
            explanation.matched.iter().filter(|entry| entry.policy.starts_with("session.")).count(),
            usize::from(answer.decision == "Allow")
        );
        let entry = explanation.matched.into_iter().find(|entry| entry.policy.starts_with("session."))?;
        Some((entry.policy, entry.file, entry.line.zip(entry.column)))
    }
}

#[test]
fn documents_mean_what_the_format_says_on_both_evaluators() {
    let both = Both::new();
    let at = |place: &str, file: &str, line, column| Some((place.to_owned(), Some(file.to_owned()), Some((line, column))));
    let inline = |line, column| Some(("session.policies[0]".to_owned(), None, Some((line, column))));
    let column = allow("s3:*").rfind('{').unwrap() as u64 + 1;
    assert_eq!(both.matched("s3:Get", &allow("s3:*")), inline(1, column), "inline: no file, and a place within the document");
    let lines = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:Get\", \"Resource\": \"*\"}]}";
    assert_eq!(both.matched("s3:Get", lines), inline(3, 16));
    assert_eq!(both.matched("s3:Put", &allow("s3:Get*")), None);
    assert_eq!(both.matched("dynamodb:Get", r#""p/own.json""#), at("session.policies[0]", "p/own.json", 2, 41), "a path");
    assert_eq!(both.matched("s3:Get", r#""Read""#), at("session.policies[0]", "world.json", 4, 27), "a name of the account");
    assert_eq!(both.matched("s3:Get", r#""arn:aws:iam::111111111111:policy/team/Read""#), at("session.policies[0]", "world.json", 4, 27));
    assert_eq!(
        both.matched("s3:Put", r#""\u0046romFile""#),
        at("session.policies[0]", "m/file.json", 1, 41),
        "a name whose document is a file"
    );
    assert_eq!(
        both.matched("s3:ListBucket", r#""arn:aws:iam::aws:policy/Known""#),
        at("session.policies[0]", "aws/Known.json", 1, 41),
        "held by the bundle"
    );
    assert_eq!(
        both.matched("sqs:Send", r#""arn:aws:iam::aws:policy/job/Unknown""#),
        at("session.policies[0]", "aws/job/Unknown.json", 2, 43),
        "from the folder"
    );
    assert_eq!(both.matched("any:Thing", r#""FullAWSAccess""#), at("session.policies[0]", "FullAWSAccess", 1, 38), "built in");
    // Several act as one layer, each at its own place.
    let several = format!(r#"{}, "Read", "p/own.json""#, allow("sqs:*"));
    assert_eq!(both.matched("sqs:Send", &several).map(|found| found.0).as_deref(), Some("session.policies[0]"));
    assert_eq!(both.matched("s3:Get", &several).map(|found| found.0).as_deref(), Some("session.policies[1]"));
    assert_eq!(both.matched("dynamodb:Get", &several).map(|found| found.0).as_deref(), Some("session.policies[2]"));
    let answer = both.decide("arn:aws:sts::111111111111:assumed-role/app/s", "ec2:Run", &several).unwrap();
    assert_eq!((answer.reason, answer.layer), ("implicit_deny", "session"));
    assert_eq!(
        both.decide("arn:aws:sts::111111111111:assumed-role/app/s", "ec2:Run", "").unwrap().decision,
        "Allow",
        "an empty list is none"
    );
}

#[test]
fn what_leads_nowhere_is_refused_on_both_evaluators() {
    let both = Both::new();
    let cases = [
        (r#""Raed""#, "unresolved-document"),
        (r#""Other""#, "unresolved-document"),
        (r#""arn:aws:iam::111111111111:policy/Read""#, "unresolved-document"),
        (r#""arn:aws:iam::222222222222:policy/Other""#, "unresolved-document"),
        (r#""arn:aws:iam::111111111111:role/app""#, "unresolved-document"),
        (r#""arn:aws:iam::aws:policy/../p/own""#, "unresolved-document"),
        (r#""arn:aws:iam::aws:policy/None""#, "unresolved-document"),
        (r#""p/none.json""#, "unresolved-document"),
        (r#""p/""#, "unresolved-document"),
        (r#""p/bad.json""#, "missing-statement"),
        (r#""p/bytes.json""#, "json-syntax"),
        (r#""p/large.json""#, "limit-exceeded"),
        (r#""RCPFullAWSAccess""#, "unsupported-principal"),
        ("7", "invalid-request"),
        ("null", "invalid-request"),
        ("[]", "invalid-request"),
        ("{}", "missing-statement"),
        // Of several the first (S-116).
        (r#""Raed", {}"#, "unresolved-document"),
        (r#"{"Version": "2012-10-17", "Statement": []}, "Raed""#, "missing-statement"),
        (r#""p/bad.json", {"Version": "1"}"#, "missing-statement"),
    ];
    for (session, code) in cases {
        assert_eq!(both.decide("arn:aws:sts::111111111111:assumed-role/app/s", "s3:Get", session), Err(code.to_owned()), "{session}");
    }
    let user = both.decide("arn:aws:iam::111111111111:user/u", "s3:Get", r#""Read""#);
    assert_eq!(user, Err("invalid-request".to_owned()), "S-715: a user takes no session policies");
    assert_eq!(both.decide("arn:aws:sts::222222222222:assumed-role/app/s", "s3:Get", r#""Read""#), Err("unresolved-document".to_owned()));
    let undeclared = both.decide("arn:aws:sts::333333333333:assumed-role/app/s", "s3:Get", r#""FullAWSAccess""#).unwrap();
    assert_eq!((undeclared.reason, undeclared.layer), ("implicit_deny", "identity"), "an undeclared account has no names of its own");
}

fn bundle() -> Bundle {
    Bundle::from_bytes(compile(&world(), &CompileOptions::default()).unwrap().bytes).unwrap()
}

fn resolve(resolver: &SessionResolver, account: &str, documents: &[&str]) -> Result<SessionPolicies, SessionError> {
    resolver.resolve(SessionDocuments { account: Some(account), documents })
}

/// With a name or an ARN, the path of the ARN included, the runtime finds the same policies for sessions and for principals made at run time.
#[test]
fn policies_are_found_by_name_and_by_arn() {
    let bundle = bundle();
    let caller = Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s");
    for (name, expected) in [
        ("Read", None),
        ("arn:aws:iam::111111111111:policy/team/Read", None),
        ("arn:aws:iam::111111111111:policy/FromFile", None),
        ("arn:aws:iam::aws:policy/Known", None),
        ("arn:aws:iam::111111111111:policy/Read", Some("unresolved-document")),
        ("arn:aws:iam::111111111111:policy/other/Read", Some("unresolved-document")),
        ("arn:aws:iam::222222222222:policy/Other", Some("unresolved-document")),
        ("arn:aws:iam::aws:policy/Unknown", Some("unresolved-document")),
        ("team/Read", Some("unresolved-document")),
    ] {
        let made = || bundle.principal_builder(caller).unwrap();
        assert_eq!(made().policy(name).err().map(|error| error.code()), expected, "{name}");
        assert_eq!(made().boundary(name).err().map(|error| error.code()), expected, "{name}");
        let session = SessionPolicies { overlay: None, policies: vec![(0, name.to_owned())] };
        let limited = made().build().unwrap().with_session(&bundle, &session);
        assert_eq!(limited.err().map(|error| error.code()), expected, "{name}");
    }
}

#[test]
fn a_plain_resolver_reads_no_file() {
    let plain = SessionResolver::new(bundle());
    let own = "111111111111";
    let (code, message) = refused(resolve(&plain, own, &[r#""p/own.json""#]));
    assert_eq!((code, message.as_str()), ("unresolved-document", "session.policies[0]: no file can be named here, as `p/own.json` does"));
    assert_eq!(refused(resolve(&plain, own, &[r#""arn:aws:iam::aws:policy/job/Unknown""#])).0, "unresolved-document");
    let unknown = "is no managed policy of the caller's account and no built-in document";
    let (_, message) = refused(resolve(&plain, own, &[r#""FullAwsAcess""#]));
    assert_eq!(message, format!("session.policies[0]: `FullAwsAcess` {unknown}; did you mean `FullAWSAccess`?"));
    let (_, message) = refused(resolve(&plain, own, &[r#""Raed""#]));
    assert_eq!(message, format!("session.policies[0]: `Raed` {unknown}"), "names of the account are not told");
    let held = resolve(&plain, own, &[r#""Read""#, r#""arn:aws:iam::aws:policy/Known""#]).unwrap();
    assert!(held.overlay.is_none());
    assert_eq!(held.policies, [(0, "Read".to_owned()), (1, "arn:aws:iam::aws:policy/Known".to_owned())]);
    let mixed = resolve(&plain, own, &[r#""Read""#, &allow("s3:*")]).unwrap();
    assert!(mixed.overlay.is_some());
    assert_eq!(mixed.policies, [(0, "Read".to_owned())]);
}

#[test]
fn a_path_leads_below_the_folder_alone() {
    let files = || {
        Arc::new(
            files().with("secret.json", allow("s3:*")).with("/etc/secret.json", allow("s3:*")).with("w/p/../../secret.json", allow("s3:*")),
        )
    };
    let confined = SessionResolver::new(bundle()).files("w", files());
    let open = SessionResolver::new(bundle()).files_anywhere().files("w", files());
    for path in ["/etc/secret.json", "p/../../secret.json", "../secret.json", "p/..", "../w/p/own.json", "p/../p/own.json", "/"] {
        let document = format!("\"{path}\"");
        let (code, message) = refused(resolve(&confined, "111111111111", &[&document]));
        let expected = format!("session.policies[0]: the path `{path}` leads out of the folder of the requests, which it must not");
        assert_eq!((code, message), ("unresolved-document", expected));
    }
    for path in ["p/own.json", "./p/own.json", "p//own.json"] {
        assert!(resolve(&confined, "111111111111", &[&format!("\"{path}\"")]).is_ok(), "{path}");
    }
    for path in ["/etc/secret.json", "p/../../secret.json"] {
        assert!(resolve(&open, "111111111111", &[&format!("\"{path}\"")]).is_ok(), "{path}");
    }
}

#[test]
fn sessions_are_kept_by_their_documents() {
    let resolver = SessionResolver::new(bundle());
    let id = |account: &str, documents: &[&str]| resolve(&resolver, account, documents).unwrap().overlay.map(|overlay| overlay.id());
    let (first, second) = (allow("s3:*"), allow("sqs:*"));
    let one = id("111111111111", &[&first]);
    assert_eq!(id("222222222222", &[&first]), one, "a text means the same for every account");
    assert_ne!(id("111111111111", &[&second]), one);
    assert_ne!(id("111111111111", &[&first, &second]), id("111111111111", &[&second, &first]), "places differ");
    // A name means another policy in another account, whatever was kept.
    assert!(resolve(&resolver, "111111111111", &[r#""Read""#]).is_ok());
    assert!(resolve(&resolver, "222222222222", &[r#""Read""#]).is_err());
}

#[test]
fn the_cache_is_bounded_and_forgets_what_was_used_longest_ago() {
    let cache = Cache::default();
    let session = |action: &str| SessionPolicies {
        overlay: Some(Overlay::from_bytes(compile_overlay(&[inline(&allow(action))]).unwrap()).unwrap()),
        policies: Vec::new(),
    };
    let small = session("s3:*");
    let key = |number: u32| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_le_bytes());
        key
    };
    for number in 0..1_024 {
        cache.put(key(number), &small);
    }
    assert!(cache.get(&key(0)).is_some());
    cache.put(key(5_000), &small);
    assert_eq!(cache.len(), 1_024);
    assert!(cache.get(&key(0)).is_some() && cache.get(&key(1)).is_none() && cache.get(&key(2)).is_some());
    // Large overlays drive small ones out before there are too many.
    let names: Vec<String> = (0..4_000).map(|number| format!("\"s3:{number}{}\"", "x".repeat(180))).collect();
    let long =
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": [{}], "Resource": "*"}}}}"#, names.join(","));
    let large = SessionPolicies { overlay: Some(Overlay::from_bytes(compile_overlay(&[inline(&long)]).unwrap()).unwrap()), ..small };
    let bytes = large.overlay.as_ref().unwrap().memory_bytes();
    assert!(bytes > 1 << 20, "{bytes}");
    let fit = usize::try_from((64 << 20) / bytes).unwrap();
    for number in 0..200 {
        cache.put(key(10_000 + number), &large);
    }
    assert_eq!(cache.len(), fit);
}
