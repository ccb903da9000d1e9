//! Grants of ACLs: which of them nearly grant.
//!
//! In: a world's text and a request. Out: the grants in force that one part keeps from granting. A grant has no statement that could lack a part, so the principal is taken
//! away by granting to everyone, the action and the resource by asking for one that the grant is about (S-724).

use crate::generate::organization::acl::{self, Grantee};
use crate::json::Json;
use std::collections::HashMap;

/// Every action that an ACL can grant.
pub(super) const ACTIONS: [&str; 14] = [
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAcl",
    "s3:GetObjectVersionAcl",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
];

/// The ACLs of a world.
#[derive(Debug, Default)]
pub(super) struct Acls {
    /// The ARN of what an ACL stands on, by the ACL's place.
    arns: HashMap<String, String>,
    /// By the place of a grant to everyone: that of the grant that it stands for.
    originals: HashMap<String, String>,
}

impl Acls {
    /// Reads a world, and makes each of its grants one to everyone.
    pub(super) fn open(world: &mut Json) -> Acls {
        let mut acls = Acls::default();
        let Some(Json::List(accounts)) = world.member_mut("accounts") else { return acls };
        for (at, account) in accounts.iter_mut().enumerate() {
            let Some(Json::List(resources)) = account.member_mut("resources") else { continue };
            for (to, resource) in resources.iter_mut().enumerate() {
                let arn = resource.member("arn").and_then(Json::as_text).unwrap_or_default().to_owned();
                if let Some(acl) = resource.member_mut("acl") {
                    acls.acl(&format!("accounts[{at}].resources[{to}].acl"), &arn, acl);
                }
            }
        }
        acls
    }

    fn acl(&mut self, place: &str, arn: &str, json: &mut Json) {
        self.arns.insert(place.to_owned(), arn.to_owned());
        let Json::Object(members) = json else { return };
        let mut open: Vec<(String, Json)> = Vec::new();
        if let Some((_, Json::List(grants))) = members.iter().find(|(name, _)| name == "grants") {
            let permission = |grant: &Json| grant.member("permission").cloned().unwrap_or(Json::Null);
            open.extend(grants.iter().enumerate().map(|(at, grant)| (format!("{place}.grants[{at}]"), permission(grant))));
        }
        if let Some((_, Json::Text(name))) = members.iter().find(|(name, _)| name == "canned") {
            let grants = acl::canned(name, "", arn.contains('/'));
            open.extend(grants.into_iter().map(|grant| (format!("{place}.canned"), Json::text(grant.permission))));
        }
        members.retain(|(name, _)| name == "ownership");
        let everyone = || Grantee::Group("AllUsers").json();
        let grants = open.iter().map(|(_, permission)| Json::object().with("grantee", everyone()).with("permission", permission.clone()));
        members.push(("grants".to_owned(), Json::List(grants.collect())));
        self.originals.extend(open.into_iter().enumerate().map(|(at, (original, _))| (format!("{place}.grants[{at}]"), original)));
    }

    /// The grant that a grant to everyone stands for.
    pub(super) fn original(&self, place: &str) -> Option<&str> {
        self.originals.get(place).map(String::as_str)
    }

    /// Whether there is an ACL of the resource or of its bucket.
    pub(super) fn reach(&self, resource: &str) -> bool {
        self.arns.values().any(|arn| arn == resource || arn == bucket(resource))
    }

    /// Whether the grant at a place is one of the resource or of its bucket.
    pub(super) fn reaches(&self, place: &str, resource: &str) -> bool {
        let acl = place.find(".acl.").and_then(|end| self.arns.get(&place[..end + 4]));
        acl.is_some_and(|arn| arn == resource || arn == bucket(resource))
    }
}

/// The bucket's ARN of an object's, or of the bucket itself.
pub(super) fn bucket(resource: &str) -> &str {
    resource.find('/').map_or(resource, |slash| &resource[..slash])
}
