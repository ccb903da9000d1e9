//! A request's action: its number on the action line, and what rules that name single actions want to know of it.

use super::scratch::ActionFacts;
use crate::error::{EvalError, Fault};
use crate::format;
use crate::request::check;
use crate::views::Views;

/// `sts:GetCallerIdentity` (S-727).
const GET_CALLER_IDENTITY: u32 = 1;
/// Some `sts:` action (S-720).
const STS: u32 = 1 << 1;
/// `iam:PassRole` (S-723).
const PASS_ROLE: u32 = 1 << 2;
/// `kms:RetireGrant` (S-709).
const RETIRE_GRANT: u32 = 1 << 3;
/// `s3:ListAllMyBuckets` (S-732).
const LIST_BUCKETS: u32 = 1 << 4;
/// `s3:GetBucketPolicy`, `s3:PutBucketPolicy`, `s3:DeleteBucketPolicy` (S-717).
const BUCKET_POLICY: u32 = 1 << 5;
/// Of a service that supports RCPs (S-709).
const RCP_SERVICE: u32 = 1 << 6;

/// The action of a prepared request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action<'q> {
    /// ASCII-folded.
    pub(super) text: &'q [u8],
    /// On the action line of the bundle whose statements are tested.
    pub(super) id: u32,
    traits: u32,
    hash: u64,
}

impl<'q> Action<'q> {
    pub(super) fn new(text: &'q [u8], facts: ActionFacts) -> Action<'q> {
        Action { text, id: facts.id, traits: facts.traits, hash: facts.hash }
    }

    /// The same action on the action line of a session overlay, whose seed may be that of the main bundle.
    pub(super) fn over(self, main: &Views<'_>, overlay: &Views<'_>) -> Result<Action<'q>, Fault> {
        let hash = if overlay.seed == main.seed { self.hash } else { format::hash(overlay.seed, self.text) };
        Ok(Action { id: overlay.action_id(hash, self.text)?, hash, ..self })
    }

    fn has(&self, what: u32) -> bool {
        self.traits & what != 0
    }

    pub(super) fn is_get_caller_identity(&self) -> bool {
        self.has(GET_CALLER_IDENTITY)
    }

    pub(super) fn is_sts(&self) -> bool {
        self.has(STS)
    }

    pub(super) fn is_pass_role(&self) -> bool {
        self.has(PASS_ROLE)
    }

    pub(super) fn is_retire_grant(&self) -> bool {
        self.has(RETIRE_GRANT)
    }

    pub(super) fn lists_buckets(&self) -> bool {
        self.has(LIST_BUCKETS)
    }

    pub(super) fn is_of_bucket_policies(&self) -> bool {
        self.has(BUCKET_POLICY)
    }

    pub(super) fn supports_rcps(&self) -> bool {
        self.has(RCP_SERVICE)
    }
}

/// What a folded action is to a bundle.
///
/// # Errors
/// `invalid-request` for what is no concrete action (S-206).
pub(super) fn facts(views: &Views<'_>, folded: &[u8]) -> Result<ActionFacts, EvalError> {
    check::action(folded)?;
    let mut traits = match folded {
        b"sts:getcalleridentity" => GET_CALLER_IDENTITY,
        b"iam:passrole" => PASS_ROLE,
        b"kms:retiregrant" => RETIRE_GRANT,
        b"s3:listallmybuckets" => LIST_BUCKETS,
        b"s3:getbucketpolicy" | b"s3:putbucketpolicy" | b"s3:deletebucketpolicy" => BUCKET_POLICY,
        _ => 0,
    };
    let service = folded.split(|byte| *byte == b':').next().unwrap_or_default();
    if service == b"sts" {
        traits |= STS;
    }
    if let Some(symbol) = views.symbol(service)?
        && views.rcp_services.binary_search_by(|listed| listed.get().cmp(&symbol)).is_ok()
    {
        traits |= RCP_SERVICE;
    }
    let hash = format::hash(views.seed, folded);
    Ok(ActionFacts { id: views.action_id(hash, folded)?, traits, hash })
}
