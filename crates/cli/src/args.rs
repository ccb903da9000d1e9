//! The command line as clap reads it, with the help that teaches it.

use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::wire;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The exit codes, in every help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    fine (a plain Deny is fine)
  1    findings: failed expectations, unexpected decisions, error records within a stream
  2    wrong usage, or an input that cannot be used at all
  130  interrupted, by SIGINT (Ctrl-C), SIGTERM or SIGHUP";

/// Bundle format that this build writes and reads.
pub(crate) const BUNDLE_FORMAT: u32 = portcullis_runtime::format::FORMAT_VERSION;

/// The month of the facts about services that the compiler holds (`src/catalog`).
const SERVICE_DATA: &str = "September 2026";

const ABOUT: &str = "Compiles AWS-IAM-style policies to a verified bundle, and decides requests from it";

const LONG_ABOUT: &str = "\
Compiles AWS-IAM-style policies to a verified bundle, and decides requests from it.

A WORLD is one JSON document with accounts, users, roles, groups, resources and their policies.
A BUNDLE is what `compile` makes of it: one file that an authorizer opens, verifies and decides from.
REQUESTS are JSON objects, one a line: who wants to do what, to which resource, and so on.
A SCENARIO is a small world with requests and the decisions that are expected.";

const EXAMPLES: &str = "\
Examples:
  portcullis compile estate.json -o estate.bundle       compile a world, print what is in it
  portcullis eval estate.bundle requests.ndjson         decide one request a line
  portcullis eval estate.bundle - < requests.ndjson     the same from stdin
  portcullis test scenarios/                            run scenario files, compare with what they expect
  portcullis inspect estate.bundle                      look into a bundle
  portcullis bench estate.bundle requests.ndjson        measure how fast it decides

Each command has its own help with examples: portcullis eval --help

Environment:
  NO_COLOR, CLICOLOR_FORCE   as --color never, --color always
  PORTCULLIS_LOG             error, warn, info or debug: as -q, no option, -v, -vv";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "portcullis",
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = EXIT_CODES,
    after_long_help = const_format(),
    disable_version_flag = true,
    disable_help_subcommand = false,
    args_conflicts_with_subcommands = false,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,

    /// Print the version, the bundle format and the age of the service data, then end
    #[arg(short = 'V', long)]
    pub(crate) version: bool,

    /// With --version: how to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", hide_short_help = true)]
    pub(crate) format: TextOrJson,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

fn const_format() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}")
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Colour in messages [default: on a terminal]
    #[arg(long, value_enum, global = true, value_name = "WHEN", help_heading = "Messages", hide_short_help = true)]
    pub(crate) color: Option<When>,

    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Messages")]
    pub(crate) quiet: bool,

    /// Say more; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Messages")]
    pub(crate) verbose: u8,

    /// Print how long each stage took
    #[arg(long, global = true, help_heading = "Messages", hide_short_help = true)]
    pub(crate) timings: bool,

    /// Progress of long work, on stderr: a bar on a terminal, else a line a minute
    #[arg(long, value_enum, global = true, value_name = "WHEN", help_heading = "Messages", hide_short_help = true)]
    pub(crate) progress: Option<Progress>,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// Nothing.
    Never,
}

/// `--format` of commands that print one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people.
    Text,
    /// One JSON document with `schema_version`.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile a world to a bundle
    Compile(CompileArgs),
    /// Decide requests, from a bundle or straight from a world
    Eval(EvalArgs),
    /// Run scenario files and compare decisions with what they expect
    Test(TestArgs),
    /// Show what a bundle holds
    Inspect(InspectArgs),
    /// Check a bundle as an authorizer does when it opens it
    Verify(VerifyArgs),
    /// Measure how fast a bundle decides requests
    Bench(BenchArgs),
    /// Print a stage of the compiler in its text form
    Debug(DebugArgs),
}

/// `compile`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis compile estate.json -o estate.bundle
  portcullis compile estate.json -o estate.bundle --format json
  portcullis compile - -o estate.bundle < estate.json    paths in it: from the working directory

