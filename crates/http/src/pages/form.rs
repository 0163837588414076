//! What makes a form safe to send: a token tied to the browser, an id that makes sending twice harmless, a trap for
//! robots; and what was typed, so that no mistake costs anybody their words.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use standfast_desk::{Customer, Desk, Error, Keys, Received, received_since};
use standfast_domain::{RequestNumber, Time};

use super::visit::Sender;
use super::words::{Words, size};

/// What the file chooser offers; the desk looks at the content.
const ACCEPT: &str = "image/png,image/jpeg,image/gif,image/webp,text/*,application/json,.log,.txt,.json,.csv";
/// A form that lay open for longer has to be sent again.
const LIFE: Duration = Duration::from_hours(24);
const DAY_MICROS: i64 = 86_400_000_000;
const MAC_BYTES: usize = 16;

/// The hidden fields of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Id of this form: the day it was given on, and what had been answered by then. A page that is fetched again
    /// has the same, so that the same words sent twice make one message.
    pub(crate) id: String,
    /// Proof that the desk gave this form to this browser.
    pub(crate) token: String,
}

/// Why a form is not taken as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SealFault {
    /// It lay open for too long.
    Stale,
    /// It was given to another browser, or by nobody.
    Foreign,
    /// The browser kept no cookie, and nothing else says where the form comes from.
    NoCookie,
}

impl Seal {
    /// Seals a form for `holder`, the secret in the browser's cookie. `answered` is the sequence number of the desk's
    /// latest answer that the page shows: the same words after another answer are another message.
    pub(crate) fn new(desk: &Desk, purpose: &str, holder: &str, answered: i64) -> Self {
        let now = desk.clock().now();
        Self::made(desk.keys(), now, purpose, holder, form_id(now.0.div_euclid(DAY_MICROS), answered))
    }

    /// The same form, sealed afresh: its id stays, so that what was sent before is not sent twice.
    pub(crate) fn again(&self, desk: &Desk, purpose: &str, holder: &str, answered: i64) -> Self {
        if !is_id(&self.id) {
            return Self::new(desk, purpose, holder, answered);
        }
        Self::made(desk.keys(), desk.clock().now(), purpose, holder, self.id.clone())
    }

    fn made(keys: &Keys, now: Time, purpose: &str, holder: &str, id: String) -> Self {
        let time = now.0.to_be_bytes();
        let (given, bound) = (mac(keys, purpose, time, &id, ""), mac(keys, purpose, time, &id, holder));
        Self { token: URL_SAFE_NO_PAD.encode([&time[..], &given, &bound].concat()), id }
    }

    /// Checks the seal of a form that came back. `holder` is the secret of the browser's cookie, if it sent one:
    /// without a cookie there is no identity that another site could misuse, so that it is enough that the form
    /// comes from this desk's own page.
    pub(crate) fn check(
        &self,
        keys: &Keys,
        now: Time,
        purpose: &str,
        holder: Option<&str>,
        sender: Sender,
    ) -> Result<(), SealFault> {
        if sender == Sender::Other || !is_id(&self.id) {
            return Err(SealFault::Foreign);
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.token).map_err(|_| SealFault::Foreign)?;
        let (Some((time, macs)), true) = (bytes.split_first_chunk::<8>(), bytes.len() == 8 + 2 * MAC_BYTES)
        else {
            return Err(SealFault::Foreign);
        };
        let (given, bound) = macs.split_at(MAC_BYTES);
        if !same(&mac(keys, purpose, *time, &self.id, ""), given) {
            return Err(SealFault::Foreign);
        }
        match holder {
            Some(holder) if !same(&mac(keys, purpose, *time, &self.id, holder), bound) => {
                return Err(SealFault::Foreign);
            }
            None if sender != Sender::Own => return Err(SealFault::NoCookie),
            _ => {}
        }
        if now.since(Time(i64::from_be_bytes(*time))) > LIFE { Err(SealFault::Stale) } else { Ok(()) }
    }

    /// The id under which these words are sent: of this form and of what was typed. Sending the same twice makes one
    /// message; going back, changing the words and sending them is a second one and not lost.
    pub(crate) fn client_id(&self, keys: &Keys, purpose: &str, content: &str) -> String {
        client_id(keys, &self.id, purpose, content)
    }

