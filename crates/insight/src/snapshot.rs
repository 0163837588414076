//! The facts in a file, so that a start need not read every request. The file is derived: one that does not fit exactly is
//! left alone and everything is read from SQL.
//!
//! ```text
//! magic, version, then sections: length, checksum (CRC-32), bytes
//!   head        database, cursor, how many customers and blocks
//!   names       the dictionaries
//!   customers   ids in the order of their numbers, at most a million a section
//!   blocks      one a section
//! ```
//! Numbers are little-endian. Whoever changes what a section holds, or what a number in it means, counts [`VERSION`] up.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use standfast_store::outbox::Cursor;

use crate::block::{Block, Course, Feedback, Handler, History, Matter, Reading, Source, Tally};
use crate::column::{Coded, Codes, MOST_ROWS};
use crate::customers::Customers;
use crate::error::Error;
use crate::facts::Facts;
use crate::load::Loaded;
use crate::names::Names;
use crate::noted::Notes;
use crate::stamp::Stamps;

const MAGIC: &[u8; 8] = b"SF-FACTS";
const VERSION: u32 = 5;
/// Longest section that is read: more than the largest block, so that a broken length costs no memory.
const LONGEST: usize = 64 << 20;
/// Customers of a section.
const CUSTOMERS: usize = 1 << 20;

/// Writes a snapshot beside the old one, and puts it into its place when it is safe on disk.
pub(crate) fn save(
    path: &Path,
    facts: &Facts,
    customers: &[i64],
    cursor: Cursor,
    database: &str,
) -> Result<(), Error> {
    let fresh = path.with_extension("new");
    let mut file = Sections { out: BufWriter::with_capacity(1 << 20, File::create(&fresh)?) };
    file.out.write_all(MAGIC)?;
    file.out.write_all(&VERSION.to_le_bytes())?;
    let mut head = Encoder::default();
    head.text(database);
    head.text(&cursor.to_string());
    head.size(customers.len());
    head.size(facts.blocks.len());
    file.put(&head)?;
    file.put(&names(&facts.names))?;
    for some in customers.chunks(CUSTOMERS) {
        let mut section = Encoder::default();
        section.many(some, |out, id| out.extend_from_slice(&id.to_le_bytes()));
        file.put(&section)?;
    }
    for block in &facts.blocks {
        let mut section = Encoder::default();
        put_block(&mut section, block);
        file.put(&section)?;
    }
    let file = file.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Reads a snapshot of this database.
pub(crate) fn open(path: &Path, database: &str) -> Result<Loaded, Error> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut start = [0; 12];
    file.read_exact(&mut start)?;
    let (magic, version) = start.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(Error::Snapshot("it is no snapshot of facts"));
    }
    if version != VERSION.to_le_bytes() {
        return Err(Error::Snapshot("it was made by another version"));
    }
    let section = take(&mut file)?;
    let mut head = Decoder { rest: &section };
    if head.text()? != database {
        return Err(Error::Snapshot("it is of another database"));
    }
    let cursor = Cursor::parse(&head.text()?).ok_or(BROKEN)?;
    let (customers, blocks) = (head.size()?, head.size()?);
    let section = take(&mut file)?;
    let names = take_names(&mut Decoder { rest: &section })?;
    // As many as the head says, within reason: it is not proven yet.
    let mut ids = Vec::with_capacity(customers.min(1 << 24));
    while ids.len() < customers {
        let section = take(&mut file)?;
        let some: Vec<i64> = Decoder { rest: &section }.i64s()?;
        if some.is_empty() {
            return Err(BROKEN);
        }
        ids.extend(some);
    }
    if ids.len() != customers {
        return Err(BROKEN);
    }
    let known = Customers::from_ids(ids).ok_or(BROKEN)?;
    let mut rows: Vec<Arc<Block>> = Vec::new();
    for _ in 0..blocks {
        let section = take(&mut file)?;
        let block = take_block(&mut Decoder { rest: &section })?;
        let is_fit =
            is_whole(&block, customers) && rows.last().is_none_or(|last| last.last() < block.first());
        if !is_fit {
            return Err(BROKEN);
        }
        rows.push(Arc::new(block));
    }
    Ok(Loaded { facts: Facts::from_blocks(rows, names, customers), customers: known, cursor })
}

