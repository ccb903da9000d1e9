//! Principal keys and elements.

use super::sections::Encoder;
use super::strings::Symbols;
use crate::syntax::policy::PrincipalEntry;
use portcullis_runtime::format::{PRINCIPAL_NEGATED, PrincipalElementRecord, PrincipalKeyRecord, PrincipalTag, U32};
use std::collections::BTreeSet;

/// The principal keys of one entry (S-401): for a role ARN also the name by which a session of an undeclared account is found (S-405).
fn keys(entry: &PrincipalEntry) -> Vec<(PrincipalTag, String)> {
    let named = |tag, any, name: &Option<String>| match name {
        Some(name) => vec![(tag, name.clone())],
        None => vec![(any, String::new())],
    };
    match entry {
        PrincipalEntry::Everyone => vec![(PrincipalTag::Everyone, String::new())],
        PrincipalEntry::Account(id) => vec![(PrincipalTag::Account, id.clone())],
        PrincipalEntry::Role(arn) => vec![(PrincipalTag::Arn, arn.clone()), (PrincipalTag::RoleName, without_path(arn))],
        PrincipalEntry::User(arn) | PrincipalEntry::RoleSession(arn) | PrincipalEntry::FederatedUser(arn) => {
            vec![(PrincipalTag::Arn, arn.clone())]
        }
        PrincipalEntry::UniqueId(id) => vec![(PrincipalTag::UniqueId, id.clone())],
        PrincipalEntry::Service(name) => named(PrincipalTag::Service, PrincipalTag::AnyService, name),
        PrincipalEntry::Federated(name) => named(PrincipalTag::Federated, PrincipalTag::AnyFederated, name),
        PrincipalEntry::CanonicalUser(name) => named(PrincipalTag::CanonicalUser, PrincipalTag::AnyCanonicalUser, name),
        PrincipalEntry::AnyAccount => vec![(PrincipalTag::AnyAccount, String::new())],
        PrincipalEntry::CanonicalAccount(id) => vec![(PrincipalTag::CanonicalAccount, id.clone())],
    }
}

/// `arn:P:iam::ACCOUNT:role/path/name` as `arn:P:iam::ACCOUNT:role/name`.
fn without_path(arn: &str) -> String {
    match (arn.split_once(":role/"), arn.rsplit_once('/')) {
        (Some((account, _)), Some((_, name))) => format!("{account}:role/{name}"),
        _ => arn.to_owned(),
    }
}

impl<S: Symbols> Encoder<'_, S> {
    pub(super) fn principals(&mut self) {
        let program = self.parts.program;
        let elements: Vec<(bool, BTreeSet<(PrincipalTag, u32)>)> = program
            .principals
            .iter()
            .map(|element| {
                let keys = element.entries.iter().flat_map(keys);
                (element.negated, keys.map(|(tag, text)| (tag, self.symbols.symbol(&text))).collect())
            })
            .collect();
        let all: BTreeSet<(PrincipalTag, u32)> = elements.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
        let all: Vec<(PrincipalTag, u32)> = all.into_iter().collect();
        let records = all.iter().map(|&(tag, text)| PrincipalKeyRecord { tag: U32::new(tag as u32), text: U32::new(text) });
        self.out.principal_keys.extend(records);
        for (negated, keys) in elements {
            let first = self.number(self.out.principal_members.len());
            let len = self.number(keys.len());
            for key in keys {
                let id = all.partition_point(|other| *other < key);
                let id = self.number(id);
                self.out.principal_members.push(U32::new(id));
            }
            let flags = if negated { PRINCIPAL_NEGATED } else { 0 };
            self.out.principal_elements.push(PrincipalElementRecord { flags: U32::new(flags), first: U32::new(first), len: U32::new(len) });
        }
    }
}
