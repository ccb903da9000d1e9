//! W4: one principal with any number of statements, each on a resource of its own.
//!
//! Every eighth statement denies. Half of the requests that nothing allows name a resource that no statement knows, the others an action that the statement
//! of their resource leaves out.

use super::{alice, one_user_world};
use crate::dice::Dice;
use crate::draw::Drawer;
use crate::request::{Aim, Request};
use crate::{Options, Workload};

/// The actions of an Allow statement, by its number, and one that it leaves out.
const ACTIONS: [(&[&str], &str); 3] = [
    (&["s3:GetObject"], "s3:PutObject"),
    (&["s3:GetObject", "s3:PutObject"], "s3:DeleteObject"),
    (&["s3:GetObject", "s3:GetObjectTagging", "s3:PutObjectTagging"], "s3:PutObject"),
];
const DENY_EVERY: usize = 8;
/// Odd, so that multiplying by it modulo 2^32 gives different numbers for different numbers.
const SCATTER: u32 = 0x9e37_79b1;

pub(crate) fn generate(options: &Options, statements: usize) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let salt = dice.below(1 << 32) as u32;
    let drawer = Drawer::new(options.draw, statements, &dice);
    let requests = (0..options.requests).map(|_| request(&dice, salt, statements, drawer.next(&dice))).collect();
    Workload { world: one_user_world((0..statements).map(|index| statement(salt, index))), files: Vec::new(), requests }
}

fn is_deny(index: usize) -> bool {
    index % DENY_EVERY == DENY_EVERY - 1
}

/// What stands before the `*` of a statement's resource. No two are equal, and none is a prefix of another.
fn prefix(salt: u32, index: usize) -> String {
    format!("arn:aws:s3:::lake-{:02}/tenants/{:08x}/", index % 32, (index as u32).wrapping_mul(SCATTER) ^ salt)
}

fn statement(salt: u32, index: usize) -> String {
    let (effect, actions) =
        if is_deny(index) { ("Deny", r#""s3:*""#.to_owned()) } else { ("Allow", list(ACTIONS[index % ACTIONS.len()].0)) };
    format!(r#"{{"Effect":"{effect}","Action":{actions},"Resource":"{}*"}}"#, prefix(salt, index))
}

fn list(actions: &[&str]) -> String {
    let quoted: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
    format!("[{}]", quoted.join(","))
}

fn request(dice: &Dice, salt: u32, statements: usize, drawn: usize) -> Request {
    let aim = Aim::throw(dice);
    // The nearest statement of the right effect; of very few statements none may deny.
    let index = match aim {
        Aim::ExplicitDeny => (drawn - drawn % DENY_EVERY + DENY_EVERY - 1).min(statements - 1),
        _ if is_deny(drawn) => drawn - 1,
        _ => drawn,
    };
    let (granted, left_out) = ACTIONS[index % ACTIONS.len()];
    let (action, index) = match aim {
        Aim::ImplicitDeny if dice.percent(50) => (left_out, index),
        Aim::ImplicitDeny => (dice.word(granted), index + statements),
        _ => (dice.word(granted), index),
    };
    let object = format!("{}day={:02}/part-{:04x}.parquet", prefix(salt, index), dice.between(1, 31), dice.below(1 << 16));
    alice().request(action.to_owned(), object, aim, dice)
}
