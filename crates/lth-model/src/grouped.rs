//! Numbers for people.

/// A whole number with commas between thousands.
///
/// ```
/// assert_eq!(lth_model::grouped(266_200), "266,200");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A density as a percentage with so many decimals, or as many as show two digits of it.
///
/// ```
/// use lth_model::density_percent;
/// assert_eq!([0.211, 0.0099, 0.000_032].map(|density| density_percent(density, 1)), ["21.1", "0.99", "0.0032"]);
/// ```
pub fn density_percent(density: f64, at_least: usize) -> String {
    format!("{:.*}", density_decimals(density, at_least), 100.0 * density)
}

/// The decimals of [`density_percent`].
pub fn density_decimals(density: f64, at_least: usize) -> usize {
    // What rounds up to the next power of ten needs no digit more than that: 0.10, not 0.100.
    let percent = 100.5 * density;
    if percent <= 0.0 {
        at_least
    } else {
        at_least.max((1.0 - percent.log10().floor()).clamp(0.0, 10.0) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (266_200, "266,200"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
