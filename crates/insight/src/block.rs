//! A stretch of rows in the order of time, as columns.

use std::borrow::Cow;

use standfast_store::imported::Untold;

use crate::column::{Coded, MOST_ROWS};
use crate::fact::NEVER;
use crate::measure::Duration;
use crate::noted::Notes;
use crate::stamp::Stamps;

/// What a request is about, and how pressing it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Matter {
    pub(crate) kind: u32,
    pub(crate) urgency: u8,
    pub(crate) at_risk: bool,
}

/// By which way it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub(crate) channel: u32,
    pub(crate) language: u32,
    pub(crate) platform: u8,
}

/// Who has it, and who answered first, by numbers of [`crate::names`], of which there are fewer than two bytes can tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Handler {
    pub(crate) team: u16,
    pub(crate) agent: u16,
    pub(crate) first_agent: u16,
    /// Who had answered last when it was called solved.
    pub(crate) solved_by: u16,
}

/// Whether a request's history comes from another system, what that does not say ([`standfast_store::imported::Untold`]), and
/// whether a bot answered there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History(pub(crate) u8);

impl History {
    const IMPORTED: u8 = 1 << 7;
    const BOT: u8 = 1 << 6;

    /// From what is noted of an imported one.
    pub(crate) fn new(untold: Option<i64>, has_bot: bool) -> Self {
        let told = untold.map_or(0, |bits| Self::IMPORTED | u8::try_from(bits & 0x3f).unwrap_or(0));
        Self(if has_bot { told | Self::BOT } else { told })
    }

    pub(crate) const fn is_imported(self) -> bool {
        self.0 & Self::IMPORTED != 0
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a dimension of its own")]
pub(crate) struct Course {
    /// Its number: there are few states.
    pub(crate) state: u8,
    /// Index into [`crate::fact::COUNTINGS`].
    pub(crate) counting: u8,
    /// Index into [`crate::fact::COHORTS`].
    pub(crate) cohort: u8,
    /// See [`crate::contact::Link`].
    pub(crate) next: u8,
    pub(crate) is_first: bool,
    /// By a person.
    pub(crate) is_answered: bool,
    pub(crate) is_tagged: bool,
    /// It ended by being called solved.
    pub(crate) is_solved: bool,
    /// Where its history comes from, and what that does not say.
    pub(crate) history: History,
    /// Index into [`crate::fact::TIERS`].
    pub(crate) tier: u8,
    /// How often it went from one agent or team to another; stays at 255.
    pub(crate) transfers: u8,
    /// How soon after it was first called solved it was taken up again: see [`crate::contact::within`].
    pub(crate) reopened: u8,
}

/// Whether the customer of a request came back for the first reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// Nobody can know: the history comes from another system, or its customers read in a system of the host.
    #[default]
    Untold,
    /// They read it, or wrote since.
    Read,
    /// Neither.
    Unread,
}

/// What its customer said of the help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Feedback {
    /// Index into [`crate::fact::RESOLUTIONS`]; 0 while it was never called solved.
    pub(crate) resolution: u8,
    /// 1 to 5; 0 while it was not rated.
    pub(crate) score: u8,
    /// Index into [`crate::fact::REASONS`]; 0 for none.
    pub(crate) reason: u8,
}

impl Feedback {
    /// It was called solved at least once, and with that its customer was asked about it.
    pub(crate) const fn is_asked(self) -> bool {
        self.resolution > 0
    }

    /// Its customer has rated the help.
    pub(crate) const fn is_rated(self) -> bool {
        self.score > 0
    }
}

impl Course {
    /// Whether its history comes from another system.
    pub(crate) const fn is_imported(&self) -> bool {
        self.history.is_imported()
    }

    /// Whether a bot answered.
    pub(crate) const fn is_bot_answered(&self) -> bool {
        self.history.0 & History::BOT != 0
    }

    /// Whether the request's history says this.
    pub(crate) fn tells(&self, what: Untold) -> bool {
        !Untold((self.history.0 & 0x3f).into()).has(what)
    }
}

/// How much was written, and whether it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Tally {
    /// These two stay at 65,535.
    pub(crate) replies: u16,
    pub(crate) follow_ups: u16,
    /// Whether its customer came back for the first reply.
    pub(crate) reading: Reading,
}

