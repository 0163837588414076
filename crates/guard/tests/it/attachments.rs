//! Attachments in the encodings that customers' machines write.

use standfast_guard::{Context, Encoding, SecretKind, mark, screen_bytes};

const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// A key of many examples (web3.js documentation, `privateKeyToAccount`); its address begins with 0x2c75.
const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn text_comes_back_in_its_encoding() {
    let text = format!("日志 2026-11-21\r\nmnemonic: {PHRASE}\r\n结束\r\n");
    let expect =
        format!("日志 2026-11-21\r\nmnemonic: {}\r\n结束\r\n", mark(SecretKind::RecoveryPhrase, Some(12)));
    let gb18030 = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let with_mark = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    for (given, expect, encoding) in [
        (text.clone().into_bytes(), expect.clone().into_bytes(), Encoding::Utf8),
        (
            with_mark(b"\xef\xbb\xbf", text.clone().into_bytes()),
            with_mark(b"\xef\xbb\xbf", expect.clone().into_bytes()),
            Encoding::Utf8,
        ),
        (
            with_mark(b"\xff\xfe", utf16(&text, u16::to_le_bytes)),
            with_mark(b"\xff\xfe", utf16(&expect, u16::to_le_bytes)),
            Encoding::Utf16Le,
        ),
        (utf16(&text, u16::to_be_bytes), utf16(&expect, u16::to_be_bytes), Encoding::Utf16Be),
        (gb18030(&text), gb18030(&expect), Encoding::Gb18030),
    ] {
        let screened = screen_bytes(&given, &Context::default());
        assert_eq!(screened.encoding, encoding);
        assert_eq!(screened.findings.len(), 1, "{encoding:?}");
        assert!(!screened.quarantine);
        assert_eq!(screened.bytes, expect, "{encoding:?}");
        assert!(screen_bytes(&screened.bytes, &Context::default()).findings.is_empty());
    }
}

#[test]
fn what_holds_nothing_is_not_touched() {
    for bytes in [b"plain".to_vec(), vec![0xff, 0x00, 0x80, 0x01, 0xfe], Vec::new(), (0..=255).collect()] {
        let screened = screen_bytes(&bytes, &Context::default());
        assert_eq!(screened.bytes, bytes);
        assert!(!screened.quarantine);
    }
}

#[test]
fn binary_files_and_keystores_are_withheld() {
    let binary = [b"PK\x03\x04\x00\x00".as_slice(), PHRASE.as_bytes(), b"\x00\xff\xfe"].concat();
    let screened = screen_bytes(&binary, &Context::default());
    assert_eq!(screened.encoding, Encoding::Binary);
    assert!(screened.quarantine);
    assert_eq!(screened.bytes, mark(SecretKind::RecoveryPhrase, None).into_bytes());
    let keystore = br#"{"crypto":{"cipher":"aes-128-ctr","ciphertext":"00","cipherparams":{"iv":"00"},"kdf":"scrypt","mac":"00"},"version":3}"#;
    let screened = screen_bytes(keystore, &Context::default());
    assert!(screened.quarantine);
    assert_eq!(screened.bytes, mark(SecretKind::Keystore, None).into_bytes());
}

/// A byte was lost in the middle: what stands after it can be read only once the first half has become short.
#[test]
fn a_damaged_file_comes_back_the_same_twice() {
    let first = format!("mnemonic: {PHRASE}\n").repeat(4);
    let second = format!("mnemonic: {PHRASE}\n").repeat(4);
    let damaged = [&utf16(&first, u16::to_le_bytes)[..], &utf16(&second, u16::to_le_bytes)[1..]].concat();
    let screened = screen_bytes(&damaged, &Context::default());
    let again = screen_bytes(&screened.bytes, &Context::default());
    assert_eq!((again.bytes, again.findings), (screened.bytes.clone(), vec![]), "{:?}", screened.encoding);
    assert!(screened.quarantine && screened.findings.iter().any(|found| found.kind.is_exposure()));
    assert_eq!(screened.bytes, mark(SecretKind::RecoveryPhrase, None).into_bytes());
}

#[test]
fn a_damaged_file_says_all_that_was_found_in_it() {
    let first = format!("mnemonic: {PHRASE}\n");
    let second = format!("what is {KEY} ?\n").repeat(8);
    let damaged = [&utf16(&first, u16::to_le_bytes)[..], &utf16(&second, u16::to_le_bytes)[1..]].concat();
    let screened = screen_bytes(&damaged, &Context::default());
    assert!(screened.quarantine, "{screened:?}");
    let kinds: Vec<SecretKind> = screened.findings.iter().map(|found| found.kind).collect();
    assert!(kinds.contains(&SecretKind::RecoveryPhrase), "{kinds:?}");
    assert!(kinds.contains(&SecretKind::UnprovenHex), "{kinds:?}");
    assert_eq!(screened.bytes, mark(SecretKind::RecoveryPhrase, None).into_bytes());
}

#[test]
fn an_address_in_the_same_file_counts_however_many_were_named_before() {
    let text = format!("transaction hash: 0x{KEY}\nto 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23\n");
    let named: Vec<String> = (0..2_000_u32).map(|n| format!("0x{n:040x}")).collect();
    let others: Vec<&str> = named.iter().map(String::as_str).collect();
    let context = Context { earlier: &[], addresses: &others };
    let screened = screen_bytes(text.as_bytes(), &context);
    assert!(screened.findings.iter().any(|found| found.certain), "{screened:?}");
    // Named again and again before, an address is one.
    let same: Vec<&str> =
        std::iter::repeat_n(others[0], 2_000).chain(["0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"]).collect();
    let text = format!("transaction hash: 0x{KEY}\n");
    let screened = screen_bytes(text.as_bytes(), &Context { earlier: &[], addresses: &same });
    assert!(screened.findings.iter().any(|found| found.certain), "{screened:?}");
}
