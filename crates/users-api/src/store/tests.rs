use database::Database;

use super::{NameRange, RowPosition, UserRow, users};
use crate::{
    testing::{TestDatabase, user_id},
    users::filter::NamePrefix,
};
use users::{PageRows, PageStart, Total};

async fn page(database: &Database, names: &str, start: PageStart, per_page: i64) -> PageRows {
    try_page(database, names, start, per_page).await.unwrap()
}

async fn try_page(
    database: &Database,
    names: &str,
    start: PageStart,
    per_page: i64,
) -> Option<PageRows> {
    let names = NamePrefix::parse(names).unwrap().map(|prefix| prefix.range());
    database.read(move |c| users::list(c, names.as_ref(), &start, per_page)).await.unwrap()
}

async fn at(database: &Database, offset: i64, per_page: i64) -> Vec<UserRow> {
    page(database, "", PageStart::Offset(offset), per_page).await.rows
}

async fn names_beginning_with(database: &Database, prefix: &str) -> Vec<String> {
    let page = page(database, prefix, PageStart::Offset(0), 100).await;
    page.rows.into_iter().map(|row| row.username).collect()
}

fn numbers(rows: &[UserRow]) -> Vec<u32> {
    rows.iter().map(|row| u32::from_str_radix(&row.id[..8], 16).unwrap()).collect()
}

fn key(row: &UserRow) -> RowPosition {
    RowPosition::ByCreation { created_at: row.created_at, id: row.id.clone() }
}

#[tokio::test]
async fn users_come_in_the_order_of_time_then_id() {
    let test = TestDatabase::new();
    for (number, time) in [(3, 5), (1, 7), (2, 5), (4, 1)] {
        test.add(number, time, &format!("user{number}"));
    }
    let database = test.open();
    assert_eq!(numbers(&at(&database, 0, 9).await), [4, 2, 3, 1]);
    assert_eq!(numbers(&at(&database, 1, 9).await), [2, 3, 1]);
    let first_two = page(&database, "", PageStart::Offset(0), 2).await;
    let rest = page(&database, "", PageStart::After(first_two.next_position.unwrap()), 1).await;
    assert_eq!(rest.rows[0].id, user_id(3));
}

#[tokio::test]
async fn an_offset_steps_over_as_many_users_and_past_the_end_finds_none() {
    let test = TestDatabase::with_users(50);
    let database = test.open();
    assert_eq!(numbers(&at(&database, 0, 2).await), [1, 2]);
    assert_eq!(numbers(&at(&database, 48, 5).await), [49, 50]);
    assert!(at(&database, 50, 5).await.is_empty());
    assert!(at(&database, 100_000, 5).await.is_empty());
}

