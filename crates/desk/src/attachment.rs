//! Files of messages: screened, stored under the SHA-256 of their content, served inert.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use standfast_domain::{AttachmentId, RequestId};
use standfast_guard::{screen_file_name, solicits};
use standfast_store::attachment::{self, AttachmentRow};
use standfast_store::{Lane, Rd, Tx, receipt};
use tokio::io::AsyncWriteExt as _;

use crate::caller::{Customer, hex};
use crate::command::UploadCommand;
use crate::draft::{check_client_id, plain};
use crate::evidence::addresses_of_scope;
use crate::receipt::{ReceiptKey, is_late};
use crate::screening::Findings;
use crate::view::{AttachmentView, UploadView};
use crate::{AgentCaller, Desk, Error};

pub(crate) use text::{Text, keep_text, screen_apart};

mod text;

/// The name under which a file of the desk's own people is kept begins so (see [`AgentCaller::scope`]).
const OF_AGENT: &str = "a:";

/// Who wants to read a file.
#[derive(Clone, Debug)]
pub enum Reader {
    /// A customer: files of own requests, and own uploads.
    Customer(Customer),
    /// An agent: files of all requests, and own uploads.
    Agent(AgentCaller),
}

/// A file that is open for reading.
#[derive(Debug)]
pub struct Download {
    /// What it is.
    pub view: AttachmentView,
    /// Its bytes.
    pub file: tokio::fs::File,
}

/// What a file really is, by its first bytes; the name and what the client says decide nothing but text.
fn sniff(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if start.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// The kinds of files that are taken, as the API tells them.
pub const MEDIA_TYPES: [&str; 6] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "application/json"];

/// A file on its way in. Dropping it before [`Upload::finish`] removes what was written.
pub struct Upload {
    desk: Desk,
    scope: String,
    command: UploadCommand,
    /// Text is collected here and screened whole; pictures go to the file at once.
    start: Vec<u8>,
    picture: Option<&'static str>,
    file: Option<(tokio::fs::File, Temporary)>,
    hash: Sha256,
    size: u64,
}

