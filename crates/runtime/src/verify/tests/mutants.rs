//! Mutants with right digests either are refused or evaluate without a fault: no request finds a hole in what the verifier promises.

use super::super::verify;
use crate::format::{BundleKind, NONE, SectionKind};
use crate::testing::*;
use crate::{Bundle, Overlay};

/// What mutants are asked with: one of them is the mutant.
struct Whole {
    bundle: Bundle,
    overlay: Overlay,
}

/// Whether the mutant is refused. One that is not decides whatever it is asked, in both ways, without a fault.
fn ensure_harmless(whole: &Whole, kind: BundleKind, mutant: Vec<u8>, number: usize, what: &str) -> bool {
    let (bundle, principals) = match kind {
        BundleKind::World => {
            let Ok(bundle) = Bundle::from_bytes(mutant) else { return true };
            let mut principals = callers(&bundle);
            principals.extend(sessions(&bundle, &whole.overlay));
            (bundle, principals)
        }
        BundleKind::Session => {
            let Ok(overlay) = Overlay::from_bytes(mutant) else { return true };
            (whole.bundle.clone(), sessions(&whole.bundle, &overlay))
        }
    };
    // A part of the requests, another for each mutant: eleven is prime to the numbers of contexts, actions and resources.
    let part = Part { from: number % 11, every: 11 };
    ask(&bundle, &principals, part, |results| {
        for result in results {
            if let Err(error) = result {
                assert!(!matches!(error.code(), "invalid-bundle" | "limit-exceeded"), "{what}: {error}");
            }
        }
    });
    #[cfg(feature = "explain")]
    {
        let _ = bundle.summary().is_ok();
        // Cold sections are decoded when they are asked for; explaining with what was decoded may fail, and nothing worse.
        if let (Ok(explainer), true) = (bundle.explainer(), number.is_multiple_of(11)) {
            let request =
                crate::Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/tagged"), resource_account: None, context: &[] };
            let mut evaluator = bundle.evaluator();
            for principal in &principals {
                let _ = evaluator.explain(&explainer, principal, &request).is_ok();
            }
        }
    }
    false
}

fn mutate_every_section(kind: BundleKind, bytes: &[u8]) {
    let whole = Whole { bundle: Bundle::from_bytes(sample()).unwrap(), overlay: Overlay::from_bytes(session_sample()).unwrap() };
    verify(bytes, kind).unwrap();
    let mut number = 0;
    for section in SectionKind::ALL {
        let range = section_range(bytes, *section);
        let (from, to) = (range.start, range.end);
        let mut refused = 0;
        let mut mutants = 0;
        let mut attempt = |change: &dyn Fn(&mut Vec<u8>), place: usize| {
            let mut mutant = bytes.to_vec();
            change(&mut mutant);
            if mutant != bytes {
                repair(&mut mutant);
                number += 1;
                mutants += 1;
                let what = format!("{} at {}", section.name(), place - from);
                refused += usize::from(ensure_harmless(&whole, kind, mutant, number, &what));
            }
        };
        for place in from..to {
            attempt(&|mutant| mutant[place] ^= 1, place);
            attempt(&|mutant| mutant[place] = mutant[place].wrapping_add(0x7f), place);
        }
        for place in (from..to.saturating_sub(3)).step_by(4) {
            for word in [0, 1, 0x7fff_ffff, NONE - 1, NONE] {
                attempt(&|mutant| mutant[place..place + 4].copy_from_slice(&u32::to_le_bytes(word)), place);
            }
        }
        // Cold data may change without breaking a rule; every other section refuses something.
        let is_free = matches!(section, SectionKind::Summary | SectionKind::Explanations) || mutants == 0;
        assert!(refused > 0 || is_free, "{} refuses nothing of {mutants}", section.name());
    }
}

#[test]
fn mutants_of_a_world_are_refused_or_harmless() {
    mutate_every_section(BundleKind::World, &sample());
}

#[test]
fn mutants_of_an_overlay_are_refused_or_harmless() {
    mutate_every_section(BundleKind::Session, &session_sample());
}

#[test]
fn mutants_of_header_and_table_are_refused_or_harmless() {
    let whole = Whole { bundle: Bundle::from_bytes(sample()).unwrap(), overlay: Overlay::from_bytes(session_sample()).unwrap() };
    for (bytes, kind) in [(sample(), BundleKind::World), (session_sample(), BundleKind::Session)] {
        for place in 0..128 + SectionKind::ALL.len() * 64 {
            for flip in [1, 0x10, 0xff] {
                let mut mutant = bytes.clone();
                mutant[place] ^= flip;
                repair(&mut mutant);
                ensure_harmless(&whole, kind, mutant, place, "header");
            }
        }
    }
}
