//! Windows in a table with columns x, y, w, h, and perhaps group.

use csv::{ReaderBuilder, StringRecord};
use movemeter::geometry::Rect;
use movemeter::roi::{Roi, RoiGroup, Windows, join_groups};

use super::Cause;

const FORMAT: &str = "a list of windows";

/// The windows of a list; nothing if it is none.
///
/// Of a table of results, which has a row for each frame, those of its first frame.
pub(super) fn read(text: &str) -> Option<Result<Vec<RoiGroup>, Cause>> {
    let mut reader = ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::Headers)
        .from_reader(text.as_bytes());
    let names = reader.headers().ok()?.clone();
    let place = |name: &str| names.iter().position(|known| known == name);
    let [Some(x), Some(y), Some(w), Some(h)] = ["x", "y", "w", "h"].map(place) else {
        return None;
    };
    let columns = Columns { rect: [x, y, w, h], group: place("group"), frame: place("frame") };
    Some(windows(reader, &columns))
}

/// Where they stand in a row.
struct Columns {
    rect: [usize; 4],
    group: Option<usize>,
    frame: Option<usize>,
}

fn windows(mut reader: csv::Reader<&[u8]>, columns: &Columns) -> Result<Vec<RoiGroup>, Cause> {
    let mut windows = Windows::default();
    let mut first_frame = None;
    for row in reader.records() {
        let row = row.map_err(|error| (FORMAT, error.to_string()))?;
        let frame = columns.frame.and_then(|place| row.get(place)).map(str::to_owned);
        if *first_frame.get_or_insert(frame.clone()) != frame {
            break;
        }
        let group = columns.group.and_then(|place| row.get(place)).filter(|name| !name.is_empty());
        windows.add(group.unwrap_or(Windows::UNNAMED), [rect(&row, columns)?]);
    }
    Ok(of_windows(&windows))
}

fn rect(row: &StringRecord, columns: &Columns) -> Result<Rect, Cause> {
    let number = |place: usize| {
        let cell = row.get(place).unwrap_or_default();
        cell.trim().parse::<isize>().map_err(|_| {
            let line = row.position().map(csv::Position::line).unwrap_or_default();
            (FORMAT, format!("{cell:?} in line {line} is not a whole number of pixels"))
        })
    };
    let [x, y, w, h] = columns.rect;
    let side = |place| number(place).map(|side| side.max(0) as usize);
    Ok(Rect::new(number(x)?, number(y)?, side(w)?, side(h)?))
}

/// The same windows as ROIs.
fn of_windows(windows: &Windows) -> Vec<RoiGroup> {
    let mut groups = Vec::new();
    join_groups(
        &mut groups,
        windows.groups().iter().map(|group| RoiGroup {
            name: group.name.clone(),
            color: group.color,
            rois: group.windows.iter().map(|rect| Roi::window(*rect)).collect(),
        }),
    );
    groups
}

pub(super) fn written(windows: &Windows) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = ["group", "window", "x", "y", "w", "h"].map(String::from);
    let rows = windows.iter().map(|(group, number, Rect { x, y, width, height })| {
        let numbers = [x, y].map(|place| place.to_string());
        let [x, y] = numbers;
        [group.into(), number.to_string(), x, y, width.to_string(), height.to_string()]
    });
    for row in std::iter::once(names).chain(rows) {
        writer.write_record(row).expect("memory can be written");
    }
    writer.into_inner().expect("memory can be written")
}
