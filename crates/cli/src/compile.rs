//! `portcullis compile`: a world in, a bundle out, and a summary of what is in it.

use crate::Outcome;
use crate::args::{CompileArgs, TextOrJson};
use crate::failure::{Failure, count};
use crate::output::{Output, check_binary_target, check_not_input, publish_binary};
use crate::ui::{Ui, seconds};
use crate::{input, inspect, wire};
use portcullis::diag::{Diagnostic, render_text};
use portcullis::world::{DiskFiles, World, WorldOptions, read_world_text};
use portcullis::{CompileOptions, Compiled, runtime};
use std::path::Path;

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &CompileArgs) -> Result<Outcome, Failure> {
    let json = args.format == TextOrJson::Json;
    compile(ui, args).map_err(|failure| failure.in_json(json))
}

fn compile(ui: &Ui, args: &CompileArgs) -> Result<Outcome, Failure> {
    check_binary_target(&args.output)?;
    check_not_input(Some(&args.output), &[&args.world])?;
    let (world, warnings) = read(ui, &args.world)?;
    let compiled = build(ui, &world)?;
    let bundle = ui.stage("open", || ui.busy("opening", || open_bytes(&compiled.bytes)))?;
    ui.stage("publish", || publish_binary(&args.output, &compiled.bytes))?;
    let summary = &compiled.summary;
    let bytes = compiled.bytes.len() as u64;
    // With the bundle on stdout there is no room for the summary there.
    let talk = input::is_stdin(&args.output);
    match args.format {
        TextOrJson::Json if !talk => {
            let mut output = Output::stdout();
            output.write_json(&wire::Compiled {
                schema_version: 1,
                ok: true,
                bundle: inspect::whole(&bundle),
                summary: summary.into(),
                diagnostics: wire::Pending::new(&world.sources, &warnings).into_diagnostics(),
                seconds: ui.elapsed().as_secs_f64(),
            })?;
            output.finish()?;
        }
        TextOrJson::Text if !talk => {
            let mut text = String::new();
            for (name, number) in [
                ("accounts", summary.accounts),
                ("principals", summary.principals),
                ("policies", summary.policies),
                ("statements", summary.statements),
                ("distinct atoms", summary.atoms),
                ("DAG nodes", summary.dag_nodes),
                ("bytes", bytes),
            ] {
                text.push_str(&format!("{name:<16}{number:>12}\n"));
            }
            text.push_str(&format!("{:<16}{:>12}\n", "time", seconds(ui.elapsed())));
            let mut output = Output::stdout();
            output.write(text.as_bytes())?;
            output.finish()?;
        }
        _ => {}
    }
    ui.done(&format!(
        "compiled {} of {} to `{}`: {}",
        count(usize::try_from(summary.statements).unwrap_or(usize::MAX), "statement", "statements"),
        count(usize::try_from(summary.policies).unwrap_or(usize::MAX), "policy", "policies"),
        input::name(&args.output).replace("<stdin>", "<stdout>"),
        count(warnings.len(), "warning", "warnings"),
    ));
    Ok(Outcome::Fine)
}

/// Reads a world. Errors are the failure; warnings are told, one by one with `-v`.
pub(crate) fn read(ui: &Ui, path: &Path) -> Result<(World, Vec<Diagnostic>), Failure> {
    let options = WorldOptions::default();
    let limit = options.limits.world_bytes as u64;
    let text = ui.stage("read", || input::text(ui, path, "world", limit))?;
    ui.info(&format!("read {} bytes from {}", text.len(), input::name(path)));
    let (folder, name) = input::folder_and_name(path);
    read_text(ui, &name, folder, &text)
}

/// The same from text; `folder` is what paths in it are relative to.
pub(crate) fn read_text(ui: &Ui, name: &str, folder: &Path, text: &str) -> Result<(World, Vec<Diagnostic>), Failure> {
    let options = WorldOptions::default();
    let read = ui.stage("parse and check", || ui.busy("reading", || read_world_text(name, text, folder, &DiskFiles, &options)));
    let (world, warnings) =
        read.map_err(|error| Failure::refused(ui, &format!("the world `{name}`"), error.sources(), error.diagnostics()))?;
    if ui.says_details() {
        for warning in &warnings {
            ui.print_raw(&render_text(&world.sources, warning, ui.colour()));
            ui.print_raw("\n");
        }
    } else if !warnings.is_empty() {
        ui.warn(&format!("{} in the world; -v shows them", count(warnings.len(), "finding", "findings")));
    }
    Ok((world, warnings))
}

/// Compiles a world that was read.
pub(crate) fn build(ui: &Ui, world: &World) -> Result<Compiled, Failure> {
    let compiled = ui.busy("compiling", || portcullis::compile(world, &CompileOptions::default()));
    let compiled = compiled.map_err(|error| Failure::new(error.code(), error.to_string()))?;
    for (stage, time) in &compiled.timings {
        ui.note(stage, *time);
    }
    Ok(compiled)
}

/// Opens a bundle, as an authorizer does.
pub(crate) fn open_bytes(bytes: &[u8]) -> Result<runtime::Bundle, Failure> {
    runtime::Bundle::from_bytes(bytes.to_vec()).map_err(|error| Failure::new(error.code(), error.to_string()))
}
