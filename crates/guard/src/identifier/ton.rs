//! TON addresses in their user-friendly form (TEP-2): tag, workchain, hash and a CRC, in base64 of 48 letters.

use super::{Payload, Recognised};
use crate::api::{Chain, Checksum};
use crate::encoded;

const LENGTH: usize = 48;

pub(super) fn address(word: &str) -> Option<Recognised> {
    if word.len() != LENGTH {
        return None;
    }
    let bytes = encoded::base64(word)?;
    let (body, crc) = bytes.split_last_chunk::<2>()?;
    let (&tag, rest) = body.split_first()?;
    let (&workchain, hash) = rest.split_first()?;
    // Bounceable and not, each with a bit for the test network; the basic chain and the masterchain.
    if !matches!(tag, 0x11 | 0x51 | 0x91 | 0xd1) || !matches!(workchain, 0x00 | 0xff) {
        return None;
    }
    let payload = Payload::Key(hash.try_into().ok()?);
    let checksum = if crc16(body) == u16::from_be_bytes(*crc) { Checksum::Valid } else { Checksum::Wrong };
    Some(Recognised::address(Chain::Ton, checksum, payload))
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::recognise;

    #[test]
    fn tep_2() {
        // The example of TEP-2.
        let found = recognise("EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N").unwrap();
        assert_eq!((found.chain, found.checksum), (Chain::Ton, Checksum::Valid));
        let wrong = recognise("EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2M").unwrap();
        assert_eq!(wrong.checksum, Checksum::Wrong);
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }
}
