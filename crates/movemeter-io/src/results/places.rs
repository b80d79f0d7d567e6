//! Which frame and which window each row of a table is of.

use std::collections::{BTreeMap, HashMap};

use movemeter::geometry::Rect;
use movemeter::recipe::Recipe;
use movemeter::roi::Windows;
use movemeter::track::Stamp;

use super::cells::Cells;
use crate::table::stored::StoredTable;

/// The frames and windows of a table.
pub(super) struct Places {
    /// The frames by number, which rises.
    pub(super) stamps: Vec<Stamp>,
    /// The windows: group, number, place.
    pub(super) windows: Vec<(String, usize, Rect)>,
    /// For each window and frame, its row.
    rows: Vec<Option<u32>>,
}

impl Places {
    pub(super) fn new(table: &StoredTable, recipe: Option<&Recipe>) -> Result<Self, String> {
        let (stamps, frame_of_row) = frames(table, recipe)?;
        let (windows, window_of_row) = windows(table, recipe)?;
        let n_places = windows.len().checked_mul(stamps.len());
        // A table that has a row for a thousandth of its places is not one of tracks.
        let most = 1000 * table.n_rows().max(1000);
        let n_places = n_places.filter(|&n| n <= most).ok_or_else(|| {
            format!(
                "it has rows of {} frames and {} windows, far more than rows",
                stamps.len(),
                windows.len()
            )
        })?;
        let mut rows = vec![None; n_places];
        for (row, (&frame, &window)) in frame_of_row.iter().zip(&window_of_row).enumerate() {
            let place = window as usize * stamps.len() + frame as usize;
            if let Some(first) = rows[place].replace(row as u32) {
                let (group, number, _) = &windows[window as usize];
                return Err(format!(
                    "{}: frame {} of window {number} of group {group:?} is already in {}; each may be there once",
                    table.place(row),
                    stamps[frame as usize].number,
                    table.place(first as usize)
                ));
            }
        }
        Ok(Self { stamps, windows, rows })
    }

    /// The rows of a window, one for each frame.
    pub(super) fn rows_of(&self, window: usize) -> impl Iterator<Item = Option<usize>> {
        let n_frames = self.stamps.len();
        let rows = &self.rows[window * n_frames..(window + 1) * n_frames];
        rows.iter().map(|row| row.map(|row| row as usize))
    }
}

/// The frames, and for each row the place of its frame.
fn frames(table: &StoredTable, recipe: Option<&Recipe>) -> Result<(Vec<Stamp>, Vec<u32>), String> {
    let (numbers, times) = (Cells::needed(table, "frame")?, Cells::new(table, "time_s"));
    let rate_hz = recipe.and_then(|recipe| recipe.frame_rate_hz);
    let mut known: BTreeMap<usize, f64> = BTreeMap::new();
    let mut of_row = Vec::with_capacity(table.n_rows());
    for row in 0..table.n_rows() {
        let number = numbers.count(row)?.unwrap_or_default();
        let time_s = match (times.is_there(), rate_hz) {
            (false, Some(hz)) => number as f64 / hz,
            _ => times.float(row)?,
        };
        let kept = known.entry(number).or_insert(time_s);
        // NaN is not the same as NaN.
        if kept.to_bits() != time_s.to_bits() && !(kept.is_nan() && time_s.is_nan()) {
            return Err(format!(
                "{}: time_s is {time_s}, but it was {kept} before for frame {number}",
                table.place(row)
            ));
        }
        of_row.push(number);
    }
    let place: HashMap<usize, u32> =
        known.keys().enumerate().map(|(place, &number)| (number, place as u32)).collect();
    let stamps = known.iter().map(|(&number, &time_s)| Stamp { number, time_s }).collect();
    Ok((stamps, of_row.iter().map(|number| place[number]).collect()))
}

type Window = (String, usize, Rect);

/// The windows, in the order of the recipe as far as it knows them, and for each row the place of its window.
fn windows(
    table: &StoredTable,
    recipe: Option<&Recipe>,
) -> Result<(Vec<Window>, Vec<u32>), String> {
    let (groups, numbers) = (Cells::new(table, "group"), Cells::new(table, "window"));
    let in_recipe: HashMap<(&str, usize), (usize, Rect)> = recipe
        .iter()
        .flat_map(|recipe| recipe.windows.iter().enumerate())
        .map(|(place, (group, number, rect))| ((group, number), (place, rect)))
        .collect();
    let rects = Rects::new(table);
    // Each group's name is one of few.
    let mut known: HashMap<(String, usize), u32> = HashMap::new();
    let mut found: Vec<(usize, Window)> = Vec::new();
    let mut of_row = Vec::with_capacity(table.n_rows());
    for row in 0..table.n_rows() {
        let group = groups.word(row).unwrap_or(Windows::UNNAMED.into());
        let key = (group.into_owned(), numbers.count(row)?.unwrap_or_default());
        let in_recipe = in_recipe.get(&(key.0.as_str(), key.1));
        let place = match known.get(&key) {
            Some(&place) => {
                rects.check(row, found[place as usize].1.2)?;
                place
            }
            None => {
                let rect = rects.get(row, in_recipe.map(|(_, rect)| *rect))?;
                let order = in_recipe.map_or(usize::MAX, |(order, _)| *order);
                let place = found.len() as u32;
                found.push((order, (key.0.clone(), key.1, rect)));
                known.insert(key, place);
                place
            }
        };
        of_row.push(place);
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    // Of windows that the recipe does not know, the first stay first.
    order.sort_by_key(|&place| found[place].0);
    let mut sorted = vec![0; found.len()];
    for (to, &from) in order.iter().enumerate() {
        sorted[from] = to as u32;
    }
    let windows = order.iter().map(|&place| found[place].1.clone()).collect();
    Ok((windows, of_row.iter().map(|&place| sorted[place as usize]).collect()))
}

/// Where windows are.
struct Rects<'a> {
    table: &'a StoredTable,
    cells: [Cells<'a>; 4],
}

impl<'a> Rects<'a> {
    fn new(table: &'a StoredTable) -> Self {
        Self { table, cells: ["x", "y", "w", "h"].map(|name| Cells::new(table, name)) }
    }

    /// As the row says, or the recipe.
    fn get(&self, row: usize, in_recipe: Option<Rect>) -> Result<Rect, String> {
        match (self.said(row)?, in_recipe) {
            (Some(rect), _) | (None, Some(rect)) => Ok(rect),
            (None, None) => {
                Err("it has not all of the columns x, y, w and h, which say where windows are"
                    .into())
            }
        }
    }

    fn said(&self, row: usize) -> Result<Option<Rect>, String> {
        let [x, y, w, h] = &self.cells;
        Ok(match (x.whole(row)?, y.whole(row)?, w.count(row)?, h.count(row)?) {
            (Some(x), Some(y), Some(w), Some(h)) => Some(Rect::new(x, y, w, h)),
            _ => None,
        })
    }

    /// Whether a further row says the same.
    fn check(&self, row: usize, known: Rect) -> Result<(), String> {
        match self.said(row)? {
            Some(rect) if rect != known => Err(format!(
                "{}: the window is at {rect} (x, y, w, h), but was at {known} before",
                self.table.place(row)
            )),
            _ => Ok(()),
        }
    }
}
