//! What customers said of what was called solved: the figures of `standfast_desk::feedback_figures`.

use standfast_desk::{FeedbackFigures, words};
use standfast_insight::{Difference, Dimension, Figure, Measure, Unit};
use standfast_science::interval;

use super::{Material, float, value_name};
use crate::page::{Block, Drawing, Table, Tile, Value};

impl Material<'_> {
    pub(super) fn satisfaction(&self) -> Block {
        let say = self.say();
        let nothing = FeedbackFigures::default();
        let (now, before) =
            self.satisfaction.map_or((&nothing, &nothing), |(now, before)| (&now.total, &before.total));
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let share = |part: i64, whole: i64| Figure::Share { n: count(whole), met: count(part) };
        let tile = |key: &str, part: fn(&FeedbackFigures) -> (i64, i64)| {
            let ((part_now, whole_now), (part_before, whole_before)) = (part(now), part(before));
            let (second, first) = (share(part_now, whole_now), share(part_before, whole_before));
            let change = Difference::between(Measure::AtRisk, &second, &first, None);
            Tile {
                name: say.text(key, &[]),
                value: self.said(Measure::AtRisk, &second),
                detail: self.detail(&second),
                aged: None,
                change: say.difference(change, Unit::Share),
                small: second.is_small(),
            }
        };
        let tiles = vec![
            tile("csat", |figures| (figures.satisfied, figures.responses)),
            tile("response_rate", |figures| (figures.responses, figures.asked)),
            tile("confirmed", |figures| (figures.confirmed, figures.asked)),
            tile("repudiated", |figures| (figures.repudiated, figures.asked)),
        ];
        let columns = ["asked", "responses", "csat", "low", "high", "confirmed", "assumed", "repudiated"];
        let type_name = words(say.0, "figure.dimension.type", &[]);
        let head = std::iter::once(type_name).chain(columns.map(|key| say.text(key, &[]))).collect();
        let row = |name: String, figures: &FeedbackFigures| {
            let number = |n: i64| Value::Number(float(count(n)), Unit::Requests, say.counted(n));
            let part = |value: f64| Value::Number(value, Unit::Share, say.share(value));
            let csat = interval::share(count(figures.satisfied), count(figures.responses));
            let [value, low, high] = csat.map_or_else(
                || [Value::Nothing, Value::Nothing, Value::Nothing],
                |csat| {
                    let met = float(count(figures.satisfied)) / float(count(figures.responses));
                    [part(met), part(csat.interval.low), part(csat.interval.high)]
                },
            );
            vec![
                Value::Text(name),
                number(figures.asked),
                number(figures.responses),
                value,
                low,
                high,
                number(figures.confirmed),
                number(figures.assumed),
                number(figures.repudiated),
            ]
        };
        let mut rows = vec![row(say.text("all", &[]), now)];
        if let Some((now, _)) = self.satisfaction {
            let mut types: Vec<_> = now.types.iter().collect();
            types.sort_by_key(|figures| std::cmp::Reverse(figures.figures.asked));
            for figures in types.into_iter().take(12) {
                let name = value_name(say.0, Dimension::Type, &figures.kind, self.people);
                rows.push(row(name, &figures.figures));
            }
        }
        let mut notes = vec![say.text("satisfaction.formula", &[])];
        if !self.definition.filter.is_empty() {
            notes.insert(0, say.text("satisfaction.whole", &[]));
        }
        Block {
            title: say.text("satisfaction", &[]),
            said: Vec::new(),
            notes,
            drawing: Drawing::Tiles(tiles),
            table: Table { head, rows },
            link: self.link("satisfaction", &[]),
        }
    }
}