#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already when the file was taken over.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Upload {
    /// Begins to take in a file of the caller with this scope.
    pub async fn begin(desk: &Desk, scope: &str, command: UploadCommand) -> Result<Self, Error> {
        check_client_id(&command.client_id)?;
        if command.name.len() > 255 {
            return Err(Error::invalid("name", "too_long"));
        }
        tokio::fs::create_dir_all(desk.files().join("incoming")).await?;
        Ok(Self {
            desk: desk.clone(),
            scope: scope.to_owned(),
            command,
            start: Vec::new(),
            picture: None,
            file: None,
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Takes in some bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let limits = &self.desk.settings().limits;
        self.size += bytes.len() as u64;
        if self.size > limits.upload_bytes {
            return Err(Error::UploadTooLarge { limit: limits.upload_bytes });
        }
        if let Some((file, _)) = &mut self.file {
            self.hash.update(bytes);
            file.write_all(bytes).await?;
            return Ok(());
        }
        self.start.extend_from_slice(bytes);
        if self.start.len() < 16 {
            return Ok(());
        }
        if let Some(media_type) = sniff(&self.start) {
            self.picture = Some(media_type);
            let path = self.desk.files().join("incoming").join(hex(&self.desk.entropy().bytes::<16>()));
            let mut file = tokio::fs::File::create_new(&path).await?;
            let temporary = Temporary(path);
            self.hash.update(&self.start);
            file.write_all(&self.start).await?;
            self.start = Vec::new();
            self.file = Some((file, temporary));
        } else if self.start.len() as u64 > limits.text_upload_bytes {
            return Err(if is_text(&self.start) {
                Error::UploadTooLarge { limit: limits.text_upload_bytes }
            } else {
                Error::MediaType
            });
        }
        Ok(())
    }

    /// Stores the file and returns what a message refers to it by.
    pub async fn finish(mut self) -> Result<UploadView, Error> {
        // The last space is for words. Asked only now, when the peer has sent everything and waits for an answer.
        if standfast_store::is_nearly_full(self.desk.files()) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        let mut findings = Findings::default();
        let given = clean_name(&self.command.name);
        // What an agent may not write, an agent may not send as a file either.
        if self.scope.starts_with(OF_AGENT) && solicits(&given).is_some() {
            return Err(self.stopped());
        }
        let name = screen_file_name(&given);
        findings.take(&name);
        let stored = match (self.picture, self.file.take()) {
            (Some(media_type), Some((mut file, temporary))) => {
                file.flush().await?;
                file.sync_all().await?;
                let sha256 = self.hash.clone().finalize().to_vec();
                keep(&self.desk, &temporary, &sha256).await?;
                Stored { media_type, sha256, unproven: false, addresses: None }
            }
            _ => self.finish_text(&mut findings).await?,
        };
        let row = AttachmentRow {
            id: AttachmentId(self.desk.id()),
            owner: self.scope.clone(),
            name: name.text,
            media_type: stored.media_type.to_owned(),
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            sha256: stored.sha256,
            findings: findings.codes(),
            request_id: None,
            seq: None,
            created_at: self.desk.now(),
            erased_at: None,
            unproven: Some(stored.unproven),
            addresses: stored.addresses,
        };
        let key = ReceiptKey::new(None, &format!("upload {}", self.scope), &self.command.client_id);
        let attempt = || {
            let (row, key) = (row.clone(), key.clone());
            self.desk.store().write(Lane::Ordinary, row.id.0, move |tx| {
                let known = receipt::find(tx, key.as_bytes())?;
                if let Some(id) = &known {
                    let id = id.parse().map_err(|_| Error::Inconsistent("receipt"))?;
                    if let Some(row) = attachment::find(tx, id)? {
                        return Ok(row);
                    }
                }
                attachment::insert(tx, &row)?;
                if known.is_some() {
                    // Never sent, and forgotten by housekeeping meanwhile: here it is again.
                    return Ok(row.clone());
                }
                receipt::insert(tx, key.as_bytes(), RequestId(0), 0, &row.id.to_string(), row.created_at)?;
                Ok(row.clone())
            })
        };
        let row = match attempt().await {
            Err(error) if is_late(&error) => attempt().await?,
            result => result?,
        };
        let mut findings = Findings::default();
        findings.add_codes(&row.findings);
        let language = standfast_domain::Language::of_text(&row.name);
        Ok(UploadView { attachment: view(&row), secret: findings.notice(language) })
    }

    async fn finish_text(&mut self, findings: &mut Findings) -> Result<Stored, Error> {
        let bytes = std::mem::take(&mut self.start);
        if bytes.is_empty() {
            return Err(Error::invalid("file", "missing"));
        }
        if sniff(&bytes).is_none() && !is_text(&bytes) {
            return Err(Error::MediaType);
        }
        let of_agent = self.scope.starts_with(OF_AGENT);
        let mut read = screen_apart(bytes, Vec::new(), of_agent).await?;
        if read.screened.unproven {
            // Digits that are called a hash, and are the key of an address that was named before.
            let known = addresses_of_scope(&self.desk, &self.scope).await?;
            if !known.is_empty() {
                read = screen_apart(read.bytes, known, of_agent).await?;
            }
        }
        if read.asks {
            return Err(self.stopped());
        }
        let text = Text::of(read.screened);
        findings.take_file(&text);
        self.size = text.bytes.len() as u64;
        let sha256 = keep_text(&self.desk, &text.bytes).await?;
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(&text.bytes).is_ok();
        Ok(Stored {
            media_type: if json { "application/json" } else { "text/plain" },
            sha256,
            unproven: text.unproven,
            addresses: text.addresses()?,
        })
    }

    /// Notes that a file which asks for a secret was stopped.
    fn stopped(&self) -> Error {
        tracing::warn!(owner = self.scope, "an agent's file asked for a secret and was stopped");
        metrics::counter!("standfast_solicitations_stopped_total").increment(1);
        Error::AsksForSecret
    }
}

/// A file that lies in its place.
struct Stored {
    media_type: &'static str,
    sha256: Vec<u8>,
    unproven: bool,
    addresses: Option<String>,
}

/// Moves a finished file to its place, durably: the folder is synced too.
async fn keep(desk: &Desk, temporary: &Temporary, sha256: &[u8]) -> Result<(), Error> {
    let path = blob(desk.files(), sha256);
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    tokio::fs::create_dir_all(&folder).await?;
    tokio::fs::rename(&temporary.0, &path).await?;
    tokio::fs::File::open(&folder).await?.sync_all().await?;
    Ok(())
}

/// Where the bytes with this hash lie.
pub(crate) fn blob(files: &Path, sha256: &[u8]) -> PathBuf {
    let name = hex(sha256);
    files.join(name.get(..2).unwrap_or("00")).join(name)
}

/// Text is anything without NUL and other control characters that text does not have, in UTF-8 or a national
/// encoding; UTF-16 is told by its mark.
fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    !bytes.iter().any(|b| *b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b))
}

/// The last part of a path, without anything that a file system or a header would take amiss.
fn clean_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name: String =
        plain(base).chars().filter(|c| !matches!(c, '"' | '<' | '>' | '|' | ':' | '*' | '?')).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace()).to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Whether an address could still prove a key in a file.
pub(crate) fn is_unproven(row: &AttachmentRow) -> bool {
    row.unproven.unwrap_or_else(|| !row.media_type.starts_with("image/"))
}

/// The addresses that a file names.
pub(crate) fn addresses_in(row: &AttachmentRow) -> Vec<String> {
    let list = row.addresses.as_deref().map(serde_json::from_str);
    list.and_then(Result::ok).unwrap_or_default()
}

/// What callers see of a file.
pub(crate) fn view(row: &AttachmentRow) -> AttachmentView {
    AttachmentView {
        id: row.id,
        name: row.name.clone(),
        media_type: row.media_type.clone(),
        size: row.size,
        picture: row.media_type.starts_with("image/"),
    }
}

