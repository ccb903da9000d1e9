//! Principal elements of resource, trust and endpoint policies, in every form of S-401.

use crate::dice::Dice;
use crate::generate::names::{self, Names};
use crate::json::Json;

/// The forms of a principal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `"*"`, as the whole element or under `AWS`.
    Anyone,
    /// An account's root ARN or its number.
    Account,
    /// An IAM user's ARN.
    User,
    /// A role's ARN.
    Role,
    /// A role session's ARN.
    Session,
    /// A federated user's ARN.
    FederatedUser,
    /// A unique id, of the world or dangling.
    UniqueId,
    /// A service, or `*` among services.
    Service,
    /// An identity provider, or `*` among them.
    Federated,
    /// A canonical user.
    CanonicalUser,
    /// CloudFront's own form, which matches nothing.
    CloudFront,
}

/// All forms with their names for reports.
pub const FORMS: [(Form, &str); 11] = [
    (Form::Anyone, "anyone"),
    (Form::Account, "account"),
    (Form::User, "user"),
    (Form::Role, "role"),
    (Form::Session, "session"),
    (Form::FederatedUser, "federated-user"),
    (Form::UniqueId, "unique-id"),
    (Form::Service, "service"),
    (Form::Federated, "federated"),
    (Form::CanonicalUser, "canonical-user"),
    (Form::CloudFront, "cloudfront"),
];

/// One entry of a principal element.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its form.
    pub form: Form,
    /// The member of the principal map that it stands under.
    pub member: &'static str,
    /// Its text.
    pub text: String,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// A principal element for a resource policy, or for a trust policy, which takes no `NotPrincipal`.
pub fn principal(dice: &Dice, names: &Names, trust: bool) -> Principal {
    let negated = !trust && dice.percent(14);
    element(dice, names, trust, negated)
}

/// A `Principal`, never a `NotPrincipal`.
pub fn positive(dice: &Dice, names: &Names, trust: bool) -> Principal {
    element(dice, names, trust, false)
}

fn element(dice: &Dice, names: &Names, trust: bool, negated: bool) -> Principal {
    let count = match dice.weighted(&[45, 30, 15, 10]) {
        0 => 1,
        1 => 2,
        2 => 3,
        _ => dice.between(4, 6),
    };
    let mut entries: Vec<Entry> = (0..count).map(|_| entry(dice, names, trust)).collect();
    if negated && dice.percent(60) {
        // Whole level sets, else a Deny spares hardly anybody (S-413).
        let arn = dice.text(if dice.percent(50) { &names.users } else { &names.roles });
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        if arn.contains(":role/") {
            entries.push(Entry { form: Form::Session, member: "AWS", text: names::session_of(&arn, "s1") });
            entries.push(Entry { form: Form::Role, member: "AWS", text: arn });
        } else {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let session = format!("arn:aws:sts::{account}:federated-user/{name}");
            entries.push(Entry { form: Form::FederatedUser, member: "AWS", text: session });
            entries.push(Entry { form: Form::User, member: "AWS", text: arn });
        }
        entries.push(Entry { form: Form::Account, member: "AWS", text: account });
    }
    Principal { negated, entries }
}

