//! Block means of a template and of the region in which it is looked for, from which [bounds](super::bound) are made.

use crate::frame::View;
use crate::geometry::Size;
use crate::simd::{self, Blocks, Level, Rows};

/// A template with less than this share of its contrast in its block means takes smaller blocks, …
const GOOD_SHARE: f32 = 0.6;
/// … and with less than this none.
const LEAST_SHARE: f32 = 0.3;
/// Sides of blocks, px, …
const SIDES: [usize; 3] = [8, 4, 2];
/// … of which a window has at least so many across and down.
const LEAST_BLOCKS: usize = 6;

/// A template's blocks.
#[derive(Clone, Debug, Default)]
pub struct BlockTemplate {
    pub(super) blocks: Blocks,
    /// Block sums less their mean.
    pub(super) sums: Vec<f32>,
    /// Their sum of squares.
    pub(super) square: f32,
    /// α
    pub(super) share: f32,
    /// Sums of columns, while it is made.
    columns: Vec<f32>,
}

impl BlockTemplate {
    /// Of zero-mean pixels with this norm: the largest blocks that have enough of the contrast; with none if there
    /// are not.
    pub fn build(&mut self, pixels: &[f32], size: Size, norm: f64) {
        for side in
            SIDES.into_iter().filter(|side| LEAST_BLOCKS * side <= size.width.min(size.height))
        {
            self.build_of(side, pixels, size, norm);
            if GOOD_SHARE <= self.share {
                return;
            }
        }
        if self.share < LEAST_SHARE {
            *self = Self::default();
        }
    }

    /// With blocks of this side.
    pub fn build_of(&mut self, side: usize, pixels: &[f32], size: Size, norm: f64) {
        let Size { width, height } = size;
        self.blocks = Blocks { side, across: width / side, down: height / side };
        self.sums.clear();
        for rows in pixels.chunks_exact(width * side) {
            self.columns.clear();
            self.columns.resize(width, 0.0);
            for row in rows.chunks_exact(width) {
                simd::add_scaled(1.0, row, &mut self.columns);
            }
            let blocks = self.columns.chunks_exact(side);
            self.sums.extend(blocks.map(|block| block.iter().sum::<f32>()));
        }
        let mean = (simd::sum(&self.sums) / self.sums.len() as f64) as f32;
        for sum in &mut self.sums {
            *sum -= mean;
        }
        self.square = simd::dot(&self.sums, &self.sums) as f32;
        self.share = (f64::from(self.square) / ((side * side) as f64 * norm * norm)) as f32;
    }

    /// Its blocks; none at all if they would not help.
    pub fn blocks(&self) -> Option<Blocks> {
        (0 < self.blocks.side).then_some(self.blocks)
    }
}

/// A search region's blocks.
#[derive(Clone, Debug, Default)]
pub struct BlockTarget {
    blocks: Blocks,
    pub(super) sums: Rows,
    pub(super) spread: Rows,
    /// Positions of a window in the region.
    pub(super) positions: Size,
    /// A grey value amid the region's.
    pub(super) offset: f32,
}

impl BlockTarget {
    /// Of a region in which windows of this size are looked for. `work` is scratch.
    pub fn build(
        &mut self,
        level: Level,
        region: View<'_>,
        window: Size,
        blocks: Blocks,
        work: &mut Rows,
    ) {
        let size = region.size();
        let positions = Size::new(size.width - window.width + 1, size.height - window.height + 1);
        (self.blocks, self.positions) = (blocks, positions);
        self.offset = middle(region);
        simd::sum_blocks(level, region, self.offset, blocks.side, &mut self.sums);
        let positions = [positions.width, positions.height];
        simd::spread(level, &self.sums, blocks, positions, work, &mut self.spread);
    }

    /// Its blocks, if it was built.
    pub fn blocks(&self) -> Option<Blocks> {
        (0 < self.blocks.side).then_some(self.blocks)
    }

    /// Makes it one without blocks.
    pub fn clear(&mut self) {
        self.blocks = Blocks::default();
    }
}

/// A grey value amid a patch's: the mean of its middle row.
pub fn middle(patch: View<'_>) -> f32 {
    let Size { width, height } = patch.size();
    (simd::sum(patch.row(height / 2)) / width as f64) as f32
}
