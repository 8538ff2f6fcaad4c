use std::{future::pending, time::Duration};

use claims::{Revocation, RevocationPage as Page};
use tokio::{task::JoinHandle, time::timeout};

use super::*;
use crate::store::{
    self,
    revocations::{MinRightsVersion, Revoked},
    test_database::{NOW, TestDatabase},
};

/// A feed, and the task that reads its table.
struct RunningFeed {
    feed: Feed,
    test: TestDatabase,
    reader: JoinHandle<()>,
}

impl RunningFeed {
    async fn open() -> Self {
        let test = TestDatabase::open();
        let feed = Feed::open(test.database.clone(), Clock::frozen(), false, true).await.unwrap();
        let running = feed.clone();
        let reader = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                running.update().await.unwrap();
                running.wait_for_change(began).await;
            }
        });
        Self { feed, test, reader }
    }

    async fn revoke(&self, sid: &str) {
        let revoked = [Revoked { sid: sid.to_owned(), until: NOW }];
        self.test.write(move |transaction| store::revocations::insert(transaction, &revoked)).await;
        self.feed.notify_written();
    }

    async fn poll(&self, after: Option<&str>) -> Page {
        let poll = Poll { after, wait: Duration::ZERO, poller: Poller::Verifier };
        parsed(&self.feed.poll(poll, pending()).await.unwrap())
    }
}

impl Drop for RunningFeed {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

fn parsed(page: &RevocationPage) -> Page {
    let page: Page = serde_json::from_slice(&page.body.concat()).unwrap();
    page
}

fn sid(entry: &Revocation) -> &str {
    match entry {
        Revocation::Session { sid, .. } => sid,
        other => panic!("{other:?}"),
    }
}

fn sids(page: &Page) -> Vec<&str> {
    page.revoked.iter().map(sid).collect()
}

#[tokio::test]
async fn a_first_poll_gets_all_entries_and_the_next_one_only_newer_entries() {
    let running = RunningFeed::open().await;
    running.revoke("one").await;
    running.revoke("t\"wo").await;
    let first = running.poll(None).await;
    assert_eq!((first.reset, first.more), (true, false));
    let entry = |sid: &str| Revocation::Session { sid: sid.to_owned(), until: NOW.as_i64() };
    assert_eq!(first.revoked, [entry("one"), entry("t\"wo")]);
    assert_eq!(sids(&running.poll(Some(&first.cursor)).await), [""; 0]);
    running.revoke("three").await;
    running.feed.wait_until_current().await.unwrap();
    let next = running.poll(Some(&first.cursor)).await;
    assert_eq!((next.reset, sids(&next)), (false, vec!["three"]));
}

#[tokio::test]
async fn both_kinds_of_entries_are_in_one_order() {
    let running = RunningFeed::open().await;
    running.revoke("one").await;
    let raised = [MinRightsVersion { sub: "ana".to_owned(), min_version: 4, until: NOW }];
    let insert = move |connection: &mut _| {
        store::revocations::insert_min_rights_versions(connection, &raised)
    };
    running.test.write(insert).await;
    running.revoke("two").await;
    running.feed.wait_until_current().await.unwrap();
    let until = NOW.as_i64();
    let session = |sid: &str| Revocation::Session { sid: sid.to_owned(), until };
    let rights = Revocation::Rights { sub: "ana".to_owned(), min_ver: 4, until };
    assert_eq!(running.poll(None).await.revoked, [session("one"), rights, session("two")]);
}

#[tokio::test]
async fn a_text_that_is_no_cursor_of_this_feed_gets_all_entries() {
    let running = RunningFeed::open().await;
    running.revoke("one").await;
    for cursor in ["", "nonsense", "e.1.0123456789abcdef"] {
        let page = running.poll(Some(cursor)).await;
        assert_eq!((page.reset, sids(&page)), (true, vec!["one"]), "{cursor:?}");
    }
}

#[tokio::test]
async fn a_poll_that_waits_is_answered_when_an_entry_is_written() {
    let running = RunningFeed::open().await;
    let cursor = running.poll(None).await.cursor;
    let (feed, after) = (running.feed.clone(), cursor.clone());
    let waiting = tokio::spawn(async move {
        let poll = Poll { after: Some(&after), wait: MAX_WAIT, poller: Poller::Verifier };
        feed.poll(poll, pending()).await.unwrap()
    });
    while running.feed.open_polls() == 0 {
        tokio::task::yield_now().await;
    }
    running.revoke("one").await;
    let page = timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    assert_eq!(sids(&parsed(&page)), ["one"]);
    assert_eq!(running.feed.open_polls(), 0);
}

#[tokio::test]
async fn a_cancelled_poll_ends_without_new_entries_and_gives_its_slot_back() {
    let running = RunningFeed::open().await;
    let cursor = running.poll(None).await.cursor;
    let poll = Poll { after: Some(&cursor), wait: MAX_WAIT, poller: Poller::Verifier };
    let page = running.feed.poll(poll, async {}).await.unwrap();
    assert_eq!((page.entries, running.feed.open_polls()), (0, 0));
}

#[tokio::test]
async fn an_entry_leaves_the_feed_in_memory_only_after_the_retention() {
    let running = RunningFeed::open().await;
    running.revoke("one").await;
    running.feed.wait_until_current().await.unwrap();
    let retention = crate::sessions::RETENTION;
    running.feed.prune(NOW + retention);
    assert_eq!(running.feed.len(), 1);
    running.feed.prune(NOW + retention + Duration::from_secs(1));
    assert!(running.feed.is_empty());
}
