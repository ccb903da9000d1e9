//! A small JSON reader that keeps numbers as written, and a linker that puts documents in the place of their names.

use portcullis_reference::Value;

/// Reads one JSON text.
pub(crate) fn read_json(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text };
    let value = reader.value()?;
    reader.skip_space();
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.fault("the end")) }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn fault(&self, wanted: &str) -> String {
        format!("expected {wanted} before `{}`", self.rest.chars().take(20).collect::<String>())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(self.fault(token)) }
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.take("{") {
            let mut members = Vec::new();
            while !self.take("}") {
                if !members.is_empty() {
                    self.need(",")?;
                }
                self.need("\"")?;
                let name = self.string()?;
                self.need(":")?;
                members.push((name, self.value()?));
            }
            return Ok(Value::Object(members));
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                if !items.is_empty() {
                    self.need(",")?;
                }
                items.push(self.value()?);
            }
            return Ok(Value::Array(items));
        }
        if self.take("\"") {
            return self.string().map(Value::String);
        }
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if self.take(word) {
                return Ok(value);
            }
        }
        let in_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = self.rest.find(|c| !in_number(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(length);
        if number.is_empty() {
            return Err(self.fault("a value"));
        }
        self.rest = rest;
        Ok(Value::Number(number.to_string()))
    }

    /// The rest of a string whose opening quote has been read.
    fn string(&mut self) -> Result<String, String> {
        let mut units: Vec<u16> = Vec::new();
        let mut characters = self.rest.chars();
        loop {
            let mut next = || characters.next().ok_or("a string does not end");
            let character = match next()? {
                '"' => break,
                '\\' => match next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let hex: String = [next()?, next()?, next()?, next()?].iter().collect();
                        units.push(u16::from_str_radix(&hex, 16).map_err(|error| error.to_string())?);
                        continue;
                    }
                    other => other,
                },
                other => other,
            };
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
        }
        self.rest = characters.as_str();
        String::from_utf16(&units).map_err(|error| error.to_string())
    }
}

/// A member of an object.
pub(crate) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.iter().find(|(own, _)| own == name).map(|(_, value)| value),
        _ => None,
    }
}

/// The text of a string.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The items of an array.
pub(crate) fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

const FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const RCP_FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// The document that a name or ARN stands for; the account is the one whose names count, if any.
fn linked(reference: &str, account: Option<&Value>) -> Option<Value> {
    for policy in items(account.and_then(|account| member(account, "managed_policies"))) {
        let name = member(policy, "name").and_then(text)?;
        let path = member(policy, "path").and_then(text).unwrap_or("/");
        let account_id = account.and_then(|account| member(account, "id")).and_then(text)?;
        if reference == name || reference == format!("arn:aws:iam::{account_id}:policy{path}{name}") {
            return member(policy, "document").cloned();
        }
    }
    match reference {
        "FullAWSAccess" => read_json(FULL_ACCESS).ok(),
        "RCPFullAWSAccess" => read_json(RCP_FULL_ACCESS).ok(),
        _ => None,
    }
}

fn link_in_place(value: &mut Value, account: Option<&Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| link_in_place(item, account)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("policies" | "scps" | "rcps", Value::Array(items)) => items.iter_mut().for_each(|item| link_document(item, account)),
                    ("boundary" | "trust" | "policy", document) => link_document(document, account),
                    ("groups" | "users" | "roles" | "resources" | "vpc_endpoints" | "units" | "root", inner) => {
                        link_in_place(inner, account);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn link_document(value: &mut Value, account: Option<&Value>) {
    if let Some(document) = text(value).and_then(|reference| linked(reference, account)) {
        *value = document;
    }
}

/// Puts documents in the place of their names everywhere in a world.
pub(crate) fn link_world(world: &Value) -> Value {
    let mut linked = world.clone();
    if let Value::Object(members) = &mut linked {
        for (name, member) in members {
            match (name.as_str(), member) {
                ("organization", organization) => link_in_place(organization, None),
                ("accounts", Value::Array(accounts)) => {
                    for account in accounts {
                        let names = account.clone();
                        link_in_place(account, Some(&names));
                    }
                }
                _ => {}
            }
        }
    }
    linked
}

/// Puts documents in the place of names in a request's session; the names are those of the caller's account.
pub(crate) fn link_request(request: &Value, world: &Value) -> Value {
    let caller_account = member(request, "principal").and_then(text).and_then(|arn| arn.split(':').nth(4));
    let declared = items(member(world, "accounts"));
    let account = declared.iter().find(|account| member(account, "id").and_then(text) == caller_account);
    let mut linked = request.clone();
    if let Value::Object(members) = &mut linked {
        let session = members.iter_mut().find(|(name, _)| name == "session");
        session.into_iter().for_each(|(_, session)| link_in_place(session, account));
    }
    linked
}
