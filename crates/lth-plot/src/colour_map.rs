//! Colours for quantities.

/// Matplotlib's viridis (van der Walt and Smith 2015, CC0) at 17 even places: even steps to the eye, in grey too.
const VIRIDIS: [[u8; 3]; 17] = [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 130, 142],
    [33, 145, 140],
    [31, 160, 136],
    [40, 174, 128],
    [63, 188, 115],
    [94, 201, 98],
    [132, 212, 75],
    [173, 220, 48],
    [216, 226, 25],
    [253, 231, 37],
];

/// The colour of a part in [0, 1], dark to light: `#rrggbb`.
pub(super) fn viridis(part: f64) -> String {
    let place = part.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let below = (place as usize).min(VIRIDIS.len() - 2);
    let rest = place - below as f64;
    let mix = |channel: usize| {
        let (a, b) = (f64::from(VIRIDIS[below][channel]), f64::from(VIRIDIS[below + 1][channel]));
        (a + (b - a) * rest).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle_are_viridis() {
        assert_eq!([0.0, 0.5, 1.0, 7.0].map(viridis), ["#440154", "#21918c", "#fde725", "#fde725"]);
    }

    #[test]
    fn lightness_rises() {
        let light = |part: f64| {
            let colour = viridis(part);
            let channel = |at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap());
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        assert!((0..100).all(|k| light(f64::from(k + 1) / 100.0) > light(f64::from(k) / 100.0) - 0.5));
    }
}