const BROKEN: Error = Error::Snapshot("it is broken");

struct Sections {
    out: BufWriter<File>,
}

impl Sections {
    fn put(&mut self, section: &Encoder) -> Result<(), Error> {
        self.out.write_all(&(section.bytes.len() as u64).to_le_bytes())?;
        self.out.write_all(&crc32fast::hash(&section.bytes).to_le_bytes())?;
        Ok(self.out.write_all(&section.bytes)?)
    }
}

/// The next section, whole and as it was written.
fn take(file: &mut impl Read) -> Result<Vec<u8>, Error> {
    let (mut length, mut sum) = ([0; 8], [0; 4]);
    file.read_exact(&mut length)?;
    file.read_exact(&mut sum)?;
    let length = usize::try_from(u64::from_le_bytes(length)).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or(BROKEN)?;
    let mut section = Vec::new();
    // Grows with what is really there.
    file.take(length as u64).read_to_end(&mut section)?;
    let is_whole = section.len() == length && crc32fast::hash(&section) == u32::from_le_bytes(sum);
    if is_whole { Ok(section) } else { Err(BROKEN) }
}

#[derive(Default)]
struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    fn size(&mut self, size: usize) {
        self.bytes.extend_from_slice(&(size as u64).to_le_bytes());
    }

    fn many<T>(&mut self, values: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
        self.size(values.len());
        for value in values {
            put(&mut self.bytes, value);
        }
    }

    fn text(&mut self, text: &str) {
        self.size(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn u32s(&mut self, values: &[u32]) {
        self.many(values, |out, value| out.extend_from_slice(&value.to_le_bytes()));
    }

    fn column<V: Copy + Eq + std::hash::Hash>(&mut self, column: &Coded<V>, put: impl Fn(&mut Vec<u8>, &V)) {
        self.many(column.values(), put);
        match column.codes() {
            Codes::Same(len) => {
                self.bytes.push(0);
                self.size(*len);
            }
            Codes::Bytes(codes) => {
                self.bytes.push(1);
                self.many(codes, |out, code| out.push(*code));
            }
            Codes::Words(codes) => {
                self.bytes.push(2);
                self.many(codes, |out, code| out.extend_from_slice(&code.to_le_bytes()));
            }
        }
    }
}

struct Decoder<'a> {
    rest: &'a [u8],
}

impl Decoder<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(BROKEN)?;
        self.rest = rest;
        Ok(*array)
    }

    fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Result<bool, Error> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(BROKEN),
        }
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    fn size(&mut self) -> Result<usize, Error> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| BROKEN)
    }

    /// Many numbers of the same width, which is much faster than one after the other.
    fn numbers<T, const N: usize>(&mut self, number: impl Fn([u8; N]) -> T) -> Result<Vec<T>, Error> {
        let length = self.size()?.checked_mul(N).ok_or(BROKEN)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(BROKEN)?;
        self.rest = rest;
        let (chunks, _) = bytes.as_chunks::<N>();
        Ok(chunks.iter().map(|bytes| number(*bytes)).collect())
    }

    fn u8s(&mut self) -> Result<Vec<u8>, Error> {
        self.numbers(|[byte]| byte)
    }

    fn u16s(&mut self) -> Result<Vec<u16>, Error> {
        self.numbers(u16::from_le_bytes)
    }

    fn u32s(&mut self) -> Result<Vec<u32>, Error> {
        self.numbers(u32::from_le_bytes)
    }

    fn i64s(&mut self) -> Result<Vec<i64>, Error> {
        self.numbers(i64::from_le_bytes)
    }

    fn many<T>(&mut self, take: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let size = self.size()?;
        // Every value takes a byte at least.
        if size > self.rest.len() {
            return Err(BROKEN);
        }
        (0..size).map(|_| take(self)).collect()
    }

    fn text(&mut self) -> Result<String, Error> {
        String::from_utf8(self.u8s()?).map_err(|_| BROKEN)
    }

    fn column<V: Copy + Eq + std::hash::Hash>(
        &mut self,
        take: impl Fn(&mut Self) -> Result<V, Error>,
    ) -> Result<Coded<V>, Error> {
        let values = self.many(take)?;
        let codes = match self.u8()? {
            0 => Codes::Same(self.size()?),
            1 => Codes::Bytes(self.u8s()?),
            2 => Codes::Words(self.u16s()?),
            _ => return Err(BROKEN),
        };
        Coded::from_parts(values, codes).ok_or(BROKEN)
    }
}

