//! Checks of this repository that are programs.
//!
//! - [`differential`] decides generated requests to generated worlds by the compiled path and by the reference, and
//!   shrinks what they disagree on; [`generate`] makes the worlds.
//! - [`atoms`] does the same for single patterns and conditions, with [`noise`] for values.
//! - [`demand`] checks against the reference which context keys a bundle says can matter.
//! - [`workload`] writes the worlds and requests that figures are measured on.
//! - [`near`] checks against the reference what an explanation says an implicit deny lacked, with [`retold`] for worlds whose statements lack a part.
//! - [`instructions`] counts what a decision costs; [`tidy`] keeps sources and documents in order.
//!
//! Everything random comes from [`dice`], so a seed is a complete description of a run.

pub mod arguments;
pub mod atoms;
pub mod demand;
pub mod differential;
pub mod generate;
pub mod instructions;
pub mod near;
pub mod noise;
pub mod retold;
pub mod tidy;
pub mod workload;

pub use portcullis_workloads::{dice, json};
