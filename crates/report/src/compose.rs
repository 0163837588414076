//! From figures to words: every figure with what it is of, its change, and what is left out.

mod overview;
mod satisfaction;
mod why;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use standfast_desk::{has_words, words};
use standfast_domain::report::Definition;
use standfast_domain::{Language, Time, request_type};
use standfast_insight::{
    Answer, Comparison, Difference, Dimension, Figure, MadeReport, MadeSection, Measure, Step, Unit,
};

use crate::events::{Event, Told};
use crate::page::{Block, Drawing, Mark, Page, Point, Table, Value};
use crate::say::Say;

/// Names of agents and teams, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) agents: BTreeMap<String, String>,
    pub(crate) teams: BTreeMap<String, String>,
}

/// All that a report is made of.
pub(crate) struct Material<'a> {
    pub(crate) name: &'a str,
    pub(crate) desk: &'a str,
    pub(crate) public_url: &'a str,
    pub(crate) definition: &'a Definition,
    pub(crate) made: &'a MadeReport,
    /// Events of the period and of the one before, the earliest first.
    pub(crate) events: &'a [Event],
    /// What became of the requests that the latest are about.
    pub(crate) effects: &'a [Told],
    pub(crate) people: &'a People,
    pub(crate) now: Time,
}

/// The name of a dimension's value.
pub(crate) fn value_name(language: Language, dimension: Dimension, code: &str, people: &People) -> String {
    let own = match dimension {
        Dimension::Type => request_type(code).map(|kind| {
            let [chinese, english] = kind.title;
            if language == Language::Chinese { chinese } else { english }.to_owned()
        }),
        Dimension::Agent | Dimension::FirstAgent | Dimension::SolvedBy => people.agents.get(code).cloned(),
        Dimension::Team => people.teams.get(code).cloned(),
        _ => None,
    };
    let named = match dimension {
        Dimension::Region => format!("region.{code}"),
        _ => format!("figure.value.{}.{code}", dimension.code()),
    };
    let keys = [named, format!("figure.value.any.{code}")];
    own.or_else(|| keys.iter().find(|key| has_words(key)).map(|key| words(language, key, &[])))
        .unwrap_or_else(|| code.to_owned())
}

/// The cells of an answer with one axis, by their codes.
fn coded(answer: &Answer) -> impl Iterator<Item = (&str, &Figure)> {
    let members = answer.axes.first().map(|(_, members)| members.as_slice()).unwrap_or_default();
    answer.cells.iter().filter_map(|cell| Some((members.get(*cell.at.first()?)?.code.as_str(), &cell.figure)))
}

