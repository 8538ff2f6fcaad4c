//! Two queues in front of the same threads.

use super::{fair_queue::FairQueue, queue_permits::Requester};

/// One queue for anonymous requests (log-in, registration) and one for requests inside sessions and from trusted
/// devices.
///
/// While both have items, they are served in turn. So a flood of anonymous requests leaves half of the threads' time to
/// signed-in users, and sessions leave half of it to anonymous requests.
#[derive(Debug)]
pub(super) struct ClassQueues<T> {
    anonymous: FairQueue<Requester, T>,
    sessions: FairQueue<Requester, T>,
    session_is_next: bool,
}

impl<T> ClassQueues<T> {
    /// Two empty queues of this many slots each.
    pub(super) fn new(capacity: usize) -> Self {
        let queue = || FairQueue::new(capacity);
        Self { anonymous: queue(), sessions: queue(), session_is_next: false }
    }

    /// As [`FairQueue::push`], into the queue of the requester's class.
    #[must_use]
    pub(super) fn push(&mut self, requester: Requester, item: T) -> Option<T> {
        match requester {
            Requester::Source(_) => self.anonymous.push(requester, item),
            Requester::Session { .. } | Requester::TrustedDevice { .. } => {
                self.sessions.push(requester, item)
            }
        }
    }

    /// As [`FairQueue::pop`], from both queues in turn.
    pub(super) fn pop(&mut self) -> Option<T> {
        let (first, second) = if self.session_is_next {
            (&mut self.sessions, &mut self.anonymous)
        } else {
            (&mut self.anonymous, &mut self.sessions)
        };
        if let Some(item) = first.pop() {
            self.session_is_next = !self.session_is_next;
            return Some(item);
        }
        second.pop()
    }

    /// Number of items that wait.
    pub(super) fn len(&self) -> usize {
        self.anonymous.len() + self.sessions.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassQueues, Requester};
    use crate::throttle::{AttemptKeys, Source};

    fn source(number: u32) -> Requester {
        Requester::Source(Source::V4(number))
    }

    fn session(user: &str) -> Requester {
        Requester::Session { user: AttemptKeys::new(b"secret").of_user(user), session: None }
    }

    fn drain(queues: &mut ClassQueues<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queues.pop()).collect()
    }

    #[test]
    fn anonymous_requests_and_sessions_are_served_in_turn() {
        let mut queues = ClassQueues::new(10);
        for (requester, item) in [
            (source(1), "a1"),
            (source(1), "a2"),
            (source(2), "b1"),
            (session("ana"), "S1"),
            (session("ana"), "S2"),
            (session("bob"), "T1"),
        ] {
            assert_eq!(queues.push(requester, item), None);
        }
        assert_eq!(queues.len(), 6);
        assert_eq!(drain(&mut queues), ["a1", "S1", "b1", "T1", "a2", "S2"]);
    }

    #[test]
    fn a_trusted_device_is_served_with_the_sessions_and_shares_the_turns_of_its_user() {
        let mut queues = ClassQueues::new(10);
        let keys = AttemptKeys::new(b"secret");
        let device =
            Requester::TrustedDevice { user: keys.of_user("ana"), device: keys.of_device("d") };
        for (requester, item) in [
            (source(1), "a1"),
            (source(1), "a2"),
            (session("ana"), "S1"),
            (device, "D1"),
            (session("bob"), "T1"),
        ] {
            assert_eq!(queues.push(requester, item), None);
        }
        assert_eq!(drain(&mut queues), ["a1", "S1", "a2", "T1", "D1"]);
    }

    #[test]
    fn a_class_without_competition_is_always_served() {
        let mut queues = ClassQueues::new(10);
        for item in ["S1", "S2", "S3"] {
            assert_eq!(queues.push(session("ana"), item), None);
        }
        assert_eq!(drain(&mut queues), ["S1", "S2", "S3"]);
    }

    #[test]
    fn anonymous_requests_that_fill_their_queue_take_no_slot_of_a_session() {
        let mut queues = ClassQueues::new(2);
        let many = ["a1", "a2", "a3", "a4"];
        let lost: Vec<_> = many.iter().filter_map(|item| queues.push(source(1), *item)).collect();
        assert_eq!(lost, ["a3", "a4"]);
        assert_eq!(queues.push(session("ana"), "S1"), None);
        assert_eq!(queues.push(session("bob"), "T1"), None);
        assert_eq!(drain(&mut queues), ["a1", "S1", "a2", "T1"]);
    }
}