/// A row: what a [`crate::fact::Fact`] says, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) created: u32,
    pub(crate) customer: u32,
    pub(crate) response: u32,
    pub(crate) resolution: u32,
    pub(crate) end: u32,
    /// Seconds until a bot first answered.
    pub(crate) bot: u32,
    pub(crate) matter: Matter,
    pub(crate) source: Source,
    pub(crate) region: u32,
    pub(crate) version: u32,
    pub(crate) chain: u32,
    pub(crate) screen: u32,
    pub(crate) brand: u32,
    pub(crate) handler: Handler,
    pub(crate) course: Course,
    pub(crate) feedback: Feedback,
    pub(crate) tally: Tally,
    /// Seconds that people had it in hand, rounded by [`crate::fact::worked`]; 0 where that was not told.
    pub(crate) worked: u16,
}

impl Row {
    /// Rows stand in this order.
    pub(crate) const fn key(&self) -> (u32, i64) {
        (self.created, self.id)
    }
}

/// Rows as columns. All have the same length; rows are in the order of second and id.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) created: Vec<u32>,
    pub(crate) stamps: Stamps,
    pub(crate) customers: Vec<u32>,
    pub(crate) responses: Vec<u32>,
    pub(crate) ends: Vec<u32>,
    /// First resolutions that are not their row's end.
    pub(crate) resolutions: Notes,
    /// Seconds until a bot first answered, where one did.
    pub(crate) bots: Notes,
    pub(crate) matter: Coded<Matter>,
    pub(crate) source: Coded<Source>,
    pub(crate) region: Coded<u32>,
    pub(crate) version: Coded<u32>,
    pub(crate) chain: Coded<u32>,
    pub(crate) screen: Coded<u32>,
    pub(crate) brand: Coded<u32>,
    pub(crate) handler: Coded<Handler>,
    pub(crate) course: Coded<Course>,
    pub(crate) feedback: Coded<Feedback>,
    pub(crate) tally: Coded<Tally>,
    pub(crate) worked: Coded<u16>,
    /// No row ended later than in this second; the last second of all while one has not ended.
    pub(crate) last_end: u32,
}

/// The first resolution of a row for which nothing else is noted.
const fn usual_resolution(course: &Course, end: u32) -> u32 {
    if course.is_solved { end } else { NEVER }
}

impl Block {
    /// From when until when a row was open: the last second of all where it is open.
    pub(crate) fn stay(&self, row: u16) -> (u32, u32) {
        let of = |column: &[u32]| column.get(usize::from(row)).copied().unwrap_or_default();
        let created = of(&self.created);
        match of(&self.ends) {
            NEVER => (created, u32::MAX),
            seconds => (created, created.saturating_add(seconds)),
        }
    }

    /// From at most [`MOST_ROWS`] rows in their order.
    pub(crate) fn new(rows: &[Row]) -> Self {
        debug_assert!(rows.len() <= MOST_ROWS && rows.is_sorted_by_key(Row::key));
        let column = |value: fn(&Row) -> u32| rows.iter().map(value).collect::<Vec<u32>>();
        let created = column(|row| row.created);
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut block = Self {
            stamps: Stamps::new(&ids, &created),
            created,
            customers: column(|row| row.customer),
            responses: column(|row| row.response),
            ends: column(|row| row.end),
            resolutions: Notes::default(),
            bots: Notes::default(),
            matter: Coded::new(rows.iter().map(|row| row.matter)),
            source: Coded::new(rows.iter().map(|row| row.source)),
            region: Coded::new(rows.iter().map(|row| row.region)),
            version: Coded::new(rows.iter().map(|row| row.version)),
            chain: Coded::new(rows.iter().map(|row| row.chain)),
            screen: Coded::new(rows.iter().map(|row| row.screen)),
            brand: Coded::new(rows.iter().map(|row| row.brand)),
            handler: Coded::new(rows.iter().map(|row| row.handler)),
            course: Coded::new(rows.iter().map(|row| row.course)),
            feedback: Coded::new(rows.iter().map(|row| row.feedback)),
            tally: Coded::new(rows.iter().map(|row| row.tally)),
            worked: Coded::new(rows.iter().map(|row| row.worked)),
            last_end: 0,
        };
        for (place, row) in rows.iter().enumerate() {
            block.note_end(row);
            block.note(place, row);
        }
        block.resolutions.shrink();
        block.bots.shrink();
        block
    }

