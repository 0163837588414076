//! Published vectors of addresses and of what stands beside them: signatures, messages to sign, nodes' answers. Some of each as
//! tables, and every file of them in the shared test data (`STANDFAST_TEST_DATA`).

use bip39::Language;
use standfast_guard::{Chain, Checksum, Context, IdentifierKind, SecretKind, screen, solicits};

use crate::support::data;

/// Chain and checksum of the address in a text that must come back as it is.
#[track_caller]
fn address(address: &str) -> Option<(Chain, Checksum)> {
    let text = format!("to {address} please");
    let screened = screen(&text, &Context::default());
    assert_eq!(screened.text, text);
    let found = screened.identifiers.into_iter().find(|found| found.kind == IdentifierKind::Address);
    found.map(|found| (found.chain, found.checksum))
}

#[track_caller]
fn is_key(secret: &str) {
    let screened = screen(&format!("please look at {secret} thank you"), &Context::default());
    let kinds: Vec<_> = screened.findings.iter().map(|found| (found.kind, found.certain)).collect();
    assert_eq!(kinds, [(SecretKind::PrivateKey, true)], "{}", screened.text);
}

/// Nothing in a text is taken for a secret that was shown.
#[track_caller]
fn shows_nothing(name: &str, text: &str) {
    let screened = screen(text, &Context::default());
    let shown: Vec<_> = screened.findings.iter().filter(|found| found.kind.is_exposure()).collect();
    assert!(shown.is_empty(), "{name}: {shown:?} in {text}\n-> {}", screened.text);
}

fn json(path: &str) -> Option<serde_json::Value> {
    Some(serde_json::from_str(&data(path)?).unwrap())
}

/// ERC-1191, "Test Cases": Ethereum, Rootstock, and its test network.
#[rustfmt::skip]
const ERC_1191: [&str; 9] = [
    "0x3599689E6292b81B2d85451025146515070129Bb",
    "0x42712D45473476b98452f434e72461577D686318",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0x27b1FdB04752BBc536007A920D24ACB045561c26",
    "0x3599689E6292B81B2D85451025146515070129Bb",
    "0x42712D45473476B98452f434E72461577d686318",
    "0x27B1FdB04752BbC536007a920D24acB045561C26",
    "0x3599689e6292b81b2D85451025146515070129Bb",
    "0x52908400098527886E0F7030069857D2e4169EE7",
];

/// bitcoinjs/bs58check `fixtures.json`: a hash of a key and of a script, on the main and on the test network.
const BASE58CHECK: [&str; 4] = [
    "1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i",
    "3CMNFxN1oHBc4R1EpboAL5yzHGgE611Xou",
    "mo9ncXisMeAoXwqcV5EWuyncbmCcQN4rVs",
    "2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br",
];

/// The same, "invalid".
const NO_BASE58CHECK: [&str; 3] = [
    "Z9inZq4e2HGQRZQezDjFMmqgUE8NwMRok",
    "3HK7MezAm6qEZQUMPRf8jX7wDv6zig6Ky8",
    "3AW8j12DUk8mgA7kkfZ1BrrzCVFuH1LsXS",
];

/// BIP-322, test vectors: keys and the addresses that they own, of every kind that one key can own alone.
const BIP_322: [(&str, &str); 4] = [
    ("L3VFeEujGtevx9w18HD1fhRbCH67Az2dpCymeRE1SoPK6XQtaN2k", "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"),
    ("L2yn1ozY4azVxNzF2TLzGhmWQXnR2hoCZG5hCppQ4oxLtnq2CpM7", "13vU5PUSuArDXJdCWZvUFEbgJ2wcmtSJWn"),
    ("L1n3XXc2AAVq8puHyQNL9NmVNRDUox1ENeuk7muALGrEo85wGQag", "32Utb7Seg6EXq7UesMNJXhQ1gdohYNyzQ9"),
    (
        "L5XqN6ckPPsDiTbRxcsthwiWpDBfWLo4uquUEydsPt8rSMoTpqpc",
        "bc1pcquvhrqv0q68t4m0hfq6tpn006qrskyc7yrqnp2uyrf2emg3wynsdjyk38",
    ),
];

