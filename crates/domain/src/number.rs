//! Request numbers: short, speakable, with a check character, and not guessable.

use std::fmt;
use std::str::FromStr;

use crate::Entropy;

/// 31 characters (a prime, which the check needs), without 0, O, 1, I and L, which are misread and misheard.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const RADIX: u32 = 31;
/// Nine characters of chance (44.6 bits) and one to check them.
const LENGTH: usize = 10;

/// The number under which a customer knows a request, shown as `K7M-39Q-X24J`.
///
/// The last character makes the sum of `position × value` divisible by 31, as the ISBN-10 check does by 11 (ISO 2108):
/// one wrong character, or two exchanged ones, are always noticed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestNumber([u8; LENGTH]);

/// Why a text is not a request number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Too few or too many characters.
    #[error("a request number has ten characters, such as K7M-39Q-X24J")]
    Length,
    /// A character that no request number has.
    #[error("{0:?} does not occur in request numbers")]
    Character(char),
    /// The check character does not fit: something was mistyped.
    #[error("the number does not check out: a character is mistyped")]
    Check,
}

impl RequestNumber {
    /// A fresh number.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut values = [0_u32; LENGTH];
        let (body, check) = values.split_at_mut(LENGTH - 1);
        // Bytes from 248 on are not used, or some characters would be likelier than others.
        let mut fresh = std::iter::repeat_with(|| entropy.bytes::<16>())
            .flatten()
            .map(u32::from)
            .filter(|byte| *byte < RADIX * 8);
        for value in body.iter_mut() {
            *value = fresh.next().unwrap_or_default() % RADIX;
        }
        if let [check] = check {
            *check = (0..RADIX).find(|c| (weighted(body) + 10 * c).is_multiple_of(RADIX)).unwrap_or(0);
        }
        Self(values.map(|v| ALPHABET.get(v as usize).copied().unwrap_or(b'2')))
    }

    /// The ten characters without hyphens, as stored.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Sum of `position × value`, positions counted from one.
fn weighted(values: &[u32]) -> u32 {
    (1..).zip(values).map(|(position, value)| position * value).sum()
}

impl FromStr for RequestNumber {
    type Err = NumberError;

    /// Reads a number as people write it: any case, with or without hyphens and spaces, also full-width.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let mut characters = [0_u8; LENGTH];
        let mut values = [0_u32; LENGTH];
        let mut count = 0;
        for c in text.chars() {
            let c = match c {
                '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
                c => c,
            };
            if c.is_whitespace() || matches!(c, '-' | '–' | '—' | '_' | '#' | '.') {
                continue;
            }
            let upper = c.to_ascii_uppercase();
            let Some(value) = ALPHABET.iter().position(|a| char::from(*a) == upper) else {
                return Err(NumberError::Character(c));
            };
            let (Some(character), Some(slot)) = (characters.get_mut(count), values.get_mut(count)) else {
                return Err(NumberError::Length);
            };
            *character = upper as u8;
            *slot = u32::try_from(value).unwrap_or_default();
            count += 1;
        }
        if count != LENGTH {
            return Err(NumberError::Length);
        }
        if !weighted(&values).is_multiple_of(RADIX) {
            return Err(NumberError::Check);
        }
        Ok(Self(characters))
    }
}

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        let part = |range| text.get(range).unwrap_or_default();
        write!(f, "{}-{}-{}", part(0..3), part(3..6), part(6..10))
    }
}

impl fmt::Debug for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestNumber({self})")
    }
}

impl serde::Serialize for RequestNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RequestNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SeededEntropy;

    fn number(seed: u64) -> RequestNumber {
        RequestNumber::random(&*SeededEntropy::new(seed))
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(seed: u64) {
            let number = number(seed);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(format!(" {} ", number.as_str().to_lowercase()).parse(), Ok(number));
            prop_assert_eq!(number.to_string().len(), 12);
        }

        #[test]
        fn one_wrong_character_is_noticed(seed: u64, at in 0..LENGTH, by in 1..RADIX) {
            let mut text = number(seed).0;
            let value = ALPHABET.iter().position(|a| *a == text[at]).unwrap();
            text[at] = ALPHABET[(value + by as usize) % ALPHABET.len()];
            let parsed = std::str::from_utf8(&text).unwrap().parse::<RequestNumber>();
            prop_assert_eq!(parsed, Err(NumberError::Check));
        }

        #[test]
        fn two_exchanged_characters_are_noticed(seed: u64, a in 0..LENGTH, b in 0..LENGTH) {
            let mut text = number(seed).0;
            prop_assume!(text[a] != text[b]);
            text.swap(a, b);
            let parsed = std::str::from_utf8(&text).unwrap().parse::<RequestNumber>();
            prop_assert_eq!(parsed, Err(NumberError::Check));
        }

        #[test]
        fn any_text_is_answered(text: String) {
            let _ = text.parse::<RequestNumber>();
        }
    }

    #[test]
    fn what_people_type_is_told_what_is_wrong() {
        assert_eq!("K7M".parse::<RequestNumber>(), Err(NumberError::Length));
        assert_eq!("K7M-39Q-X2O4".parse::<RequestNumber>(), Err(NumberError::Character('O')));
        let number = number(1);
        let wide: String =
            number.as_str().chars().filter_map(|c| char::from_u32(c as u32 + 0xFEE0)).collect();
        assert_eq!(wide.parse(), Ok(number));
    }
}
