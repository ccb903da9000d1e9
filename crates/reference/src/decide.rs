//! The algorithm of section 7: one request, all layers, one answer.
//!
//! Input: a world and a request. Output: a [`Decision`] that names the layer that decided, the outcome of every layer and
//! every statement that matched. All layers are evaluated for every request, whether or not an earlier one has decided,
//! because the answer reports them all (S-729).

use crate::acl::{Grantee, Standing};
use crate::policy::{Asked, Document, Effect, Place};
use crate::principal::{Caller, Entry, Form, Kind};
use crate::request::{Request, Source};
use crate::resource::Arn;
use crate::value::{Error, Value};
use crate::world::{DeclaredResource, LevelPolicies, Membership, World};

/// The services whose actions RCPs reach, as of September 2026 (S-709).
const RCP_SERVICES: &str = "s3 sts kms sqs secretsmanager dynamodb dax logs ecr ecr-public aoss opensearch \
    cognito-identity cognito-idp events firehose cloudfront cloudsearch clouddirectory codeartifact codebuild codecommit \
    codepipeline autoscaling autoscaling-plans appconfig appstream budgets cloudtrail-data comprehend comprehendmedical \
    compute-optimizer cost-optimization-hub dsql fis fms gamelift health inspector-scan kendra kinesisvideo memorydb \
    networkmonitor notifications pca-connector-ad personalize polly pricing resource-groups rolesanywhere \
    servicediscovery signin support swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray";

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request is allowed.
    pub decision: Effect,
    /// Why.
    pub reason: Reason,
    /// The layer that decided (S-728).
    pub layer: Layer,
    /// The outcome of every layer by itself (S-729).
    pub layers: Layers,
    /// Every statement and ACL grant that matched in a layer that applies, in the order of the world's text.
    pub matched: Vec<Matched>,
    /// The owner of the requested resource, if there is one (S-704).
    pub resource_account: Option<String>,
    /// Where the owner was taken from.
    pub resource_account_from: Source,
}

/// The reason of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everything that has to allow the request does.
    Allowed,
    /// A Deny statement matched.
    ExplicitDeny,
    /// Something that has to allow the request does not.
    ImplicitDeny,
}

impl Reason {
    /// The name of the reason in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Allowed => "allowed",
            Reason::ExplicitDeny => "explicit_deny",
            Reason::ImplicitDeny => "implicit_deny",
        }
    }
}

/// A layer of policies, in the order in which an explicit deny is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Resource control policies of the owner's chain.
    Rcp,
    /// Service control policies of the caller's chain.
    Scp,
    /// The policy of the VPC endpoint that the request came through.
    Endpoint,
    /// Resource policy, trust policy, key policy and ACLs.
    Resource,
    /// Policies of the user and its groups, or of the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
}

impl Layer {
    /// The name of the layer in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Rcp => "rcp",
            Layer::Scp => "scp",
            Layer::Endpoint => "endpoint",
            Layer::Resource => "resource",
            Layer::Identity => "identity",
            Layer::Boundary => "boundary",
            Layer::Session => "session",
        }
    }
}

/// What a layer says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An Allow matches and no Deny does.
    Allowed,
    /// A Deny matches.
    ExplicitDeny,
    /// Neither matches.
    ImplicitDeny,
    /// No policy of that kind applies.
    None,
}

impl Outcome {
    /// The name of the outcome in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::ExplicitDeny => "explicit_deny",
            Outcome::ImplicitDeny => "implicit_deny",
            Outcome::None => "none",
        }
    }

    /// Whether a layer that can only limit lets the request pass.
    fn passes(self) -> bool {
        matches!(self, Outcome::Allowed | Outcome::None)
    }
}

/// The outcome of every layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the layers, which are described there")]
pub struct Layers {
    pub rcp: Outcome,
    pub scp: Outcome,
    pub endpoint: Outcome,
    pub resource: Outcome,
    pub identity: Outcome,
    pub boundary: Outcome,
    pub session: Outcome,
}

/// A statement or an ACL grant that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The place of the document or grant, as a path into the world or the request (S-729).
    pub policy: String,
    /// The index of the statement in its document; an ACL grant has none.
    pub statement: Option<usize>,
    /// The statement's `Sid`, if it has one.
    pub sid: Option<String>,
    /// What the statement says.
    pub effect: Effect,
}

/// What a layer's policies say: whether some Deny matches, and the kinds of the Allows that match.
#[derive(Default)]
struct Findings {
    denied: bool,
    grants: Vec<Kind>,
}

impl Findings {
    /// S-703: any Deny denies, else any Allow allows, else the layer is silent.
    fn outcome(&self) -> Outcome {
        match (self.denied, self.grants.is_empty()) {
            (true, _) => Outcome::ExplicitDeny,
            (false, false) => Outcome::Allowed,
            (false, true) => Outcome::ImplicitDeny,
        }
    }
}

