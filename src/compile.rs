//! The pipeline: a world in, a bundle out.

use crate::bundle::{self, EncodeError, Origin, Parts, Source};
use crate::dag::Dag;
use crate::ir::{Program, TooMany};
use crate::link::{Acls, Linked, Plan};
use crate::trie::Tries;
use crate::world::World;
use crate::{dag, ir, link, opt, trie};
use portcullis_runtime::format::BundleKind;
use portcullis_runtime::format::cold::Summary;
use std::fmt;
use std::time::{Duration, Instant};

/// How a world is compiled. There is nothing to choose yet; the type keeps the signature of [`compile`] stable.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CompileOptions {}

/// A compiled world.
#[derive(Debug)]
#[non_exhaustive]
pub struct Compiled {
    /// The bundle. Equal worlds give equal bytes, on any number of threads.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub summary: Summary,
    /// How long each stage took, in order. Not part of the bundle.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Why a world could not be compiled.
#[derive(Debug)]
pub struct CompileError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    TooMany(TooMany),
    Encode(EncodeError),
    /// A stage's own check failed.
    Broken(String),
}

impl CompileError {
    /// The code of S-116: `limit-exceeded` when the world is too large, `invalid-bundle` for a defect of the compiler, which its own checks caught.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.kind {
            Kind::TooMany(_)
            | Kind::Encode(EncodeError::TooLarge | EncodeError::Unindexable | EncodeError::Cold(_) | EncodeError::TooManySteps(_)) => {
                "limit-exceeded"
            }
            Kind::Encode(EncodeError::Refused(why)) => why.code(),
            Kind::Broken(_) => "invalid-bundle",
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::TooMany(error) => error.fmt(f),
            Kind::Encode(error) => error.fmt(f),
            Kind::Broken(what) => write!(f, "a check inside the compiler failed: {what}"),
        }
    }
}

impl std::error::Error for CompileError {}

impl From<TooMany> for CompileError {
    fn from(error: TooMany) -> CompileError {
        CompileError { kind: Kind::TooMany(error) }
    }
}

impl From<EncodeError> for CompileError {
    fn from(error: EncodeError) -> CompileError {
        CompileError { kind: Kind::Encode(error) }
    }
}

/// Every stage's output.
struct Stages<'w> {
    acls: Acls<'w>,
    program: Program,
    linked: Linked,
    plan: Plan,
    tries: Tries,
    dag: Dag,
    timings: Vec<(&'static str, Duration)>,
}

/// The documents of a world, and behind them two of each ACL: its statements, and what they are indexed by.
fn sources<'a>(world: &'a World, acls: &'a Acls<'_>) -> Vec<Source<'a>> {
    let documents = world.documents.iter().map(|stored| Source { document: &stored.document, origin: Origin::Text(stored.span) });
    let of_acl = acls
        .documents
        .iter()
        .flat_map(|acl| [&acl.statements, &acl.index].map(|document| Source { document, origin: Origin::Acl(&acl.place_of) }));
    documents.chain(of_acl).collect()
}

fn stages(world: &World) -> Result<Stages<'_>, CompileError> {
    let broken = |what| CompileError { kind: Kind::Broken(what) };
    let mut timings = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |stage| {
        let now = Instant::now();
        timings.push((stage, now - clock));
        clock = now;
    };
    let acls = link::acls(world);
    let documents: Vec<_> = sources(world, &acls).into_iter().map(|source| source.document).collect();
    let mut program = ir::lower(documents)?;
    lap("lower");
    let linked = link::link(world, &acls)?;
    linked.verify().map_err(broken)?;
    lap("link");
    let plan = opt::merge(&linked);
    plan.verify(&linked).map_err(broken)?;
    lap("optimize");
    let tries = trie::build(&mut program, &linked, &plan)?;
    tries.verify().map_err(broken)?;
    program.verify().map_err(broken)?;
    lap("index");
    let dag = dag::build(tries.leaves.iter())?;
    dag.verify().map_err(broken)?;
    lap("dag");
    Ok(Stages { acls, program, linked, plan, tries, dag, timings })
}

/// Compiles a world into a bundle. The bytes that it returns have passed the runtime's verifier.
///
/// rayon's current pool does the parallel work; the output does not depend on it.
///
/// # Errors
/// [`CompileError`] when the world passes a limit of the bundle.
pub fn compile(world: &World, _options: &CompileOptions) -> Result<Compiled, CompileError> {
    let mut stages = stages(world)?;
    let start = Instant::now();
    let parts = Parts {
        kind: BundleKind::World,
        sources: &world.sources,
        documents: &sources(world, &stages.acls),
        program: &stages.program,
        linked: &stages.linked,
        plan: &stages.plan,
        tries: &stages.tries,
        dag: &stages.dag,
    };
    let (bytes, summary) = bundle::encode(parts)?;
    stages.timings.push(("encode", start.elapsed()));
    Ok(Compiled { bytes, summary, timings: stages.timings })
}

/// A stage of the compiler whose output [`debug`] prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Statements over atoms.
    Ir,
    /// Principals and resources with their documents.
    Link,
    /// The action line, cells, tries and leaves.
    Trie,
    /// The condition DAG.
    Dag,
    /// The condition DAG as a Graphviz graph.
    Dot,
}

/// The text form of one stage's output. It is for people and golden tests; it changes with the compiler.
///
/// # Errors
/// As [`compile`].
pub fn debug(world: &World, stage: Stage) -> Result<String, CompileError> {
    let stages = stages(world)?;
    Ok(match stage {
        Stage::Ir => ir::print(&stages.program),
        Stage::Link => link::print(&stages.linked),
        Stage::Trie => trie::print(&stages.tries, &stages.program.atoms),
        Stage::Dag => dag::print(&stages.dag, &stages.program.atoms),
        Stage::Dot => dag::dot(&stages.dag, &stages.program.atoms),
    })
}
