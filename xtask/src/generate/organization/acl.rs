//! ACLs of buckets and objects (S-724, S-725): every canned one, every kind of grantee, every permission, every ownership.
//!
//! In: a world in the making and a declared resource. Out: its `acl` member, and its grants as [`Grant`]s for requests to aim at.

use crate::dice::Dice;
use crate::generate::builder::Builder;
use crate::generate::names;
use crate::generate::organization::shuffled;
use crate::json::Json;

/// Canned ACLs.
pub const CANNED: [&str; 8] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "log-delivery-write",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "aws-exec-read",
];
/// Permissions.
pub const PERMISSIONS: [&str; 5] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
/// Groups of grantees.
pub const GROUPS: [&str; 3] = ["AllUsers", "AuthenticatedUsers", "LogDelivery"];

/// Whom a grant names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// A group, one of [`GROUPS`].
    Group(&'static str),
    /// An account.
    Account(String),
    /// A canonical user.
    Canonical(String),
}

/// One grant.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Whom it names.
    pub grantee: Grantee,
    /// One of [`PERMISSIONS`].
    pub permission: &'static str,
}

/// A resource with an ACL that grants something.
#[derive(Debug, Clone)]
pub struct AclOf {
    /// The bucket or object.
    pub arn: String,
    /// The account that declares it.
    pub account: String,
    /// Its grants, canned ones written out.
    pub grants: Vec<Grant>,
}

/// The grants of a canned ACL; those of buckets' owners count on objects only.
pub fn canned(name: &str, account: &str, object: bool) -> Vec<Grant> {
    let grant = |group: &'static str, permission: &'static str| Grant { grantee: Grantee::Group(group), permission };
    let owner = |permission: &'static str| Grant { grantee: Grantee::Account(account.to_owned()), permission };
    match name {
        "public-read" => vec![grant("AllUsers", "READ")],
        "public-read-write" => vec![grant("AllUsers", "READ"), grant("AllUsers", "WRITE")],
        "authenticated-read" => vec![grant("AuthenticatedUsers", "READ")],
        "log-delivery-write" => vec![grant("LogDelivery", "WRITE"), grant("LogDelivery", "READ_ACP")],
        "bucket-owner-read" if object => vec![owner("READ")],
        "bucket-owner-full-control" if object => vec![owner("FULL_CONTROL")],
        _ => Vec::new(),
    }
}

/// Actions and the tail of the ARN that the permission reaches, for an ACL of an object or a bucket (the table of S-724).
pub fn reach(dice: &Dice, permission: &str, object: bool) -> (&'static str, &'static str) {
    const OBJECT: &[(&str, &[&str])] = &[
        ("READ", &["s3:GetObject", "s3:GetObjectVersion"]),
        ("READ_ACP", &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"]),
        ("WRITE_ACP", &["s3:PutObjectAcl", "s3:PutObjectVersionAcl"]),
        ("WRITE", &["s3:PutObject"]),
    ];
    const BUCKET: &[(&str, &[&str])] = &[
        ("READ", &["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]),
        ("READ_ACP", &["s3:GetBucketAcl"]),
        ("WRITE_ACP", &["s3:PutBucketAcl"]),
        ("WRITE", &["s3:PutObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]),
    ];
    let table = if object { OBJECT } else { BUCKET };
    let (permission, actions) = match table.iter().find(|(name, _)| *name == permission) {
        Some(row) => *row,
        // Full control is all of them.
        None => *dice.pick(table),
    };
    (dice.word(actions), if permission == "WRITE" && !object { "/new" } else { "" })
}

impl Grantee {
    /// The grantee in the words of reports.
    pub fn label(&self) -> &'static str {
        match self {
            Grantee::Group(group) => group,
            Grantee::Account(_) => "Account",
            Grantee::Canonical(_) => "CanonicalUser",
        }
    }

    /// The grantee as it is written.
    pub fn json(&self) -> Json {
        let (class, name) = match self {
            Grantee::Group(group) => ("Group", *group),
            Grantee::Account(account) => ("Account", account.as_str()),
            Grantee::Canonical(id) => ("CanonicalUser", id.as_str()),
        };
        Json::object().with(class, Json::text(name))
    }
}

impl Builder<'_> {
    /// The ACL of a declared resource, if it is to have one.
    pub(in crate::generate) fn acl(&mut self, place: &str, arn: &str, account: &str) -> Option<Json> {
        let present = self.layers.as_ref().is_some_and(|layers| layers.present.acls);
        // Elsewhere than in S3 an ACL loads and means nothing.
        let percent = if arn.starts_with("arn:aws:s3:::") { 62 } else { 3 };
        if !present || !self.dice.percent(percent) {
            return None;
        }
        let object = arn.contains('/');
        let mut json = Json::object();
        let mut grants = Vec::new();
        let mut labels = Vec::new();
        if self.dice.percent(48) {
            let name = self.dice.word(&CANNED);
            json = json.with("canned", Json::text(name));
            grants = canned(name, account, object);
            labels.push((format!("{place}.acl.canned"), vec![format!("canned {name}")]));
        }
        if self.dice.percent(40) {
            let ownership = match self.dice.weighted(&[25, 35, 40]) {
                0 => "BucketOwnerEnforced",
                1 => "BucketOwnerPreferred",
                _ => "ObjectWriter",
            };
            json = json.with("ownership", Json::text(ownership));
        }
        let count = self.dice.weighted(&[20, 35, 30, 15]);
        if count > 0 || self.dice.percent(30) {
            let mut items = Vec::new();
            for at in 0..count {
                let grant = Grant { grantee: self.grantee(), permission: self.dice.word(&PERMISSIONS) };
                items.push(Json::object().with("grantee", grant.grantee.json()).with("permission", Json::text(grant.permission)));
                let words = vec![format!("grantee {}", grant.grantee.label()), format!("permission {}", grant.permission)];
                labels.push((format!("{place}.acl.grants[{at}]"), words));
                grants.push(grant);
            }
            json = json.with("grants", Json::List(items));
        }
        if let Some(layers) = &mut self.layers {
            layers.acl_labels.extend(labels);
            if !grants.is_empty() {
                layers.acls.push(AclOf { arn: arn.to_owned(), account: account.to_owned(), grants });
            }
        }
        Some(shuffled(self.dice, json))
    }

    fn grantee(&self) -> Grantee {
        match self.dice.below(7) {
            0 => Grantee::Account(self.dice.text(&[names::STRANGE_ACCOUNT, names::TREE_ACCOUNT])),
            1 | 2 => Grantee::Account(self.dice.text(&self.names.accounts)),
            3 | 4 => Grantee::Canonical(self.dice.text(&self.names.canonical)),
            _ => Grantee::Group(self.dice.word(&GROUPS)),
        }
    }
}