/// Evaluates layers and keeps what matched, each with its rank in the order of the text.
struct Evaluation<'a> {
    world: &'a World,
    asked: Asked<'a>,
    owner: Option<&'a str>,
    matched: Vec<((usize, usize), Matched)>,
}

impl World {
    /// Decides one request.
    ///
    /// # Errors
    ///
    /// `invalid-request` and `unknown-field` for a request of another shape than the formats know, `unknown-principal`
    /// for a caller that its declared account does not have, and an error of a session document. The caller denies.
    pub fn decide(&self, request: &Value) -> Result<Decision, Error> {
        let mut request = Request::read(request, self.rank_end)?;
        let (owner, source) = self.owner(&request);
        let mut context = std::mem::take(&mut request.context);
        let session = std::mem::take(&mut request.session);
        let caller = self.identify(request.caller)?;
        self.derive_keys(&mut context, &caller, owner.as_deref(), request.resource.as_ref());
        let asked = Asked { caller: &caller, action: &request.action, resource: request.resource.as_ref(), context: &context };
        let mut evaluation = Evaluation { world: self, asked, owner: owner.as_deref(), matched: Vec::new() };

        let (resource, grants) = evaluation.resource_layer();
        let layers = Layers {
            rcp: evaluation.rcp_layer(),
            scp: evaluation.scp_layer(),
            endpoint: evaluation.endpoint_layer(),
            resource,
            identity: evaluation.identity_layer(),
            boundary: evaluation.boundary_layer(),
            session: evaluation.session_layer(&session),
        };
        let (reason, layer) = evaluation.verdict(&layers, &grants);
        let mut matched = evaluation.matched;
        matched.sort_by_key(|(order, _)| *order);
        Ok(Decision {
            decision: if reason == Reason::Allowed { Effect::Allow } else { Effect::Deny },
            reason,
            layer,
            layers,
            matched: matched.into_iter().map(|(_, matched)| matched).collect(),
            resource_account: owner,
            resource_account_from: source,
        })
    }
}

impl<'a> Evaluation<'a> {
    fn caller(&self) -> &'a Caller<'a> {
        self.asked.caller
    }

    fn found(&mut self, place: &Place, statement: Option<usize>, sid: Option<&String>, effect: Effect) {
        let matched = Matched { policy: place.path.clone(), statement, sid: sid.cloned(), effect };
        self.matched.push(((place.rank, statement.unwrap_or(0)), matched));
    }

    /// Evaluates every statement of the documents.
    fn findings(&mut self, documents: impl IntoIterator<Item = &'a Document>) -> Findings {
        self.findings_but(documents, |_| false)
    }

