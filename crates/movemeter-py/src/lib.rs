//! The Python face of movemeter: what Python gives is converted, the lock of the interpreter released, the work done, and
//! the result converted back. Everything a person reads of it is in the package around it (`python/movemeter`).

#![allow(clippy::needless_pass_by_value, reason = "what Python gives is converted into values")]

use pyo3::prelude::*;

mod failure;
mod array;
mod settings;
mod rois;
mod roi07;
mod running;
mod source;
mod tags;
mod parts;
mod measuring;
mod blocks;
mod stabilize;
mod tables;

/// What the package `movemeter` is made of.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::blocks::{
        check_blocks, hash_inputs, measure_block, read_ahead, relative_brightness,
    };
    #[pymodule_export]
    use super::measuring::{measure, measure_brightness, read_recipe};
    #[pymodule_export]
    use super::roi07::{roi07_circle, roi07_ellipse, roi07_grid, roi07_line, roi07_ring};
    #[pymodule_export]
    use super::rois::{grid, read_rois};
    #[pymodule_export]
    use super::source::{Source, check_output, write_stack};
    #[pymodule_export]
    use super::stabilize::{measure_motion, stabilized, unmeasured, unrest};
    #[pymodule_export]
    use super::tables::{columns, load, save};
    #[pymodule_export]
    use super::tags::tags;
    #[pymodule_export]
    const VERSION: &str = super::parts::VERSION;
    #[pymodule_export]
    const STATUS: [&str; 8] = super::parts::STATUS;
}
