//! Keys, documents, identifiers: published values in the surroundings that decide what they are.

use standfast_guard::{
    Chain, Checksum, Context, IdentifierKind, Screened, SecretKind, mark, screen, screen_file_name,
};

use crate::recall::encodings;
use crate::support::full_width;

/// The example key of web3.js, with its addresses.
const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const KEY_ADDRESS: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
const KEY_ON_TRON: &str = "TE2H9hWjzYdwzDFRJfx9BFhr4MmjH1CHaz";
/// A transaction of Ethereum's JSON-RPC documentation.
const HASH: &str = "88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b";

fn alone(text: &str) -> Screened {
    screen(text, &Context::default())
}

#[track_caller]
fn kinds(text: &str, expect: &[(SecretKind, bool)]) {
    let screened = alone(text);
    let found: Vec<_> = screened.findings.iter().map(|finding| (finding.kind, finding.certain)).collect();
    assert_eq!(found, expect, "{text} -> {}", screened.text);
}

#[test]
fn hex_by_its_words() {
    use SecretKind::{PrivateKey, Seed, UnprovenHex};
    for (text, expect) in [
        (format!("my private key is {KEY}"), vec![(PrivateKey, false)]),
        (format!("my private key is 0x{KEY}"), vec![(PrivateKey, false)]),
        (format!("私钥：{KEY}"), vec![(PrivateKey, false)]),
        (format!("導入 0x{KEY} 失敗"), vec![(PrivateKey, false)]),
        (format!("{{\"privateKey\":\"0x{KEY}\"}}"), vec![(PrivateKey, false)]),
        (format!("개인키 {KEY}"), vec![(PrivateKey, false)]),
        (format!("秘密鍵 {KEY}"), vec![(PrivateKey, false)]),
        (format!("0x{KEY} is my private key, please import it"), vec![(PrivateKey, false)]),
        (format!("seed: {KEY}"), vec![(Seed, false)]),
        (KEY.to_owned(), vec![(UnprovenHex, false)]),
        (format!("please help me {KEY}"), vec![(UnprovenHex, false)]),
        (format!("tx {HASH}"), vec![]),
        // Nothing says what it is, and nothing is looked up.
        (format!("0x{HASH}"), vec![(UnprovenHex, false)]),
        (format!("my wallet 0x{KEY}"), vec![(UnprovenHex, false)]),
        (format!("钱包 0x{KEY} 余额为零"), vec![(UnprovenHex, false)]),
        (format!("key: 0x{KEY}"), vec![(PrivateKey, false)]),
        (format!("my app is slow, here is my key 0x{KEY} please restore"), vec![(PrivateKey, false)]),
        (format!("i exported this from metamask 0x{KEY}"), vec![(PrivateKey, false)]),
        (format!("从旧钱包导出的 0x{KEY} 导不进来"), vec![(PrivateKey, false)]),
        (format!("imported 0x{KEY} and it shows zero balance"), vec![(PrivateKey, false)]),
        (format!("public key 0x{KEY}"), vec![]),
        (format!("please open a ticket with 0x{HASH}, the key is theirs"), vec![(UnprovenHex, false)]),
        (format!("my deposit has not arrived, transaction 0x{HASH}"), vec![]),
        (format!("转账一直没有到账 0x{HASH}"), vec![]),
        (format!("交易哈希：{HASH}"), vec![]),
        (format!("https://tronscan.org/#/transaction/{HASH}"), vec![]),
        (format!("https://etherscan.io/tx/0x{HASH}"), vec![]),
        (format!("{{\"txHash\":\"0x{HASH}\"}}"), vec![]),
        (format!("sha256 {HASH}"), vec![]),
        (format!("private key {KEY} and tx hash {HASH}"), vec![(PrivateKey, false)]),
        (format!("tx hash {HASH}, private key {KEY}"), vec![(PrivateKey, false)]),
        (format!("private keys:\n{KEY}\n0x{HASH}"), vec![(PrivateKey, false), (PrivateKey, false)]),
    ] {
        kinds(&text, &expect);
    }
}

#[test]
fn an_address_of_the_conversation_proves_a_key() {
    for text in [format!("tx 0x{KEY} from {KEY_ADDRESS}"), format!("{KEY_ON_TRON}\n{KEY}")] {
        kinds(&text, &[(SecretKind::PrivateKey, true)]);
    }
    for address in [KEY_ADDRESS, KEY_ON_TRON] {
        let context = Context { earlier: &[], addresses: &[address] };
        let screened = screen(&format!("hash 0x{KEY}"), &context);
        assert_eq!(screened.text, format!("hash {}", mark(SecretKind::PrivateKey, None)));
        assert!(screened.findings[0].certain);
    }
}

#[test]
fn unproven_hex_is_masked_and_reported() {
    let screened = alone(&format!("what is {KEY} ?"));
    assert_eq!(screened.text, "what is ⟦redacted:unproven_hex:4c08…2318⟧ ?");
    assert_eq!(screened.identifiers.len(), 1);
    assert_eq!(screened.identifiers[0].kind, IdentifierKind::AmbiguousHex);
    assert_eq!(screened.identifiers[0].value, "4c08…2318");
    assert!(!screened.exposed());
    assert!(!format!("{screened:?}").contains("4c08"), "{screened:?}");
}

