use crate::format::{NONE, SectionKind};
use crate::testing::{ask_everything, repair, sample};
use crate::{Bundle, Effect};

#[test]
fn the_sample_opens_and_every_section_holds_something() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    for section in bundle.sections() {
        let is_cold = matches!(section.kind, SectionKind::Summary | SectionKind::Explanations);
        assert!(section.records > 0 || (is_cold && !cfg!(feature = "explain")), "{}", section.kind.name());
    }
    assert_eq!(bundle.sections().count(), SectionKind::ALL.len());
    let (mut allows, mut denies) = (0, 0);
    ask_everything(&bundle, |indexed, plain| {
        assert_eq!(indexed, plain);
        match indexed.unwrap().effect() {
            Effect::Allow => allows += 1,
            Effect::Deny => denies += 1,
        }
    });
    assert!(allows > 50 && denies > 50, "{allows} {denies}");
}

#[test]
fn each_truncation_and_each_extension_is_refused() {
    let bytes = sample();
    for length in 0..bytes.len() {
        assert_eq!(Bundle::from_bytes(bytes[..length].to_vec()).unwrap_err().code(), "invalid-bundle");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(Bundle::from_bytes(longer).is_err());
}

#[test]
fn each_flipped_byte_is_refused() {
    let bytes = sample();
    for place in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[place] ^= flip;
            assert!(Bundle::from_bytes(changed).is_err(), "byte {place}");
        }
    }
}

/// Mutants with right digests either are refused or evaluate without a fault: no request finds a hole in what the verifier promises.
fn ensure_harmless(mutant: Vec<u8>, what: &str) -> bool {
    let Ok(bundle) = Bundle::from_bytes(mutant) else { return true };
    ask_everything(&bundle, |indexed, plain| {
        for result in [indexed, plain] {
            if let Err(error) = result {
                assert!(!matches!(error.code(), "invalid-bundle" | "limit-exceeded"), "{what}: {error}");
            }
        }
    });
    #[cfg(feature = "explain")]
    let _ = (bundle.explainer().is_ok(), bundle.summary().is_ok());
    false
}

#[test]
fn mutants_with_repaired_digests_are_refused_or_harmless() {
    let bytes = sample();
    let bundle = Bundle::from_bytes(bytes.clone()).unwrap();
    let sections: Vec<_> = bundle.sections().collect();
    for section in sections {
        let from = usize::try_from(section.offset).unwrap();
        let to = from + usize::try_from(section.length).unwrap();
        let mut refused = 0;
        let mut mutants = 0;
        let mut attempt = |change: &dyn Fn(&mut Vec<u8>), place: usize| {
            let mut mutant = bytes.clone();
            change(&mut mutant);
            if mutant != bytes {
                repair(&mut mutant);
                mutants += 1;
                refused += usize::from(ensure_harmless(mutant, &format!("{} at {}", section.kind.name(), place - from)));
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
        // Sections of bytes that are not structure (texts, cold data, addresses) may change without breaking a rule; every other refuses something.
        let is_free = matches!(section.kind, SectionKind::Summary | SectionKind::Explanations);
        assert!(refused > 0 || is_free, "{} refuses nothing of {mutants}", section.kind.name());
    }
}

#[test]
fn header_and_table_mutants_are_refused_or_harmless() {
    let bytes = sample();
    for place in 0..128 + SectionKind::ALL.len() * 64 {
        for flip in [1, 0x10, 0xff] {
            let mut mutant = bytes.clone();
            mutant[place] ^= flip;
            repair(&mut mutant);
            ensure_harmless(mutant, "header");
        }
    }
}

#[test]
fn the_step_bound_is_exact_enough_to_refuse_one_less() {
    let bytes = sample();
    let steps = Bundle::from_bytes(bytes.clone()).unwrap().steps_max();
    let with_steps = |steps: u64| {
        let mut mutant = bytes.clone();
        mutant[24..32].copy_from_slice(&steps.to_le_bytes());
        repair(&mut mutant);
        Bundle::from_bytes(mutant).map(|bundle| bundle.steps_max()).map_err(|error| error.code())
    };
    assert_eq!(with_steps(steps - 1), Err("invalid-bundle"));
    assert_eq!(with_steps(steps + 1), Ok(steps + 1));
    assert_eq!(with_steps(super::STEPS_MAX), Ok(super::STEPS_MAX));
    assert_eq!(with_steps(super::STEPS_MAX + 1), Err("limit-exceeded"));
}

#[test]
fn other_files_are_refused() {
    assert_eq!(Bundle::open("/nonexistent/bundle").unwrap_err().code(), "invalid-bundle");
    assert_eq!(Bundle::open(".").unwrap_err().to_string(), "the path is no regular file");
    assert_eq!(Bundle::from_bytes(Vec::new()).unwrap_err().to_string(), "the bundle is cut short");
    assert!(Bundle::from_bytes(vec![0; 4096]).is_err());
}
