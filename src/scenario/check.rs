//! Comparing an answer with what a scenario expects.

use super::types::{Answer, Expect, ExpectedDecision, ExpectedMatch, Explained, Matched, Refusal};

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The member of the decision, such as `reason` or `layers.scp`; `error` for refusals.
    pub member: String,
    /// What the scenario states.
    pub expected: String,
    /// What came out.
    pub actual: String,
}

impl Mismatch {
    fn new(member: impl Into<String>, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Mismatch { member: member.into(), expected: expected.into(), actual: actual.into() }
    }
}

/// Everything in which an answer, or a refusal, is not as expected.
pub(super) fn mismatches(expect: &Expect, actual: &Result<Answer, Refusal>) -> Vec<Mismatch> {
    match (expect, actual) {
        (Expect::Error(code), Err(refusal)) if *code == refusal.code => Vec::new(),
        (Expect::Error(code), Err(refusal)) => vec![Mismatch::new("error", code, &refusal.code)],
        (Expect::Error(code), Ok(answer)) => vec![Mismatch::new("error", code, format!("{} ({})", answer.decision, answer.reason))],
        (Expect::Decision(expected), Err(refusal)) => {
            let wanted = expected.decision.as_deref().or(expected.reason.as_deref()).unwrap_or("a decision");
            vec![Mismatch::new("decision", wanted, format!("error {}: {}", refusal.code, refusal.message))]
        }
        (Expect::Decision(expected), Ok(answer)) => decision(expected, answer),
    }
}

fn decision(expected: &ExpectedDecision, answer: &Answer) -> Vec<Mismatch> {
    let mut found = Vec::new();
    compare(&mut found, "decision", expected.decision.as_deref(), Some(answer.decision));
    compare(&mut found, "reason", expected.reason.as_deref(), Some(answer.reason));
    compare(&mut found, "layer", expected.layer.as_deref(), Some(answer.layer));
    let nothing = Explained::default();
    let explained = answer.explanation.as_ref().unwrap_or(&nothing);
    for (layer, outcome) in &expected.layers {
        let actual = explained.layers.iter().find(|(name, _)| name == layer).map(|(_, outcome)| *outcome);
        compare(&mut found, &format!("layers.{layer}"), Some(outcome), actual);
    }
    compare(&mut found, "resource_account", expected.resource_account.as_deref(), explained.resource_account.as_deref());
    compare(&mut found, "resource_account_from", expected.resource_account_from.as_deref(), Some(explained.resource_account_from));
    if let Some(matched) = &expected.matched {
        let same =
            matched.len() == explained.matched.len() && matched.iter().zip(&explained.matched).all(|(left, right)| fits(left, right));
        if !same {
            let expected: Vec<String> = matched.iter().map(show_expected).collect();
            let actual: Vec<String> = explained.matched.iter().map(show_matched).collect();
            found.push(Mismatch::new("matched", listed(&expected), listed(&actual)));
        }
    }
    found
}

fn compare(found: &mut Vec<Mismatch>, member: &str, expected: Option<&str>, actual: Option<&str>) {
    if let Some(expected) = expected
        && actual != Some(expected)
    {
        found.push(Mismatch::new(member, expected, actual.unwrap_or("nothing")));
    }
}

fn fits(expected: &ExpectedMatch, actual: &Matched) -> bool {
    let text = |expected: &Option<String>, actual: Option<&str>| expected.as_deref().is_none_or(|expected| actual == Some(expected));
    let number = |expected: Option<u64>, actual: Option<u64>| expected.is_none_or(|expected| actual == Some(expected));
    text(&expected.policy, Some(&actual.policy))
        && number(expected.statement, actual.statement)
        && text(&expected.sid, actual.sid.as_deref())
        && text(&expected.effect, Some(actual.effect))
        && text(&expected.file, actual.file.as_deref())
        && number(expected.line, actual.line)
        && number(expected.column, actual.column)
}

fn show_expected(entry: &ExpectedMatch) -> String {
    show(entry.policy.as_deref(), entry.statement, entry.effect.as_deref())
}

fn show_matched(entry: &Matched) -> String {
    show(Some(&entry.policy), entry.statement, Some(entry.effect))
}

fn show(policy: Option<&str>, statement: Option<u64>, effect: Option<&str>) -> String {
    let statement = statement.map(|index| format!("[{index}]")).unwrap_or_default();
    let effect = effect.map(|effect| format!(" {effect}")).unwrap_or_default();
    format!("{}{statement}{effect}", policy.unwrap_or("?"))
}

fn listed(entries: &[String]) -> String {
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}
