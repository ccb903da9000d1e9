//! W3: an organization with every layer but sessions: SCPs and RCPs along units four deep, endpoint policies, resource policies, identity policies and boundaries.
//!
//! Accounts share a library of managed policies, word for word; each role has some of them and a policy of its own. One unit in four allows only the services
//! of a list, so that SCPs deny by default there.

use crate::dice::Dice;
use crate::draw::Drawer;
use crate::json::Json;
use crate::policy::{APPS, Caller, REGIONS, SERVICES, Statement, TEAMS, document, statement};
use crate::request::{Aim, Request, Value};
use crate::{Options, Workload};

/// Children of a unit, by its depth. The last are teams, which have the accounts.
const FANOUT: [usize; 4] = [4, 2, 2, 2];
const TEAMS_OF_ACCOUNTS: usize = 32;
/// Managed policies that every account declares, and those that a role has of them.
const LIBRARY: usize = 12;
const MANAGED_OF_ROLE: usize = 3;
const SHARED_OF_ACCOUNT: usize = 6;
/// What the unit that lists services lists.
const LISTED: &[&str] = &["s3", "dynamodb", "sqs", "sns", "lambda", "logs", "iam", "sts"];

const RCP: &str = r#"{"Version":"2012-10-17","Statement":[
{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","secretsmanager:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}},
{"Sid":"Perimeter","Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","kms:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-workload03"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}"#;
const BOUNDARY: &str = r#"{"Version":"2012-10-17","Statement":[
{"Sid":"Ceiling","Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},
{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/app-*"},
{"Sid":"Sharing","Effect":"Deny","Action":["s3:PutBucket*","sqs:AddPermission","sns:AddPermission"],"Resource":"*"}]}"#;
const ENDPOINT: &str = r#"{"Version":"2012-10-17","Statement":[
{"Sid":"Own","Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-workload03"}}},
{"Sid":"Restricted","Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"arn:aws:s3:::restricted-*"}]}"#;

struct Organization {
    accounts: usize,
    roles: usize,
    /// The account of each number.
    ids: Vec<String>,
    library: Vec<Vec<Statement>>,
    /// By account and role.
    entities: Vec<Role>,
}

struct Role {
    caller: Caller,
    name: String,
    managed: Vec<usize>,
    own: Vec<Statement>,
    has_boundary: bool,
}

pub(crate) fn generate(options: &Options, accounts: usize, roles: usize) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let library = (0..LIBRARY).map(|policy| (0..6).map(|_| Statement::throw(&dice, "*", &format!("common{policy}"))).collect()).collect();
    let ids: Vec<String> = (0..accounts).map(|account| format!("2{:011}", account * 7_919)).collect();
    let entities = (0..accounts * roles).map(|index| role(&dice, &ids[index / roles], index % roles)).collect();
    let organization = Organization { accounts, roles, ids, library, entities };
    let drawer = Drawer::new(options.draw, accounts * roles, &dice);
    let requests = (0..options.requests).map(|_| organization.request(&dice, drawer.next(&dice))).collect();
    Workload { world: organization.world(), files: Vec::new(), requests }
}

fn role(dice: &Dice, account: &str, index: usize) -> Role {
    let app = dice.word(APPS);
    let name = format!("{app}-{index:02}");
    let caller = Caller::session(account, &name, &[("team", dice.text(TEAMS))]);
    let all: Vec<usize> = (0..LIBRARY).collect();
    Role {
        managed: dice.sample(&all, MANAGED_OF_ROLE),
        own: (0..8).map(|_| Statement::throw(dice, account, &format!("{app}{index:02}"))).collect(),
        has_boundary: index.is_multiple_of(2),
        name,
        caller,
    }
}

/// The bucket of a number in an account. Its policy names the roles of [`Organization::named`].
fn bucket(account: &str, number: usize) -> String {
    format!("arn:aws:s3:::shared-{account}-{number}")
}

impl Organization {
    /// The unit of the first depth that an account is in; the first account manages the organization and is in none.
    fn division(&self, account: usize) -> Option<usize> {
        (account > 0).then(|| account % TEAMS_OF_ACCOUNTS / (TEAMS_OF_ACCOUNTS / FANOUT[0]))
    }

    fn lists_services(&self, account: usize) -> bool {
        self.division(account) == Some(FANOUT[0] - 1)
    }

    /// The roles that the policy of a bucket names: one of its account and one of another account.
    fn named(&self, account: usize, number: usize) -> [usize; 2] {
        let own = account * self.roles + number % self.roles;
        let other = (account + 1 + number) % self.accounts * self.roles + (number * 3 + 1) % self.roles;
        [own, other]
    }

    fn role_arn(&self, entity: usize) -> String {
        format!("arn:aws:iam::{}:role/{}", self.ids[entity / self.roles], self.entities[entity].name)
    }

    fn world(&self) -> String {
        let accounts: Vec<String> = (0..self.accounts).map(|account| self.account(account)).collect();
        format!(
            "{{\"version\":1,\"organization\":{{\"id\":\"o-workload03\",\"management_account\":\"{}\",\"root\":{}}},\n\"accounts\":[\n{}\n]}}\n",
            self.ids[0],
            self.unit(0, 0),
            accounts.join(",\n")
        )
    }

