//! What mails look like. The one that brings a report: its first figures in the mail itself, the rest attached and one link away. Mail programs
//! show no drawings and few styles, so that it is one plain table.

use std::fmt::Write as _;

use standfast_desk::Desk;
use standfast_domain::MailId;
use standfast_store::mail::MailRow;

use crate::html::escape;
use crate::page::{Drawing, Page};
use crate::say::Say;

/// Subject, text and HTML.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Words {
    /// The mail that says them to `recipient`, once for each `dedupe`: of no report, following no other, not sent yet.
    pub(crate) fn mail(self, desk: &Desk, dedupe: String, recipient: String) -> MailRow {
        MailRow {
            id: MailId(desk.id()),
            dedupe,
            recipient,
            subject: self.subject,
            body_text: self.text,
            body_html: self.html,
            run_id: None,
            follows: None,
            formats: String::new(),
            created_at: desk.now(),
            sent_at: None,
            problem: None,
        }
    }
}

const CELL: &str =
    "padding:6px 12px 6px 0;border-bottom:1px solid #dfe5e5;text-align:left;vertical-align:top";

pub(crate) fn words(page: &Page, files: &[String]) -> Words {
    let say = Say(page.language);
    let values = [("title", page.title.as_str()), ("period", page.period.as_str())];
    let subject = say.text("mail.greeting", &values);
    let attached = (!files.is_empty()).then(|| {
        let files = files.join(&say.text("and", &[]));
        say.text("mail.attached", &[("files", &files)])
    });
    let why = say.text("mail.why", &[("desk", &page.desk)]);
    let live = say.text("live", &[]);
    let mut text = format!("{subject}\n\n");
    let mut html = format!(
        "<div style=\"font:14px/22px sans-serif;color:#141d1d;max-width:640px\"><h1 style=\"font-size:20px;margin:0\">{}</h1>\
         <p style=\"margin:4px 0 12px\">{}</p>",
        escape(&page.title),
        escape(&page.period)
    );
    for line in &page.about {
        let _ = writeln!(text, "{line}");
        let _ = write!(html, "<p style=\"margin:0;color:#566364;font-size:13px\">{}</p>", escape(line));
    }
    for block in &page.blocks {
        let Drawing::Tiles(tiles) = &block.drawing else { continue };
        let _ = write!(text, "\n{}\n", block.title);
        let _ = write!(
            html,
            "<h2 style=\"font-size:16px;margin:20px 0 4px\">{}</h2><table style=\"border-collapse:collapse;width:100%\">",
            escape(&block.title)
        );
        for tile in tiles {
            let small = if tile.small { format!(" [{}]", say.text("small", &[])) } else { String::new() };
            let aged = tile.aged.as_ref().map(|aged| format!("{}{}", say.text("joint", &[]), aged.text));
            let detail = format!("{}{}", tile.detail, aged.unwrap_or_default());
            let _ = writeln!(text, "- {}: {}{small}; {} ({detail})", tile.name, tile.value, tile.change);
            let _ = write!(
                html,
                "<tr><th scope=\"row\" style=\"{CELL};font-weight:400\">{}</th><td style=\"{CELL}\"><b>{}</b>{}</td>\
                 <td style=\"{CELL}\">{}</td><td style=\"{CELL};color:#566364;font-size:12px\">{}</td></tr>",
                escape(&tile.name),
                escape(&tile.value),
                escape(&small),
                escape(&tile.change),
                escape(&detail)
            );
        }
        html.push_str("</table>");
    }
    if let Some(attached) = attached {
        let _ = write!(text, "\n{attached}\n");
        let _ = write!(html, "<p>{}</p>", escape(&attached));
    }
    let _ = write!(text, "\n{live}: {}\n\n-- \n{why}\n", page.link);
    let _ = write!(
        html,
        "<p><a href=\"{}\">{}</a></p><p style=\"color:#566364;font-size:12px\">{}</p></div>",
        escape(&page.link),
        escape(&live),
        escape(&why)
    );
    Words { subject, text, html }
}

/// A short mail: a title, some lines, a way on, and why it came.
pub(crate) struct Brief {
    pub(crate) subject: String,
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) link: String,
    pub(crate) open: String,
    pub(crate) why: String,
    /// How it is ended, and where.
    pub(crate) end: Option<(String, String)>,
}

impl Brief {
    pub(crate) fn words(self) -> Words {
        let Self { subject, title, lines, link, open, why, end } = self;
        let mut text = format!("{title}\n\n");
        let mut html = format!(
            "<div style=\"font:14px/22px sans-serif;color:#141d1d;max-width:640px\">\
             <h1 style=\"font-size:20px;margin:0 0 8px\">{}</h1>",
            escape(&title)
        );
        for line in &lines {
            let _ = writeln!(text, "{line}\n");
            let _ = write!(html, "<p style=\"margin:0 0 12px;white-space:pre-line\">{}</p>", escape(line));
        }
        let _ = write!(text, "{open}: {link}\n\n-- \n{why}\n");
        let _ = write!(
            html,
            "<p><a href=\"{}\">{}</a></p><p style=\"color:#566364;font-size:12px\">{}",
            escape(&link),
            escape(&open),
            escape(&why)
        );
        if let Some((name, link)) = end {
            let _ = writeln!(text, "{name}: {link}");
            let _ = write!(html, "<br><a href=\"{}\">{}</a>", escape(&link), escape(&name));
        }
        html.push_str("</p></div>");
        Words { subject, text, html }
    }
}