    /// Evaluates every statement but those with an effect that is left out.
    fn findings_but<'d>(&mut self, documents: impl IntoIterator<Item = &'d Document>, leave_out: impl Fn(Effect) -> bool) -> Findings {
        let mut findings = Findings::default();
        for document in documents {
            for (index, statement) in document.statements.iter().enumerate() {
                let Some(kind) = statement.kind(&self.asked).filter(|_| !leave_out(statement.effect)) else {
                    continue;
                };
                self.found(&document.place, Some(index), statement.sid.as_ref(), statement.effect);
                match statement.effect {
                    Effect::Deny => findings.denied = true,
                    Effect::Allow => findings.grants.push(kind),
                }
            }
        }
        findings
    }

    /// S-706: denied where any level denies, allowed where every level allows.
    fn levels(&mut self, membership: Option<Membership<'a>>, policies: fn(&LevelPolicies) -> Option<&Vec<Document>>) -> Outcome {
        let Some(membership) = membership else {
            return Outcome::None;
        };
        let mut outcome = Outcome::Allowed;
        for level in membership.levels {
            // A level that lists nothing has the full-access document, which has no place to report.
            let Some(documents) = policies(level) else {
                continue;
            };
            match (self.findings(documents).outcome(), outcome) {
                (Outcome::Allowed, _) | (_, Outcome::ExplicitDeny) => {}
                (other, _) => outcome = other,
            }
        }
        outcome
    }

    /// S-708, S-709.
    fn rcp_layer(&mut self) -> Outcome {
        let action = self.asked.action;
        let supported = RCP_SERVICES.split(' ').any(|service| service == action.service);
        let reached = supported && !action.is("kms", &["RetireGrant"]) && !self.caller().is_service_linked();
        let membership = self.owner.filter(|_| reached).and_then(|owner| self.world.membership(owner));
        self.levels(membership.filter(|own| !own.is_management), |level| level.rcps.as_ref())
    }

    /// S-707.
    fn scp_layer(&mut self) -> Outcome {
        let account = self.caller().account.as_deref().filter(|_| !self.caller().is_service_linked());
        let membership = account.and_then(|account| self.world.membership(account));
        self.levels(membership.filter(|own| !own.is_management), |level| level.scps.as_ref())
    }

    /// S-710.
    fn endpoint_layer(&mut self) -> Outcome {
        let Some(id) = self.asked.context.single("aws:SourceVpce") else {
            return Outcome::None;
        };
        let mut endpoints = self.world.accounts.iter().flat_map(|account| &account.endpoints);
        match endpoints.find(|endpoint| endpoint.id == id).and_then(|endpoint| endpoint.policy.as_ref()) {
            Some(policy) => self.findings([policy]).outcome(),
            None => Outcome::None,
        }
    }

    /// The outcome of resource policy and ACLs, and the kinds of their grants.
    fn resource_layer(&mut self) -> (Outcome, Vec<Kind>) {
        let Some(arn) = self.asked.resource else {
            return (Outcome::None, Vec::new());
        };
        let policy = self.resource_policy(arn);
        let ignores_deny = policy.is_some_and(|(policy_arn, _)| self.is_owner_root_on_bucket_policy(policy_arn));
        let document = policy.map(|(_, document)| document);
        let mut findings = self.findings_but(document, |effect| ignores_deny && effect == Effect::Deny);
        let acl_grants = self.acl_grants(arn);
        if document.is_none() && acl_grants.is_none() {
            return (Outcome::None, Vec::new());
        }
        findings.grants.extend(acl_grants.unwrap_or_default());
        (findings.outcome(), findings.grants)
    }

    /// S-705: the policy that governs the resource, with the ARN that it is attached to.
    fn resource_policy(&self, arn: &Arn) -> Option<(&'a Arn, &'a Document)> {
        let world = self.world;
        if self.asks_for_role_session(arn) {
            let trust = world.entity_with_arn(arn)?.trust.as_ref()?;
            return self.asked.resource.map(|arn| (arn, trust));
        }
        let with_policy = world.resources().filter_map(|(_, declared)| Some((&declared.arn, declared.policy.as_ref()?)));
        let governing = with_policy.filter(|(declared, _)| arn.is_at_or_under(&declared.text));
        governing.max_by_key(|(declared, _)| declared.text.len())
    }

    /// Whether the trust policy of a role is the resource policy (S-705, S-720).
    fn asks_for_role_session(&self, arn: &Arn) -> bool {
        self.asked.action.service == "sts" && arn.is_role()
    }

    /// S-717: Denies of a bucket policy do not keep the owner's root user from repairing that policy.
    fn is_owner_root_on_bucket_policy(&self, policy_arn: &Arn) -> bool {
        self.caller().form == Form::Root
            && self.is_same_account()
            && matches!(policy_arn.bucket_and_key(), Some((_, None)))
            && self.asked.action.is("s3", &["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"])
    }

    fn is_same_account(&self) -> bool {
        self.owner.is_some() && self.caller().account.as_deref() == self.owner
    }

    /// The grants of the ACLs in force, or `None` where none is (S-724, S-725).
    fn acl_grants(&mut self, arn: &Arn) -> Option<Vec<Kind>> {
        let world = self.world;
        let (bucket, key) = arn.bucket_and_key()?;
        let bucket_arn = format!("arn:{}:s3:::{bucket}", arn.partition());
        let declared = |text: &str| world.resources().find(|(_, declared)| declared.arn.text == text);
        let bucket = declared(&bucket_arn);
        let object = key.and_then(|_| declared(&arn.text));
        let bucket_standing = match key {
            Some(_) => Standing::BucketOfRequestedObject,
            None => Standing::RequestedBucket,
        };
        let (bucket_account, _) = bucket.or(object)?;
        let acl_of = |declared: Option<(_, &'a DeclaredResource)>| declared.and_then(|(_, own)| own.acl.as_ref());
        let (bucket_acl, object_acl) = (acl_of(bucket), acl_of(object));
        if bucket_acl.is_some_and(|acl| acl.owner_enforced) {
            return None;
        }
        let standings = [(bucket_acl, bucket_standing), (object_acl, Standing::RequestedObject)];
        let in_force = standings.into_iter().filter_map(|(acl, standing)| Some((acl?, standing)));
        let mut kinds = None;
        for (acl, standing) in in_force {
            let kinds = kinds.get_or_insert_with(Vec::new);
            for grant in &acl.grants {
                let entries = self.grantee_entries(&grant.grantee, &bucket_account.id, standing);
                let owns_bucket = entries.contains(&Entry::Account(bucket_account.id.clone()));
                let kind = entries.iter().filter_map(|entry| entry.kind(self.caller())).min();
                let allowed = grant.permission.allows(self.asked.action, standing, owns_bucket);
                if let Some(kind) = kind.filter(|_| allowed) {
                    self.found(&grant.place, None, None, Effect::Allow);
                    kinds.push(kind);
                }
            }
        }
        kinds
    }

    /// A grantee as principal entries.
    fn grantee_entries(&self, grantee: &Grantee, bucket_account: &str, standing: Standing) -> Vec<Entry> {
        match grantee {
            Grantee::Entry(entry) => vec![entry.clone()],
            Grantee::BucketOwner if standing == Standing::RequestedObject => vec![Entry::Account(bucket_account.to_string())],
            Grantee::BucketOwner => Vec::new(),
            Grantee::CanonicalUser(id) => {
                let named = self.world.accounts.iter().filter(|account| account.canonical_id.as_ref() == Some(id));
                let accounts = named.map(|account| Entry::Account(account.id.clone()));
                accounts.chain([Entry::CanonicalUser(id.clone())]).collect()
            }
        }
    }

    /// S-711, S-716, S-717, S-730.
    fn identity_layer(&mut self) -> Outcome {
        let Some(account_id) = &self.caller().account else {
            return Outcome::None;
        };
        if self.caller().form == Form::Root {
            return Outcome::Allowed;
        }
        let documents = match (self.world.account(account_id), self.caller().entity) {
            (Some(account), Some(entity)) => account.identity_policies(entity),
            _ => Vec::new(),
        };
        self.findings(documents).outcome()
    }

    /// S-714.
    fn boundary_layer(&mut self) -> Outcome {
        match self.caller().entity.and_then(|entity| entity.boundary.as_ref()) {
            Some(boundary) => self.findings([boundary]).outcome(),
            None => Outcome::None,
        }
    }

    /// S-715; a federated user without a session policy has no identity-side permissions (S-716).
    fn session_layer(&mut self, session: &[Document]) -> Outcome {
        if session.is_empty() {
            let silent = self.caller().form == Form::FederatedUser;
            return if silent { Outcome::ImplicitDeny } else { Outcome::None };
        }
        self.findings_but(session, |_| false).outcome()
    }

    /// The algorithm of S-703, from the outcomes of the layers on.
    fn verdict(&self, layers: &Layers, grants: &[Kind]) -> (Reason, Layer) {
        let caller = self.caller();
        let (action, resource) = (self.asked.action, self.asked.resource);
        let allow = |layer| (Reason::Allowed, layer);
        let deny = |layer| (Reason::ImplicitDeny, layer);
        if action.is("sts", &["GetCallerIdentity"]) && caller.form != Form::Anonymous {
            return allow(Layer::Identity);
        }
        let limits = [(layers.rcp, Layer::Rcp), (layers.scp, Layer::Scp), (layers.endpoint, Layer::Endpoint)];
        let sides = [(layers.resource, Layer::Resource), (layers.identity, Layer::Identity)];
        let caps = [(layers.boundary, Layer::Boundary), (layers.session, Layer::Session)];
        let mut in_order = limits.into_iter().chain(sides).chain(caps);
        if let Some((_, layer)) = in_order.find(|(outcome, _)| *outcome == Outcome::ExplicitDeny) {
            return (Reason::ExplicitDeny, layer);
        }
        if let Some((_, layer)) = limits.into_iter().find(|(outcome, _)| !outcome.passes()) {
            return deny(layer);
        }
        let is_trust = resource.is_some_and(|arn| self.asks_for_role_session(arn));
        if is_trust && caller.form == Form::Root {
            return deny(Layer::Identity);
        }
        if action.is("iam", &["PassRole"]) && caller.account.as_deref() != self.owner {
            return deny(Layer::Resource);
        }
        // Callers without an account have the resource side alone (S-718, S-719, S-721).
        if caller.account.is_none() {
            return if grants.is_empty() { deny(Layer::Resource) } else { allow(Layer::Resource) };
        }
        let identity_allows = layers.identity == Outcome::Allowed;
        let capped_by = caps.into_iter().find(|(outcome, _)| !outcome.passes()).map(|(_, layer)| layer);
        if self.is_same_account() {
            if grants.contains(&Kind::Direct) {
                return allow(Layer::Resource);
            }
            let mut blocked = None;
            if grants.contains(&Kind::Entity) {
                match capped_by {
                    None => return allow(Layer::Resource),
                    layer => blocked = layer,
                }
            }
            let is_mandatory = is_trust || resource.is_some_and(Arn::is_kms_key);
            if is_mandatory && !grants.contains(&Kind::Delegation) {
                return deny(blocked.unwrap_or(Layer::Resource));
            }
            if !identity_allows {
                return deny(blocked.unwrap_or(Layer::Identity));
            }
        } else if grants.is_empty() {
            return deny(Layer::Resource);
        } else if !identity_allows {
            return deny(Layer::Identity);
        }
        capped_by.map_or(allow(Layer::Identity), deny)
    }
}
