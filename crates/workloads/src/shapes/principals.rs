//! W5: very many principals over few sets of policies. Users of one account, each with two of its managed policies.
//!
//! Two, of four statements: a world may attach ten million statements, counted once for each place.

use super::ACCOUNT;
use crate::dice::Dice;
use crate::draw::Drawer;
use crate::policy::{Caller, document, service_arn, statement};
use crate::request::{Aim, Request};
use crate::{Options, Workload};
use std::fmt::Write;

/// Managed policies; their pairs are the sets.
const POLICIES: usize = 64;
/// Statements that allow, each on a service of its own; the fourth denies.
const ALLOWING: usize = 3;
const GRANTED: [&[&str]; ALLOWING] = [&["GetObject", "PutObject"], &["GetItem", "Query"], &["SendMessage", "ReceiveMessage"]];
const REFUSED: [&str; ALLOWING] = ["DeleteObject", "DeleteTable", "PurgeQueue"];

pub(crate) fn generate(options: &Options, principals: usize, sets: usize) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let mut pairs: Vec<(usize, usize)> = (0..POLICIES).flat_map(|left| (left + 1..POLICIES).map(move |right| (left, right))).collect();
    dice.shuffle(&mut pairs);
    pairs.truncate(sets.max(1));
    let set_of: Vec<u32> = (0..principals).map(|_| dice.below(pairs.len()) as u32).collect();
    let drawer = Drawer::new(options.draw, principals, &dice);
    let requests = (0..options.requests)
        .map(|_| {
            let principal = drawer.next(&dice);
            let (left, right) = pairs[set_of[principal] as usize];
            request(&dice, principal, if dice.percent(50) { left } else { right })
        })
        .collect();
    Workload { world: world(&pairs, &set_of), files: Vec::new(), requests }
}

/// Written as text at once: a tree of so many users would take many times its size.
fn world(pairs: &[(usize, usize)], set_of: &[u32]) -> String {
    let mut text = format!(r#"{{"version":1,"accounts":[{{"id":"{ACCOUNT}","managed_policies":["#);
    let mut first = true;
    let mut comma = |text: &mut String| text.push_str(if std::mem::take(&mut first) { "\n" } else { ",\n" });
    for policy in 0..POLICIES {
        comma(&mut text);
        let mut statements: Vec<_> = (0..ALLOWING)
            .map(|service| {
                let name = ["s3", "dynamodb", "sqs"][service];
                let actions: Vec<String> = GRANTED[service].iter().map(|action| format!("{name}:{action}")).collect();
                statement(false, &actions, &[format!("{}*", thing(service, policy))], &[])
            })
            .collect();
        statements.push(statement(true, &["s3:*".to_owned()], &[format!("{}*", secret(policy))], &[]));
        // INVARIANT: writing to a string cannot fail.
        let _ = write!(text, r#"{{"name":"{}","document":{}}}"#, name(policy), document(statements));
    }
    text.push_str("\n],\"users\":[");
    let mut first = true;
    let mut comma = |text: &mut String| text.push_str(if std::mem::take(&mut first) { "\n" } else { ",\n" });
    for (principal, set) in set_of.iter().enumerate() {
        comma(&mut text);
        let (left, right) = pairs[*set as usize];
        let _ = write!(text, r#"{{"name":"u{principal:07}","policies":["{}","{}"]}}"#, name(left), name(right));
    }
    text.push_str("\n]}]}\n");
    text
}

fn name(policy: usize) -> String {
    format!("policy-{policy:02}")
}

/// What stands before the `*` of a statement that allows.
fn thing(service: usize, policy: usize) -> String {
    format!("{}-", service_arn(service, ACCOUNT, "eu-west-1", &format!("store-{policy:02}")))
}

fn secret(policy: usize) -> String {
    format!("{}secret/", thing(0, policy))
}

fn request(dice: &Dice, principal: usize, policy: usize) -> Request {
    let aim = Aim::throw(dice);
    let service = if aim == Aim::ExplicitDeny { 0 } else { dice.below(ALLOWING) };
    let name = ["s3", "dynamodb", "sqs"][service];
    let action =
        format!("{name}:{}", if aim == Aim::ImplicitDeny && dice.percent(50) { REFUSED[service] } else { dice.word(GRANTED[service]) });
    let word = format!("{:06x}", dice.below(1 << 24));
    let resource = match aim {
        Aim::ExplicitDeny => format!("{}{word}", secret(policy)),
        // No policy names it.
        Aim::ImplicitDeny if !action.ends_with(REFUSED[service]) => format!("{}{word}", thing(service, POLICIES + policy)),
        _ => format!("{}{word}", thing(service, policy)),
    };
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/u{principal:07}");
    Caller { account: ACCOUNT.to_owned(), arn, tags: Vec::new() }.request(action, resource, aim, dice)
}