impl Material<'_> {
    fn say(&self) -> Say {
        Say(self.definition.language)
    }

    pub(crate) fn page(&self) -> Page {
        let say = self.say();
        let mut about = vec![self.compared_with()];
        about.push(say.text("zone", &[("zone", &self.definition.zone)]));
        if let Some((now, before)) = self.made.origins {
            let (now, before) = (say.share(now), say.share(before));
            about.push(say.text("origins", &[("now", &now), ("before", &before)]));
        }
        about.extend(self.filtered());
        if !self.made.is_over {
            about.push(say.text("not_over", &[]));
        }
        about.push(say.text("made_at", &[("time", &self.clock(self.now))]));
        Page {
            language: self.definition.language,
            title: self.name.to_owned(),
            desk: self.desk.to_owned(),
            period: say.period(&self.made.period),
            about,
            blocks: self.made.sections.iter().map(|section| self.block(section)).collect(),
            link: self.link("overview", &[]),
        }
    }

    fn compared_with(&self) -> String {
        let say = self.say();
        let key = match (self.made.has_past, self.made.is_over) {
            (false, _) => "compared_none",
            (true, true) => "compared",
            (true, false) => "compared_part",
        };
        say.text(key, &[("period", &say.period(&self.made.before))])
    }

    fn filtered(&self) -> Option<String> {
        self.filter_said(&self.definition.filter)
    }

    fn filter_said(&self, filter: &BTreeMap<String, Vec<String>>) -> Option<String> {
        let say = self.say();
        let one = |(code, values): (&String, &Vec<String>)| {
            let dimension = Dimension::parse(code)?;
            let names: Vec<_> =
                values.iter().map(|value| value_name(say.0, dimension, value, self.people)).collect();
            let name = words(say.0, &format!("figure.dimension.{code}"), &[]);
            let values = names.join(&say.text("and", &[]));
            Some(say.text("filter", &[("dimension", &name), ("values", &values)]))
        };
        let parts: Vec<_> = filter.iter().filter_map(one).collect();
        (!parts.is_empty()).then(|| parts.join(&say.text("joint", &[])))
    }

    /// Date and time as the clocks of the report's zone show it.
    fn clock(&self, time: Time) -> String {
        self.say().clock(time, &self.definition.zone)
    }

    /// The address of the same view in the console (`web/console/src/insight/view.ts` reads it).
    fn link(&self, page: &str, more: &[(&str, &str)]) -> String {
        let (first, last) = self.made.period.dates();
        self.address(page, &[("from", first.as_str()), ("to", last.as_str())], more, &self.definition.filter)
    }

    /// The address of what Compare says of an event.
    fn event_link(&self, told: &Told) -> String {
        self.address("compare", &[], &[("event", &told.event.id.to_string())], &told.filter)
    }

    fn address(
        &self,
        page: &str,
        dates: &[(&str, &str)],
        more: &[(&str, &str)],
        filter: &BTreeMap<String, Vec<String>>,
    ) -> String {
        let mut link = format!("{}/console/insight/{page}?", self.public_url);
        for (name, date) in dates {
            let _ = write!(link, "{name}={date}&");
        }
        let _ = write!(link, "zone={}", encoded(&self.definition.zone));
        for (name, value) in more {
            let _ = write!(link, "&{name}={}", encoded(value));
        }
        for (dimension, values) in filter {
            let parts: Vec<_> = std::iter::once(dimension).chain(values).map(|part| encoded(part)).collect();
            let _ = write!(link, "&where={}", encoded(&parts.join(",")));
        }
        link
    }

    fn measure_name(&self, measure: Measure) -> String {
        let say = self.say();
        let name = words(say.0, &format!("figure.measure.{}.name", measure.code()), &[]);
        match measure {
            Measure::ServiceLevel { within } => {
                let time = say.seconds(f64::from(within));
                say.text("within", &[("name", &name), ("time", &time)])
            }
            Measure::RepeatContact { days } | Measure::Reopened { days } => {
                say.text("in_days", &[("name", &name), ("days", &days.to_string())])
            }
            _ => name,
        }
    }

    /// What the measure is, what it leaves out, and how much that is here.
    fn notes(&self, measure: Measure, answer: &Answer) -> Vec<String> {
        let say = self.say();
        let text = |part: &str| words(say.0, &format!("figure.measure.{}.{part}", measure.code()), &[]);
        let mut notes = vec![say.text(
            "definition",
            &[
                ("name", &self.measure_name(measure)),
                ("formula", &text("formula")),
                ("left", &text("leaves_out")),
            ],
        )];
        notes.extend(self.excluded(answer));
        notes
    }

    fn excluded(&self, answer: &Answer) -> Vec<String> {
        let say = self.say();
        let count = |code: &str| {
            let found = answer.excluded.iter().find(|(known, _)| *known == code);
            say.count(found.map_or(0, |(_, n)| *n))
        };
        let (spam, merged, test) = (count("spam"), count("merged"), count("test"));
        let mut notes = vec![say.text("excluded", &[("spam", &spam), ("merged", &merged), ("test", &test)])];
        if answer.left_out > 0 {
            notes.push(say.text("left_out", &[("count", &say.count(answer.left_out))]));
        }
        notes
    }

    fn block(&self, section: &MadeSection) -> Block {
        match section {
            MadeSection::Overview(figures) => self.overview(figures),
            MadeSection::Course(compared) => self.course(compared),
            MadeSection::Ranking { dimension, most, compared } => self.ranking(*dimension, *most, compared),
            MadeSection::Movements { most, found } => self.movements(*most, found),
            MadeSection::Why { dimension, change } => self.why(*dimension, change.as_deref()),
            MadeSection::Effects { most } => self.effects(*most),
            MadeSection::Week(answer) => self.week(answer),
            MadeSection::Backlog { flow, open } => self.backlog(flow, open),
            MadeSection::Satisfaction { figures, types } => self.satisfaction(figures, types),
        }
    }

    fn figure_head(&self, first: &str) -> Vec<String> {
        let say = self.say();
        let columns = ["value", "n", "low", "high", "before", "change", "remark"];
        std::iter::once(first.to_owned()).chain(columns.map(|column| say.text(column, &[]))).collect()
    }

    /// Name, value, n, interval, value before, change, remark.
    fn figure_row(
        &self,
        name: String,
        measure: Measure,
        now: &Figure,
        before: Option<&Figure>,
        change: Option<Difference>,
    ) -> Vec<Value> {
        let (say, unit) = (self.say(), measure.unit());
        let number = |value: Option<f64>| {
            value.map_or(Value::Nothing, |value| Value::Number(value, unit, say.number(value, unit)))
        };
        let (low, high) = now.interval().unzip();
        let remark = if now.is_small() { say.text("small", &[]) } else { String::new() };
        vec![
            Value::Text(name),
            number(now.number(measure)),
            Value::Number(float(now.n()), Unit::Requests, say.count(now.n())),
            number(low),
            number(high),
            number(before.and_then(|before| before.number(measure))),
            Value::Change(say.difference(change, unit)),
            Value::Text(remark),
        ]
    }

    fn course(&self, compared: &Comparison) -> Block {
        let (say, measure) = (self.say(), compared.measure);
        let unit = measure.unit();
        let counted = matches!(unit, Unit::Requests | Unit::Customers | Unit::Messages | Unit::Transfers);
        let steps = |answer: &Answer| -> Vec<(String, Option<Figure>, bool)> {
            let members = answer.axes.first().map(|(_, members)| members.as_slice()).unwrap_or_default();
            let figure = |place: usize| {
                let cell = answer.cells.iter().find(|cell| cell.at.first() == Some(&place));
                cell.map(|cell| cell.figure.clone())
            };
            let cut = |member: &standfast_insight::Member| member.span.is_some_and(|span| span.is_cut);
            members
                .iter()
                .enumerate()
                .map(|(place, member)| (member.code.clone(), figure(place), cut(member)))
                .collect()
        };
        let (now, before) = (steps(&compared.now), steps(&compared.before));
        let number = |figure: Option<&Figure>| match figure {
            Some(figure) => figure.number(measure),
            // Nothing came: that is a count of zero, and no share of anything.
            None => counted.then_some(0.0),
        };
        let mut points = Vec::with_capacity(now.len());
        let head = ["step", "value", "n", "before", "remark"];
        let mut table = Table { head: head.iter().map(|key| say.text(key, &[])).collect(), rows: Vec::new() };
        for (place, (code, figure, is_cut)) in now.iter().enumerate() {
            let was = before.get(place).filter(|_| self.made.has_past);
            let was = was.and_then(|(_, figure, _)| number(figure.as_ref()));
            let value = number(figure.as_ref());
            let small = !counted && figure.as_ref().is_some_and(Figure::is_small);
            points.push(Point { label: self.step(code), value, was, weak: small || *is_cut });
            let cell = |value: Option<f64>| {
                value.map_or(Value::Nothing, |value| Value::Number(value, unit, say.number(value, unit)))
            };
            let n = figure.as_ref().map_or(0, Figure::n);
            let remark = match (small, is_cut) {
                (_, true) => say.text("cut", &[]),
                (true, false) => say.text("small", &[]),
                (false, false) => String::new(),
            };
            table.rows.push(vec![
                Value::Text(code.clone()),
                cell(value),
                Value::Number(float(n), Unit::Requests, say.count(n)),
                cell(was),
                Value::Text(remark),
            ]);
        }
        let name = self.measure_name(measure);
        let marks = self.marks(&compared.now);
        Block {
            title: say.text("course", &[("measure", &name)]),
            said: marks.iter().map(|(_, said)| said.clone()).collect(),
            notes: self.notes(measure, &compared.now),
            drawing: Drawing::Line {
                points,
                unit,
                now: say.text("now", &[]),
                before: say.text("before", &[]),
                marks: marks.iter().map(|(mark, _)| mark.clone()).collect(),
            },
            table,
            link: self.link("overview", &[("measure", measure.code())]),
        }
    }

    /// The events that began in a step of an answer, and what each of them is.
    fn marks(&self, answer: &Answer) -> Vec<(Mark, String)> {
        let say = self.say();
        let members = answer.axes.first().map(|(_, members)| members.as_slice()).unwrap_or_default();
        let place = |event: &Event| {
            let holds = |member: &standfast_insight::Member| {
                member.span.is_some_and(|span| (span.from..span.until).contains(&event.starts_at))
            };
            members.iter().position(holds)
        };
        let own = self.events.iter().filter_map(|event| Some((place(event)?, event)));
        own.zip(1_usize..)
            .map(|((place, event), number)| {
                let sign = number.to_string();
                let (time, name) = (self.clock(event.starts_at), self.event_name(event));
                let said = say.text("mark", &[("sign", &sign), ("time", &time), ("event", &name)]);
                (Mark { place, sign }, said)
            })
            .collect()
    }

    /// What an event is called, and what kind of thing it is.
    fn event_name(&self, event: &Event) -> String {
        let say = self.say();
        let kind = words(say.0, &format!("report.event.{}", event.kind.as_str()), &[]);
        say.text("event.name", &[("title", &event.title), ("kind", &kind)])
    }

    /// A step of time on an axis.
    fn step(&self, code: &str) -> String {
        let say = self.say();
        match code.split_once('T') {
            Some((_, hour)) => hour.chars().take(5).collect(),
            None if code.len() == 10 => say.short_date(code),
            None => code.to_owned(),
        }
    }

    fn ranking(&self, dimension: Dimension, most: usize, compared: &Comparison) -> Block {
        let (say, measure) = (self.say(), compared.measure);
        let by_code = |answer: &Answer| -> Vec<(String, Figure)> {
            coded(answer).map(|(code, figure)| (code.to_owned(), figure.clone())).collect()
        };
        // Changes stand in the order of the cells.
        let changes: BTreeMap<String, Difference> = by_code(&compared.now)
            .into_iter()
            .zip(&compared.changes)
            .filter_map(|((code, _), change)| Some((code, (*change)?)))
            .collect();
        let mut now = by_code(&compared.now);
        let before: BTreeMap<String, Figure> = by_code(&compared.before).into_iter().collect();
        let is_share = measure.unit() == Unit::Share || measure.unit().is_time();
        now.sort_by(|(a, one), (b, other)| {
            let size = |figure: &Figure| {
                if is_share { float(figure.n()) } else { figure.number(measure).unwrap_or(0.0) }
            };
            size(other).total_cmp(&size(one)).then_with(|| a.cmp(b))
        });
        let dimension_name = words(say.0, &format!("figure.dimension.{}", dimension.code()), &[]);
        let all = now.len();
        let mut table = Table { head: self.figure_head(&dimension_name), rows: Vec::new() };
        for (code, figure) in now.iter().take(most) {
            let name = value_name(say.0, dimension, code, self.people);
            let none = Figure::Count { n: 0 };
            let was = self.made.has_past.then(|| before.get(code).unwrap_or(&none));
            let mut row = self.figure_row(name, measure, figure, was, changes.get(code).copied());
            let is_new = self.made.has_past && !before.contains_key(code) && measure.unit() == Unit::Requests;
            if let Some(cell) = row.get_mut(6).filter(|_| is_new) {
                *cell = Value::Change(say.text("change.new", &[]));
            }
            table.rows.push(row);
        }
        if measure == Measure::Requests {
            // The value is the number of requests itself.
            table.head.remove(2);
            for row in &mut table.rows {
                row.remove(2);
            }
        }
        let name = self.measure_name(measure);
        let mut notes = self.notes(measure, &compared.now);
        if all > most {
            let rest = say.count(u64::try_from(all - most).unwrap_or(0));
            notes.insert(0, say.text("more", &[("count", &rest)]));
        }
        Block {
            title: say.text("ranking", &[("measure", &name), ("dimension", &dimension_name)]),
            said: Vec::new(),
            notes,
            drawing: Drawing::Bars,
            table,
            link: self.link("explorer", &[("measure", measure.code()), ("group", dimension.code())]),
        }
    }

    fn week(&self, answer: &Answer) -> Block {
        let say = self.say();
        let place = |axis: usize, code: &str| {
            let (_, members) = answer.axes.get(axis)?;
            members.iter().position(|member| member.code == code)
        };
        let count = |weekday: u8, hour: u8| {
            let at = [place(0, &weekday.to_string())?, place(1, &hour.to_string())?];
            answer.cells.iter().find(|cell| cell.at == at).map(|cell| cell.figure.n())
        };
        let rows: Vec<(String, Vec<u64>)> = (1..=7)
            .map(|weekday| {
                let name = say.text(&format!("weekday.{weekday}"), &[]);
                (name, (0..24).map(|hour| count(weekday, hour).unwrap_or(0)).collect())
            })
            .collect();
        let mut head = vec![words(say.0, &format!("figure.step.{}", Step::Weekday.code()), &[])];
        head.extend((0..24).map(|hour| format!("{hour:02}")));
        let number = |n: &u64| Value::Number(float(*n), Unit::Requests, say.count(*n));
        let table = rows.iter().map(|(name, counts)| {
            std::iter::once(Value::Text(name.clone())).chain(counts.iter().map(number)).collect()
        });
        Block {
            title: say.text("week", &[]),
            said: Vec::new(),
            notes: self.notes(Measure::Requests, answer),
            table: Table { head, rows: table.collect() },
            drawing: Drawing::Heat { rows },
            link: self.link("times", &[]),
        }
    }

    fn backlog(&self, flow: &Answer, open: &Answer) -> Block {
        let say = self.say();
        let members = flow.axes.first().map(|(_, members)| members.as_slice()).unwrap_or_default();
        let mut points = Vec::with_capacity(members.len());
        let head = ["step", "opened", "closed", "open_after"];
        let mut table = Table { head: head.iter().map(|key| say.text(key, &[])).collect(), rows: Vec::new() };
        for (place, member) in members.iter().enumerate() {
            let cell = flow.cells.iter().find(|cell| cell.at.first() == Some(&place));
            let Some(Figure::Flow(flow)) = cell.map(|cell| &cell.figure) else { continue };
            points.push((self.step(&member.code), float(flow.opened), float(flow.closed)));
            let number = |n: u64| Value::Number(float(n), Unit::Requests, say.count(n));
            table.rows.push(vec![
                Value::Text(member.code.clone()),
                number(flow.opened),
                number(flow.closed),
                number(flow.after),
            ]);
        }
        let mut notes = Vec::new();
        if let Figure::Flow(total) = &flow.total {
            let values = [
                ("before", say.count(total.before)),
                ("opened", say.count(total.opened)),
                ("closed", say.count(total.closed)),
                ("after", say.count(total.after)),
            ];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            notes.push(say.text("balance", &values));
        }
        notes.push(self.detail(&open.total));
        notes.extend(self.notes(Measure::Backlog, open));
        Block {
            title: say.text("backlog", &[]),
            said: Vec::new(),
            notes,
            drawing: Drawing::Pairs { points, names: [say.text("opened", &[]), say.text("closed", &[])] },
            table,
            link: self.link("overview", &[("measure", "backlog")]),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for reading; both counts stand beside the quotient")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// A part of an address: everything but letters, digits and `-_.~` as `%XX` (RFC 3986).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
