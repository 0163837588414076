//! Where randomness comes from.

use std::cell::RefCell;
use std::sync::Arc;

use parking_lot::Mutex;

/// A source of unpredictable bytes. Everything that needs chance takes one of these.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy {
    /// `N` fresh bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The operating system's generator. Small amounts come from a stock of a thread's own, so that a salt or a number does not
/// cost a call to the system each; what is taken from the stock is wiped there.
#[derive(Debug, Clone, Copy)]
pub struct OsEntropy;

/// Bytes that a thread asks the system for at once.
const STOCK: usize = 1_024;
/// Longer wishes go to the system directly.
const SMALL: usize = 64;

thread_local! {
    /// Fresh bytes, and how many of them are left: those at the front.
    static FRESH: RefCell<([u8; STOCK], usize)> = const { RefCell::new(([0; STOCK], 0)) };
}

impl OsEntropy {
    /// The operating system's generator, shared.
    #[must_use]
    pub fn shared() -> Arc<dyn Entropy> {
        Arc::new(Self)
    }
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > SMALL {
            return ask_the_system(bytes);
        }
        FRESH.with_borrow_mut(|(stock, left)| {
            if *left < bytes.len() {
                ask_the_system(stock);
                *left = STOCK;
            }
            let from = *left - bytes.len();
            if let Some(fresh) = stock.get_mut(from..*left) {
                bytes.copy_from_slice(fresh);
                fresh.fill(0);
            }
            *left = from;
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for randomness")]
#[expect(clippy::panic, reason = "a machine without randomness must not hand out guessable secrets")]
fn ask_the_system(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no randomness: {error}");
    }
}

/// A repeatable generator (`SplitMix64`, Steele et al. 2014) for tests and demo data. Not for secrets.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The generator that starts from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(seed)))
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        let mut state = self.0.lock();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (byte, fresh) in chunk.iter_mut().zip(self.next_u64().to_le_bytes()) {
                *byte = fresh;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_handed_out_twice() {
        let entropy = OsEntropy::shared();
        // More than a stock, in pieces that do not divide it.
        let pieces: HashSet<[u8; 24]> = (0..STOCK).map(|_| entropy.bytes::<24>()).collect();
        assert_eq!(pieces.len(), STOCK);
        assert!(!pieces.contains(&[0; 24]));
        let long = entropy.bytes::<{ SMALL + 1 }>();
        assert_ne!(long, entropy.bytes::<{ SMALL + 1 }>());
    }
}