    /// The id under which the same words went out if their form was given on the day before.
    fn client_id_before(&self, keys: &Keys, purpose: &str, content: &str) -> Option<String> {
        let id: [u8; 12] = URL_SAFE_NO_PAD.decode(&self.id).ok()?.try_into().ok()?;
        let (day, answered) = id.split_first_chunk::<4>()?;
        let day = i64::from(u32::from_be_bytes(*day)).checked_sub(1)?;
        let id = form_id(day, i64::from_be_bytes(answered.try_into().ok()?));
        Some(client_id(keys, &id, purpose, content))
    }

    /// The receipt that the same words, to this request if they named one, got within a day from a form of the day before.
    pub(crate) async fn received(
        &self,
        desk: &Desk,
        customer: &Customer,
        number: Option<RequestNumber>,
        purpose: &str,
        content: &str,
    ) -> Result<Option<Received>, Error> {
        let Some(id) = self.client_id_before(desk.keys(), purpose, content) else { return Ok(None) };
        received_since(desk, customer, number, &id, Time(desk.now().0 - DAY_MICROS)).await
    }

    /// The visitor secret for a browser without a cookie: the same for every sending of the same form.
    pub(crate) fn secret(&self, keys: &Keys) -> String {
        URL_SAFE_NO_PAD.encode(keys.form_mac(format!("visitor\0{}\0{}", self.id, self.token).as_bytes()))
    }
}

fn form_id(day: i64, answered: i64) -> String {
    let day = u32::try_from(day).unwrap_or_default().to_be_bytes();
    URL_SAFE_NO_PAD.encode([&day[..], &answered.to_be_bytes()].concat())
}

fn client_id(keys: &Keys, id: &str, purpose: &str, content: &str) -> String {
    let digest = keys.form_mac(format!("content\0{purpose}\0{content}").as_bytes());
    format!("page-{id}-{}", URL_SAFE_NO_PAD.encode(digest.first_chunk::<12>().unwrap_or(&[0; 12])))
}

fn mac(keys: &Keys, purpose: &str, time: [u8; 8], id: &str, holder: &str) -> [u8; MAC_BYTES] {
    let payload =
        [b"seal\0", purpose.as_bytes(), b"\0", &time, id.as_bytes(), b"\0", holder.as_bytes()].concat();
    keys.form_mac(&payload).first_chunk().copied().unwrap_or_default()
}

/// Whether two MACs are equal, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn is_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What somebody typed into a form.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Number of the open request that these words are about, or `new`.
    pub(crate) about: String,
    pub(crate) files: Vec<KeptFile>,
    /// Kinds of secrets that were taken out of an earlier sending, with commas between them.
    pub(crate) taken_out: String,
    /// The trap: people do not see this field, robots fill it in.
    pub(crate) trap: String,
}

/// A file that was taken in with an earlier sending of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptFile {
    pub(crate) id: String,
    /// Of its content, in hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) name: String,
}

impl KeptFile {
    /// As it travels in the form.
    pub(crate) fn value(&self) -> String {
        format!("{}|{}|{}|{}", self.id, self.digest, self.size, self.name)
    }

    /// Its size in words.
    pub(crate) fn size(&self) -> String {
        size(self.size)
    }

    /// Reads [`Self::value`]; whose file it is, the desk checks when it is used.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(4, '|');
        let (id, digest) = (parts.next()?, parts.next()?);
        let (size, name) = (parts.next()?.parse().ok()?, parts.next()?);
        id.parse::<standfast_domain::AttachmentId>().ok()?;
        let name = name.chars().take(200).collect();
        Some(Self { id: id.to_owned(), digest: digest.to_owned(), size, name })
    }
}

/// A mistake in a form: the field it is in, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

/// The field of mistakes that are of the form as a whole: its button.
pub(crate) const WHOLE: &str = "send";
/// The field that people do not see and robots fill in.
pub(crate) const TRAP: &str = "website";

/// A form as the templates show it: sealed, with what was typed and what is wrong with it.
#[derive(Clone)]
pub(crate) struct Sheet {
    pub(crate) seal: Seal,
    pub(crate) typed: Typed,
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) files_hint: String,
    pub(crate) accept: &'static str,
}

