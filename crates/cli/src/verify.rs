//! `portcullis verify`: the verifier's verdict on a bundle.

use crate::args::{TextOrJson, VerifyArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::ui::Ui;
use crate::{Outcome, input, inspect, wire};
use portcullis::runtime::{BUNDLE_BYTES_MAX, Bundle};

/// Runs the command. A file that cannot be read is a failure; one that is no sound bundle is the verdict that was asked for.
pub(crate) fn run(ui: &Ui, args: &VerifyArgs) -> Result<Outcome, Failure> {
    let json = args.format == TextOrJson::Json;
    let bytes = input::bytes(&args.bundle, "bundle", BUNDLE_BYTES_MAX).map_err(|failure| failure.in_json(json))?;
    let name = input::name(&args.bundle);
    let verdict = ui.stage("verify", || Bundle::from_bytes(bytes));
    let mut output = Output::stdout();
    match (&verdict, json) {
        (Ok(bundle), true) => {
            let bundle = Some(inspect::whole(bundle));
            output.write_json(&wire::Verdict { schema_version: 1, ok: true, bundle, error: None, message: None })?;
        }
        (Err(error), true) => {
            let message = Some(error.to_string());
            output.write_json(&wire::Verdict { schema_version: 1, ok: false, bundle: None, error: Some(error.code()), message })?;
        }
        (Ok(bundle), false) => output.write(format!("{name}: ok, bundle {}\n", bundle.id()).as_bytes())?,
        (Err(_), false) => {}
    }
    output.finish()?;
    match verdict {
        Ok(_) => Ok(Outcome::Fine),
        Err(error) => Err(Failure::new(error.code(), format!("`{name}` is no sound bundle: {error}"))),
    }
}
