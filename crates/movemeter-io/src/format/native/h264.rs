//! H.264: one sample of the file is one picture.

mod bits;
mod sequence;
mod units;
mod damage;
mod decoder;
mod stream;

pub(super) use stream::Stream;
