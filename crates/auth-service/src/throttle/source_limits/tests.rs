use super::*;

const NOW: i64 = 1_800_000_000_000_000;
const LOGIN: LimitClass = LimitClass::Login;

fn limits() -> SourceLimits {
    let login = Some(Limit { calls: 30, seconds: 60, burst: 10 });
    SourceLimits::new(&ClassLimits {
        login,
        secret: Some(Limit::new(30, 60)),
        ..ClassLimits::default()
    })
}

/// How many of these calls at once are allowed.
fn allowed(
    limits: &SourceLimits,
    class: LimitClass,
    calls: impl IntoIterator<Item = Source>,
) -> usize {
    calls.into_iter().filter(|source| limits.call(class, *source, NOW).is_ok()).count()
}

fn v6(subnet: u64) -> Source {
    Source::V6(0x2001_0db8_0001_0000 | subnet)
}

#[test]
fn each_class_has_a_limit_of_its_own_and_a_class_that_is_off_or_unlimited_has_none() {
    let (limits, source) = (limits(), Source::V4(1));
    for (class, expected) in [
        (LOGIN, 10),
        (LimitClass::Secret, 30),
        (LimitClass::Register, 100),
        (LimitClass::Unlimited, 100),
    ] {
        assert_eq!(allowed(&limits, class, [source; 100]), expected, "{class:?}");
    }
    assert_eq!(limits.call(LOGIN, source, NOW), Err(TooSoon(2)));
    assert_eq!(allowed(&limits, LOGIN, [Source::V4(2); 100]), 10);
}

#[test]
fn would_allow_counts_nothing_and_agrees_with_call() {
    let (limits, source) = (limits(), Source::V4(1));
    assert!((0..100).all(|_| limits.would_allow(LOGIN, source, NOW).is_ok()));
    assert_eq!(allowed(&limits, LOGIN, [source; 100]), 10);
    assert_eq!(limits.would_allow(LOGIN, source, NOW), Err(TooSoon(2)));
    assert_eq!(limits.would_allow(LOGIN, source, NOW + 2_000_000), Ok(()));
}

#[test]
fn all_sources_of_an_ipv6_48_have_sixteen_times_the_limit_of_one() {
    let limits = limits();
    let hops = (0..1_000).map(|number| v6(number % 500));
    assert_eq!(allowed(&limits, LOGIN, hops), 160);
    assert_eq!(allowed(&limits, LOGIN, [v6(900)]), 0, "a /64 that never called");
    let other = Source::V6(0x2001_0db8_0002_0000);
    assert_eq!(allowed(&limits, LOGIN, [other; 100]), 10);
}

#[test]
fn one_ipv6_64_takes_its_own_limit_of_the_48_and_no_more() {
    let limits = limits();
    assert_eq!(allowed(&limits, LOGIN, [v6(1); 1_000]), 10);
    assert_eq!(allowed(&limits, LOGIN, [v6(2); 1_000]), 10);
}

#[test]
fn the_wait_is_the_longer_one_of_the_source_and_its_network() {
    let limits = limits();
    // The /48 earns a call in an eighth of a second, the /64 in two.
    assert_eq!(allowed(&limits, LOGIN, (0..160).map(|number| v6(number / 10))), 160);
    assert_eq!(limits.call(LOGIN, v6(0), NOW), Err(TooSoon(2)));
    assert_eq!(limits.call(LOGIN, v6(99), NOW), Err(TooSoon(1)));
}

#[test]
fn ten_million_sources_take_bounded_memory_and_a_blocked_source_is_never_forgotten() {
    let limits = limits();
    let blocked: Vec<_> = (0..1_000).map(Source::V4).collect();
    for source in &blocked {
        allowed(&limits, LimitClass::Secret, [*source; 30]);
    }
    for number in 1_000..10_001_000 {
        limits.call(LOGIN, Source::V4(number), NOW).unwrap();
    }
    let (sources, bytes) = limits.counted.lock().unwrap().sources.size();
    println!("10,000,000 sources: {sources} are remembered, in {} KiB", bytes / 1_024);
    assert_eq!(sources, MAX_KEYS);
    assert!(bytes < 32 * 1_024 * 1_024, "{bytes} bytes");
    assert_eq!(allowed(&limits, LimitClass::Secret, blocked.iter().copied()), 0);
}
