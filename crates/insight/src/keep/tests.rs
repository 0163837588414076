use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration as Wait;

use standfast_domain::{
    AgentId, Channel, Day, Ids, Language, RequestNumber, SeededEntropy, State, TeamId, Urgency,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::handling::{self, Handled};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Tx, activity, store_test};

use super::*;
use crate::block::Row;
use crate::fact::NEVER;
use crate::reference::facts_of;
use crate::{Figure, Measure};

const START: i64 = 1_763_000_000_000_000;

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 11).unwrap() % sides
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.roll(list.len().try_into().unwrap())).unwrap()]
    }
}

/// A request that came at some time, in some state.
pub(crate) fn request(dice: &mut Dice, number: i64) -> RequestRow {
    let created = Time(START + dice.roll(40 * 86_400) * 1_000_000 + dice.roll(1_000_000));
    let mut row = RequestRow {
        id: RequestId(Ids::floor(created) | number),
        number: RequestNumber::random(&*SeededEntropy::new(number.unsigned_abs())),
        customer_id: CustomerId(1 + dice.roll(9)),
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: dice.one_of(&["pending", "swap", "theft"]).to_owned(),
        urgency: Urgency(2),
        at_risk: dice.roll(9) == 0,
        channel: dice.one_of(&[Channel::Widget, Channel::Api]),
        language: dice.one_of(&[Language::Chinese, Language::English]),
        subject: String::new(),
        chain: None,
        fields: "{}".to_owned(),
        context: format!("{{\"region\":\"CN\",\"app_version\":\"2.{}\"}}", dice.roll(5)),
        identifiers: "[]".to_owned(),
        tags: dice.one_of(&["[]", "[]", "[\"test\"]"]).to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: created,
        updated_at: created,
        waiting_since: Some(created),
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: dice.roll(4),
        last_seq: 1,
        last_text: String::new(),
        last_author: "customer".to_owned(),
        customer_read_seq: 0,
        link_generation: 0,
        head: vec![1; 32],
        head_mac: vec![2; 32],
    };
    change(dice, &mut row);
    row
}

/// Something happens to it.
fn change(dice: &mut Dice, row: &mut RequestRow) {
    let later = row.updated_at.plus(Wait::from_secs(dice.roll(90_000).unsigned_abs()));
    row.updated_at = later;
    match dice.roll(8) {
        0 => row.kind = dice.one_of(&["pending", "swap", "airdrop"]).to_owned(),
        1 => row.customer_id = CustomerId(1 + dice.roll(9)),
        2 => row.tags = "[\"test\",\"late\"]".to_owned(),
        3 | 4 => row.first_reply_at = row.first_reply_at.or(Some(later)),
        5 => (row.state, row.solved_at) = (State::Solved, Some(later)),
        6 => (row.state, row.closed_at) = (dice.one_of(&[State::Closed, State::Spam]), Some(later)),
        _ => {
            (row.state, row.solved_at, row.closed_at) = (State::Open, None, None);
            row.reopen_count += 1;
        }
    }
}

fn tell(tx: &mut Tx, row: &RequestRow) -> Result<(), StoreError> {
    outbox::append(tx, row.id, row.last_seq, "entry", "", row.updated_at)
}

pub(crate) fn people(tx: &mut Tx) -> Result<(), StoreError> {
    for id in 1..=9 {
        let row = CustomerRow {
            id: CustomerId(id),
            name: None,
            email: None,
            language: Language::Chinese,
            verified: false,
            first_seen_at: Time(START - id * id * 86_400_000_000),
        };
        customer::insert(tx, &row)?;
    }
    Ok(())
}

pub(crate) async fn write(store: &Store, work: impl Fn(&mut Tx) -> Result<(), StoreError> + Send + 'static) {
    store.write(Lane::Ordinary, 0, work).await.unwrap();
}

pub(crate) async fn add(store: &Store, rows: Vec<RequestRow>) {
    write(store, move |tx| {
        rows.iter().try_for_each(|row| request::insert(tx, row).and_then(|()| tell(tx, row)))
    })
    .await;
}

