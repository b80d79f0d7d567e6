//! Whether the pixels of a JPEG are all there (ITU-T T.81).
//!
//! Decoders fill what is missing of a cut or damaged picture with grey. Here its codes are walked through without
//! making pixels: each block must be there before the next marker, each code must be one that its table has, and
//! nothing but padding may be left over. Of progressive pictures the scans that refine details are only looked
//! through for their end: their codes cannot be told apart without all that came before.

mod codes;
mod bits;
mod blocks;
mod standard;

use self::bits::Bits;
use self::blocks::{Part, Pass, Scan};
use self::codes::Codes;
pub(super) use self::standard::standard_codes;
use super::Cause;

const ENDS: &str = "the JPEG ends before its pixels do";
const DAMAGED: &str = "its JPEG pixels are damaged";
const HEADERS: &str = "its JPEG headers are damaged";
const NO_CODES: &str = "its JPEG tables of codes are missing";

/// That all pixels of a JPEG are there, and their codes fit. Its tables may be stored apart, as TIFF does.
pub(super) fn check(bytes: &[u8], tables: &[u8]) -> Result<(), Cause> {
    let mut walk = Walk::default();
    if !tables.is_empty() {
        walk.through(tables)?;
    }
    let has_end = walk.through(bytes)?;
    let frame = walk.frame.ok_or(HEADERS)?;
    // A picture that is whole but for its end marker is whole.
    match frame.components.iter().all(|component| component.is_scanned)
        && (has_end || !frame.is_progressive)
    {
        true => Ok(()),
        false => Err(ENDS.into()),
    }
}

/// What is known of a picture from its headers so far.
#[derive(Default)]
struct Walk {
    /// Of means, then of details: four each.
    codes: [[Option<Codes>; 4]; 2],
    /// After how many units of blocks the coding begins anew; 0 if never.
    restart_interval: u32,
    frame: Option<Frame>,
}

/// What a frame header says (T.81, B.2.2).
struct Frame {
    is_progressive: bool,
    width: u32,
    height: u32,
    components: Vec<Component>,
}

struct Component {
    name: u8,
    /// How many blocks of it are beside and above one another where one of the least sampled is.
    across: u32,
    down: u32,
    is_scanned: bool,
}

const CODES: u8 = 0xc4;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const RESTART_INTERVAL: u8 = 0xdd;
/// Restarts, and a marker that means nothing: they have no length.
const FIRST_RESTART: u8 = 0xd0;
const LAST_RESTART: u8 = 0xd7;
const NOTHING: u8 = 0x01;

impl Walk {
    /// Reads all segments and scans; whether there is a marker that ends them.
    fn through(&mut self, bytes: &[u8]) -> Result<bool, Cause> {
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8]).ok_or(HEADERS)?;
        while let Some(marker) = next_marker(&mut rest)? {
            if marker == END {
                return Ok(true);
            }
            if matches!(marker, FIRST_RESTART..=LAST_RESTART | NOTHING) {
                continue;
            }
            let body = segment(&mut rest)?;
            match marker {
                CODES => self.add_codes(body)?,
                RESTART_INTERVAL => self.restart_interval = u16_at(body, 0)?.into(),
                0xc0..=0xc2 => self.frame = Some(Frame::read(body, marker == 0xc2)?),
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err("it is JPEG of a kind that is not read (arithmetic, lossless or \
                                hierarchical)"
                        .into());
                }
                SCAN => rest = self.through_scan(body, rest)?,
                _ => {}
            }
        }
        Ok(false)
    }

    /// Tables of codes (T.81, B.2.4.2).
    fn add_codes(&mut self, mut body: &[u8]) -> Result<(), Cause> {
        while let Some((&place, rest)) = body.split_first() {
            let (lengths, rest) = rest.split_first_chunk::<16>().ok_or(HEADERS)?;
            let n_symbols = lengths.iter().map(|&n| usize::from(n)).sum();
            let (symbols, rest) = rest.split_at_checked(n_symbols).ok_or(HEADERS)?;
            let table = self.codes.get_mut(usize::from(place >> 4)).ok_or(HEADERS)?;
            let table = table.get_mut(usize::from(place & 15)).ok_or(HEADERS)?;
            *table = Some(Codes::new(lengths, symbols).ok_or(HEADERS)?);
            body = rest;
        }
        Ok(())
    }

    /// Walks through the data of a scan with this header (T.81, B.2.3), and gives what stands behind them.
    fn through_scan<'a>(&mut self, header: &[u8], data: &'a [u8]) -> Result<&'a [u8], Cause> {
        if self.codes.as_flattened().iter().all(Option::is_none) {
            self.add_codes(&standard_codes()[4..])?;
        }
        let (components, span) = parts_of_scan(header).ok_or(HEADERS)?;
        let frame = self.frame.as_mut().ok_or(HEADERS)?;
        let pass = Pass::of(frame.is_progressive, span, components.len()).ok_or(HEADERS)?;
        let mut parts = Vec::with_capacity(components.len());
        let is_alone = components.len() == 1;
        let mut n_units = frame.n_units();
        for pair in components {
            let component = frame.components.iter_mut().find(|component| component.name == pair[0]);
            let component = component.ok_or(HEADERS)?;
            component.is_scanned |= pass.begins();
            let n_blocks = if is_alone { 1 } else { component.across * component.down };
            let table = |kind: usize, place: u8| self.codes[kind].get(usize::from(place))?.as_ref();
            let (means, details) = (table(0, pair[1] >> 4), table(1, pair[1] & 15));
            parts.push(Part { n_blocks, means, details });
        }
        if is_alone {
            n_units = frame.n_blocks_of(components[0][0]).ok_or(HEADERS)?;
        }
        if pass == Pass::MoreDetails {
            return Ok(behind_data(data));
        }
        let mut bits = Bits::new(data);
        Scan { pass, parts }.through(&mut bits, n_units, self.restart_interval)?;
        Ok(bits.rest())
    }
}

