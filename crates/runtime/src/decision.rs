//! The answer: a decision, and the names that its parts have in the formats document (S-728, S-729).

/// Gives an enum the names of the formats document.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$vdoc])* $name,)* }

        impl $type {
            /// The name that the formats document gives it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$name => $text,)* }
            }
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [$type] = &[$($type::$name,)*];
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

named! {
    /// Whether the request may go on; also the effect of a statement.
    Effect {
        /// It may.
        Allow = "Allow",
        /// It may not.
        Deny = "Deny",
    }
}

named! {
    /// Why (S-728).
    Reason {
        /// Some statement allows and nothing denies or limits.
        Allowed = "allowed",
        /// A Deny statement matched.
        ExplicitDeny = "explicit_deny",
        /// Nothing that suffices allows.
        ImplicitDeny = "implicit_deny",
    }
}

named! {
    /// The kind of policy that decided, in the order in which layers are consulted (S-728).
    Layer {
        /// Resource control policies of the owner's organization.
        Rcp = "rcp",
        /// Service control policies of the caller's organization.
        Scp = "scp",
        /// The policy of the VPC endpoint.
        Endpoint = "endpoint",
        /// The resource policy, trust policy or key policy.
        Resource = "resource",
        /// The caller's identity policies.
        Identity = "identity",
        /// The caller's permissions boundary.
        Boundary = "boundary",
        /// Session policies.
        Session = "session",
    }
}

named! {
    /// A layer's own outcome (S-729).
    Outcome {
        /// The layer allows.
        Allowed = "allowed",
        /// A Deny of the layer matched.
        ExplicitDeny = "explicit_deny",
        /// The layer applies and does not allow.
        ImplicitDeny = "implicit_deny",
        /// No policy of the kind applies.
        None = "none",
    }
}

named! {
    /// Where the account that owns the resource was found (S-704).
    OwnerSource {
        /// The request's `resource_account`.
        Request = "request",
        /// The account part of the resource's ARN.
        Arn = "arn",
        /// The account that declares the resource, or one above it.
        World = "world",
        /// The caller's account, for want of any other.
        Principal = "principal",
        /// Nowhere: there is no owner.
        None = "none",
    }
}

/// A decision. The default is a Deny: `implicit_deny` at `identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub struct Decision {
    effect: Effect,
    reason: Reason,
    layer: Layer,
}

impl Decision {
    /// A Deny. `Reason::Allowed` has no place here; it is taken for an implicit deny.
    pub(crate) fn deny(reason: Reason, layer: Layer) -> Decision {
        let reason = if reason == Reason::Allowed { Reason::ImplicitDeny } else { reason };
        Decision { effect: Effect::Deny, reason, layer }
    }

    /// INVARIANT: called in one place only, `eval::combine::allow`.
    pub(crate) fn allow_from_combine(layer: Layer) -> Decision {
        Decision { effect: Effect::Allow, reason: Reason::Allowed, layer }
    }

    /// Whether the request may go on.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Allow or Deny.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The layer that decided.
    #[must_use]
    pub fn layer(&self) -> Layer {
        self.layer
    }
}

impl Default for Decision {
    fn default() -> Decision {
        Decision::deny(Reason::ImplicitDeny, Layer::Identity)
    }
}

/// The outcome of every layer (S-729).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layers {
    /// Resource control policies.
    pub rcp: Outcome,
    /// Service control policies.
    pub scp: Outcome,
    /// VPC endpoint policy.
    pub endpoint: Outcome,
    /// Resource, trust or key policy.
    pub resource: Outcome,
    /// Identity policies.
    pub identity: Outcome,
    /// Permissions boundary.
    pub boundary: Outcome,
    /// Session policies.
    pub session: Outcome,
}

impl Layers {
    /// The outcome of one layer.
    #[must_use]
    pub fn get(&self, layer: Layer) -> Outcome {
        match layer {
            Layer::Rcp => self.rcp,
            Layer::Scp => self.scp,
            Layer::Endpoint => self.endpoint,
            Layer::Resource => self.resource,
            Layer::Identity => self.identity,
            Layer::Boundary => self.boundary,
            Layer::Session => self.session,
        }
    }
}