impl Sheet {
    pub(crate) fn new(desk: &Desk, words: Words, seal: Seal, typed: Typed, mistakes: Vec<Mistake>) -> Self {
        let limits = &desk.settings().limits;
        let (count, text) = (limits.uploads_per_message.to_string(), size(limits.text_upload_bytes));
        let size = size(limits.upload_bytes);
        let files_hint =
            words.with("form.files.hint", &[("count", &count), ("size", &size), ("text", &text)]);
        Self { seal, typed, mistakes, files_hint, accept: ACCEPT }
    }

    /// What is wrong with a field.
    pub(crate) fn said(&self, field: &str) -> Option<String> {
        let texts: Vec<&str> =
            self.mistakes.iter().filter(|m| m.field == field).map(|m| m.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    pub(crate) fn wrong(&self, field: &str) -> bool {
        self.mistakes.iter().any(|m| m.field == field)
    }

    /// Ids of what explains a field.
    pub(crate) fn described(&self, field: &str) -> String {
        if self.wrong(field) { format!("{field}-hint {field}-error") } else { format!("{field}-hint") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(&[7; 32])
    }

    fn seal() -> Seal {
        Seal::made(&keys(), Time(1_000), "contact", "secret", "AAAABBBBCCCCDDDD".into())
    }

    #[test]
    fn a_seal_holds_for_its_browser_its_form_and_a_day() {
        let (seal, keys) = (seal(), keys());
        let check =
            |seal: &Seal, now, purpose, holder, sender| seal.check(&keys, Time(now), purpose, holder, sender);
        let day = 86_400_000_000;
        assert_eq!(check(&seal, 1_000 + day, "contact", Some("secret"), Sender::Unknown), Ok(()));
        assert_eq!(check(&seal, 1_001 + day, "contact", Some("secret"), Sender::Own), Err(SealFault::Stale));
        assert_eq!(check(&seal, 1_000, "contact", Some("other"), Sender::Own), Err(SealFault::Foreign));
        assert_eq!(check(&seal, 1_000, "reply", Some("secret"), Sender::Own), Err(SealFault::Foreign));
        assert_eq!(check(&seal, 1_000, "contact", Some("secret"), Sender::Other), Err(SealFault::Foreign));
        assert_eq!(check(&seal, 1_000, "contact", None, Sender::Own), Ok(()));
        assert_eq!(check(&seal, 1_000, "contact", None, Sender::Unknown), Err(SealFault::NoCookie));
        let altered = Seal { id: "AAAABBBBCCCCDDDE".into(), ..seal.clone() };
        assert_eq!(check(&altered, 1_000, "contact", None, Sender::Own), Err(SealFault::Foreign));
        for token in ["", "AAAA", "%%%", &"A".repeat(54)] {
            let forged = Seal { token: token.into(), ..seal.clone() };
            assert_eq!(
                check(&forged, 1_000, "contact", None, Sender::Own),
                Err(SealFault::Foreign),
                "{token}"
            );
        }
    }

    #[test]
    fn the_same_words_get_the_same_id_and_other_words_another() {
        let (seal, keys) = (seal(), keys());
        let id = |content| seal.client_id(&keys, "contact", content);
        assert_eq!(id("a"), id("a"));
        assert_ne!(id("a"), id("b"));
        assert_ne!(id("a"), seal.client_id(&keys, "reply", "a"));
        assert!(id("a").len() <= 64);
        let of = |day, answered| Seal { id: form_id(day, answered), ..seal.clone() };
        assert_eq!(of(9, 4).client_id_before(&keys, "p", "a"), Some(of(8, 4).client_id(&keys, "p", "a")));
        assert_ne!(of(9, 4).client_id(&keys, "p", "a"), of(9, 5).client_id(&keys, "p", "a"));
        assert!(is_id(&of(20_000, i64::MIN).id));
        assert!(standfast_desk::Visitor::new(&seal.secret(&keys)).is_ok());
    }

    #[test]
    fn kept_files_travel_with_the_form() {
        let file = KeptFile { id: "42".into(), digest: "0a".into(), size: 9, name: "a|b\"<.png".into() };
        assert_eq!(KeptFile::parse(&file.value()), Some(file));
        for bad in ["", "1|a|2", "x|a|2|n", "1|a|-2|n", "0|a|2|n"] {
            assert_eq!(KeptFile::parse(bad), None, "{bad}");
        }
    }
}