impl Frame {
    fn read(body: &[u8], is_progressive: bool) -> Result<Self, Cause> {
        let (height, width) = (u16_at(body, 1)?.into(), u16_at(body, 3)?.into());
        let n_components = body.get(5).copied().ok_or(HEADERS)?;
        let (triples, _) = body[6..].as_chunks::<3>();
        if height == 0 || width == 0 {
            return Err("it claims to have no pixels".into());
        }
        if !(1..=4).contains(&n_components) || triples.len() != usize::from(n_components) {
            return Err(HEADERS.into());
        }
        let mut components = Vec::with_capacity(triples.len());
        for &[name, sampling, _] in triples {
            let (across, down) = (u32::from(sampling >> 4), u32::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(HEADERS.into());
            }
            components.push(Component { name, across, down, is_scanned: false });
        }
        Ok(Self { is_progressive, width, height, components })
    }

    fn most_sampled(&self) -> (u32, u32) {
        let across = self.components.iter().map(|component| component.across).max();
        let down = self.components.iter().map(|component| component.down).max();
        (across.unwrap_or(1), down.unwrap_or(1))
    }

    /// Units of blocks in a scan of several components (T.81, A.2.3).
    fn n_units(&self) -> u32 {
        let (across, down) = self.most_sampled();
        self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down)
    }

    /// Blocks in a scan of one component (T.81, A.1.1 and A.2.2).
    fn n_blocks_of(&self, name: u8) -> Option<u32> {
        let (across, down) = self.most_sampled();
        let component = self.components.iter().find(|component| component.name == name)?;
        let width = (self.width * component.across).div_ceil(across);
        let height = (self.height * component.down).div_ceil(down);
        Some(width.div_ceil(8) * height.div_ceil(8))
    }
}

/// Names and tables of a scan's components, and which coefficients and bits it has.
fn parts_of_scan(header: &[u8]) -> Option<(&[[u8; 2]], [u8; 3])> {
    let (&n, rest) = header.split_first()?;
    let (pairs, span) = rest.split_at_checked(2 * usize::from(n))?;
    let (pairs, _) = pairs.as_chunks::<2>();
    (1..=4).contains(&n).then_some((pairs, *span.first_chunk::<3>()?))
}

/// The number of the next marker; none where the bytes end.
fn next_marker(rest: &mut &[u8]) -> Result<Option<u8>, Cause> {
    while let [0, behind @ ..] = rest {
        *rest = behind;
    }
    match rest.first() {
        None => return Ok(None),
        Some(0xff) => {}
        Some(_) => return Err(DAMAGED.into()),
    }
    while let [0xff, behind @ ..] = rest {
        *rest = behind;
    }
    let Some((&marker, behind)) = rest.split_first() else { return Ok(None) };
    *rest = behind;
    Ok(Some(marker))
}

/// What stands behind a marker, up to the length that is said there.
fn segment<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Cause> {
    let n_bytes = usize::from(u16_at(rest, 0)?);
    let (taken, behind) = rest.split_at_checked(n_bytes).ok_or(ENDS)?;
    *rest = behind;
    Ok(taken.get(2..).ok_or(HEADERS)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Cause> {
    let two = bytes.get(at..).and_then(<[u8]>::first_chunk);
    two.map(|two| u16::from_be_bytes(*two)).ok_or_else(|| ENDS.into())
}

/// What stands behind a scan's data: a marker that is no restart, or nothing.
fn behind_data(data: &[u8]) -> &[u8] {
    let is_end = |pair: &[u8]| {
        pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | FIRST_RESTART..=LAST_RESTART)
    };
    let end = data.windows(2).position(is_end);
    &data[end.unwrap_or(data.len())..]
}

#[cfg(test)]
mod tests;
