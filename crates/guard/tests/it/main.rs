//! The guard as its callers see it: recall over generated phrases, false marks over real texts, hostile input.

#![expect(clippy::format_collect, reason = "texts are built once, and read better so")]

#[cfg(test)]
mod asking;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod extent;
#[cfg(test)]
mod false_marks;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod real_texts;
#[cfg(test)]
mod recall;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod spread;
#[cfg(test)]
mod standards;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vectors;
