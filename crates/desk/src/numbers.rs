//! Which request a number means, remembered: a number never changes its request.

use quick_cache::sync::Cache;
use standfast_domain::{RequestId, RequestNumber};
use standfast_store::request;

use crate::{Desk, Error};

/// Most numbers remembered; about 100 bytes each.
const MOST: usize = 65_536;

/// The request behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its id.
    pub(crate) id: RequestId,
    /// Whether assets were at risk when it was last seen here: decides how urgent its next message is, nothing else.
    pub(crate) at_risk: bool,
}

/// The numbers of requests that were lately written to.
#[derive(Debug)]
pub(crate) struct Numbers(Cache<RequestNumber, Known>);

impl Default for Numbers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Numbers {
    /// The request with this number, whoever asks: the caller's right to it is for the unit to check.
    pub(crate) async fn find(&self, desk: &Desk, number: RequestNumber) -> Result<Known, Error> {
        if let Some(known) = self.0.get(&number) {
            return Ok(known);
        }
        let found =
            desk.store().read(move |rd| request::find_by_number(rd, number).map_err(Error::from)).await?;
        let row = found.ok_or(Error::NotFound)?;
        self.note(number, row.id, row.at_risk);
        Ok(Known { id: row.id, at_risk: row.at_risk })
    }

    /// Remembers a request.
    pub(crate) fn note(&self, number: RequestNumber, id: RequestId, at_risk: bool) {
        let known = Known { id, at_risk };
        if self.0.get(&number) != Some(known) {
            self.0.insert(number, known);
        }
    }

    /// What is remembered of a number.
    pub(crate) fn get(&self, number: RequestNumber) -> Option<Known> {
        self.0.get(&number)
    }
}
