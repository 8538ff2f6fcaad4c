use super::support::{CHEAP, gated, hash, hasher, verify};
use crate::accounts::hashing::{
    Argon2Engine, HashCostDistribution, HashParameters, HashingError, PasswordHasher, Verdict,
};

const NO: Verdict = Verdict { matches: false, rehash: false };
const YES: Verdict = Verdict { matches: true, rehash: false };

/// `correct horse` under m=64,t=2,p=1.
const STRONGER: &str = "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8";
/// `correct horse` in versions and kinds that are no longer made.
const OLDER: [&str; 2] = [
    "$argon2id$v=16$m=64,t=3,p=2$c2l4dGVlbiBieXRlIHNhbA$nL+GsrQcwvqerpMCnW+xmYTElnfXUaWa7lhW7n6UCZ8",
    "$argon2i$v=19$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNhbA$CB0e0xBu2D64L6mAgPITTiyJdqDkRYx5y59SGFU1KUo",
];

#[tokio::test]
async fn the_right_password_matches_and_no_other() {
    let hasher = hasher();
    let stored = hash(&hasher, "correct horse").await.unwrap();
    let check = async |text: &str| verify(&hasher, text, Some(stored.as_str())).await;
    assert_eq!(check("correct horse").await.unwrap(), YES);
    for wrong in ["correct hors", "correct horsee", "Correct horse", "", "correct horse\0"] {
        assert_eq!(check(wrong).await.unwrap(), NO, "{wrong:?}");
    }
}

#[tokio::test]
async fn one_password_never_gives_the_same_hash_twice() {
    let hasher = hasher();
    let first = hash(&hasher, "correct horse").await.unwrap();
    let second = hash(&hasher, "correct horse").await.unwrap();
    assert_ne!(first.as_str(), second.as_str());
    assert_eq!(format!("{first:?}"), "PasswordHash(***)");
}

#[tokio::test]
async fn the_default_parameters_go_into_the_string() {
    let hasher =
        PasswordHasher::start(Argon2Engine::Fast, HashParameters::default(), 1, 1).unwrap();
    let stored = hash(&hasher, "correct horse").await.unwrap().into_string();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_eq!(verify(&hasher, "correct horse", Some(&stored)).await.unwrap(), YES);
}

#[tokio::test]
async fn an_unknown_user_costs_one_hash_at_the_current_parameters_and_never_matches() {
    let gated = gated(1, 4);
    drop(gated.gate);
    assert_eq!(verify(&gated.hasher, "correct horse", None).await.unwrap(), NO);
    assert_eq!(gated.watched.lock().unwrap().runs, [CHEAP]);
}

#[tokio::test]
async fn a_name_without_an_account_costs_a_sample_of_the_table_and_never_matches() {
    let gated = gated(1, 4);
    drop(gated.gate);
    let mut distribution = HashCostDistribution::default();
    for phc in [STRONGER, STRONGER, STRONGER, OLDER[0]] {
        distribution.add(phc);
    }
    gated.hasher.set_cost_distribution(distribution);
    for _ in 0..400 {
        assert_eq!(verify(&gated.hasher, "correct horse", None).await.unwrap(), NO);
    }
    let runs = &gated.watched.lock().unwrap().runs;
    let of = |memory_kib, iterations, lanes| {
        let shape = HashParameters { memory_kib, iterations, lanes };
        runs.iter().filter(|run| **run == shape).count()
    };
    let (stronger, older) = (of(64, 2, 1), of(64, 3, 2));
    assert_eq!(stronger + older, 400, "nothing else is run");
    // Four standard deviations are 35.
    assert!(stronger.abs_diff(300) < 35, "{stronger} of 400");
}

#[tokio::test]
async fn a_stored_hash_that_is_never_run_costs_the_sample_of_its_account() {
    let gated = gated(1, 4);
    drop(gated.gate);
    let mut distribution = HashCostDistribution::default();
    distribution.add(STRONGER);
    gated.hasher.set_cost_distribution(distribution);
    assert_eq!(verify(&gated.hasher, "correct horse", Some("!")).await.unwrap(), NO);
    let drawn = HashParameters { memory_kib: 64, iterations: 2, lanes: 1 };
    assert_eq!(gated.watched.lock().unwrap().runs, [drawn]);
}

#[tokio::test]
async fn a_hash_below_the_current_parameters_is_to_be_made_again() {
    let present = HashParameters { memory_kib: 128, iterations: 2, lanes: 1 };
    let hasher = PasswordHasher::start(Argon2Engine::Fast, present, 1, 4).unwrap();
    let verdict = verify(&hasher, "correct horse", Some(STRONGER)).await.unwrap();
    assert_eq!(verdict, Verdict { matches: true, rehash: true });
    assert_eq!(verify(&hasher, "wrong", Some(STRONGER)).await.unwrap(), NO);
}

#[tokio::test]
async fn a_hash_above_the_current_parameters_stays() {
    let verdict = verify(&hasher(), "correct horse", Some(STRONGER)).await.unwrap();
    assert_eq!(verdict, YES);
}

#[tokio::test]
async fn an_older_version_or_kind_matches_and_is_to_be_made_again() {
    for phc in OLDER {
        let verdict = verify(&hasher(), "correct horse", Some(phc)).await.unwrap();
        assert_eq!(verdict, Verdict { matches: true, rehash: true }, "{phc}");
    }
}

#[tokio::test]
async fn a_stored_hash_that_cannot_be_run_costs_a_dummy_hash_and_does_not_match() {
    let gated = gated(1, 4);
    drop(gated.gate);
    let tail = "c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8";
    let refused = [
        format!("$argon2id$v=19$m=262145,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=4294967295,t=1,p=1${tail}"),
        format!("$argon2id$v=19$m=102400,t=11,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=4294967295,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=17${tail}"),
        format!("$argon2id$v=19$m=99999999999,t=2,p=1${tail}"),
        format!("$argon2id$v=20$m=64,t=2,p=1${tail}"),
        format!("$argon2x$v=19$m=64,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=1,data=AAAA${tail}"),
        "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA".to_owned(),
        "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGw".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuu".to_owned(),
        "correct horse".to_owned(),
        String::new(),
    ];
    for phc in &refused {
        let verdict = verify(&gated.hasher, "correct horse", Some(phc)).await.unwrap();
        assert_eq!(verdict, NO, "{phc}");
    }
    assert_eq!(gated.watched.lock().unwrap().runs, vec![CHEAP; refused.len()]);
}

#[tokio::test]
async fn a_text_that_cannot_be_a_password_is_not_stored() {
    let refused = hash(&hasher(), "abcdefgh\0").await;
    assert!(matches!(refused, Err(HashingError::InvalidPassword)));
}

#[test]
fn settings_that_cannot_run_are_refused() {
    let above = HashParameters { memory_kib: 1 << 30, ..CHEAP };
    let below = HashParameters { iterations: 0, ..CHEAP };
    for (parameters, threads, queue) in [(above, 1, 1), (below, 1, 1), (CHEAP, 0, 1), (CHEAP, 1, 0)]
    {
        let refused = PasswordHasher::start(Argon2Engine::Fast, parameters, threads, queue);
        assert!(matches!(refused, Err(HashingError::Parameters(_))), "{parameters:?}");
    }
}
