//! The cold sections: places and origins for whatever a description gave none, and statements in letters of their own.

use super::Builder;
use crate::format::*;
use std::collections::BTreeMap;

impl Builder {
    #[cfg(not(feature = "explain"))]
    pub(super) fn write_cold(&mut self) {}

    #[cfg(feature = "explain")]
    pub(super) fn write_cold(&mut self) {
        let members: Vec<SliceMember> = self.records(SectionKind::SliceMembers);
        let attachments = members.iter().map(|member| member.attachment.get() as usize + 1).max().unwrap_or(0);
        for id in self.explanations.attachments.len()..attachments {
            self.attachment(&format!("places[{id}]"), id as u64, None);
        }
        self.write_statements();
        let levels: Vec<U32> = self.records(SectionKind::ChainLevels);
        let named = |index| if index == 0 { "r-y".to_string() } else { format!("ou-{index}") };
        self.explanations.levels = (0..levels.len()).map(|index| cold::ChainLevel::Unit(self.text_of(&named(index)))).collect();
        let accounts: Vec<AccountRecord> = self.records(SectionKind::Accounts);
        let declared = accounts.iter().filter(|account| account.flags.get() & ACCOUNT_DECLARED != 0);
        let summary = cold::Summary { accounts: declared.count() as u64, ..cold::Summary::default() };
        self.sections.insert(SectionKind::Summary, cold::encode(&summary).unwrap());
        self.sections.insert(SectionKind::Explanations, cold::encode(&self.explanations).unwrap());
    }

    /// The index of a text, which is added if it is new.
    fn text_of(&mut self, text: &str) -> u32 {
        let texts = &mut self.explanations.texts;
        let index = texts.iter().position(|other| other == text).unwrap_or_else(|| {
            texts.push(text.to_string());
            texts.len() - 1
        });
        u32::try_from(index).unwrap()
    }

    /// Conditions that are written as their atoms are, or as the description spelled them.
    fn write_statements(&mut self) {
        let statements: Vec<StatementRecord> = self.records(SectionKind::Statements);
        let conditions: Vec<U32> = self.records(SectionKind::StatementConditions);
        let mut known: BTreeMap<u32, u32> = BTreeMap::new();
        let spelled = std::mem::take(&mut self.spelled);
        for (index, statement) in statements.iter().enumerate() {
            let first = statement.conditions_first.get() as usize;
            let own = &conditions[first..first + statement.conditions_len.get() as usize];
            let mut written = cold::WrittenStatement::default();
            for atom in own {
                let next = u32::try_from(self.explanations.conditions.len()).unwrap();
                let id = *known.entry(atom.get()).or_insert(next);
                if id == next {
                    let condition = match spelled.get(&atom.get()) {
                        Some((operator, key, values)) => self.spell(atom.get(), operator, key, values),
                        None => self.spell(atom.get(), "Any", "any", &[]),
                    };
                    self.explanations.conditions.push(condition);
                }
                written.conditions.push(id);
            }
            self.explanations.statements[index].written = u32::try_from(self.explanations.written.len()).unwrap();
            self.explanations.written.push(written);
        }
    }

    fn spell(&mut self, atom: u32, operator: &str, key: &str, values: &[String]) -> cold::WrittenCondition {
        let variable = |value: &String| value.find("${").map(|from| value[from..=value.find('}').unwrap()].to_string());
        let variables: Vec<String> = values.iter().filter_map(variable).collect();
        cold::WrittenCondition {
            atom,
            operator: self.text_of(operator),
            key: self.text_of(key),
            values: values.iter().map(|value| self.text_of(value)).collect(),
            variables: variables.iter().map(|variable| self.text_of(variable)).collect(),
        }
    }
}
