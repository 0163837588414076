//! Published vectors: some of each standard as tables, and every file of them in the shared test data.

use std::collections::BTreeSet;

use standfast_guard::{Chain, Checksum, Context, IdentifierKind, SecretKind, screen};

use crate::support::data;

/// BIP-39, trezor/python-mnemonic `vectors.json`.
#[rustfmt::skip]
const ENGLISH: [&str; 7] = [
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon agent",
    "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
    "jelly better achieve collect unaware mountain thought cargo oxygen act hood bridge",
    "clutch control vehicle tonight unusual clog visa ice plunge glimpse recipe series open hour vintage deposit universe tip job dress radar refuse motion taste",
    "beyond stage sleep clip because twist token leaf atom beauty genius food business side grid unable middle armed observe pair crouch tonight away coconut",
];

/// BIP-39, bitcoinjs/bip39 `vectors.json`, made by bip32JP: with ideographic spaces.
#[rustfmt::skip]
#[expect(clippy::unicode_not_nfc, reason = "as they are published: decomposed, like every list of BIP-39")]
const JAPANESE: [&str; 7] = [
    "あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あおぞら",
    "そつう　れきだい　ほんやく　わかす　りくつ　ばいか　ろせん　やちん　そつう　れきだい　ほんやく　わかめ",
    "あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あらいぐま",
    "そつう　れきだい　ほんやく　わかす　りくつ　ばいか　ろせん　やちん　そつう　れきだい　ほんやく　わかす　りくつ　ばいか　ろせん　やちん　そつう　れきだい　ほんやく　わかす　りくつ　ばいか　ろせん　まんきつ",
    "せまい　うちがわ　あずき　かろう　めずらしい　だんち　ますく　おさめる　ていぼう　あたる　すあな　えしゃく",
    "かほご　きうい　ゆたか　みすえる　もらう　がっこう　よそう　ずっと　ときどき　したうけ　にんか　はっこう　つみき　すうじつ　よけい　くげん　もくてき　まわり　せめる　げざい　にげる　にんたい　たんそく　ほそく",
    "うちゅう　ふそく　ひしょ　がちょう　うけもつ　めいそう　みかん　そざい　いばる　うけとる　さんま　さこつ　おうさま　ぱんつ　しひょう　めした　たはつ　いちぶ　つうじょう　てさぎょう　きつね　みすえる　いりぐち　かめれおん",
];

/// bitcoinjs/wif `fixtures.json`.
#[rustfmt::skip]
const WIF: [&str; 8] = [
    "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
    "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
    "KxhEDBQyyEFymvfJD96q8stMbJMbZUb6D1PmXqBWZDU2WvbvVs9o",
    "KzrA86mCVMGWnLGBQu9yzQa32qbxb5dvSK4XhyjjGAWSBKYX4rHx",
    "5JdxzLtFPHNe7CAL8EBC6krdFv9pwPoRo4e3syMZEQT9srmK8hh",
    "cRD9b1m3vQxmwmjSoJy7Mj56f4uNFXjcWMCzpQCEmHASS4edEwXv",
    "92Qba5hnyWSn5Ffcka56yMQauaWY6ZLd91Vzxbi4a9CCetaHtYj",
    "L5oLkpV3aqBjhki6LmvChTCV6odsp4SXM6FfU2Gppt5kFLaHLuZ9",
];

/// BIP-32, test vectors 1 to 4: every third key.
#[rustfmt::skip]
const XPRV: [&str; 6] = [
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
    "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
    "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
    "xprv9s21ZrQH143K25QhxbucbDDuQ4naNntJRi4KUfWT7xo4EKsHt2QJDu7KXp1A3u7Bi1j8ph3EGsZ9Xvz9dGuVrtHHs7pXeTzjuxBrCmmhgC6",
    "xprv9vB7xEWwNp9kh1wQRfCCQMnZUEG21LpbR9NPCNN1dwhiZkjjeGRnaALmPXCX7SgjFTiCTT6bXes17boXtjq3xLpcDjzEuGLQBM5ohqkao9G",
];

