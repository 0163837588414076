//! Reading a form that was sent: its words, then its files, which go straight to where files are kept.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use standfast_desk::{Error, SecretNotice, Upload, UploadCommand};
use standfast_domain::Language;

use super::form::{KeptFile, Mistake, Seal, TRAP, Typed};
use super::words::{Words, size};
use crate::app::App;
use crate::body::BodyError;
use crate::limit::Kind;
use crate::network::Network;
use crate::problem::Problem;

/// Bytes kept of all that was typed, as the API takes them: what is too long comes back whole, to be made shorter.
const TYPED_BYTES: usize = 256 << 10;
/// Longest name of a file, in bytes, as the desk takes it.
const NAME_BYTES: usize = 255;
/// Fields of one form, files included; more are not looked at.
const MOST_FIELDS: usize = 64;

/// A form that was sent.
pub(crate) struct Submission {
    pub(crate) seal: Seal,
    pub(crate) typed: Typed,
    /// The language of the page that the form stood on.
    pub(crate) language: Option<Language>,
    /// What is wrong with it so far.
    pub(crate) mistakes: Vec<Mistake>,
    /// What was found in its files.
    pub(crate) secret: Option<SecretNotice>,
}

/// Reads a form. `admit` decides by its words whether it is taken, before any file is: it returns the scope under
/// which files are kept, or what is wrong.
pub(crate) async fn read(
    app: &App,
    mut request: Request,
    words: Words,
    network: Option<Network>,
    mut admit: impl FnMut(&Seal, &Typed) -> Result<String, Mistake> + Send,
) -> Result<Submission, Problem> {
    // The route's own bound holds instead of axum's.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|_| Problem::new("unsupported_media_type"))?;
    let mut reading = Reading::new(app, words, network);
    let mut count = 0;
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(&error))? {
        count += 1;
        if count > MOST_FIELDS {
            drain(&mut field).await?;
        } else if field.name() == Some("files") {
            reading.file(&mut field, &mut admit).await?;
        } else {
            reading.field(&mut field).await?;
        }
    }
    // A form without files is admitted now.
    let _ = reading.scope(&mut admit);
    Ok(reading.done)
}

struct Reading<'a> {
    app: &'a App,
    words: Words,
    network: Option<Network>,
    done: Submission,
    verdict: Verdict,
    /// What may still be typed, in bytes.
    room: usize,
}

/// Whether the form is taken, which its words decide.
enum Verdict {
    Open,
    /// With the scope under which files are kept.
    Taken(String),
    Refused,
}

impl<'a> Reading<'a> {
    fn new(app: &'a App, words: Words, network: Option<Network>) -> Self {
        let seal = Seal { id: String::new(), token: String::new() };
        let done =
            Submission { seal, typed: Typed::default(), language: None, mistakes: Vec::new(), secret: None };
        Self { app, words, network, done, verdict: Verdict::Open, room: TYPED_BYTES }
    }

    async fn field(&mut self, field: &mut Field<'_>) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let limits = &self.app.desk.settings().limits;
        let value = text(field, self.room).await?;
        self.room -= value.len().min(self.room);
        let line = || value.trim().to_owned();
        let typed = &mut self.done.typed;
        match name.as_str() {
            "form" => self.done.seal.id = line(),
            "token" => self.done.seal.token = line(),
            "lang" => self.done.language = Language::parse(&value),
            "type" => typed.kind = line(),
            "text" => value.clone_into(&mut typed.text),
            "name" => typed.name = line(),
            "email" => typed.email = line(),
            "about" => typed.about = line(),
            "taken_out" => typed.taken_out = line(),
            TRAP => typed.trap = line(),
            "kept" if typed.files.len() < limits.uploads_per_message => {
                typed.files.extend(KeptFile::parse(&value));
            }
            code if standfast_domain::field(code).is_some() => {
                typed.fields.insert(code.to_owned(), line());
            }
            _ => {}
        }
        Ok(())
    }

    fn scope(&mut self, admit: &mut impl FnMut(&Seal, &Typed) -> Result<String, Mistake>) -> Option<String> {
        if matches!(self.verdict, Verdict::Open) {
            self.verdict = match admit(&self.done.seal, &self.done.typed) {
                Ok(scope) => Verdict::Taken(scope),
                Err(mistake) => {
                    self.done.mistakes.push(mistake);
                    Verdict::Refused
                }
            };
        }
        match &self.verdict {
            Verdict::Taken(scope) => Some(scope.clone()),
            Verdict::Open | Verdict::Refused => None,
        }
    }

