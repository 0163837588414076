//! Desks whose requests have what facts are made of, and nothing else: no entries, no words.

use std::path::PathBuf;
use std::time::Duration;

use standfast_domain::{
    AgentId, Channel, CustomerId, Day, Ids, Language, REASONS_HIGH, REASONS_LOW, RequestId, Resolution, Role,
    Score, State, SystemClock, TYPES, TeamId, Time, Urgency,
};
use standfast_insight::ActiveUsers;
use standfast_store::activity::ActiveRow;
use standfast_store::agent::{self, AgentRow};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::fact::FactRow;
use standfast_store::handling::{self, Handled};
use standfast_store::request::{self, RequestRow};
use standfast_store::resolution::{self, RatingRow, ResolutionRow};
use standfast_store::{Config, Database, Error, Lane, Store, Tx};

use crate::Options;
use crate::draw::Draw;

/// Grows whenever desks are to be made anew.
const VERSION: u32 = 3;
/// Requests of one unit of work.
const PORTION: usize = 500;
const YEAR: Duration = Duration::from_hours(365 * 24);
const AGENTS: u32 = 60;
const TEAMS: u32 = 6;
const REGIONS: [&str; 24] = [
    "CN", "CN", "CN", "US", "VN", "ID", "IN", "TR", "BR", "NG", "RU", "KR", "JP", "PH", "TH", "DE", "FR",
    "GB", "UA", "PK", "MX", "AR", "AE", "SG",
];
const CHAINS: [&str; 10] =
    ["TRON", "TRON", "Ethereum", "BNB Chain", "Solana", "Bitcoin", "Polygon", "Arbitrum", "Base", "TON"];
const PLATFORMS: [&str; 4] = ["ios", "android", "android", "harmonyos"];

/// A desk of requests.
pub(crate) struct Desk {
    pub(crate) path: PathBuf,
    pub(crate) maker: Maker,
}

