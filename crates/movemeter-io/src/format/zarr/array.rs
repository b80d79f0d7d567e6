//! What the metadata of an array say.

use serde_json::Value;

use super::super::Cause;
use super::super::npy::{numbers_of, shown};
use super::super::raw::{Kind, Numbers};
use super::chain::{Chain, lengths};

/// An array as its metadata describe it.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) shape: Vec<u64>,
    /// The shape of the part that one file holds.
    pub(super) file_shape: Vec<u64>,
    pub(super) numbers: Numbers,
    /// What stands for all numbers of a chunk that is not there.
    pub(super) fill: f32,
    pub(super) chain: Chain,
    pub(super) keys: Keys,
}

/// How the file of a chunk is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// Whether a `c` stands before the numbers.
    has_c: bool,
    /// What stands between them.
    pub(super) separator: char,
}

impl Array {
    pub(super) fn of_v2(about: &Value) -> Result<Self, Cause> {
        let kind = about.get("dtype").and_then(Value::as_str);
        let kind = kind.ok_or("it holds records; store one array of numbers")?;
        let numbers = numbers_of(&format!("'{kind}'"))?;
        let shape = lengths(about.get("shape")).ok_or("its metadata give no shape")?;
        let chain = Chain::of_v2(about, shape.len(), numbers.big_endian)?;
        let separator = about.get("dimension_separator").and_then(Value::as_str).unwrap_or(".");
        let array = Self {
            file_shape: lengths(about.get("chunks")).ok_or("its metadata give no chunks")?,
            shape,
            numbers,
            fill: fill(about.get("fill_value"), numbers.kind)?,
            chain,
            keys: Keys { has_c: false, separator: separator_of(separator)? },
        };
        array.check()
    }

    pub(super) fn of_v3(about: &Value) -> Result<Self, Cause> {
        let kind = kind_of_v3(about.get("data_type").unwrap_or(&Value::Null))?;
        let shape = lengths(about.get("shape")).ok_or("its metadata give no shape")?;
        let grid = about.get("chunk_grid").unwrap_or(&Value::Null);
        if grid.get("name").and_then(Value::as_str) != Some("regular") {
            return Err("its chunks are not all of one shape, which is not read here".into());
        }
        let chain = Chain::of_v3(about.get("codecs"), shape.len())?;
        let transformers = about.get("storage_transformers").and_then(Value::as_array);
        if transformers.is_some_and(|transformers| !transformers.is_empty()) {
            return Err("its storage is transformed, which is not read here".into());
        }
        let chunk = chain.shards.as_ref().map_or(&chain, |shards| &shards.chunk);
        let numbers = Numbers { kind, big_endian: chunk.big_endian };
        let array = Self {
            file_shape: lengths(grid.pointer("/configuration/chunk_shape"))
                .ok_or("its metadata give no chunks")?,
            shape,
            numbers,
            fill: fill(about.get("fill_value"), kind)?,
            chain,
            keys: Keys::of_v3(about.get("chunk_key_encoding").unwrap_or(&Value::Null))?,
        };
        array.check()
    }

    /// The shape of the part that is decoded at once.
    pub(super) fn chunk_shape(&self) -> &[u64] {
        self.chain.shards.as_ref().map_or(&self.file_shape, |shards| &shards.chunk_shape)
    }

    /// How the part that is decoded at once is stored.
    pub(super) fn chunk_chain(&self) -> &Chain {
        self.chain.shards.as_ref().map_or(&self.chain, |shards| &shards.chunk)
    }

    /// Bytes of the part that is decoded at once.
    pub(super) fn chunk_bytes(&self) -> usize {
        self.chunk_shape().iter().product::<u64>() as usize * self.numbers.kind.n_bytes()
    }

    /// How many of such parts lie along each axis.
    pub(super) fn counts(&self, part: &[u64]) -> Vec<u64> {
        self.shape.iter().zip(part).map(|(length, part)| length.div_ceil(*part)).collect()
    }

    fn check(self) -> Result<Self, Cause> {
        let shape = shown(&self.shape);
        if self.shape.contains(&0) {
            return Err(format!("the array is empty: its shape is {shape}"));
        }
        if self.file_shape.len() != self.shape.len() {
            return Err("its shape and its chunks have different numbers of axes".into());
        }
        for shape in [&self.file_shape[..], self.chunk_shape()] {
            if shape.contains(&0) {
                return Err("its chunks are empty".into());
            }
        }
        let chunk = bytes_of(self.chunk_shape(), self.numbers).filter(|&n| n <= MOST_CHUNK_BYTES);
        chunk.ok_or_else(|| {
            format!(
                "its chunks are {} {}, more than the {MOST_CHUNK_BYTES} bytes that are decoded at \
                 once; store it in smaller chunks",
                shown(self.chunk_shape()),
                self.numbers.kind.name()
            )
        })?;
        let counts = self.counts(self.chunk_shape());
        if counts.iter().try_fold(1u64, |n, &count| n.checked_mul(count)).is_none() {
            return Err(format!("its shape {shape} has more chunks than can be counted"));
        }
        let is_whole = |(file, chunk): (&u64, &u64)| file.is_multiple_of(*chunk);
        if !self.file_shape.iter().zip(self.chunk_shape()).all(is_whole) {
            return Err("its shards do not hold whole chunks".into());
        }
        Ok(self)
    }
}

/// Larger chunks are not decoded: nobody stores them, but bytes may claim anything.
const MOST_CHUNK_BYTES: u64 = 1 << 30;

/// How many bytes so many numbers take, if that can be said.
pub(super) fn bytes_of(shape: &[u64], numbers: Numbers) -> Option<u64> {
    shape.iter().try_fold(numbers.kind.n_bytes() as u64, |n, &length| n.checked_mul(length))
}

