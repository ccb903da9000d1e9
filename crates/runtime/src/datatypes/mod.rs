//! How the texts of condition values are read: numbers, dates, addresses, base64 and letter case.
//!
//! The compiler stores policy values in the normal forms of this module and the evaluator reads request values with it, so there is
//! one reading of each type. Each type has a borrowed form, which the evaluator uses and which allocates nothing, and, where texts are stored, an
//! owned one whose `text()` is the normal form: equal values have equal text.
//!
//! Rules: S-508 (letter case), S-510 (numbers), S-511 (dates), S-513 (base64), S-514 (addresses). A text that is not of the type gives `None`; what
//! that means is the operator's business (S-524, S-525).

mod address;
mod base64;
mod case;
mod date;
mod number;
#[cfg(test)]
mod tests;

pub use address::{Address, Cidr};
pub use base64::base64_is_canonical;
pub use case::{UNICODE_VERSION, equal_folded, fold, fold_char, is_folded};
pub use date::{Instant, Moment};
pub use number::{Decimal, Number};
