//! ACLs as documents: every grant becomes Allow statements, so that no later stage needs to know what an ACL is (S-724, S-725, S-411).
//!
//! In: a world. Out: [`Acls`]: for each place of a grant that grants something a document, and which of them each resource has. A canned ACL is one
//! place. The naive version asks, at each request, which ACLs are in force, what the grantee is, and what its permission allows on what is requested. All of that
//! follows from the world alone but for the caller, the action and the resource, which are the elements of a statement:
//!
//! - the grantee gives the principal element; an account's canonical id gives two entries, of which the stronger counts, as in every element;
//! - the permission gives the actions. A bucket's ACL allows some on the bucket and others on its objects: two statements at one place;
//! - the resource element is the bucket's ARN, or all that begins with it and `/`, or the object's ARN: built from pieces, since `*` and `?` in a declared ARN
//!   are characters.
//!
//! Invariants: no statement denies, and none has a condition; a resource is among [`Acls::grants_of`] if and only if an ACL of its own is in force.

use crate::syntax::policy::{
    ActionElement, ActionPattern, ArnPattern, Document, Effect, Piece, PrincipalElement, PrincipalEntry, ResourceElement, ResourcePattern,
    Statement, Version,
};
use crate::world::{AclGroup, CannedAcl, Grantee, Ownership, Permission, Place, World};
use std::collections::HashMap;
use std::ops::Range;

/// The ACLs of a world as documents.
#[derive(Debug, Default)]
pub struct Acls<'w> {
    /// One for each place that grants something, account by account.
    pub grants: Vec<AclGrant<'w>>,
    in_force: HashMap<&'w str, Range<usize>>,
}

/// What stands at one place of an ACL.
#[derive(Debug)]
pub struct AclGrant<'w> {
    /// The grant, or the canned ACL.
    pub at: &'w Place,
    /// What it allows; at least one statement.
    pub document: Document,
}

impl Acls<'_> {
    /// The grants of the resource with this ARN, as indexes into `grants`; `None` where it has no ACL in force, which says less than an empty range: that grants
    /// nothing, yet makes the resource layer silent instead of absent (S-729).
    #[must_use]
    pub fn grants_of(&self, arn: &str) -> Option<Range<usize>> {
        self.in_force.get(arn).cloned()
    }
}

/// Turns the ACLs of a world into documents.
#[must_use]
pub fn acls(world: &World) -> Acls<'_> {
    let mut acls = Acls::default();
    let resources = || world.accounts.iter().flat_map(|account| account.resources.iter().map(move |resource| (account, resource)));
    if resources().all(|(_, resource)| resource.acl.is_none()) {
        return acls;
    }
    let declared: HashMap<&str, _> = resources().map(|(account, resource)| (resource.arn.as_str(), (account, resource))).collect();
    let mut accounts_of: HashMap<&str, Vec<&str>> = HashMap::new();
    for account in &world.accounts {
        if let Some(canonical) = &account.canonical_id {
            accounts_of.entry(canonical).or_default().push(&account.id);
        }
    }
    for (account, resource) in resources() {
        let (Some(acl), Some(target)) = (&resource.acl, Target::of(&resource.arn)) else { continue };
        let bucket = declared.get(target.bucket_arn().as_str());
        let of_bucket = bucket.and_then(|(_, bucket)| bucket.acl.as_ref()).and_then(|acl| acl.ownership);
        if of_bucket == Some(Ownership::BucketOwnerEnforced) {
            continue;
        }
        let owner = bucket.map_or(&account.id, |(account, _)| &account.id);
        let first = acls.grants.len();
        let mut add = |at, grants: &[(Grantee, Permission)]| {
            let statements: Vec<Statement> = grants
                .iter()
                .flat_map(|(grantee, permission)| target.statements(entries(grantee, &accounts_of), *permission, owner, at))
                .collect();
            if !statements.is_empty() {
                acls.grants.push(AclGrant { at, document: Document { version: Version::V2012, statements } });
            }
        };
        if let Some((canned, at)) = &acl.canned {
            add(at, &canned_grants(*canned, &target, owner));
        }
        for grant in &acl.grants {
            add(&grant.at, &[(grant.grantee.clone(), grant.permission)]);
        }
        acls.in_force.insert(&resource.arn, first..acls.grants.len());
    }
    acls
}

