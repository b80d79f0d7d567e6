//! What OME-Zarr says of an image: its axes, its finest level, its scale.
//!
//! "Next-generation file formats (NGFF)", <https://ngff.openmicroscopy.org>, versions 0.1 to 0.5.

use serde_json::Value;

use super::super::Cause;
use super::super::npy::shown;
use super::super::units::{unit_s, unit_um};

/// What an axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Time,
    Channel,
    Depth,
    Row,
    Column,
}

/// Axes of arrays that say nothing of themselves, by how many there are, of these the last.
const PLAIN: [Axis; 3] = [Axis::Time, Axis::Row, Axis::Column];
/// Those of OME-Zarr before it named them.
const UNNAMED: [Axis; 5] = [Axis::Time, Axis::Channel, Axis::Depth, Axis::Row, Axis::Column];

/// An image in several sizes, of which the first is the one that was recorded.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) name: Option<String>,
    /// The folder of the array, as seen from the image's.
    pub(super) level: String,
    pub(super) axes: Vec<Axis>,
    /// How far it is from one index to the next along each axis, in its unit.
    steps: Vec<f64>,
    units: Vec<Option<String>>,
}

impl Image {
    /// The first of the images that attributes speak of, if they speak of any.
    pub(super) fn of(attributes: &Value) -> Result<Option<Self>, Cause> {
        // Version 0.5 put all of it into one place.
        let ome = attributes.get("ome").unwrap_or(attributes);
        let Some(image) = ome.get("multiscales").and_then(|images| images.get(0)) else {
            return Ok(None);
        };
        let level = image.pointer("/datasets/0").ok_or("its multiscales name no datasets")?;
        let path = level.get("path").and_then(Value::as_str);
        let path = path.ok_or("its first dataset has no path")?;
        if path.split(['/', '\\']).any(|part| part == "..") || path.starts_with(['/', '\\']) {
            return Err(format!("its first dataset, {path}, lies outside of it"));
        }
        let (axes, units) = axes(image.get("axes"))?;
        let mut steps = vec![1.0; axes.len()];
        for transformed in [level, image] {
            scale(transformed, &mut steps);
        }
        let name = image.get("name").and_then(Value::as_str).map(Into::into);
        Ok(Some(Self { name, level: path.into(), axes, steps, units }))
    }

    /// An array that says nothing of its axes.
    pub(super) fn plain(shape: &[u64]) -> Result<Self, Cause> {
        if !(2..=3).contains(&shape.len()) {
            return Err(format!(
                "the array must be (frame, row, column) or (row, column), or say by OME-Zarr what \
                 its axes are, but its shape is {}",
                shown(shape)
            ));
        }
        let axes = PLAIN[PLAIN.len() - shape.len()..].to_vec();
        let n = axes.len();
        Ok(Self {
            name: None,
            level: String::new(),
            axes,
            steps: vec![1.0; n],
            units: vec![None; n],
        })
    }

    /// Which of the array's axes this is.
    pub(super) fn place(&self, axis: Axis) -> Option<usize> {
        self.axes.iter().position(|&known| known == axis)
    }

    /// How far it is from one index to the next, in µm or s, if that is said.
    pub(super) fn step(&self, axis: Axis) -> Option<f64> {
        let place = self.place(axis)?;
        let unit = if axis == Axis::Time { unit_s } else { unit_um };
        let unit = unit(self.units[place].as_deref()?)?;
        Some(self.steps[place] * unit).filter(|step| step.is_finite() && 0.0 < *step)
    }

    /// All axes with their steps, as people write them.
    pub(super) fn shown(&self, shape: &[u64]) -> String {
        let shown = |((axis, length), (step, unit)): ((&Axis, &u64), (&f64, &Option<String>))| {
            let unit = unit.as_deref().map_or(String::new(), |unit| format!(" of {step} {unit}"));
            format!("{}: {length}{unit}", axis.name())
        };
        let axes = self.axes.iter().zip(shape).zip(self.steps.iter().zip(&self.units));
        axes.map(shown).collect::<Vec<_>>().join(", ")
    }
}

