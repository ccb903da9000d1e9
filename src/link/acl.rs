//! ACLs as documents: every grant becomes Allow statements, so that no later stage needs to know what an ACL is (S-724, S-725, S-411).
//!
//! In: a world. Out: [`Acls`]: for each resource whose ACL in force grants something a document. The naive version asks, at each request, which ACLs are in force,
//! what the grantee is, and what its permission allows on what is requested. All of that follows from the world alone but for the caller, the action and the resource,
//! which are the elements of a statement:
//!
//! - the grantee gives the principal element. A canonical id gives the canonical user and whatever account has the id, which the account's own record says: so an
//!   element has two entries, however many accounts have the id;
//! - the permission gives the actions. A bucket's ACL allows some on the bucket and others on its objects: two statements at one place;
//! - the resource element is the bucket's ARN, or all that begins with it and `/`, or the object's ARN: built from pieces, since `*` and `?` in a declared ARN
//!   are characters.
//!
//! An ACL may have very many grants, which differ in their grantees alone. So the statements, one after the other, are what explanations tell of, and the index is made
//! from a second document, which lists the grantees of one permission in one element. Both decide the same: no grant is by way of a role or user, and a direct
//! grant makes one through the account idle (S-401, S-712), so the strongest kind of an element says all that its entries do.
//!
//! Invariants: no statement denies, and none has a condition; a resource is known to [`Acls::of`] if and only if an ACL of its own is in force.

use crate::syntax::policy::{
    ActionElement, ActionPattern, ArnPattern, Document, Effect, Piece, PrincipalElement, PrincipalEntry, ResourceElement, ResourcePattern,
    Statement, Version,
};
use crate::world::{Acl, AclGroup, CannedAcl, Grantee, Ownership, Permission, Place, S3Name, World};
use indexmap::IndexMap;
use std::collections::HashMap;

/// The ACLs of a world as documents.
#[derive(Debug, Default)]
pub struct Acls<'w> {
    /// One for each resource whose ACL grants something, in force or not, account by account.
    pub documents: Vec<AclDocument<'w>>,
    /// By ARN; an index into `documents`.
    in_force: HashMap<&'w str, Option<usize>>,
    /// Those that `BucketOwnerEnforced` switches off, likewise; for explanations.
    switched_off: HashMap<&'w str, usize>,
}

/// What an ACL grants; at least one statement.
#[derive(Debug)]
pub struct AclDocument<'w> {
    /// The places that grant something, in world order: the canned ACL, then grants.
    pub places: Vec<&'w Place>,
    /// What each place allows, place by place.
    pub statements: Document,
    /// For each of the statements, its place: an index into `places`.
    pub place_of: Vec<u32>,
    /// The same with the grantees of equal permissions in one statement: at most two for each of ten.
    pub index: Document,
}

impl Acls<'_> {
    /// The ACL of the resource with this ARN, if one of its own is in force, as an index into `documents`; `Some(None)` for one that grants nothing, yet makes the
    /// resource layer silent instead of absent (S-729).
    #[must_use]
    pub fn of(&self, arn: &str) -> Option<Option<usize>> {
        self.in_force.get(arn).copied()
    }

    /// The ACL of the resource with this ARN, if it would grant something and `BucketOwnerEnforced` on the bucket switches it off (S-725), as an index into
    /// `documents`.
    #[must_use]
    pub fn switched_off(&self, arn: &str) -> Option<usize> {
        self.switched_off.get(arn).copied()
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
    for (account, resource) in resources() {
        let (Some(acl), Some(target)) = (&resource.acl, S3Name::of(&resource.arn).map(Target)) else { continue };
        let bucket = declared.get(target.0.bucket_arn().as_str());
        let of_bucket = bucket.and_then(|(_, bucket)| bucket.acl.as_ref()).and_then(|acl| acl.ownership);
        let owner = bucket.map_or(account, |(account, _)| account);
        let owner = Owner { account: &owner.id, canonical_id: owner.canonical_id.as_deref() };
        let document = document(acl, &target, owner);
        let index = document.as_ref().map(|_| acls.documents.len());
        if of_bucket == Some(Ownership::BucketOwnerEnforced) {
            acls.switched_off.extend(index.map(|index| (resource.arn.as_str(), index)));
        } else {
            acls.in_force.insert(&resource.arn, index);
        }
        acls.documents.extend(document);
    }
    acls
}

/// The account of the bucket, else of the object.
#[derive(Clone, Copy)]
struct Owner<'w> {
    account: &'w str,
    canonical_id: Option<&'w str>,
}

impl Owner<'_> {
    fn is(self, grantee: &Grantee) -> bool {
        match grantee {
            Grantee::Account(account) => account == self.account,
            Grantee::CanonicalUser(id) => self.canonical_id == Some(id),
            Grantee::Group(_) => false,
        }
    }
}