#[tokio::test]
async fn users_added_or_deleted_while_paging_neither_repeat_nor_hide_others() {
    let test = TestDatabase::with_users(30);
    let database = test.open();
    let (mut seen, mut start) = (Vec::new(), PageStart::Offset(0));
    for round in 0.. {
        let rows = page(&database, "", start, 4).await.rows;
        let Some(last) = rows.last().map(key) else { break };
        seen.extend(numbers(&rows));
        // One that was shown goes, the one at the cursor goes, one comes in front, one at the end.
        test.remove(seen[0]);
        test.remove(*seen.last().unwrap());
        if round < 3 {
            test.add(100 + round, 1, &format!("early{round}"));
            test.add(200 + round, 1_000_000_000 + i64::from(round), &format!("late{round}"));
        }
        start = PageStart::After(last);
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
    let (mut seen, mut start) = (Vec::new(), PageStart::Offset(0));
    loop {
        let rows = page(&database, "", start, 2).await.rows;
        let Some(last) = rows.last().map(key) else { break };
        seen.extend(numbers(&rows));
        start = PageStart::After(last);
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
    assert_eq!(names_beginning_with(&database, "a%").await, ["a%b"]);
    assert_eq!(names_beginning_with(&database, "a_").await, ["a_c"]);
    assert_eq!(names_beginning_with(&database, "%").await, ["%"]);
    assert_eq!(names_beginning_with(&database, "a").await.len(), 4);
    assert_eq!(names_beginning_with(&database, "' OR 1=1 --").await.len(), 0);
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
    assert_eq!(names_beginning_with(&database, "RENE\u{301}").await, ["rené", "renée"]);
    assert_eq!(names_beginning_with(&database, "한").await, ["한글", "한"]);
    assert_eq!(names_beginning_with(&database, "𐐀").await, ["𐐨a"]);
    assert_eq!(names_beginning_with(&database, "ＲＥＮＥ").await, ["rene"]);
    assert_eq!(names_beginning_with(&database, "z\u{10ffff}").await, ["z\u{10ffff}z"]);
}

#[tokio::test]
async fn counting_with_a_prefix_stops_at_the_maximum() {
    let test = TestDatabase::with_users(25);
    let database = test.open();
    let names = NameRange { from: "user".to_owned(), to: Some("uses".to_owned()) };
    let cases = [
        (10, Total::AtLeast(10)),
        (25, Total::AtLeast(25)),
        (26, Total::Exact(25)),
        (10_001, Total::Exact(25)),
    ];
    for (most, expected) in cases {
        let names = names.clone();
        let counted = database.read(move |c| users::count_up_to(c, &names, most)).await;
        assert_eq!(counted.unwrap(), expected);
    }
    assert_eq!(database.read(users::count).await.unwrap(), 25);
}

#[tokio::test]
async fn few_matches_are_listed_by_time_and_many_by_name() {
    let test = TestDatabase::with_users(6_000);
    test.add(9_001, 2_500_000, "other");
    let database = test.open();
    for (prefix, offset) in [("user", 4), ("user5", 0), ("user", 5_990), ("user5", 1_000)] {
        let mut all: Vec<u32> =
            (1..=6_000).filter(|n| format!("user{n}").starts_with(prefix)).collect();
        // 6,000 users match "user", 1,111 match "user5".
        if prefix == "user" {
            all.sort_by_key(|n| format!("user{n}"));
        }
        let expected: Vec<_> = all.iter().copied().skip(offset).take(15).collect();
        let start = PageStart::Offset(i64::try_from(offset).unwrap());
        let first = page(&database, prefix, start, 6).await;
        let more = expected.len() > 6;
        assert_eq!(numbers(&first.rows), expected[..expected.len().min(6)], "{prefix} {offset}");
        assert_eq!(first.next_position.is_some(), more, "{prefix} {offset}");
        if let Some(next) = first.next_position {
            let rest = page(&database, prefix, PageStart::After(next), 9).await;
            assert_eq!(numbers(&rest.rows), expected[6..], "{prefix} {offset}");
        }
    }
}

#[tokio::test]
async fn a_list_by_name_neither_repeats_nor_hides_users_when_others_come_and_go() {
    let test = TestDatabase::with_users(5_100);
    let database = test.open();
    let first = page(&database, "user", PageStart::Offset(5_090), 4).await;
    assert_eq!(first.rows.last().unwrap().username, "user993");
    test.remove(993);
    test.add(9_001, 1, "user0");
    test.add(9_002, 1, "user9931");
    let rest = page(&database, "user", PageStart::After(first.next_position.unwrap()), 9).await;
    let names: Vec<_> = rest.rows.iter().map(|row| row.username.as_str()).collect();
    assert_eq!(
        names,
        ["user9931", "user994", "user995", "user996", "user997", "user998", "user999"]
    );
}

#[tokio::test]
async fn a_list_that_has_grown_keeps_its_order_until_sorting_it_would_cost_too_much() {
    let test = TestDatabase::with_users(4_990);
    let database = test.open();
    let next = page(&database, "user", PageStart::Offset(10), 5).await.next_position.unwrap();
    let add = |numbers: std::ops::RangeInclusive<u32>| {
        for number in numbers {
            test.add(number, 90_000_000_000 + i64::from(number), &format!("user{number}"));
        }
    };
    add(4_991..=5_010);
    let continued = page(&database, "user", PageStart::After(next.clone()), 3).await;
    assert_eq!(numbers(&continued.rows), [16, 17, 18]);
    add(5_011..=10_000);
    assert_eq!(try_page(&database, "user", PageStart::After(next), 3).await, None);
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
