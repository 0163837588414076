//! What a request's row knows from its entries: answers to the intake form, values of the host's app, and identifiers.
//! The entries are the record; the row is what they give together, so that both stay one when an entry is erased.

use std::collections::BTreeMap;

use serde::Deserialize;
use standfast_store::entry::Given as Source;
use standfast_store::request::RequestRow;

use crate::Error;
use crate::view::IdentifierView;

/// Most answers, most values of the host app, and most identifiers that a request keeps.
pub(crate) const MOST_KNOWN: usize = 64;
/// Most masked digits of which a request keeps what they would own.
const MOST_HIDDEN: usize = 16;

/// Named values that came with words, and the same as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    map: BTreeMap<String, String>,
    pub(crate) json: String,
}

impl Given {
    pub(crate) fn new(map: BTreeMap<String, String>) -> Result<Self, Error> {
        Ok(Self { json: json(&map)?, map })
    }
}

/// What an entry keeps of what came with it.
pub(crate) fn intake(fields: &Given, context: &Given) -> Option<String> {
    let nothing = fields.map.is_empty() && context.map.is_empty();
    (!nothing).then(|| format!("{{\"fields\":{},\"context\":{}}}", fields.json, context.json))
}

#[derive(Default, Deserialize)]
struct Intake {
    fields: BTreeMap<String, String>,
    context: BTreeMap<String, String>,
}

/// Adds values to those of the row: an answer that was given stays, one that was missing is filled in.
pub(crate) fn add(row: &mut String, new: &Given) -> Result<(), Error> {
    if new.map.is_empty() {
        return Ok(());
    }
    let mut known: BTreeMap<String, String> = read(row);
    fill(&mut known, &new.map);
    *row = json(&known)?;
    Ok(())
}

fn fill(known: &mut BTreeMap<String, String>, new: &BTreeMap<String, String>) {
    for (name, value) in new {
        if known.len() < MOST_KNOWN {
            known.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// What was recognised in the customer's words so far.
pub(crate) fn identifiers(row: &RequestRow) -> Vec<IdentifierView> {
    read(&row.identifiers)
}

/// Adds what was recognised in words; the first chain named is the request's chain.
pub(crate) fn add_identifiers(row: &mut RequestRow, new: &[IdentifierView]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let mut known: Vec<IdentifierView> = read(&row.identifiers);
    recognise(&mut known, new);
    if row.chain.is_none() {
        row.chain = chain_of(&known);
    }
    row.identifiers = json(&known)?;
    Ok(())
}

fn recognise(known: &mut Vec<IdentifierView>, new: &[IdentifierView]) {
    for found in new {
        // Neither keeps the other out.
        let (most, hidden) = (if found.is_hidden() { MOST_HIDDEN } else { MOST_KNOWN }, found.is_hidden());
        let kept = known.iter().filter(|one| one.is_hidden() == hidden).count();
        if kept < most && known.iter().all(|one| one.value != found.value) {
            known.push(found.clone());
        }
    }
}

fn chain_of(known: &[IdentifierView]) -> Option<String> {
    known.iter().map(|one| &one.chain).find(|chain| *chain != "unknown").cloned()
}

/// What the entries give, as columns of the row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    fields: String,
    context: String,
    identifiers: String,
    chain: Option<String>,
}

impl Fold {
    /// Takes the entries of the customer together, oldest first.
    pub(crate) fn of<'a>(
        entries: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    ) -> Result<Self, Error> {
        let (mut fields, mut context, mut known) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (identifiers, intake) in entries {
            if let Some(text) = identifiers {
                recognise(&mut known, &read::<Vec<_>>(text));
            }
            if let Some(text) = intake {
                let new: Intake = read(text);
                fill(&mut fields, &new.fields);
                fill(&mut context, &new.context);
            }
        }
        let chain = chain_of(&known);
        Ok(Self { fields: json(&fields)?, context: json(&context)?, identifiers: json(&known)?, chain })
    }

    /// Of entries as the store lists them for this.
    pub(crate) fn of_given(entries: &[Source]) -> Result<Self, Error> {
        Self::of(entries.iter().map(|entry| (entry.identifiers.as_deref(), entry.intake.as_deref())))
    }

    /// Puts it into the row.
    pub(crate) fn write(self, row: &mut RequestRow) {
        (row.fields, row.context, row.identifiers, row.chain) =
            (self.fields, self.context, self.identifiers, self.chain);
    }

    /// Whether it is what the row says.
    pub(crate) fn fits(&self, row: &RequestRow) -> bool {
        (&self.fields, &self.context, &self.identifiers, &self.chain)
            == (&row.fields, &row.context, &row.identifiers, &row.chain)
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Inconsistent("json"))
}

/// What cannot be read was altered past the desk. `verify` says so; it must stop neither words nor an erasure.
fn read<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}