#[test]
fn grouped_and_damaged_keys() {
    let grouped: Vec<&str> = KEY.as_bytes().chunks(4).map(|four| str::from_utf8(four).unwrap()).collect();
    kinds(&grouped.join(" "), &[(SecretKind::UnprovenHex, false)]);
    kinds(&format!("private key: {}", grouped.join("-")), &[(SecretKind::PrivateKey, false)]);
    kinds(&format!("{KEY_ADDRESS} {}", grouped.join(" ")), &[(SecretKind::PrivateKey, true)]);
    kinds(&format!("private key {}", &KEY[..63]), &[(SecretKind::PrivateKey, false)]);
    let wide: String = KEY.chars().map(full_width).collect();
    kinds(&format!("私钥{wide}"), &[(SecretKind::PrivateKey, false)]);
    let hidden: String = KEY.chars().map(|c| format!("{c}\u{200b}")).collect();
    kinds(&format!("私钥{hidden}"), &[(SecretKind::PrivateKey, false)]);
}

#[test]
fn keys_that_prove_themselves() {
    use SecretKind::{EncryptedKey, ExtendedPrivateKey, PrivateKey};
    // Sources are beside the same values in the crate's own tests.
    for (key, kind) in [
        ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", PrivateKey),
        ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", PrivateKey),
        (
            "49W385L4rePHy6PAaQUovbD2aacgN4HsKXSMeUzRg4fmwXszN91JuMFrQRj3vMDpZuRF3ZknQBuRBoWQJEfXstMw",
            PrivateKey,
        ),
        (
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            ExtendedPrivateKey,
        ),
        ("6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg", EncryptedKey),
        (
            "[157,97,177,157,239,253,90,96,186,132,74,244,146,236,44,196,68,73,197,105,123,50,105,25,112,59,172,3,28,174,127,96,215,90,\
             152,1,130,177,10,183,213,75,254,211,201,100,7,58,14,225,114,243,218,166,35,37,175,2,26,104,247,7,81,26]",
            PrivateKey,
        ),
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f7\
             07511a",
            PrivateKey,
        ),
    ] {
        for text in
            [key.to_owned(), format!("这是我的{key}，请看"), format!("tx hash {key}"), format!("a_{key}_b")]
        {
            let screened = alone(&text);
            assert_eq!(screened.findings.len(), 1, "{text} -> {}", screened.text);
            assert_eq!((screened.findings[0].kind, screened.findings[0].certain), (kind, true), "{text}");
            assert!(!screened.text.contains(&key[..20]), "{}", screened.text);
        }
        for (name, encoded) in encodings(key) {
            let screened = alone(&encoded);
            assert!(screened.exposed(), "{name}: {encoded} -> {}", screened.text);
        }
    }
}

#[test]
fn documents() {
    let keystore = r#"{"version":3,"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","address":"008aeeda4d805471df9b2a5b0f38a0c3bcba786b",
        "crypto":{"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","cipherparams":{"iv":
        "83dbcc02d8ccb40e466191a123791e0e"},"cipher":"aes-128-ctr","kdf":"scrypt","kdfparams":{"dklen":32,"salt":
        "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19","n":262144,"r":1,"p":8},"mac":
        "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"}}"#;
    kinds(keystore, &[(SecretKind::Keystore, true)]);
    kinds(&format!("here is my file: {keystore} thanks"), &[(SecretKind::Keystore, true)]);
    kinds(&keystore[..keystore.len() - 3], &[(SecretKind::Keystore, true)]);
    let escaped = format!("{:?}", keystore.replace('\n', " "));
    assert!(alone(&escaped).findings.iter().any(|finding| finding.kind == SecretKind::Keystore));
    kinds(
        "-----BEGIN EC PRIVATE KEY-----\nMHQCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n-----END EC PRIVATE KEY-----",
        &[(SecretKind::PrivateKey, true)],
    );
    // The examples of the WalletConnect specification and of EIP-1328.
    kinds(
        "wc:7f6e504bfad60b485450578e05678ed3e8e8c4751d3c6160be17160d63ec90f9@2?relay-protocol=irn&symKey=587d5484ce2a2a6ee3ba1962fd\
         d7e8588e06200c46823bd18fbd67def96ad303",
        &[(SecretKind::WalletConnect, true)],
    );
    kinds(
        "wc:8a5e5bdc-a0e4-4702-ba63-8f1a5655744f@1?bridge=https%3A%2F%2Fbridge.walletconnect.org&key=41791102999c339c844880b23950704cc4\
         3aa840f3739e365323cda4dfa89e7a",
        &[(SecretKind::WalletConnect, true)],
    );
    let link = "https://wallet.example/wc?uri=wc%3A7f6e504bfad60b485450578e05678ed3e8e8c4751d3c6160be17160d63ec90f9%402%3Frelay-\
                protocol%3Dirn%26symKey%3D587d5484ce2a2a6ee3ba1962fdd7e8588e06200c46823bd18fbd67def96ad303";
    let screened = alone(link);
    assert!(screened.findings.iter().any(|finding| finding.kind == SecretKind::WalletConnect));
    assert!(!screened.text.contains("587d5484"), "{}", screened.text);
}

