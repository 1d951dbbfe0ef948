//! Limits of axes, from text.

use lth_plot::{AxisLimits, DensityLimits};

use crate::failure::Failure;

/// The limits of figures against density, both in percent.
///
/// # Errors
/// When a text is not two numbers in the range of the axis, the lower first.
pub(crate) fn density_limits(xlim: Option<&str>, ylim: Option<&str>) -> Result<DensityLimits, Failure> {
    let density = xlim.map(|text| limits("density", text, |low| low > 0.0, "--xlim 0.1,10")).transpose()?;
    let accuracy = ylim.map(|text| limits("accuracy", text, |low| low >= 0.0, "--ylim 95,99")).transpose()?;
    Ok(DensityLimits { density, accuracy })
}

fn limits(
    axis: &str,
    text: &str,
    is_possible: impl Fn(f64) -> bool,
    example: &str,
) -> Result<AxisLimits, Failure> {
    let refused = |reason: &str| {
        Failure::input(
            format!("the limits '{text}' of the {axis} axis are not usable: {reason}"),
            format!("two percentages, the lower first, for example {example}"),
        )
    };
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let Some([low, high]) = numbers.as_deref() else { return Err(refused("they are not two numbers")) };
    if !(low.is_finite() && high.is_finite() && is_possible(*low) && *high <= 100.0) {
        let zero = if is_possible(0.0) { "from 0" } else { "above 0" };
        return Err(refused(&format!("they must be {zero} to 100 %")));
    }
    AxisLimits::new(low / 100.0, high / 100.0).ok_or_else(|| refused("the first is not the lower one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_percentages() {
        let limits = density_limits(Some("0.1, 10"), Some("0,100")).unwrap();
        assert_eq!(limits.density, AxisLimits::new(0.001, 0.1));
        assert_eq!(limits.accuracy, AxisLimits::new(0.0, 1.0));
        assert_eq!(density_limits(None, None).unwrap(), DensityLimits::default());
    }

    #[test]
    fn bad_limits_are_refused_with_an_example() {
        for text in ["", "5", "5,", "a,b", "1,2,3", "NaN,5", "-1,50", "50,101", "60,50", "50,50", "0,inf"] {
            let failure = density_limits(None, Some(text)).unwrap_err();
            let (message, hint) = failure.words().unwrap();
            assert!(message.contains(&format!("'{text}'")) && message.contains("accuracy"), "{message}");
            assert!(hint.unwrap().contains("--ylim 95,99"));
        }
        assert!(density_limits(Some("0,10"), None).is_err(), "a logarithmic axis has no 0");
    }
}
