//! An estate like real ones, from the corpus: an organization of accounts with roles, whose policies are public documents, AWS-managed policies and what
//! deployment tools write.
//!
//! In: a [`Corpus`] and the sizes. Out: a [`Workload`] with the AWS-managed policies that it names as files. What makes it like a real one is *sharing*: every account declares the
//! same baseline policies, a few AWS-managed policies are attached everywhere, and the account's number is often all that differs between two texts.
//!
//! Its requests are aimed at the roles' own policies. As other documents stand beside these, the mix of decisions is not promised here.

use crate::dice::Dice;
use crate::draw::Drawer;
use crate::policy::{APPS, Caller, REGIONS, STAGES, Statement, TEAMS, document};
use crate::request::{Aim, Request};
use crate::{Options, Workload};
use std::collections::BTreeSet;

/// Customer policies that every account declares.
const BASELINE: usize = 16;
/// Bytes of the longest document that counts as a baseline policy.
const BASELINE_BYTES_MAX: usize = 3_000;
/// Bytes of the longest inline policy.
const INLINE_BYTES_MAX: usize = 6_144;
const FULL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const MFA: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Mfa","Effect":"Deny","NotAction":["iam:ChangePassword","iam:GetUser","iam:*MFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
const BOUNDARY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Ceiling","Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Sid":"Read","Effect":"Allow","Action":["iam:Get*","iam:List*","iam:PassRole"],"Resource":"*"}]}"#;
/// What estates really attach; they come first where the corpus has them.
const USUAL: &[&str] = &[
    "AdministratorAccess",
    "ReadOnlyAccess",
    "PowerUserAccess",
    "SecurityAudit",
    "AmazonSSMManagedInstanceCore",
    "AWSLambdaBasicExecutionRole",
    "CloudWatchAgentServerPolicy",
    "AmazonS3ReadOnlyAccess",
    "AWSLambdaVPCAccessExecutionRole",
    "AmazonECSTaskExecutionRolePolicy",
    "ViewOnlyAccess",
];

/// Real documents, each accepted by whoever read them as a policy of its type.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// AWS-managed policies: what follows `policy/` in the ARN, and the text.
    pub managed: Vec<(String, String)>,
    /// Identity policies.
    pub identity: Vec<String>,
    /// Policies of resources whose statements name no resource but `*`, or none: they fit any resource.
    pub resource: Vec<String>,
    /// Trust policies.
    pub trust: Vec<String>,
    /// Service control policies that leave an estate working.
    pub scp: Vec<String>,
}

struct Estate<'c> {
    corpus: &'c Corpus,
    /// Indexes of the managed policies in the order of their popularity.
    popular: Vec<usize>,
    baseline: Vec<&'c String>,
    /// What was attached.
    used: BTreeSet<usize>,
    dice: Dice,
    /// By role: its caller and the statements of its own policy.
    roles: Vec<(Caller, Vec<Statement>)>,
}

/// Makes the estate. A size of 0 counts as 1; a corpus without documents of a type gives an estate without them.
#[must_use]
pub fn generate(options: &Options, corpus: &Corpus, accounts: usize, roles: usize) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let usual = |index: &usize| {
        let name = corpus.managed[*index].0.rsplit('/').next().unwrap_or_default();
        USUAL.iter().position(|usual| *usual == name).unwrap_or(USUAL.len())
    };
    let mut popular: Vec<usize> =
        (0..corpus.managed.len()).filter(|index| !corpus.managed[*index].0.starts_with("aws-service-role/")).collect();
    dice.shuffle(&mut popular);
    popular.sort_by_key(usual);
    let short: Vec<&String> = corpus.identity.iter().filter(|text| text.len() <= BASELINE_BYTES_MAX).collect();
    let baseline = dice.sample(&short, BASELINE);
    let mut estate = Estate { corpus, popular, baseline, used: BTreeSet::new(), dice, roles: Vec::new() };
    let ids: Vec<String> = (0..accounts.max(1)).map(|account| format!("4{:011}", account * 104_729)).collect();
    let bodies: Vec<String> = ids.iter().map(|id| estate.account(id, &ids, roles.max(1))).collect();
    let world = format!(
        "{{\"version\":1,\"aws_managed\":\"aws-managed\",\n\"organization\":{},\n\"accounts\":[\n{}\n]}}\n",
        estate.organization(&ids),
        bodies.join(",\n")
    );
    let files =
        estate.used.iter().map(|index| &corpus.managed[*index]).map(|(name, text)| (format!("aws-managed/{name}.json"), text.clone()));
    let files = files.collect();
    let drawer = Drawer::new(options.draw, estate.roles.len(), &estate.dice);
    let requests = (0..options.requests).map(|_| estate.request(drawer.next(&estate.dice))).collect();
    Workload { world, files, requests }
}