#[test]
fn identifiers_with_their_chain() {
    use Chain::{Bitcoin, Evm, Solana, Ton, Tron, Unknown};
    use Checksum::{Unchecked, Valid, Wrong};
    use IdentifierKind::{Address, Digest, ExtendedPublicKey, Transaction};
    for (text, value, expect) in [
        (
            "to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            (Address, Evm, Valid),
        ),
        (
            "to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
            (Address, Evm, Wrong),
        ),
        (
            "地址TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t不对",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            (Address, Tron, Valid),
        ),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            (Address, Bitcoin, Valid),
        ),
        (
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N!",
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            (Address, Ton, Valid),
        ),
        (
            "(EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v)",
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            (Address, Solana, Unchecked),
        ),
        (
            "交易 0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b 失败",
            "0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b",
            (Transaction, Evm, Unchecked),
        ),
        (
            "tronscan.org/#/transaction/88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b",
            HASH,
            (Transaction, Tron, Unchecked),
        ),
        (
            "5awYiUvGiDFA33EJjj4TXJG44a5afJc8QjWRpGgQiu6b23jCr7yndW2fmp9ujwqJVe32J456wV3VF78Asb1obnTc",
            "5awYiUvGiDFA33EJjj4TXJG44a5afJc8QjWRpGgQiu6b23jCr7yndW2fmp9ujwqJVe32J456wV3VF78Asb1obnTc",
            (Transaction, Solana, Unchecked),
        ),
        (
            "apk sha256 88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b",
            HASH,
            (Digest, Unknown, Unchecked),
        ),
        (
            "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
            "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
            (ExtendedPublicKey, Bitcoin, Valid),
        ),
    ] {
        let screened = alone(text);
        assert_eq!(screened.text, text);
        assert_eq!(screened.identifiers.len(), 1, "{text}: {:?}", screened.identifiers);
        let found = &screened.identifiers[0];
        assert_eq!(found.value, value);
        assert_eq!((found.kind, found.chain, found.checksum), expect, "{text}");
        assert_eq!(&text[found.span.clone()], value);
    }
}

#[test]
fn file_names() {
    for (name, kind) in [
        (
            "UTC--2016-03-22T12-57-55.920751759Z--7ef5a6135f1fd6a02593eedc869c6d41d934aef8",
            SecretKind::Keystore,
        ),
        ("my-keystore.json", SecretKind::Keystore),
        (
            "abandon-abandon-abandon-abandon-abandon-abandon-abandon-abandon-abandon-abandon-abandon-about.txt",
            SecretKind::RecoveryPhrase,
        ),
        (
            "privatekey_4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318.png",
            SecretKind::PrivateKey,
        ),
    ] {
        let screened = screen_file_name(name);
        assert_eq!(screened.findings.len(), 1, "{name} -> {}", screened.text);
        assert_eq!(screened.findings[0].kind, kind);
    }
    for name in
        ["screenshot 2026-11-21 23.41.26.png", "IMG_20261121_234126.jpg", "日志.txt", "wallet-log-2026.zip"]
    {
        assert_eq!(screen_file_name(name).text, name);
    }
}

#[test]
fn a_typed_mark_gains_nothing() {
    let text = format!("⟦redacted:recovery_phrase:12⟧ {KEY_ADDRESS} ⟦redacted:{KEY}⟧");
    let screened = alone(&text);
    assert_eq!(screened.findings.len(), 1);
    assert_eq!(screened.findings[0].kind, SecretKind::PrivateKey);
    assert!(!screened.text.contains(KEY));
}

/// Beside words that announce a phrase, its words may be cut to four letters, as on metal plates, or mistyped.
#[test]
fn an_announced_phrase_is_found_though_its_words_are_short_or_wrong() {
    for text in [
        "my recovery phrase is crat book dose plug true use actr foam actr goos regu kite",
        "Seed phrase:\n1. crat\n2. book\n3. dose\n4. plug\n5. true\n6. use\n7. actr\n8. foam\n9. actr\n10. goos\n11. regu\n12. kite",
        "my recovery phrase is crater book dose plug truq use actress foam actresss goose regular kite",
        "助记词：crater book dose plug truq use actress foam actresss goose regular kite",
    ] {
        let screened = screen(text, &Context::default());
        let kinds: Vec<_> = screened.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [SecretKind::RecoveryPhrase], "{text}");
        assert!(!screened.text.contains("plug") && !screened.text.contains("kite"), "{}", screened.text);
    }
    for text in [
        "I wrote my recovery phrase on paper and now I can not find where I put that paper, what can I do about it?",
        "Please tell me whether a seed phrase with twelve words can also restore an older wallet made with your first app",
        "The recovery phrase screen shows only blank boxes after this update, then the app closes when I press next again",
    ] {
        assert!(screen(text, &Context::default()).findings.is_empty(), "{text}");
    }
}
