//! The stored form: it reads back, and hostile bytes do no harm.

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use standfast_science::classify::{Model, ModelError, Options, train};

use crate::wallet::{labels, model};

/// Magic, format and hash.
const HEADER: usize = 8 + 2 + 32;

#[test]
fn a_model_reads_back() {
    let options = Options { version: 42, trained_at: 1_700_000_000_000_000, ..Options::default() };
    let model = train(&labels(|_| true), &options, 3).expect("enough labels");
    let bytes = model.to_bytes();
    let back = Model::from_bytes(&bytes).expect("its own bytes");
    assert_eq!(back, model);
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!((back.version(), back.trained_at()), (42, 1_700_000_000_000_000));
    assert_eq!(back.measured(), model.measured());
    assert_eq!(back.predict("充值没到账"), model.predict("充值没到账"));
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    let bytes = model().to_bytes();
    assert_eq!(Model::from_bytes(b""), Err(ModelError::NotAModel));
    assert_eq!(Model::from_bytes(b"SFTYPES"), Err(ModelError::NotAModel));
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert_eq!(Model::from_bytes(&newer), Err(ModelError::Format { found: 9 }));
    assert_eq!(Model::from_bytes(&bytes[..bytes.len() - 1]), Err(ModelError::Checksum));
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    assert_eq!(Model::from_bytes(&changed), Err(ModelError::Checksum));
    let longer = sealed([&bytes[HEADER..], b"x"].concat());
    assert_eq!(Model::from_bytes(&longer), Err(ModelError::Invalid("bytes are left over")));
}

/// Bytes with a header that fits them, as somebody would make who wants them to be believed.
fn sealed(body: Vec<u8>) -> Vec<u8> {
    let mut bytes = b"SFTYPES\n\x02\x00".to_vec();
    bytes.extend(Sha256::digest(&body));
    bytes.extend(body);
    bytes
}

/// The part before the bitmap, with every length and number that could be a lie.
const HEAD: usize = 18 + 5 * (1 + 10 + 12) + 36;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Model::from_bytes(&body).is_err());
        prop_assert!(Model::from_bytes(&sealed(body)).is_err());
    }

    #[test]
    fn lies_under_a_true_checksum_do_no_harm(changes in proptest::collection::vec((0..HEAD, any::<u8>()), 1..4), cut in 0..40_usize) {
        thread_local!(static BODY: Vec<u8> = model().to_bytes().split_off(HEADER));
        let mut body = BODY.with(Clone::clone);
        for (at, value) in changes {
            body[at] = value;
        }
        if cut < 4 {
            body.truncate(body.len() - cut);
        }
        if let Ok(model) = Model::from_bytes(&sealed(body)) {
            // Whatever is believed can be used.
            prop_assert!(model.distribution("充值 deposit").iter().all(|p| p.is_finite()));
            prop_assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model));
        }
    }
}
