//! Statements that a writer of PostgreSQL has not sent yet. Rows that different units insert into one table go there in one
//! statement: what a statement costs the server beside its rows is most of what a small one costs.
//!
//! Every unit's own statements keep their order. Between units the order may change, which is why only two kinds of statements
//! wait here: the insertion of a row, and the change of a row that its unit holds. They commute with those of other units:
//! nobody changes a row without having read it, and whoever reads sends everything that waits.

use crate::exec::Bind;

/// Rows after which the statements are sent, so that the server works while we go on.
const MOST: usize = 256;
/// Rows of one statement, each number prepared once for each connection.
const PORTIONS: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// Runs of the same statement.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) sql: &'static str,
    pub(crate) rows: Vec<Vec<Bind>>,
}

/// The statements that wait, in the order in which they are to be sent.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    groups: Vec<Group>,
    /// Before this one nothing more of the unit that runs may go.
    from: usize,
    count: usize,
}

impl Waiting {
    /// What comes now is another unit's.
    pub(crate) fn begin_unit(&mut self) {
        self.from = 0;
    }

    /// Adds a statement, after those of its own unit.
    pub(crate) fn add(&mut self, sql: &'static str, binds: Vec<Bind>) {
        let beside = self.groups.iter().skip(self.from).position(|group| group.sql == sql);
        let at = beside.map_or(self.groups.len(), |offset| self.from + offset);
        match self.groups.get_mut(at) {
            Some(group) => group.rows.push(binds),
            None => self.groups.push(Group { sql, rows: vec![binds] }),
        }
        self.from = at;
        self.count += 1;
    }

    /// Whether they should be sent.
    pub(crate) const fn is_full(&self) -> bool {
        self.count >= MOST
    }

    /// Takes all of them.
    pub(crate) fn take(&mut self) -> Vec<Group> {
        self.from = 0;
        self.count = 0;
        std::mem::take(&mut self.groups)
    }
}

/// How many rows go into each statement of so many.
pub(crate) fn portions(mut rows: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let portion = PORTIONS.into_iter().find(|portion| *portion <= rows)?;
        rows -= portion;
        Some(portion)
    })
}

/// The statement that inserts so many rows where this one inserts one; `None` for one that does anything else.
pub(crate) fn inserting(sql: &str, columns: usize, rows: usize) -> Option<String> {
    let (head, values) = sql.split_once(" VALUES ")?;
    let is_insertion = head.starts_with("INSERT INTO ") && columns > 0 && values == tuple(0, columns);
    is_insertion.then(|| {
        let tuples: Vec<_> = (0..rows).map(|row| tuple(row * columns, columns)).collect();
        format!("{head} VALUES {}", tuples.join(", "))
    })
}

/// `($4, $5, $6)` for three columns after three parameters.
fn tuple(after: usize, columns: usize) -> String {
    let parameters: Vec<_> = (after + 1..=after + columns).map(|number| format!("${number}")).collect();
    format!("({})", parameters.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insertion_of_one_row_becomes_one_of_several() {
        let sql = "INSERT INTO a (b, c) VALUES ($1, $2)";
        assert_eq!(inserting(sql, 2, 1).as_deref(), Some(sql));
        assert_eq!(
            inserting(sql, 2, 3).as_deref(),
            Some("INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4), ($5, $6)")
        );
        for other in [
            "INSERT INTO a (b, c) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            "INSERT INTO a (b, c) VALUES ($2, $1)",
            "INSERT INTO a (b, c) VALUES ($1, 0)",
            "INSERT INTO a (b, c) SELECT $1, $2",
            "UPDATE a SET b = $1 WHERE c = $2",
        ] {
            assert_eq!(inserting(other, 2, 3), None, "{other}");
        }
    }

    #[test]
    fn portions_add_up() {
        for rows in 0..200 {
            assert_eq!(portions(rows).sum::<usize>(), rows);
        }
        assert_eq!(portions(51).collect::<Vec<_>>(), [32, 16, 2, 1]);
    }

    #[test]
    fn a_units_own_statements_keep_their_order() {
        let mut waiting = Waiting::default();
        // Each list is a unit's.
        for unit in [vec!["a", "b", "c"], vec!["b", "a", "c"], vec!["c", "b"], vec!["a", "a", "c"]] {
            waiting.begin_unit();
            for sql in unit {
                waiting.add(sql, Vec::new());
            }
        }
        let groups = waiting.take();
        let told: Vec<_> = groups.iter().map(|group| (group.sql, group.rows.len())).collect();
        assert_eq!(told, [("a", 3), ("b", 2), ("c", 3), ("a", 1), ("c", 1), ("b", 1)].to_vec());
    }
}
