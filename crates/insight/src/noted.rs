//! What is noted of few rows of a block: a number of seconds, six bytes a row that has one and nothing for the others.

/// What is noted of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Noted {
    row: u16,
    /// In two halves, so that it takes six bytes and not eight.
    seconds: [u16; 2],
}

impl Noted {
    fn new(row: u16, seconds: u32) -> Self {
        let half = |shift: u32| u16::try_from(seconds >> shift & 0xffff).unwrap_or(u16::MAX);
        Self { row, seconds: [half(16), half(0)] }
    }

    fn seconds(self) -> u32 {
        let [high, low] = self.seconds;
        u32::from(high) << 16 | u32::from(low)
    }
}

/// Numbers of seconds of few rows, in the order of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Vec<Noted>);

impl Notes {
    /// From rows and their seconds.
    pub(crate) fn new(notes: Vec<(u16, u32)>) -> Self {
        Self(notes.into_iter().map(|(row, seconds)| Noted::new(row, seconds)).collect())
    }

    fn find(&self, row: usize) -> Result<usize, usize> {
        self.0.binary_search_by_key(&row, |noted| usize::from(noted.row))
    }

    /// What is noted of a row.
    pub(crate) fn get(&self, row: usize) -> Option<u32> {
        self.0.get(self.find(row).ok()?).map(|noted| noted.seconds())
    }

    /// Notes something of a row, or that there is nothing to note.
    pub(crate) fn set(&mut self, row: usize, seconds: Option<u32>) {
        let new = seconds.map(|seconds| Noted::new(u16::try_from(row).unwrap_or(u16::MAX), seconds));
        match (self.find(row), new) {
            (Ok(place), None) => drop(self.0.remove(place)),
            (Ok(place), Some(new)) => {
                if let Some(old) = self.0.get_mut(place) {
                    *old = new;
                }
            }
            (Err(_), None) => {}
            (Err(place), Some(new)) => self.0.insert(place, new),
        }
    }

    /// A row was put in at this place: those behind it have moved.
    pub(crate) fn shift(&mut self, row: usize) {
        let later = |noted: &&mut Noted| usize::from(noted.row) >= row;
        for noted in self.0.iter_mut().rev().take_while(later) {
            noted.row += 1;
        }
    }

    /// Writes what is noted over what rows have otherwise.
    pub(crate) fn over(&self, all: &mut [u32]) {
        for noted in &self.0 {
            if let Some(seconds) = all.get_mut(usize::from(noted.row)) {
                *seconds = noted.seconds();
            }
        }
    }

    /// Rows and their seconds.
    pub(crate) fn each(&self) -> impl ExactSizeIterator<Item = (u16, u32)> {
        self.0.iter().map(|noted| (noted.row, noted.seconds()))
    }

    /// Whether they are in the order of rows, each once.
    pub(crate) fn is_in_order(&self) -> bool {
        self.0.is_sorted_by(|one, other| one.row < other.row)
    }

    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Noted>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn notes_are_a_map_in_which_rows_are_put_between(
            steps in proptest::collection::vec((0..60_usize, proptest::option::of(any::<u32>()), any::<bool>()), 0..80),
        ) {
            let (mut notes, mut known) = (Notes::default(), BTreeMap::new());
            for (row, seconds, is_new) in steps {
                if is_new {
                    notes.shift(row);
                    known = known.into_iter().map(|(own, noted)| (own + usize::from(own >= row), noted)).collect();
                }
                notes.set(row, seconds);
                match seconds {
                    Some(seconds) => drop(known.insert(row, seconds)),
                    None => drop(known.remove(&row)),
                }
                prop_assert!(notes.is_in_order());
            }
            prop_assert!((0..200).all(|row| notes.get(row) == known.get(&row).copied()));
            let each: Vec<_> = known.iter().map(|(row, seconds)| (u16::try_from(*row).unwrap(), *seconds)).collect();
            prop_assert_eq!(notes.each().collect::<Vec<_>>(), each.clone());
            prop_assert_eq!(Notes::new(each).each().len(), known.len());
        }
    }
}
