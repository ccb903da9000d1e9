//! `portcullis verify`: the verifier's verdict on a bundle.

use crate::args::{TextOrJson, VerifyArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::ui::Ui;
use crate::{Outcome, input, inspect, wire};
use portcullis::diag::plain;
use portcullis::runtime::{BUNDLE_BYTES_MAX, Bundle};

/// The code of a bundle whose cold sections are damaged.
const INVALID: &str = "invalid-bundle";

/// Runs the command. A file that cannot be read is a failure; one that is no sound bundle is the verdict that was asked for.
pub(crate) fn run(ui: &Ui, args: &VerifyArgs) -> Result<Outcome, Failure> {
    let json = args.format == TextOrJson::Json;
    let bytes = input::bytes(&args.bundle, "bundle", BUNDLE_BYTES_MAX, INVALID).map_err(|failure| failure.in_json(json))?;
    let name = input::name(&args.bundle);
    let opened = ui.stage("verify", || ui.busy("verifying", || Bundle::from_bytes(bytes)));
    // An authorizer needs no cold section; whoever asks for a verdict wants one on the whole file.
    let verdict = opened.map_err(|error| (error.code(), error.to_string())).and_then(|bundle| match inspect::cold(&bundle) {
        Ok(_) => Ok(bundle),
        Err(message) => Err((INVALID, message)),
    });
    let mut output = Output::stdout();
    match (&verdict, json) {
        (Ok(bundle), true) => {
            let bundle = Some(inspect::whole(bundle));
            output.write_json(&wire::Verdict { schema_version: 1, ok: true, bundle, error: None, message: None })?;
        }
        (Err((code, message)), true) => {
            let (error, message) = (Some(*code), Some(message.clone()));
            output.write_json(&wire::Verdict { schema_version: 1, ok: false, bundle: None, error, message })?;
        }
        (Ok(bundle), false) => output.write(format!("{}: ok, bundle {}\n", plain(&name), bundle.id()).as_bytes())?,
        (Err(_), false) => {}
    }
    output.finish()?;
    match verdict {
        Ok(_) => Ok(Outcome::Fine),
        Err((code, message)) => Err(Failure::new(code, format!("`{name}` is no sound bundle: {message}"))),
    }
}