impl Axis {
    const fn name(self) -> &'static str {
        match self {
            Self::Time => "t",
            Self::Channel => "c",
            Self::Depth => "z",
            Self::Row => "y",
            Self::Column => "x",
        }
    }

    fn named(name: &str, kind: &str) -> Option<Self> {
        match (name.to_lowercase().as_str(), kind) {
            ("t", _) | (_, "time") => Some(Self::Time),
            ("c", _) | (_, "channel") => Some(Self::Channel),
            ("z", _) => Some(Self::Depth),
            ("y", _) => Some(Self::Row),
            ("x", _) => Some(Self::Column),
            _ => None,
        }
    }
}

type AxesAndUnits = (Vec<Axis>, Vec<Option<String>>);

fn axes(value: Option<&Value>) -> Result<AxesAndUnits, Cause> {
    let Some(named) = value.and_then(Value::as_array) else {
        return Ok((UNNAMED.to_vec(), vec![None; UNNAMED.len()]));
    };
    let (mut axes, mut units) = (Vec::new(), Vec::new());
    for about in named {
        let text = |key: &str| about.get(key).and_then(Value::as_str);
        let name = about.as_str().or_else(|| text("name")).unwrap_or_default();
        let axis = Axis::named(name, text("type").unwrap_or_default());
        let axis = axis.filter(|axis| !axes.contains(axis)).ok_or_else(|| {
            format!("its axis {name:?} is not known; axes may be t, c, z, y and x, each once")
        })?;
        axes.push(axis);
        units.push(text("unit").map(Into::into));
    }
    for needed in [Axis::Row, Axis::Column] {
        if !axes.contains(&needed) {
            return Err(format!("it has no axis {}", needed.name()));
        }
    }
    Ok((axes, units))
}

/// Takes a transformation's scale into account; where pixels begin does not matter here.
fn scale(transformed: &Value, steps: &mut [f64]) {
    let transformations = transformed.get("coordinateTransformations").and_then(Value::as_array);
    for transformation in transformations.into_iter().flatten() {
        let factors = transformation.get("scale").and_then(Value::as_array);
        let factors = factors.filter(|factors| factors.len() == steps.len());
        for (step, factor) in steps.iter_mut().zip(factors.into_iter().flatten()) {
            *step *= factor.as_f64().unwrap_or(f64::NAN);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scales_multiply_and_units_are_of_any_size() {
        let attributes = json!({"ome": {"version": "0.5", "multiscales": [{
            "axes": [{"name": "t", "type": "time", "unit": "millisecond"},
                     {"name": "y", "type": "space", "unit": "nanometer"}, {"name": "x"}],
            "datasets": [{"path": "s0", "coordinateTransformations": [
                {"type": "scale", "scale": [2.0, 50.0, 50.0]}, {"type": "translation"}]}],
            "coordinateTransformations": [{"type": "scale", "scale": [20.0, 2.0, 2.0]}]
        }]}});
        let image = Image::of(&attributes).unwrap().unwrap();
        assert_eq!((&*image.level, image.place(Axis::Column)), ("s0", Some(2)));
        assert!((image.step(Axis::Time).unwrap() - 0.04).abs() < 1e-15);
        assert!((image.step(Axis::Row).unwrap() - 0.1).abs() < 1e-14);
        assert_eq!(image.step(Axis::Column), None);
        let shown = "t: 9 of 40 millisecond, y: 5 of 100 nanometer, x: 4";
        assert_eq!(image.shown(&[9, 5, 4]), shown);
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let of = |axes: Value, path: &str| {
            let datasets = json!([{"path": path}]);
            Image::of(&json!({"multiscales": [{"axes": axes, "datasets": datasets}]}))
        };
        assert!(of(json!(["y", "x"]), "0").unwrap().is_some());
        assert!(of(json!(["y", "q"]), "0").unwrap_err().contains("axis \"q\" is not known"));
        assert!(of(json!(["y", "y"]), "0").unwrap_err().contains("each once"));
        assert!(of(json!(["t", "x"]), "0").unwrap_err().contains("no axis y"));
        assert!(of(json!(["y", "x"]), "a/../../b").unwrap_err().contains("outside"));
        assert!(Image::of(&json!({"a": 1})).unwrap().is_none());
        assert!(Image::plain(&[5]).unwrap_err().ends_with("its shape is (5)"));
        assert!(Image::plain(&[2, 3, 4, 5]).is_err());
    }
}
