//! The generators, one file for each family of shapes.

pub(crate) mod hostile;
pub(crate) mod one_account;
pub(crate) mod one_user;
pub(crate) mod organization;
pub(crate) mod principals;
pub(crate) mod statements;

use crate::json::Json;
use crate::policy::Caller;

/// The account of worlds that have one.
pub(crate) const ACCOUNT: &str = "111111111111";

/// A world of accounts without an organization.
pub(crate) fn world(accounts: Vec<Json>) -> Json {
    Json::object().with("version", Json::Number("1".to_owned())).with("accounts", Json::List(accounts))
}

/// The world of one user with these statements, in documents as long as the compiler reads them.
pub(crate) fn one_user_world(statements: impl Iterator<Item = String>) -> String {
    // The limits are 4,096 statements and 1 MiB.
    const STATEMENTS_MAX: usize = 4_096;
    const BYTES_MAX: usize = 1_000_000;
    let mut world = format!(r#"{{"version":1,"accounts":[{{"id":"{ACCOUNT}","users":[{{"name":"alice","policies":["#);
    let (mut count, mut start) = (STATEMENTS_MAX, 0);
    for (index, statement) in statements.enumerate() {
        if count == STATEMENTS_MAX || world.len() - start + statement.len() > BYTES_MAX {
            world.push_str(if index == 0 { "\n" } else { "]},\n" });
            (count, start) = (0, world.len());
            world.push_str(r#"{"Version":"2012-10-17","Statement":["#);
        } else {
            world.push_str(",\n");
        }
        world.push_str(&statement);
        count += 1;
    }
    world.push_str("]}]}]}]}\n");
    world
}

/// The caller of [`one_user_world`].
pub(crate) fn alice() -> Caller {
    Caller { account: ACCOUNT.to_owned(), arn: format!("arn:aws:iam::{ACCOUNT}:user/alice"), tags: Vec::new() }
}
