//! The book of what was acknowledged: on the disk before it counts, outside the server's process.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::customer::Command;

/// An acknowledged command, as read back from the book.
#[derive(Clone, Debug)]
pub(crate) struct Ack {
    pub(crate) secret: String,
    pub(crate) command: Command,
    pub(crate) receipt: Value,
}

/// The book. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AckLog {
    path: PathBuf,
    lines: mpsc::Sender<(String, oneshot::Sender<()>)>,
}

impl AckLog {
    pub(crate) fn create(path: &Path) -> Self {
        let mut file = File::create(path).unwrap();
        let (lines, inbox) = mpsc::channel::<(String, oneshot::Sender<()>)>();
        std::thread::spawn(move || {
            while let Ok(first) = inbox.recv() {
                let batch: Vec<_> = std::iter::once(first).chain(inbox.try_iter()).collect();
                for (line, _) in &batch {
                    file.write_all(line.as_bytes()).unwrap();
                }
                file.sync_data().unwrap();
                for (_, done) in batch {
                    let _ = done.send(());
                }
            }
        });
        Self { path: path.to_owned(), lines }
    }

    /// Returns once the line is on the disk.
    pub(crate) async fn record(&self, secret: &str, command: &Command, receipt: &Value) {
        let Command { client_id, number, text } = command;
        let line = json!({"secret": secret, "client_id": client_id, "number": number, "text": text, "receipt": receipt});
        let (done, written) = oneshot::channel();
        self.lines.send((format!("{line}\n"), done)).unwrap();
        written.await.unwrap();
    }

    /// Everything in the book from line `from` on.
    pub(crate) fn read(&self, from: usize) -> Vec<Ack> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        BufReader::new(File::open(&self.path).unwrap())
            .lines()
            .skip(from)
            .map(|line| {
                let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
                let command = Command {
                    client_id: text(&line["client_id"]).unwrap(),
                    number: text(&line["number"]),
                    text: text(&line["text"]).unwrap(),
                };
                Ack { secret: text(&line["secret"]).unwrap(), command, receipt: line["receipt"].clone() }
            })
            .collect()
    }
}
