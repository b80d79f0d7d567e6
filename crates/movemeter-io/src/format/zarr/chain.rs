//! How the numbers of a chunk are stored: their order, their bytes, and what was done to these.

use serde_json::Value;

use super::super::Cause;
use super::squeezed::Squeezer;

/// How a chunk is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Which of the array's axes each of the stored chunk's is, the slowest first.
    pub(super) order: Vec<usize>,
    pub(super) big_endian: bool,
    /// What was done to the bytes, first to last.
    pub(super) squeezers: Vec<Squeezer>,
    /// Where a file holds many chunks.
    pub(super) shards: Option<Box<Shards>>,
}

/// Files that hold many chunks each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shards {
    /// The lengths of the chunks within.
    pub(super) chunk_shape: Vec<u64>,
    pub(super) chunk: Chain,
    /// Whether a checksum follows the list of places.
    pub(super) is_index_guarded: bool,
    pub(super) is_index_at_end: bool,
}

impl Chain {
    /// As metadata of version 2 say it. The order of bytes stands in the type there.
    pub(super) fn of_v2(about: &Value, n_axes: usize, big_endian: bool) -> Result<Self, Cause> {
        let is_fortran = about.get("order").and_then(Value::as_str) == Some("F");
        let mut order: Vec<usize> = (0..n_axes).collect();
        if is_fortran {
            order.reverse();
        }
        let filters = about.get("filters").and_then(Value::as_array).into_iter().flatten();
        let compressor = about.get("compressor").filter(|compressor| !compressor.is_null());
        let squeezer = |about: &Value| {
            let name = about.get("id").and_then(Value::as_str);
            Squeezer::named(name.ok_or("a codec of its chunks has no name")?)
        };
        let squeezers = filters.chain(compressor).map(squeezer).collect::<Result<_, Cause>>()?;
        Ok(Self { order, big_endian, squeezers, shards: None })
    }

    /// As metadata of version 3 say it.
    pub(super) fn of_v3(codecs: Option<&Value>, n_axes: usize) -> Result<Self, Cause> {
        let codecs = codecs.and_then(Value::as_array).ok_or("its metadata name no codecs")?;
        let (mut order, mut squeezers) = ((0..n_axes).collect::<Vec<usize>>(), Vec::new());
        // Known once numbers have become bytes.
        let mut bytes = None;
        for codec in codecs {
            let name = name_of(codec)?;
            let settings = codec.get("configuration").unwrap_or(&Value::Null);
            match (name, &bytes) {
                ("transpose", None) => order = transposed(&order, settings)?,
                ("bytes", None) => bytes = Some((is_big_endian(settings), None)),
                ("sharding_indexed", None) => {
                    bytes = Some((false, Some(Box::new(Shards::read(settings, n_axes)?))));
                }
                _ => squeezers.push(Squeezer::named(name)?),
            }
        }
        let (big_endian, shards) = bytes.ok_or("its codecs do not make bytes of numbers")?;
        if shards.is_some() && (!squeezers.is_empty() || !order.is_sorted()) {
            return Err("its shards are compressed or transposed as a whole, which is not read \
                        here; compress the chunks within them"
                .into());
        }
        Ok(Self { order, big_endian, squeezers, shards })
    }

    /// How many numbers it is from one index to the next along each axis of a chunk of this shape.
    pub(super) fn strides(&self, shape: &[u64]) -> Vec<usize> {
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for &axis in self.order.iter().rev() {
            strides[axis] = stride;
            stride *= shape[axis] as usize;
        }
        strides
    }

    /// The bytes of a chunk's numbers, of which there must be so many.
    pub(super) fn undone(&self, bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, Cause> {
        // Compressors and checksums make hardly compressible bytes a little more.
        let most = length + length / 8 + (64 << 10);
        let step = |bytes: Vec<u8>, squeezer: &Squeezer| squeezer.undone(&bytes, most);
        let bytes = self.squeezers.iter().rev().try_fold(bytes, step)?;
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(format!("the chunk has {} bytes in place of {length}", bytes.len())),
        }
    }
}

impl Shards {
    fn read(settings: &Value, n_axes: usize) -> Result<Self, Cause> {
        let chunk_shape = lengths(settings.get("chunk_shape"))
            .filter(|lengths| lengths.len() == n_axes)
            .ok_or("its shards do not say how large their chunks are")?;
        let chunk = Chain::of_v3(settings.get("codecs"), n_axes)?;
        if chunk.shards.is_some() {
            return Err("its shards hold shards, which is not read here".into());
        }
        let index = Chain::of_v3(settings.get("index_codecs"), 1)?;
        let is_index_guarded = index.squeezers == [Squeezer::Crc32c];
        if index.big_endian || !is_index_guarded && !index.squeezers.is_empty() {
            return Err("its shards list their chunks in a way that is not read here".into());
        }
        let location = settings.get("index_location").and_then(Value::as_str);
        Ok(Self {
            chunk_shape,
            chunk,
            is_index_guarded,
            is_index_at_end: location != Some("start"),
        })
    }
}

/// A codec is its name, or an object that has one.
fn name_of(codec: &Value) -> Result<&str, Cause> {
    let name = codec.as_str().or_else(|| codec.get("name")?.as_str());
    name.ok_or_else(|| "a codec of its chunks has no name".into())
}

fn is_big_endian(settings: &Value) -> bool {
    settings.get("endian").and_then(Value::as_str) == Some("big")
}

/// The order of axes after one more exchange of them.
fn transposed(order: &[usize], settings: &Value) -> Result<Vec<usize>, Cause> {
    let axes = lengths(settings.get("order")).unwrap_or_default();
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..order.len() as u64) {
        return Err("its codec transpose does not say each axis once".into());
    }
    Ok(axes.iter().map(|&axis| order[axis as usize]).collect())
}

/// A list of whole numbers.
pub(super) fn lengths(value: Option<&Value>) -> Option<Vec<u64>> {
    value?.as_array()?.iter().map(Value::as_u64).collect()
}
