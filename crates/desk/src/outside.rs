//! Systems of others, whose addresses somebody typed whom the desk has no reason to trust.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::Posting;

/// What is being fetched: its bytes, or what failed.
pub type Fetching = Pin<Box<dyn Future<Output = Result<Vec<u8>, &'static str>> + Send>>;

/// Whoever reaches them. Whatever an address says, nothing is reached that only this machine or its network can see, and an
/// answer leads nowhere else.
pub trait Outside: Send + Sync + fmt::Debug {
    /// Whether an address may be reached at all, as far as it says so itself.
    fn check(&self, url: &str) -> Result<(), &'static str>;

    /// Posts JSON with these headers; nothing but the status comes back.
    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting;

    /// Fetches at most so many bytes.
    fn get(&self, url: &str, most: usize) -> Fetching;
}
