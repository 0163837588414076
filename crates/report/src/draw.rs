//! Drawings as vector graphics: lines, pairs of bars, a heat map. Colours and rules are those of the console's plots: bars
//! and lines begin at zero, what is not known is a gap, what is weak is hollow.

use std::fmt::Write as _;

use standfast_insight::Unit;

use crate::html::escape;
use crate::page::{Mark, Point, Step};
use crate::say::Say;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 24.0;
/// The line of now, what is behind it, grid, words, ink.
const NOW: &str = "#0c527e";
const SECOND: &str = "#c16b8c";
const BEFORE: &str = "#737f80";
const GRID: &str = "#e6ebeb";
const WORDS: &str = "#566364";
/// From few to many.
const HEAT: [&str; 8] =
    ["#f4f7f7", "#e0eef6", "#c2ddee", "#9bc8e4", "#6db0d8", "#1a73ab", "#0a5688", "#053b60"];

/// An axis from zero to a round number, with its steps.
fn axis(most: f64, unit: Unit) -> (f64, f64) {
    let most = if most > 0.0 { most } else { 1.0 };
    let rough = most / 4.0;
    let step = if unit.is_time() {
        let steps = [
            1.0,
            5.0,
            15.0,
            30.0,
            60.0,
            300.0,
            900.0,
            1_800.0,
            3_600.0,
            7_200.0,
            14_400.0,
            21_600.0,
            43_200.0,
            86_400.0,
            172_800.0,
            432_000.0,
            864_000.0,
            2_592_000.0,
        ];
        steps.into_iter().find(|step| *step >= rough).unwrap_or(rough)
    } else {
        let scale = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * scale).find(|s| *s >= rough);
        let whole = matches!(unit, Unit::Requests | Unit::Customers | Unit::Messages | Unit::Transfers);
        let step = step.unwrap_or(rough);
        if whole { step.max(1.0).ceil() } else { step }
    };
    ((most / step).ceil() * step, step)
}

struct Sheet {
    svg: String,
    height: f64,
    top: f64,
}

