//! The store on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails where it stands"
)]

mod activity;
mod alarm;
mod backup;
mod checkpoint;
mod dashboard;
mod doctor;
mod driver;
mod fact;
mod false_claim;
mod fault;
mod feedback;
mod foresight;
mod hours;
mod job;
mod online;
mod outbox;
mod promise;
mod request;
mod schema;
mod subscription;
mod surge;
mod types;
mod unit;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// Deliberate panics are not printed.
fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() != Some("deliberate") {
                usual(info);
            }
        }));
    });
}
