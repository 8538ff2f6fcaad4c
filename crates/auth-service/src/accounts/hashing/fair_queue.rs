//! A bounded queue that is fair between parties: pure, and told apart from threads and clocks.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Waiting items, each of one party.
///
/// Parties are served in turn, one item each; the items of one party in the order in which they came. When the
/// queue is full, the newest item of the party with the most items loses its place. So a party that sends more
/// than the others waits behind its own items and takes places from nobody else.
#[derive(Debug)]
pub(super) struct FairQueue<P, T> {
    waiting: HashMap<P, VecDeque<T>>,
    /// Each party that has items, once, in the order of their next turns.
    turns: VecDeque<P>,
    len: usize,
    capacity: usize,
}

impl<P: Copy + Eq + Hash, T> FairQueue<P, T> {
    /// An empty queue for `capacity` items, one at least.
    pub(super) fn new(capacity: usize) -> Self {
        Self { waiting: HashMap::new(), turns: VecDeque::new(), len: 0, capacity: capacity.max(1) }
    }

    /// Adds an item of a party. `Some` is the item that has no place now: the new one or, of another party, one
    /// that waited.
    #[must_use]
    pub(super) fn push(&mut self, party: P, item: T) -> Option<T> {
        let loser = if self.len < self.capacity {
            None
        } else {
            let (most, count) = self.largest()?;
            let own = self.waiting.get(&party).map_or(0, VecDeque::len) + 1;
            // The new item is the newest of its party, which has the most with it.
            if own >= count {
                return Some(item);
            }
            self.take_newest(most)
        };
        self.len += 1;
        let items = self.waiting.entry(party).or_default();
        if items.is_empty() {
            self.turns.push_back(party);
        }
        items.push_back(item);
        loser
    }

    /// Takes the item whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let party = self.turns.pop_front()?;
        let items = self.waiting.get_mut(&party)?;
        let item = items.pop_front();
        if items.is_empty() {
            self.waiting.remove(&party);
        } else {
            self.turns.push_back(party);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// Items that wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The party with the most items, and how many. Walks over all parties: only a full queue asks.
    fn largest(&self) -> Option<(P, usize)> {
        let counts = self.waiting.iter().map(|(party, items)| (*party, items.len()));
        counts.max_by_key(|(_, count)| *count)
    }

    fn take_newest(&mut self, party: P) -> Option<T> {
        let items = self.waiting.get_mut(&party)?;
        let item = items.pop_back();
        self.len -= usize::from(item.is_some());
        if items.is_empty() {
            self.waiting.remove(&party);
            self.turns.retain(|other| *other != party);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::FairQueue;

    /// Letters are parties; an item is its party's letter and a number. Gives who lost a place, in order, and
    /// then who was served, in order.
    fn played(capacity: usize, pushed: &str) -> (String, String) {
        let mut queue = FairQueue::new(capacity);
        let mut lost = Vec::new();
        for item in pushed.split_whitespace() {
            let party = item.chars().next().unwrap();
            lost.extend(queue.push(party, item));
        }
        let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!((queue.len(), queue.waiting.len(), queue.turns.len()), (0, 0, 0));
        (lost.join(" "), served.join(" "))
    }

    #[test]
    fn parties_are_served_in_turn_and_each_in_its_own_order() {
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
    fn in_a_full_queue_the_newest_of_the_party_with_most_loses_its_place() {
        for (pushed, lost, served) in [
            // Its own newest, when it has the most itself.
            ("a1 a2 a3 a4 a5", "a5", "a1 a2 a3 a4"),
            ("a1 a2 a3 b1 a4", "a4", "a1 b1 a2 a3"),
            // Somebody else's, when that one has more.
            ("a1 a2 a3 a4 b1", "a4", "a1 b1 a2 a3"),
            ("a1 a2 a3 b1 b2", "a3", "a1 b1 a2 b2"),
            ("a1 a2 a3 a4 b1 c1 d1", "a4 a3 a2", "a1 b1 c1 d1"),
            // With as many as the others, the new one is refused: it waited least.
            ("a1 a2 b1 b2 b3", "b3", "a1 b1 a2 b2"),
            ("a1 b1 c1 d1 e1", "e1", "a1 b1 c1 d1"),
            ("a1 a2 a3 b1 b2 b3", "a3 b3", "a1 b1 a2 b2"),
        ] {
            assert_eq!(played(4, pushed), (lost.to_owned(), served.to_owned()), "{pushed}");
        }
    }

    #[test]
    fn a_party_that_comes_back_waits_for_its_turn_behind_those_who_wait() {
        let mut queue = FairQueue::new(100);
        for item in ["a1", "a2", "b1"] {
            assert_eq!(queue.push(item.chars().next().unwrap(), item), None);
        }
        assert_eq!(queue.pop(), Some("a1"));
        // `a` has had its turn: what it adds now does not come before `b`.
        assert_eq!(queue.push('a', "a3"), None);
        assert_eq!(queue.push('c', "c1"), None);
        let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(served, ["b1", "a2", "c1", "a3"]);
    }

    #[test]
    fn beside_a_flood_every_other_party_waits_for_one_item_of_the_flood_at_most() {
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
    fn a_queue_has_one_place_at_least() {
        assert_eq!(played(0, "a1 b1"), ("b1".to_owned(), "a1".to_owned()));
    }
}
