//! Making a report: figures, words, file.

use std::collections::BTreeMap;

use standfast_desk::{Desk, list_agents, load_hours, timetable};
use standfast_domain::report::{Definition, Format, Section};
use standfast_insight::Insight;
use standfast_store::agent;

use crate::compose::{Material, People};
use crate::page::Page;
use crate::reports::period_of;
use crate::{Error, html, pdf, table};

/// Reports of a desk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reports {
    pub(crate) desk: Desk,
    pub(crate) insight: Insight,
}

/// A report that was made. It is a file when somebody wants it as one.
#[derive(Clone, Debug)]
pub struct Made {
    pub(crate) page: Page,
    /// Code of the period.
    pub period: String,
}

impl Reports {
    /// Reports of this desk, from these figures.
    #[must_use]
    pub const fn new(desk: Desk, insight: Insight) -> Self {
        Self { desk, insight }
    }

    /// Makes a report of a period: its code (see [`period_of`]), or the definition's own where none is said.
    pub async fn make(
        &self,
        name: &str,
        definition: &Definition,
        period: Option<&str>,
    ) -> Result<Made, Error> {
        let now = self.desk.now();
        let period = period_of(definition, period, now)?;
        // A process that makes a single report has not read them yet.
        load_hours(&self.desk).await?;
        let hours = timetable(&self.desk);
        let made = self.insight.report(definition.clone(), period, now, hours).await?;
        let events = self.events(definition, made.from, made.until).await?;
        let most = definition.sections.iter().map(|section| match section {
            Section::Effects { most } => usize::from(*most),
            _ => 0,
        });
        let effects = match most.max() {
            Some(most @ 1..) => self.effects(definition, made.until, most).await?,
            _ => Vec::new(),
        };
        let people = self.people().await?;
        let settings = self.desk.settings();
        let material = Material {
            name,
            desk: &settings.name,
            public_url: &settings.public_url,
            definition,
            made: &made,
            events: &events,
            effects: &effects,
            people: &people,
            now,
        };
        Ok(Made { page: material.page(), period: period.to_string() })
    }

    async fn people(&self) -> Result<People, Error> {
        let agents = list_agents(&self.desk, None).await?;
        let teams = self.desk.store().read(|rd| agent::list_teams(rd).map_err(Error::from)).await?;
        let agents: BTreeMap<_, _> = agents.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
        Ok(People { agents, teams: teams.into_iter().map(|(id, name)| (id.to_string(), name)).collect() })
    }
}

impl Reports {
    /// The forms that this desk can make.
    #[must_use]
    pub fn formats(&self) -> Vec<Format> {
        let can_print = self.desk.settings().browser.is_some();
        Format::ALL.into_iter().filter(|format| *format != Format::Pdf || can_print).collect()
    }

    /// A report as a file.
    pub async fn write(&self, made: &Made, format: Format) -> Result<Vec<u8>, Error> {
        match format {
            Format::Html => Ok(html::render(&made.page).into_bytes()),
            Format::Csv => table::csv(&made.page).map_err(|error| Error::File(error.to_string())),
            Format::Xlsx => table::xlsx(&made.page).map_err(|error| Error::File(error.to_string())),
            Format::Pdf => {
                let browser = self.desk.settings().browser.as_deref().ok_or(Error::NoSuchFormat("pdf"))?;
                pdf::print(browser, html::render(&made.page).as_bytes(), &**self.desk.entropy()).await
            }
        }
    }
}
