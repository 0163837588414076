use super::*;
use crate::block::{Course, Feedback, Handler, History, Matter, Reading, Source, Tally};
use crate::fact::{NEVER, worked};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 11) % u64::from(sides)).unwrap()
    }

    /// Small numbers more often than large ones.
    fn few(&mut self, sides: u32) -> u32 {
        let most = 1 + self.roll(sides);
        let most = 1 + self.roll(most);
        self.roll(most)
    }
}

/// The requests of a large desk: thousands an hour, 24 types, 20 chains, 60 regions, 80 versions of the app, 120 screens,
/// 120 agents in 8 teams; one brand; two nodes take them in.
fn row(dice: &mut Dice, number: u32) -> Row {
    let created = 1_763_000_000 + number / 2;
    let kind = 2 + dice.few(24);
    let answered = dice.roll(100) > 2;
    let ended = answered && dice.roll(100) > 3;
    let agent = 2 + dice.few(120);
    let moved = dice.roll(10) == 0;
    let response = if answered { 30 + dice.few(90_000) } else { NEVER };
    let end = if ended { response + dice.few(400_000) } else { NEVER };
    let reopens = u8::from(dice.roll(20) == 0);
    let ms = i64::from(dice.roll(1_000));
    // A desk of its own; of an imported history a bot's reply takes six bytes more.
    let bot = NEVER;
    Row {
        id: standfast_domain::Ids::floor(standfast_domain::Time(i64::from(created) * 1_000_000 + ms * 1_000))
            | i64::from(dice.roll(2)) << 16
            | i64::from(dice.few(8)),
        created,
        customer: dice.roll(number + 1),
        response,
        resolution: if reopens > 0 && ended { end / 2 } else { end },
        end,
        bot,
        matter: Matter { kind, urgency: u8::try_from(kind % 5).unwrap(), at_risk: kind < 5 },
        source: Source {
            channel: 2 + dice.few(6),
            language: 2 + dice.roll(2),
            platform: u8::try_from(dice.few(8)).unwrap(),
        },
        region: dice.few(60),
        version: dice.few(80),
        chain: dice.few(20),
        screen: dice.few(120),
        brand: 2,
        handler: Handler {
            team: if answered { u16::try_from(2 + agent % 8).unwrap() } else { 0 },
            agent: if answered { u16::try_from(agent).unwrap() } else { 0 },
            first_agent: if moved {
                2 + u16::try_from(dice.few(120)).unwrap()
            } else {
                u16::try_from(agent).unwrap()
            },
            solved_by: if ended { u16::try_from(agent).unwrap() } else { 0 },
        },
        course: Course {
            state: if ended {
                5 + u8::try_from(dice.roll(2)).unwrap()
            } else {
                2 + u8::try_from(dice.roll(3)).unwrap()
            },
            counting: u8::from(dice.roll(50) == 0),
            cohort: u8::try_from(dice.roll(6)).unwrap(),
            next: u8::try_from(dice.few(4)).unwrap(),
            is_first: dice.roll(2) == 0,
            is_answered: answered,
            history: History::default(),
            is_tagged: dice.roll(4) == 0,
            is_solved: ended,
            tier: u8::from(moved && dice.roll(3) == 0),
            transfers: if moved { 1 + u8::try_from(dice.few(3)).unwrap() } else { 0 },
            reopened: if reopens > 0 { u8::try_from(dice.roll(4)).unwrap() } else { 0 },
        },
        feedback: Feedback {
            resolution: if ended { 1 + u8::try_from(dice.few(4)).unwrap() } else { 0 },
            score: if ended && dice.roll(5) == 0 { 1 + u8::try_from(dice.few(5)).unwrap() } else { 0 },
            reason: if ended { u8::try_from(dice.few(10)).unwrap() } else { 0 },
        },
        tally: Tally {
            replies: u16::from(answered) + u16::try_from(dice.few(9)).unwrap(),
            follow_ups: u16::try_from(dice.few(8)).unwrap(),
            reading: match dice.roll(10) {
                _ if !answered => Reading::Untold,
                0 => Reading::Unread,
                _ => Reading::Read,
            },
        },
        worked: worked((answered && dice.roll(10) > 2).then(|| 20 + i64::from(dice.few(5_000)))),
    }
}

#[test]
fn a_row_of_a_large_desk_takes_at_most_32_bytes() {
    let mut dice = Dice(1);
    let mut builder = Builder::new(MOST_ROWS);
    let rows = 3 * u32::try_from(MOST_ROWS).unwrap();
    for number in 0..rows {
        builder.add(row(&mut dice, number));
    }
    let facts = builder.finish(rows as usize);
    println!("{} bytes for {} rows", facts.bytes(), facts.len());
    for block in &facts.blocks {
        let columns = [
            ("stamps", block.stamps.bytes()),
            ("resolutions", block.resolutions.bytes()),
            ("bots", block.bots.bytes()),
            ("matter", block.matter.bytes()),
            ("source", block.source.bytes()),
            ("region", block.region.bytes()),
            ("version", block.version.bytes()),
            ("chain", block.chain.bytes()),
            ("screen", block.screen.bytes()),
            ("handler", block.handler.bytes()),
            ("course", block.course.bytes()),
            ("feedback", block.feedback.bytes()),
            ("tally", block.tally.bytes()),
            ("worked", block.worked.bytes()),
        ];
        println!("of {} rows: {columns:?}", block.len());
    }
    assert!(facts.bytes() <= 32 * facts.len());
}