/// TEP-2, "Smart-contract address" (the example of the text), and the same that must not bounce.
const TEP_2: [&str; 2] =
    ["Ef_lZ1T4NCb2mwkme9h2rJfESCE0W34ma9lWp7-_uY3zXDvq", "Uf_lZ1T4NCb2mwkme9h2rJfESCE0W34ma9lWp7-_uY3zXGYv"];

/// The raw form of the same.
const TON_RAW: &str = "-1:e56754f83426f69b09267bd876ac97c44821345b7e266bd956a7bfbfb98df35c";

/// The calls and cases of ethereum/execution-apis.
#[rustfmt::skip]
const CALLS: [(&str, &[&str]); 9] = [
    ("eth_blockNumber", &["simple-test"]),
    ("eth_call", &["call-callenv", "call-callenv-options-eip1559", "call-contract", "call-eip7702-delegation", "call-revert-abi-error", "call-revert-abi-panic"]),
    ("eth_feeHistory", &["fee-history"]),
    ("eth_getBalance", &["get-balance", "get-balance-blockhash", "get-balance-default-block", "get-balance-unknown-account"]),
    ("eth_getLogs", &["contract-addr", "filter-error-future-block-range", "filter-error-invalid-blockHash-and-range", "filter-error-reversed-block-range", "filter-with-blockHash", "filter-with-blockHash-and-topics", "topic-exact-match", "topic-null-wildcard", "topic-wildcard"]),
    ("eth_getTransactionByHash", &["get-access-list", "get-blob-tx", "get-dynamic-fee", "get-empty-tx", "get-legacy-create", "get-legacy-input", "get-legacy-tx", "get-notfound-tx", "get-setcode-tx"]),
    ("eth_getTransactionCount", &["get-nonce", "get-nonce-default-block", "get-nonce-eip7702-account", "get-nonce-unknown-account"]),
    ("eth_getTransactionReceipt", &["get-access-list", "get-blob-tx", "get-dynamic-fee", "get-empty-tx", "get-legacy-contract", "get-legacy-input", "get-legacy-receipt", "get-notfound-tx", "get-setcode-tx"]),
    ("eth_sendRawTransaction", &["send-access-list-transaction", "send-blob-tx", "send-dynamic-fee-access-list-transaction", "send-dynamic-fee-transaction", "send-legacy-transaction"]),
];

#[test]
fn addresses_of_standards() {
    for one in ERC_1191 {
        assert_eq!(address(one), Some((Chain::Evm, Checksum::Valid)), "{one}");
    }
    for one in BASE58CHECK {
        assert_eq!(address(one), Some((Chain::Bitcoin, Checksum::Valid)), "{one}");
    }
    for one in NO_BASE58CHECK {
        assert_ne!(address(one).map(|(_, checksum)| checksum), Some(Checksum::Valid), "{one}");
    }
    for (key, owned) in BIP_322 {
        is_key(key);
        owns(key, owned);
    }
    for one in TEP_2 {
        assert_eq!(address(one), Some((Chain::Ton, Checksum::Valid)), "{one}");
    }
    assert_eq!(address(TON_RAW), Some((Chain::Ton, Checksum::Unchecked)));
}

/// The digits of a key in the clear are its proof beside an address that it owns, whatever they are called.
#[track_caller]
fn owns(wif: &str, address: &str) {
    let digits: String =
        bs58::decode(wif).into_vec().unwrap()[1..33].iter().map(|b| format!("{b:02x}")).collect();
    let screened = screen(&format!("transaction hash: {digits} of {address}"), &Context::default());
    let kinds: Vec<_> = screened.findings.iter().map(|found| (found.kind, found.certain)).collect();
    assert_eq!(kinds, [(SecretKind::PrivateKey, true)], "{address}: {}", screened.text);
}

/// `0x` and forty digits.
fn accounts(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 42 && word.starts_with("0x")).collect()
}