/// What an ACL grants, if it does.
fn document<'w>(acl: &'w Acl, target: &Target<'_>, owner: Owner<'_>) -> Option<AclDocument<'w>> {
    let mut document = AclDocument { places: Vec::new(), statements: empty(), place_of: Vec::new(), index: empty() };
    let mut grantees: IndexMap<(Permission, bool), Vec<PrincipalEntry>> = IndexMap::new();
    let mut add = |at: &'w Place, grants: &[(Grantee, Permission)]| {
        let place = u32::try_from(document.places.len()).unwrap_or(u32::MAX);
        let before = document.place_of.len();
        for (grantee, permission) in grants {
            let (entries, is_owner) = (entries(grantee), owner.is(grantee));
            let statements = target.statements(&entries, *permission, is_owner, at);
            document.place_of.extend(statements.iter().map(|_| place));
            document.statements.statements.extend(statements);
            grantees.entry((*permission, is_owner)).or_default().extend(entries);
        }
        if document.place_of.len() > before {
            document.places.push(at);
        }
    };
    if let Some((canned, at)) = &acl.canned {
        add(at, &canned_grants(*canned, target, owner.account));
    }
    for grant in &acl.grants {
        add(&grant.at, &[(grant.grantee.clone(), grant.permission)]);
    }
    let first = *document.places.first()?;
    let merged = grantees.iter().flat_map(|((permission, is_owner), entries)| target.statements(entries, *permission, *is_owner, first));
    document.index.statements.extend(merged);
    Some(document)
}

fn empty() -> Document {
    Document { version: Version::V2012, statements: Vec::new() }
}

/// What an ACL stands on.
struct Target<'a>(S3Name<'a>);

impl Target<'_> {
    /// The table of S-724.
    fn statements(&self, entries: &[PrincipalEntry], permission: Permission, is_owner: bool, at: &Place) -> Vec<Statement> {
        let full = permission == Permission::FullControl;
        let is = |one: Permission| permission == one || full;
        let allowed = |table: &[(bool, &[&str])]| -> Vec<ActionPattern> {
            let names = table.iter().filter(|(granted, _)| *granted).flat_map(|(_, names)| *names);
            names.map(|name| ActionPattern { pieces: vec![Piece::Literal(format!("s3:{name}"))] }).collect()
        };
        let sides = match self.0.object {
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
                    vec![Piece::Literal(self.0.bucket.to_owned())],
                    allowed(&[
                        (is(Permission::Read), &["listbucket", "listbucketversions", "listbucketmultipartuploads"]),
                        (is(Permission::ReadAcp), &["getbucketacl"]),
                        (is(Permission::WriteAcp), &["putbucketacl"]),
                    ]),
                ),
                (
                    vec![Piece::Literal(format!("{}/", self.0.bucket)), Piece::Star],
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
            principal: Some(PrincipalElement { negated: false, entries: entries.to_vec() }),
            action: ActionElement { negated: false, patterns },
            resource: Some(ResourceElement {
                negated: false,
                patterns: vec![ResourcePattern::Arn(self.pattern(rest))],
                written_variables: Vec::new(),
            }),
            conditions: Vec::new(),
        };
        sides.into_iter().filter(|(_, actions)| !actions.is_empty()).map(statement).collect()
    }

    fn pattern(&self, rest: Vec<Piece>) -> ArnPattern {
        let literal = |text: &str| if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text.to_owned())] };
        ArnPattern { parts: [literal("arn"), literal(self.0.partition), literal("s3"), Vec::new(), Vec::new(), rest] }
    }
}

/// A canned ACL as grants (S-724). `owner` is the account of the bucket, else of the object.
fn canned_grants(canned: CannedAcl, target: &Target<'_>, owner: &str) -> Vec<(Grantee, Permission)> {
    let group = |group, permission| (Grantee::Group(group), permission);
    let bucket_owner = |permission| match target.0.object {
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
fn entries(grantee: &Grantee) -> Vec<PrincipalEntry> {
    match grantee {
        Grantee::Group(AclGroup::AllUsers) => vec![PrincipalEntry::Everyone],
        Grantee::Group(AclGroup::AuthenticatedUsers) => vec![PrincipalEntry::AnyAccount],
        Grantee::Group(AclGroup::LogDelivery) => vec![PrincipalEntry::Service(Some("logging.s3.amazonaws.com".to_owned()))],
        Grantee::Account(account) => vec![PrincipalEntry::Account(account.clone())],
        // S-411
        Grantee::CanonicalUser(id) => vec![PrincipalEntry::CanonicalAccount(id.clone()), PrincipalEntry::CanonicalUser(Some(id.clone()))],
    }
}
