use service_kit::database::Database;

use super::{KeyRange, Place, UserRow, users};
use crate::{
    testing::{TestDatabase, user_id},
    users::filter::NamePrefix,
};
use users::Start;

async fn list(database: &Database, start: Start, limit: i64) -> Vec<UserRow> {
    database.read(move |c| users::list(c, None, &start, limit)).await.unwrap()
}

async fn behind(database: &Database, offset: i64, limit: i64) -> Vec<UserRow> {
    database.read(move |c| users::list_behind(c, None, offset, limit)).await.unwrap()
}

async fn named(database: &Database, prefix: &str) -> Vec<String> {
    let names = NamePrefix::parse(prefix).unwrap().map(|prefix| prefix.range());
    let found = database.read(move |c| users::list(c, names.as_ref(), &Start::First, 100));
    found.await.unwrap().into_iter().map(|row| row.username).collect()
}

fn numbers(rows: &[UserRow]) -> Vec<u32> {
    rows.iter().map(|row| u32::from_str_radix(&row.id[..8], 16).unwrap()).collect()
}

fn place(row: &UserRow) -> Place {
    Place { created_at: row.created_at, id: row.id.clone() }
}

#[tokio::test]
async fn users_come_in_the_order_of_time_then_id() {
    let test = TestDatabase::new();
    for (number, time) in [(3, 5), (1, 7), (2, 5), (4, 1)] {
        test.add(number, time, &format!("user{number}"));
    }
    let database = test.open();
    assert_eq!(numbers(&list(&database, Start::First, 9).await), [4, 2, 3, 1]);
    let (two, three) = (place(&behind(&database, 1, 1).await[0]), user_id(3));
    assert_eq!(numbers(&list(&database, Start::At(two.clone()), 9).await), [2, 3, 1]);
    assert_eq!(list(&database, Start::After(two), 1).await[0].id, three);
}

#[tokio::test]
async fn an_offset_steps_over_as_many_users_and_past_the_end_finds_none() {
    let test = TestDatabase::with_users(50);
    let database = test.open();
    assert_eq!(numbers(&behind(&database, 0, 2).await), [1, 2]);
    assert_eq!(numbers(&behind(&database, 48, 5).await), [49, 50]);
    assert!(behind(&database, 50, 5).await.is_empty());
    assert!(behind(&database, 100_000, 5).await.is_empty());
}

