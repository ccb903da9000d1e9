//! The layers that this release does not evaluate: boundaries, SCPs, RCPs, endpoints, ACLs.
//!
//! A world that uses one is refused with `unsupported-layer` at the member's key, because a layer that is ignored would be
//! a wrong decision. What stands in the member is read and checked all the same. The release that brings the layers
//! deletes this file and the calls to [`refuse`].

use super::WorldOptions;
use super::shape::Fields;
use crate::diag::{Code, Diagnostic};

/// Reports the member `name` if the object has it.
pub(super) fn refuse(fields: &Fields<'_>, name: &str, options: &WorldOptions, diagnostics: &mut Vec<Diagnostic>) {
    let Some(field) = fields.get(name) else { return };
    if options.allow_all_layers {
        return;
    }
    let layer = match name {
        "boundary" => "permissions boundaries",
        "scps" => "service control policies",
        "rcps" => "resource control policies",
        "vpc_endpoints" => "endpoint policies",
        _ => "access control lists",
    };
    let message = format!("{layer} follow in a later release, so `{name}` is refused rather than ignored");
    diagnostics.push(Diagnostic::new(Code::UnsupportedLayer, field.key, message).with_help(format!("leave `{name}` out")));
}
