//! Worlds in, diagnostics and places out. `$P` in a text stands for a small policy, `$R` for one with a principal, `$T` for a
//! trust policy; a diagnostic is written `file:line:column code`.

use super::*;
use crate::diag::{FileId, Span};
use crate::syntax::Tree;
use crate::syntax::policy::PolicyType;

mod corpus;
mod documents;
mod layers;
mod shapes;
mod texts;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
const RESOURCE_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
const TRUST_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn fill(text: &str) -> String {
    text.replace("$P", POLICY).replace("$R", RESOURCE_POLICY).replace("$T", TRUST_POLICY)
}

fn memory(files: Files<'_>) -> MemoryFiles {
    files.iter().fold(MemoryFiles::new(), |set, (path, text)| set.with(*path, fill(text)))
}

/// Paths and texts.
type Files<'f> = &'f [(&'f str, &'f str)];

type Outcome = Result<(World, Vec<Diagnostic>), WorldError>;

fn read_with(text: &str, files: Files<'_>, options: &WorldOptions) -> Outcome {
    read_world_text("world.json", &fill(text), Path::new(""), &memory(files), options)
}

fn read(text: &str, files: Files<'_>) -> Outcome {
    read_with(text, files, &WorldOptions::default())
}

fn lines(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| {
        let place = sources.line_column(diagnostic.span.file, diagnostic.span.start);
        format!("{}:{}:{} {}", sources.file(diagnostic.span.file).name(), place.line, place.column, diagnostic.code)
    };
    diagnostics.iter().map(line).collect()
}

fn found(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Ok((world, warnings)) => lines(&world.sources, warnings),
        Err(error) => lines(error.sources(), error.diagnostics()),
    }
}

/// Reads the text as it is, and once more with `accounts` spelled so that it has to be parsed as a whole: both must say the same.
fn check(title: &str, text: &str, files: Files<'_>, expected: &[&str]) {
    let outcome = read(text, files);
    assert_eq!(found(&outcome), expected, "{title}: {:?}", outcome.as_ref().err().map(WorldError::diagnostics));
    let text = fill(text);
    // A tree with `accounts` of its own is left alone.
    if text.matches("\"accounts\":[").count() == 1 {
        let spelled = text.replace("\"accounts\":[", "\"\\u0061ccounts\":[");
        let whole = read(&spelled, files);
        let codes = |outcome: &Outcome| found(outcome).iter().map(|line| line.rsplit(' ').next().map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(codes(&whole), codes(&outcome), "{title}, parsed as a whole");
    }
}

/// One account on lines of its own: members from line 3, column 1.
fn account(members: &str) -> String {
    format!("{{\"version\":1,\"accounts\":[{{\n\"id\":\"111111111111\",\n{members}\n}}]}}")
}
