//! Bytes that were made fewer, made as many again as was expected, and not more.

use std::io::Read;

use super::super::Cause;

/// What is said of bytes that no compressor wrote.
pub(super) fn damaged() -> Cause {
    "the chunk is damaged".into()
}

pub(super) fn unzstd(bytes: &[u8], most: usize) -> Result<Vec<u8>, Cause> {
    limited(zstd::stream::read::Decoder::new(bytes).map_err(|_| damaged())?, most)
}

/// All that comes out, if it is not more than expected.
pub(super) fn limited(reader: impl Read, most: usize) -> Result<Vec<u8>, Cause> {
    let mut bytes = Vec::new();
    let mut reader = reader.take(most as u64 + 1);
    reader.read_to_end(&mut bytes).map_err(|error| format!("{}: {error}", damaged()))?;
    if most < bytes.len() {
        return Err(format!("{}: it holds more than its {most} bytes", damaged()));
    }
    Ok(bytes)
}

/// A block of LZ4 that holds so many bytes.
pub(super) fn unlz4(bytes: &[u8], length: usize) -> Result<Vec<u8>, Cause> {
    // One byte of LZ4 stands for at most 255.
    if bytes.len().saturating_mul(255) < length {
        return Err(damaged());
    }
    let mut whole = vec![0; length];
    match lz4_flex::block::decompress_into(bytes, &mut whole) {
        Ok(n) if n == length => Ok(whole),
        _ => Err(damaged()),
    }
}