    pub(crate) fn len(&self) -> usize {
        self.created.len()
    }

    pub(crate) fn id(&self, place: usize) -> Option<i64> {
        self.stamps.id(place, *self.created.get(place)?)
    }

    /// Second and id of the first row.
    pub(crate) fn first(&self) -> Option<(u32, i64)> {
        Some((*self.created.first()?, self.id(0)?))
    }

    /// Second and id of the last row.
    pub(crate) fn last(&self) -> Option<(u32, i64)> {
        Some((*self.created.last()?, self.id(self.len().checked_sub(1)?)?))
    }

    /// The row at a place.
    pub(crate) fn row(&self, place: usize) -> Option<Row> {
        let (end, course) = (*self.ends.get(place)?, self.course.get(place)?);
        let resolution = self.resolutions.get(place);
        Some(Row {
            id: self.id(place)?,
            created: *self.created.get(place)?,
            customer: *self.customers.get(place)?,
            response: *self.responses.get(place)?,
            resolution: resolution.unwrap_or_else(|| usual_resolution(&course, end)),
            end,
            bot: self.bots.get(place).unwrap_or(NEVER),
            matter: self.matter.get(place)?,
            source: self.source.get(place)?,
            region: self.region.get(place)?,
            version: self.version.get(place)?,
            chain: self.chain.get(place)?,
            screen: self.screen.get(place)?,
            brand: self.brand.get(place)?,
            handler: self.handler.get(place)?,
            course,
            feedback: self.feedback.get(place)?,
            tally: self.tally.get(place)?,
            worked: self.worked.get(place)?,
        })
    }

    /// Where the row with this second and id stands, or where it would.
    pub(crate) fn find(&self, (second, id): (u32, i64)) -> Result<usize, usize> {
        let from = self.created.partition_point(|created| *created < second);
        let to = self.created.partition_point(|created| *created <= second);
        for place in from..to {
            match self.id(place) {
                Some(found) if found == id => return Ok(place),
                Some(found) if found > id => return Err(place),
                _ => {}
            }
        }
        Err(to)
    }

    /// Writes over the row at a place, which is the same request.
    pub(crate) fn set(&mut self, place: usize, row: &Row) {
        for (column, value) in [
            (&mut self.customers, row.customer),
            (&mut self.responses, row.response),
            (&mut self.ends, row.end),
        ] {
            if let Some(old) = column.get_mut(place) {
                *old = value;
            }
        }
        self.matter.set(place, row.matter);
        self.source.set(place, row.source);
        self.region.set(place, row.region);
        self.version.set(place, row.version);
        self.chain.set(place, row.chain);
        self.screen.set(place, row.screen);
        self.brand.set(place, row.brand);
        self.handler.set(place, row.handler);
        self.course.set(place, row.course);
        self.feedback.set(place, row.feedback);
        self.tally.set(place, row.tally);
        self.worked.set(place, row.worked);
        self.note_end(row);
        self.note(place, row);
    }

    /// Puts a row in front of that at a place. There must be room.
    pub(crate) fn insert(&mut self, place: usize, row: &Row) {
        debug_assert!(self.len() < MOST_ROWS);
        self.stamps.insert(place, row.id, row.created, &self.created);
        self.created.insert(place, row.created);
        self.customers.insert(place, row.customer);
        self.responses.insert(place, row.response);
        self.ends.insert(place, row.end);
        self.matter.insert(place, row.matter);
        self.source.insert(place, row.source);
        self.region.insert(place, row.region);
        self.version.insert(place, row.version);
        self.chain.insert(place, row.chain);
        self.screen.insert(place, row.screen);
        self.brand.insert(place, row.brand);
        self.handler.insert(place, row.handler);
        self.course.insert(place, row.course);
        self.feedback.insert(place, row.feedback);
        self.tally.insert(place, row.tally);
        self.worked.insert(place, row.worked);
        self.resolutions.shift(place);
        self.bots.shift(place);
        self.note_end(row);
        self.note(place, row);
    }

    /// Takes away the second half of the rows.
    pub(crate) fn split(&mut self) -> Self {
        let rows: Vec<Row> = (0..self.len()).filter_map(|place| self.row(place)).collect();
        let (first, second) = rows.split_at(rows.len() / 2);
        let rest = Self::new(second);
        *self = Self::new(first);
        rest
    }