#[test]
fn addresses_of_standards_in_files() {
    let Some(erc1191) = data("vectors/ercs/erc-1191.md") else { return };
    let erc55 = data("vectors/ercs/erc-55.md").unwrap();
    let listed = [accounts(&erc1191), accounts(erc55.split_once("# Test Cases").unwrap().1)].concat();
    let (mut valid, mut unchecked) = (0, 0);
    for one in &listed {
        match address(one) {
            Some((Chain::Evm, Checksum::Valid)) => valid += 1,
            Some((Chain::Evm, Checksum::Unchecked)) => unchecked += 1,
            other => panic!("{one}: {other:?}"),
        }
    }
    assert!(ERC_1191.iter().all(|one| listed.contains(one)) && valid >= 30, "{valid} of {}", listed.len());
    let base58 = json("vectors/bs58check/test/fixtures.json").unwrap();
    let (mut addresses, mut keys) = (0, 0);
    for one in base58["valid"].as_array().unwrap() {
        let (text, payload) = (one["string"].as_str().unwrap(), one["payload"].as_str().unwrap());
        match &payload[..2] {
            "80" | "ef" => {
                is_key(text);
                keys += 1;
            }
            _ => {
                assert_eq!(address(text), Some((Chain::Bitcoin, Checksum::Valid)), "{one}");
                addresses += 1;
            }
        }
    }
    for one in base58["invalid"].as_array().unwrap() {
        let text = one["string"].as_str().unwrap();
        assert_ne!(address(text).map(|(_, checksum)| checksum), Some(Checksum::Valid), "{one}");
    }
    println!(
        "ERC-55 and ERC-1191: {valid} valid, {unchecked} of one case; Base58Check: {addresses} addresses, {keys} keys"
    );
    let ton = data("vectors/ton/text/0002-address.md").unwrap();
    for one in TEP_2.into_iter().chain([TON_RAW]) {
        assert!(ton.contains(one), "{one}");
        assert_eq!(address(one).map(|(chain, _)| chain), Some(Chain::Ton), "{one}");
    }
}

/// Keys of published signatures are found and prove themselves; addresses, messages and signatures are left.
#[test]
fn signatures_in_files() {
    let (mut keys, mut proven) = (0, 0);
    for file in ["basic", "generated"] {
        let Some(vectors) = json(&format!("vectors/bip-0322/{file}-test-vectors.json")) else { return };
        for vector in vectors.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap()) {
            let owner = vector["address"].as_str().unwrap();
            assert_eq!(address(owner), Some((Chain::Bitcoin, Checksum::Valid)), "{owner}");
            for signature in vector["bip322_signatures"].as_array().into_iter().flatten() {
                shows_nothing(owner, signature.as_str().unwrap());
            }
            let private: Vec<&str> = vector["private_keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|key| key.as_str())
                .collect();
            for key in &private {
                is_key(key);
            }
            keys += private.len();
            let kind = vector["type"].as_str().unwrap_or_default();
            if let ([key], "p2pkh" | "p2wpkh" | "p2sh-p2wpkh" | "p2tr") = (&private[..], kind) {
                owns(key, owner);
                proven += 1;
            }
        }
    }
    assert!(keys > 20 && proven >= 6, "{keys} keys, {proven} proven");
    println!("BIP-322: {keys} keys, {proven} of them proven by an address");
    let mut messages = 0;
    for file in ["parsing_positive", "parsing_negative", "eip1271"] {
        for (name, vector) in json(&format!("vectors/siwe/test/{file}.json")).unwrap().as_object().unwrap() {
            let text = vector.as_str().or_else(|| vector["message"].as_str()).unwrap();
            shows_nothing(name, text);
            assert!(solicits(text).is_none(), "{name}");
            messages += 1;
        }
    }
    for file in ["verification_positive", "verification_negative", "parsing_negative_objects"] {
        for (name, vector) in json(&format!("vectors/siwe/test/{file}.json")).unwrap().as_object().unwrap() {
            shows_nothing(name, &vector.to_string());
            messages += 1;
        }
    }
    assert!(messages > 70, "{messages}");
    println!("SIWE: {messages} messages");
}