    /// The JSON of a unit: `number` counts the units of its depth.
    fn unit(&self, depth: usize, number: usize) -> String {
        let id = if depth == 0 { "r-root".to_owned() } else { format!("ou-{depth}-{number}") };
        let full = if depth == 1 && number == FANOUT[0] - 1 { listed_services() } else { "\"FullAWSAccess\"".to_owned() };
        let rcps = if depth == 0 { format!("[\"RCPFullAWSAccess\",{RCP}]") } else { "[\"RCPFullAWSAccess\"]".to_owned() };
        let mut text = format!(r#"{{"id":"{id}","scps":[{full},{}],"rcps":{rcps}"#, scp(depth, number));
        let in_unit = |account: &usize| if depth == 0 { *account == 0 } else { *account > 0 && *account % TEAMS_OF_ACCOUNTS == number };
        if depth == 0 || depth == FANOUT.len() {
            let ids: Vec<String> = (0..self.accounts).filter(in_unit).map(|account| format!("\"{}\"", self.ids[account])).collect();
            text.push_str(&format!(r#","accounts":[{}]"#, ids.join(",")));
        }
        if let Some(children) = FANOUT.get(depth) {
            let units: Vec<String> = (0..*children).map(|child| self.unit(depth + 1, number * children + child)).collect();
            text.push_str(&format!(",\n\"units\":[{}]", units.join(",")));
        }
        text.push('}');
        text
    }

    fn account(&self, account: usize) -> String {
        let id = &self.ids[account];
        let managed = self.library.iter().enumerate().map(|(policy, statements)| {
            let document = document(statements.iter().map(Statement::json).collect());
            format!(r#"{{"name":"common-{policy}","document":{document}}}"#)
        });
        let managed: Vec<String> = managed.chain([format!(r#"{{"name":"boundary","document":{BOUNDARY}}}"#)]).collect();
        let roles: Vec<String> = self.entities[account * self.roles..][..self.roles].iter().map(Role::json).collect();
        let resources: Vec<String> = (0..SHARED_OF_ACCOUNT).map(|number| self.bucket(account, number)).collect();
        let endpoint = format!(r#"{{"id":"vpce-{id}","policy":{ENDPOINT}}}"#);
        format!(
            "{{\"id\":\"{id}\",\"managed_policies\":[{}],\n\"roles\":[{}],\n\"resources\":[{}],\"vpc_endpoints\":[{endpoint}]}}",
            managed.join(","),
            roles.join(","),
            resources.join(",")
        )
    }

    fn bucket(&self, account: usize, number: usize) -> String {
        let arn = bucket(&self.ids[account], number);
        let names = self.named(account, number).map(|entity| format!("\"{}\"", self.role_arn(entity))).join(",");
        format!(
            r#"{{"arn":"{arn}","policy":{{"Version":"2012-10-17","Statement":[{{"Sid":"Roles","Effect":"Allow","Principal":{{"AWS":[{names}]}},"Action":["s3:GetObject","s3:PutObject"],"Resource":"{arn}/*"}},{{"Sid":"Delete","Effect":"Deny","Principal":"*","Action":"s3:Delete*","Resource":"{arn}/*","Condition":{{"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/admin-*"}}}}}}]}}}}"#
        )
    }

    fn request(&self, dice: &Dice, entity: usize) -> Request {
        let aim = Aim::throw(dice);
        let mut request = match aim {
            Aim::Allow => self.allowed(dice, entity),
            Aim::ExplicitDeny => self.denied(dice, entity),
            Aim::ImplicitDeny => self.not_allowed(dice, entity),
        };
        if dice.percent(25) {
            request.give("aws:SourceVpce", Value::One(format!("vpce-{}", self.ids[entity / self.roles])));
        }
        request
    }

    /// The statements of a role, own and managed, with an effect, in services that the SCPs of its account leave.
    fn statements(&self, entity: usize, is_deny: bool) -> Vec<&Statement> {
        let role = &self.entities[entity];
        let lists = self.lists_services(entity / self.roles);
        let managed = role.managed.iter().flat_map(|policy| &self.library[*policy]);
        let open = |statement: &&Statement| statement.is_deny == is_deny && (!lists || LISTED.contains(&SERVICES[statement.service].name));
        managed.chain(&role.own).filter(open).collect()
    }

    fn allowed(&self, dice: &Dice, entity: usize) -> Request {
        if dice.percent(25) {
            // By the policy of a bucket, here or in another account.
            let (account, number) = (entity / self.roles, dice.below(SHARED_OF_ACCOUNT));
            let named = *dice.pick(&self.named(account, number));
            let object = format!("{}/{:06x}", bucket(&self.ids[account], number), dice.below(1 << 24));
            return self.entities[named].caller.request(dice.text(&["s3:GetObject", "s3:PutObject"]), object, Aim::Allow, dice);
        }
        self.about(dice, entity, false, Aim::Allow)
    }

    /// About one of the role's statements; where it has none, about a bucket that nobody has.
    fn about(&self, dice: &Dice, entity: usize, is_deny: bool, aim: Aim) -> Request {
        let caller = &self.entities[entity].caller;
        let statements = self.statements(entity, is_deny);
        match statements.get(dice.below(statements.len())) {
            Some(statement) => statement.request(dice, caller, aim),
            None => caller.request("s3:GetObject".to_owned(), "arn:aws:s3:::nobody/x".to_owned(), aim, dice),
        }
    }

    fn denied(&self, dice: &Dice, entity: usize) -> Request {
        let mut request = self.about(dice, entity, false, Aim::ExplicitDeny);
        match dice.below(5) {
            0 if !self.statements(entity, true).is_empty() => return self.about(dice, entity, true, Aim::ExplicitDeny),
            1 if self.entities[entity].has_boundary => {
                request.action = "s3:PutBucketPolicy".to_owned();
                request.resource = bucket(&self.ids[entity / self.roles], 0);
            }
            2 => {
                let own = bucket(&self.ids[entity / self.roles], dice.below(SHARED_OF_ACCOUNT));
                (request.action, request.resource) = ("s3:DeleteObject".to_owned(), format!("{own}/x"));
            }
            // The RCP knows the service, and the owner of the bucket is a member.
            3 => {
                let own = bucket(&self.ids[entity / self.roles], dice.below(SHARED_OF_ACCOUNT));
                (request.action, request.resource) = ("s3:GetObject".to_owned(), format!("{own}/x"));
                request.give("aws:SecureTransport", Value::One("false".to_owned()));
            }
            _ => request.give("aws:RequestedRegion", Value::One("sa-east-1".to_owned())),
        }
        request
    }

    fn not_allowed(&self, dice: &Dice, entity: usize) -> Request {
        let role = &self.entities[entity];
        match dice.below(4) {
            // Every role may, but the boundary leaves it out.
            0 if role.has_boundary => role.caller.request("iam:GetRole".to_owned(), self.role_arn(entity), Aim::ImplicitDeny, dice),
            1 if self.lists_services(entity / self.roles) => {
                let secret = format!("arn:aws:secretsmanager:{}:{}:secret:all", dice.word(REGIONS), role.caller.account);
                role.caller.request("secretsmanager:GetSecretValue".to_owned(), secret, Aim::ImplicitDeny, dice)
            }
            _ => self.about(dice, entity, false, Aim::ImplicitDeny),
        }
    }
}

impl Role {
    fn json(&self) -> String {
        let mut statements: Vec<Json> = self.own.iter().map(Statement::json).collect();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        statements.push(statement(false, &texts(&["s3:GetObject", "s3:PutObject"]), &texts(&["arn:aws:s3:::shared-*"]), &[]));
        statements.push(statement(
            false,
            &texts(&["iam:Get*", "secretsmanager:GetSecretValue"]),
            &texts(&["arn:aws:iam::*:role/*", "arn:aws:secretsmanager:*:*:secret:all"]),
            &[],
        ));
        let mut policies: Vec<Json> = self.managed.iter().map(|policy| Json::text(format!("common-{policy}"))).collect();
        policies.push(document(statements));
        let tags = self.caller.tags.iter().fold(Json::object(), |tags, (key, value)| tags.with(*key, Json::text(value)));
        Json::object()
            .with("name", Json::text(&self.name))
            .with("policies", Json::List(policies))
            .with_some("boundary", self.has_boundary.then(|| Json::text("boundary")))
            .with("tags", tags)
            .to_string()
    }
}

/// What a unit that lists services has in place of the policy that allows everything.
fn listed_services() -> String {
    let actions: Vec<String> = LISTED.iter().map(|service| format!("{service}:*")).collect();
    document(vec![statement(false, &actions, &["*".to_owned()], &[])]).to_string()
}

/// The SCP of a unit beside the one that allows.
fn scp(depth: usize, number: usize) -> String {
    let statement = match depth {
        0 => r#"{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","cloudfront:*","route53:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1","eu-central-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin-*"}}}"#.to_owned(),
        1 => format!(r#"{{"Sid":"Trail{number}","Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail","config:Delete*","guardduty:D*Detector*"],"Resource":"*","Condition":{{"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/admin-{number}"}}}}}}"#),
        2 => format!(r#"{{"Sid":"Metadata{number}","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{{"StringNotEquals":{{"ec2:MetadataHttpTokens":"required"}}}}}}"#),
        3 => format!(r#"{{"Sid":"Roles{number}","Effect":"Deny","Action":["iam:*Policy*","iam:*Role"],"Resource":["arn:aws:iam::*:role/baseline/*","arn:aws:iam::*:policy/baseline-{number}/*"]}}"#),
        _ => format!(r#"{{"Sid":"Leave{number}","Effect":"Deny","Action":["organizations:LeaveOrganization","account:CloseAccount"],"Resource":"*"}}"#),
    };
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}