fn names(names: &Names) -> Encoder {
    let mut section = Encoder::default();
    let (texts, ids) = names.parts();
    for dictionary in texts {
        section.size(dictionary.slots().len());
        for text in dictionary.slots() {
            section.bytes.push(text.is_some().into());
            if let Some(text) = text {
                section.text(text);
            }
        }
    }
    for dictionary in ids {
        section.many(dictionary.slots(), |out, id| {
            out.push(id.is_some().into());
            if let Some(id) = id {
                out.extend_from_slice(&id.to_le_bytes());
            }
        });
    }
    section
}

fn take_names(section: &mut Decoder<'_>) -> Result<Names, Error> {
    let mut names = Names::new();
    let (texts, ids) = names.parts_mut();
    for dictionary in texts {
        if !dictionary.refill(section.many(|one| one.flag()?.then(|| one.text()).transpose())?) {
            return Err(BROKEN);
        }
    }
    for dictionary in ids {
        let ids = section.many(|one| one.flag()?.then(|| one.array().map(i64::from_le_bytes)).transpose())?;
        if !dictionary.refill(ids) {
            return Err(BROKEN);
        }
    }
    Ok(names)
}

fn put_block(section: &mut Encoder, block: &Block) {
    section.u32s(&block.created);
    match &block.stamps {
        Stamps::Narrow(stamps, lows) => {
            section.bytes.push(0);
            section.many(stamps, |out, stamp| out.extend_from_slice(&stamp.to_le_bytes()));
            section.u32s(lows);
        }
        Stamps::Wide(offsets) => {
            section.bytes.push(1);
            section.u32s(offsets);
        }
        Stamps::Whole(ids) => {
            section.bytes.push(2);
            section.many(ids, |out, id| out.extend_from_slice(&id.to_le_bytes()));
        }
    }
    section.u32s(&block.customers);
    section.u32s(&block.responses);
    section.u32s(&block.ends);
    for notes in [&block.resolutions, &block.bots] {
        section.many(&notes.each().collect::<Vec<_>>(), |out, (row, seconds)| {
            out.extend_from_slice(&row.to_le_bytes());
            out.extend_from_slice(&seconds.to_le_bytes());
        });
    }
    let word = |out: &mut Vec<u8>, value: &u32| out.extend_from_slice(&value.to_le_bytes());
    section.column(&block.matter, |out, matter| {
        word(out, &matter.kind);
        out.extend([matter.urgency, u8::from(matter.at_risk)]);
    });
    section.column(&block.source, |out, source| {
        word(out, &source.channel);
        word(out, &source.language);
        out.push(source.platform);
    });
    for column in block.named() {
        section.column(column, word);
    }
    section.column(&block.handler, |out, handler| {
        for number in [handler.team, handler.agent, handler.first_agent, handler.solved_by] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    });
    section.column(&block.course, |out, course| {
        out.extend([course.state, course.counting, course.cohort, course.next]);
        out.extend([course.is_first, course.is_answered, course.is_tagged, course.is_solved].map(u8::from));
        out.extend([course.history.0, course.tier, course.transfers, course.reopened]);
    });
    section.column(&block.feedback, |out, feedback| {
        out.extend([feedback.resolution, feedback.score, feedback.reason]);
    });
    section.column(&block.tally, |out, tally| {
        out.extend_from_slice(&tally.replies.to_le_bytes());
        out.extend_from_slice(&tally.follow_ups.to_le_bytes());
        out.push(tally.reading as u8);
    });
    section.column(&block.worked, |out, seconds| out.extend_from_slice(&seconds.to_le_bytes()));
    section.u32s(&[block.last_end]);
}

