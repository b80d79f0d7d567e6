use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::*;

const SIDE: usize = 100;

/// Something with details and even places.
fn picture(colour: ExtendedColorType, side: usize) -> Vec<u8> {
    let n_channels = if colour == ExtendedColorType::L8 { 1 } else { 3 };
    let value = |k: usize| {
        let (x, y) = (k / n_channels % side, k / n_channels / side);
        if x < side / 2 { (x * y + 50 * (k % 3)) as u8 } else { (x + y) as u8 }
    };
    let pixels: Vec<u8> = (0..side * side * n_channels).map(value).collect();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 85);
    encoder.encode(&pixels, side as u32, side as u32, colour).unwrap();
    bytes
}

fn pictures() -> [Vec<u8>; 2] {
    [picture(ExtendedColorType::L8, SIDE), picture(ExtendedColorType::Rgb8, SIDE)]
}

#[test]
fn a_picture_is_whole_only_as_long_as_no_byte_but_of_its_end_is_missing() {
    for whole in pictures() {
        check(&whole, &[]).unwrap();
        for n_bytes in 0..whole.len() {
            let is_whole = whole.len() - 2 <= n_bytes;
            assert_eq!(check(&whole[..n_bytes], &[]).is_ok(), is_whole, "{n_bytes}");
            let ended = [&whole[..n_bytes], &[0xff, 0xd9]].concat();
            let is_half_marker = whole.len() - 1 <= n_bytes;
            assert_eq!(check(&ended, &[]).is_ok(), is_whole || is_half_marker, "{n_bytes} + end");
        }
    }
}

#[test]
fn zeros_in_the_middle_are_mostly_found() {
    for whole in pictures() {
        let data = whole.windows(2).position(|pair| pair == [0xff, SCAN]).unwrap() + 16;
        let mut n_missed = 0;
        let places: Vec<usize> = (data..whole.len() - 40).step_by(7).collect();
        for &at in &places {
            let mut damaged = whole.clone();
            damaged[at..at + 32].fill(0);
            n_missed += usize::from(check(&damaged, &[]).is_ok());
        }
        // Zeros are codes too: now and then as many blocks come out of them as were there.
        assert!(8 * n_missed <= places.len(), "{n_missed} of {} pass", places.len());
    }
}

#[test]
fn tables_may_be_stored_apart() {
    for whole in pictures() {
        let mut tables = vec![0xff, 0xd8];
        let mut rest = &whole[2..];
        let mut other = tables.clone();
        while let Some(marker) = next_marker(&mut rest).unwrap().filter(|&marker| marker != SCAN) {
            let body = segment(&mut rest).unwrap();
            let to = if marker == CODES { &mut tables } else { &mut other };
            to.extend([0xff, marker]);
            to.extend((body.len() as u16 + 2).to_be_bytes());
            to.extend(body);
        }
        tables.extend([0xff, END]);
        other.extend([0xff, SCAN]);
        other.extend(rest);
        check(&other, &tables).unwrap();
        // The encoder's tables are the standard's.
        check(&other, &[]).unwrap();
        assert_eq!(check(&other[..other.len() - 9], &tables).unwrap_err(), ENDS);
    }
}

#[test]
fn more_codes_than_have_room_are_refused() {
    let mut lengths = [0; 16];
    lengths[0] = 3;
    assert!(Codes::new(&lengths, &[1, 2, 3]).is_none());
    (lengths[0], lengths[1]) = (2, 1);
    assert!(Codes::new(&lengths, &[1, 2, 3]).is_none());
    (lengths[0], lengths[1]) = (1, 2);
    let codes = Codes::new(&lengths, &[7, 8, 9]).unwrap();
    assert_eq!(
        [0, 0x8000, 0xffff].map(|next| codes.find(next)),
        [Some((1, 7)), Some((2, 8)), Some((2, 9))]
    );
}

#[test]
fn changed_bytes_stop_nothing() {
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % below
    };
    for whole in pictures() {
        for round in 0..4000 {
            let mut changed = whole.clone();
            // Every other time among the headers alone.
            let end = if round % 2 == 0 { whole.len() } else { 700 };
            for _ in 0..=next(4) {
                changed[next(end)] = next(256) as u8;
            }
            // A third is made progressive.
            if round % 3 == 0 {
                let frame = changed.windows(2).position(|pair| pair == [0xff, 0xc0]);
                frame.into_iter().for_each(|at| changed[at + 1] = 0xc2);
            }
            let _ = check(&changed, &[]);
            let _ = check(&changed, &changed[..end]);
        }
    }
}
