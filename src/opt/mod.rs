//! The optimizer: what makes decisions cheaper and changes none of them.
//!
//! In: the program and the linked world. Out: plans that later stages follow. One file for each pass; its head says why no decision changes.

mod merge;
#[cfg(test)]
mod tests;

pub use merge::merge;
