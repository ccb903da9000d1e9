//! `portcullis debug`: the text form of a stage of the compiler.

use crate::args::{DebugArgs, Stage};
use crate::failure::Failure;
use crate::output::{Output, check_not_input};
use crate::ui::Ui;
use crate::{Outcome, compile, input, inspect};
use portcullis::diag::{FileId, Sources, plain};
use portcullis::syntax::{Limits, Tree};
use portcullis::world::World;
use std::path::Path;

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &DebugArgs) -> Result<Outcome, Failure> {
    check_not_input(args.output.as_deref(), &[&args.path])?;
    let world = read(ui, &args.path)?;
    let text = match args.stage {
        Stage::Syntax => syntax(&world),
        Stage::Ir => stage(&world, portcullis::Stage::Ir)?,
        Stage::Link => stage(&world, portcullis::Stage::Link)?,
        Stage::Trie => stage(&world, portcullis::Stage::Trie)?,
        Stage::Dag => stage(&world, portcullis::Stage::Dag)?,
        Stage::Dot => stage(&world, portcullis::Stage::Dot)?,
        Stage::Bundle => {
            let compiled = compile::build(ui, &world)?;
            inspect::text(&inspect::inspect(&compile::open_bytes(&compiled.bytes)?)?)
        }
    };
    let mut output = Output::to(args.output.as_deref());
    output.write(text.as_bytes())?;
    output.finish()?;
    Ok(Outcome::Fine)
}

fn stage(world: &World, stage: portcullis::Stage) -> Result<String, Failure> {
    portcullis::debug(world, stage).map_err(|error| Failure::new(error.code(), error.to_string()))
}

/// The typed documents of a world, each with its place.
fn syntax(world: &World) -> String {
    let mut text = String::new();
    for stored in &world.documents {
        let place = world.sources.line_column(stored.span.file, stored.span.start);
        let file = world.sources.file(stored.span.file).name();
        text.push_str(&format!("{:?} {}:{}:{}\n{:#?}\n", stored.policy_type, plain(file), place.line, place.column, stored.document));
    }
    text
}

/// Reads a world; a policy document becomes the one policy of the one user of a world around it.
fn read(ui: &Ui, path: &Path) -> Result<World, Failure> {
    let text = input::text(ui, path, "world or policy", Limits::default().world_bytes as u64)?;
    let (folder, name) = input::folder_and_name(path);
    if !is_policy(&text) {
        return compile::read_text(ui, &name, folder, &text).map(|(world, _)| world);
    }
    // Named by its path, the document keeps its own lines and columns; only from stdin it has no path.
    let document = if input::is_stdin(path) { text } else { serde_json::Value::from(format!("./{name}")).to_string() };
    let around = format!(r#"{{"version":1,"accounts":[{{"id":"000000000000","users":[{{"name":"policy","policies":[{document}]}}]}}]}}"#);
    compile::read_text(ui, "<world around the policy>", folder, &around).map(|(world, _)| world)
}

/// True for an object that looks like a policy and not like a world.
fn is_policy(text: &str) -> bool {
    let mut sources = Sources::new();
    let file: FileId = sources.add(String::new(), text, None);
    // A text that is no JSON is read as a world, whose reader tells what is wrong.
    let Ok(tree) = Tree::parse(file, text, 0..text.len(), &Limits::default()) else { return false };
    let has = |name: &str| tree.root().member(name).is_some();
    has("Statement") && !has("accounts")
}
