//! The model that was asked for.

use lth_model::{ModelInfo, ModelOptions, find_model};

use crate::{
    arguments::{ModelOptionArguments, Switch},
    failure::Failure,
};

/// The model of this name with the options of the flags, which go before those in the name.
///
/// # Errors
/// When there is no such model, or it has no such option.
pub(crate) fn model(name: &str, flags: &ModelOptionArguments) -> Result<ModelInfo, Failure> {
    let width_factor = flags.width_factor.as_deref().map(|text| match text.parse::<f64>() {
        Ok(factor) if factor > 0.0 && factor.is_finite() => Ok(factor),
        _ => Err(Failure::input(
            format!("the width factor '{text}' is not a number above 0"),
            "use for example --width-factor 2",
        )),
    });
    let dropout = flags.dropout.as_deref().map(|text| match text.parse::<f32>() {
        Ok(rate) if (0.0..1.0).contains(&rate) => Ok(rate),
        _ => Err(Failure::input(
            format!("the dropout rate '{text}' is not a number of at least 0 and below 1"),
            "use for example --dropout 0.5",
        )),
    });
    let options = ModelOptions {
        batch_norm: flags.batch_norm.map(|switch| switch == Switch::On),
        width_factor: width_factor.transpose()?,
        dropout: dropout.transpose()?,
    };
    find_model(name).and_then(|model| model.with_options(&options)).map_err(Failure::bad_input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, batch_norm: Option<Switch>, width: Option<&str>) -> Result<String, Failure> {
        let width_factor = width.map(str::to_owned);
        let flags = ModelOptionArguments { batch_norm, width_factor, dropout: None };
        model(name, &flags).map(|model| model.name.into_owned())
    }

    #[test]
    fn flags_become_part_of_the_name() {
        assert_eq!(named("conv-4", Some(Switch::On), None).unwrap(), "conv-4+batch-norm");
        assert_eq!(named("conv-4", Some(Switch::Off), None).unwrap(), "conv-4");
        assert_eq!(named("conv-4+batch-norm", Some(Switch::Off), Some("2")).unwrap(), "conv-4+width-2");
        assert_eq!(named("resnet-20", None, Some("0.5")).unwrap(), "resnet-20+width-0.5");
        assert_eq!(named("lenet-300-100", None, None).unwrap(), "lenet-300-100");
    }

    #[test]
    fn dropout_becomes_part_of_the_name() {
        let dropped = |name: &str, rate: &str| {
            let flags = ModelOptionArguments { dropout: Some(rate.to_owned()), ..Default::default() };
            model(name, &flags).map(|model| model.name.into_owned())
        };
        assert_eq!(dropped("conv-2", "0.5").unwrap(), "conv-2+dropout-0.5");
        assert_eq!(dropped("conv-4+batch-norm", ".25").unwrap(), "conv-4+batch-norm+dropout-0.25");
        assert_eq!(dropped("conv-2+dropout-0.5", "0").unwrap(), "conv-2");
        assert_eq!(dropped("lenet-300-100", "0.5").unwrap(), "lenet-300-100+dropout-0.5");
        for rate in ["1", "-0.1", "nan", "inf", "x", "", "50%"] {
            assert!(dropped("conv-2", rate).is_err(), "{rate}");
        }
        assert!(dropped("resnet-20", "0.5").is_err(), "it has no place for it");
    }

    #[test]
    fn options_that_make_no_sense_are_refused() {
        for width in ["0", "-1", "nan", "inf", "x", ""] {
            assert!(named("conv-4", None, Some(width)).is_err(), "{width}");
        }
        assert!(named("lenet-300-100", Some(Switch::On), None).is_err());
    }
}
