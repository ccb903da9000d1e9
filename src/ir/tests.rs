//! Normal forms.

use super::{Atom, lower, print};
use crate::diag::{FileId, Span};
use crate::syntax::policy::*;

fn condition(qualifier: Qualifier, base: BaseOperator, if_exists: bool, values: &[&str]) -> Condition {
    let text = |value: &&str| ConditionValue::Text(vec![Piece::Literal((*value).to_owned())]);
    let operator = Operator { qualifier, base, if_exists };
    let texts = values.iter().map(|value| (*value).into()).collect();
    let written = WrittenCondition { operator: "any".into(), key: "K".into(), values: texts, variables: Vec::new() };
    Condition { operator, key: "k".to_owned(), values: values.iter().map(text).collect(), written }
}

fn document(conditions: Vec<Condition>) -> Document {
    let statement = Statement {
        span: Span { file: FileId(0), start: 0, end: 0 },
        sid: None,
        effect: Effect::Allow,
        principal: None,
        action: ActionElement { negated: false, patterns: vec![ActionPattern { pieces: vec![Piece::Star] }] },
        resource: Some(ResourceElement { negated: false, patterns: vec![ResourcePattern::All], written_variables: Vec::new() }),
        conditions,
    };
    Document { version: Version::V2012, statements: vec![statement] }
}

#[test]
fn alternatives_are_sorted_and_distinct_so_equal_conditions_are_one_atom() {
    let first = document(vec![condition(Qualifier::None, BaseOperator::StringEquals, false, &["b", "a", "b"])]);
    let second = document(vec![condition(Qualifier::None, BaseOperator::StringEquals, false, &["a", "b"])]);
    let program = lower(vec![&first, &second]).unwrap();
    program.verify().unwrap();
    assert_eq!(program.documents[0], program.documents[1]);
    assert_eq!(program.atoms.len(), 3);
}

#[test]
fn an_idle_suffix_is_dropped_and_a_working_one_is_kept() {
    use BaseOperator::{StringEquals, StringNotEquals};
    use Qualifier::{ForAllValues, ForAnyValue, None};
    let kept = |qualifier, base| {
        let program = lower(vec![&document(vec![condition(qualifier, base, true, &["a"])])]).unwrap();
        program.atoms.iter().any(|atom| matches!(atom, Atom::Condition(test) if test.operator.if_exists))
    };
    assert!(kept(None, StringEquals));
    assert!(!kept(None, StringNotEquals), "S-517: on a negated operator it changes nothing");
    assert!(!kept(ForAllValues, StringEquals), "S-518: true for a missing key anyway");
    assert!(kept(ForAnyValue, StringNotEquals), "S-519 is false for a missing key, S-522 true");
}

#[test]
fn the_text_form_is_stable() {
    let document = document(vec![condition(Qualifier::ForAnyValue, BaseOperator::StringLike, true, &["a*"])]);
    let expected =
        "document 0\n  0: allow a0 a1 a2\na0 = action [*]\na1 = resource [*]\na2 = ForAnyValue:StringLikeIfExists k [\"a${*}\"]\n";
    assert_eq!(print(&lower(vec![&document]).unwrap()), expected);
}
