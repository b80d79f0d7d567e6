//! numpy's arrays in memory: a line of text that says type and shape, then the numbers.

/// A number that arrays are made of.
pub(super) trait Number: Copy {
    /// numpy's name for it.
    const TYPE: &'static str;
    /// Bytes of one.
    const N_BYTES: usize;
    /// Adds its bytes, the lowest first.
    fn put(self, bytes: &mut Vec<u8>);
    /// The number of these bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($type:ty, $name:literal) => {
        impl Number for $type {
            const TYPE: &'static str = $name;
            const N_BYTES: usize = size_of::<$type>();
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as it has"))
            }
        }
    };
}

number!(f64, "<f8");
number!(f32, "<f4");
number!(u64, "<u8");
number!(u8, "|u1");

/// The first bytes of every array of version 1.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// Numbers begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// The bytes of an array file.
pub(super) fn written<N: Number>(shape: &[usize], numbers: impl Iterator<Item = N>) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", N::TYPE, tuple(shape));
    let begun = MAGIC.len() + 2 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', begun.next_multiple_of(ALIGNMENT) - begun));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    numbers.for_each(|number| number.put(&mut bytes));
    bytes
}

/// The numbers of an array file that must have this shape.
pub(super) fn read<N: Number>(bytes: &[u8], shape: &[usize]) -> Result<Vec<N>, String> {
    let rest = bytes.strip_prefix(MAGIC).filter(|rest| 2 <= rest.len());
    let rest = rest.ok_or("it is no array of numpy's, version 1")?;
    let length = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
    let text = rest.get(2..2 + length).and_then(|text| std::str::from_utf8(text).ok());
    let text: String = text.unwrap_or_default().chars().filter(|c| *c != ' ').collect();
    let says = |what: String| text.contains(&what);
    let is_expected = says(format!("'descr':'{}'", N::TYPE))
        && says("'fortran_order':False".into())
        && says(format!("'shape':{}", tuple(shape).replace(' ', "")));
    if !is_expected {
        return Err(format!("it must be an array {} of {}", tuple(shape), N::TYPE));
    }
    let numbers = &rest[2 + length..];
    let n_bytes = shape.iter().try_fold(N::N_BYTES, |n, &side| n.checked_mul(side));
    if n_bytes != Some(numbers.len()) {
        return Err("it is not as long as its shape says".into());
    }
    Ok(numbers.chunks_exact(N::N_BYTES).map(N::get).collect())
}

/// A shape as Python writes it.
fn tuple(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    match shape.len() {
        1 => format!("({},)", sides[0]),
        _ => format!("({})", sides.join(", ")),
    }
}