/// What nodes and explorers answer names transactions and accounts, and holds no secret.
#[test]
fn answers_of_nodes_in_files() {
    let folder = "vectors/eth-jsonrpc/tests";
    let (mut read, mut hashes, mut masked) = (0, 0, 0);
    for (name, cases) in CALLS {
        for case in cases {
            let Some(text) = data(&format!("{folder}/{name}/{case}.io")) else { return };
            shows_nothing(case, &text);
            let found = screen(&text, &Context::default()).identifiers;
            hashes += found.iter().filter(|one| one.kind == IdentifierKind::Transaction).count();
            masked += found.iter().filter(|one| one.kind == IdentifierKind::AmbiguousHex).count();
            read += 1;
        }
    }
    println!("JSON-RPC: {read} files, {hashes} transactions, {masked} masked");
    assert!(hashes >= 20, "{hashes}");
    let docs = "vectors/tron-docs/docs/api/http";
    for file in [
        "account/accountpermissionupdate",
        "account/getaccount",
        "account/getaccountresource",
        "block-and-tx-query/gettransactionbyid",
        "block-and-tx-query/gettransactioninfobyid",
    ] {
        let text = data(&format!("{docs}/{file}.md")).unwrap();
        shows_nothing(file, &text);
        let found = screen(&text, &Context::default()).identifiers;
        assert!(
            found.iter().any(|one| one.chain == Chain::Tron && one.kind == IdentifierKind::Address),
            "{file}"
        );
    }
    for file in [
        "vectors/esplora/API.md",
        "vectors/ercs/erc-191.md",
        "vectors/ercs/erc-681.md",
        "vectors/ercs/erc-1271.md",
        "vectors/ercs/erc-4361.md",
    ] {
        shows_nothing(file, &data(file).unwrap());
    }
}

/// ERC-2335: keystores of validators, and the secret that they hold in the clear.
#[test]
fn keystores_of_validators_in_files() {
    let Some(erc) = data("vectors/ercs/erc-2335.md") else { return };
    let mut stores = 0;
    for block in erc.split("```json").skip(1).filter_map(|part| part.split_once("```")) {
        if !block.0.contains("\"pubkey\": \"9612d7") {
            continue;
        }
        let screened = screen(block.0, &Context::default());
        assert_eq!(screened.findings.iter().map(|one| one.kind).collect::<Vec<_>>(), [SecretKind::Keystore]);
        assert!(!screened.text.contains("06ae90d55fe0a6e9c5c3bc5b170827b2"), "{}", screened.text);
        stores += 1;
    }
    assert_eq!(stores, 2);
}

/// The lists are those of BIP-39, in both of their homes, and every vector made from them is found.
#[test]
fn lists_and_vectors_of_bip_39() {
    let lists = [
        ("english", Language::English),
        ("chinese_simplified", Language::SimplifiedChinese),
        ("chinese_traditional", Language::TraditionalChinese),
        ("czech", Language::Czech),
        ("french", Language::French),
        ("italian", Language::Italian),
        ("japanese", Language::Japanese),
        ("korean", Language::Korean),
        ("portuguese", Language::Portuguese),
        ("spanish", Language::Spanish),
    ];
    let Some(vectors) = json("vectors/python-mnemonic/vectors.json") else { return };
    for (name, language) in lists {
        for file in [
            format!("vectors/bip-0039/{name}.txt"),
            format!("vectors/python-mnemonic/src/mnemonic/wordlist/{name}.txt"),
        ] {
            let list = data(&file).unwrap();
            assert!(list.split_whitespace().eq(language.word_list().iter().copied()), "{file}");
        }
        for vector in vectors[name].as_array().unwrap() {
            let phrase = vector[1].as_str().unwrap();
            for text in [phrase.to_owned(), format!("my recovery phrase: {phrase}")] {
                let screened = screen(&text, &Context::default());
                let kinds: Vec<_> = screened.findings.iter().map(|one| one.kind).collect();
                assert_eq!(kinds, [SecretKind::RecoveryPhrase], "{name}: {text} -> {}", screened.text);
            }
        }
    }
    let japanese = json("vectors/bitcoinjs-bip39/test/wordlist.json").unwrap();
    println!(
        "bitcoinjs/bip39: its own test list has {} words, of no language",
        japanese.as_array().unwrap().len()
    );
}