impl Sheet {
    fn new(title: &str, height: f64) -> Self {
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<svg class=\"plot\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\" font-size=\"11\">",
            escape(title)
        );
        Self { svg, height, top: 1.0 }
    }

    fn y(&self, value: f64) -> f64 {
        let space = self.height - TOP - BOTTOM;
        TOP + space * (1.0 - value / self.top)
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, colour: &str, text: &str) {
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{}</text>",
            escape(text)
        );
    }

    /// Grid and words of the axis of values.
    fn grid(&mut self, say: Say, most: f64, unit: Unit) {
        let (top, step) = axis(most, unit);
        self.top = top;
        let mut value = 0.0;
        while value <= top + step / 2.0 {
            let y = self.y(value);
            let _ = write!(self.svg, "<path d=\"M{LEFT} {y:.1}H{:.1}\" stroke=\"{GRID}\"/>", WIDTH - RIGHT);
            self.text(LEFT - 6.0, y + 4.0, "end", WORDS, &say.number(value, unit));
            value += step;
        }
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

#[expect(clippy::cast_precision_loss, reason = "places on a drawing")]
const fn float(count: usize) -> f64 {
    count as f64
}

/// Every how many labels one is written, so that about ten are.
fn every(count: usize) -> usize {
    count.div_ceil(10).max(1)
}

/// A line over time, with the period before dashed behind it.
pub(crate) fn line(
    say: Say,
    title: &str,
    points: &[Point],
    unit: Unit,
    names: [&str; 2],
    marks: &[Mark],
) -> String {
    let mut sheet = Sheet::new(title, 230.0);
    let values = points.iter().flat_map(|point| [point.value, point.was]).flatten();
    sheet.grid(say, values.fold(0.0, f64::max), unit);
    let step = (WIDTH - LEFT - RIGHT) / float(points.len().max(1));
    let x = |place: usize| LEFT + step * (float(place) + 0.5);
    for (place, point) in points.iter().enumerate().step_by(every(points.len())) {
        let y = sheet.height - 8.0;
        sheet.text(x(place), y, "middle", WORDS, &point.label);
    }
    for mark in marks {
        let (x, top, bottom) = (x(mark.place) - step / 2.0, sheet.y(sheet.top), sheet.y(0.0));
        let _ = write!(
            sheet.svg,
            "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"{WORDS}\" stroke-dasharray=\"2 3\"/>"
        );
        sheet.text(x + 3.0, top + 10.0, "start", WORDS, &mark.sign);
    }
    let mut trace = |values: Vec<Option<f64>>, style: &str| {
        let mut path = String::new();
        let mut pen_down = false;
        for (place, value) in values.into_iter().enumerate() {
            match value {
                Some(value) => {
                    let _ = write!(
                        path,
                        "{}{:.1} {:.1}",
                        if pen_down { 'L' } else { 'M' },
                        x(place),
                        sheet.y(value)
                    );
                    pen_down = true;
                }
                None => pen_down = false,
            }
        }
        let _ = write!(sheet.svg, "<path d=\"{path}\" fill=\"none\" {style}/>");
    };
    let dashed = format!("stroke=\"{BEFORE}\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"");
    trace(points.iter().map(|point| point.was).collect(), &dashed);
    trace(points.iter().map(|point| point.value).collect(), &format!("stroke=\"{NOW}\" stroke-width=\"2\""));
    for (place, point) in points.iter().enumerate() {
        let Some(value) = point.value else { continue };
        let fill = if point.weak { "#fff" } else { NOW };
        let _ = write!(
            sheet.svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{fill}\" stroke=\"{NOW}\" stroke-width=\"1.5\"/>",
            x(place),
            sheet.y(value)
        );
    }
    key(&mut sheet, [(NOW, names[0], ""), (BEFORE, names[1], "4 3")]);
    sheet.end()
}

/// What the two colours are, above the drawing.
fn key(sheet: &mut Sheet, names: [(&str, &str, &str); 2]) {
    let mut x = LEFT;
    for (colour, name, dash) in names {
        let _ = write!(
            sheet.svg,
            "<path d=\"M{x:.1} 8h18\" stroke=\"{colour}\" stroke-width=\"3\" stroke-dasharray=\"{dash}\"/>"
        );
        sheet.text(x + 24.0, 12.0, "start", WORDS, name);
        let wide: usize = name.chars().map(|c| if c.is_ascii() { 6 } else { 11 }).sum();
        x += 44.0 + float(wide);
    }
}

/// Two bars for each point.
pub(crate) fn pairs(say: Say, title: &str, points: &[(String, f64, f64)], names: [&str; 2]) -> String {
    let mut sheet = Sheet::new(title, 230.0);
    let most = points.iter().fold(0.0, |most: f64, (_, a, b)| most.max(*a).max(*b));
    sheet.grid(say, most, Unit::Requests);
    let step = (WIDTH - LEFT - RIGHT) / float(points.len().max(1));
    let wide = (step * 0.36).min(28.0);
    for (place, (label, first, second)) in points.iter().enumerate() {
        let middle = LEFT + step * (float(place) + 0.5);
        for (x, value, colour) in [(middle - wide - 0.5, *first, SECOND), (middle + 0.5, *second, NOW)] {
            let y = sheet.y(value);
            let _ = write!(
                sheet.svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                sheet.y(0.0) - y
            );
        }
        if place.is_multiple_of(every(points.len())) {
            let y = sheet.height - 8.0;
            sheet.text(middle, y, "middle", WORDS, label);
        }
    }
    key(&mut sheet, [(SECOND, names[0], ""), (NOW, names[1], "")]);
    sheet.end()
}

/// From one number to another, with what lies between: what adds in one colour, what takes away in another.
pub(crate) fn steps(say: Say, title: &str, steps: &[Step]) -> String {
    let mut sheet = Sheet::new(title, 230.0);
    let most = steps.iter().fold(0.0, |most: f64, step| most.max(step.from).max(step.to));
    sheet.grid(say, most, Unit::Requests);
    let across = (WIDTH - LEFT - RIGHT) / float(steps.len().max(1));
    let wide = (across * 0.5).min(80.0);
    for (place, step) in steps.iter().enumerate() {
        let middle = LEFT + across * (float(place) + 0.5);
        let (high, low) = (sheet.y(step.from.max(step.to)), sheet.y(step.from.min(step.to).max(0.0)));
        let colour = match (step.is_whole, step.to >= step.from) {
            (true, _) => BEFORE,
            (false, true) => SECOND,
            (false, false) => NOW,
        };
        let _ = write!(
            sheet.svg,
            "<rect x=\"{:.1}\" y=\"{high:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
            middle - wide / 2.0,
            (low - high).max(1.0)
        );
        let size = if step.is_whole {
            say.number(step.to, Unit::Requests)
        } else {
            Say::signed(step.to - step.from)
        };
        sheet.text(middle, high - 5.0, "middle", WORDS, &size);
        let y = sheet.height - 8.0;
        sheet.text(middle, y, "middle", WORDS, &step.label);
    }
    sheet.end()
}

/// Hours across, weekdays down; each cell with its count.
pub(crate) fn heat(title: &str, rows: &[(String, Vec<u64>)]) -> String {
    const ROW: f64 = 26.0;
    let height = 20.0 + ROW * float(rows.len());
    let mut sheet = Sheet::new(title, height);
    let most = rows.iter().flat_map(|(_, counts)| counts).copied().max().unwrap_or(0);
    let wide = (WIDTH - LEFT - RIGHT) / 24.0;
    for hour in (0..24).step_by(3) {
        let x = LEFT + wide * (float(hour) + 0.5);
        sheet.text(x, 12.0, "middle", WORDS, &format!("{hour:02}"));
    }
    for (row, (name, counts)) in rows.iter().enumerate() {
        let y = 20.0 + ROW * float(row);
        sheet.text(LEFT - 6.0, y + 17.0, "end", WORDS, name);
        for (hour, count) in counts.iter().enumerate() {
            let level = if *count == 0 { 0 } else { (count * 7).div_ceil(most.max(1)).clamp(1, 7) };
            let level = usize::try_from(level).unwrap_or(0);
            let (x, ink) = (LEFT + wide * float(hour), if level >= 5 { "#fff" } else { "#141d1d" });
            let _ = write!(
                sheet.svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\" fill=\"{}\"/>",
                x + 0.75,
                y + 0.75,
                wide - 1.5,
                ROW - 1.5,
                HEAT.get(level).copied().unwrap_or("#fff")
            );
            if *count > 0 {
                sheet.text(x + wide / 2.0, y + 17.0, "middle", ink, &count.to_string());
            }
        }
    }
    sheet.end()
}

/// A bar beside a row of a table; `share` of the widest.
pub(crate) fn bar(share: f64) -> String {
    let wide = (share.clamp(0.0, 1.0) * 160.0).max(if share > 0.0 { 1.0 } else { 0.0 });
    format!(
        "<svg class=\"bar\" aria-hidden=\"true\" width=\"160\" height=\"12\" viewBox=\"0 0 160 12\">\
         <rect width=\"160\" height=\"12\" rx=\"2\" fill=\"{GRID}\"/>\
         <rect width=\"{wide:.1}\" height=\"12\" rx=\"2\" fill=\"{NOW}\"/></svg>"
    )
}