All errors of all documents are reported, each with its place. With an error nothing is
written: the old bundle, if there is one, stays as it is. The same world gives the same
bytes, on any number of threads.

{EXIT_CODES}")
)]
pub(crate) struct CompileArgs {
    /// The world document, or - for stdin
    #[arg(value_name = "WORLD")]
    pub(crate) world: PathBuf,

    /// Where to publish the bundle: atomically, so that a reader sees the old file or the new one; - for stdout
    #[arg(short, long, value_name = "BUNDLE")]
    pub(crate) output: PathBuf,

    /// How to print the summary
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// `--evaluator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Evaluator {
    /// Compile, encode, verify, decide from the bundle.
    Compiled,
    /// The naive evaluator: slow, plain, written from the semantics alone.
    Reference,
}

/// `eval --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StreamFormat {
    /// One JSON record a line.
    Ndjson,
    /// One line for people each.
    Text,
    /// One JSON document; only with --summary.
    Json,
}

/// `--expect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpectedDecision {
    /// Every request is allowed.
    Allow,
    /// Every request is denied.
    Deny,
}

/// `eval`.
#[derive(Debug, Args)]
#[command(
    override_usage = "portcullis eval [OPTIONS] <BUNDLE> [REQUESTS]\n       portcullis eval [OPTIONS] --world <WORLD> [REQUESTS]",
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis eval estate.bundle requests.ndjson
  portcullis eval estate.bundle - < requests.ndjson
  portcullis eval --world estate.json requests.ndjson --explain
  portcullis eval --world estate.json requests.ndjson --evaluator reference
  portcullis eval estate.bundle requests.ndjson --summary --show 5
  portcullis eval estate.bundle requests.ndjson --expect deny
  portcullis eval estate.bundle requests.ndjson --explain --format text    why, for people
  portcullis eval estate.bundle requests.ndjson --missing                  what else to fetch
  portcullis eval estate.bundle requests.ndjson --needs                    what to fetch at all