impl Estate<'_> {
    fn organization(&self, ids: &[String]) -> String {
        let dice = &self.dice;
        let scps = |count: usize| {
            let own = dice.sample(&self.corpus.scp, count).into_iter().map(|text| localized(&text, &ids[0]));
            let all: Vec<String> = ["\"FullAWSAccess\"".to_owned()].into_iter().chain(own).collect();
            all.join(",")
        };
        let unit = |name: &str, accounts: Vec<&String>, count: usize| {
            let accounts: Vec<String> = accounts.iter().map(|id| format!("\"{id}\"")).collect();
            format!(r#"{{"id":"ou-{name}","scps":[{}],"accounts":[{}]}}"#, scps(count), accounts.join(","))
        };
        let slice = |from: usize, of: usize| {
            ids.iter().skip(1).enumerate().filter(|(at, _)| at % 20 >= from && at % 20 < of).map(|(_, id)| id).collect()
        };
        let production: Vec<String> = (0..4).map(|part| unit(&format!("production-{part}"), slice(part * 2, part * 2 + 2), 1)).collect();
        let units = [
            format!(r#"{{"id":"ou-production","scps":[{}],"units":[{}]}}"#, scps(2), production.join(",")),
            unit("development", slice(8, 15), 1),
            unit("infrastructure", slice(15, 17), 1),
            unit("sandbox", slice(17, 20), 2),
        ];
        let root = format!(r#"{{"id":"r-root","scps":[{}],"accounts":["{}"],"units":[{}]}}"#, scps(1), ids[0], units.join(",\n"));
        format!(r#"{{"id":"o-medium0001","management_account":"{}","root":{root}}}"#, ids[0])
    }

    fn account(&mut self, id: &str, ids: &[String], roles: usize) -> String {
        let mut managed = vec![format!(r#"{{"name":"boundary","path":"/baseline/","document":{BOUNDARY}}}"#)];
        for (number, text) in self.baseline.iter().enumerate() {
            managed.push(format!(r#"{{"name":"baseline-{number}","path":"/baseline/","document":{}}}"#, localized(text, id)));
        }
        let (baseline, custom) = (self.baseline.len(), (roles / 6).max(1));
        for number in 0..custom {
            let text = self.text(&self.corpus.identity, INLINE_BYTES_MAX).map_or_else(|| BOUNDARY.to_owned(), |text| localized(&text, id));
            managed.push(format!(r#"{{"name":"custom-{number}","document":{text}}}"#));
        }
        let name = |dice: &Dice| match dice.below(baseline + custom) {
            number if number < baseline => format!("\"baseline-{number}\""),
            number => format!("\"custom-{}\"", number - baseline),
        };
        let groups = format!(
            r#"[{{"name":"admins","policies":[{}]}},{{"name":"developers","policies":[{}]}}]"#,
            self.attached(4).unwrap_or_default(),
            self.attached(40).into_iter().chain([name(&self.dice)]).collect::<Vec<_>>().join(",")
        );
        let users: Vec<String> = (0..(roles / 5).max(1))
            .map(|user| {
                let team = self.dice.word(TEAMS);
                let group = self.dice.word(&["admins", "developers", "developers"]);
                let own = if self.dice.percent(50) { MFA.to_owned() } else { name(&self.dice) };
                format!(r#"{{"name":"{team}.{user}","groups":["{group}"],"policies":[{own}],"tags":{{"team":"{team}"}}}}"#)
            })
            .collect();
        let mut bodies = Vec::new();
        for number in 0..roles {
            let managed_name = name(&self.dice);
            bodies.push(self.role(id, ids, number, managed_name));
        }
        format!(
            "{{\"id\":\"{id}\",\"managed_policies\":[{}],\n\"groups\":{groups},\"users\":[{}],\n\"roles\":[{}],\n\"resources\":[{}],\"vpc_endpoints\":[{{\"id\":\"vpce-{id}\",\"policy\":{FULL}}}]}}",
            managed.join(","),
            users.join(","),
            bodies.join(","),
            self.resources(id).join(",")
        )
    }

    /// A document of some length at most.
    fn text(&self, texts: &[String], bytes_max: usize) -> Option<String> {
        (0..20).filter(|_| !texts.is_empty()).map(|_| self.dice.text(texts)).find(|text| text.len() <= bytes_max)
    }

    /// The ARN of an AWS-managed policy among the most popular ones, earlier ones much more often.
    fn attached(&mut self, among: usize) -> Option<String> {
        let among = among.min(self.popular.len());
        let fraction = self.dice.fraction();
        let rank = (among as f64 * fraction * fraction * fraction) as usize;
        let index = *self.popular.get(rank)?;
        self.used.insert(index);
        Some(format!("\"arn:aws:iam::aws:policy/{}\"", self.corpus.managed[index].0))
    }

    fn role(&mut self, id: &str, ids: &[String], number: usize, managed: String) -> String {
        let (app, stage, team) = (self.dice.word(APPS), self.dice.word(STAGES), self.dice.word(TEAMS));
        let name = format!("{app}-{stage}-{number}");
        let mut policies = Vec::new();
        let mut own = Vec::new();
        let kind = self.dice.below(100);
        let trust = match kind {
            // Administration.
            0..15 => {
                policies.extend(self.attached(30));
                self.text(&self.corpus.trust, INLINE_BYTES_MAX).map(|text| localized(&text, id))
            }
            // Deployment, from another account.
            15..35 => {
                policies.extend(self.attached(120));
                policies.push(managed);
                policies.extend(self.text(&self.corpus.identity, INLINE_BYTES_MAX).map(|text| localized(&text, id)));
                let other = self.dice.text(ids);
                Some(format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{other}:root"}},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{{"StringEquals":{{"sts:ExternalId":"ext-{number}"}}}}}}]}}"#
                ))
            }
            // Applications.
            _ => {
                let count = self.dice.between(3, 8);
                own = (0..count).map(|_| Statement::throw(&self.dice, id, &format!("{app}{number}"))).collect();
                policies.push(document(own.iter().map(Statement::json).collect()).to_string());
                if self.dice.percent(60) {
                    policies.extend(self.attached(200));
                }
                if self.dice.percent(40) {
                    policies.push(managed);
                }
                let service = self.dice.word(&["ec2", "lambda", "ecs-tasks", "states", "glue"]);
                Some(format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}}"#
                ))
            }
        };
        let boundary = if self.dice.percent(30) { r#","boundary":"boundary""# } else { "" };
        let trust = trust.map(|text| format!(r#","trust":{text}"#)).unwrap_or_default();
        self.roles.push((Caller::session(id, &name, &[("team", team.to_owned())]), own));
        format!(r#"{{"name":"{name}","policies":[{}]{trust}{boundary},"tags":{{"team":"{team}","env":"{stage}"}}}}"#, policies.join(","))
    }

    /// Buckets and queues of a few applications.
    fn resources(&self, id: &str) -> Vec<String> {
        let dice = &self.dice;
        let tail = &id[id.len() - 6..];
        let apps = dice.sample(APPS, 4);
        let all = apps.iter().flat_map(|app| STAGES.iter().map(move |stage| format!("{app}-{stage}")));
        all.flat_map(|name| [format!("arn:aws:s3:::{name}-{tail}"), format!("arn:aws:sqs:{}:{id}:{name}", dice.word(REGIONS))])
            .map(|arn| {
                let policy = if dice.percent(60) { self.text(&self.corpus.resource, INLINE_BYTES_MAX) } else { None };
                let policy = policy.map(|text| format!(r#","policy":{}"#, localized(&text, id))).unwrap_or_default();
                format!(r#"{{"arn":"{arn}"{policy},"tags":{{"team":"{}"}}}}"#, dice.word(TEAMS))
            })
            .collect()
    }

    /// A request of a role about its own policy, or, where it has none, for something that its managed policies may know.
    fn request(&self, drawn: usize) -> Request {
        let (caller, statements) = &self.roles[drawn];
        let aim = Aim::throw(&self.dice);
        let fits: Vec<&Statement> = statements.iter().filter(|statement| statement.is_deny == (aim == Aim::ExplicitDeny)).collect();
        match fits.get(self.dice.below(fits.len())) {
            Some(statement) => statement.request(&self.dice, caller, aim),
            None => {
                let action =
                    self.dice.text(&["ec2:DescribeInstances", "s3:GetObject", "iam:GetRole", "logs:PutLogEvents", "sqs:SendMessage"]);
                caller.request(action, "*".to_owned(), aim, &self.dice)
            }
        }
    }
}

/// A document with the account's number in place of the 12-digit numbers that stand in it.
fn localized(text: &str, account: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..at]);
        let stands_alone = digits == 12 && !out.ends_with(is_word) && !rest[at + digits..].starts_with(is_word);
        out.push_str(if stands_alone { account } else { &rest[at..at + digits] });
        rest = &rest[at + digits..];
    }
    out.push_str(rest);
    out
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_are_replaced_and_nothing_else() {
        let text = r#"["arn:aws:iam::123456789012:root","123456789012","1234567890123","a123456789012","10.0.0.0/8",111122223333]"#;
        let local = r#"["arn:aws:iam::400000000000:root","400000000000","1234567890123","a123456789012","10.0.0.0/8",400000000000]"#;
        assert_eq!(localized(text, "400000000000"), local);
    }
}
