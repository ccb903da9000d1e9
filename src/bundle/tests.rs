//! What the writer promises: the same bytes for the same world, whatever changes around it; files old or new, never half.

use super::{Publish, publish, publish_with};
use crate::world::{MemoryFiles, WorldOptions, read_world, read_world_text};
use crate::{CompileOptions, Compiled, compile};
use portcullis_runtime::Bundle;
use portcullis_runtime::format::{Header, SectionEntry, SectionKind};
use std::path::{Path, PathBuf};
use zerocopy::{FromBytes, IntoBytes};

const WORLD: &str = r#"{"version": 1, "accounts": [{"id": "111111111111",
    "roles": [{"name": "r", "trust": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:user/u"}, "Action": "sts:AssumeRole"}},
        "policies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:*Tagging"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:*:*:c-*-x/${aws:username}"],
             "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}, "NumericLessThan": {"k": "10.50"}}},
            {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"}]}]}],
    "users": [{"name": "u", "tags": {"Team": "a"}}], "resources": [{"arn": "arn:aws:s3:::b"}]}]}"#;

/// A world in which every layer but the session's has a say on the request.
const LAYERS: &str = r#"{"version": 1, "organization": {"id": "o-1", "management_account": "000000000001", "root": {"id": "r-1", "scps": ["FullAWSAccess"],
    "units": [{"id": "ou-1", "rcps": ["RCPFullAWSAccess"], "accounts": ["111111111111", "222222222222"]}]}},
    "accounts": [{"id": "111111111111", "canonical_id": "c",
    "scps": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}],
    "managed_policies": [{"name": "m", "path": "/p/", "document": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}],
    "groups": [{"name": "g", "policies": ["m"]}], "users": [{"name": "u", "groups": ["g"], "boundary": "m", "tags": {"Team": "a"}}],
    "roles": [{"name": "r", "policies": ["m"], "boundary": "m"}],
    "resources": [{"arn": "arn:aws:s3:::b", "acl": {"canned": "public-read", "grants": [{"grantee": {"CanonicalUser": "c"}, "permission": "WRITE"}]}},
        {"arn": "arn:aws:s3:::b/k", "acl": {"grants": [{"grantee": {"Group": "AuthenticatedUsers"}, "permission": "READ"}]}}],
    "vpc_endpoints": [{"id": "vpce-1", "policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}}]}]}"#;

fn compiled(text: &str) -> Compiled {
    let (world, _) = read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    compile(&world, &CompileOptions::default()).unwrap()
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for world in [WORLD, LAYERS] {
        let bytes = |threads| pool(threads).install(|| compiled(world).bytes);
        assert_eq!(bytes(1), bytes(7));
    }
}

#[test]
fn bytes_do_not_depend_on_the_folder() {
    let bytes = |folder: &str| {
        let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        let world = r#"{"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "u", "policies": ["p/a.json"]}]}]}"#;
        let path = Path::new(folder).join("world.json");
        let files = MemoryFiles::new().with(&path, world).with(Path::new(folder).join("p/a.json"), policy);
        let (world, _) = read_world(&path, &files, &WorldOptions::default()).unwrap();
        compile(&world, &CompileOptions::default()).unwrap().bytes
    };
    assert_eq!(bytes("one"), bytes("some/where/else"));
}

#[test]
fn an_empty_world_is_a_bundle() {
    let compiled = compiled(r#"{"version": 1, "accounts": []}"#);
    let bundle = Bundle::from_bytes(compiled.bytes).unwrap();
    assert!(
        bundle
            .evaluator()
            .decide(&bundle.principal(portcullis_runtime::Caller::Anonymous).unwrap(), &request())
            .is_ok_and(|decision| !decision.allowed())
    );
}

fn request() -> portcullis_runtime::Request<'static> {
    let context = &[("aws:SourceVpce", portcullis_runtime::ContextValue::One("vpce-1"))];
    portcullis_runtime::Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/k"), resource_account: None, context }
}

#[test]
fn every_truncation_and_every_flipped_byte_is_refused() {
    let bytes = compiled(WORLD).bytes;
    assert!(Bundle::from_bytes(bytes.clone()).is_ok());
    for length in 0..bytes.len() {
        assert!(Bundle::from_bytes(bytes[..length].to_vec()).is_err(), "the first {length} bytes");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(Bundle::from_bytes(flipped).is_err(), "byte {at}");
    }
}

#[test]
fn the_summary_counts() {
    let summary = compiled(WORLD).summary;
    assert_eq!((summary.accounts, summary.principals, summary.resources), (1, 2, 1));
    assert_eq!((summary.policies, summary.statements, summary.attachments, summary.attached_statements), (2, 3, 2, 3));
}

#[test]
fn what_is_only_declared_is_compiled_and_not_attached_and_grants_are_no_policies() {
    let summary = compiled(LAYERS).summary;
    // SCPs and an RCP of the levels, the managed policy as identity policy and as boundary, and the endpoint's.
    assert_eq!((summary.policies, summary.statements), (6, 6));
    // Two SCPs, an RCP, the group's policy, the role's, two boundaries, the endpoint's.
    assert_eq!((summary.attachments, summary.attached_statements), (8, 8));
    let declared = r#"{"version": 1, "accounts": [{"id": "111111111111", "managed_policies": [{"name": "m", "document":
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]}]}"#;
    let summary = compiled(declared).summary;
    assert_eq!((summary.policies, summary.attachments, summary.unshared_fragment_bytes), (1, 0, 0));
    assert!(summary.fragment_bytes > 0);
}

