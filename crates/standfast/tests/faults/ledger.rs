//! kill -9 while minutes are put down: the ledger verifies, and each minute that nobody put down is the desk's own fault.
//!
//! Minutes are short here. What is killed is another process of this program, which does nothing but put down minutes, on a clock
//! that runs six hundred times as fast.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use standfast_desk::{
    AgentCaller, Desk, Keys, Minutes, NewAgent, ScheduleWish, Settings, add_agent, add_schedule, load_hours,
    load_online, online, verify,
};
use standfast_domain::{
    Clock, Coverage, Interval, OsEntropy, Role, Schedule, SystemClock, Time, TimeOfDay, Weekday,
};
use standfast_store::{Config, Database, Store};
use tempfile::TempDir;
use tokio::time::sleep;

/// Where the other process finds the data, and when its clock began to run fast, in microseconds since 1970.
const FOLDER: &str = "STANDFAST_TEST_LEDGER";
const SINCE: &str = "STANDFAST_TEST_LEDGER_SINCE";
/// What it writes once it looks.
const ALIVE: &str = "alive";
/// Of the desk's time for a moment of ours.
const FAST: u32 = 600;
const KILLS: usize = 5;

/// Runs fast since a time, in every process alike.
struct Fast {
    real: Arc<dyn Clock>,
    since: Time,
}

impl Clock for Fast {
    fn now(&self) -> Time {
        self.since.plus(self.real.now().since(self.since) * FAST)
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic() * FAST
    }
}

async fn open(folder: &Path, since: Time) -> Desk {
    let clock: Arc<dyn Clock> = Arc::new(Fast { real: SystemClock::shared(), since });
    let config = Config::new(Database::Sqlite { path: folder.join("desk.sqlite") });
    let store = Store::open(config, clock.clone()).unwrap();
    store.migrate().await.unwrap();
    Desk::new(store, Keys::new(&[7; 32]), Settings::default(), clock, OsEntropy::shared(), 0)
}

/// Somebody who reads figures, and hours that promise somebody at all times.
async fn set_up(desk: &Desk) -> AgentCaller {
    let new = NewAgent {
        email: "lead@desk.test".to_owned(),
        name: "Lead".to_owned(),
        role: Some(Role::Admin),
        password: "correct horse".to_owned(),
        ..NewAgent::default()
    };
    let view = add_agent(desk, None, new).await.unwrap();
    let lead = AgentCaller { id: view.id, name: view.name, role: Role::Admin };
    let time = |text| TimeOfDay::parse(text).unwrap();
    let day =
        |day| Interval { weekday: Weekday::new(day).unwrap(), opens: time("00:00"), closes: time("24:00") };
    let schedule = Schedule {
        zone: "UTC".to_owned(),
        week: (1..=7).map(day).collect(),
        seasons: Vec::new(),
        days: Vec::new(),
        exceptions: Vec::new(),
    };
    let wish = ScheduleWish { name: "Everybody".to_owned(), coverage: Coverage::default(), schedule };
    add_schedule(desk, &lead, &wish).await.unwrap();
    lead
}

/// What is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of the test below"]
#[expect(clippy::disallowed_methods, reason = "how the process that is killed is told what to do")]
async fn puts_down_minutes() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let since = Time(std::env::var(SINCE).unwrap().parse().unwrap());
    let desk = open(Path::new(&folder), since).await;
    std::fs::write(Path::new(&folder).join(ALIVE), "").unwrap();
    desk.board().set_present(1, 1, desk.now());
    let mut minutes = Minutes::new(&desk);
    loop {
        minutes.look(&desk).await;
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_survive_kills() {
    let folder = TempDir::new().unwrap();
    let since = SystemClock::shared().now();
    let desk = open(folder.path(), since).await;
    let lead = set_up(&desk).await;
    desk.store().close().await;
    drop(desk);
    let clock = Fast { real: SystemClock::shared(), since };
    let alive = folder.path().join(ALIVE);
    let mut down = Vec::new();
    for _ in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ledger::puts_down_minutes", "--ignored"])
            .env(FOLDER, folder.path())
            .env(SINCE, since.0.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while std::fs::remove_file(&alive).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(fastrand::u64(300..900))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = clock.now();
        sleep(Duration::from_millis(fastrand::u64(250..500))).await;
        down.push((killed, clock.now()));
    }
    let desk = open(folder.path(), since).await;
    load_hours(&desk).await.unwrap();
    load_online(&desk).await.unwrap();
    let found = verify(&desk).await.unwrap();
    assert!(found.is_sound(), "{:?}", found.ledger);
    let kept = online(&desk, &lead, 90).await.unwrap().items[0].kept;
    assert_eq!(u64::from(kept.online), found.ledger.minutes, "each that was put down, once");
    assert_eq!(kept.promised, kept.online + kept.technical, "{kept:?}");
    // The last stretch has no end that anybody saw.
    let minute = |time: Time| time.0.div_euclid(60_000_000);
    let whole = |(from, until): &(Time, Time)| u32::try_from(minute(*until) - minute(*from) - 1).unwrap_or(0);
    let least: u32 = down[..KILLS - 1].iter().map(whole).sum();
    assert!(least >= 4 && kept.technical >= least, "{kept:?} of {least} minutes in which nobody was there");
    assert!(kept.online > 10, "{kept:?}");
    println!(
        "{KILLS} kills, {} minutes put down, {} lost, at least {least} of them to kills",
        kept.online, kept.technical
    );
}
