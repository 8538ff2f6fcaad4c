use super::BoundedMap;

fn never(_: &u32) -> bool {
    false
}

#[test]
fn a_full_map_forgets_the_value_that_was_used_longest_ago() {
    let mut map = BoundedMap::new(3);
    for key in 1..=3 {
        assert!(map.put(&key, key, false, never));
    }
    assert!(map.put(&1, 10, false, never));
    assert!(map.put(&4, 4, false, never));
    assert_eq!([1, 2, 3, 4].map(|key| map.get(&key).copied()), [Some(10), None, Some(3), Some(4)]);
    assert_eq!(map.len(), 3);
}

#[test]
fn blocked_values_are_forgotten_only_once_they_are_open() {
    let mut map = BoundedMap::new(2);
    assert!(map.put(&1, 1, true, never) && map.put(&2, 2, false, never));
    assert!(map.put(&3, 3, false, never), "2 is forgotten");
    assert!(map.get(&1).is_some() && map.get(&2).is_none());
    assert!(map.put(&3, 3, true, never));
    assert!(!map.put(&4, 4, false, never), "both are blocked");
    assert!(map.get(&4).is_none());
    assert!(map.put(&4, 4, false, |value| *value == 3), "3 is open by now");
    assert!(map.get(&1).is_some() && map.get(&3).is_none());
}

#[test]
fn a_value_that_was_blocked_long_ago_is_forgotten_before_a_value_that_was_used_lately() {
    let mut map = BoundedMap::new(2);
    assert!(map.put(&1, 1, true, never) && map.put(&2, 2, false, never));
    assert!(map.put(&3, 3, false, |_| true));
    assert!(map.get(&1).is_none() && map.get(&2).is_some());
}

#[test]
fn it_never_loses_a_link_whatever_the_order_of_calls() {
    let mut map = BoundedMap::new(50);
    let mut random = 1_u32;
    for _ in 0..20_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let key = (random >> 16) % 120;
        map.put(&key, key, random & 0x100 != 0, |_| true);
        assert_eq!(map.get(&key), Some(&key));
    }
    let mut seen = 0;
    for list in map.lists {
        let (mut slot, mut older) = (list.oldest, super::NONE);
        while slot != super::NONE {
            assert_eq!(map.slots[slot as usize].older, older);
            (older, slot) = (slot, map.slots[slot as usize].newer);
            seen += 1;
        }
        assert_eq!(list.newest, older);
    }
    assert_eq!((seen, map.len()), (50, 50));
}
