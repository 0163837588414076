//! A table in Apache Parquet, written column by column. The one place that knows the crate.

use std::fs::File;
use std::sync::Arc;

use anyhow::Context as _;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use standfast_insight::{COLUMNS, Datum, Kind};

use super::{Fact, Table};

/// A table that is being written; every page becomes a row group.
pub(super) struct Parquet(SerializedFileWriter<File>);

impl Parquet {
    pub(super) fn new(file: File) -> anyhow::Result<Self> {
        let schema = Arc::new(parse_message_type(&schema())?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self(SerializedFileWriter::new(file, schema, Arc::new(properties))?))
    }
}

/// The columns as Parquet writes them down. What may be nothing is optional.
fn schema() -> String {
    let column = |(name, kind): (&str, Kind)| match kind {
        Kind::Int => format!("OPTIONAL INT64 {name};"),
        Kind::Text => format!("REQUIRED BYTE_ARRAY {name} (UTF8);"),
        Kind::Flag => format!("REQUIRED BOOLEAN {name};"),
        Kind::Time => format!("OPTIONAL INT64 {name} (TIMESTAMP(MICROS,true));"),
    };
    format!("message facts {{ {} }}", COLUMNS.map(column).join(" "))
}

impl Table for Parquet {
    fn put(&mut self, page: &[Fact]) -> anyhow::Result<()> {
        let mut group = self.0.next_row_group()?;
        for place in 0..COLUMNS.len() {
            let column = group.next_column()?.context("a column")?;
            write(column, page.iter().filter_map(|row| row.get(place)))?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.0.close()?;
        Ok(())
    }
}

/// Writes the values of a column; all of them are of one kind.
fn write<'a>(
    column: SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Datum> + Clone,
) -> anyhow::Result<()> {
    let numbers: Vec<Option<i64>> = cells
        .clone()
        .filter_map(|cell| match cell {
            Datum::Int(value) => Some(*value),
            Datum::Time(time) => Some(time.map(|time| time.0)),
            Datum::Text(_) | Datum::Flag(_) => None,
        })
        .collect();
    if !numbers.is_empty() {
        let levels: Vec<i16> = numbers.iter().map(|value| i16::from(value.is_some())).collect();
        let there: Vec<i64> = numbers.into_iter().flatten().collect();
        return batch::<Int64Type>(column, &there, Some(&levels));
    }
    let flags: Vec<bool> =
        cells.clone().filter_map(|cell| if let Datum::Flag(is) = cell { Some(*is) } else { None }).collect();
    if !flags.is_empty() {
        return batch::<BoolType>(column, &flags, None);
    }
    let texts: Vec<ByteArray> = cells
        .filter_map(
            |cell| if let Datum::Text(text) = cell { Some(ByteArray::from(text.as_str())) } else { None },
        )
        .collect();
    batch::<ByteArrayType>(column, &texts, None)
}

fn batch<T: DataType>(
    mut column: SerializedColumnWriter<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> anyhow::Result<()> {
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()?;
    Ok(())
}
