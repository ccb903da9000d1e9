//! Writes a workload to a folder: `world.json`, the files that it names, and `requests.ndjson`.
//!
//! The shapes are those of the crate `portcullis-workloads`; `medium` is made from the documents of the corpus, which are read and checked here.

use crate::arguments::{Arguments, Usage};
use portcullis::check_policy;
use portcullis::diag::FileId;
use portcullis::syntax::policy::PolicyType;
use portcullis::syntax::{Limits, Node, Tree};
use portcullis_workloads::medium::{self, Corpus};
use portcullis_workloads::{Draw, Options, Shape, Workload};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The command.
///
/// # Errors
/// [`Usage`] for a command line that is not understood, a corpus that cannot be read, or a folder that cannot be written.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let name = arguments.word().ok_or_else(|| Usage("name a workload".to_owned()))?;
    let out = PathBuf::from(arguments.text("--out")?.ok_or_else(|| Usage("--out DIR is missing".to_owned()))?);
    let draw = arguments.text("--draw")?.map_or(Ok(Draw::Uniform), |text| text.parse().map_err(Usage))?;
    let seed = arguments.number("--seed", 1)?;
    let requests = arguments.number("--requests", 10_000)? as usize;
    let options = Options { seed, draw, requests };
    let workload = if name == "medium" {
        let (accounts, roles) = (arguments.number("--accounts", 100)? as usize, arguments.number("--roles", 50)? as usize);
        arguments.finish()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
        let corpus = read_corpus(&folder).map_err(|error| Usage(format!("{}: {error}", folder.display())))?;
        medium::generate(&options, &corpus, accounts, roles)
    } else {
        let shape = Shape::named(&name).ok_or_else(|| Usage(format!("there is no workload `{name}`")))?;
        let shape = sized(shape, &mut arguments)?;
        arguments.finish()?;
        shape.generate(&options)
    };
    write(&out, &workload).map_err(|error| Usage(format!("{}: {error}", out.display())))?;
    println!(
        "{}: {} bytes of world.json, {} files, {} requests",
        out.display(),
        workload.world.len(),
        workload.files.len(),
        workload.requests.len()
    );
    Ok(true)
}

/// A shape with the sizes that the command line gives.
fn sized(shape: Shape, arguments: &mut Arguments) -> Result<Shape, Usage> {
    let mut size = |name: &str, default: usize| arguments.number(name, default as u64).map(|number| number as usize);
    Ok(match shape {
        Shape::OneUser => Shape::OneUser,
        Shape::OneAccount { roles, policies, statements, resources } => Shape::OneAccount {
            roles: size("--roles", roles)?,
            policies: size("--policies", policies)?,
            statements: size("--statements", statements)?,
            resources: size("--resources", resources)?,
        },
        Shape::Organization { accounts, roles } => {
            Shape::Organization { accounts: size("--accounts", accounts)?, roles: size("--roles", roles)? }
        }
        Shape::Statements { statements } => Shape::Statements { statements: size("--statements", statements)? },
        Shape::Principals { principals, sets } => {
            Shape::Principals { principals: size("--principals", principals)?, sets: size("--sets", sets)? }
        }
        Shape::NestedPrefixes { statements } => Shape::NestedPrefixes { statements: size("--statements", statements)? },
        Shape::InnerPatterns { statements } => Shape::InnerPatterns { statements: size("--statements", statements)? },
        Shape::Conditions { statements } => Shape::Conditions { statements: size("--statements", statements)? },
    })
}

