//! Figures beside each other, each with what it is of.

use standfast_desk::words;
use standfast_insight::{Answer, Figure, Flow, Measure, OverviewFigure, Spread};

use super::Material;
use crate::page::{Aged, Block, Drawing, Table, Tile, Value};

impl Material<'_> {
    pub(super) fn overview(&self, figures: &[OverviewFigure]) -> Block {
        let say = self.say();
        let mut table = Table { head: self.figure_head(&say.text("measure", &[])), rows: Vec::new() };
        let mut tiles = Vec::with_capacity(figures.len());
        let mut notes = Vec::new();
        for figure in figures {
            let (compared, measure) = (&figure.compared, figure.compared.measure);
            let (name, total, change) = (self.measure_name(measure), &compared.now.total, compared.change);
            let aged = figure.aged.map(|aged| {
                let (period, days) = (say.period(&aged.period), aged.days.to_string());
                let (first, last) = aged.period.dates();
                let dates = [("from", first.as_str()), ("to", last.as_str())];
                Aged {
                    text: say.text("aged", &[("period", &period), ("days", &days)]),
                    link: self.address("overview", &dates, &[], &self.definition.filter),
                }
            });
            let before = Some(&compared.before.total).filter(|_| figure.has_past);
            let mut row = self.figure_row(name.clone(), measure, total, before, change);
            if let (Some(Value::Text(remark)), Some(aged)) = (row.last_mut(), &aged) {
                let small = std::mem::take(remark);
                *remark = if small.is_empty() {
                    aged.text.clone()
                } else {
                    format!("{small}{}{}", say.text("joint", &[]), aged.text)
                };
            }
            table.rows.push(row);
            tiles.push(Tile {
                name,
                value: self.said(measure, total),
                detail: self.detail(total),
                aged,
                // What came less what ended is no figure that changes by so many per cent.
                change: if measure == Measure::Flow {
                    String::new()
                } else {
                    say.difference(change, measure.unit())
                },
                small: total.is_small(),
            });
            let text = |part: &str| words(say.0, &format!("figure.measure.{}.{part}", measure.code()), &[]);
            notes.push(say.text(
                "definition",
                &[
                    ("name", &self.measure_name(measure)),
                    ("formula", &text("formula")),
                    ("left", &text("leaves_out")),
                ],
            ));
        }
        // Of the report's own period, if any figure is of it.
        if let Some(figure) = figures.iter().find(|figure| figure.aged.is_none()) {
            let plain = Answer { left_out: 0, ..figure.compared.now.clone() };
            notes.extend(self.excluded(&plain));
        }
        Block {
            title: say.text("overview", &[]),
            said: Vec::new(),
            notes,
            drawing: Drawing::Tiles(tiles),
            table,
            link: self.link("overview", &[]),
        }
    }

    pub(super) fn said(&self, measure: Measure, figure: &Figure) -> String {
        let say = self.say();
        match figure.number(measure) {
            Some(value) => say.number(value, measure.unit()),
            None => say.text("unknown", &[]),
        }
    }

    /// What a figure is of.
    pub(super) fn detail(&self, figure: &Figure) -> String {
        let say = self.say();
        match figure {
            Figure::Share { n, met } => {
                let of = say.text("of", &[("met", &say.count(*met)), ("n", &say.count(*n))]);
                match figure.interval() {
                    Some((low, high)) => {
                        let values = [("low", say.share(low)), ("high", say.share(high))];
                        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                        format!("{of}{}{}", say.text("joint", &[]), say.text("interval", &values))
                    }
                    None => of,
                }
            }
            Figure::Spread(Spread { n, pending, percentiles, .. }) => {
                let p90 = percentiles
                    .map_or_else(|| say.text("unknown", &[]), |[_, _, p90, _]| say.seconds(f64::from(p90)));
                let (n, pending) = (say.count(*n), say.count(*pending));
                say.text("spread", &[("p90", &p90), ("n", &n), ("pending", &pending)])
            }
            Figure::Rate { n, user_days: Some(days) } => {
                say.text("rate", &[("n", &say.count(*n)), ("days", &say.count(*days))])
            }
            Figure::Rate { user_days: None, .. } => say.text("no_users", &[]),
            Figure::Backlog { n, ages: Some([median, ..]) } => {
                let age = say.seconds(f64::from(*median));
                say.text("ages", &[("n", &say.count(*n)), ("age", &age)])
            }
            Figure::Flow(Flow { opened, closed, .. }) => {
                say.text("of_flow", &[("opened", &say.count(*opened)), ("closed", &say.count(*closed))])
            }
            other => say.text("of_requests", &[("n", &say.count(other.n()))]),
        }
    }
}
