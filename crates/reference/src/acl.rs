//! S3 ACLs (S-724, S-725): grants that are added to the resource layer and never deny.
//!
//! Input: the `acl` member of a declared resource. Output: grants, each with its place; whether a grant allows a request
//! depends on what the ACL stands on, the bucket or the object.

use crate::policy::{Action, Place};
use crate::principal::Entry;
use crate::resource::is_account_id;
use crate::value::{Error, Shape, Value, unknown_field};
use crate::world::Places;

/// The ACL of one declared resource.
#[derive(Debug)]
pub(crate) struct Acl {
    /// `BucketOwnerEnforced`, which switches ACLs off (S-725).
    pub(crate) owner_enforced: bool,
    pub(crate) grants: Vec<Grant>,
}

/// One grant. The grants of a canned ACL share one place.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) place: Place,
    pub(crate) grantee: Grantee,
    pub(crate) permission: Permission,
}

#[derive(Debug)]
pub(crate) enum Grantee {
    Entry(Entry),
    /// An account's canonical id is both that account and the canonical user (S-411).
    CanonicalUser(String),
    /// The account of the bucket; a canned ACL of objects only.
    BucketOwner,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Permission {
    Read,
    Write,
    ReadAcp,
    WriteAcp,
    FullControl,
}

/// Where an ACL stands, seen from the requested resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    /// The bucket's ACL, and the bucket itself is requested.
    RequestedBucket,
    /// The bucket's ACL, and one of its objects is requested.
    BucketOfRequestedObject,
    /// The ACL of the requested object.
    RequestedObject,
}

impl Permission {
    /// Whether the permission allows the action, by the table of S-724.
    pub(crate) fn allows(self, action: &Action, standing: Standing, grantee_is_bucket_owner: bool) -> bool {
        let full = self == Permission::FullControl;
        let names: &[(bool, &[&str])] = match standing {
            Standing::RequestedBucket => &[
                (self == Permission::Read || full, &["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"]),
                (self == Permission::ReadAcp || full, &["GetBucketAcl"]),
                (self == Permission::WriteAcp || full, &["PutBucketAcl"]),
            ],
            Standing::BucketOfRequestedObject => &[
                (self == Permission::Write || full, &["PutObject"]),
                ((self == Permission::Write || full) && grantee_is_bucket_owner, &["DeleteObject", "DeleteObjectVersion"]),
            ],
            Standing::RequestedObject => &[
                (self == Permission::Read || full, &["GetObject", "GetObjectVersion"]),
                (self == Permission::ReadAcp || full, &["GetObjectAcl", "GetObjectVersionAcl"]),
                (self == Permission::WriteAcp || full, &["PutObjectAcl", "PutObjectVersionAcl"]),
            ],
        };
        names.iter().any(|(granted, names)| *granted && action.is("s3", names))
    }
}

impl Acl {
    pub(crate) fn read(value: &Value, path: &str, places: &mut Places) -> Result<Acl, Error> {
        let shape = Shape("invalid-world");
        let mut acl = Acl { owner_enforced: false, grants: Vec::new() };
        for (name, member) in shape.members(value, "an ACL")? {
            match name.as_str() {
                "ownership" => match shape.text(member, "an ownership")?.as_str() {
                    "BucketOwnerEnforced" => acl.owner_enforced = true,
                    "BucketOwnerPreferred" | "ObjectWriter" => {}
                    other => return shape.refuse(format!("`{other}` is no object ownership")),
                },
                "canned" => {
                    let place = places.next(format!("{path}.canned"));
                    for (grantee, permission) in canned_grants(&shape.text(member, "a canned ACL")?)? {
                        acl.grants.push(Grant { place: place.clone(), grantee, permission });
                    }
                }
                "grants" => {
                    for (index, grant) in shape.items(member, "the grants of an ACL")?.iter().enumerate() {
                        let place = places.next(format!("{path}.grants[{index}]"));
                        acl.grants.push(read_grant(grant, place)?);
                    }
                }
                other => return Err(unknown_field(other, "an ACL")),
            }
        }
        Ok(acl)
    }
}

fn canned_grants(name: &str) -> Result<Vec<(Grantee, Permission)>, Error> {
    let all = || Grantee::Entry(Entry::Anyone);
    let log_delivery = || Grantee::Entry(log_delivery());
    Ok(match name {
        "private" | "aws-exec-read" => Vec::new(),
        "public-read" => vec![(all(), Permission::Read)],
        "public-read-write" => vec![(all(), Permission::Read), (all(), Permission::Write)],
        "authenticated-read" => vec![(Grantee::Entry(Entry::AnyAccount), Permission::Read)],
        "log-delivery-write" => vec![(log_delivery(), Permission::Write), (log_delivery(), Permission::ReadAcp)],
        "bucket-owner-read" => vec![(Grantee::BucketOwner, Permission::Read)],
        "bucket-owner-full-control" => vec![(Grantee::BucketOwner, Permission::FullControl)],
        other => return Shape("invalid-world").refuse(format!("`{other}` is no canned ACL")),
    })
}

fn log_delivery() -> Entry {
    Entry::Service("logging.s3.amazonaws.com".to_string())
}

fn read_grant(value: &Value, place: Place) -> Result<Grant, Error> {
    let shape = Shape("invalid-world");
    let (mut grantee, mut permission) = (None, None);
    for (name, member) in shape.members(value, "a grant")? {
        match name.as_str() {
            "grantee" => grantee = Some(read_grantee(member)?),
            "permission" => {
                permission = Some(match shape.text(member, "a permission")?.as_str() {
                    "READ" => Permission::Read,
                    "WRITE" => Permission::Write,
                    "READ_ACP" => Permission::ReadAcp,
                    "WRITE_ACP" => Permission::WriteAcp,
                    "FULL_CONTROL" => Permission::FullControl,
                    other => return shape.refuse(format!("`{other}` is no permission")),
                });
            }
            other => return Err(unknown_field(other, "a grant")),
        }
    }
    let grantee = shape.required(grantee, "the grantee of a grant")?;
    Ok(Grant { place, grantee, permission: shape.required(permission, "the permission of a grant")? })
}

fn read_grantee(value: &Value) -> Result<Grantee, Error> {
    let shape = Shape("invalid-world");
    let [(class, name)] = shape.members(value, "a grantee")? else {
        return shape.refuse("a grantee has one member");
    };
    let name = shape.text(name, "a grantee")?;
    Ok(match (class.as_str(), name.as_str()) {
        ("Group", "AllUsers") => Grantee::Entry(Entry::Anyone),
        ("Group", "AuthenticatedUsers") => Grantee::Entry(Entry::AnyAccount),
        ("Group", "LogDelivery") => Grantee::Entry(log_delivery()),
        ("Account", account) if is_account_id(account) => Grantee::Entry(Entry::Account(name)),
        ("CanonicalUser", _) => Grantee::CanonicalUser(name),
        _ => return shape.refuse(format!("`{name}` is no grantee")),
    })
}