fn take_block(section: &mut Decoder<'_>) -> Result<Block, Error> {
    let created = section.u32s()?;
    let stamps = match section.u8()? {
        0 => Stamps::Narrow(section.u16s()?, section.u32s()?),
        1 => Stamps::Wide(section.u32s()?),
        2 => Stamps::Whole(section.i64s()?),
        _ => return Err(BROKEN),
    };
    Ok(Block {
        created,
        stamps,
        customers: section.u32s()?,
        responses: section.u32s()?,
        ends: section.u32s()?,
        resolutions: Notes::new(section.many(|one| Ok((one.u16()?, one.u32()?)))?),
        bots: Notes::new(section.many(|one| Ok((one.u16()?, one.u32()?)))?),
        matter: section
            .column(|one| Ok(Matter { kind: one.u32()?, urgency: one.u8()?, at_risk: one.flag()? }))?,
        source: section
            .column(|one| Ok(Source { channel: one.u32()?, language: one.u32()?, platform: one.u8()? }))?,
        region: section.column(Decoder::u32)?,
        version: section.column(Decoder::u32)?,
        chain: section.column(Decoder::u32)?,
        screen: section.column(Decoder::u32)?,
        brand: section.column(Decoder::u32)?,
        handler: section.column(|one| {
            Ok(Handler {
                team: one.u16()?,
                agent: one.u16()?,
                first_agent: one.u16()?,
                solved_by: one.u16()?,
            })
        })?,
        course: section.column(|one| {
            Ok(Course {
                state: one.u8()?,
                counting: one.u8()?,
                cohort: one.u8()?,
                next: one.u8()?,
                is_first: one.flag()?,
                is_answered: one.flag()?,
                is_tagged: one.flag()?,
                is_solved: one.flag()?,
                history: History(one.u8()?),
                tier: one.u8()?,
                transfers: one.u8()?,
                reopened: one.u8()?,
            })
        })?,
        feedback: section
            .column(|one| Ok(Feedback { resolution: one.u8()?, score: one.u8()?, reason: one.u8()? }))?,
        tally: section.column(|one| {
            let (replies, follow_ups) = (one.u16()?, one.u16()?);
            let reading = match one.u8()? {
                0 => Reading::Untold,
                1 => Reading::Read,
                2 => Reading::Unread,
                _ => return Err(BROKEN),
            };
            Ok(Tally { replies, follow_ups, reading })
        })?,
        worked: section.column(Decoder::u16)?,
        last_end: section.u32s()?.first().copied().ok_or(BROKEN)?,
    })
}

/// Whether a block's columns belong together.
fn is_whole(block: &Block, customers: usize) -> bool {
    let rows = block.created.len();
    let plain = [&block.customers, &block.responses, &block.ends];
    (1..=MOST_ROWS).contains(&rows)
        && block.stamps.len() == rows
        && plain.iter().all(|column| column.len() == rows)
        && block.named().iter().all(|column| column.codes().len() == rows)
        && block.matter.codes().len() == rows
        && block.source.codes().len() == rows
        && block.handler.codes().len() == rows
        && block.course.codes().len() == rows
        && block.feedback.codes().len() == rows
        && block.tally.codes().len() == rows
        && block.worked.codes().len() == rows
        && block.customers.iter().all(|customer| (*customer as usize) < customers)
        && block.resolutions.is_in_order()
        && block.bots.is_in_order()
        && (0..rows).map(|row| (block.created.get(row), block.id(row))).is_sorted_by(|one, other| one < other)
        && (0..rows).all(|row| block.id(row).is_some())
}