/// BIP-38, all of its examples.
#[rustfmt::skip]
const BIP38: [&str; 17] = [
    "6PRHv1jg1ytiE4kT2QtrUz8gEjMQghZDWg1FuxjdYDzjUkcJeGdFj9q9Vi",
    "6PRWdmoT1ZursVcr5NiD14p5bHrKVGPG7yeEoEeRb8FVaqYSHnZTLEbYsU",
    "6PYJxKpVnkXUsnZAfD2B5ZsZafJYNp4ezQQeCjs39494qUUXLnXijLx6LG",
    "6PYXg5tGnLYdXDRZiAqXbeYxwDoTBNthbi3d61mqBxPpwZQezJTvQHsCnk",
    "6PfKzduKZXAFXWMtJ19Vg9cSvbFg4va6U8p2VWzSjtHQCCLk3JSBpUvfpf",
    "6PfYiPy6Z7BQAwEHLxxrCEHrH9kasVQ95ST1NnuEnnYAJHGsgpNPQ9dTHc",
    "6PnM2wz9LHo2BEAbvoGpGjMLGXCom35XwsDQnJ7rLiRjYvCxjpLenmoBsR",
    "6PnZki3vKspApf2zym6Anp2jd5hiZbuaZArPfa2ePcgVf196PLGrQNyVUh",
    "6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg",
    "6PRNFFkZc2NZ6dJqFfhRoFNMR9Lnyj7dYGrzdgXXVMXcxoKTePPX1dWByq",
    "6PRW5o9FLp4gJDDVqJQKJFTpMvdsSGJxMYHtHaQBF3ooa8mwD69bapcDQn",
    "6PYNKZ1EAgYgmQfmNVamxyXVWHzK5s6DGhwP4J5o44cvXdoY7sRzhtpUeo",
    "6PYLtMnXvfG3oJde97zRyLYFZCYizPU5T3LwgdYJz1fRhh16bU7u6PPmY7",
    "6PfQu77ygVyJLZjfvMLyhLMQbYnu5uguoJJ4kMCLqWwPEdfpwANVS76gTX",
    "6PfLGnQs6VZnrNpmVKfjotbnQuaJK4KZoPFrAjx1JMJUa1Ft8gnf5WxfKd",
    "6PgNBNNzDkKdhkT6uJntUXwwzQV8Rr2tZcbkDcuC9DZRsS6AtHts4Ypo1j",
    "6PgGWtx25kUg8QWvwuJAgorN6k9FbE25rv5dMRwu5SKMnfpfVe5mar2ngH",
];

/// BIP-350, valid segwit addresses.
#[rustfmt::skip]
const SEGWIT: [&str; 8] = [
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    "BC1SW50QGDZ25J",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
    "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
];

/// BIP-350, invalid segwit addresses.
#[rustfmt::skip]
const NO_SEGWIT: [&str; 8] = [
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
];

/// Web3 Secret Storage Definition, `PBKDF2-SHA-256` test vector (ethereum/tests `KeyStoreTests`).
const KEYSTORE: &str = r#"{"crypto": {"cipher": "aes-128-ctr", "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"}, "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46", "kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256", "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"}, "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"}, "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"#;

/// Every value of the tables.
pub(crate) fn published() -> impl Iterator<Item = &'static str> {
    let tables = [&ENGLISH[..], &JAPANESE, &WIF, &XPRV, &BIP38, &SEGWIT, &NO_SEGWIT, &[KEYSTORE]];
    tables.into_iter().flat_map(<[&str]>::iter).copied().collect::<Vec<_>>().into_iter()
}

/// Alone, in sentences, in a document, and as a customer would quote it.
#[track_caller]
fn is_found(secret: &str, kind: SecretKind) {
    for text in [
        secret.to_owned(),
        format!("这是我的：{secret}\n请帮我看看"),
        format!("please look at this {secret} thank you"),
        serde_json::json!({ "value": secret }).to_string(),
    ] {
        let screened = screen(&text, &Context::default());
        assert_eq!(
            screened.findings.iter().map(|found| found.kind).collect::<Vec<_>>(),
            [kind],
            "{text} -> {}",
            screened.text
        );
        assert!(!screened.text.contains(secret), "{}", screened.text);
    }
}

#[test]
fn secrets_in_tables() {
    for (secrets, kind) in [
        (&ENGLISH[..], SecretKind::RecoveryPhrase),
        (&JAPANESE, SecretKind::RecoveryPhrase),
        (&WIF, SecretKind::PrivateKey),
        (&XPRV, SecretKind::ExtendedPrivateKey),
        (&BIP38, SecretKind::EncryptedKey),
    ] {
        for secret in secrets {
            is_found(secret, kind);
        }
    }
    let screened = screen(KEYSTORE, &Context::default());
    assert_eq!(screened.findings.iter().map(|found| found.kind).collect::<Vec<_>>(), [SecretKind::Keystore]);
}

/// Addresses stay, with what their checksum says.
#[track_caller]
fn is_address(address: &str, expect: Option<Checksum>) {
    let text = format!("to {address} please");
    let screened = screen(&text, &Context::default());
    assert_eq!(screened.text, text);
    let valid = screened.identifiers.iter().find(|found| found.kind == IdentifierKind::Address);
    let known = valid.filter(|found| found.chain == Chain::Bitcoin).map(|found| found.checksum);
    if expect.is_some() {
        assert_eq!(known, expect, "{address}: {:?}", screened.identifiers);
    } else {
        assert_ne!(known, Some(Checksum::Valid), "{address}");
    }
}

