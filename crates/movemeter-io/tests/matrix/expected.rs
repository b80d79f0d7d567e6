//! What must come of a file.

use std::path::Path;

use movemeter::geometry::Size;

/// One line of a manifest, with the true pixels.
pub struct Expected {
    pub table: String,
    pub row: String,
    pub column: String,
    /// Of the file or folder, in its script's folder.
    pub name: String,
    pub n_frames: usize,
    pub size: Size,
    /// The difference that is allowed, in grey levels.
    pub allowed: f32,
    pub channel: Option<usize>,
    pub z: Option<usize>,
    pub pixels: Vec<f32>,
}

impl Expected {
    /// All lines of the manifest in a folder.
    pub fn read_all(folder: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
        text.lines().map(|line| Self::read(folder, line)).collect()
    }

    fn read(folder: &Path, line: &str) -> Self {
        let cells: Vec<&str> = line.split('\t').collect();
        let [table, row, column, name, n_frames, height, width, allowed, channel, z] = cells[..]
        else {
            panic!("a line of the manifest has ten cells: {line}");
        };
        let whole = |cell: &str| cell.parse::<usize>().unwrap();
        Self {
            table: table.into(),
            row: row.into(),
            column: column.into(),
            name: name.into(),
            n_frames: whole(n_frames),
            size: Size::new(whole(width), whole(height)),
            allowed: allowed.parse().unwrap(),
            channel: channel.parse().ok(),
            z: z.parse().ok(),
            pixels: read_f32(&folder.join(format!("{name}.{channel}.{z}.f32"))),
        }
    }
}

fn read_f32(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}
