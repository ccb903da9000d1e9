//! The action line: all actions there can be, cut into numbered intervals.
//!
//! Every action pattern without an inner wildcard is an interval of the byte order of folded action texts: a literal is the
//! interval from itself to its least successor, `s3:get*` the one from `s3:get` to `s3:geu`. The bounds of all patterns of the bundle, sorted,
//! cut the order into intervals; interval `i` begins at bound `i` and ends before bound `i + 1`, so all actions in it are matched by the same
//! literal and prefix patterns. The *action id* of a request is the number of the last bound that is not above its folded text. Bound 0 is the empty text.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One bound; bounds are in strictly ascending byte order.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ActionBound {
    /// Symbol of the bound's text, ASCII-folded.
    pub text: U32,
    /// 1 if the bound's text is itself a literal action pattern (then `ActionIndex` holds it), else 0.
    pub literal: U32,
}

const _: () = assert!(size_of::<ActionBound>() == 8);
