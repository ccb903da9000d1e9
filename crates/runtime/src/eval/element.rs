//! Principal elements: whether one covers the caller, and with what kind (S-401 to S-415).

use crate::error::Fault;
use crate::format::{PRINCIPAL_NEGATED, U32};
use crate::request::principal::{CallerKey, EVERY_LEVEL, GrantKind, Resolved};
use crate::views::{Views, at, range};

/// The strongest kind with which the element covers the caller; `None` if it does not.
pub(super) fn covers(
    views: &Views<'_>,
    caller: &Resolved,
    element: u32,
    is_deny: bool,
    is_trust: bool,
) -> Result<Option<GrantKind>, Fault> {
    let element = at(views.principal_elements, element)?;
    let members = range(views.principal_members, element.first, element.len)?;
    let mut listed = caller.keys.iter().filter(|key| (is_trust || !key.trust_only) && lists(members, key));
    if element.flags.get() & PRINCIPAL_NEGATED == 0 {
        return Ok(listed.map(|key| key.kind).max());
    }
    let spared = if !is_deny {
        // S-415
        listed.next().is_some()
    } else if caller.has_boundary() {
        // S-414
        false
    } else {
        // S-413: all levels must be listed; `*` lists every level, even those of a caller without any.
        let mut every = false;
        let mut levels = 0_u64;
        for key in listed {
            every |= key.level == EVERY_LEVEL;
            levels |= 1_u64.checked_shl(u32::from(key.level)).unwrap_or(0);
        }
        let all = 1_u64.checked_shl(u32::from(caller.levels)).unwrap_or(0).saturating_sub(1);
        every || (all != 0 && levels == all)
    };
    Ok((!spared).then_some(GrantKind::Direct))
}

fn lists(members: &[U32], key: &CallerKey) -> bool {
    members.binary_search_by(|member| member.get().cmp(&key.key)).is_ok()
}