/// A desk with so many requests over a year: made once, then kept.
pub(crate) async fn open(options: &Options, requests: usize) -> anyhow::Result<Desk> {
    let folder = options.home.join(format!("facts-{VERSION}-{requests}"));
    let (path, mark) = (folder.join("desk.sqlite"), folder.join("made"));
    let made = std::fs::read_to_string(&mark).ok().and_then(|text| text.parse().ok());
    if let Some(now) = made {
        // It may have been made by an earlier version.
        let store = Store::open(Config::new(Database::Sqlite { path: path.clone() }), SystemClock::shared())?;
        store.migrate().await?;
        store.close().await;
        return Ok(Desk { path, maker: Maker { now: Time(now), requests } });
    }
    println!("making {requests} requests for the facts in {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let clock = SystemClock::shared();
    let now = clock.now();
    let store = Store::open(Config::new(Database::Sqlite { path: path.clone() }), clock)?;
    store.migrate().await?;
    store.write(Lane::Background, 0, move |tx| people(tx, now)).await?;
    let maker = Maker { now, requests };
    for start in (0..requests).step_by(PORTION) {
        let end = (start + PORTION).min(requests);
        store
            .write(Lane::Background, 0, move |tx| (start..end).try_for_each(|number| maker.make(tx, number)))
            .await?;
    }
    store.close().await;
    std::fs::write(&mark, now.0.to_string())?;
    Ok(Desk { path, maker })
}

/// Agents and teams are needed by their ids alone.
fn people(tx: &mut Tx, now: Time) -> Result<(), Error> {
    for team in 1..=i64::from(TEAMS) {
        agent::insert_team(tx, TeamId(team), &format!("Team {team}"), now)?;
    }
    for agent in 1..=i64::from(AGENTS) {
        let row = AgentRow {
            id: AgentId(agent),
            email: format!("agent{agent}@bench.example"),
            name: format!("Agent {agent}"),
            role: Role::Agent,
            password_hash: String::new(),
            language: Language::English,
            created_at: now,
            disabled_at: None,
        };
        agent::insert(tx, &row)?;
    }
    Ok(())
}

/// Makes requests; the same number makes the same request.
#[derive(Clone, Copy)]
pub(crate) struct Maker {
    /// When the last one came: what would happen later has not happened.
    pub(crate) now: Time,
    pub(crate) requests: usize,
}

/// A request with all that facts are made of.
pub(crate) struct Made {
    pub(crate) customer: CustomerRow,
    pub(crate) request: RequestRow,
    pub(crate) handled: Option<Handled>,
    pub(crate) resolution: Option<ResolutionRow>,
    pub(crate) rating: Option<RatingRow>,
}

impl Maker {
    /// When a request came: evenly over the year.
    fn came(&self, number: usize) -> Time {
        let share = (number + 1) as f64 / self.requests as f64;
        self.now.minus(YEAR).plus(YEAR.mul_f64(share)).minus(Duration::from_secs(1))
    }

    /// Every third request is of a customer who has asked before, and seldom of one long ago.
    fn customer(&self, number: usize) -> (CustomerId, Time) {
        let mut draw = Draw::new(number as u64 ^ 0xC0FF_EE00);
        let back = 1 + draw.below(number.max(1));
        let of = if draw.percent(33) { number.saturating_sub(1 + draw.below(back)) } else { number };
        let first = self.came(of);
        (CustomerId(Ids::floor(first) | 2), first)
    }

    /// The request of this number; those from `requests` on come after all that are there.
    pub(crate) fn request(&self, number: usize) -> Made {
        let mut draw = Draw::new(number as u64 ^ 0xFAC7_0000_0000);
        let came = self.came(number);
        let (customer, first_seen_at) = self.customer(number);
        let language = if draw.percent(60) { Language::Chinese } else { Language::English };
        let customer =
            CustomerRow { id: customer, name: None, email: None, language, verified: false, first_seen_at };
        let mut request = blank(came, customer.id, &mut draw);
        let handled = happen(&mut request, &mut draw, self.now);
        let resolution = judge(&request, &mut draw);
        let rating = resolution.as_ref().and_then(|resolution| rate(resolution, &mut draw));
        Made { customer, request, handled, resolution, rating }
    }

    fn make(&self, tx: &mut Tx, number: usize) -> Result<(), Error> {
        self.request(number).insert(tx)
    }
}

impl Made {
    pub(crate) fn insert(&self, tx: &mut Tx) -> Result<(), Error> {
        if customer::find(tx, self.customer.id)?.is_none() {
            customer::insert(tx, &self.customer)?;
        }
        request::insert(tx, &self.request)?;
        if let Some(handled) = &self.handled {
            handling::add(tx, handled)?;
        }
        if let Some(resolution) = &self.resolution {
            resolution::put(tx, resolution)?;
        }
        self.rating.as_ref().map_or(Ok(()), |rating| resolution::put_rating(tx, rating))
    }

    /// As the store tells it to the facts.
    pub(crate) fn into_fact(self) -> FactRow {
        let Self { customer, request, handled, resolution, rating } = self;
        FactRow {
            id: request.id,
            customer_id: customer.id,
            customer_first_seen_at: customer.first_seen_at,
            state: request.state,
            kind: request.kind,
            urgency: request.urgency,
            at_risk: request.at_risk,
            channel: request.channel,
            language: request.language,
            chain: request.chain,
            fields: request.fields,
            context: request.context,
            tags: request.tags,
            team_id: request.team_id,
            assignee_id: request.assignee_id,
            created_at: request.created_at,
            updated_at: request.updated_at,
            first_reply_at: request.first_reply_at,
            solved_at: request.solved_at,
            closed_at: request.closed_at,
            reopen_count: request.reopen_count,
            follow_up_count: request.follow_up_count,
            reply_count: handled.map_or(0, |handled| handled.replies),
            first_agent_id: handled.and_then(|handled| handled.replied_by),
            first_solved_at: handled.and_then(|handled| handled.solved_at),
            transfer_count: 0,
            escalation_count: 0,
            resolution: resolution.as_ref().map(|resolution| resolution.state),
            solved_by_id: resolution.map(|resolution| resolution.agent_id),
            score: rating.as_ref().map(|rating| rating.score),
            reason: rating.and_then(|rating| rating.reason),
            untold: None,
            bot_reply_at: None,
            reopened_at: None,
            worked_s: handled.and_then(|handled| handled.worked_s),
            unread: handled
                .and_then(|handled| handled.reply_seq)
                .is_some_and(|reply| request.customer_read_seq < reply),
        }
    }
}

/// People who used the app on each day of a year, by everything that requests are of.
pub(crate) fn active_users(now: Time) -> ActiveUsers {
    let mut rows = Vec::new();
    for day in 0..=366 {
        for version in 0..48 {
            for (place, region) in REGIONS.iter().enumerate() {
                for platform in ["ios", "android", "harmonyos"] {
                    rows.push(ActiveRow {
                        day: Day::of(now).plus(-day),
                        app_version: format!("2.{}.{}", version / 4, version % 4),
                        region: (*region).to_owned(),
                        platform: platform.to_owned(),
                        users: 40 - i64::try_from(place).unwrap_or(0),
                    });
                }
            }
        }
    }
    ActiveUsers::of(rows)
}

fn blank(came: Time, customer: CustomerId, draw: &mut Draw) -> RequestRow {
    let kind = TYPES.get(draw.below(TYPES.len())).filter(|kind| !kind.at_risk || draw.percent(10));
    let version = format!("2.{}.{}", draw.below(12), draw.below(4));
    let context = format!(
        r#"{{"app_version":"{version}","region":"{}","platform":"{}","screen":"screen_{}"}}"#,
        draw.one_of(&REGIONS, "CN"),
        draw.one_of(&PLATFORMS, "ios"),
        draw.below(40),
    );
    let fields = if draw.percent(60) {
        format!(r#"{{"chain":"{}"}}"#, draw.one_of(&CHAINS, "TRON"))
    } else {
        "{}".to_owned()
    };
    RequestRow {
        id: RequestId(Ids::floor(came) | 1),
        number: draw.request_number(),
        customer_id: customer,
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: kind.map_or("other", |kind| kind.code).to_owned(),
        urgency: kind.map_or(Urgency(3), |kind| kind.urgency),
        at_risk: kind.is_some_and(|kind| kind.at_risk),
        channel: if draw.percent(80) { Channel::Widget } else { Channel::Page },
        language: if draw.percent(60) { Language::Chinese } else { Language::English },
        subject: String::new(),
        chain: draw.percent(40).then(|| "evm".to_owned()),
        fields,
        context,
        identifiers: "[]".to_owned(),
        tags: if draw.percent(20) { r#"["exchange"]"# } else { "[]" }.to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: came,
        updated_at: came,
        waiting_since: Some(came),
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: i64::from(few(draw, 5)),
        last_seq: 1,
        last_text: String::new(),
        last_author: "customer".to_owned(),
        customer_read_seq: 1,
        link_generation: 0,
        head: Vec::new(),
        head_mac: Vec::new(),
    }
}

/// A number below `end`.
fn few(draw: &mut Draw, end: u32) -> u32 {
    draw.below(end as usize) as u32
}

/// Ninety-eight in a hundred are answered, and nearly all of those end.
fn happen(row: &mut RequestRow, draw: &mut Draw, now: Time) -> Option<Handled> {
    if draw.percent(2) {
        return None;
    }
    // Durations of many sizes: minutes, hours, days.
    let mut span = |most: usize| {
        let most = 1 + draw.below(most);
        Duration::from_secs(30 + draw.below(most) as u64)
    };
    let (reply, solve) = (span(60_000), span(400_000));
    let agent = 1 + i64::from(few(draw, AGENTS));
    let first_reply_at = row.created_at.plus(reply);
    if first_reply_at > now {
        return None;
    }
    row.first_reply_at = Some(first_reply_at);
    (row.assignee_id, row.team_id) = (Some(AgentId(agent)), Some(TeamId(1 + agent % i64::from(TEAMS))));
    row.updated_at = first_reply_at;
    row.state = State::Waiting;
    row.waiting_since = None;
    let mut handled = Handled {
        request_id: row.id,
        replies: 1 + i64::from(few(draw, 4)),
        replied_by: row.assignee_id,
        solved_at: None,
        agent_id: row.assignee_id,
        team_id: row.team_id,
        reply_seq: Some(2),
        worked_s: draw.percent(70).then(|| 20 + i64::from(few(draw, 900))),
    };
    row.customer_read_seq = if draw.percent(92) { 2 } else { 1 };
    let ended = first_reply_at.plus(solve);
    if draw.percent(97) && ended <= now {
        row.updated_at = ended;
        row.solved_at = Some(ended);
        row.reopen_count = i64::from(draw.percent(6));
        handled.solved_at =
            if row.reopen_count > 0 { Some(first_reply_at.plus(solve / 2)) } else { Some(ended) };
        row.state = if draw.percent(3) { State::Spam } else { State::Closed };
        row.closed_at = Some(ended);
    }
    Some(handled)
}

/// Of three in ten that ended it is known what their customers say to it.
fn judge(row: &RequestRow, draw: &mut Draw) -> Option<ResolutionRow> {
    let (Some(claimed_at), Some(agent_id), State::Closed) = (row.solved_at, row.assignee_id, row.state)
    else {
        return None;
    };
    if !draw.percent(30) {
        return None;
    }
    Some(ResolutionRow {
        request_id: row.id,
        episode: 1,
        state: draw.one_of(&Resolution::ALL, Resolution::Claimed),
        agent_id,
        claimed_at,
        asked_at: None,
        decided_by: None,
        decided_at: None,
    })
}

/// Four in ten of those are rated.
fn rate(of: &ResolutionRow, draw: &mut Draw) -> Option<RatingRow> {
    let score = Score::new(1 + i64::from(few(draw, 5))).filter(|_| draw.percent(40))?;
    let reasons = if score.is_satisfied() { REASONS_HIGH } else { REASONS_LOW };
    Some(RatingRow {
        request_id: of.request_id,
        episode: of.episode,
        score,
        reason: draw.percent(70).then(|| draw.one_of(reasons, "slow").to_owned()),
        seq: 1,
        agent_id: of.agent_id,
        channel: Channel::Widget,
        created_at: of.claimed_at,
        changed_at: of.claimed_at,
    })
}
