//! A report as a page that needs nothing else: styles, drawings and tables are in it. It is light, and prints well.

use std::fmt::Write as _;

use crate::draw;
use crate::page::{Block, Drawing, Page, Table, Tile, Value};
use crate::say::Say;

const STYLE: &str = include_str!("page.css");

/// Text that is safe between tags and inside of quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What would turn the direction of the text around it.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            other => out.push(other),
        }
    }
    out
}

/// The whole page.
pub(crate) fn render(page: &Page) -> String {
    let say = Say(page.language);
    let mut html = String::with_capacity(64 << 10);
    let title = format!("{} · {}", page.title, page.period);
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         <main>\n<header>\n<p class=\"desk\">{}</p>\n<h1>{}</h1>\n<p class=\"period\">{}</p>\n",
        page.language.as_str(),
        escape(&title),
        escape(&page.desk),
        escape(&page.title),
        escape(&page.period)
    );
    for line in &page.about {
        let _ = writeln!(html, "<p class=\"about\">{}</p>", escape(line));
    }
    let _ = writeln!(
        html,
        "<p class=\"live\"><a href=\"{}\">{}</a></p>\n</header>",
        escape(&page.link),
        escape(&say.text("live", &[]))
    );
    for block in &page.blocks {
        section(&mut html, say, block);
    }
    html.push_str("</main>\n</html>\n");
    html
}

fn section(html: &mut String, say: Say, block: &Block) {
    let _ = writeln!(html, "<section>\n<h2>{}</h2>", escape(&block.title));
    for line in &block.said {
        let _ = writeln!(html, "<p class=\"said\">{}</p>", escape(line));
    }
    let is_empty = block.table.rows.is_empty();
    if is_empty && !block.said.is_empty() {
        // It is said why.
    } else if is_empty {
        let _ = writeln!(html, "<p>{}</p>", escape(&say.text("nothing", &[])));
    } else {
        match &block.drawing {
            Drawing::Tiles(tiles) => tile_list(html, say, tiles),
            Drawing::Line { points, unit, now, before, marks } => {
                html.push_str(&draw::line(say, &block.title, points, *unit, [now, before], marks));
            }
            Drawing::Pairs { points, names: [first, second] } => {
                html.push_str(&draw::pairs(say, &block.title, points, [first, second]));
            }
            Drawing::Heat { rows } => html.push_str(&draw::heat(&block.title, rows)),
            Drawing::Steps(steps) => html.push_str(&draw::steps(say, &block.title, steps)),
            Drawing::Bars | Drawing::Rows | Drawing::Hidden => {}
        }
        if matches!(block.drawing, Drawing::Bars | Drawing::Rows) {
            table(html, &block.table, matches!(block.drawing, Drawing::Bars));
        } else {
            let _ = write!(
                html,
                "<details class=\"data\"><summary>{}</summary>",
                escape(&say.text("table", &[]))
            );
            table(html, &block.table, false);
            html.push_str("</details>\n");
        }
    }
    if !block.notes.is_empty() {
        let _ =
            write!(html, "<details class=\"notes\"><summary>{}</summary>", escape(&say.text("notes", &[])));
        for note in &block.notes {
            let _ = write!(html, "<p>{}</p>", escape(note));
        }
        html.push_str("</details>\n");
    }
    let _ = writeln!(
        html,
        "<p class=\"live\"><a href=\"{}\">{}</a></p>\n</section>",
        escape(&block.link),
        escape(&say.text("live", &[]))
    );
}

fn tile_list(html: &mut String, say: Say, tiles: &[Tile]) {
    html.push_str("<ul class=\"tiles\">\n");
    for tile in tiles {
        let small = if tile.small {
            format!("<span class=\"small\">{}</span>", escape(&say.text("small", &[])))
        } else {
            String::new()
        };
        let aged = tile.aged.as_ref().map_or_else(String::new, |aged| {
            format!("<a class=\"detail\" href=\"{}\">{}</a>", escape(&aged.link), escape(&aged.text))
        });
        let _ = writeln!(
            html,
            "<li><span class=\"name\">{}</span><span class=\"value\">{}</span>{small}\
             <span class=\"change\">{}</span><span class=\"detail\">{}</span>{aged}</li>",
            escape(&tile.name),
            escape(&tile.value),
            escape(&tile.change),
            escape(&tile.detail)
        );
    }
    html.push_str("</ul>\n");
}

/// A table; with bars, by the number in its second column.
fn table(html: &mut String, table: &Table, with_bars: bool) {
    let number = |row: &[Value]| match row.get(1) {
        Some(Value::Number(value, ..)) => Some(*value),
        _ => None,
    };
    let most = table.rows.iter().filter_map(|row| number(row)).fold(0.0, f64::max);
    // Columns in which nothing stands are not shown.
    let has = |column: usize| {
        column < 2
            || table.rows.iter().any(|row| {
                row.get(column).is_some_and(|value| match value {
                    Value::Text(text) | Value::Change(text) => !text.is_empty(),
                    Value::Number(..) => true,
                    Value::Nothing => false,
                })
            })
    };
    let is_number = |column: usize| {
        table.rows.iter().any(|row| matches!(row.get(column), Some(Value::Number(..) | Value::Nothing)))
    };
    html.push_str("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    for (column, head) in table.head.iter().enumerate().filter(|(column, _)| has(*column)) {
        let class = if is_number(column) { " class=\"number\"" } else { "" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", escape(head));
        if with_bars && column == 0 {
            html.push_str("<td class=\"bars\"></td>");
        }
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (column, value) in row.iter().enumerate().filter(|(column, _)| has(*column)) {
            if column == 0 {
                let _ = write!(html, "<th scope=\"row\">{}</th>", escape(value.said()));
                if with_bars {
                    let share = number(row).map_or(0.0, |value| if most > 0.0 { value / most } else { 0.0 });
                    let _ = write!(html, "<td class=\"bars\">{}</td>", draw::bar(share));
                }
            } else {
                let class = if is_number(column) { " class=\"number\"" } else { "" };
                let _ = write!(html, "<td{class}>{}</td>", escape(value.said()));
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}
