//! Something new: groups of alike among the requests that no model could name.
//!
//! Leader clustering over tf-idf vectors (Hartigan, "Clustering Algorithms", 1975, chapter 3), by cosine, in the order
//! of time; then one round of spherical k-means (Dhillon and Modha, Machine Learning 2001), which gives every text to the
//! nearest centre now that all are known and so takes away most of what the order did; then groups whose centres
//! are very near become one.

use serde::Serialize;

use super::encoder::{Encoder, Vector};
use super::phrase::Corpus;
use super::training::MAX_COLUMNS;
use super::unit::Units;

/// A recent request that got "unsure".
#[derive(Debug, Clone, Copy)]
pub struct Recent<'a> {
    /// The id of the request.
    pub request: i64,
    /// When it came: microseconds since 1970.
    pub at: i64,
    /// Its text, screened.
    pub text: &'a str,
}

/// Requests that are alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The requests, in the order in which they came.
    pub requests: Vec<i64>,
    /// When the first came.
    pub first: i64,
    /// When the last came.
    pub last: i64,
    /// Words and phrases that are typical of these requests, the most typical first. Each stands in two requests of
    /// the group at least, is no number and no mark, and holds no more than three digits.
    pub words: Vec<String>,
}

/// What makes a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grouping {
    /// A text belongs to a group when the cosine between it and the group's centre is at least this.
    pub similarity: f32,
    /// Smaller groups are left out.
    pub min_size: usize,
    /// Only so many of the latest requests are looked at; at most 10,000.
    pub capacity: usize,
    /// At most so many words for a group.
    pub words: usize,
}

impl Default for Grouping {
    fn default() -> Self {
        Self { similarity: 0.3, min_size: 3, capacity: 2_000, words: 6 }
    }
}

/// At most so many recent requests.
const CAPACITY: usize = 10_000;
/// At most so many words and Chinese characters, recent texts and background together. Bounds memory to about 100 MB.
const ROOM: usize = 200_000;

/// Groups recent requests, the largest group first. `background` are other screened texts of the desk, which tell
/// what is ordinary here: what everybody writes makes no group and is no typical word. They are read in the given
/// order, up to some thousands.
pub fn group(recent: &[Recent<'_>], background: &[&str], grouping: &Grouping) -> Vec<Group> {
    let mut recent: Vec<&Recent<'_>> = recent.iter().collect();
    recent.sort_unstable_by_key(|one| (one.at, one.request));
    recent.dedup_by_key(|one| one.request);
    let mut room = ROOM;
    let latest = recent.iter().rev().take(grouping.capacity.min(CAPACITY));
    let mut texts = read(latest.map(|one| one.text), &mut room);
    texts.reverse();
    recent.drain(..recent.len() - texts.len());
    let others = read(background.iter().copied(), &mut room);
    let all: Vec<&Units> = texts.iter().chain(&others).collect();
    // What stands in one text alone likens it to no other.
    let encoder = Encoder::learn(all.iter().copied(), 2, MAX_COLUMNS);
    let vectors: Vec<Vector> = texts.iter().map(|text| encoder.encode(text)).collect();
    let corpus = Corpus::new(&all);
    let mut groups: Vec<Group> = clusters(&vectors, encoder.columns(), grouping.similarity)
        .into_iter()
        .filter(|members| members.len() >= grouping.min_size.max(2))
        .filter_map(|members| describe(&members, &recent, &texts, &corpus, grouping.words))
        .collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.requests.len()), group.first));
    groups
}

/// Reads texts for as long as there is room for their units.
fn read<'t>(texts: impl Iterator<Item = &'t str>, room: &mut usize) -> Vec<Units> {
    let mut read = Vec::new();
    for text in texts {
        let units = Units::read(text);
        match room.checked_sub(units.iter().len()) {
            Some(left) => *room = left,
            None => break,
        }
        read.push(units);
    }
    read
}

