//! How a convolution goes over a map: places, tiles of places, and the patch of input that a tile reads.

use lth_model::Window;

use crate::simd::LANES;

/// Rows of places in a tile.
pub(crate) const TILE_ROWS: usize = 2;

/// Vectors in a row of a tile: neighbouring places, each with the vectors of a group.
pub(crate) const TILE_ROW: usize = 8;

/// Vectors in a tile: what the accumulators of a sparse row are.
pub(crate) const TILE: usize = TILE_ROWS * TILE_ROW;

/// One weight's place in the patch of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tap {
    /// Floats from the start of a channel's patch to what the first place of the tile reads.
    pub(crate) offset: u32,
    /// The place in the kernel, `y * width + x`.
    pub(crate) kernel: u32,
}

/// A pass over a grid of places: place (y, x) writes pixel `(y, x) * out_step + out_first` of one map, and reads pixels
/// `(y, x) * in_step + (dy, dx)` of another, one for each tap.
///
/// A forward convolution is one sweep. The data gradient of a convolution of stride s is s * s sweeps, one for each way in
/// which a pixel can lie between strides, each with the taps that reach it.
///
/// The grid is cut into *strips* of whole rows, and these into *tiles* of 2 rows of 8 vectors: 8 neighbouring places, or 4
/// of two slabs, or 2 of four where the map is narrow. What a strip reads is copied into a *patch*,
/// `[channel][phase][row][column][slab of the group]`, with zeros beyond the map; the phases separate the pixels of
/// different remainders by the stride, so that the places of a tile are neighbours in the patch whatever the stride is.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub(crate) grid: [usize; 2],
    pub(crate) out_map: [usize; 2],
    pub(crate) out_step: [usize; 2],
    pub(crate) out_first: [usize; 2],
    pub(crate) in_map: [usize; 2],
    pub(crate) in_step: [usize; 2],
    /// The pixel that the first place's first tap reads.
    pub(crate) in_first: [isize; 2],
    pub(crate) taps: Vec<Tap>,
    /// What the taps stand for.
    reaches: Vec<Reach>,
    pub(crate) phases: [usize; 2],
    /// Rows and columns of places of a strip, in whole tiles.
    pub(crate) strip: [usize; 2],
    /// Rows and columns of a phase of a patch.
    pub(crate) patch: [usize; 2],
    /// How many slabs a tile has of each place.
    pub(crate) group: usize,
}

/// Where a strip is: its first place, and its first slab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StripAt {
    pub(crate) y: usize,
    pub(crate) x: usize,
    pub(crate) slab: usize,
}

/// Where a tile is in its strip: its first place there, and floats from the start of a channel's patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TileAt {
    pub(crate) y: usize,
    pub(crate) x: usize,
    pub(crate) offset: usize,
}

/// What a sweep is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Channels that it reads.
    pub(crate) channels: usize,
    /// Slabs of the batch.
    pub(crate) slabs: usize,
    /// Floats of a strip's patch, if a strip can be so small.
    pub(crate) floats: usize,
}

/// Columns of a strip of a very wide map.
const STRIP_COLUMNS: usize = 64;

/// A tap before it has a place in a patch: displacements and kernel place.
type Reach = ([isize; 2], u32);

impl Sweep {
    /// The forward pass.
    pub(crate) fn forward(window: Window, in_map: [usize; 2], out_map: [usize; 2], load: Load) -> Self {
        let mut reaches = Vec::new();
        for ky in 0..window.kernel[0] {
            for kx in 0..window.kernel[1] {
                let d = [0, 1].map(|axis| [ky, kx][axis] as isize - window.padding[axis] as isize);
                reaches.push((d, (ky * window.kernel[1] + kx) as u32));
            }
        }
        Self::new(out_map, (out_map, [1, 1], [0, 0]), (in_map, window.stride), &reaches, load)
    }

    /// The passes of the data gradient: from the map of the output to that of the input. A pass without taps writes zeros.
    pub(crate) fn backward(window: Window, in_map: [usize; 2], out_map: [usize; 2], load: Load) -> Vec<Self> {
        let mut sweeps = Vec::new();
        for first_y in 0..window.stride[0].min(in_map[0]) {
            for first_x in 0..window.stride[1].min(in_map[1]) {
                let first = [first_y, first_x];
                let mut reaches = Vec::new();
                for ky in 0..window.kernel[0] {
                    for kx in 0..window.kernel[1] {
                        // Pixel i is read by place p with kernel place k where i = p * stride + k - padding.
                        let d = [0, 1].map(|axis| {
                            (first[axis] + window.padding[axis]) as isize - [ky, kx][axis] as isize
                        });
                        let stride = window.stride.map(|stride| stride as isize);
                        if d[0].rem_euclid(stride[0]) == 0 && d[1].rem_euclid(stride[1]) == 0 {
                            let k = (ky * window.kernel[1] + kx) as u32;
                            reaches.push(([d[0].div_euclid(stride[0]), d[1].div_euclid(stride[1])], k));
                        }
                    }
                }
                let grid = [0, 1].map(|axis| (in_map[axis] - first[axis]).div_ceil(window.stride[axis]));
                sweeps.push(Self::new(
                    grid,
                    (in_map, window.stride, first),
                    (out_map, [1, 1]),
                    &reaches,
                    load,
                ));
            }
        }
        sweeps
    }

    /// The places of the grid themselves, in the tiles of this sweep: one tap that reads what is there.
    pub(crate) fn places(&self, load: Load) -> Self {
        let reaches = [([0, 0], 0)];
        Self::new(self.grid, (self.grid, [1, 1], [0, 0]), (self.grid, [1, 1]), &reaches, load).like(self)
    }