#[test]
fn sharing_is_measured_against_a_copy_for_everyone_who_consults_a_document() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:*", "sqs:Send*"], "Resource": ["arn:aws:s3:::a*", "arn:aws:s3:::b"],
        "Condition": {"Bool": {"k": "true"}}}}"#;
    let world = |users: usize, accounts: usize| {
        let users: Vec<String> = (0..users).map(|user| format!(r#"{{"name": "u{user}", "policies": [{policy}]}}"#)).collect();
        let members: Vec<String> = (0..accounts).map(|account| format!("\"{account:012}\"")).collect();
        let scps = if accounts == 0 { "null".to_owned() } else { format!("[{policy}]") };
        format!(
            r#"{{"version": 1, "organization": {{"id": "o", "root": {{"id": "r", "scps": {scps}, "accounts": [{}]}}}}, "accounts": [{{"id": "999999999999", "users": [{}]}}]}}"#,
            members.join(","),
            users.join(",")
        )
        .replace("\"scps\": null, ", "")
    };
    let bytes = |users, accounts| {
        let summary = compiled(&world(users, accounts)).summary;
        (summary.fragment_bytes, summary.unshared_fragment_bytes)
    };
    let (one, alone) = bytes(1, 0);
    assert_eq!(one, alone, "nothing is shared");
    assert_eq!(bytes(7, 0), (one, 7 * one), "one document for seven users");
    let (both, unshared) = bytes(1, 5);
    // As an SCP it is another fragment, whose DAG is the same.
    assert!(both > one && both < 2 * one, "{both} {one}");
    assert_eq!(unshared, 6 * one, "one user, and one chain for five accounts");
}

#[test]
fn statements_are_told_in_their_own_letters_and_equal_ones_once() {
    let world = r#"{"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "u", "policies": [{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:s3:::b/${aws:UserName}", "arn:aws:s3:::c/${aws:UserName}/${*}${k, 'a'}"],
            "Condition": {"ArnEquals": {"AWS:sourceArn": ["b", "*", "a"]}, "ArnLike": {"aws:SourceArn": ["a", "b", "*"]}}},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ArnEquals": {"AWS:sourceArn": ["b", "*", "a"]}, "bool": {"k": true}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*"}]}]}]}]}"#;
    let bundle = Bundle::from_bytes(compiled(world).bytes).unwrap();
    let explainer = bundle.explainer().unwrap();
    let explanations = explainer.explanations();
    let texts = |ids: &[u32]| ids.iter().map(|id| explanations.texts[*id as usize].as_str()).collect::<Vec<_>>();
    let told: Vec<_> = explanations
        .statements
        .iter()
        .map(|origin| {
            let written = &explanations.written[origin.written as usize];
            let conditions = written.conditions.iter().map(|id| &explanations.conditions[*id as usize]);
            let conditions: Vec<_> =
                conditions.map(|one| (one.atom, [texts(&[one.operator, one.key]), texts(&one.values)].concat().join(" "))).collect();
            (conditions, texts(&written.resource_variables))
        })
        .collect();
    let [(first, variables), (second, _), (third, _)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(first.iter().map(|(_, text)| text).collect::<Vec<_>>(), ["ArnEquals AWS:sourceArn b * a", "ArnLike aws:SourceArn a b *"]);
    assert_eq!(first[0].0, first[1].0, "one atom, written twice");
    assert_eq!(second.iter().map(|(_, text)| text).collect::<Vec<_>>(), ["ArnEquals AWS:sourceArn b * a", "bool k true"]);
    assert!(third.is_empty());
    assert_eq!(*variables, ["${aws:UserName}", "${k, 'a'}"]);
    assert_eq!(explanations.conditions.len(), 3);
    let distinct: std::collections::HashSet<_> = explanations.texts.iter().collect();
    assert_eq!(distinct.len(), explanations.texts.len());
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("portcullis-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn publishing_replaces_a_file_and_leaves_no_other() {
    let folder = Folder::new("publish");
    let path = folder.0.join("a.bundle");
    publish(&path, b"old").unwrap();
    publish(&path, b"new").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    assert_eq!(folder.names(), ["a.bundle"]);
}

#[test]
fn a_failed_publish_leaves_everything_as_it_was() {
    let folder = Folder::new("publish-fails");
    // A folder that is not empty cannot be replaced by a file.
    let path = folder.0.join("taken");
    std::fs::create_dir(&path).unwrap();
    assert!(publish(&path, b"bytes").is_err());
    assert!(publish(&folder.0.join("missing").join("a.bundle"), b"bytes").is_err());
    assert!(publish(Path::new("/"), b"bytes").is_err());
    assert_eq!(folder.names(), ["taken"]);
}

#[test]
fn who_publishes_is_told_of_the_temporary_file() {
    let folder = Folder::new("publish-tells");
    let path = folder.0.join(format!("{}.bundle", "n".repeat(240)));
    let told = std::cell::RefCell::new(Vec::new());
    let note = |temporary: Option<&Path>| told.borrow_mut().push(temporary.map(|temporary| temporary.exists()));
    publish_with(&path, b"bytes", &Publish { on_temporary: Some(&note), ..Publish::default() }).unwrap();
    assert_eq!(*told.borrow(), [Some(true), None]);
    assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_mode_and_a_new_bundle_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("publish-mode");
    let path = folder.0.join("a.bundle");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    publish(&path, b"one").unwrap();
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    publish(&path, b"two").unwrap();
    assert_eq!(mode(), 0o640);
}

/// Makes the digests of a changed bundle right again, so that what is refused is refused for what it says.
pub(crate) fn with_digests(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = size_of::<Header>();
    let table_end = header + SectionKind::ALL.len() * size_of::<SectionEntry>();
    for at in (header..table_end).step_by(size_of::<SectionEntry>()) {
        let mut entry = SectionEntry::read_from_bytes(&bytes[at..at + size_of::<SectionEntry>()]).unwrap();
        let offset = usize::try_from(entry.offset.get()).unwrap();
        let length = usize::try_from(entry.length.get()).unwrap();
        entry.digest = *blake3::hash(&bytes[offset..offset + length]).as_bytes();
        bytes[at..at + size_of::<SectionEntry>()].copy_from_slice(entry.as_bytes());
    }
    bytes[header - 32..header].fill(0);
    let digest = *blake3::hash(&bytes[..table_end]).as_bytes();
    bytes[header - 32..header].copy_from_slice(&digest);
    bytes
}

#[test]
fn a_bundle_changed_behind_right_digests_is_refused_or_decides() {
    for world in [WORLD, LAYERS] {
        changed_behind_right_digests(world);
    }
}

fn changed_behind_right_digests(world: &str) {
    use portcullis_runtime::Caller;
    let bytes = compiled(world).bytes;
    assert_eq!(with_digests(bytes.clone()), bytes);
    let sections_start = size_of::<Header>() + SectionKind::ALL.len() * size_of::<SectionEntry>();
    let (mut opened, mut decided) = (0, 0);
    for at in sections_start..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let Ok(bundle) = Bundle::from_bytes(with_digests(changed)) else { continue };
            opened += 1;
            let mut evaluator = bundle.evaluator();
            for caller in [
                Caller::Arn("arn:aws:iam::111111111111:user/u"),
                Caller::Arn("arn:aws:sts::111111111111:assumed-role/r/s"),
                Caller::Anonymous,
            ] {
                // Names may have changed, so a caller may be unknown; but who is known gets a decision, and never a fault of the bundle.
                if let Ok(principal) = bundle.principal(caller) {
                    let decision = evaluator.decide(&principal, &request());
                    assert!(decision.is_ok(), "byte {at} ^ {flip:#x}: {decision:?}");
                    decided += 1;
                }
            }
        }
    }
    assert!(opened > 1000 && decided > opened, "{opened} opened, {decided} decisions");
}

