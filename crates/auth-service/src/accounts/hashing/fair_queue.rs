//! A bounded queue that is fair between parties: pure, without threads and clocks.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Who waits.
pub(super) trait Waiter: Copy + Eq + Hash {
    /// The group to which the party belongs, named by one of its members or by a value that stands for all of them.
    /// All parties that one client can pose as (the addresses of one IPv6 /48, the sessions of one user) are one group.
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
mod tests;
