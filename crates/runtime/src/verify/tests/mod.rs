//! What the verifier refuses, and that what it accepts is harmless.

mod mutants;
mod rules;

use crate::format::{BundleKind, FORMAT_VERSION, SectionKind};
use crate::testing::*;
use crate::{Bundle, Effect, Overlay};

#[test]
fn the_sample_opens_and_every_section_holds_something() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    for section in bundle.sections() {
        let is_cold = matches!(section.kind, SectionKind::Summary | SectionKind::Explanations);
        assert!(section.records > 0 || (is_cold && !cfg!(feature = "explain")), "{}", section.kind.name());
    }
    assert_eq!(bundle.sections().count(), SectionKind::ALL.len());
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    assert_eq!((callers(&bundle).len(), sessions(&bundle, &overlay).len()), (11, 9));
    let (mut allows, mut denies) = (0, 0);
    ask_everything(&bundle, &overlay, |[indexed, plain]| {
        assert_eq!(indexed, plain);
        match indexed.unwrap().effect() {
            Effect::Allow => allows += 1,
            Effect::Deny => denies += 1,
        }
    });
    assert!(allows > 200 && denies > 200, "{allows} {denies}");
}

#[test]
fn each_truncation_and_each_extension_is_refused() {
    for (bytes, kind) in [(sample(), BundleKind::World), (session_sample(), BundleKind::Session)] {
        for length in 0..bytes.len() {
            let error = super::verify(&bytes[..length], kind).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), "invalid-bundle");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(super::verify(&longer, kind).is_err());
        longer.extend([0; 63]);
        assert!(super::verify(&longer, kind).is_err());
    }
}

#[test]
fn each_flipped_byte_is_refused() {
    for (bytes, kind) in [(sample(), BundleKind::World), (session_sample(), BundleKind::Session)] {
        for place in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[place] ^= flip;
                assert!(super::verify(&changed, kind).is_err(), "byte {place}");
            }
        }
    }
}

#[test]
fn the_step_bound_is_exact_enough_to_refuse_one_less() {
    let bytes = sample();
    let steps = Bundle::from_bytes(bytes.clone()).unwrap().steps_max();
    let with_steps = |steps: u64| {
        let mutant = with_header(&bytes, |header| header.steps_max = steps.into());
        Bundle::from_bytes(mutant).map(|bundle| bundle.steps_max()).map_err(|error| error.code())
    };
    assert_eq!(with_steps(steps - 1), Err("invalid-bundle"));
    assert_eq!(with_steps(steps + 1), Ok(steps + 1));
    assert_eq!(with_steps(super::STEPS_MAX), Ok(super::STEPS_MAX));
    assert_eq!(with_steps(super::STEPS_MAX + 1), Err("limit-exceeded"));

    let bytes = session_sample();
    let steps = Overlay::from_bytes(&bytes).unwrap().steps_max();
    let with_steps = |steps: u64| {
        let mutant = with_header(&bytes, |header| header.steps_max = steps.into());
        Overlay::from_bytes(mutant).map(|overlay| overlay.steps_max()).map_err(|error| error.code())
    };
    assert_eq!(with_steps(steps - 1), Err("invalid-bundle"));
    assert_eq!(with_steps(steps + 1), Ok(steps + 1));
    assert_eq!(with_steps(super::STEPS_MAX + 1), Err("limit-exceeded"));
}

/// A world's bytes are no overlay, an overlay's no world; each error says what the bytes are.
#[test]
fn the_kind_of_a_bundle_must_be_the_expected_one() {
    let error = Bundle::from_bytes(session_sample()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("invalid-bundle", "the bytes are a session overlay, not the bundle of a world")
    );
    let error = Overlay::from_bytes(sample()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("invalid-bundle", "the bytes are the bundle of a world, not a session overlay")
    );
    for kind in [2, 3, u32::MAX] {
        let error = Bundle::from_bytes(with_header(&sample(), |header| header.kind = kind.into())).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("invalid-bundle", "the bundle is of an unknown kind"));
        assert!(Overlay::from_bytes(with_header(&session_sample(), |header| header.kind = kind.into())).is_err());
    }
}

#[test]
fn another_version_is_refused_and_both_are_named() {
    for version in [0, FORMAT_VERSION - 1, FORMAT_VERSION + 1, u32::MAX] {
        let expected = format!("the bundle has format version {version}, this build reads {FORMAT_VERSION}");
        let world = Bundle::from_bytes(with_header(&sample(), |header| header.version = version.into())).unwrap_err();
        let overlay = Overlay::from_bytes(with_header(&session_sample(), |header| header.version = version.into())).unwrap_err();
        for error in [world, overlay] {
            assert_eq!((error.code(), error.to_string()), ("invalid-bundle", expected.clone()));
        }
    }
}

#[test]
fn other_files_are_refused() {
    assert_eq!(Bundle::open("/nonexistent/bundle").unwrap_err().code(), "invalid-bundle");
    assert_eq!(Bundle::open(".").unwrap_err().to_string(), "the path is no regular file");
    assert_eq!(Bundle::from_bytes(Vec::new()).unwrap_err().to_string(), "the bundle is cut short");
    assert!(Bundle::from_bytes(vec![0; 4096]).is_err());
    assert_eq!(Overlay::from_bytes([]).unwrap_err().to_string(), "the bundle is cut short");
    let error = Overlay::from_bytes(vec![0; (16 << 20) + 1]).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("limit-exceeded", "the overlay is larger than 16 MiB"));
    assert_eq!(Overlay::from_bytes(vec![0; 16 << 20]).unwrap_err().to_string(), "the bytes are no bundle");
}
