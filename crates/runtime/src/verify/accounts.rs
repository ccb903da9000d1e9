//! Accounts and their chains.

use super::rules::{Budget, Checked, ensure, ensure_ascending, ensure_id, ensure_optional_id, found, range};
use crate::format::{ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, NONE, SectionKind};
use crate::request::check::is_account_id;
use crate::views::Views;

/// In order of their ids, which have 12 digits; known flags; organization, path and chains exactly where the flag says. Chains of existing slices.
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
        ensure_optional_id(account.canonical_id, strings, section, "a symbol is out of bounds")?;
        for chain in [account.scps, account.rcps] {
            ensure_optional_id(chain, views.chains.len(), section, "a chain is out of bounds")?;
            ensure((chain.get() != NONE) == inside, section, "a chain does not agree with the flag")?;
        }
    }
    verify_chains(views)?;
    ensure_ascending(views.accounts.iter().map(|account| account.id.get()), section, "accounts are not in strictly ascending order")
}

fn verify_chains(views: &Views<'_>) -> Checked {
    let mut budget = Budget::new(views.chain_levels.len(), SectionKind::Chains);
    for chain in views.chains {
        budget.spend(range(views.chain_levels, chain.first, chain.len, SectionKind::Chains)?.len())?;
    }
    for level in views.chain_levels {
        ensure_id(*level, views.slices.len(), SectionKind::ChainLevels, "a slice is out of bounds")?;
    }
    Ok(())
}
