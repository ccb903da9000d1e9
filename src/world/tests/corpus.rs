//! The worlds and scenarios of the corpus.

use super::*;

/// The small estate that the corpus holds: identity, resource and trust policies.
#[test]
fn the_core_world_of_the_corpus_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds/core.json");
    let outcome = read_world(&path, &DiskFiles, &WorldOptions::default());
    assert!(outcome.is_ok(), "{:#?}", found(&outcome));
    let (world, warnings) = outcome.unwrap();
    assert_eq!(world.accounts.len(), 3);
    assert!(warnings.iter().all(|warning| !warning.is_error()));
    assert_eq!(world.sources.file(FileId(0)).name(), "core.json");
    let named: Vec<&str> = (1..world.sources.len()).map(|file| world.sources.file(FileId(file as u32)).name()).collect();
    assert!(!named.is_empty() && named.iter().all(|name| name.starts_with("../aws-managed/")));
    for attachment in world.attachments() {
        let stored = &world.documents[attachment.document.0 as usize];
        assert_eq!(blake3::hash(world.sources.text(attachment.text).as_bytes()).as_bytes(), &stored.digest, "{}", attachment.place);
    }
}

/// Every scenario of the corpus: its world is read, or refused with the code that the scenario expects.
#[test]
fn worlds_of_scenarios_are_read_or_refused_as_expected() {
    let (mut read, mut refused) = (0, 0);
    for name in ["cases.ndjson", "cases-acl.ndjson", "cases-deck.ndjson"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join("corpus/scenarios").join(name)).unwrap();
        for line in text.lines() {
            let mut sources = Sources::new();
            let file = sources.add(name.to_owned(), line, None);
            let tree = Tree::parse(file, line, 0..line.len(), &Limits::default()).unwrap();
            let world = tree.root().member("world").unwrap();
            let title = tree.root().member("name").unwrap().as_str().unwrap();
            let requests = tree.root().member("requests").unwrap().items();
            let expected: Vec<Option<&str>> = requests.map(|request| request.member("expect")?.member("error")?.as_str()).collect();
            match read_world_node(sources, world, root, &DiskFiles, &WorldOptions::default()) {
                Ok(_) => {
                    // What is left is for the request: its shape, its caller, its session documents.
                    let of_request = |code: &Option<&str>| {
                        code.is_none_or(|code| {
                            line.contains("session") || matches!(code, "unknown-principal" | "invalid-request" | "unknown-field")
                        })
                    };
                    assert!(expected.iter().all(of_request), "{title}: expected {expected:?}");
                    read += 1;
                }
                Err(error) => {
                    let code = Some(error.first_code().as_str());
                    assert!(expected.iter().all(|expected| *expected == code), "{title}: {error}, expected {expected:?}");
                    refused += 1;
                }
            }
        }
    }
    assert!(read > 300 && refused > 60, "{read} read, {refused} refused");
}

/// The estate with every layer.
#[test]
fn the_small_world_of_the_corpus_has_every_layer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds/small.json");
    let outcome = read_world(&path, &DiskFiles, &WorldOptions::default());
    assert!(outcome.is_ok(), "{:#?}", found(&outcome));
    let (world, _) = outcome.unwrap();
    let types: std::collections::BTreeSet<PolicyType> = world.documents.iter().map(|stored| stored.policy_type).collect();
    assert_eq!(types.len(), 7, "all types but the session's: {types:?}");
    assert!(world.aws_managed.as_deref() == Some("../aws-managed"));
    let named: Vec<&str> = world.aws_policies.iter().map(|policy| policy.arn.as_str()).collect();
    assert!(!named.is_empty() && named.is_sorted_by(|a, b| a < b), "{named:?}");
}