#[tokio::test]
async fn users_added_or_deleted_while_paging_neither_repeat_nor_hide_others() {
    let test = TestDatabase::with_users(30);
    let database = test.open();
    let (mut seen, mut start) = (Vec::new(), Start::First);
    for round in 0.. {
        let rows = list(&database, start, 4).await;
        let Some(last) = rows.last().map(place) else { break };
        seen.extend(numbers(&rows));
        // One that was shown goes, the one at the cursor goes, one comes in front, one at the end.
        test.remove(seen[0]);
        test.remove(*seen.last().unwrap());
        if round < 3 {
            test.add(100 + round, 1, &format!("early{round}"));
            test.add(200 + round, 1_000_000_000 + i64::from(round), &format!("late{round}"));
        }
        start = Start::After(last);
    }
    let expected: Vec<u32> = (1..=30).chain(200..203).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn users_of_one_microsecond_are_paged_by_id() {
    let test = TestDatabase::new();
    for number in 1..=9 {
        test.add(number, 42, &format!("user{number}"));
    }
    let database = test.open();
    let (mut seen, mut start) = (Vec::new(), Start::First);
    loop {
        let rows = list(&database, start, 2).await;
        let Some(last) = rows.last().map(place) else { break };
        seen.extend(numbers(&rows));
        start = Start::After(last);
    }
    assert_eq!(seen, (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_prefix_takes_percent_and_underscore_for_what_they_are() {
    let test = TestDatabase::new();
    for (number, name) in ["a%b", "axb", "a_c", "a", "50%", "%", "_"].into_iter().enumerate() {
        test.add(u32::try_from(number).unwrap(), 1, name);
    }
    let database = test.open();
    assert_eq!(named(&database, "a%").await, ["a%b"]);
    assert_eq!(named(&database, "a_").await, ["a_c"]);
    assert_eq!(named(&database, "%").await, ["%"]);
    assert_eq!(named(&database, "a").await.len(), 4);
    assert_eq!(named(&database, "' OR 1=1 --").await.len(), 0);
}

#[tokio::test]
async fn a_prefix_finds_names_beyond_ascii_and_no_neighbours() {
    let test = TestDatabase::new();
    let names =
        ["rené", "renée", "reně", "rene", "한글", "한", "𐐨a", "z\u{10ffff}z", "aé\u{10ffff}"];
    for (number, name) in names.into_iter().enumerate() {
        test.add(u32::try_from(number).unwrap(), 1, name);
    }
    let database = test.open();
    assert_eq!(named(&database, "RENE\u{301}").await, ["rené", "renée"]);
    assert_eq!(named(&database, "한").await, ["한글", "한"]);
    assert_eq!(named(&database, "𐐀").await, ["𐐨a"]);
    assert_eq!(named(&database, "ＲＥＮＥ").await, ["rene"]);
    assert_eq!(named(&database, "z\u{10ffff}").await, ["z\u{10ffff}z"]);
}

#[tokio::test]
async fn counting_with_a_prefix_stops_at_the_most() {
    let test = TestDatabase::with_users(25);
    let database = test.open();
    let names = KeyRange { from: "user".to_owned(), to: Some("uses".to_owned()) };
    for (most, expected) in [(10, 10), (25, 25), (26, 25), (10_001, 25)] {
        let names = names.clone();
        let counted = database.read(move |c| users::count_up_to(c, &names, most)).await;
        assert_eq!(counted.unwrap(), expected);
    }
    assert_eq!(database.read(users::count).await.unwrap(), 25);
}

#[tokio::test]
async fn a_common_prefix_and_a_rare_one_are_listed_alike() {
    let test = TestDatabase::with_users(6_000);
    test.add(9_001, 2_500_000, "other");
    let database = test.open();
    // "user" is common and "user5" is not; both begin with user 5's neighbourhood.
    for (prefix, offset) in [("user", 4), ("user5", 0), ("user", 5_990), ("user5", 1_000)] {
        let names = NamePrefix::parse(prefix).unwrap().map(|prefix| prefix.range());
        let all: Vec<u32> =
            (1..=6_000).filter(|n| format!("user{n}").starts_with(prefix)).collect();
        let expected: Vec<_> = all.iter().copied().skip(offset).take(15).collect();
        let begin = i64::try_from(offset).unwrap();
        let names_there = names.clone();
        let page = database
            .read(move |c| users::list_behind(c, names_there.as_ref(), begin, 15))
            .await
            .unwrap();
        assert_eq!(numbers(&page), expected, "{prefix} {offset}");
        let start = Start::After(place(&page[0]));
        let rest = database.read(move |c| users::list(c, names.as_ref(), &start, 14)).await;
        assert_eq!(numbers(&rest.unwrap()), expected[1..], "{prefix} {offset}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_id_or_not_at_all() {
    let test = TestDatabase::with_users(2);
    let database = test.open();
    let found = database.read(|c| users::by_id(c, &user_id(2))).await.unwrap();
    assert_eq!(found.unwrap().username, "user2");
    assert_eq!(database.read(|c| users::by_id(c, &user_id(3))).await.unwrap(), None);
}

#[tokio::test]
async fn a_database_without_the_view_fails_the_probe() {
    let test = TestDatabase::new();
    let database = test.open();
    database.read(users::probe).await.unwrap();
    test.execute("DROP VIEW public_users");
    assert!(database.read(users::probe).await.is_err());
}
