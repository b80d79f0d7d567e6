//! numpy's `.npy`: a line of text, then the numbers of all frames.

use std::io::Write;
use std::path::Path;

use movemeter::source::{FrameSource, StackInfo};

use super::BitDepth;
use super::pixels::for_each_frame;
use crate::error::Error;
use crate::output::OutputFile;

/// Writes an array (frame, row, column) in C order.
pub(super) fn write(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: &Path,
) -> Result<(), Error> {
    let mut output = OutputFile::create(path)?;
    let unwritable = |error: std::io::Error| Error::unwritable(path, &error);
    output.write_all(&header(source.info(), bits)).map_err(unwritable)?;
    for_each_frame(source, bits, |_, bytes| output.write_all(bytes).map_err(unwritable))?;
    output.finish()
}

/// Where the numbers begin: a multiple of this.
const ALIGNMENT: usize = 64;
/// Room that numpy leaves for the first length to grow, in digits.
const GROWTH_DIGITS: usize = 21;

/// The same bytes as `numpy.save` writes.
fn header(info: &StackInfo, bits: BitDepth) -> Vec<u8> {
    let descr = match bits {
        BitDepth::Eight => "|u1",
        BitDepth::Sixteen => "<u2",
        BitDepth::Float32 => "<f4",
    };
    let n_frames = info.n_frames.to_string();
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({n_frames}, {}, {}), }}",
        info.size.height, info.size.width
    );
    text.extend(std::iter::repeat_n(' ', GROWTH_DIGITS.saturating_sub(n_frames.len())));
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // The text ends with a line feed, and its length stands before it in two bytes.
    let unpadded = bytes.len() + 2 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(ALIGNMENT) - unpadded));
    text.push('\n');
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.into_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Size;

    use super::*;

    #[test]
    fn numbers_begin_where_numpy_puts_them() {
        for n_frames in [1, 10, 123_456_789] {
            let info = StackInfo { n_frames, size: Size::new(7, 5), ..StackInfo::default() };
            let header = header(&info, BitDepth::Sixteen);
            assert_eq!((header.len(), header.last()), (128, Some(&b'\n')));
        }
    }
}
