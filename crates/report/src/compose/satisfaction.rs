//! What customers said of the requests that came, by the measures of Insight: the same figures as its page shows.

use std::collections::BTreeMap;

use standfast_desk::words;
use standfast_insight::{Answer, Comparison, Dimension, Figure, Measure, SATISFACTION, Unit};

use super::{Material, coded, float, value_name};
use crate::page::{Block, Drawing, Table, Tile, Value};

/// Types that are listed.
const MOST_TYPES: usize = 12;

/// A figure of every measure of [`SATISFACTION`], in their order.
type Told<'a> = [Option<&'a Figure>; SATISFACTION.len()];

impl Material<'_> {
    pub(super) fn satisfaction(&self, figures: &[Comparison], types: &[Answer]) -> Block {
        let say = self.say();
        let tile = |compared: &Comparison| {
            let (measure, total) = (compared.measure, &compared.now.total);
            Tile {
                name: self.measure_name(measure),
                value: self.said(measure, total),
                detail: self.detail(total),
                aged: None,
                change: say.difference(compared.change, measure.unit()),
                small: total.is_small(),
            }
        };
        let columns = ["asked", "responses", "csat", "low", "high", "confirmed", "repudiated"];
        let type_name = words(say.0, "figure.dimension.type", &[]);
        let head = std::iter::once(type_name).chain(columns.map(|key| say.text(key, &[]))).collect();
        let mut all: Told = [None; SATISFACTION.len()];
        for (slot, compared) in all.iter_mut().zip(figures) {
            *slot = Some(&compared.now.total);
        }
        let mut rows = vec![self.told_row(say.text("all", &[]), all)];
        let mut by_type: BTreeMap<&str, Told> = BTreeMap::new();
        for (place, answer) in types.iter().enumerate() {
            for (code, figure) in coded(answer) {
                let told = by_type.entry(code).or_insert([None; SATISFACTION.len()]);
                if let Some(slot) = told.get_mut(place) {
                    *slot = Some(figure);
                }
            }
        }
        let mut by_type: Vec<_> = by_type.into_iter().collect();
        by_type.sort_by_key(|(_, [_, rate, ..])| std::cmp::Reverse(counted(*rate).1));
        for (code, told) in by_type.into_iter().take(MOST_TYPES) {
            rows.push(self.told_row(value_name(say.0, Dimension::Type, code, self.people), told));
        }
        let defined = figures
            .iter()
            .filter_map(|compared| self.notes(compared.measure, &compared.now).into_iter().next());
        let mut notes: Vec<String> = defined.collect();
        if let Some(compared) = figures.first() {
            notes.extend(self.excluded(&Answer { left_out: 0, ..compared.now.clone() }));
        }
        Block {
            title: say.text("satisfaction", &[]),
            said: Vec::new(),
            notes,
            drawing: Drawing::Tiles(figures.iter().map(tile).collect()),
            table: Table { head, rows },
            link: self.link("satisfaction", &[]),
        }
    }

    fn told_row(&self, name: String, [satisfied, rate, confirmed, repudiated]: Told) -> Vec<Value> {
        let say = self.say();
        let number = |n: u64| Value::Number(float(n), Unit::Requests, say.count(n));
        let part = |value: Option<f64>| {
            value.map_or(Value::Nothing, |value| Value::Number(value, Unit::Share, say.share(value)))
        };
        let (low, high) = satisfied.and_then(Figure::interval).unzip();
        let (rated, asked) = counted(rate);
        vec![
            Value::Text(name),
            number(asked),
            number(rated),
            part(satisfied.and_then(|figure| figure.number(Measure::Satisfied))),
            part(low),
            part(high),
            number(counted(confirmed).0),
            number(counted(repudiated).0),
        ]
    }
}

/// How many of how many.
fn counted(figure: Option<&Figure>) -> (u64, u64) {
    match figure {
        Some(Figure::Share { n, met }) => (*met, *n),
        _ => (0, 0),
    }
}
