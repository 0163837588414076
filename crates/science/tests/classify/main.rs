//! The classifier as its callers see it: learning, its stored form, and what is new.

mod learning;
mod novelty;
mod stored;
#[cfg(test)]
mod wallet;