    /// The same sweep in the strips of another, over a grid of the same size.
    pub(crate) fn like(mut self, other: &Self) -> Self {
        (self.group, self.strip) = (other.group, other.strip);
        self.arrange();
        self
    }

    /// Floats from the start of a channel's patch to the pixel that is the first place itself, in a sweep of stride 1.
    pub(crate) fn center(&self) -> usize {
        let [down, across] = self.in_first.map(|first| first.min(0).unsigned_abs());
        down * self.pitch() + across * self.group * LANES
    }

    fn new(
        grid: [usize; 2],
        (out_map, out_step, out_first): ([usize; 2], [usize; 2], [usize; 2]),
        (in_map, in_step): ([usize; 2], [usize; 2]),
        reaches: &[Reach],
        load: Load,
    ) -> Self {
        // The group that wastes least; of equals the smallest, whose patches have the least rim.
        let waste =
            |group: usize| grid[1].next_multiple_of(TILE_ROW / group) * load.slabs.next_multiple_of(group);
        let group = [1, 2, 4].into_iter().min_by_key(|&group| (waste(group), group)).expect("three groups");
        let columns = grid[1].min(STRIP_COLUMNS).next_multiple_of(TILE_ROW / group);
        let mut sweep = Self {
            grid,
            out_map,
            out_step,
            out_first,
            in_map,
            in_step,
            in_first: [0; 2],
            taps: Vec::new(),
            reaches: reaches.to_vec(),
            phases: [1; 2],
            strip: [TILE_ROWS, columns],
            patch: [0; 2],
            group,
        };
        sweep.arrange();
        while sweep.strip[0] < grid[0] {
            let smaller = sweep.strip[0];
            sweep.strip[0] += TILE_ROWS;
            sweep.arrange();
            if sweep.channel() * load.channels > load.floats {
                sweep.strip[0] = smaller;
                break;
            }
        }
        // Strips of equal height.
        let strips = grid[0].div_ceil(sweep.strip[0]).max(1);
        sweep.strip[0] = grid[0].div_ceil(strips).next_multiple_of(TILE_ROWS);
        sweep.arrange();
        sweep
    }

    /// Finds the patch's shape and the taps' offsets.
    fn arrange(&mut self) {
        let reaches = &self.reaches;
        let end = |axis: usize, largest: bool| {
            let all = reaches.iter().map(|reach| reach.0[axis]);
            (if largest { all.max() } else { all.min() }).unwrap_or(0)
        };
        let first = [end(0, false), end(1, false)];
        let span = [0, 1].map(|axis| (end(axis, true) - first[axis]) as usize);
        self.in_first = first;
        self.phases = [0, 1].map(|axis| self.in_step[axis].min(span[axis] + 1));
        self.patch = [0, 1].map(|axis| span[axis] / self.in_step[axis] + self.strip[axis]);
        self.taps = reaches
            .iter()
            .map(|&(d, kernel)| {
                let q = [0, 1].map(|axis| (d[axis] - first[axis]) as usize);
                let phase = q[0] % self.in_step[0] * self.phases[1] + q[1] % self.in_step[1];
                let row = phase * self.patch[0] + q[0] / self.in_step[0];
                let column = row * self.patch[1] + q[1] / self.in_step[1];
                Tap { offset: (column * self.group * LANES) as u32, kernel }
            })
            .collect();
    }

    /// Places in a row of a tile.
    pub(crate) fn tile_columns(&self) -> usize {
        TILE_ROW / self.group
    }

    /// Floats of a channel's patch.
    pub(crate) fn channel(&self) -> usize {
        self.phases[0] * self.phases[1] * self.patch[0] * self.pitch()
    }

    /// Floats from a row of a patch to the next.
    pub(crate) fn pitch(&self) -> usize {
        self.patch[1] * self.group * LANES
    }

    /// Floats of a channel's patch that a tile reads.
    pub(crate) fn footprint(&self) -> usize {
        let rim = [0, 1].map(|axis| self.patch[axis] - self.strip[axis]);
        let tile = (rim[0] + TILE_ROWS) * (rim[1] * self.group + TILE_ROW) * LANES;
        self.phases[0] * self.phases[1] * tile
    }

    /// Strips of a batch of this many slabs.
    pub(crate) fn strips(&self, slabs: usize) -> usize {
        let [down, across] = self.strips_of_group();
        down * across * slabs.div_ceil(self.group)
    }

    fn strips_of_group(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.grid[axis].div_ceil(self.strip[axis]))
    }

    /// Strip number `index`: along a row, then down, then the next group of slabs.
    pub(crate) fn strip_at(&self, index: usize) -> StripAt {
        let [down, across] = self.strips_of_group();
        StripAt {
            x: index % across * self.strip[1],
            y: index / across % down * self.strip[0],
            slab: index / (across * down) * self.group,
        }
    }

    /// Tiles of a whole strip.
    fn most_tiles(&self) -> usize {
        self.strip[0] / TILE_ROWS * (self.strip[1] / self.tile_columns())
    }

    /// Tile number `index` of a strip: along a row, then down.
    fn tile(&self, index: usize) -> TileAt {
        let across = self.strip[1] / self.tile_columns();
        let (y, x) = (index / across * TILE_ROWS, index % across * self.tile_columns());
        TileAt { y, x, offset: y * self.pitch() + x * self.group * LANES }
    }

    /// The tiles of a strip that are not all beyond the grid.
    pub(crate) fn tiles(&self, strip: StripAt) -> impl Iterator<Item = TileAt> + '_ {
        (0..self.most_tiles())
            .map(|index| self.tile(index))
            .filter(move |tile| strip.y + tile.y < self.grid[0] && strip.x + tile.x < self.grid[1])
    }
}
