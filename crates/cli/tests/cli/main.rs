//! The command line, run as a user runs it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

mod bench;
mod common;
mod compile;
mod eval;
mod explain;
mod help;
mod messages;
mod scenarios;
mod sessions;
