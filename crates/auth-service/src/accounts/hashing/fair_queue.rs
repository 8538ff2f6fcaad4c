//! A bounded queue that is fair between requesters. It has no threads and no clock.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// A requester that belongs to a group.
pub(super) trait Grouped: Copy + Eq + Hash {
    /// The group of the requester, as a key: one of its members, or a value that stands for all of them. All requesters
    /// that one client can pretend to be (the addresses of one IPv6 /48, the sessions of one user) are one group.
    fn group(self) -> Self;
}

/// Waiting items, each of one requester.
///
/// Groups are served in turn, one item each; within a group its requesters in turn; the items of one requester in the
/// order in which they came. When the queue is full, one item is evicted: the newest item of the requester with the
/// most items, in the group with the most items. So a group that sends more than the others waits behind its own items
/// and takes no slots from other groups.
#[derive(Debug)]
pub(super) struct FairQueue<R, T> {
    groups: RoundRobin<R, RoundRobin<R, VecDeque<T>>>,
    capacity: usize,
}

impl<R: Grouped, T> FairQueue<R, T> {
    /// An empty queue for `capacity` items, at least one.
    pub(super) fn new(capacity: usize) -> Self {
        Self { groups: RoundRobin::default(), capacity: capacity.max(1) }
    }

    /// Adds an item of a requester. `Some` is the evicted item: the new one, or one of another requester that was
    /// waiting.
    #[must_use]
    pub(super) fn push(&mut self, requester: R, item: T) -> Option<T> {
        let evicted = if self.len() < self.capacity {
            None
        } else {
            let Some(other) = self.requester_to_evict(requester) else { return Some(item) };
            self.take_newest(other)
        };
        self.groups.entry_for_push(requester.group()).entry_for_push(requester).push_back(item);
        evicted
    }

    /// Takes the next item.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.groups.pop_next(|requesters| requesters.pop_next(VecDeque::pop_front))
    }

    /// Number of items that wait.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The requester whose newest item is evicted for a new item of `requester`; `None` if the new item itself is to be
    /// refused, because its requester has the most items. Walks over all groups, so it is called only when the queue is
    /// full.
    fn requester_to_evict(&self, requester: R) -> Option<R> {
        let (largest, count) = self.groups.largest()?;
        let own_group = self.groups.get(requester.group());
        if own_group.map_or(0, Items::len) + 1 < count {
            return Some(self.groups.get(largest)?.largest()?.0);
        }
        // With the new item this group has the most items: choose among its own requesters.
        let requesters = own_group?;
        let (largest, count) = requesters.largest()?;
        (requesters.get(requester).map_or(0, Items::len) + 1 < count).then_some(largest)
    }

    fn take_newest(&mut self, requester: R) -> Option<T> {
        let group = requester.group();
        self.groups
            .remove_from(group, |requesters| requesters.remove_from(requester, VecDeque::pop_back))
    }
}

/// A queue of items.
trait Items: Default {
    fn len(&self) -> usize;
}

impl<T> Items for VecDeque<T> {
    fn len(&self) -> usize {
        self.len()
    }
}

/// Queues by key that are served one after the other (round robin). Empty queues are removed.
#[derive(Debug)]
struct RoundRobin<K, Q> {
    queues: HashMap<K, Q>,
    /// Each key once, in the order in which they are served next.
    order: VecDeque<K>,
    len: usize,
}

impl<K, Q> Default for RoundRobin<K, Q> {
    fn default() -> Self {
        Self { queues: HashMap::new(), order: VecDeque::new(), len: 0 }
    }
}

impl<K, Q> Items for RoundRobin<K, Q> {
    fn len(&self) -> usize {
        self.len
    }
}

impl<K: Copy + Eq + Hash, Q: Items> RoundRobin<K, Q> {
    fn get(&self, key: K) -> Option<&Q> {
        self.queues.get(&key)
    }

    /// The queue of a key. The caller must add exactly one item, which is counted here.
    fn entry_for_push(&mut self, key: K) -> &mut Q {
        self.len += 1;
        let order = &mut self.order;
        self.queues.entry(key).or_insert_with(|| {
            order.push_back(key);
            Q::default()
        })
    }

    /// Takes an item from the next queue.
    fn pop_next<T>(&mut self, take: impl FnOnce(&mut Q) -> Option<T>) -> Option<T> {
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

    /// Removes an item of this key, whether or not it is next.
    fn remove_from<T>(&mut self, key: K, take: impl FnOnce(&mut Q) -> Option<T>) -> Option<T> {
        let queue = self.queues.get_mut(&key)?;
        let item = take(queue);
        if queue.len() == 0 {
            self.queues.remove(&key);
            self.order.retain(|other| *other != key);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// The key with the most items, and the number of its items.
    fn largest(&self) -> Option<(K, usize)> {
        let counts = self.queues.iter().map(|(key, queue)| (*key, queue.len()));
        counts.max_by_key(|(_, count)| *count)
    }
}

#[cfg(test)]
mod tests;
