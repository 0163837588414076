//! Sending mail over SMTP (RFC 5321), with TLS by rustls. The one place from which the desk sends any.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use tokio::task::spawn_blocking;

/// A server that says nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What servers say of an address that takes no mail (RFC 3463: mailbox and addressing). The codes of RFC 5321 alone do not tell it from a
/// sender that is refused, which is a matter of the desk.
const OF_ADDRESS: [&str; 2] = ["5.1.", "5.2."];
/// The same of the sender's address.
const OF_SENDER: [&str; 2] = ["5.1.7", "5.1.8"];

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (usually port 465).
    Tls,
    /// Begins plain and must change to TLS before anything else (usually port 587).
    StartTls,
    /// None: for a server on the same machine.
    None,
}

/// Where and as whom mail is sent.
#[derive(Clone)]
pub struct MailSettings {
    /// Name of the server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Name and password, where the server wants them.
    pub credentials: Option<(String, String)>,
    /// The sender, such as `Harbor Support <reports@wallet.example>`.
    pub from: String,
    /// Certificates (PEM) of authorities that are believed besides the public ones.
    pub authorities: Option<Vec<u8>>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mail.{0}")]
pub struct MailSettingsError(&'static str);

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words, without addresses.
    pub text: String,
    /// Trying again does not help: the server said so (5yz).
    pub is_final: bool,
    /// It is the address that is wrong, and neither the mail nor the desk.
    pub is_of_address: bool,
}

impl Refusal {
    /// One that trying again may help.
    fn passing(text: &str) -> Self {
        Self { text: text.to_owned(), is_final: false, is_of_address: false }
    }
}

/// A file that goes along.
#[derive(Clone, Debug)]
pub(crate) struct Enclosure {
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A mail to one recipient.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Made of the mail's id: the same mail, sent twice, is known as one.
    pub(crate) id: String,
    /// That of the mail that it goes on from.
    pub(crate) follows: Option<String>,
    /// The link by which whoever gets it ends it, with one click of their mail program (RFC 8058).
    pub(crate) unsubscribe: Option<String>,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) enclosures: Vec<Enclosure>,
}

/// Sends mail.
#[derive(Clone)]
pub struct Mailer {
    transport: SmtpTransport,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// Reads the settings. Nothing is connected yet.
    pub fn new(settings: &MailSettings) -> Result<Self, MailSettingsError> {
        let from: Mailbox = settings.from.parse().map_err(|_| MailSettingsError("from is not an address"))?;
        let mut builder = SmtpTransport::builder_dangerous(settings.host.as_str())
            .port(settings.port)
            .timeout(Some(PATIENCE));
        if settings.security != Security::None {
            let mut tls = TlsParameters::builder(settings.host.clone());
            if let Some(pem) = &settings.authorities {
                let authority =
                    Certificate::from_pem(pem).map_err(|_| MailSettingsError("ca_file is not PEM"))?;
                tls = tls.add_root_certificate(authority);
            }
            let tls = tls.build().map_err(|_| MailSettingsError("host cannot be protected by TLS"))?;
            builder = builder.tls(match settings.security {
                Security::Tls => Tls::Wrapper(tls),
                _ => Tls::Required(tls),
            });
        }
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Whether a server is there and takes the credentials.
    pub async fn probe(&self) -> Result<(), Refusal> {
        let transport = self.transport.clone();
        let tested = spawn_blocking(move || transport.test_connection()).await;
        match tested {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Refusal::passing("the server does not answer")),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(Refusal::passing("stopped")),
        }
    }

    /// Sends a letter; it is sent when this returns.
    pub(crate) async fn send(&self, letter: Letter) -> Result<(), Refusal> {
        let made = self.message(letter);
        let message = made.map_err(|text| Refusal { text, is_final: true, is_of_address: false })?;
        let transport = self.transport.clone();
        match spawn_blocking(move || transport.send(&message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(Refusal::passing("stopped")),
        }
    }

    fn message(&self, letter: Letter) -> Result<Message, String> {
        let unfit = |error: &dyn std::fmt::Display| format!("the mail could not be made: {error}");
        let to: Mailbox = letter.to.parse().map_err(|_| "the address is malformed".to_owned())?;
        let domain = self.from.email.domain();
        let mut parts =
            MultiPart::mixed().multipart(MultiPart::alternative_plain_html(letter.text, letter.html));
        for Enclosure { name, media_type, bytes } in letter.enclosures {
            let kind = ContentType::parse(media_type).map_err(|error| unfit(&error))?;
            let part: SinglePart = Attachment::new(name).body(bytes, kind);
            parts = parts.singlepart(part);
        }
        let mut builder = Message::builder();
        if let Some(id) = letter.follows {
            let id = format!("<{id}@{domain}>");
            builder = builder.in_reply_to(id.clone()).references(id);
        }
        if let Some(link) = letter.unsubscribe {
            let header =
                |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{link}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        builder
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .multipart(parts)
            .map_err(|error| unfit(&error))
    }
}

/// Whether a server's words begin with a code that speaks of the recipient's address.
fn is_of_address(words: &str) -> bool {
    let trimmed = words.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()));
    let mut codes = trimmed.filter(|word| word.starts_with("5.") && word.matches('.').count() == 2);
    let is_ours = |code: &str| OF_ADDRESS.iter().any(|of| code.starts_with(of)) && !OF_SENDER.contains(&code);
    codes.next().is_some_and(is_ours)
}

/// What a server answered, by its code; its words may quote the address.
fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    let text = match error.status() {
        Some(code) => format!("the mail server refused it with code {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server could not prove who it is (TLS)".to_owned(),
        None => "the mail server could not be reached".to_owned(),
    };
    let is_of_address = error.is_permanent() && is_of_address(&error.to_string());
    Refusal { text, is_final: error.is_permanent(), is_of_address }
}