fn write(out: &Path, workload: &Workload) -> io::Result<()> {
    fs::create_dir_all(out)?;
    fs::write(out.join("world.json"), &workload.world)?;
    fs::write(out.join("requests.ndjson"), workload.ndjson())?;
    for (name, text) in &workload.files {
        let path = out.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// The documents of the corpus that the compiler accepts as what they are said to be.
///
/// # Errors
/// A folder or file that cannot be read, or a line that is no record.
pub fn read_corpus(folder: &Path) -> io::Result<Corpus> {
    let mut corpus = Corpus::default();
    let managed = folder.join("aws-managed");
    for path in files(&managed)? {
        let Some(name) = path.strip_prefix(&managed).ok().and_then(Path::to_str).and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        if accepts(&text, PolicyType::Identity) {
            corpus.managed.push((name.to_owned(), text));
        }
    }
    for path in files(&folder.join("policies"))? {
        for line in fs::read_to_string(path)?.lines() {
            let Some((policy_type, document)) = record(line)? else { continue };
            let of_any_resource = !document.contains(r#""Resource": "arn"#) && !document.contains(r#""Resource": ["#);
            match policy_type.as_str() {
                "identity" if accepts(&document, PolicyType::Identity) => corpus.identity.push(document),
                "trust" if accepts(&document, PolicyType::Trust) => corpus.trust.push(document),
                "resource" if of_any_resource && accepts(&document, PolicyType::Resource) => corpus.resource.push(document),
                "scp" if !is_broad(&document) && accepts(&document, PolicyType::Scp) => corpus.scp.push(document),
                _ => {}
            }
        }
    }
    Ok(corpus)
}

/// A line's type and the text of its document; `None` where it holds another text.
fn record(line: &str) -> io::Result<Option<(String, String)>> {
    let bad = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let tree = Tree::parse(FileId(0), line, 0..line.len(), &Limits::default()).map_err(|diagnostic| bad(diagnostic.message))?;
    let policy_type =
        tree.root().member("type").and_then(Node::as_str).ok_or_else(|| bad("a line of the corpus has no type".to_owned()))?;
    Ok(tree.root().member("document").map(|document| (policy_type.to_owned(), document.source().to_owned())))
}

/// Whether an SCP denies every action, or all but some, whatever the request: under it an estate decides nothing.
fn is_broad(document: &str) -> bool {
    let all = document.contains(r#""Action": "*""#) || document.contains(r#""Action": ["*"]"#) || document.contains(r#""NotAction""#);
    all && !document.contains(r#""Condition""#)
}

fn accepts(text: &str, policy_type: PolicyType) -> bool {
    check_policy("", text, policy_type, &Limits::default()).accepted()
}

/// The files below a folder, sorted.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis::runtime::Bundle;
    use portcullis::runtime::json::JsonRequest;
    use portcullis::validate::ReferenceWorld;
    use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
    use portcullis::{CompileOptions, compile};

    #[test]
    fn a_small_estate_from_the_corpus_is_the_same_for_a_seed_and_decided_alike() {
        let corpus = read_corpus(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")).unwrap();
        let options = Options { requests: 200, ..Options::default() };
        let workload = medium::generate(&options, &corpus, 5, 10);
        assert_eq!(workload, medium::generate(&options, &corpus, 5, 10));
        let files = workload.files.iter().fold(MemoryFiles::new(), |files, (name, text)| files.with(name, text.as_str()));
        let (world, _) = read_world_text("world.json", &workload.world, "".as_ref(), &files, &WorldOptions::default()).unwrap();
        let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default()).unwrap().bytes).unwrap();
        let reference = ReferenceWorld::new(&world).unwrap();
        let mut evaluator = bundle.evaluator();
        let mut allowed = 0;
        for request in &workload.requests {
            let line = request.json().to_string();
            let read = JsonRequest::parse(&line).unwrap();
            let principal = read.resolve(&bundle).unwrap();
            let decision = read.with_request(|request| evaluator.decide(&principal, request)).unwrap().unwrap();
            let expected = reference.decide_alone(&line).unwrap();
            assert_eq!(
                (decision.reason().as_str(), decision.layer().as_str()),
                (expected.reason.as_str(), expected.layer.as_str()),
                "{line}"
            );
            allowed += u32::from(decision.allowed());
        }
        assert!((50..150).contains(&allowed), "{allowed} of 200 are allowed");
    }
}
