//! Finding any of many words in one pass over a text.

/// Words to look for, each with what it means.
#[derive(Debug)]
pub(crate) struct Matcher<T> {
    /// By the last byte of the word's first character: the byte that tells Chinese characters apart best.
    by_byte: Vec<Vec<(String, T)>>,
}

impl<T: Copy> Matcher<T> {
    /// The words in the form in which the texts will be: folded, lower case. Of two words at one place, the longer wins.
    pub(crate) fn new(words: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut by_byte: Vec<Vec<(String, T)>> = (0..256).map(|_| Vec::new()).collect();
        for (word, means) in words {
            let key = word.chars().next().map_or(0, |first| key(word.as_bytes(), 0, first.len_utf8()));
            if let Some(bucket) = by_byte.get_mut(key) {
                bucket.push((word, means));
            }
        }
        for bucket in &mut by_byte {
            bucket.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Self { by_byte }
    }

    /// Every place at which a word starts that `accept` takes by its start and end: with what it means.
    pub(crate) fn find<'a>(
        &'a self,
        text: &'a str,
        accept: impl Fn(usize, usize) -> bool + 'a,
    ) -> impl Iterator<Item = (usize, usize, T)> + 'a {
        text.char_indices().filter_map(move |(at, c)| {
            let bucket = self.by_byte.get(key(text.as_bytes(), at, c.len_utf8()))?;
            if bucket.is_empty() {
                return None;
            }
            let rest = text.get(at..)?;
            bucket
                .iter()
                .find(|(word, _)| rest.starts_with(word) && accept(at, at + word.len()))
                .map(|(word, means)| (at, at + word.len(), *means))
        })
    }
}

fn key(text: &[u8], at: usize, length: usize) -> usize {
    text.get(at + length - 1).map_or(0, |byte| usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_at_each_place() {
        let matcher = Matcher::new(
            [("tx", 1), ("txid", 2), ("哈希", 3), ("希", 4)].map(|(word, n)| (word.to_owned(), n)),
        );
        let found: Vec<_> = matcher.find("a txid, 哈希", |_, _| true).collect();
        let shorter: Vec<_> = matcher.find("txid", |_, end| end == 2).collect();
        assert_eq!(shorter, [(0, 2, 1)]);
        assert_eq!(found, [(2, 6, 2), (8, 14, 3), (11, 14, 4)]);
    }
}
