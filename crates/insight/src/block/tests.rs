use proptest::prelude::*;

use super::*;

/// A row of few values, so that rows share some.
fn row() -> impl Strategy<Value = Row> {
    let small = || 0..4_u32;
    let seconds = || prop_oneof![Just(NEVER), 0..200_000_u32];
    (
        (0..40_u32, 0..50_i64, 0..9_u32),
        (seconds(), seconds(), seconds()),
        (small(), small(), small(), small(), small()),
        (any::<bool>(), any::<bool>(), 0..3_u8, small()),
    )
        .prop_map(
            |((created, id, customer), (response, resolution, end), (a, b, c, d, e), (f, g, h, i))| Row {
                id: 1 + id + (i64::from(created) << 33),
                created: 1_763_000_000 + created,
                customer,
                response,
                resolution,
                end,
                bot: if f && g { created * 977 } else { NEVER },
                matter: Matter { kind: a, urgency: 2, at_risk: f },
                source: Source { channel: b, language: c, platform: 1 },
                region: c,
                version: d,
                chain: e,
                screen: a,
                brand: b,
                handler: Handler {
                    team: u16::try_from(b).unwrap(),
                    agent: u16::try_from(d).unwrap(),
                    first_agent: u16::try_from(e).unwrap(),
                    solved_by: u16::try_from(a).unwrap(),
                },
                course: Course {
                    state: u8::try_from(a).unwrap(),
                    history: History::new(None, f && g),
                    is_solved: g && end != NEVER,
                    reopened: h,
                    ..Course::default()
                },
                feedback: Feedback { resolution: u8::from(g), score: u8::from(f), reason: u8::from(f && g) },
                tally: Tally {
                    replies: u16::try_from(i).unwrap(),
                    follow_ups: u16::try_from(a).unwrap(),
                    reading: if f { Reading::Unread } else { Reading::Read },
                },
                worked: u16::from(h) * 70,
            },
        )
}

fn rows(block: &Block) -> Vec<Row> {
    (0..block.len()).map(|place| block.row(place).unwrap()).collect()
}

proptest! {
    #[test]
    fn a_block_is_a_sorted_list(start in proptest::collection::vec(row(), 0..40), more in proptest::collection::vec(row(), 0..20)) {
        let mut list = start;
        list.sort_by_key(Row::key);
        list.dedup_by_key(|row| row.key());
        let mut block = Block::new(&list);
        prop_assert_eq!(&rows(&block), &list);
        for row in more {
            match (block.find(row.key()), list.binary_search_by_key(&row.key(), Row::key)) {
                (Ok(place), Ok(same)) => {
                    prop_assert_eq!(place, same);
                    list[place] = row;
                    block.set(place, &row);
                }
                (Err(place), Err(same)) => {
                    prop_assert_eq!(place, same);
                    list.insert(place, row);
                    block.insert(place, &row);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(&rows(&block), &list);
        let firsts: Vec<u32> = list.iter().map(|row| row.resolution).collect();
        prop_assert_eq!(block.first_resolutions(), firsts);
        let latest = list.iter().map(|row| if row.end == NEVER { u32::MAX } else { row.created + row.end }).max();
        prop_assert!(block.last_end >= latest.unwrap_or(0));
        let rest = block.split();
        prop_assert_eq!([rows(&block), rows(&rest)].concat(), list);
    }
}
