//! Numbers as texts.

/// A fraction as the papers write percentages, without the sign: `100`, `51.3`, `1.2`, and two digits below one: `0.76`.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    match percent {
        p if p >= 99.95 => format!("{p:.0}"),
        p if p >= 0.95 || p <= 0.0 => format!("{p:.1}"),
        p if p >= 1e-4 => {
            let decimals = 1 - p.log10().floor() as i32;
            format!("{p:.*}", decimals.max(1) as usize)
        }
        p => format!("{p:.1e}"),
    }
}

/// The pruned fraction in percent, with as many digits as its density needs: `0`, `48.7`, `98.8`, `99.92`.
pub(super) fn sparsity_percent(density: f64) -> String {
    let sparsity = (1.0 - density).max(0.0) * 100.0;
    if sparsity < 0.05 {
        return "0".to_owned();
    }
    let decimals =
        if density >= 0.0095 { 1 } else { (-(density * 100.0).log10().floor()).clamp(1.0, 6.0) as usize + 1 };
    format!("{sparsity:.decimals$}")
}

/// Fixed decimals, thousands parted by commas: `50,000`, `97.5`; powers of ten where that would be too long.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    if value != 0.0 && (value.abs() >= 1e9 || decimals > 6) {
        return format!("{value:.2e}");
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let is_zero = text.chars().all(|sign| matches!(sign, '0' | '.'));
    format!("{}{grouped}{rest}", if value < 0.0 && !is_zero { "−" } else { "" })
}

/// As few digits as tell the value to three: `0.02`, `1`, `12,000`, `1e-7`.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-4..1e7).contains(&value.abs()) {
        return format!("{:e}", format!("{value:.2e}").parse::<f64>().unwrap_or(value));
    }
    let decimals = (2 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = grouped(value, decimals);
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// A count to three digits: `10`, `1.73 k`, `4.30 M`, `87.6 M`.
pub(super) fn count(value: f64) -> String {
    if value < 999.5 {
        return format!("{value:.0}");
    }
    let (mut rest, mut unit) = (value, "");
    for larger in [" k", " M", " G", " T"] {
        if rest < 999.5 {
            break;
        }
        (rest, unit) = (rest / 1000.0, larger);
    }
    let decimals = if rest < 9.995 { 2 } else { usize::from(rest < 99.95) };
    format!("{rest:.decimals$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits() {
        let values = [0.0, 270.0, 999.0, 1728.0, 87_612.0, 999_950.0, 4_300_992.0, 87_600_000.0, 3.63e9];
        let texts = ["0", "270", "999", "1.73 k", "87.6 k", "1.00 M", "4.30 M", "87.6 M", "3.63 G"];
        assert_eq!(values.map(count), texts);
    }

    #[test]
    fn percentages_are_the_papers_ladder() {
        let ladder = [1.0, 0.8, 0.641, 0.2107, 0.0866, 0.0189, 0.0122].map(percent);
        assert_eq!(ladder, ["100", "80.0", "64.1", "21.1", "8.7", "1.9", "1.2"]);
        assert_eq!([0.0076, 0.000_12, 1e-8].map(percent), ["0.76", "0.012", "1.0e-6"]);
    }

    #[test]
    fn sparsities_never_round_to_everything() {
        assert_eq!(
            [1.0, 0.8, 0.513, 0.012, 0.0008].map(sparsity_percent),
            ["0", "20.0", "48.7", "98.8", "99.920"]
        );
    }

    #[test]
    fn thousands_are_parted_and_signs_are_kept() {
        assert_eq!(grouped(50_000.0, 0), "50,000");
        assert_eq!(grouped(1_234_567.25, 1), "1,234,567.2");
        assert_eq!(grouped(-2.5, 1), "−2.5");
        assert_eq!(grouped(-0.01, 1), "0.0");
        assert_eq!(
            [0.02, 1.0, 12_000.0, 1e-7, 0.35, 2.34567].map(short),
            ["0.02", "1", "12,000", "1e-7", "0.35", "2.35"]
        );
    }
}
