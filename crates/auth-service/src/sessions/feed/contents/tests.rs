use serde_json::Value;

use super::*;

fn row(seq: i64, until: i64) -> FeedRow {
    let (tag, previous_tag) = (seq * 1_000, (seq - 1) * 1_000);
    let (sid, until) = (format!("s\"{seq}"), UnixSeconds::new(until));
    FeedRow { seq, tag, previous_tag, sid, until, user_id: None, min_version: None }
}

fn position(seq: i64) -> FeedPosition {
    FeedPosition { seq, tag: seq * 1_000 }
}

fn contents(range: std::ops::RangeInclusive<i64>) -> Contents {
    let head = position(*range.end());
    Contents::new("e", FeedPosition { seq: 0, tag: 7 })
        .append(range.map(|seq| row(seq, seq)).collect(), head)
}

fn cursor(epoch: &str, position: FeedPosition) -> Cursor {
    Cursor { epoch: epoch.to_owned(), position }
}

/// The entries of an answer, as `(sid, until)`.
fn shown(range: &EntryRange) -> Vec<(String, i64)> {
    let text = [b"[".as_slice(), &range.text.concat(), b"]"].concat();
    let entries: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(entries.len(), range.entries);
    let pair = |entry: &Value| {
        (entry["sid"].as_str().unwrap().to_owned(), entry["until"].as_i64().unwrap())
    };
    entries.iter().map(pair).collect()
}

fn expected(range: std::ops::RangeInclusive<i64>) -> Vec<(String, i64)> {
    range.map(|seq| (format!("s\"{seq}"), seq)).collect()
}

#[test]
fn entries_after_any_number_are_returned_up_to_any_limit() {
    let all = contents(1..=1_300);
    for after in [0, 1, 511, 512, 513, 1_023, 1_024, 1_299] {
        for limit in [1, 2, 511, 512, 513, 2_000] {
            let range = all.entries_after(after, limit);
            let last = (after + i64::try_from(limit).unwrap()).min(1_300);
            assert_eq!(shown(&range), expected(after + 1..=last), "{limit} after {after}");
            assert_eq!((range.last, range.more), (position(last), last < 1_300));
        }
    }
    let range = all.entries_after(1_300, 10);
    assert_eq!((range.entries, range.last, range.more), (0, position(1_300), false));
}

#[test]
fn rows_that_come_one_by_one_or_at_once_make_the_same_feed() {
    let at_once = contents(1..=1_100);
    let mut one_by_one = Contents::new("e", FeedPosition { seq: 0, tag: 7 });
    for seq in 1..=1_100 {
        one_by_one = one_by_one.append(vec![row(seq, seq)], position(seq));
    }
    let (a, b) = (at_once.entries_after(0, 5_000), one_by_one.entries_after(0, 5_000));
    assert_eq!(shown(&a), shown(&b));
    assert_eq!((at_once.len(), one_by_one.len()), (1_100, 1_100));
}

#[test]
fn a_cursor_is_known_by_its_epoch_its_number_and_its_tag() {
    let some = contents(1..=600);
    for seq in [1, 512, 513, 600] {
        assert!(some.can_verify(&cursor("e", position(seq))), "{seq}");
        assert!(!some.can_verify(&cursor("f", position(seq))), "{seq} of another epoch");
        let other = FeedPosition { seq, tag: 1 };
        assert!(!some.can_verify(&cursor("e", other)), "{seq} with another tag");
    }
    for seq in [0, 1, 601, i64::MAX] {
        assert!(!some.can_verify(&cursor("e", FeedPosition { seq, tag: 1 })), "{seq}");
    }
    let empty = Contents::new("e", FeedPosition { seq: 9, tag: 7 });
    assert!(empty.can_verify(&cursor("e", empty.head)), "an empty table still has a head");
}

#[test]
fn a_pruned_entry_is_no_longer_sent_and_its_position_cannot_be_checked() {
    let all = contents(1..=1_300);
    let pruned = all.prune(UnixSeconds::new(700));
    let later = all.append(vec![row(1_301, 5_000)], position(1_301));
    let left = later.after_pruning(&pruned);
    let mut entries = expected(700..=1_300);
    entries.push(("s\"1301".to_owned(), 5_000));
    assert_eq!(shown(&left.entries_after(0, 5_000)), entries);
    assert_eq!(left.len(), entries.len());
    assert!(
        !left.can_verify(&cursor("e", position(698)))
            && left.can_verify(&cursor("e", position(700)))
    );
    assert!(left.can_verify(&cursor("e", position(699))), "the next entry has its tag");
    assert!(!left.can_verify(&cursor("e", FeedPosition { seq: 699, tag: 1 })));
    let nothing = left.after_pruning(&left.prune(UnixSeconds::new(10_000)));
    assert_eq!((nothing.len(), nothing.head), (0, position(1_301)));
    assert!(nothing.can_verify(&cursor("e", position(1_301))), "the head outlives its entry");
    assert_eq!(nothing.entries_after(3, 10).entries, 0);
}

#[test]
fn an_entry_that_joined_a_block_while_it_was_pruned_is_kept() {
    let all = contents(1..=600);
    let pruned = all.prune(UnixSeconds::new(1_000));
    let later = all.append(vec![row(601, 5_000)], position(601));
    let left = later.after_pruning(&pruned);
    let range = left.entries_after(0, 5_000);
    assert!(shown(&range).contains(&("s\"601".to_owned(), 5_000)));
    // Its block is pruned the next time.
    let left = left.after_pruning(&left.prune(UnixSeconds::new(1_000)));
    assert_eq!(left.len(), 1);
}
