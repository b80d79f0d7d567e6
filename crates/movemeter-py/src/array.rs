//! Arrays of Python as frames: read where they lie, one frame at a time.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};
use numpy::ndarray::ArrayView2;
use numpy::{Element, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Anything with a shape (frame, row, column) that gives a frame for its number: an array of numpy, which is not copied,
/// or one that makes or fetches frames when they are asked for.
pub struct ArraySource {
    frames: Py<PyAny>,
    info: StackInfo,
}

impl ArraySource {
    /// The frames of an array of this shape, whose pixels are of this type; `numbers` are those that the frames have in the recording, if the array is a
    /// part of one.
    pub fn new(
        frames: Py<PyAny>,
        shape: (usize, usize, usize),
        pixel_type: &str,
        numbers: Option<Vec<usize>>,
    ) -> Self {
        let (n_frames, height, width) = shape;
        let info = StackInfo {
            name: "array".into(),
            size: Size::new(width, height),
            n_frames,
            pixel_type: pixel_type.into(),
            numbers,
            ..StackInfo::default()
        };
        Self { frames, info }
    }
}

impl FrameSource for ArraySource {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let size = self.info.size;
        frame.reset(size);
        Python::attach(|py| {
            let image = self.frames.bind(py).get_item(index)?;
            fill(&image, frame)
        })
        .map_err(|error: PyErr| error.to_string().into())
    }
}

/// Copies an image into a frame of its size.
pub fn fill(image: &Bound<'_, PyAny>, frame: &mut Frame) -> PyResult<()> {
    // An array of numpy and nothing more: no mask, no file behind it.
    let is_plain = image.cast_exact::<PyUntypedArray>().is_ok();
    if is_plain && filled(&aligned(image)?, frame)? {
        return Ok(());
    }
    let plain = image.py().import("movemeter._arrays")?.getattr("frame")?.call1((image,))?;
    match filled(&plain, frame)? {
        true => Ok(()),
        false => Err(PyTypeError::new_err("the package gave an array that cannot be read")),
    }
}

/// The same, copied if it is an array whose numbers do not lie at multiples of their size, as those may that came through a network: nothing reads it there.
pub fn aligned<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let is_array = array.cast::<PyUntypedArray>().is_ok();
    match is_array && !array.getattr("flags")?.getattr("aligned")?.is_truthy()? {
        true => array.call_method0("copy"),
        false => Ok(array.clone()),
    }
}

/// Copies, if pixels are of a type that can be; says whether.
fn filled(image: &Bound<'_, PyAny>, frame: &mut Frame) -> PyResult<bool> {
    let (size, found) = (frame.size(), image.cast::<PyUntypedArray>()?.shape().to_vec());
    if found != [size.height, size.width] {
        let message = format!("a frame has the shape {found:?}, but should be {size} px");
        return Err(PyValueError::new_err(message));
    }
    macro_rules! first_of {
        ($($element:ty),*) => {
            $(if let Ok(pixels) = image.extract::<PyReadonlyArray2<'_, $element>>() {
                copy(image.py(), &pixels, frame, |pixel| pixel as f32);
                return Ok(true);
            })*
        };
    }
    first_of!(u8, u16, f32, f64, i16, i32, u32, i8, i64, u64);
    Ok(false)
}

/// The lock of the interpreter is released meanwhile.
fn copy<T: Element + Copy + Sync>(
    py: Python<'_>,
    pixels: &PyReadonlyArray2<'_, T>,
    frame: &mut Frame,
    convert: impl Fn(T) -> f32 + Sync,
) {
    let pixels: ArrayView2<'_, T> = pixels.as_array();
    py.detach(|| match pixels.as_slice() {
        Some(pixels) => {
            for (to, &from) in frame.pixels_mut().iter_mut().zip(pixels) {
                *to = convert(from);
            }
        }
        None => {
            for (to, &from) in frame.pixels_mut().iter_mut().zip(pixels.iter()) {
                *to = convert(from);
            }
        }
    });
}
