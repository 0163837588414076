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
    // What a JSON document or the debug form of a text makes of a line break, once and twice.
    let lines = part.replace('\n', "\\n");
    let twice = part.replace('\n', "\\\\n");
    let mut forms = vec![part.to_owned(), percent.to_lowercase(), percent, escaped, lines, twice];
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
    forms.sort();
    forms.dedup();
    let wide = [u16::to_le_bytes, u16::to_be_bytes]
        .map(|bytes: fn(u16) -> [u8; 2]| part.encode_utf16().flat_map(bytes).collect());
    let forms = forms.into_iter().map(String::into_bytes).chain(wide);
    forms.filter(|form: &Vec<u8>| form.len() >= 8).collect()
}

fn bytes<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| fastrand::u8(..))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The words of a fresh phrase.
pub(crate) fn words(language: Language, count: usize) -> Vec<&'static str> {
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

/// A Solana key pair as wallets export it: the secret half and the public half that belongs to it (RFC 8032, 7.1, test 2).
fn solana_pair() -> String {
    const SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let digits = [SECRET, PUBLIC].concat();
    let bytes = digits.as_bytes().chunks(2).map(|two| str::from_utf8(two).unwrap());
    bs58::encode(bytes.map(|two| u8::from_str_radix(two, 16).unwrap()).collect::<Vec<_>>()).into_string()
}

/// A pairing URI, version 2, and the key in it.
fn wallet_connect() -> Secret {
    let key = hexadecimal(&bytes::<32>());
    let topic = hexadecimal(&bytes::<32>());
    let text = format!("wc:{topic}@2?relay-protocol=irn&symKey={key}");
    Secret::new("a WalletConnect URI", text, &[key])
}

/// A private key that is called the hash of a transaction, and the address that it belongs to.
pub(crate) fn key_with_address() -> (Secret, String) {
    // The example of web3.js.
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318".to_owned();
    let address = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23".to_owned();
    (Secret::new("a key taken for a transaction", key.clone(), &[key]), address)
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
        phrase("15 Japanese words, as they are written", &words(Language::Japanese, 15), "\u{3000}"),
        phrase("12 Spanish words", &words(Language::Spanish, 12), " "),
        phrase("18 Korean words", &words(Language::Korean, 18), " "),
        phrase("12 French words, one a line", &words(Language::French, 12), "\n"),
        phrase("12 Italian words", &words(Language::Italian, 12), " "),
        phrase("21 Czech words", &words(Language::Czech, 21), " "),
        phrase("12 Portuguese words", &words(Language::Portuguese, 12), " "),
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
        ("a Solana key pair", solana_pair()),
    ] {
        secrets.push(single(kind, text.clone(), text));
    }
    secrets.push(wallet_connect());
    secrets
}

/// A phrase of twelve English words, for those places that want one.
pub(crate) fn english_phrase() -> Secret {
    phrase("12 English words", &words(Language::English, 12), " ")
}

/// 64 digits of which nothing says what they are: they are masked, though nobody is told that a secret was found.
pub(crate) fn bare_key() -> Secret {
    let key = hexadecimal(&bytes::<32>());
    Secret::new("64 bare digits", key.clone(), &[key])
}

/// A part of a phrase: any three neighbours are more than anybody may see of it.
pub(crate) fn piece(words: &[&str]) -> Secret {
    let parts: Vec<String> = words.windows(3).map(|three| three.join(" ")).collect();
    Secret::new("a piece of a phrase", words.join(" "), &parts)
}

/// A phrase of twelve English words, one a line.
pub(crate) fn phrase_in_lines() -> Secret {
    phrase("12 English words, one a line", &words(Language::English, 12), "\n")
}

/// Something that anybody could write, and that nobody else has written.
pub(crate) fn ordinary_text() -> Secret {
    let mark = crate::customer::marker(&hexadecimal(&bytes::<8>()));
    let text = format!("the bus was late again today {mark}");
    Secret::new("an ordinary text", text, &[mark])
}

/// Ordinary texts in more than one language.
pub(crate) fn ordinary_texts() -> Vec<Secret> {
    let mark = crate::customer::marker(&hexadecimal(&bytes::<8>()));
    let chinese = Secret::new(
        "an ordinary text in Chinese",
        format!("转账三天了还没有到账 {mark} 请帮忙看看"),
        &[mark],
    );
    vec![ordinary_text(), chinese]
}
