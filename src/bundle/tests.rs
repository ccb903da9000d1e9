//! What the writer promises: the same bytes for the same world, whatever changes around it; files old or new, never half.

use super::publish;
use crate::world::{MemoryFiles, WorldOptions, read_world, read_world_text};
use crate::{CompileOptions, Compiled, compile};
use portcullis_runtime::Bundle;
use std::path::{Path, PathBuf};

const WORLD: &str = r#"{"version": 1, "accounts": [{"id": "111111111111",
    "roles": [{"name": "r", "trust": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:user/u"}, "Action": "sts:AssumeRole"}},
        "policies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:*Tagging"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:*:*:c-*-x/${aws:username}"],
             "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}, "NumericLessThan": {"k": "10.50"}}},
            {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"}]}]}],
    "users": [{"name": "u", "tags": {"Team": "a"}}], "resources": [{"arn": "arn:aws:s3:::b"}]}]}"#;

fn compiled(text: &str) -> Compiled {
    let (world, _) = read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    compile(&world, &CompileOptions::default()).unwrap()
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let bytes = |threads| pool(threads).install(|| compiled(WORLD).bytes);
    assert_eq!(bytes(1), bytes(7));
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
    portcullis_runtime::Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/k"), resource_account: None, context: &[] }
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