/// Changes some of the requests.
async fn change_some(store: &Store, dice: &mut Dice, times: usize) {
    let mut rows = store.read(|rd| request::list_by_id(rd, RequestId(0), 10_000)).await.unwrap();
    for _ in 0..times {
        let place = usize::try_from(dice.roll(rows.len().try_into().unwrap())).unwrap();
        change(dice, &mut rows[place]);
        let (row, agent) = (rows[place].clone(), AgentId(1 + dice.roll(3)));
        write(store, move |tx| {
            request::save(tx, &row)?;
            handling::add(
                tx,
                &Handled {
                    request_id: row.id,
                    replies: i64::from(row.first_reply_at.is_some()),
                    replied_by: row.first_reply_at.map(|_| agent),
                    solved_at: row.solved_at,
                    agent_id: Some(agent),
                    team_id: Some(TeamId(agent.0 % 2)),
                    reply_seq: row.first_reply_at.map(|_| 2),
                    worked_s: row.first_reply_at.map(|_| agent.0 * 30),
                },
            )?;
            tell(tx, &row)
        })
        .await;
    }
}

/// Everything that facts say, in the same words whoever made them.
fn said(facts: &Facts) -> Vec<(i64, Vec<String>, Row)> {
    let mut all = Vec::new();
    for block in &facts.blocks {
        for place in 0..block.len() {
            let mut row = block.row(place).unwrap();
            let value = |dimension: Dimension| {
                let lookup = dimension.of(block);
                dimension.value(&facts.names, lookup.values[lookup.codes.get(place)])
            };
            let values = Dimension::ALL.map(value).to_vec();
            // Numbers of values differ with the order in which they were seen.
            (row.customer, row.region, row.version, row.chain, row.screen) = (0, 0, 0, 0, 0);
            (row.matter, row.source, row.handler, row.course.state) = Default::default();
            all.push((row.id, values, row));
        }
    }
    all
}

/// What SQL says now, read anew.
async fn read_anew(store: &Store) -> Facts {
    let rows =
        store.read(|rd| fact::list_between(rd, RequestId(0), RequestId(i64::MAX), 10_000)).await.unwrap();
    facts_of(&rows, MOST_ROWS)
}

fn insight(store: &Store, snapshot: Option<&Path>) -> Insight {
    let settings = Settings {
        snapshot: snapshot.map(Path::to_owned),
        every: Wait::from_hours(1),
        threads: 2,
        at_once: 1,
    };
    Insight::new(store.clone(), SeededEntropy::new(1), settings)
}

/// Keeps facts while `look` looks at them.
async fn while_kept<F: Future<Output = ()>>(insight: &Insight, look: impl FnOnce(Insight) -> F) {
    let (stop, stopping) = watch::channel(false);
    let keeping = tokio::spawn({
        let insight = insight.clone();
        async move { insight.keep(stopping).await }
    });
    look(insight.clone()).await;
    stop.send(true).unwrap();
    keeping.await.unwrap();
}

/// Waits until the facts say what SQL says.
async fn agrees(store: &Store, insight: &Insight) {
    let expected = said(&read_anew(store).await);
    for _ in 0..200 {
        if let Ok(facts) = insight.facts()
            && said(&facts) == expected
        {
            return;
        }
        tokio::time::sleep(Wait::from_millis(50)).await;
    }
    let found = insight.facts().map(|facts| said(&facts));
    assert_eq!(found, Ok(expected));
}

