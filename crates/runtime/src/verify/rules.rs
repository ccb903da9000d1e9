//! Checks that several sections share.

use crate::error::{Fault, OpenError};
use crate::format::{NONE, SectionKind, U32, is_entity_name};
use crate::views::{self, Views};
use alloc::vec;
use alloc::vec::Vec;

/// The result of a check.
pub(super) type Checked<T = ()> = Result<T, OpenError>;

/// An error about a section.
pub(super) fn invalid<T>(section: SectionKind, message: &'static str) -> Checked<T> {
    Err(OpenError::section(section, message))
}

/// A condition that must hold.
pub(super) fn ensure(holds: bool, section: SectionKind, message: &'static str) -> Checked {
    if holds { Ok(()) } else { invalid(section, message) }
}

/// An id must be below the number of records of its kind.
pub(super) fn ensure_id(id: U32, count: usize, section: SectionKind, message: &'static str) -> Checked {
    ensure((id.get() as usize) < count, section, message)
}

/// An id that may be absent.
pub(super) fn ensure_optional_id(id: U32, count: usize, section: SectionKind, message: &'static str) -> Checked {
    if id.get() == NONE { Ok(()) } else { ensure_id(id, count, section, message) }
}

/// The records of a range, which must lie in bounds.
pub(super) fn range<T>(records: &[T], first: U32, len: U32, section: SectionKind) -> Checked<&[T]> {
    views::range(records, first, len).map_err(|_| OpenError::section(section, "a range is out of bounds"))
}

/// A look-up that follows ids which are verified already.
pub(super) fn found<T>(result: Result<T, Fault>, section: SectionKind) -> Checked<T> {
    result.map_err(|_| OpenError::section(section, "an id is out of bounds"))
}

/// Adjacent records must be strictly ascending.
pub(super) fn ensure_ascending<K: Ord>(keys: impl IntoIterator<Item = K>, section: SectionKind, message: &'static str) -> Checked {
    let mut previous = None;
    for key in keys {
        if previous.as_ref().is_some_and(|previous| *previous >= key) {
            return invalid(section, message);
        }
        previous = Some(key);
    }
    Ok(())
}

/// Ranges into one array may overlap, so that equal lists are stored once; walking each of them could then take time that is not linear in the
/// bundle's size. The budget allows eight times the array and 16 Mi entries more, which no honest bundle needs and which takes a fraction of a second.
pub(super) struct Budget {
    left: u64,
    section: SectionKind,
}

impl Budget {
    pub(super) fn new(records: usize, section: SectionKind) -> Budget {
        let left = (records as u64).saturating_mul(8).saturating_add(1 << 24);
        Budget { left, section }
    }

    /// Pays for a walk over a range.
    pub(super) fn spend(&mut self, len: usize) -> Checked {
        match self.left.checked_sub(len as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => invalid(self.section, "ranges overlap too much"),
        }
    }
}

/// A set of ids.
pub(super) struct IdSet {
    words: Vec<u64>,
}

impl IdSet {
    pub(super) fn new(count: usize) -> IdSet {
        IdSet { words: vec![0; count.div_ceil(64)] }
    }

    /// Adds an id; whether it is new. Ids beyond the set's size are never new.
    pub(super) fn insert(&mut self, id: u32) -> bool {
        let bit = 1_u64.checked_shl(id & 63).unwrap_or(0);
        let Some(word) = self.words.get_mut(id as usize >> 6) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// The forms in which a string may have to be. Each string is checked once for each form, however many records refer to it.
pub(super) struct Texts {
    folded: IdSet,
    number: IdSet,
    date: IdSet,
    base64: IdSet,
    ascii_folded: IdSet,
    entity_name: IdSet,
}

/// A form of [`Texts`].
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Simple case folding changes nothing.
    Folded,
    /// A number in normal form.
    Number,
    /// An instant in normal form.
    Date,
    /// Canonical base64.
    Base64,
    /// Without ASCII capitals.
    AsciiFolded,
    /// A name of a user, role, group or managed policy.
    EntityName,
}

impl Texts {
    pub(super) fn new(strings: usize) -> Texts {
        let set = || IdSet::new(strings);
        Texts { folded: set(), number: set(), date: set(), base64: set(), ascii_folded: set(), entity_name: set() }
    }

    /// The symbol must be one, and its text of the form.
    pub(super) fn ensure(&mut self, views: &Views<'_>, symbol: U32, form: Form, section: SectionKind) -> Checked {
        use crate::datatypes::{Moment, Number, base64_is_canonical, is_folded};
        ensure_id(symbol, views.strings.len(), section, "a symbol is out of bounds")?;
        let seen = match form {
            Form::Folded => &mut self.folded,
            Form::Number => &mut self.number,
            Form::Date => &mut self.date,
            Form::Base64 => &mut self.base64,
            Form::AsciiFolded => &mut self.ascii_folded,
            Form::EntityName => &mut self.entity_name,
        };
        if !seen.insert(symbol.get()) {
            return Ok(());
        }
        let text = found(views.text_str(symbol), section)?;
        let is_normal = match form {
            Form::Folded => is_folded(text),
            Form::Number => Number::parse(text).is_some_and(|number| number.text() == text),
            Form::Date => Moment::parse_seconds(text).is_some_and(|moment| crate::datatypes::Instant::from(&moment).text() == text),
            Form::Base64 => base64_is_canonical(text),
            Form::AsciiFolded => is_ascii_folded(text),
            Form::EntityName => return ensure(is_entity_name(text), section, "a name has a character that none may have"),
        };
        ensure(is_normal, section, "a text is not in its normal form")
    }
}

/// Whether ASCII folding changes nothing.
pub(super) fn is_ascii_folded(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A hash index must hold exactly `count` ids, each of which its own look-up finds. The look-ups also show that keys are distinct.
pub(super) fn ensure_index(
    index: &[U32],
    ids: impl Iterator<Item = u32>,
    section: SectionKind,
    mut look_up: impl FnMut(u32) -> Result<Option<u32>, Fault>,
) -> Checked {
    let mut count = 0_usize;
    for id in ids {
        count = count.saturating_add(1);
        ensure(found(look_up(id), section)? == Some(id), section, "an entry is not found by its key")?;
    }
    let used = index.iter().filter(|slot| slot.get() != NONE).count();
    ensure(used == count, section, "the index holds other ids than it should")
}

/// The length of a hash index; checked before anything is looked up in it.
pub(super) fn ensure_index_length(index: &[U32], count: usize, ids_below: usize, section: SectionKind) -> Checked {
    let is_empty = count == 0 && index.is_empty();
    let fits = index.len().is_power_of_two() && index.len() >= count.saturating_mul(2);
    ensure(is_empty || fits, section, "the index has a wrong length")?;
    let in_bounds = index.iter().all(|slot| slot.get() == NONE || (slot.get() as usize) < ids_below);
    ensure(in_bounds, section, "an id is out of bounds")
}