#[test]
fn addresses_in_tables() {
    for address in SEGWIT {
        // Shorter than any address that is in use.
        if address.len() >= 40 {
            is_address(address, Some(Checksum::Valid));
        }
    }
    for address in NO_SEGWIT {
        is_address(address, None);
    }
}

/// Words of a document that begin so and are so long.
fn words<'a>(document: &'a str, starts: &[&str], length: usize) -> BTreeSet<&'a str> {
    document
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == length && starts.iter().any(|start| word.starts_with(start)))
        .collect()
}

/// Every file of published vectors that the shared data has: `STANDFAST_TEST_DATA`.
#[test]
fn secrets_in_files() {
    let Some(bip32) = data("vectors/bip-0032.mediawiki") else { return };
    let (valid, invalid) = bip32.split_once("These vectors test that invalid").unwrap();
    let keys = words(valid, &["xprv"], 111);
    assert_eq!(keys.len(), 17);
    for key in &keys {
        is_found(key, SecretKind::ExtendedPrivateKey);
    }
    println!("BIP-32: {} keys, {} that are none", keys.len(), words(invalid, &["xprv"], 111).len());
    for public in words(valid, &["xpub"], 111) {
        assert!(screen(public, &Context::default()).findings.is_empty(), "{public}");
    }
    let bip38 = data("vectors/bip-0038.mediawiki").unwrap();
    let keys = words(&bip38, &["6P"], 58);
    assert_eq!(keys.len(), 17);
    for key in &keys {
        is_found(key, SecretKind::EncryptedKey);
    }
    for key in words(&bip38, &["5", "K", "L"], 51).into_iter().chain(words(&bip38, &["K", "L"], 52)) {
        is_found(key, SecretKind::PrivateKey);
    }
    let read = |path: &str| -> serde_json::Value { serde_json::from_str(&data(path).unwrap()).unwrap() };
    for vector in read("vectors/wif/test/fixtures.json")["valid"].as_array().unwrap() {
        is_found(vector["WIF"].as_str().unwrap(), SecretKind::PrivateKey);
    }
    for list in ["english", "japanese"] {
        for vector in read("vectors/bitcoinjs-bip39/test/vectors.json")[list].as_array().unwrap() {
            is_found(vector[1].as_str().unwrap(), SecretKind::RecoveryPhrase);
        }
    }
    for (name, vector) in read("vectors/ethereum-tests/KeyStoreTests/basic_tests.json").as_object().unwrap() {
        let screened = screen(&vector["json"].to_string(), &Context::default());
        assert!(
            screened.findings.iter().any(|found| found.kind == SecretKind::Keystore),
            "{name}: {}",
            screened.text
        );
        let key = format!("private key {}", vector["priv"].as_str().unwrap());
        assert!(screen(&key, &Context::default()).exposed(), "{name}");
    }
    for vector in read("vectors/ethereum-tests/BasicTests/keyaddrtest.json").as_array().unwrap() {
        let text =
            format!("tx {} of 0x{}", vector["key"].as_str().unwrap(), vector["addr"].as_str().unwrap());
        let screened = screen(&text, &Context::default());
        assert!(screened.exposed() && screened.findings[0].certain, "{}", screened.text);
    }
    for value in read("vectors/identifiers.json").as_array().unwrap() {
        let text = value["value"].as_str().unwrap();
        let screened = screen(text, &Context::default());
        // A bare private key is masked, though nothing says that it is one.
        assert_eq!(!screened.findings.is_empty(), value["secret"] == true, "{value} -> {}", screened.text);
    }
}

#[test]
fn addresses_in_files() {
    for (file, from) in [
        ("vectors/bip-0173.mediawiki", "The following list gives valid segwit addresses"),
        ("vectors/bip-0350.mediawiki", "The following list gives valid segwit addresses"),
    ] {
        let Some(document) = data(file) else { return };
        let (valid, invalid) =
            document.split_once(from).unwrap().1.split_once("invalid segwit addresses").unwrap();
        let quoted = |part: &str| -> Vec<String> {
            let lines = part.lines().filter_map(|line| line.strip_prefix("* <tt>"));
            lines.filter_map(|line| Some(line.split_once("</tt>")?.0.to_owned())).collect()
        };
        let valid = quoted(valid);
        assert!(valid.len() >= 5, "{file}: {valid:?}");
        // BIP-350 replaced the checksum of later versions than 0.
        let first = |address: &String| address.to_lowercase()[3..].starts_with('q');
        for address in valid.iter().filter(|one| one.len() >= 40 && (file.contains("0350") || first(one))) {
            is_address(address, Some(Checksum::Valid));
        }
        for address in
            quoted(invalid).iter().filter(|one| one.is_ascii() && one.to_lowercase().starts_with("bc1"))
        {
            let text = format!("to {address} please");
            assert_eq!(screen(&text, &Context::default()).text, text);
        }
    }
}
