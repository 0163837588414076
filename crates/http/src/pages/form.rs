//! What makes a form safe to send: a token tied to the browser, an id that makes sending twice harmless, a trap for
//! robots; and what was typed, so that no mistake costs anybody their words.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use standfast_desk::{Desk, Keys};
use standfast_domain::Time;

use super::visit::Sender;
use super::words::{Words, size};

/// What the file chooser offers; the desk looks at the content.
const ACCEPT: &str = "image/png,image/jpeg,image/gif,image/webp,text/plain,application/json,.log,.txt,.json";
/// A form that lay open for longer has to be sent again.
const LIFE: Duration = Duration::from_hours(24);
const MAC_BYTES: usize = 16;

/// The hidden fields of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Id of this form: the same words sent twice under it make one message.
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
    /// Seals a form for `holder`, the secret in the browser's cookie.
    pub(crate) fn new(desk: &Desk, purpose: &str, holder: &str) -> Self {
        let id = URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<12>());
        Self::made(desk.keys(), desk.clock().now(), purpose, holder, id)
    }

    /// The same form, sealed afresh: its id stays, so that what was sent before is not sent twice.
    pub(crate) fn again(&self, desk: &Desk, purpose: &str, holder: &str) -> Self {
        let id = if is_id(&self.id) {
            self.id.clone()
        } else {
            URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<12>())
        };
        Self::made(desk.keys(), desk.clock().now(), purpose, holder, id)
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
    pub(crate) fn client_id(&self, keys: &Keys, content: &str) -> String {
        let digest = keys.form_mac(format!("content\0{content}").as_bytes());
        format!("page-{}-{}", self.id, URL_SAFE_NO_PAD.encode(digest.first_chunk::<9>().unwrap_or(&[0; 9])))
    }

    /// The visitor secret for a browser without a cookie: the same for every sending of the same form.
    pub(crate) fn secret(&self, keys: &Keys) -> String {
        URL_SAFE_NO_PAD.encode(keys.form_mac(format!("visitor\0{}\0{}", self.id, self.token).as_bytes()))
    }
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Number of the open request that these words are about, or `new`.
    pub(crate) about: String,
    pub(crate) files: Vec<KeptFile>,
    /// The trap: people do not see this field, robots fill it in.
    pub(crate) trap: String,
}

/// A file that was taken in with an earlier sending of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptFile {
    pub(crate) id: String,
    pub(crate) size: u64,
    pub(crate) name: String,
}

impl KeptFile {
    /// As it travels in the form.
    pub(crate) fn value(&self) -> String {
        format!("{}|{}|{}", self.id, self.size, self.name)
    }

    /// Its size in words.
    pub(crate) fn size(&self) -> String {
        size(self.size)
    }

    /// Reads [`Self::value`]; whose file it is, the desk checks when it is used.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '|');
        let (id, size, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        id.parse::<standfast_domain::AttachmentId>().ok()?;
        Some(Self { id: id.to_owned(), size, name: name.chars().take(200).collect() })
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
#[derive(Clone, Debug)]
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
        let (count, size) = (limits.uploads_per_message.to_string(), size(limits.upload_bytes));
        let files_hint = words.with("form.files.hint", &[("count", &count), ("size", &size)]);
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
        assert_eq!(seal.client_id(&keys, "a"), seal.client_id(&keys, "a"));
        assert_ne!(seal.client_id(&keys, "a"), seal.client_id(&keys, "b"));
        assert!(seal.client_id(&keys, "a").len() <= 64);
        assert!(standfast_desk::Visitor::new(&seal.secret(&keys)).is_ok());
    }

    #[test]
    fn kept_files_travel_with_the_form() {
        let file = KeptFile { id: "42".into(), size: 9, name: "a|b\"<.png".into() };
        assert_eq!(KeptFile::parse(&file.value()), Some(file));
        for bad in ["", "1|2", "x|2|n", "1|-2|n", "0|2|n"] {
            assert_eq!(KeptFile::parse(bad), None, "{bad}");
        }
    }
}
