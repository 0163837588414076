//! What moved, what the change is made of, and what became of the count before and after events.

use standfast_desk::words;
use standfast_domain::report::Period;
use standfast_insight::{Change, Dimension, Mover, Movers, Segment, Unit};
use standfast_science::decomposition::Parts;
use standfast_science::effect::{Doubt, Effect, Estimate, Verdict};

use super::{Material, float, value_name};
use crate::events::Told;
use crate::page::{Block, Drawing, Step, Table, Value};
use crate::say::Say;

/// Nobody waits for longer, in days: the same as in the console (`compare/finding.ts`).
const PATIENCE: u32 = 180;
/// Most segments of a table.
const MOST_SEGMENTS: usize = 10;

impl Material<'_> {
    pub(super) fn movements(&self, most: usize, found: &Movers) -> Block {
        let say = self.say();
        let told = |value: &&Mover| value.is_found() || value.now == 0 || value.before == 0;
        let count = |n: u64| Value::Number(float(n), Unit::Requests, say.count(n));
        let head = ["what", "dimension", "value", "before", "change", "remark"];
        let mut table = Table { head: head.iter().map(|key| say.text(key, &[])).collect(), rows: Vec::new() };
        for value in found.values.iter().filter(told).take(most) {
            let change = match (value.now, value.before) {
                (_, 0) => say.text("change.new", &[]),
                (0, _) => say.text("change.gone", &[]),
                _ => say.difference(value.change, Unit::Requests),
            };
            let tested = |q: f64| say.text("q", &[("q", &format!("{:.3}", q.max(0.001)))]);
            table.rows.push(vec![
                Value::Text(value_name(say.0, value.dimension, &value.code, self.people)),
                Value::Text(words(say.0, &format!("figure.dimension.{}", value.dimension.code()), &[])),
                count(value.now),
                count(value.before),
                Value::Change(change),
                Value::Text(value.q.map(tested).unwrap_or_default()),
            ]);
        }
        let mut said = Vec::new();
        if found.tested == 0 {
            said.push(say.text("movements.short", &[]));
        } else if table.rows.is_empty() {
            said.push(say.text("movements.none", &[("count", &found.tested.to_string())]));
        }
        let counts = [("count", found.tested.to_string()), ("left", found.left_out.to_string())];
        let counts = counts.each_ref().map(|(name, value)| (*name, value.as_str()));
        Block {
            title: say.text("movements", &[]),
            said,
            notes: vec![say.text("movements.note", &counts)],
            drawing: Drawing::Rows,
            table,
            link: self.link("overview", &[]),
        }
    }

    pub(super) fn why(&self, dimension: Dimension, change: Option<&Change>) -> Block {
        let say = self.say();
        let name = words(say.0, &format!("figure.dimension.{}", dimension.code()), &[]);
        let title = say.text("why", &[("dimension", &name)]);
        let days = |period: &Period| {
            let (first, last) = period.dates();
            format!("{first}..{last}")
        };
        let (earlier, later) = (days(&self.made.before), days(&self.made.period));
        let mut about = vec![("what", "periods"), ("group", dimension.code()), ("earlier", &*earlier)];
        // Days to come cannot be compared.
        about.extend(self.made.is_over.then_some(("later", &*later)));
        let link = self.link("compare", &about);
        let Some(change) = change else {
            let said = vec![say.text("why.none", &[])];
            return Block {
                title,
                said,
                notes: Vec::new(),
                drawing: Drawing::Rows,
                table: Table::default(),
                link,
            };
        };
        let rate_key = if change.has_mix || !change.has_users { "why.rate" } else { "why.rate.mixed" };
        let head = ["before", "now", "change", "why.users", "why.mix", rate_key, "why.unknown"]
            .map(|key| say.text(key, &[]));
        let mut table = Table { head: std::iter::once(name.clone()).chain(head).collect(), rows: Vec::new() };
        let all = (change.before, change.after, &change.parts, change.has_mix);
        table.rows.push(self.parts_row(say.text("all", &[]), all));
        let row = |segment: &Segment| {
            let name = value_name(say.0, dimension, &segment.code, self.people);
            let counts = (segment.before.count, segment.after.count);
            self.parts_row(name, (counts.0, counts.1, &segment.parts, change.has_mix))
        };
        table.rows.extend(change.segments.iter().take(MOST_SEGMENTS).map(row));
        let signed = Say::signed;
        let Parts { users, mix, rate, unattributed } = change.parts;
        let is_unknown = unattributed.round().abs() > 0.0;
        let rate = if change.has_mix { rate } else { rate + mix };
        let key = match (change.has_users, change.has_mix, is_unknown) {
            (true, true, true) => "why.said.unknown",
            (true, true, false) => "why.said",
            (true, false, _) => "why.said.mixed",
            (false, ..) => "why.said.counts",
        };
        let values = [
            ("before", say.count(change.before)),
            ("now", say.count(change.after)),
            ("users", signed(users)),
            ("mix", signed(mix)),
            ("rate", signed(rate)),
            ("unknown", signed(unattributed)),
        ];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut notes = vec![say.text("why.note", &[("days", &change.days.to_string())])];
        if change.days_left_out > 0 {
            let (left, all) = (change.days_left_out, change.days + change.days_left_out);
            notes.push(say.text("why.left_out", &[("left", &left.to_string()), ("all", &all.to_string())]));
        }
        let mut steps = vec![Step::whole(say.text("before", &[]), float(change.before))];
        let parts = [("why.users", users), ("why.mix", mix), (rate_key, rate), ("why.unknown", unattributed)];
        let is_told = |key: &str| match key {
            "why.unknown" => is_unknown || !change.has_users,
            "why.mix" => change.has_mix,
            _ => change.has_users,
        };
        for (key, size) in parts.into_iter().filter(|(key, _)| is_told(key)) {
            steps.push(Step::part(say.text(key, &[]), &steps, size));
        }
        steps.push(Step::whole(say.text("now", &[]), float(change.after)));
        Block {
            title,
            said: vec![say.text(key, &values)],
            notes,
            drawing: Drawing::Steps(steps),
            table,
            link,
        }
    }

    fn parts_row(
        &self,
        name: String,
        (before, after, parts, has_mix): (u64, u64, &Parts, bool),
    ) -> Vec<Value> {
        let say = self.say();
        let count = |n: u64| Value::Number(float(n), Unit::Requests, say.count(n));
        let signed = |number: f64| Value::Number(number, Unit::Requests, Say::signed(number));
        let change = signed(float(after) - float(before));
        vec![
            Value::Text(name),
            count(before),
            count(after),
            change,
            signed(parts.users),
            if has_mix { signed(parts.mix) } else { Value::Text(say.text("unknown", &[])) },
            signed(if has_mix { parts.rate } else { parts.rate + parts.mix }),
            signed(parts.unattributed),
        ]
    }

    pub(super) fn effects(&self, most: usize) -> Block {
        let say = self.say();
        let head = ["event", "day", "event.about", "before.days", "after.days", "effect", "effect.past"];
        let mut table = Table { head: head.iter().map(|key| say.text(key, &[])).collect(), rows: Vec::new() };
        let mut said = Vec::new();
        for told in self.effects.iter().take(most) {
            let (name, effect) = (self.event_name(&told.event), &told.finding.effect);
            let verdict = self.verdict(effect);
            said.push(say.text("effect.said", &[("event", &name), ("verdict", &verdict)]));
            table.rows.push(self.effect_row(told, name, verdict));
        }
        if self.effects.is_empty() {
            said.push(say.text("effect.nothing_happened", &[]));
        }
        let mut notes = vec![say.text("effect.note", &[])];
        if self.effects.len().min(most) > 1 {
            notes.push(say.text("effect.link", &[]));
        }
        Block {
            title: say.text("effects", &[]),
            said,
            notes,
            drawing: Drawing::Hidden,
            table,
            link: self
                .effects
                .first()
                .map_or_else(|| self.link("compare", &[]), |told| self.event_link(told)),
        }
    }

    fn effect_row(&self, told: &Told, name: String, verdict: String) -> Vec<Value> {
        let (say, effect) = (self.say(), &told.finding.effect);
        let about = self.filter_said(&told.filter).unwrap_or_else(|| say.text("event.everything", &[]));
        let side = |days: u32, count: u64| {
            let values = [("count", say.count(count)), ("days", days.to_string())];
            say.text("side", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
        };
        let past = effect.placebo.as_ref().map_or_else(String::new, |placebo| {
            let values = [
                ("dates", placebo.ratios.len().to_string()),
                ("low", say.change(placebo.low - 1.0, Unit::Requests)),
                ("high", say.change(placebo.high - 1.0, Unit::Requests)),
            ];
            say.text("effect.dates", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
        });
        vec![
            Value::Text(name),
            Value::Text(self.clock(told.event.starts_at)),
            Value::Text(about),
            Value::Text(side(effect.before.days, effect.before.count)),
            Value::Text(side(effect.after.days, effect.after.count)),
            Value::Text(verdict),
            Value::Text(past),
        ]
    }

    /// What can be said of an event, in plain words.
    fn verdict(&self, effect: &Effect) -> String {
        let say = self.say();
        let range = |estimate: &Estimate| {
            let high = estimate
                .ratio
                .high
                .map_or_else(|| "∞".to_owned(), |high| say.change(high - 1.0, Unit::Requests));
            [("low", say.change(estimate.ratio.low - 1.0, Unit::Requests)), ("high", high)]
        };
        let with = |key: &str| match &effect.estimate {
            Some(estimate) => {
                let values = range(estimate);
                say.text(key, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
            }
            None => say.text("effect.unknown", &[]),
        };
        match effect.verdict {
            Verdict::Fewer => with("effect.fewer"),
            Verdict::More => with("effect.more"),
            Verdict::CannotTell { reason: Doubt::Small, .. } => with("effect.small"),
            Verdict::CannotTell { reason: Doubt::Past, .. } => with("effect.like_past"),
            Verdict::CannotTell { reason: Doubt::Multiplicity, .. } => with("effect.like_chance"),
            Verdict::CannotTell { days_needed: Some(days), .. } => {
                let key = if days > PATIENCE { "effect.days.long" } else { "effect.days" };
                format!("{}{}", with("effect.unsure"), say.text(key, &[("days", &days.to_string())]))
            }
            Verdict::CannotTell { .. } => with("effect.unsure"),
            Verdict::TooShort { before: 0, after } => {
                say.text("effect.too_early", &[("days", &after.to_string())])
            }
            Verdict::TooShort { before, .. } => {
                say.text("effect.too_short", &[("days", &before.to_string())])
            }
            Verdict::NothingCounted | Verdict::Inseparable => say.text("effect.unknown", &[]),
        }
    }
}
