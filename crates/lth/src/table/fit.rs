//! Which columns a terminal has room for, and how wide each is.

/// Blanks between two columns.
pub(super) const GAP: usize = 2;

/// Words of text columns that are longer may be broken.
const LONGEST_WORD: usize = 30;

/// What decides the width of a column.
pub(super) struct Column {
    /// The widest cell or header, on one line.
    pub(super) natural: usize,
    /// The narrowest width in which no number and no word is broken.
    pub(super) least: usize,
}

impl Column {
    pub(super) fn of<'a>(header: &'a str, cells: impl Iterator<Item = &'a str>, numbers: bool) -> Self {
        let mut column = Self { natural: width(header), least: longest_word(header) };
        for cell in cells {
            column.natural = column.natural.max(width(cell));
            // Numbers stay on one line.
            let least = if numbers { width(cell) } else { longest_word(cell).min(LONGEST_WORD) };
            column.least = column.least.max(least);
        }
        column
    }
}

fn width(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(width).max().unwrap_or(0)
}

/// The columns that are shown, each with its width. Headers and texts are folded before a column is left out: those in
/// `spare` first, in its order, then from the right; the first column and one more always stay.
pub(super) fn fit(columns: &[Column], spare: &[usize], available: usize) -> Vec<(usize, usize)> {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    let of = |shown: &[usize], width: fn(&Column) -> usize| -> Vec<usize> {
        shown.iter().map(|&index| width(&columns[index])).collect()
    };
    let least = |column: &Column| column.least;
    while shown.len() > 2 && total(&of(&shown, least)) > available {
        let next = spare.iter().copied().find(|index| shown.contains(index));
        let next = next.or(shown.last().copied());
        shown.retain(|&index| Some(index) != next);
    }
    let mut widths = of(&shown, |column| column.natural);
    let least = of(&shown, least);
    // The widest is folded first.
    while total(&widths) > available {
        let foldable = (0..widths.len()).filter(|&place| widths[place] > least[place]);
        let Some(widest) = foldable.max_by_key(|&place| widths[place]) else { break };
        widths[widest] -= 1;
    }
    shown.into_iter().zip(widths).collect()
}
