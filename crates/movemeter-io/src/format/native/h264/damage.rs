//! Whether all of a picture was decoded.
//!
//! The decoder goes on where a slice is damaged or missing, and leaves zeros where nothing was decoded. Both kinds of
//! chroma are never zero at once: no colour has them, for by ITU-R BT.601 and BT.709 alike it would need less red and
//! less blue than none. Grey is 128. So blocks in which all chroma is zero were not decoded.

use rust_h264::decoder::Frame;

/// Chroma of a macroblock in a row.
const BLOCK: usize = 8;

/// Whether a macroblock of a picture was left out.
pub(super) fn is_incomplete(picture: &Frame) -> bool {
    let (width, height) = (picture.chroma_width() as usize, picture.chroma_height() as usize);
    let block_height = if has_all_chroma_rows(picture) { 2 * BLOCK } else { BLOCK };
    let tops = (0..height).step_by(block_height);
    tops.flat_map(|top| (0..width).step_by(BLOCK).map(move |left| (left, top))).any(
        |(left, top)| {
            let columns = inside(left, BLOCK, width);
            let rows = inside(top, block_height, height);
            is_zero(picture, columns, rows)
        },
    )
}

/// Whether there is a row of chroma for every row of luma.
fn has_all_chroma_rows(picture: &Frame) -> bool {
    picture.chroma_height() == picture.height
}

/// A block without its edges, where its neighbours are smoothed into it.
fn inside(start: usize, n: usize, end: usize) -> std::ops::Range<usize> {
    (start + 1).min(end)..(start + n - 1).min(end)
}

fn is_zero(picture: &Frame, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> bool {
    if columns.is_empty() || rows.is_empty() {
        return false;
    }
    let (width, n_bytes) = (picture.chroma_width() as usize, picture.bytes_per_sample());
    rows.into_iter().all(|row| {
        let bytes = (row * width + columns.start) * n_bytes..(row * width + columns.end) * n_bytes;
        [&picture.u, &picture.v]
            .iter()
            .all(|plane| plane[bytes.clone()].iter().all(|&byte| byte == 0))
    })
}