store_test! {
    async fn facts_are_loaded_and_follow(store) {
        let mut dice = Dice(7);
        write(&store, people).await;
        let rows: Vec<_> = (0..300).map(|number| request(&mut dice, number)).collect();
        add(&store, rows.clone()).await;
        let insight = insight(&store, None);
        assert_eq!(insight.facts().unwrap_err(), Error::Loading { percent: 0 });
        while_kept(&insight, async |insight| {
            agrees(&store, &insight).await;
            let before = insight.facts().unwrap();
            let told = said(&before);
            change_some(&store, &mut dice, 150).await;
            // Also some that came long before the last one.
            let late: Vec<_> = (300..340).map(|number| request(&mut dice, number)).collect();
            add(&store, late).await;
            agrees(&store, &insight).await;
            assert_eq!(said(&before), told, "whoever looks at facts sees one state of them");
        }).await;

        let facts = insight.facts().unwrap();
        let by_type = store.read(|rd| {
            rd.query(
                "SELECT type, count(*), count(first_reply_at) FROM request WHERE state NOT IN ('spam', 'merged') \
                 AND tags NOT LIKE '%\"test\"%' GROUP BY type",
                standfast_store::params![],
                |row| Ok((row.get::<String>(0)?, (row.get::<i64>(1)?.unsigned_abs(), row.get::<i64>(2)?.unsigned_abs()))),
            )
        });
        let by_type: BTreeMap<String, (u64, u64)> = by_type.await.unwrap().into_iter().collect();
        let mut query = Query::new(Measure::FirstResponse, Time(START * 2));
        query.group = vec![crate::Grouping::By(Dimension::Type)];
        let answer = answer(&facts, &query, None, 2).unwrap();
        let found: BTreeMap<String, (u64, u64)> = answer.cells.iter().map(|cell| {
            let Figure::Spread(spread) = &cell.figure else { panic!("{cell:?}") };
            (answer.axes[0].1[cell.at[0]].code.clone(), (spread.n + spread.pending, spread.n))
        }).collect();
        assert_eq!(found, by_type);
        assert!(facts.blocks.iter().all(|block| block.ends.iter().all(|end| *end == NEVER || *end < 90 * 86_400)));
    }

    async fn a_snapshot_goes_on_where_it_ended(store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.snapshot");
        let mut dice = Dice(9);
        write(&store, people).await;
        add(&store, (0..200).map(|number| request(&mut dice, number)).collect()).await;
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
        assert!(path.exists());
        change_some(&store, &mut dice, 40).await;
        add(&store, (200..220).map(|number| request(&mut dice, number)).collect()).await;
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;

        // Whatever is broken in the file, and whoever else it may belong to: it is refused, and SQL says the same.
        let database = store.read(|rd| setting::get(rd, DATABASE)).await.unwrap().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let loaded = snapshot::open(&path, &database).unwrap();
        assert_eq!(said(&loaded.facts), said(&read_anew(&store).await));
        let open = |bytes: &[u8], database: &str| {
            let path = folder.path().join("other");
            std::fs::write(&path, bytes).unwrap();
            snapshot::open(&path, database).map(|_| ())
        };
        assert_eq!(open(&whole, "another").unwrap_err(), Error::Snapshot("it is of another database"));
        for place in (0..whole.len()).step_by(whole.len() / 97 + 1).chain([8, 12, 20, whole.len() - 1]) {
            let mut broken = whole.clone();
            broken[place] ^= 0x10;
            assert!(open(&broken, &database).is_err(), "byte {place}");
            assert!(open(&whole[..place], &database).is_err(), "cut at {place}");
        }
        let mut broken = whole.clone();
        broken[whole.len() / 2] ^= 1;
        std::fs::write(&path, broken).unwrap();
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
    }

    async fn what_was_erased_is_in_no_list_and_in_no_file(store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.snapshot");
        let mut dice = Dice(17);
        write(&store, people).await;
        let mut rows: Vec<_> = (0..20).map(|number| request(&mut dice, number)).collect();
        rows[7].context = r#"{"screen":"zhangwei_account"}"#.to_owned();
        add(&store, rows.clone()).await;
        let is_in_file = || {
            let file = std::fs::read(&path).unwrap();
            file.windows(8).any(|bytes| bytes == b"zhangwei")
        };
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
        assert!(is_in_file());
        while_kept(&insight(&store, Some(&path)), async |insight| {
            agrees(&store, &insight).await;
            let mut row = rows[7].clone();
            row.context = "{}".to_owned();
            write(&store, move |tx| {
                request::save(tx, &row)?;
                outbox::append(tx, row.id, 1, ERASED, "", row.updated_at)
            })
            .await;
            for _ in 0..200 {
                let values = insight.values(2_000).await.unwrap();
                if !format!("{values:?}").contains("zhangwei") {
                    return;
                }
                tokio::time::sleep(Wait::from_millis(20)).await;
            }
            panic!("it is still listed");
        }).await;
        assert!(!is_in_file());
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
    }

    async fn a_lost_place_in_the_outbox_means_reading_everything(store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.snapshot");
        let mut dice = Dice(11);
        write(&store, people).await;
        add(&store, (0..60).map(|number| request(&mut dice, number)).collect()).await;
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
        add(&store, (60..80).map(|number| request(&mut dice, number)).collect()).await;
        change_some(&store, &mut dice, 10).await;
        // On PostgreSQL a transaction that is just over may still count as running.
        for _ in 0..100 {
            write(&store, |tx| outbox::trim(tx, Time(i64::MAX)).map(drop)).await;
            let left = store.read(|rd| rd.query_one("SELECT count(*) FROM outbox", standfast_store::params![], |row| row.get::<i64>(0)));
            if left.await.unwrap() == 0 {
                break;
            }
            tokio::time::sleep(Wait::from_millis(50)).await;
        }
        while_kept(&insight(&store, Some(&path)), async |insight| agrees(&store, &insight).await).await;
    }

    async fn requests_are_counted_per_thousand_active_users(store) {
        let mut dice = Dice(13);
        let day = Day::of(Time(START)).plus(1);
        write(&store, people).await;
        let mut rows: Vec<_> = (0..6).map(|number| request(&mut dice, number)).collect();
        for (row, (hours, region)) in rows.iter_mut().zip([(1, "CN"), (2, "CN"), (3, "US"), (25, "CN"), (26, "CN"), (49, "CN")]) {
            row.created_at = day.start().plus(Wait::from_hours(hours));
            (row.state, row.tags, row.context) = (State::Open, "[]".to_owned(), format!("{{\"region\":\"{region}\"}}"));
        }
        add(&store, rows).await;
        write(&store, move |tx| {
            // Of the second day somebody tells the whole alone, of the third nobody tells anything.
            for (day, region, users) in [(day, "CN", 500), (day, "US", 300), (day.plus(1), "", 700)] {
                let row = activity::ActiveRow { day, app_version: String::new(), region: region.to_owned(), platform: String::new(), users };
                activity::put(tx, standfast_domain::ActivitySource::Api, &row, day.start())?;
            }
            Ok(())
        }).await;
        let insight = insight(&store, None);
        while_kept(&insight, async |insight| agrees(&store, &insight).await).await;
        let (stop, stopping) = watch::channel(false);
        let (counting, users) = (insight.clone(), Store::clone(&store));
        let counting = tokio::spawn(async move { counting.count_users(users, stopping).await });
        let mut query = Query::new(Measure::ContactRate, day.plus(9).start());
        query.from = Some(day.start());
        let mut total = insight.answer(query.clone()).await.unwrap();
        while total.total.n() == 0 {
            tokio::time::sleep(Wait::from_millis(20)).await;
            total = insight.answer(query.clone()).await.unwrap();
        }
        stop.send(true).unwrap();
        counting.await.unwrap();
        assert_eq!(total.total, Figure::Rate { n: 5, user_days: Some(1_500) });
        assert_eq!(total.left_out, 1);
        query.group = vec![crate::Grouping::By(Dimension::Region)];
        let by_region = insight.answer(query.clone()).await.unwrap();
        let rates: Vec<_> = by_region.cells.iter().map(|cell| (by_region.axes[0].1[cell.at[0]].code.as_str(), &cell.figure)).collect();
        assert_eq!(rates, [
            ("CN", &Figure::Rate { n: 2, user_days: Some(500) }),
            ("US", &Figure::Rate { n: 1, user_days: Some(300) }),
        ]);
        let behind = insight.behind(query, Selection { cell: vec!["CN".to_owned()], part: crate::Part::All, after: None, limit: 10 }).await.unwrap();
        assert_eq!(behind.rows.len(), 2);
    }

    async fn who_goes_away_leaves_no_turn_before_the_work_is_over(store) {
        let settings = Settings { snapshot: None, every: Wait::from_hours(1), threads: 1, at_once: 2 };
        let insight = Insight::new(store.clone(), SeededEntropy::new(1), settings);
        insight.0.state.write().percent = 100;
        let (begun, mut beginnings) = tokio::sync::mpsc::unbounded_channel();
        let (end, ending) = std::sync::mpsc::channel::<()>();
        let ending = Arc::new(parking_lot::Mutex::new(ending));
        for _ in 0..2 {
            let (asked, begun, ending) = (insight.clone(), begun.clone(), ending.clone());
            let question = tokio::spawn(async move {
                let work = move |facts: &Facts, _: usize| {
                    begun.send(facts.is_awaited()).unwrap();
                    ending.lock().recv().unwrap();
                    let _ = begun.send(facts.is_awaited());
                    Ok(())
                };
                asked.work(work).await
            });
            assert_eq!(beginnings.recv().await, Some(true));
            question.abort();
            assert!(question.await.unwrap_err().is_cancelled());
        }
        let third = insight.work(|_, _| Ok(()));
        tokio::pin!(third);
        let waits = tokio::time::timeout(Wait::from_millis(200), &mut third).await;
        assert!(waits.is_err(), "both who went away are still being worked for");
        end.send(()).unwrap();
        assert_eq!(beginnings.recv().await, Some(false), "and their work can see that nobody waits");
        third.await.unwrap();
        end.send(()).unwrap();
    }

    async fn whoever_wants_facts_made_anew_is_told_what_came_of_it(store) {
        let mut dice = Dice(11);
        write(&store, people).await;
        add(&store, (0..40).map(|number| request(&mut dice, number)).collect()).await;
        let folder = tempfile::tempdir().unwrap();
        let insight = insight(&store, Some(&folder.path().join("facts.snapshot")));
        let rebuilt = |requests, is_saved| Ok(crate::Rebuilt { requests, is_saved });
        while_kept(&insight, async |insight| {
            agrees(&store, &insight).await;
            // Of several at once each is told of what was read for it, also while the next ones have it read again.
            let asked = (0..3).map(|wait| {
                let insight = insight.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Wait::from_millis(wait * 3)).await;
                    insight.rebuild().await
                })
            });
            for asked in asked.collect::<Vec<_>>() {
                let told = tokio::time::timeout(Wait::from_secs(20), asked).await.unwrap().unwrap();
                assert_eq!(told, rebuilt(40, true));
            }
            // What cannot be written is said.
            std::fs::remove_dir_all(folder.path()).unwrap();
            assert_eq!(insight.rebuild().await, rebuilt(40, false));
            // What cannot be read is said, too, and made as soon as it can.
            write(&store, |tx| tx.execute("ALTER TABLE request RENAME TO request_away", standfast_store::params![]).map(drop)).await;
            let told = tokio::time::timeout(Wait::from_secs(20), insight.rebuild()).await.unwrap();
            assert!(matches!(told, Err(Error::Store(ref error)) if *error != StoreError::Closed), "{told:?}");
            write(&store, |tx| tx.execute("ALTER TABLE request_away RENAME TO request", standfast_store::params![]).map(drop)).await;
            assert_eq!(insight.rebuild().await, rebuilt(40, false));
        }).await;
        // Where nobody keeps them any more, nobody makes them.
        let told = tokio::time::timeout(Wait::from_secs(5), insight.rebuild()).await.unwrap();
        assert_eq!(told, Err(StoreError::Closed.into()));
    }

    async fn an_empty_desk_has_empty_facts(store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.snapshot");
        for _ in 0..2 {
            while_kept(&insight(&store, Some(&path)), async |insight| {
                agrees(&store, &insight).await;
                let total = insight.answer(Query::new(Measure::Requests, Time(START))).await.unwrap().total;
                assert_eq!(total, Figure::Count { n: 0 });
            }).await;
        }
    }
}
