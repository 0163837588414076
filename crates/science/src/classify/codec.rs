//! The stored form of a model.
//!
//! ```text
//! magic "SFTYPES\n" · format u16 · hash of the rest [32] (SHA-256) · body
//! body: version u32 · trained_at i64 · types u16 · columns u32
//!       · per type: length of code u8, code, labels u32, scale f32, bias f32
//!       · temperature, threshold, familiar, trusted f32 · measured: labels u32, accuracy, calibration error, answered, precision f32
//!       · bitmap of buckets: 2^20 bits · idf: columns × f32 · weights: columns × types × i8
//! ```
//! All numbers are little-endian. Lengths follow from the header and are checked against what is there before anything
//! is allocated, so that hostile bytes cost no more than their own length.

use sha2::{Digest as _, Sha256};

use super::calibration::{Calibration, Measured};
use super::encoder::Encoder;
use super::model::{KnownType, Model};
use super::training::{MAX_CODE, MAX_COLUMNS, MAX_TYPES, MAX_WEIGHTS};

const MAGIC: &[u8; 8] = b"SFTYPES\n";
/// Changes with the form, and also when features are found or hashed differently: weights then mean something else.
const FORMAT: u16 = 2;

/// Why bytes are no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// They do not begin as a model does.
    #[error("this is not a model of request types")]
    NotAModel,
    /// It was written by another version of the program; train anew.
    #[error("the model has format {found}, this program reads format {FORMAT}: train a new one")]
    Format {
        /// The format that was found.
        found: u16,
    },
    /// They were cut off or changed.
    #[error("the model is damaged: its checksum does not fit")]
    Checksum,
    /// The checksum fits, but what it covers makes no sense.
    #[error("the model contradicts itself: {0}")]
    Invalid(&'static str),
}

impl Model {
    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (bitmap, idf) = self.encoder.parts();
        let mut body = Vec::with_capacity(self.bytes() + 64 * self.types.len() + 64);
        body.extend(self.version.to_le_bytes());
        body.extend(self.trained_at.to_le_bytes());
        body.extend(u16::try_from(self.types.len()).unwrap_or(u16::MAX).to_le_bytes());
        body.extend(u32::try_from(idf.len()).unwrap_or(u32::MAX).to_le_bytes());
        for ((known, scale), bias) in self.types.iter().zip(&self.scales).zip(&self.bias) {
            body.push(u8::try_from(known.code.len()).unwrap_or(u8::MAX));
            body.extend(known.code.as_bytes());
            body.extend(known.labels.to_le_bytes());
            body.extend(scale.to_le_bytes());
            body.extend(bias.to_le_bytes());
        }
        let (calibration, measured) = (&self.calibration, &self.measured);
        body.extend(calibration.temperature.to_le_bytes());
        body.extend(calibration.threshold.to_le_bytes());
        body.extend(calibration.familiar.to_le_bytes());
        body.extend(calibration.trusted.to_le_bytes());
        body.extend(measured.labels.to_le_bytes());
        for share in [measured.accuracy, measured.calibration_error, measured.answered, measured.precision] {
            body.extend(share.to_le_bytes());
        }
        body.extend(bitmap.iter().flat_map(|word| word.to_le_bytes()));
        body.extend(idf.iter().flat_map(|value| value.to_le_bytes()));
        body.extend(self.rows.iter().flat_map(|weight| weight.to_le_bytes()));
        let mut bytes = Vec::with_capacity(body.len() + 42);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(Sha256::digest(&body));
        bytes.append(&mut body);
        bytes
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::NotAModel)?;
        let (format, rest) = rest.split_first_chunk().ok_or(ModelError::Checksum)?;
        let found = u16::from_le_bytes(*format);
        if found != FORMAT {
            return Err(ModelError::Format { found });
        }
        let (hash, body) = rest.split_first_chunk::<32>().ok_or(ModelError::Checksum)?;
        if Sha256::digest(body).as_slice() != hash {
            return Err(ModelError::Checksum);
        }
        let mut reader = Reader(body);
        let model = reader.model()?;
        if reader.0.is_empty() { Ok(model) } else { Err(ModelError::Invalid("bytes are left over")) }
    }
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

type Read<T> = Result<T, ModelError>;

impl<'b> Reader<'b> {
    const SHORT: ModelError = ModelError::Invalid("it ends too early");

    fn take(&mut self, length: usize) -> Read<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Self::SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Self::SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number that can be calculated with, and is not below zero.
    fn positive(&mut self) -> Read<f32> {
        self.finite()
            .and_then(|v| if v >= 0.0 { Ok(v) } else { Err(ModelError::Invalid("a negative number")) })
    }

    fn finite(&mut self) -> Read<f32> {
        let value = f32::from_le_bytes(self.array()?);
        // Sums of products of such numbers stay numbers.
        if value.abs() <= 1e6 { Ok(value) } else { Err(ModelError::Invalid("a number is out of bounds")) }
    }

    fn model(&mut self) -> Read<Model> {
        let version = self.u32()?;
        let trained_at = i64::from_le_bytes(self.array()?);
        let count = usize::from(u16::from_le_bytes(self.array()?));
        let columns = self.u32()? as usize;
        if !(2..=MAX_TYPES).contains(&count) || columns > MAX_COLUMNS || columns * count > MAX_WEIGHTS {
            return Err(ModelError::Invalid("too many or too few types or columns"));
        }
        let (types, scales, bias) = self.types(count)?;
        let calibration = Calibration {
            temperature: self.positive()?,
            threshold: self.positive()?,
            familiar: self.positive()?,
            trusted: self.positive()?,
        };
        if calibration.temperature < 1e-3 {
            return Err(ModelError::Invalid("the temperature is zero"));
        }
        let measured = Measured {
            labels: self.u32()?,
            accuracy: self.positive()?,
            calibration_error: self.positive()?,
            answered: self.positive()?,
            precision: self.positive()?,
        };
        let encoder = self.encoder(columns)?;
        let rows = self.take(columns * count)?.iter().map(|byte| byte.cast_signed()).collect();
        Ok(Model { version, trained_at, types, encoder, rows, scales, bias, calibration, measured })
    }

    fn types(&mut self, count: usize) -> Read<(Vec<KnownType>, Vec<f32>, Vec<f32>)> {
        let (mut types, mut scales, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let [length] = self.array()?;
            let code = str::from_utf8(self.take(usize::from(length))?).unwrap_or_default();
            if code.is_empty() || code.len() > MAX_CODE {
                return Err(ModelError::Invalid("a code is empty, too long or not UTF-8"));
            }
            types.push(KnownType { code: code.to_owned(), labels: self.u32()? });
            scales.push(self.positive()?);
            bias.push(self.finite()?);
        }
        if types.is_sorted_by(|a, b| a.code < b.code) {
            Ok((types, scales, bias))
        } else {
            Err(ModelError::Invalid("types are not in order"))
        }
    }

    fn encoder(&mut self, columns: usize) -> Read<Encoder> {
        let words = self.take(Encoder::bitmap_words() * 8)?.as_chunks().0;
        let idf = self.take(columns * 4)?.as_chunks().0;
        let bitmap = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let idf = idf.iter().map(|value| f32::from_le_bytes(*value)).collect();
        Encoder::from_parts(bitmap, idf).ok_or(ModelError::Invalid("columns do not fit"))
    }
}