impl Keys {
    fn of_v3(about: &Value) -> Result<Self, Cause> {
        let (has_c, default) = match about.get("name").and_then(Value::as_str) {
            None | Some("default") => (true, "/"),
            Some("v2") => (false, "."),
            Some(other) => return Err(format!("the names of its chunks, {other}, are not known")),
        };
        let separator = about.pointer("/configuration/separator").and_then(Value::as_str);
        Ok(Self { has_c, separator: separator_of(separator.unwrap_or(default))? })
    }

    /// The name of a chunk's file within the array's folder.
    pub(super) fn name(self, index: &[u64]) -> String {
        let numbers = index.iter().map(u64::to_string);
        let c = self.has_c.then(|| "c".into());
        let parts: Vec<String> = c.into_iter().chain(numbers).collect();
        parts.join(&self.separator.to_string())
    }

    /// The chunk that a file of this name is.
    pub(super) fn index(self, name: &str) -> Option<Vec<u64>> {
        let mut parts = name.split(self.separator);
        if self.has_c && parts.next() != Some("c") {
            return None;
        }
        let index: Vec<u64> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        // `01` and `+1` are numbers, but no names of chunks.
        (self.name(&index) == name).then_some(index)
    }
}

fn separator_of(text: &str) -> Result<char, Cause> {
    match text {
        "." => Ok('.'),
        "/" => Ok('/'),
        _ => Err(format!("the names of its chunks have {text:?} between their numbers")),
    }
}

fn kind_of_v3(value: &Value) -> Result<Kind, Cause> {
    let name = value.as_str().or_else(|| value.get("name")?.as_str()).unwrap_or("no name");
    Kind::named(name).ok_or_else(|| {
        format!(
            "it holds numbers of type {name}; pixels may be bool, uint8 to uint64, int8 to int64, \
             float16, float32 or float64"
        )
    })
}

/// Metadata write what JSON has no word for as text; left open (null) it is 0 as everywhere.
fn fill(value: Option<&Value>, kind: Kind) -> Result<f32, Cause> {
    let unknown = |value: &Value| format!("its fill value {value} is not a number");
    match value {
        None | Some(Value::Null) => Ok(0.0),
        Some(Value::Bool(is_set)) => Ok(f32::from(u8::from(*is_set))),
        Some(value @ Value::Number(number)) => {
            number.as_f64().map(|fill| fill as f32).ok_or_else(|| unknown(value))
        }
        Some(Value::String(text)) => match text.as_str() {
            "NaN" => Ok(f32::NAN),
            "Infinity" => Ok(f32::INFINITY),
            "-Infinity" => Ok(f32::NEG_INFINITY),
            _ => fill_of_bits(text, kind)
                .ok_or_else(|| format!("its fill value {text} is not a number")),
        },
        Some(value) => Err(unknown(value)),
    }
}

/// A floating point number by its bits, as in `0x7fc00000`.
fn fill_of_bits(text: &str, kind: Kind) -> Option<f32> {
    let bits = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
    let n_bytes = kind.n_bytes();
    let mut pixel = [0.0];
    Numbers { kind, big_endian: false }.decode(&bits.to_le_bytes()[..n_bytes], &mut pixel);
    Some(pixel[0])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(change: impl FnOnce(&mut Value)) -> Cause {
        let mut about = json!({
            "shape": [5, 64, 32], "chunks": [1, 64, 32], "dtype": "<u2", "fill_value": 0,
            "order": "C", "filters": null, "compressor": {"id": "zstd"}, "zarr_format": 2
        });
        Array::of_v2(&about).unwrap();
        change(&mut about);
        Array::of_v2(&about).unwrap_err()
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(refused(|about| about["dtype"] = "<c8".into()).contains("complex numbers"));
        assert!(refused(|about| about["compressor"]["id"] = "bz2".into()).contains("codec bz2"));
        assert!(
            refused(|about| about["filters"] = json!([{"id": "delta"}])).contains("codec delta")
        );
        assert!(refused(|about| about["shape"] = json!([5, 0, 3])).contains("empty"));
        assert!(refused(|about| about["chunks"] = json!([5, 0, 3])).contains("empty"));
        assert!(refused(|about| about["chunks"] = json!([5, 1])).contains("numbers of axes"));
        let large = refused(|about| about["chunks"] = json!([1_000_000_000u64, 64, 32]));
        assert!(
            large.contains("(1000000000, 64, 32) uint16, more than the 1073741824 bytes"),
            "{large}"
        );
    }

    #[test]
    fn names_of_chunks_are_known_by_their_numbers() {
        let keys = Keys { has_c: true, separator: '/' };
        assert_eq!(keys.name(&[3, 0, 12]), "c/3/0/12");
        assert_eq!(keys.index("c/3/0/12"), Some(vec![3, 0, 12]));
        for name in ["3/0/12", "c/03/0/1", "c/3/+0/1", "c/3/0/x", "zarr.json"] {
            assert_eq!(keys.index(name), None, "{name}");
        }
        let keys = Keys { has_c: false, separator: '.' };
        assert_eq!(keys.index("3.0.12"), Some(vec![3, 0, 12]));
    }

    #[test]
    fn fill_values_are_numbers_words_or_bits() {
        let fill = |value: Value| fill(Some(&value), Kind::F32);
        assert_eq!(fill(json!(7)), Ok(7.0));
        assert_eq!(fill(json!(true)), Ok(1.0));
        assert_eq!(fill(json!("-Infinity")), Ok(f32::NEG_INFINITY));
        assert!(fill(json!("0x7fc00000")).unwrap().is_nan());
        assert!(fill(json!("seven")).is_err());
    }
}
