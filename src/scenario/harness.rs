//! Running a scenario on an evaluator.

use super::check::{Mismatch, mismatches};
use super::types::{Answer, Expect, Refusal, Scenario, ScenarioFile};
use crate::diag::{Code, Diagnostic, Sources};
use crate::syntax::Tree;
use crate::world::{DiskFiles, World, WorldError, WorldOptions, read_world_node};
use std::path::Path;
use std::sync::Arc;

/// What a decision should come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The decision alone.
    Decision,
    /// The explanation as well: layers, matched statements, the owner used.
    Explained,
}

/// An evaluator under test: the compiled one, the reference, or a store's own.
pub trait Engine: Sync {
    /// What the engine makes of a world before it decides.
    type Prepared;

    /// Takes a world. It has been read and checked: an evaluator that reads the text itself finds it in [`WorldInput::text`].
    ///
    /// # Errors
    /// A [`Refusal`] if the engine cannot take the world.
    fn prepare(&self, input: &WorldInput<'_>) -> Result<Self::Prepared, Refusal>;

    /// Decides a request, given as JSON text.
    ///
    /// # Errors
    /// A [`Refusal`] if the request cannot be decided; the caller denies.
    fn decide(&self, prepared: &Self::Prepared, request: &str, detail: Detail) -> Result<Answer, Refusal>;
}

/// A scenario's world, as text and as the frontend read it.
#[derive(Debug, Clone, Copy)]
pub struct WorldInput<'w> {
    /// The world, linked.
    pub world: &'w World,
    /// The world document.
    pub text: &'w str,
    /// The folder that its paths are relative to.
    pub folder: &'w Path,
}

/// What became of a scenario.
#[derive(Debug)]
pub struct Report {
    /// Set if the world was refused: no request was decided, and each has this outcome.
    pub refused: Option<Refusal>,
    /// What the frontend found in a refused world, in the order of the text.
    pub diagnostics: Option<(Sources, Vec<Diagnostic>)>,
    /// One entry for each request.
    pub results: Vec<CaseResult>,
}

/// What became of a request.
#[derive(Debug)]
pub struct CaseResult {
    /// The answer, or the refusal.
    pub outcome: Result<Answer, Refusal>,
    /// In what it is not as expected; empty if it is, or if nothing is expected.
    pub mismatches: Vec<Mismatch>,
}

impl Report {
    /// Requests whose outcome is not as expected.
    pub fn failures(&self) -> usize {
        self.results.iter().filter(|result| !result.mismatches.is_empty()).count()
    }
}

/// Runs a scenario of a file on an engine. Where the world is refused, by the frontend or by the engine, each request counts as
/// refused with the code of the world's first error.
pub fn run<E: Engine>(file: &ScenarioFile, scenario: &Scenario, engine: &E, options: &WorldOptions) -> Report {
    let text = file.sources.file(file.file);
    let world = match read_world(file, scenario, options) {
        Ok((world, _)) => world,
        Err((sources, diagnostics)) => {
            let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
            // INVARIANT: there is an error, or the world would not have been refused.
            let code = first.map_or(Code::InvalidWorld, |diagnostic| diagnostic.code);
            let refusal = Refusal { code: code.as_str().to_owned(), message: "the world is refused".to_owned() };
            return refused(scenario, refusal, Some((sources, diagnostics)));
        }
    };
    let document = text.text().get(scenario.world.clone()).unwrap_or_default();
    let input = WorldInput { world: &world, text: document, folder: &file.folder };
    let prepared = match engine.prepare(&input) {
        Ok(prepared) => prepared,
        Err(refusal) => return refused(scenario, refusal, None),
    };
    let decide = |case: &super::Case| {
        let detail = if case.expect.as_ref().is_some_and(Expect::needs_explanation) { Detail::Explained } else { Detail::Decision };
        result(case.expect.as_ref(), engine.decide(&prepared, &case.request, detail))
    };
    Report { refused: None, diagnostics: None, results: scenario.requests.iter().map(decide).collect() }
}

/// Reads a scenario's world with the frontend. Its spans point into the scenario's file.
fn read_world(
    file: &ScenarioFile,
    scenario: &Scenario,
    options: &WorldOptions,
) -> Result<(World, Vec<Diagnostic>), (Sources, Vec<Diagnostic>)> {
    let source = file.sources.file(file.file);
    let text = source.shared_text();
    let mut sources = Sources::new();
    let id = sources.add(source.name().to_owned(), Arc::clone(&text), None);
    let tree = match Tree::parse(id, &text, scenario.world.clone(), &options.limits) {
        Ok(tree) => tree,
        Err(diagnostic) => return Err((sources, vec![diagnostic])),
    };
    read_world_node(sources, tree.root(), &file.folder, &DiskFiles, options).map_err(WorldError::into_parts)
}

fn refused(scenario: &Scenario, refusal: Refusal, diagnostics: Option<(Sources, Vec<Diagnostic>)>) -> Report {
    let results = scenario.requests.iter().map(|case| result(case.expect.as_ref(), Err(refusal.clone()))).collect();
    Report { refused: Some(refusal), diagnostics, results }
}

fn result(expect: Option<&Expect>, outcome: Result<Answer, Refusal>) -> CaseResult {
    let mismatches = expect.map(|expect| mismatches(expect, &outcome)).unwrap_or_default();
    CaseResult { outcome, mismatches }
}