/// An attachment in an entry's row: what callers see, and the hash that the entry's commitment covers.
#[derive(serde::Serialize)]
struct Committed {
    #[serde(flatten)]
    view: AttachmentView,
    sha256: String,
}

/// Where a record says that a key was taken out of a file: of which, and what it is since then.
pub(crate) struct Redaction {
    pub(crate) seq: i64,
    pub(crate) file: AttachmentId,
    pub(crate) size: i64,
    pub(crate) sha256: String,
}

/// Whether files are those that an entry commits to, but for keys that were taken out of them since, as the record says.
pub(crate) fn are_committed(rows: &[AttachmentRow], entry: &str, redacted: &[Redaction]) -> bool {
    let list: Vec<serde_json::Value> = serde_json::from_str(entry).unwrap_or_default();
    let fits = |row: &AttachmentRow| {
        let (size, sha256) = (row.size, hex(&row.sha256));
        let said = redacted.iter().rfind(|one| one.file == row.id && Some(one.seq) == row.seq);
        if said.is_some_and(|said| said.size != size || said.sha256 != sha256) {
            return false;
        }
        let now = serde_json::to_value(Committed { view: view(row), sha256 });
        let same = |committed: &serde_json::Value, now: &serde_json::Value| match (committed, now) {
            (serde_json::Value::Object(committed), serde_json::Value::Object(now)) => {
                let kept = |name: &str| said.is_none() || !matches!(name, "size" | "sha256");
                committed.len() == now.len()
                    && committed.iter().all(|(name, value)| !kept(name) || now.get(name) == Some(value))
            }
            _ => false,
        };
        now.is_ok_and(|now| list.iter().any(|committed| same(committed, &now)))
    };
    rows.len() == list.len() && rows.iter().all(fits)
}

/// Files that a message names, checked to be the caller's and not sent yet.
pub(crate) struct Bound(Vec<AttachmentRow>);

/// Looks up the files that a message names.
pub(crate) fn bind(
    rd: &mut Rd,
    scope: &str,
    ids: &[AttachmentId],
    findings: &mut Findings,
) -> Result<Bound, Error> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = attachment::find(rd, *id)?.filter(|row| row.owner == scope && row.request_id.is_none());
        let row = row.ok_or(Error::invalid("attachments", "unknown"))?;
        findings.add_codes(&row.findings);
        rows.push(row);
    }
    Ok(Bound(rows))
}

impl Bound {
    /// Whether an address that is named now or later could prove a key in one of the files.
    pub(crate) fn are_unproven(&self) -> bool {
        self.0.iter().any(is_unproven)
    }

    /// The addresses that the files name.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.0.iter().flat_map(addresses_in).collect()
    }

    /// For the entry's row.
    pub(crate) fn json(&self) -> Result<Option<String>, Error> {
        let list: Vec<Committed> =
            self.0.iter().map(|row| Committed { view: view(row), sha256: hex(&row.sha256) }).collect();
        crate::draft::json_list(&list)
    }

    /// Makes the files part of the entry.
    pub(crate) fn bind(&self, tx: &mut Tx, request: RequestId, seq: i64) -> Result<(), Error> {
        for row in &self.0 {
            attachment::bind(tx, row.id, request, seq)?;
        }
        Ok(())
    }
}

/// Opens a file for somebody who may read it. Everybody else is told that there is none.
pub async fn open_attachment(desk: &Desk, reader: &Reader, id: AttachmentId) -> Result<Download, Error> {
    let reader = reader.clone();
    let row = desk
        .store()
        .read(move |rd| {
            let row =
                attachment::find(rd, id)?.filter(|row| row.erased_at.is_none()).ok_or(Error::NotFound)?;
            let allowed = match (&reader, row.request_id) {
                (Reader::Agent(agent), None) => agent.scope() == row.owner,
                (Reader::Agent(_), Some(_)) => true,
                (Reader::Customer(customer), None) => customer.scope() == row.owner,
                (Reader::Customer(customer), Some(request)) => {
                    crate::conversation::may_see(rd, customer, request)? && visible(rd, &row)?
                }
            };
            if allowed { Ok(row) } else { Err(Error::NotFound) }
        })
        .await?;
    let file = match tokio::fs::File::open(blob(desk.files(), &row.sha256)).await {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::NotFound),
        Err(error) => return Err(error.into()),
    };
    Ok(Download { view: view(&row), file })
}

/// Whether the entry that a file belongs to may be seen by the customer: files of notes may not.
fn visible(rd: &mut Rd, row: &AttachmentRow) -> Result<bool, Error> {
    let (Some(request), Some(seq)) = (row.request_id, row.seq) else { return Ok(false) };
    Ok(standfast_store::entry::find(rd, request, seq)?.is_some_and(|entry| entry.visible))
}

#[cfg(test)]
pub(crate) mod tests;
