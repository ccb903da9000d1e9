//! Accounts.

use super::rules::{Checked, ensure, ensure_ascending, ensure_id, ensure_optional_id, found};
use crate::format::{ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, NONE, SectionKind};
use crate::request::check::is_account_id;
use crate::views::Views;

/// In order of their ids, which have 12 digits; known flags; organization and path exactly where the flag says.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::Accounts;
    let strings = views.strings.len();
    for account in views.accounts {
        ensure_id(account.id, strings, section, "a symbol is out of bounds")?;
        ensure(is_account_id(found(views.text_str(account.id), section)?), section, "an id has not 12 digits")?;
        let flags = account.flags.get();
        let known = ACCOUNT_DECLARED | ACCOUNT_IN_ORGANIZATION | ACCOUNT_MANAGEMENT;
        ensure(flags & !known == 0, section, "a flag is unknown")?;
        let inside = flags & ACCOUNT_IN_ORGANIZATION != 0;
        ensure(inside || flags & ACCOUNT_MANAGEMENT == 0, section, "a management account is outside the organization")?;
        for symbol in [account.organization_id, account.organization_path] {
            ensure_optional_id(symbol, strings, section, "a symbol is out of bounds")?;
            ensure((symbol.get() != NONE) == inside, section, "an organization does not agree with the flag")?;
        }
    }
    ensure_ascending(views.accounts.iter().map(|account| account.id.get()), section, "accounts are not in strictly ascending order")
}
