//! Worlds that are bad for an index: nothing that a prefix or a literal could tell apart.

use super::{alice, one_user_world};
use crate::dice::Dice;
use crate::draw::Drawer;
use crate::policy::{Condition, statement};
use crate::request::{Aim, Request, Value};
use crate::{Options, Workload};

/// Bytes of one resource pattern that the compiler reads: a chain of prefixes ends there and another begins.
const PATTERN_BYTES_MAX: usize = 1_900;

/// One user, statements in order, and requests about a drawn one.
fn workload(options: &Options, count: usize, text: impl Fn(usize) -> String, about: impl Fn(&Dice, Aim, usize) -> Request) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let drawer = Drawer::new(options.draw, count, &dice);
    let requests = (0..options.requests)
        .map(|_| {
            let aim = Aim::throw(&dice);
            about(&dice, aim, drawer.next(&dice))
        })
        .collect();
    Workload { world: one_user_world((0..count).map(text)), files: Vec::new(), requests }
}

fn plain(is_deny: bool, action: &str, resource: String) -> String {
    statement(is_deny, &[action.to_owned()], &[resource], &[]).to_string()
}

/// Statement *n* allows `s3:GetObject` on everything below *n* folders, so a request matches as many statements as its key is deep. The Deny statements are as deep, on
/// another action.
pub(crate) fn nested_prefixes(options: &Options, statements: usize) -> Workload {
    let depth_max = (PATTERN_BYTES_MAX - 40) / 2;
    let place = move |index: usize| format!("arn:aws:s3:::nested-{}/{}", index / depth_max, "a/".repeat(index % depth_max + 1));
    let text = move |index: usize| {
        plain(index % 8 == 7, if index % 8 == 7 { "s3:PutObject" } else { "s3:GetObject" }, format!("{}*", place(index)))
    };
    workload(options, statements, text, move |dice, aim, drawn| {
        let (action, key) = match aim {
            Aim::Allow => ("s3:GetObject", format!("{}x", place(drawn))),
            // Below the eighth folder every key is denied.
            Aim::ExplicitDeny => ("s3:PutObject", format!("{}x", place((drawn | 7).min(statements - 1)))),
            Aim::ImplicitDeny if dice.percent(50) => ("s3:DeleteObject", format!("{}x", place(drawn))),
            Aim::ImplicitDeny => ("s3:GetObject", place(drawn).replacen("nested", "other", 1)),
        };
        alice().request(action.to_owned(), key, aim, dice)
    })
}

/// Statement *n* names its word in the middle of any key: `*word*`.
pub(crate) fn inner_patterns(options: &Options, statements: usize) -> Workload {
    let word = |index: usize| format!("-{:05x}-", index.wrapping_mul(0x9_e377) % (1 << 20));
    let is_deny = |index: usize| index % 8 == 7;
    let text = move |index: usize| plain(is_deny(index), "s3:GetObject", format!("arn:aws:s3:::*{}*", word(index)));
    workload(options, statements, text, move |dice, aim, drawn| {
        let index = match aim {
            Aim::ExplicitDeny => (drawn | 7).min(statements - 1),
            _ if is_deny(drawn) => drawn - 1,
            _ => drawn,
        };
        let middle = match aim {
            Aim::ImplicitDeny => format!("-none{}", dice.below(1 << 16)),
            _ => word(index),
        };
        let resource =
            format!("arn:aws:s3:::bucket-{}/{:06x}{middle}{:06x}.json", dice.below(100), dice.below(1 << 24), dice.below(1 << 24));
        alice().request("s3:GetObject".to_owned(), resource, aim, dice)
    })
}

/// Statement *n* is on every resource, where a tag of the request is like its word and the caller comes through TLS.
pub(crate) fn conditions(options: &Options, statements: usize) -> Workload {
    let word = |index: usize| format!("team-{:05x}", index.wrapping_mul(0x9_e377) % (1 << 20));
    let is_deny = |index: usize| index % 8 == 7;
    let text = move |index: usize| {
        // A third of them with a wildcard in front, which no index takes.
        let pattern = if index.is_multiple_of(3) { format!("*-{}", word(index)) } else { format!("{}-*", word(index)) };
        let tests = [Condition::new("StringLike", "aws:RequestTag/owner", &[&pattern], "", ""), Condition::tls()];
        statement(is_deny(index), &["ec2:CreateTags".to_owned()], &["*".to_owned()], &tests).to_string()
    };
    workload(options, statements, text, move |dice, aim, drawn| {
        let index = match aim {
            Aim::ExplicitDeny => (drawn | 7).min(statements - 1),
            _ if is_deny(drawn) => drawn - 1,
            _ => drawn,
        };
        let word = if aim == Aim::ImplicitDeny { "nobody".to_owned() } else { word(index) };
        let owner = if index.is_multiple_of(3) { format!("x{}-{word}", dice.below(1000)) } else { format!("{word}-x{}", dice.below(1000)) };
        let resource = format!("arn:aws:ec2:eu-west-1:111111111111:instance/i-{:08x}", dice.below(1 << 32));
        let mut request = alice().request("ec2:CreateTags".to_owned(), resource, aim, dice);
        request.give("aws:RequestTag/owner", Value::One(owner));
        request
    })
}
