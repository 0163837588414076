//! Who waits longer than they should: than they were promised, or, where nothing was promised, than the surge plan wants everybody
//! who waits to be answered within.

use std::time::Duration;

use standfast_domain::{Asker, Channel, Language, RequestId, Time, Timetable};
use standfast_store::Rd;
use standfast_store::online::{self, Line, Unpromised};

use crate::Error;
use crate::hours::region;
use crate::surge::within;

/// Those who wait, by language and channel.
pub(crate) type Lines = Vec<(Language, Channel, Line)>;

/// Read at a time.
const PAGE: i64 = 1_000;

/// Those who wait now, and within how long whoever was promised nothing should be answered. `late` counts these, too: once the desk
/// was open for them for longer than that.
pub(crate) fn line(rd: &mut Rd, table: &Timetable, now: Time) -> Result<(Line, Duration), Error> {
    let (lines, within) = lines(rd, table, now)?;
    let mut all = Line::default();
    for (_, _, line) in lines {
        all.waiting += line.waiting;
        all.late += line.late;
        all.unpromised += line.unpromised;
        let since = all.unpromised_since.into_iter().chain(line.unpromised_since);
        all.unpromised_since = since.min();
    }
    Ok((all, within))
}

/// The same, by language and channel.
pub(crate) fn lines(rd: &mut Rd, table: &Timetable, now: Time) -> Result<(Lines, Duration), Error> {
    let within = within(rd)?;
    let mut lines = online::lines(rd, now)?;
    let oldest = now.minus(within);
    if lines.iter().filter_map(|(_, _, line)| line.unpromised_since).any(|since| since < oldest) {
        let mut behind = Some((0, RequestId(0)));
        while let Some(last) = behind {
            let page = online::list_unpromised(rd, oldest, last, PAGE)?;
            for one in page.iter().filter(|one| is_late(one, table, within, now)) {
                let own = |(language, channel, _): &&mut (Language, Channel, Line)| {
                    (*language, *channel) == (one.language, one.channel)
                };
                if let Some((_, _, line)) = lines.iter_mut().find(own) {
                    line.late += 1;
                }
            }
            behind = page.last().map(|one| one.place);
        }
    }
    Ok((lines, within))
}

/// Whether the desk was open for somebody for longer than within, since they wait. One without hours is always open.
fn is_late(one: &Unpromised, table: &Timetable, within: Duration, now: Time) -> bool {
    let region = region(&one.context);
    let asker = Asker { language: one.language, region: &region, channel: one.channel };
    match table.find(&asker, now) {
        Some(found) => found.hours.business_time_between(one.since, now) > within,
        None => now.since(one.since) > within,
    }
}
