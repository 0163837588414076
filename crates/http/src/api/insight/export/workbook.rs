//! Rows as a workbook. It is made in a file without a name and then sent; the answer begins before, so that whoever gives
//! up waiting ends it.

use standfast_desk::words;
use standfast_report::{Cell, RowBook};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::task::spawn_blocking;

use super::{Body, Bytes, Export, Field, MOST_ROWS, broken, columns, fields, stream};

/// Bytes that are sent at once.
const CHUNK: usize = 64 << 10;

/// What is being done.
enum Stage {
    Making(Box<Export>),
    Sending(File),
    Over,
}

pub(super) fn body(export: Export) -> Body {
    let chunks = stream::unfold(Stage::Making(Box::new(export)), |stage| async move {
        let made = match stage {
            Stage::Making(export) => make(*export).await,
            Stage::Sending(file) => Ok(file),
            Stage::Over => return None,
        };
        match made {
            Ok(file) => send(file).await,
            Err(error) => Some((Err(error), Stage::Over)),
        }
    });
    Body::from_stream(chunks)
}

async fn send(mut file: File) -> Option<(std::io::Result<Bytes>, Stage)> {
    let mut buffer = vec![0; CHUNK];
    match file.read(&mut buffer).await {
        Ok(0) => None,
        Ok(read) => {
            buffer.truncate(read);
            Some((Ok(buffer.into()), Stage::Sending(file)))
        }
        Err(error) => Some((Err(error), Stage::Over)),
    }
}

async fn make(mut export: Export) -> std::io::Result<File> {
    let mut book = RowBook::new(&columns()).map_err(|error| broken(&error))?;
    while let Some(items) = export.page().await? {
        let write = move || {
            for item in &items {
                let cell = |field| match field {
                    Field::Nothing => Cell::Nothing,
                    Field::Text(text) => Cell::Text(text),
                    Field::Number(number) => Cell::Number(number),
                    Field::Time(time) => Cell::Time(time),
                };
                let cells: Vec<_> = fields(item).into_iter().map(cell).collect();
                book.add(&cells)?;
            }
            Ok::<_, standfast_report::Error>(book)
        };
        book = spawn_blocking(write).await?.map_err(|error| broken(&error))?;
    }
    let cut = export.is_cut.then(|| {
        let rows = MOST_ROWS.to_string();
        words(export.language, "report.rows.cut", &[("rows", &rows)])
    });
    let file = spawn_blocking(move || book.finish(cut.as_deref())).await?.map_err(|error| broken(&error))?;
    export.count.finish();
    Ok(File::from_std(file))
}