    fn note_end(&mut self, row: &Row) {
        let end = if row.end == NEVER { u32::MAX } else { row.created.saturating_add(row.end) };
        self.last_end = self.last_end.max(end);
    }

    fn note(&mut self, place: usize, row: &Row) {
        let is_usual = row.resolution == usual_resolution(&row.course, row.end);
        self.resolutions.set(place, (!is_usual).then_some(row.resolution));
        self.bots.set(place, (row.bot != NEVER).then_some(row.bot));
    }

    /// The first resolution of every row.
    pub(crate) fn first_resolutions(&self) -> Vec<u32> {
        let mut all = self.full_resolutions();
        self.resolutions.over(&mut all);
        all
    }

    /// How long it took until a bot first answered every row; [`NEVER`] where none did.
    fn bot_responses(&self) -> Vec<u32> {
        let mut all = vec![NEVER; self.len()];
        self.bots.over(&mut all);
        all
    }

    /// How long it took until every row was solved for good; [`NEVER`] for what is not, or ended in another way.
    pub(crate) fn full_resolutions(&self) -> Vec<u32> {
        let courses = self.course.values();
        let usual = |(place, end): (usize, &u32)| {
            let course = courses.get(self.course.codes().get(place));
            course.map_or(NEVER, |course| usual_resolution(course, *end))
        };
        self.ends.iter().enumerate().map(usual).collect()
    }

    /// The second in which every row was first called solved; the last one of all for what never was.
    pub(crate) fn solved(&self) -> Vec<u32> {
        let resolutions = self.first_resolutions();
        let solved = |(created, resolution): (&u32, u32)| match resolution {
            NEVER => u32::MAX,
            seconds => created.saturating_add(seconds).min(u32::MAX - 1),
        };
        self.created.iter().zip(resolutions).map(solved).collect()
    }

    /// The second in which every row was first answered; the last one of all for what never was.
    pub(crate) fn answered(&self) -> Vec<u32> {
        let answered = |(created, response): (&u32, &u32)| match *response {
            NEVER => u32::MAX,
            seconds => created.saturating_add(seconds).min(u32::MAX - 1),
        };
        self.created.iter().zip(&self.responses).map(answered).collect()
    }

    /// How long people had every row in hand; [`NEVER`] where nobody told.
    fn handling_times(&self) -> Vec<u32> {
        let values = self.worked.values();
        let told = |place| match values.get(self.worked.codes().get(place)) {
            None | Some(0) => NEVER,
            Some(seconds) => u32::from(*seconds),
        };
        (0..self.len()).map(told).collect()
    }

    /// The durations of every row.
    pub(crate) fn durations(&self, duration: Duration) -> Cow<'_, [u32]> {
        match duration {
            Duration::FirstResponse => Cow::Borrowed(&self.responses),
            Duration::BotResponse => Cow::Owned(self.bot_responses()),
            Duration::FirstResolution => Cow::Owned(self.first_resolutions()),
            Duration::FullResolution => Cow::Owned(self.full_resolutions()),
            Duration::Handling => Cow::Owned(self.handling_times()),
        }
    }

    /// The columns of names of a dictionary each, in the order of a snapshot.
    pub(crate) const fn named(&self) -> [&Coded<u32>; 5] {
        [&self.region, &self.version, &self.chain, &self.screen, &self.brand]
    }

    /// Changes every row's course.
    pub(crate) fn recourse(&mut self, mut change: impl FnMut(usize, &mut Course)) {
        let rows = (0..self.len()).filter_map(|place| {
            let mut course = self.course.get(place)?;
            change(place, &mut course);
            Some(course)
        });
        self.course = Coded::new(rows.collect::<Vec<_>>().into_iter());
    }

    /// Bytes that its columns take.
    pub(crate) fn bytes(&self) -> usize {
        let plain = [&self.created, &self.customers, &self.responses, &self.ends];
        plain.iter().map(|column| column.capacity() * 4).sum::<usize>()
            + self.stamps.bytes()
            + self.resolutions.bytes()
            + self.bots.bytes()
            + self.matter.bytes()
            + self.source.bytes()
            + self.named().map(Coded::bytes).iter().sum::<usize>()
            + self.handler.bytes()
            + self.course.bytes()
            + self.feedback.bytes()
            + self.tally.bytes()
            + self.worked.bytes()
    }
}

#[cfg(test)]
mod tests;
