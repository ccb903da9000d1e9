//! `portcullis inspect`: what a bundle holds.

use crate::args::{BUNDLE_FORMAT, InspectArgs, TextOrJson};
use crate::failure::Failure;
use crate::output::Output;
use crate::ui::Ui;
use crate::{Outcome, eval, wire};
use portcullis::runtime::Bundle;
use portcullis_runtime::format::SectionKind;
use portcullis_runtime::format::cold::{NO_STATEMENT, Summary};

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &InspectArgs) -> Result<Outcome, Failure> {
    let json = args.format == TextOrJson::Json;
    let bundle = eval::open(ui, &args.bundle).map_err(|failure| failure.in_json(json))?;
    let inspection = inspect(&bundle).map_err(|failure| failure.in_json(json))?;
    let mut output = Output::stdout();
    if json {
        output.write_json(&inspection)?;
    } else {
        output.write(text(&inspection).as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::Fine)
}

/// A bundle as a whole.
pub(crate) fn whole(bundle: &Bundle) -> wire::Bundle {
    wire::Bundle {
        id: bundle.id().to_string(),
        format: BUNDLE_FORMAT,
        bytes: bundle.len_bytes(),
        steps_max: bundle.steps_max(),
        memory_bytes: bundle.memory_bytes(),
    }
}

/// Decodes the cold sections, which no decision reads, and compares the summary with the sections that it counts. The error says what is wrong.
pub(crate) fn cold(bundle: &Bundle) -> Result<Summary, String> {
    let explainer = bundle.explainer().map_err(|error| error.to_string())?;
    let summary = bundle.summary().map_err(|error| error.to_string())?;
    let records = |kind: SectionKind| bundle.sections().find(|section| section.kind == kind).map_or(0, |section| section.records);
    // Each statement has an origin (the explainer has seen to that); grants of ACLs are no statements of a policy.
    let statements = explainer.explanations().statements.iter().filter(|origin| origin.index != NO_STATEMENT).count() as u64;
    for (name, told, held) in [
        ("principals", summary.principals, records(SectionKind::Entities)),
        ("resources", summary.resources, records(SectionKind::Resources)),
        ("statements", summary.statements, statements),
        ("atoms", summary.atoms, records(SectionKind::Atoms)),
        ("dag_nodes", summary.dag_nodes, records(SectionKind::DagNodes)),
        ("trie_nodes", summary.trie_nodes, records(SectionKind::TrieNodes)),
    ] {
        if told != held {
            return Err(format!("section `{}`: it tells of {told} {name}, the bundle holds {held}", SectionKind::Summary.name()));
        }
    }
    Ok(summary)
}

/// Everything that is shown.
pub(crate) fn inspect(bundle: &Bundle) -> Result<wire::Inspection, Failure> {
    let summary = cold(bundle).map_err(|message| Failure::new("invalid-bundle", message))?;
    let sections = bundle.sections().map(|section| wire::Section {
        name: section.kind.name(),
        offset: section.offset,
        bytes: section.length,
        record_bytes: section.length.checked_div(section.records).unwrap_or(0),
        records: section.records,
        digest: hex(&section.digest),
    });
    Ok(wire::Inspection { schema_version: 1, bundle: whole(bundle), sections: sections.collect(), summary: (&summary).into() })
}

/// The same for people.
pub(crate) fn text(inspection: &wire::Inspection) -> String {
    let bundle = &inspection.bundle;
    let mut text = String::new();
    for (name, value) in [
        ("bundle", bundle.id.clone()),
        ("format", bundle.format.to_string()),
        ("bytes", bundle.bytes.to_string()),
        ("steps at most", bundle.steps_max.to_string()),
        ("memory when opened", format!("{} bytes", bundle.memory_bytes)),
    ] {
        text.push_str(&format!("{name:<20}{value}\n"));
    }
    text.push('\n');
    for (name, number) in inspection.summary.rows() {
        text.push_str(&format!("{name:<20}{number:>12}\n"));
    }
    text.push_str(&format!("{:<20}{:>11.1}x\n", "sharing factor", inspection.summary.sharing()));
    text.push_str(&format!("\n{:<26}{:>10} {:>10} {:>9} {:>6}  digest\n", "section", "offset", "bytes", "records", "size"));
    for section in &inspection.sections {
        let digest = section.digest.get(..16).unwrap_or(&section.digest);
        text.push_str(&format!(
            "{:<26}{:>10} {:>10} {:>9} {:>6}  {digest}\n",
            section.name, section.offset, section.bytes, section.records, section.record_bytes
        ));
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