A request (on one line):
  {{\"principal\":\"arn:aws:iam::111111111111:user/alice\",\"action\":\"s3:GetObject\",
   \"resource\":\"arn:aws:s3:::b/key\",\"context\":{{\"aws:SourceIp\":\"203.0.113.7\"}}}}
and its decision:
  {{\"decision\":\"Allow\",\"reason\":\"allowed\",\"layer\":\"identity\"}}

One decision comes out for each line that goes in, in the same order. A bad line (an empty
one is one) gives
  {{\"error\":\"code\",\"message\":\"...\",\"line\":3}}
in its place and the rest go on; the exit code is then 1. Whoever reads an error denies.

--missing adds the context keys that the request does not give and that could change this
decision, --needs asks for the keys alone, before anything is fetched or decided:
  {{\"decision\":\"Deny\",\"reason\":\"implicit_deny\",\"layer\":\"identity\",\"missing\":[\"aws:sourceip\"]}}
  {{\"needs\":[\"aws:multifactorauthpresent\",\"aws:sourceip\"]}}
A key that is not listed never matters, whatever the others are; those that the world gives
(aws:PrincipalTag/team) count as known.

A request's `session` holds the policies of the caller's session. One that repeats is not
compiled again: the last 1,024 are kept, of at most 64 MiB together; while one is kept, its
files are not read again. Paths in it are relative to the folder of REQUESTS (from stdin: to
the working directory) and must stay below it, unless --session-files-anywhere says otherwise.
Managed policies of AWS are found in the bundle or with --aws-managed.

{EXIT_CODES}")
)]
pub(crate) struct EvalArgs {
    /// The bundle, unless --world is given; then the requests, one a line (- or nothing: stdin)
    #[arg(value_name = "FILE", num_args = 0..=2)]
    pub(crate) paths: Vec<PathBuf>,

    /// Compile this world in memory instead of opening a bundle
    #[arg(long, value_name = "WORLD")]
    pub(crate) world: Option<PathBuf>,

    /// Who decides; the reference needs --world, since a bundle holds no documents
    #[arg(long, value_enum, value_name = "EVALUATOR", default_value = "compiled")]
    pub(crate) evaluator: Evaluator,

    /// Folder of AWS-managed policies that sessions name by ARN [default: the world's own]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) aws_managed: Option<PathBuf>,

    /// Let paths in sessions be absolute or hold `..`: only for requests that you trust with every file you can read
    #[arg(long, hide_short_help = true)]
    pub(crate) session_files_anywhere: bool,

    /// How to print decisions
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) format: StreamFormat,

    /// Add each layer's outcome, the matched statements with their places, what an implicit deny lacked, and how the resource's account was found
    #[arg(long)]
    pub(crate) explain: bool,

    /// Add the context keys that are not given and could change the decision; not with the reference
    #[arg(long)]
    pub(crate) missing: bool,

    /// Instead of deciding, tell the context keys that can still change the decision; not with the reference
    #[arg(long, conflicts_with_all = ["explain", "missing", "summary", "expect"])]
    pub(crate) needs: bool,

    /// Print counts and decisions per second alone; with --explain or --missing only beside --show
    #[arg(long)]
    pub(crate) summary: bool,

    /// With --summary: print the first N decisions before it, or with --format json in its member `shown`
    #[arg(long, value_name = "N", default_value_t = 0, requires = "summary", hide_short_help = true)]
    pub(crate) show: u64,

    /// End with exit code 1 unless every decision is this one
    #[arg(long, value_enum, value_name = "DECISION", ignore_case = true)]
    pub(crate) expect: Option<ExpectedDecision>,

    /// Threads that read, decide and compile; with 1 everything is done in turn [default: processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), hide_short_help = true)]
    pub(crate) threads: Option<u16>,

    /// Write decisions to a file, atomically, instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `test --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Failures and counts, for people.
    Text,
    /// One JSON document with `schema_version`.
    Json,
    /// The XML that build servers read.
    Junit,
    /// One line for every request, whether or not the scenario expects anything.
    Ndjson,
}

/// `test`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis test scenarios/                       every .json and .ndjson file below it
  portcullis test cases.ndjson --format ndjson     every decision, one a line
  portcullis test cases.ndjson --evaluator reference
  portcullis test scenarios/ --format junit --output report.xml

A .json file holds one scenario, a .ndjson file one a line:
  {{\"name\":\"...\",\"world\":{{...}},
   \"requests\":[{{\"request\":{{...}},\"expect\":{{\"decision\":\"Allow\"}}}}]}}
`expect` may be left out or hold any part of a decision, or {{\"error\":\"code\"}} for input that
must be refused.

With --format ndjson each request gives one line, scenario and request counted from 0 (and
`file` with more files than one):
  {{\"scenario\":0,\"request\":0,\"decision\":\"Allow\",\"reason\":\"allowed\"}}
  {{\"scenario\":0,\"request\":1,\"error\":\"invalid-request\"}}
  {{\"scenario\":1,\"error\":\"invalid-version\"}}                the world was refused

A failed expectation gives exit code 1. A scenario that cannot be read (broken JSON, an
unknown member), or a whole file, is reported with its place, the others run, and the exit
code is 2. Worlds that are refused are counted in the last line.

{EXIT_CODES}")
)]
pub(crate) struct TestArgs {
    /// Scenario files, directories of them, or - for stdin (one scenario a line)
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Who decides
    #[arg(long, value_enum, value_name = "EVALUATOR", default_value = "compiled")]
    pub(crate) evaluator: Evaluator,

    /// How to print results
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TestFormat,

    /// Write results to a file, atomically, instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis inspect estate.bundle
  portcullis inspect estate.bundle --format json

Shows the header, each section with size, records and digest, what was compiled, the bound
on the steps of any decision, and the memory that opening takes. The bundle is verified first.

{EXIT_CODES}")
)]
pub(crate) struct InspectArgs {
    /// The bundle, or - for stdin
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis verify estate.bundle
  portcullis verify estate.bundle --format json

Checks digests, section bounds, every reference between records and the bound on the steps of
a decision, as an authorizer does when it opens the bundle; then the summary and the places of
statements, which no decision reads. A damaged bundle, one of another format version and a file
that is none are all refused, with exit code 2.

{EXIT_CODES}")
)]
pub(crate) struct VerifyArgs {
    /// The bundle, or - for stdin
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// How to print the verdict
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// `bench`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis bench estate.bundle requests.ndjson
  portcullis bench estate.bundle requests.ndjson --seconds 0.1 --format json
  portcullis bench estate.bundle requests.ndjson --seconds 0.1 --handles --threads 1

Requests are read before anything is timed, and decided once; those that the bundle refuses
are counted and shown, never timed, and the exit code is then 1. A timed decision begins with
borrowed texts: the caller is resolved by its ARN or name, then the request is decided. With
--handles callers are resolved before. Policies of sessions are compiled before in any case.

ns per decision: whole passes over all requests, the median of at least 5 samples.
Percentiles: each decision by itself, between two readings of the clock. What two readings
take with nothing between them is taken off and told; on a decision as short as that, a few
nanoseconds are as unsure as the clock.
Decisions per second: 1 to N threads at once (beyond 8: doubled), each with an evaluator.
Instructions: as the processor counts them in user mode, where the system lets a program ask.
Bytes per statement: of the whole bundle, and of the sections that decisions can read.

Other work on the machine is in every figure: compare within one run, on a quiet machine.

{EXIT_CODES}")
)]
pub(crate) struct BenchArgs {
    /// The bundle, or - for stdin
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// The requests, one a line, or - for stdin
    #[arg(value_name = "REQUESTS")]
    pub(crate) requests: PathBuf,

    /// Resolve callers before, and time the decisions alone
    #[arg(long)]
    pub(crate) handles: bool,

    /// Measure with 1 to N threads [default: processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// How long each measurement takes; at least one pass over all requests
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_seconds)]
    pub(crate) seconds: f64,

    /// How long to decide before the first measurement
    #[arg(long, value_name = "SECONDS", default_value = "0.2", value_parser = parse_seconds)]
    pub(crate) warm_up: f64,

    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextOrJson,
}

/// A time of at most an hour.
fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number from 0 to 3600 is wanted".to_owned()),
    }
}

/// The stages that `debug` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The typed documents of the frontend.
    Syntax,
    /// Interned atoms and statements.
    Ir,
    /// Slices: which statements each layer of each principal consults.
    Link,
    /// Action and resource index.
    Trie,
    /// Conditions, hash-consed.
    Dag,
    /// The same as a Graphviz graph.
    Dot,
    /// Sections and records of the bundle.
    Bundle,
}

/// `debug`.
#[derive(Debug, Args)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  portcullis debug syntax policy.json       an identity policy on its own
  portcullis debug ir estate.json           a whole world
  portcullis debug dag estate.json

The text form is for people and golden tests; it may change with any version.

{EXIT_CODES}")
)]
pub(crate) struct DebugArgs {
    /// The stage
    #[arg(value_enum, value_name = "STAGE")]
    pub(crate) stage: Stage,

    /// A world, or a policy document (taken as an identity policy of one user); - for stdin
    #[arg(value_name = "WORLD|POLICY")]
    pub(crate) path: PathBuf,

    /// Write to a file, atomically, instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Prints `--version`.
pub(crate) fn print_version(format: TextOrJson) -> Result<Outcome, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let commit = option_env!("PORTCULLIS_COMMIT");
    let mut output = Output::stdout();
    match format {
        TextOrJson::Text => {
            let commit = commit.map(|commit| format!(", commit {commit}")).unwrap_or_default();
            let line = format!("portcullis {version} (bundle format {BUNDLE_FORMAT}, service data of {SERVICE_DATA}{commit})\n");
            output.write(line.as_bytes())?;
        }
        TextOrJson::Json => {
            let service_data = SERVICE_DATA;
            output.write_json(&wire::Version { schema_version: 1, version, bundle_format: BUNDLE_FORMAT, service_data, commit })?;
        }
    }
    output.finish()?;
    Ok(Outcome::Fine)
}