fn describe(
    members: &[usize],
    recent: &[&Recent<'_>],
    texts: &[Units],
    corpus: &Corpus,
    words: usize,
) -> Option<Group> {
    let of = |at: &usize| recent.get(*at);
    let texts: Vec<&Units> = members.iter().filter_map(|at| texts.get(*at)).collect();
    Some(Group {
        requests: members.iter().filter_map(of).map(|one| one.request).collect(),
        first: of(members.first()?)?.at,
        last: of(members.last()?)?.at,
        words: corpus.typical(&texts, words),
    })
}

/// Clusters whose centres have this cosine are one. Centres are smoother than texts, and so nearer to each other.
const NEAR: f32 = 0.5;

/// Members of each cluster, in ascending order.
fn clusters(vectors: &[Vector], columns: usize, similarity: f32) -> Vec<Vec<usize>> {
    let mut centres = Centres::new(columns);
    for (at, vector) in vectors.iter().enumerate() {
        match centres.nearest(vector) {
            Some((cluster, cosine)) if cosine >= similarity => centres.join(cluster, at, vector),
            _ => centres.open(at, vector),
        }
    }
    let mut second = centres.emptied();
    for (at, vector) in vectors.iter().enumerate() {
        if let Some((cluster, cosine)) = centres.nearest(vector)
            && cosine >= similarity
        {
            second.join(cluster, at, vector);
        }
    }
    merge(&second, similarity)
}

/// Joins clusters whose centres are near, the larger one first.
fn merge(clusters: &Centres, similarity: f32) -> Vec<Vec<usize>> {
    let mut order: Vec<(usize, Vec<usize>)> =
        clusters.members.iter().cloned().enumerate().filter(|(_, members)| !members.is_empty()).collect();
    order.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let mut merged = Centres::new(clusters.postings.len());
    for (cluster, members) in order {
        let centre = clusters.centre(cluster);
        let place = match merged.nearest(&centre) {
            Some((place, cosine)) if cosine >= similarity.max(NEAR) => place,
            _ => merged.place(),
        };
        merged.absorb(place, &members, &centre);
    }
    for members in &mut merged.members {
        members.sort_unstable();
    }
    merged.members
}

/// The centres of clusters, as sums of their members, by column: only centres that share a feature with a text cost
/// anything when it is compared.
struct Centres {
    postings: Vec<Vec<(usize, f32)>>,
    /// The square of the length of each sum.
    squares: Vec<f32>,
    members: Vec<Vec<usize>>,
}

impl Centres {
    /// More clusters than this are not opened; what is left joins none.
    const MOST: usize = 2_000;

    fn new(columns: usize) -> Self {
        Self { postings: vec![Vec::new(); columns], squares: Vec::new(), members: Vec::new() }
    }

    /// As many clusters, without members.
    fn emptied(&self) -> Self {
        let mut emptied = Self::new(self.postings.len());
        for _ in &self.members {
            emptied.place();
        }
        emptied
    }

    /// A new cluster without members.
    fn place(&mut self) -> usize {
        self.squares.push(0.0);
        self.members.push(Vec::new());
        self.members.len() - 1
    }

    fn open(&mut self, at: usize, vector: &Vector) {
        if self.members.len() < Self::MOST && !vector.values.is_empty() {
            let cluster = self.place();
            self.join(cluster, at, vector);
        }
    }

    fn join(&mut self, cluster: usize, at: usize, vector: &Vector) {
        self.absorb(cluster, &[at], vector);
    }

    fn absorb(&mut self, cluster: usize, members: &[usize], sum: &Vector) {
        for (column, value) in &sum.values {
            let Some(posting) = self.postings.get_mut(*column as usize) else { continue };
            let place = posting.iter().position(|(of, _)| *of == cluster).unwrap_or_else(|| {
                posting.push((cluster, 0.0));
                posting.len() - 1
            });
            let Some((_, total)) = posting.get_mut(place) else { continue };
            let before = *total;
            *total += value;
            if let Some(square) = self.squares.get_mut(cluster) {
                *square += value * (2.0 * before + value);
            }
        }
        if let Some(all) = self.members.get_mut(cluster) {
            all.extend(members);
        }
    }

    /// The sum of a cluster's members.
    fn centre(&self, cluster: usize) -> Vector {
        let of = |(column, posting): (u32, &Vec<(usize, f32)>)| {
            posting.iter().find(|(of, _)| *of == cluster).map(|(_, total)| (column, *total))
        };
        Vector { values: (0..).zip(&self.postings).filter_map(of).collect(), known: 1.0 }
    }

    /// The nearest cluster and its cosine; of equally near ones the oldest.
    fn nearest(&self, vector: &Vector) -> Option<(usize, f32)> {
        let mut products = vec![0.0_f32; self.members.len()];
        for (column, value) in &vector.values {
            for (cluster, total) in self.postings.get(*column as usize)? {
                if let Some(product) = products.get_mut(*cluster) {
                    *product += value * total;
                }
            }
        }
        let length = vector.values.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        let mut nearest: Option<(usize, f32)> = None;
        for (cluster, (product, square)) in products.iter().zip(&self.squares).enumerate() {
            let cosine = product / (length * square.sqrt()).max(f32::MIN_POSITIVE);
            if cosine > nearest.map_or(0.0, |(_, best)| best) {
                nearest = Some((cluster, cosine));
            }
        }
        nearest
    }
}
