use super::{FairQueue, Grouped};

/// Each lower-case letter is a requester and a group; all upper-case letters are one group.
impl Grouped for char {
    fn group(self) -> Self {
        if self.is_uppercase() { 'A' } else { self }
    }
}

/// Letters are requesters; an item is its requester's letter and a number. Returns the evicted items in order, and then
/// the served items in order.
fn played(capacity: usize, pushed: &str) -> (String, String) {
    let mut queue = FairQueue::new(capacity);
    let mut lost = Vec::new();
    for item in pushed.split_whitespace() {
        let requester = item.chars().next().unwrap();
        lost.extend(queue.push(requester, item));
    }
    let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!((queue.len(), queue.groups.queues.len(), queue.groups.order.len()), (0, 0, 0));
    (lost.join(" "), served.join(" "))
}

#[test]
fn requesters_are_served_in_turn_and_each_in_its_own_order() {
    for (pushed, served) in [
        ("", ""),
        ("a1", "a1"),
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 b1 c1", "a1 b1 c1"),
        ("a1 a2 a3 a4 b1", "a1 b1 a2 a3 a4"),
        ("a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"),
        ("b1 a1 a2 b2", "b1 a1 b2 a2"),
    ] {
        assert_eq!(played(100, pushed), (String::new(), served.to_owned()), "{pushed}");
    }
}

#[test]
fn in_a_full_queue_the_newest_item_of_the_requester_with_most_is_evicted() {
    for (pushed, lost, served) in [
        // Its own newest, when it has the most itself.
        ("a1 a2 a3 a4 a5", "a5", "a1 a2 a3 a4"),
        ("a1 a2 a3 b1 a4", "a4", "a1 b1 a2 a3"),
        // An item of another requester that has more.
        ("a1 a2 a3 a4 b1", "a4", "a1 b1 a2 a3"),
        ("a1 a2 a3 b1 b2", "a3", "a1 b1 a2 b2"),
        ("a1 a2 a3 a4 b1 c1 d1", "a4 a3 a2", "a1 b1 c1 d1"),
        // If no other requester has more items, the new item is refused, because it is the newest.
        ("a1 a2 b1 b2 b3", "b3", "a1 b1 a2 b2"),
        ("a1 b1 c1 d1 e1", "e1", "a1 b1 c1 d1"),
        ("a1 a2 a3 b1 b2 b3", "a3 b3", "a1 b1 a2 b2"),
    ] {
        assert_eq!(played(4, pushed), (lost.to_owned(), served.to_owned()), "{pushed}");
    }
}

#[test]
fn the_requesters_of_a_group_share_the_turns_and_the_slots_of_one_requester() {
    for (pushed, lost, served) in [
        // Alternates between the group and `b`; within the group between its requesters.
        ("A1 B1 C1 b1", "", "A1 b1 B1 C1"),
        ("A1 A2 B1 b1", "", "A1 b1 B1 A2"),
        // A requester outside takes a slot from the group that holds all slots with one item each.
        ("A1 B1 C1 D1 b1", "?", "A1 b1 ? ?"),
        // Within a full group an item of the requester with the most items is evicted.
        ("A1 A2 A3 B1 C1", "A3", "A1 B1 C1 A2"),
        // A new requester of the group takes no slot from a requester outside of it.
        ("b1 A1 B1 C1 D1", "D1", "b1 A1 B1 C1"),
    ] {
        let (has_lost, was_served) = played(4, pushed);
        if lost == "?" {
            assert!(["A1", "B1", "C1", "D1"].contains(&has_lost.as_str()), "{has_lost}");
            assert!(was_served.split(' ').nth(1) == Some("b1"), "{was_served}");
        } else {
            assert_eq!((has_lost, was_served), (lost.to_owned(), served.to_owned()), "{pushed}");
        }
    }
}

#[test]
fn a_requester_that_comes_back_is_served_after_those_that_wait() {
    let mut queue = FairQueue::new(100);
    for item in ["a1", "a2", "b1"] {
        assert_eq!(queue.push(item.chars().next().unwrap(), item), None);
    }
    assert_eq!(queue.pop(), Some("a1"));
    // `a` has had its turn: the item that it adds now does not come before `b`.
    assert_eq!(queue.push('a', "a3"), None);
    assert_eq!(queue.push('c', "c1"), None);
    let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(served, ["b1", "a2", "c1", "a3"]);
}

#[test]
fn during_a_flood_every_other_requester_waits_for_at_most_one_item_of_the_flood() {
    let mut queue = FairQueue::new(256);
    for number in 0..10_000 {
        let _ = queue.push('f', format!("f{number}"));
    }
    for other in ["g", "h", "i"] {
        assert!(queue.push(other.chars().next().unwrap(), other.to_owned()).is_some());
    }
    let first: Vec<_> = (0..4).filter_map(|_| queue.pop()).collect();
    assert_eq!(first, ["f0", "g", "h", "i"]);
}

#[test]
fn a_queue_has_at_least_one_slot() {
    assert_eq!(played(0, "a1 b1"), ("b1".to_owned(), "a1".to_owned()));
}
