//! iam-rs: the same documents, parsed once.

use super::{Outcome, Peer, context};
use crate::estate::{Asker, Statement};
use ::iam_rs::{Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
use portcullis_workloads::Request;

pub struct IamRs;

impl Peer for IamRs {
    const NAME: &'static str = "iam-rs";
    const LACKS: &'static str = "variables of the caller in condition values (it fills them into resources alone)";
    type Set = PolicyEvaluator;
    type Request = IAMRequest;

    fn expresses(statement: &Statement) -> bool {
        !statement.has_variable_in_condition()
    }

    fn combines() -> bool {
        true
    }

    fn set(statements: &[&Statement], _: &[String]) -> Result<PolicyEvaluator, String> {
        let statements: Vec<&serde_json::Value> = statements.iter().map(|statement| &statement.json).collect();
        let text = serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let policy = IAMPolicy::from_json(&text).map_err(|error| error.to_string())?;
        // Its default stops at 1,000 statements.
        let options = EvaluationOptions { max_statements: usize::MAX, ..EvaluationOptions::default() };
        Ok(PolicyEvaluator::with_policies(vec![policy]).with_options(options))
    }

    fn request(request: &Request, asker: &Asker) -> Result<IAMRequest, String> {
        let value = |text: &str| match text {
            "true" => ContextValue::Boolean(true),
            "false" => ContextValue::Boolean(false),
            _ => ContextValue::String(text.to_owned()),
        };
        let context = context(request, asker)?.into_iter().map(|(key, text)| (key, value(text))).collect();
        let principal = Principal::Aws(PrincipalId::String(asker.arn.clone()));
        let resource = Arn::parse(&request.resource).map_err(|error| format!("{error:?}"))?;
        Ok(IAMRequest::new_with_context(principal, request.action.as_str(), resource, Context::with_data(context)))
    }

    fn evaluate(set: &mut PolicyEvaluator, request: &IAMRequest) -> Outcome {
        match set.evaluate(request).map(|result| result.decision) {
            Ok(Decision::Allow) => Outcome::Allow,
            Ok(Decision::NotApplicable) => Outcome::Silent,
            // An error is no decision, and its caller denies.
            Ok(Decision::Deny) | Err(_) => Outcome::Deny,
        }
    }
}