#[test]
fn policies_that_are_too_dear_are_named() {
    // A test with 16,000 values takes as many steps and one, wherever it stands.
    let values: Vec<String> = (0..16_000).map(|number| format!("\"{number}\"")).collect();
    let statement = |number: usize| {
        let values = values.join(",");
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {{"StringEquals": {{"k{number}": [{values}]}}}}}}"#
        )
    };
    let managed = |number: usize| {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {}}}"#, statement(number));
        format!(r#"{{"name": "p{number}", "document": {document}}}"#)
    };
    let world = |policies: usize| {
        let managed: Vec<String> = (0..policies).map(managed).collect();
        let names: Vec<String> = (0..policies).map(|number| format!("\"p{number}\"")).collect();
        format!(
            "{{\"version\": 1, \"accounts\": [{{\"id\": \"111111111111\", \"managed_policies\": [{}],\n  \"users\": [{{\"name\": \"u\", \"policies\": [{}]}}]}}]}}",
            managed.join(",\n"),
            names.join(",")
        )
    };
    let compiled = |policies: usize| {
        let options = WorldOptions::default();
        let (world, _) = read_world_text("world.json", &world(policies), Path::new(""), &MemoryFiles::new(), &options).unwrap();
        compile(&world, &CompileOptions::default())
    };
    assert!(compiled(65).is_ok());
    let error = compiled(66).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
    let expected = "a decision could take more than 1048576 steps, 1056135 of them for 66 policies that act together, the first accounts[0].users[0].policies[0] at `world.json`:1:100";
    assert_eq!(error.to_string(), expected);
}
