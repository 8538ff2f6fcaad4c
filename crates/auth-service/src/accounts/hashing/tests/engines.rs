use std::sync::{Arc, Mutex};

use argon2::{Algorithm, Version};
use service_kit::settings::FromSetting;
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::support::{CHEAP, broken};
use crate::accounts::hashing::engine::{Argon2Engine, EngineFactory, Input, fast, reference};
use crate::accounts::hashing::engine_check::verified_or_reference;
use crate::accounts::hashing::phc_hash::PhcHash;
use crate::accounts::hashing::{HashParameters, fresh_salt};

/// Made by argon2-cffi, which is built on the C reference.
const FROM_ELSEWHERE: [&str; 4] = [
    "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8",
    "$argon2id$v=16$m=64,t=3,p=2$c2l4dGVlbiBieXRlIHNhbA$nL+GsrQcwvqerpMCnW+xmYTElnfXUaWa7lhW7n6UCZ8",
    "$argon2i$v=19$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNhbA$CB0e0xBu2D64L6mAgPITTiyJdqDkRYx5y59SGFU1KUo",
    "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA$9kGBgFYWN+Xfs4MH8QoytV2s9GKiaMweMIlzz8j8uEo",
];

/// Records the level of every log event.
struct Levels(Arc<Mutex<Vec<Level>>>);

impl<S: Subscriber> Layer<S> for Levels {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }
}

fn chosen(candidate: EngineFactory, current: HashParameters) -> (&'static str, Vec<Level>) {
    let levels = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::registry().with(Levels(Arc::clone(&levels)));
    let name = tracing::subscriber::with_default(subscriber, || {
        verified_or_reference(candidate, current).unwrap()(current).unwrap().name()
    });
    let levels = levels.lock().unwrap().clone();
    (name, levels)
}

#[test]
fn both_engines_agree_with_hashes_made_elsewhere() {
    for factory in [fast(), reference()] {
        let mut engine = factory(CHEAP).unwrap();
        for phc in FROM_ELSEWHERE {
            let stored = PhcHash::parse(phc).unwrap();
            assert!(stored.matches(engine.as_mut(), b"correct horse").unwrap(), "{phc}");
            assert!(!stored.matches(engine.as_mut(), b"correct horsf").unwrap(), "{phc}");
        }
    }
}

#[test]
fn a_hash_of_one_engine_is_verified_by_the_other() {
    for (makes, checks) in [(fast(), reference()), (reference(), fast())] {
        let mut made = PhcHash::new(CHEAP, fresh_salt().unwrap());
        made.fill_tag(makes(CHEAP).unwrap().as_mut(), b"correct horse").unwrap();
        let phc = made.to_phc().unwrap();
        assert!(phc.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", phc.as_str());
        let stored = PhcHash::parse(phc.as_str()).unwrap();
        assert!(stored.matches(checks(CHEAP).unwrap().as_mut(), b"correct horse").unwrap());
    }
}

#[test]
fn the_fast_engine_is_chosen_when_it_agrees() {
    let (name, levels) = chosen(fast(), HashParameters::default());
    assert_eq!((name, levels.as_slice()), ("argon2-rust", &[][..]));
}

#[test]
fn the_setting_says_which_engine_runs() {
    for (setting, name) in [("fast", "argon2-rust"), ("reference", "argon2")] {
        let factory = Argon2Engine::from_setting(setting).unwrap().factory(CHEAP).unwrap();
        assert_eq!(factory(CHEAP).unwrap().name(), name);
    }
    assert!(Argon2Engine::from_setting("").is_err());
}

#[test]
fn an_engine_that_is_wrong_in_one_bit_is_replaced_with_a_warning() {
    let (name, levels) = chosen(
        broken(|_, out| {
            out[0] ^= 1;
            Ok(())
        }),
        CHEAP,
    );
    assert_eq!((name, levels.as_slice()), ("argon2", &[Level::WARN][..]));
}

#[test]
fn an_engine_that_is_wrong_in_one_rare_case_is_replaced() {
    type BreakTag = fn(&Input<'_>, &mut [u8]) -> Result<(), String>;
    let corners: [BreakTag; 5] = [
        |input, out| {
            out[0] ^= u8::from(input.version == Version::V0x10);
            Ok(())
        },
        |input, out| {
            out[0] ^= u8::from(input.parameters.lanes > 2);
            Ok(())
        },
        |input, out| {
            out[0] ^= u8::from(input.algorithm == Algorithm::Argon2d);
            Ok(())
        },
        |input, out| {
            out[0] ^= u8::from(input.password.is_empty());
            Ok(())
        },
        |_, out| if out.len() == 64 { Err("no".to_owned()) } else { Ok(()) },
    ];
    for corner in corners {
        assert_eq!(chosen(broken(corner), CHEAP).0, "argon2");
    }
}

#[test]
fn an_engine_that_fails_only_at_the_current_parameters_is_replaced() {
    let unusual = HashParameters { memory_kib: 999, iterations: 1, lanes: 1 };
    for current in [unusual, HashParameters::default()] {
        let at_current = broken(|input, out| {
            out[31 % out.len()] ^= u8::from([999, 19_456].contains(&input.parameters.memory_kib));
            Ok(())
        });
        assert_eq!(chosen(at_current, current).0, "argon2");
    }
}