fn entry(dice: &Dice, names: &Names, trust: bool) -> Entry {
    let aws = |form: Form, text: String| Entry { form, member: "AWS", text };
    let account = match dice.below(12) {
        0 => names::STRANGE_ACCOUNT.to_owned(),
        1 => names::TREE_ACCOUNT.to_owned(),
        _ => dice.text(&names.accounts),
    };
    let federated_weight = if trust { 20 } else { 5 };
    let weights = [16, 16, 14, 16, 7, 7, 7, 8, federated_weight, 4, 1];
    let (form, _) = FORMS[dice.weighted(&weights)];
    match form {
        Form::Anyone => aws(form, "*".to_owned()),
        Form::Account if dice.percent(50) => aws(form, account),
        Form::Account => {
            let partition = if dice.percent(10) { "aws-cn" } else { "aws" };
            aws(form, format!("arn:{partition}:iam::{account}:root"))
        }
        Form::User => {
            let text = dice.text(&names.users);
            aws(form, if dice.percent(12) { altered(dice, &text) } else { text })
        }
        Form::Role => {
            let text = dice.text(&names.roles);
            aws(form, if dice.percent(12) { altered(dice, &text) } else { text })
        }
        Form::Session => {
            let role = if dice.percent(10) { format!("arn:aws:iam::{account}:role/app") } else { dice.text(&names.roles) };
            aws(form, names::session_of(&role, dice.word(&["s1", "s2", "i-0a@x"])))
        }
        Form::FederatedUser => {
            let name = dice.text(&["alice", "bob", "nobody", "Alice"]);
            aws(form, format!("arn:aws:sts::{account}:federated-user/{name}"))
        }
        Form::UniqueId if names.ids.is_empty() || dice.percent(15) => aws(form, dice.text(&["AIDADANGLING000", "AROADANGLING000"])),
        Form::UniqueId => aws(form, dice.text(&names.ids)),
        Form::Service => Entry { form, member: "Service", text: star_or(dice, &names.services) },
        Form::Federated => Entry { form, member: "Federated", text: star_or(dice, names::PROVIDERS) },
        Form::CanonicalUser => Entry { form, member: "CanonicalUser", text: dice.text(&names.canonical) },
        Form::CloudFront => aws(form, "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1".to_owned()),
    }
}

fn star_or<T: AsRef<str>>(dice: &Dice, pool: &[T]) -> String {
    if dice.percent(12) { "*".to_owned() } else { dice.text(pool) }
}

/// The ARN with another path, partition or letter case: another principal (S-404).
fn altered(dice: &Dice, arn: &str) -> String {
    match dice.below(4) {
        0 => arn.replacen("arn:aws:", "arn:aws-cn:", 1),
        1 => match arn.rsplit_once('/') {
            Some((head, name)) => format!("{head}/other/{name}"),
            None => arn.to_owned(),
        },
        2 => match arn.rsplit_once('/') {
            Some((head, name)) => format!("{head}/{}", name.to_uppercase()),
            None => arn.to_owned(),
        },
        _ => match (arn.split_once('/'), arn.rsplit_once('/')) {
            (Some((head, _)), Some((_, name))) => format!("{head}/{name}"),
            _ => arn.to_owned(),
        },
    }
}

impl Principal {
    /// Everyone.
    pub fn anyone() -> Principal {
        Principal { negated: false, entries: vec![Entry { form: Form::Anyone, member: "AWS", text: "*".to_owned() }] }
    }

    /// Some of the world's accounts.
    pub fn accounts(dice: &Dice, names: &Names) -> Principal {
        let count = dice.between(1, names.accounts.len().max(1));
        let some = dice.sample(&names.accounts, count);
        Principal { negated: false, entries: some.into_iter().map(|text| Entry { form: Form::Account, member: "AWS", text }).collect() }
    }

    /// Some of the world's users and roles.
    pub fn entities(dice: &Dice, names: &Names) -> Principal {
        let users = dice.sample(&names.users, 1).into_iter().map(|text| Entry { form: Form::User, member: "AWS", text });
        let roles = dice.sample(&names.roles, 2).into_iter().map(|text| Entry { form: Form::Role, member: "AWS", text });
        Principal { negated: false, entries: users.chain(roles).collect() }
    }

    /// The element's JSON.
    pub fn json(&self, dice: &Dice) -> Json {
        if let [Entry { form: Form::Anyone, .. }] = self.entries.as_slice()
            && dice.percent(60)
        {
            return Json::text("*");
        }
        let mut members: Vec<(String, Vec<Json>)> = Vec::new();
        for entry in &self.entries {
            match members.iter_mut().find(|(member, _)| member == entry.member) {
                Some((_, values)) => values.push(Json::text(&entry.text)),
                None => members.push((entry.member.to_owned(), vec![Json::text(&entry.text)])),
            }
        }
        if !self.negated && dice.percent(2) && !members.iter().any(|(member, _)| member == "Service") {
            members.push(("Service".to_owned(), Vec::new()));
        }
        let unwrap = |mut values: Vec<Json>, dice: &Dice| match values.pop() {
            Some(only) if values.is_empty() && dice.percent(60) => only,
            Some(last) => {
                values.push(last);
                Json::List(values)
            }
            None => Json::List(values),
        };
        Json::Object(members.into_iter().map(|(member, values)| (member, unwrap(values, dice))).collect())
    }
}
