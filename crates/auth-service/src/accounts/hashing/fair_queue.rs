//! A bounded queue that is fair between parties: pure, without threads and clocks.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Who waits.
pub(super) trait Waiter: Copy + Eq + Hash {
    /// The group to which the party belongs, named by one of its members or by a value that stands for all of them.
    /// Whoever can take part under many names (the addresses of one IPv6 /48, the sessions of one user) is one group.
    fn group(self) -> Self;
}

/// Waiting items, each of one party.
///
/// Groups are served in turn, one item each; within a group its parties in turn; the items of one party in the order
/// in which they came. When the queue is full, the newest item of the party with the most items in the group with
/// the most items loses its place. So a group that sends more than the others waits behind its own items and takes
/// places from no other group.
#[derive(Debug)]
pub(super) struct FairQueue<P, T> {
    groups: Turns<P, Turns<P, VecDeque<T>>>,
    capacity: usize,
}

impl<P: Waiter, T> FairQueue<P, T> {
    /// An empty queue for `capacity` items, one at least.
    pub(super) fn new(capacity: usize) -> Self {
        Self { groups: Turns::default(), capacity: capacity.max(1) }
    }

    /// Adds an item of a party. `Some` is the item that has no place now: the new one or, of another party, one
    /// that waited.
    #[must_use]
    pub(super) fn push(&mut self, party: P, item: T) -> Option<T> {
        let loser = if self.len() < self.capacity {
            None
        } else {
            let Some(loser) = self.loser(party) else { return Some(item) };
            self.take_newest(loser)
        };
        self.groups.entry(party.group()).entry(party).push_back(item);
        loser
    }

    /// Takes the item whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.groups.next(|parties| parties.next(VecDeque::pop_front))
    }

    /// Items that wait.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The party whose newest item makes room for an item of this party; `None` where the new item is the newest of
    /// those who have the most, so that it gets no place. Walks over all groups: only a full queue asks.
    fn loser(&self, party: P) -> Option<P> {
        let (largest, count) = self.groups.largest()?;
        let own_group = self.groups.get(party.group());
        if own_group.map_or(0, Items::len) + 1 < count {
            return Some(self.groups.get(largest)?.largest()?.0);
        }
        // The group has the most with the new item: it goes on among its own parties.
        let parties = own_group?;
        let (largest, count) = parties.largest()?;
        (parties.get(party).map_or(0, Items::len) + 1 < count).then_some(largest)
    }

    fn take_newest(&mut self, party: P) -> Option<T> {
        let group = party.group();
        self.groups.change(group, |parties| parties.change(party, VecDeque::pop_back))
    }
}

/// Something that holds items.
trait Items: Default {
    fn len(&self) -> usize;
}

impl<T> Items for VecDeque<T> {
    fn len(&self) -> usize {
        self.len()
    }
}

/// Queues by key, which have their turns one after the other. Empty ones are not kept.
#[derive(Debug)]
struct Turns<K, Q> {
    queues: HashMap<K, Q>,
    /// Each key, once, in the order of their next turns.
    order: VecDeque<K>,
    len: usize,
}

impl<K, Q> Default for Turns<K, Q> {
    fn default() -> Self {
        Self { queues: HashMap::new(), order: VecDeque::new(), len: 0 }
    }
}

impl<K, Q> Items for Turns<K, Q> {
    fn len(&self) -> usize {
        self.len
    }
}

impl<K: Copy + Eq + Hash, Q: Items> Turns<K, Q> {
    fn get(&self, key: K) -> Option<&Q> {
        self.queues.get(&key)
    }

    /// The queue of a key, for exactly one more item.
    fn entry(&mut self, key: K) -> &mut Q {
        self.len += 1;
        let order = &mut self.order;
        self.queues.entry(key).or_insert_with(|| {
            order.push_back(key);
            Q::default()
        })
    }

    /// Lets the queue whose turn it is give an item.
    fn next<T>(&mut self, take: impl FnOnce(&mut Q) -> Option<T>) -> Option<T> {
        let key = self.order.pop_front()?;
        let queue = self.queues.get_mut(&key)?;
        let item = take(queue);
        if queue.len() == 0 {
            self.queues.remove(&key);
        } else {
            self.order.push_back(key);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// Takes an item of this key out of turn.
    fn change<T>(&mut self, key: K, take: impl FnOnce(&mut Q) -> Option<T>) -> Option<T> {
        let queue = self.queues.get_mut(&key)?;
        let item = take(queue);
        if queue.len() == 0 {
            self.queues.remove(&key);
            self.order.retain(|other| *other != key);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// The key with the most items, and how many.
    fn largest(&self) -> Option<(K, usize)> {
        let counts = self.queues.iter().map(|(key, queue)| (*key, queue.len()));
        counts.max_by_key(|(_, count)| *count)
    }
}

#[cfg(test)]
mod tests {
    use super::{FairQueue, Waiter};

    /// Lower-case letters are parties alone; upper-case letters are all of one group.
    impl Waiter for char {
        fn group(self) -> Self {
            if self.is_uppercase() { 'A' } else { self }
        }
    }

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
        assert_eq!((queue.len(), queue.groups.queues.len(), queue.groups.order.len()), (0, 0, 0));
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
    fn the_parties_of_a_group_share_the_turns_and_the_places_of_one_party() {
        for (pushed, lost, served) in [
            // In turn: the group and `b`; within the group its parties.
            ("A1 B1 C1 b1", "", "A1 b1 B1 C1"),
            ("A1 A2 B1 b1", "", "A1 b1 B1 A2"),
            // A party alone takes a place from the group that holds all of them with one item a party.
            ("A1 B1 C1 D1 b1", "?", "A1 b1 ? ?"),
            // Within a full group the party with the most loses.
            ("A1 A2 A3 B1 C1", "A3", "A1 B1 C1 A2"),
            // A new party of the group takes no place from a party outside it.
            ("b1 A1 B1 C1 D1", "D1", "b1 A1 B1 C1"),
        ] {
            let (has_lost, was_served) = played(4, pushed);
            if lost == "?" {
                assert!(["A1", "B1", "C1", "D1"].contains(&has_lost.as_str()), "{has_lost}");
                assert!(was_served.split(' ').nth(1) == Some("b1"), "{was_served}");
            } else {
                assert_eq!(
                    (has_lost, was_served),
                    (lost.to_owned(), served.to_owned()),
                    "{pushed}"
                );
            }
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
