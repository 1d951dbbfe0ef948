//! Where filters lie in their panel.

use super::canvas::Area;

/// The width of a panel of filters on a screen, unless their squares become too small.
pub(super) const PANEL: f64 = 288.0;
/// Between two filters.
const FILTER_GAP: f64 = 5.0;
/// The greatest side of a weight's square, and the least on a screen.
pub(super) const UNIT: (f64, f64) = (22.0, 6.0);

/// The shape of a layer of filters: a picture a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters {
    /// How many there are.
    pub count: usize,
    /// Channels of the input: 1 is drawn in grey, 3 as red, green and blue.
    pub channels: usize,
    /// Rows of a filter.
    pub height: usize,
    /// Columns of a filter.
    pub width: usize,
}

impl Filters {
    pub(super) fn len(self) -> usize {
        self.count * self.places() * self.channels
    }

    pub(super) fn places(self) -> usize {
        self.height * self.width
    }

    /// Where a weight [filter, channel, y, x] lies.
    pub(super) fn index(self, filter: usize, channel: usize, place: usize) -> usize {
        (filter * self.channels + channel) * self.places() + place
    }
}

/// Where the filters of a panel lie.
pub(super) struct Grid {
    pub(super) filters: Filters,
    columns: usize,
    /// The side of a weight's square, whole.
    pub(super) unit: f64,
}

impl Grid {
    /// A grid that is at most so wide, unless squares became smaller than `least`.
    pub(super) fn new(filters: Filters, width: f64, least: f64) -> Self {
        let columns = (filters.count as f64).sqrt().ceil() as usize;
        let available = width / columns as f64 - FILTER_GAP;
        let unit = (available / filters.width.max(filters.height) as f64).floor().clamp(least, UNIT.0);
        Self { filters, columns, unit }
    }

    fn step(&self) -> (f64, f64) {
        (
            self.filters.width as f64 * self.unit + FILTER_GAP,
            self.filters.height as f64 * self.unit + FILTER_GAP,
        )
    }

    pub(super) fn width(&self) -> f64 {
        self.step().0 * self.columns as f64 - FILTER_GAP
    }

    pub(super) fn height(&self) -> f64 {
        self.step().1 * self.filters.count.div_ceil(self.columns) as f64 - FILTER_GAP
    }

    pub(super) fn area(&self, filter: usize, origin: (f64, f64)) -> Area {
        let (column, row) = (filter % self.columns, filter / self.columns);
        let (x, y) = self.step();
        Area {
            left: origin.0 + column as f64 * x,
            top: origin.1 + row as f64 * y,
            width: x - FILTER_GAP,
            height: y - FILTER_GAP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_their_panel_and_squares_are_whole() {
        for (count, side) in [(1, 1), (6, 5), (16, 3), (64, 3), (64, 7), (100, 3)] {
            let grid = Grid::new(Filters { count, channels: 3, height: side, width: side }, PANEL, UNIT.1);
            assert!(grid.width() <= PANEL || grid.unit == UNIT.1, "{count} of {side}");
            assert!(grid.unit.fract() == 0.0);
            assert!(grid.area(count - 1, (0.0, 0.0)).bottom() <= grid.height() + 1e-9);
        }
    }
}