    async fn file(
        &mut self,
        field: &mut Field<'_>,
        admit: &mut impl FnMut(&Seal, &Typed) -> Result<String, Mistake>,
    ) -> Result<(), Problem> {
        let name = field.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            // Browsers send an empty part where no file was chosen.
            return drain(field).await;
        }
        let Some(scope) = self.scope(admit) else {
            self.wrong(self.words.say("error.files.again"));
            return drain(field).await;
        };
        let most = self.app.desk.settings().limits.uploads_per_message;
        if self.done.typed.files.len() >= most {
            self.wrong(self.words.fill("error.files.too_many", "count", most));
            return drain(field).await;
        }
        if let Err(problem) = self.app.limits.check(Kind::Upload, Some(&scope), self.network) {
            self.wrong(problem.detail(self.words.language));
            return drain(field).await;
        }
        match self.take(field, &scope, &name).await {
            Ok(()) => Ok(()),
            Err(Refused::File(error)) => {
                let text = self.file_mistake(&error, &name);
                self.wrong(text);
                drain(field).await
            }
            Err(Refused::Form(problem)) => Err(problem),
        }
    }

    /// Takes in one file.
    async fn take(&mut self, field: &mut Field<'_>, scope: &str, name: &str) -> Result<(), Refused> {
        let desk = &self.app.desk;
        let command = UploadCommand {
            client_id: URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<18>()),
            // Whole, as far as the desk takes it: cut off here, half of a phrase would pass as words.
            name: name.get(..name.floor_char_boundary(NAME_BYTES)).unwrap_or_default().to_owned(),
            media_type: field.content_type().unwrap_or_default().to_owned(),
        };
        let mut digest = Sha256::new();
        let mut upload = Upload::begin(desk, scope, command).await.map_err(Refused::File)?;
        while let Some(bytes) = field.chunk().await.map_err(|error| Refused::Form(broken(&error)))? {
            digest.update(&bytes);
            upload.write(&bytes).await.map_err(Refused::File)?;
        }
        let taken = upload.finish().await.map_err(Refused::File)?;
        let file = taken.attachment;
        self.done.typed.files.push(KeptFile {
            id: file.id.to_string(),
            digest: digest
                .finalize()
                .iter()
                .take(8)
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
            size: u64::try_from(file.size).unwrap_or_default(),
            name: file.name,
        });
        self.done.secret = self.done.secret.take().or(taken.secret);
        Ok(())
    }

    /// Says once what is wrong with the files.
    fn wrong(&mut self, text: String) {
        let mistake = Mistake { field: "files", text };
        if !self.done.mistakes.contains(&mistake) {
            self.done.mistakes.push(mistake);
        }
    }

    fn file_mistake(&self, error: &Error, name: &str) -> String {
        let name: String = super::taken_out::without_secrets(name).chars().take(80).collect();
        match error {
            Error::UploadTooLarge { limit } => {
                self.words.with("error.files.too_large", &[("name", &name), ("size", &size(*limit))])
            }
            Error::MediaType | Error::Invalid { .. } => {
                self.words.fill("error.files.media_type", "name", name)
            }
            _ if error.code() == "disk_full" => self.words.fill("error.files.disk_full", "name", name),
            _ => self.words.fill("error.files.failed", "name", name),
        }
    }
}

enum Refused {
    /// This file; the form goes on.
    File(Error),
    /// The whole form: the connection broke, or was too slow.
    Form(Problem),
}

/// A field's text, cut off after `most` bytes.
async fn text(field: &mut Field<'_>, most: usize) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        let room = most.saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
    }
    if bytes.len() == most {
        // Not in the middle of a character.
        let whole = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        if bytes.len() - whole < 4 {
            bytes.truncate(whole);
        }
    }
    // Browsers send CR LF for every line, which the desk does not count.
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

async fn drain(field: &mut Field<'_>) -> Result<(), Problem> {
    while field.chunk().await.map_err(|error| broken(&error))?.is_some() {}
    Ok(())
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Problem {
    BodyError::find(error).into()
}