/// What an ACL stands on.
struct Target<'a> {
    partition: &'a str,
    bucket: &'a str,
    /// The sixth part of an object's ARN, bucket and key; `None` for a bucket.
    object: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The bucket, which has a name, or the object with this ARN; access points and the like have a region or an account and are neither.
    fn of(arn: &'a str) -> Option<Target<'a>> {
        let mut parts = arn.splitn(6, ':');
        let [head, partition, service, region, account, rest] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        if (head, service, region, account) != ("arn", "s3", "", "") {
            return None;
        }
        let bucket = rest.split('/').next().filter(|bucket| !bucket.is_empty())?;
        Some(Target { partition, bucket, object: (bucket.len() < rest.len()).then_some(rest) })
    }

    fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket)
    }

    /// The table of S-724.
    fn statements(&self, entries: Vec<PrincipalEntry>, permission: Permission, owner: &str, at: &Place) -> Vec<Statement> {
        let full = permission == Permission::FullControl;
        let is = |one: Permission| permission == one || full;
        let is_owner = entries.iter().any(|entry| matches!(entry, PrincipalEntry::Account(account) if account == owner));
        let allowed = |table: &[(bool, &[&str])]| -> Vec<ActionPattern> {
            let names = table.iter().filter(|(granted, _)| *granted).flat_map(|(_, names)| *names);
            names.map(|name| ActionPattern { pieces: vec![Piece::Literal(format!("s3:{name}"))] }).collect()
        };
        let sides = match self.object {
            Some(rest) => vec![(
                vec![Piece::Literal(rest.to_owned())],
                allowed(&[
                    (is(Permission::Read), &["getobject", "getobjectversion"]),
                    (is(Permission::ReadAcp), &["getobjectacl", "getobjectversionacl"]),
                    (is(Permission::WriteAcp), &["putobjectacl", "putobjectversionacl"]),
                ]),
            )],
            None => vec![
                (
                    vec![Piece::Literal(self.bucket.to_owned())],
                    allowed(&[
                        (is(Permission::Read), &["listbucket", "listbucketversions", "listbucketmultipartuploads"]),
                        (is(Permission::ReadAcp), &["getbucketacl"]),
                        (is(Permission::WriteAcp), &["putbucketacl"]),
                    ]),
                ),
                (
                    vec![Piece::Literal(format!("{}/", self.bucket)), Piece::Star],
                    allowed(&[
                        (is(Permission::Write), &["putobject"]),
                        (is(Permission::Write) && is_owner, &["deleteobject", "deleteobjectversion"]),
                    ]),
                ),
            ],
        };
        let statement = |(rest, patterns): (Vec<Piece>, Vec<ActionPattern>)| Statement {
            span: at.text,
            sid: None,
            effect: Effect::Allow,
            principal: Some(PrincipalElement { negated: false, entries: entries.clone() }),
            action: ActionElement { negated: false, patterns },
            resource: Some(ResourceElement {
                negated: false,
                patterns: vec![ResourcePattern::Arn(self.pattern(rest))],
                written_variables: Vec::new(),
            }),
            conditions: Vec::new(),
        };
        sides.into_iter().filter(|(_, actions)| !entries.is_empty() && !actions.is_empty()).map(statement).collect()
    }

    fn pattern(&self, rest: Vec<Piece>) -> ArnPattern {
        let literal = |text: &str| if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text.to_owned())] };
        ArnPattern { parts: [literal("arn"), literal(self.partition), literal("s3"), Vec::new(), Vec::new(), rest] }
    }
}

/// A canned ACL as grants (S-724). `owner` is the account of the bucket, else of the object.
fn canned_grants(canned: CannedAcl, target: &Target<'_>, owner: &str) -> Vec<(Grantee, Permission)> {
    let group = |group, permission| (Grantee::Group(group), permission);
    let bucket_owner = |permission| match target.object {
        Some(_) => vec![(Grantee::Account(owner.to_owned()), permission)],
        None => Vec::new(),
    };
    match canned {
        CannedAcl::Private | CannedAcl::AwsExecRead => Vec::new(),
        CannedAcl::PublicRead => vec![group(AclGroup::AllUsers, Permission::Read)],
        CannedAcl::PublicReadWrite => vec![group(AclGroup::AllUsers, Permission::Read), group(AclGroup::AllUsers, Permission::Write)],
        CannedAcl::AuthenticatedRead => vec![group(AclGroup::AuthenticatedUsers, Permission::Read)],
        CannedAcl::LogDeliveryWrite => {
            vec![group(AclGroup::LogDelivery, Permission::Write), group(AclGroup::LogDelivery, Permission::ReadAcp)]
        }
        CannedAcl::BucketOwnerRead => bucket_owner(Permission::Read),
        CannedAcl::BucketOwnerFullControl => bucket_owner(Permission::FullControl),
    }
}

/// A grantee as principal entries.
fn entries(grantee: &Grantee, accounts_of: &HashMap<&str, Vec<&str>>) -> Vec<PrincipalEntry> {
    match grantee {
        Grantee::Group(AclGroup::AllUsers) => vec![PrincipalEntry::Everyone],
        Grantee::Group(AclGroup::AuthenticatedUsers) => vec![PrincipalEntry::AnyAccount],
        Grantee::Group(AclGroup::LogDelivery) => vec![PrincipalEntry::Service(Some("logging.s3.amazonaws.com".to_owned()))],
        Grantee::Account(account) => vec![PrincipalEntry::Account(account.clone())],
        Grantee::CanonicalUser(id) => {
            let named = accounts_of.get(id.as_str()).into_iter().flatten();
            let accounts = named.map(|account| PrincipalEntry::Account((*account).to_owned()));
            accounts.chain([PrincipalEntry::CanonicalUser(Some(id.clone()))]).collect()
        }
    }
}
