//! Secrets made for the occasion: as real as those that people paste, and of no value to anybody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bip39::{Language, Mnemonic};

/// A secret and how it is recognised, wherever it may have got to.
pub(crate) struct Secret {
    /// What it is, for the failure message.
    pub(crate) kind: &'static str,
    /// As somebody would write it.
    pub(crate) text: String,
    /// What must not be found anywhere: parts that give it away.
    pub(crate) traces: Vec<Vec<u8>>,
}

impl Secret {
    fn new(kind: &'static str, text: String, parts: &[String]) -> Self {
        let traces = parts.iter().flat_map(|part| forms(part)).collect();
        Self { kind, text, traces }
    }
}

/// A text as it is, and in the encodings that a log, a form or a JSON document may put it into.
fn forms(part: &str) -> Vec<Vec<u8>> {
    let percent: String = part.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped: String = part.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut forms = vec![part.to_owned(), percent.to_lowercase(), percent, escaped];
    // Spaces are often the only thing that a form changes.
    forms.push(part.replace(' ', "+"));
    forms.push(part.replace(' ', "%20"));
    // Base64 depends on where the text begins: all three alignments, without the ends that neighbours change.
    for shift in 0..3 {
        let shifted = format!("{}{part}", "x".repeat(shift));
        let encoded = STANDARD.encode(shifted);
        let clean = encoded.trim_end_matches('=');
        if clean.len() > 12 {
            forms.push(clean[4..clean.len() - 3].to_owned());
        }
    }
    forms.into_iter().filter(|form| form.len() >= 8).map(String::into_bytes).collect()
}

fn bytes<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| fastrand::u8(..))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The words of a fresh phrase.
fn words(language: Language, count: usize) -> Vec<&'static str> {
    let entropy: Vec<u8> = (0..count / 3 * 4).map(|_| fastrand::u8(..)).collect();
    Mnemonic::from_entropy_in(language, &entropy).unwrap().words().collect()
}

/// Every run of five words gives a phrase away, however it is laid out.
fn phrase(kind: &'static str, words: &[&str], separator: &str) -> Secret {
    let parts: Vec<_> = words.windows(5).flat_map(|run| [run.join(" "), run.join(separator)]).collect();
    Secret::new(kind, words.join(separator), &parts)
}

fn base58(payload: &[u8]) -> String {
    bs58::encode(payload).with_check().into_string()
}

/// A private key in the form that Bitcoin wallets export.
fn wif(compressed: bool) -> String {
    let mut payload = vec![0x80];
    payload.extend(bytes::<32>());
    if compressed {
        payload.push(1);
    }
    base58(&payload)
}

fn extended_private_key() -> String {
    let mut payload = vec![0x04, 0x88, 0xad, 0xe4, 0];
    payload.extend([0; 8]);
    payload.extend(bytes::<32>());
    payload.push(0);
    payload.extend(bytes::<32>());
    base58(&payload)
}

fn encrypted_key() -> String {
    let mut payload = vec![0x01, 0x42, 0xe0];
    payload.extend(bytes::<36>());
    base58(&payload)
}

/// A keystore file, version 3, and the ciphertext in it.
pub(crate) fn keystore() -> Secret {
    let (cipher, mac, salt) =
        (hexadecimal(&bytes::<32>()), hexadecimal(&bytes::<32>()), hexadecimal(&bytes::<32>()));
    let address = hexadecimal(&bytes::<20>());
    let text = format!(
        r#"{{"version":3,"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","address":"{address}","crypto":{{"ciphertext":"{cipher}","cipherparams":{{"iv":"{}"}},"cipher":"aes-128-ctr","kdf":"scrypt","kdfparams":{{"dklen":32,"salt":"{salt}","n":262144,"r":8,"p":1}},"mac":"{mac}"}}}}"#,
        hexadecimal(&bytes::<16>())
    );
    Secret::new("keystore", text, &[cipher, mac])
}

/// One of each kind, all fresh.
pub(crate) fn one_of_each() -> Vec<Secret> {
    let key = hexadecimal(&bytes::<32>());
    let with_prefix = format!("0x{}", hexadecimal(&bytes::<32>()));
    let single = |kind, text: String, part: String| Secret::new(kind, text, &[part]);
    let mut secrets = vec![
        phrase("12 English words", &words(Language::English, 12), " "),
        phrase("24 English words", &words(Language::English, 24), " "),
        phrase("15 English words, one a line", &words(Language::English, 15), "\n"),
        phrase("18 English words with commas", &words(Language::English, 18), ", "),
        phrase("12 Chinese words", &words(Language::SimplifiedChinese, 12), " "),
        phrase("24 Chinese words with commas", &words(Language::SimplifiedChinese, 24), "，"),
        phrase("12 Chinese words, traditional", &words(Language::TraditionalChinese, 12), " "),
        phrase("12 Japanese words", &words(Language::Japanese, 12), " "),
        phrase("12 Spanish words", &words(Language::Spanish, 12), " "),
        single("a private key", format!("私钥 {key}"), key),
        single("a private key with 0x", format!("private key: {with_prefix}"), with_prefix[2..].to_owned()),
        keystore(),
    ];
    let numbered = words(Language::English, 12);
    let text = numbered
        .iter()
        .enumerate()
        .map(|(at, word)| format!("{}. {word}", at + 1))
        .collect::<Vec<_>>()
        .join("\n");
    let parts: Vec<_> = numbered.windows(5).map(|run| run.join(" ")).chain([text.clone()]).collect();
    secrets.push(Secret::new("12 English words, numbered", text, &parts));
    for (kind, text) in [
        ("WIF", wif(false)),
        ("WIF, compressed", wif(true)),
        ("an extended private key", extended_private_key()),
        ("a BIP-38 key", encrypted_key()),
    ] {
        secrets.push(single(kind, text.clone(), text));
    }
    secrets
}

/// A phrase of twelve English words, for those places that want one.
pub(crate) fn english_phrase() -> Secret {
    phrase("12 English words", &words(Language::English, 12), " ")
}

/// A phrase of twelve Chinese words.
pub(crate) fn chinese_phrase() -> Secret {
    phrase("12 Chinese words", &words(Language::SimplifiedChinese, 12), " ")
}
