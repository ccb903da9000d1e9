//! W1: one user with one policy of five statements, the smallest thing that is worth asking.

use super::{ACCOUNT, alice, one_user_world};
use crate::dice::Dice;
use crate::draw::Drawer;
use crate::request::{Aim, Request, Value};
use crate::{Options, Workload};

/// The statements. The second has a condition, the last denies.
const STATEMENTS: [&str; 5] = [
    r#"{"Sid":"Objects","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}"#,
    r#"{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::reports","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#,
    r#"{"Sid":"Jobs","Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage"],"Resource":"arn:aws:sqs:eu-west-1:111111111111:jobs-*"}"#,
    r#"{"Sid":"Orders","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:eu-west-1:111111111111:table/orders"}"#,
    r#"{"Sid":"Private","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::reports/private/*"}"#,
];

pub(crate) fn generate(options: &Options) -> Workload {
    let dice = Dice::new(options.seed, 0);
    let drawer = Drawer::new(options.draw, 1_000, &dice);
    let requests = (0..options.requests).map(|_| request(&dice, drawer.next(&dice))).collect();
    Workload { world: one_user_world(STATEMENTS.iter().map(|text| (*text).to_owned())), files: Vec::new(), requests }
}

/// A request for the object, queue or table of a number.
fn request(dice: &Dice, number: usize) -> Request {
    let aim = Aim::throw(dice);
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs-{number:03}");
    let table = |name: &str| format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{name}");
    let object = |folder: &str| format!("arn:aws:s3:::reports/{folder}/{number:03}.csv");
    let bucket = "arn:aws:s3:::reports".to_owned();
    let (action, resource) = match (aim, dice.below(4)) {
        (Aim::Allow, 0 | 1) => (dice.word(&["s3:GetObject", "s3:PutObject"]), object("2026")),
        (Aim::Allow, 2) => (dice.word(&["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]), queue),
        (Aim::Allow, _) if dice.percent(50) => ("s3:ListBucket", bucket),
        (Aim::Allow, _) => (dice.word(&["dynamodb:GetItem", "dynamodb:Query"]), table("orders")),
        (Aim::ExplicitDeny, _) => (dice.word(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]), object("private")),
        (Aim::ImplicitDeny, 0) => ("s3:DeleteObject", object("2026")),
        (Aim::ImplicitDeny, 1) => ("s3:ListBucket", bucket),
        (Aim::ImplicitDeny, 2) => ("sqs:PurgeQueue", queue),
        (Aim::ImplicitDeny, _) => ("dynamodb:GetItem", table(&format!("orders-{number:03}"))),
    };
    let mut request = alice().request(action.to_owned(), resource, aim, dice);
    if aim == Aim::ImplicitDeny {
        request.give("aws:SourceIp", Value::One(format!("198.51.100.{}", dice.below(256))));
    }
    request
}
