//! Text into numbers and names, with refusals that say what would be accepted.

use std::{collections::BTreeSet, fmt::Display, str::FromStr, thread};

use lth_model::Hint;

use crate::failure::Failure;

/// A value whose type knows how to read itself.
///
/// # Errors
/// In the words of the type.
pub(crate) fn parse<T>(text: &str) -> Result<T, Failure>
where
    T: FromStr,
    T::Err: Hint + Display,
{
    text.parse().map_err(Failure::bad_input)
}

/// A whole number of at least 1.
///
/// # Errors
/// When it is not.
pub(crate) fn positive<T: FromStr + Default + PartialOrd>(
    what: &str,
    text: &str,
    example: &str,
) -> Result<T, Failure> {
    match text.parse::<T>() {
        Ok(value) if value > T::default() => Ok(value),
        _ => Err(refused(what, text, "a whole number of at least 1", example)),
    }
}

/// A whole number of at least 0.
///
/// # Errors
/// When it is not.
pub(crate) fn whole<T: FromStr>(what: &str, text: &str, example: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| refused(what, text, "a whole number of at least 0", example))
}

/// Whole numbers, each once, ascending.
///
/// # Errors
/// When one is none.
pub(crate) fn several(what: &str, texts: &[String], example: &str) -> Result<Vec<u32>, Failure> {
    let numbers = texts.iter().map(|text| whole(what, text.trim(), example));
    Ok(numbers.collect::<Result<BTreeSet<u32>, _>>()?.into_iter().collect())
}

/// A finite number for which the condition holds.
///
/// # Errors
/// When it is not.
pub(crate) fn number(
    what: &str,
    text: &str,
    valid: impl Fn(f32) -> bool,
    range: &str,
    example: &str,
) -> Result<f32, Failure> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() && valid(value) => Ok(value),
        _ => Err(refused(what, text, range, example)),
    }
}

/// A whole number from 1 to a bound.
///
/// # Errors
/// When it is not.
pub(crate) fn bounded(what: &str, text: &str, most: usize, example: &str) -> Result<usize, Failure> {
    match text.parse() {
        Ok(value) if (1..=most).contains(&value) => Ok(value),
        _ => Err(refused(what, text, &format!("a whole number from 1 to {most}"), example)),
    }
}

/// The most threads that are started at once, for trainings side by side or inside one.
const MOST_THREADS: usize = 1024;

/// How many trainings of so many threads run side by side: as many as there are cores for, unless said otherwise.
///
/// # Errors
/// When it is not a whole number from 1 to 1024.
pub(crate) fn jobs(text: Option<&str>, threads: usize) -> Result<usize, Failure> {
    match text {
        Some(text) => bounded("number of jobs", text, MOST_THREADS, "--jobs 2"),
        None => Ok((thread::available_parallelism().map_or(1, usize::from) / threads).max(1)),
    }
}

/// The number of threads inside a training, one unless said otherwise.
///
/// # Errors
/// When it is not a whole number from 1 to 1024.
pub(crate) fn threads(text: Option<&str>) -> Result<usize, Failure> {
    text.map_or(Ok(1), |text| bounded("number of threads", text, MOST_THREADS, "--threads 2"))
}

fn refused(what: &str, text: &str, expected: &str, example: &str) -> Failure {
    Failure::input(format!("the {what} '{text}' is not {expected}"), format!("use for example {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_out_of_range() {
        for text in ["0", "-1", "1.5", "", "many", "99999999999999999999"] {
            assert!(positive::<usize>("batch size", text, "-b 60").is_err(), "{text}");
        }
        assert_eq!(positive::<usize>("batch size", "60", "-b 60").unwrap(), 60);
        assert_eq!(whole::<usize>("validation size", "0", "--validation 5000").unwrap(), 0);
        assert!(whole::<usize>("validation size", "-1", "--validation 5000").is_err());
        for text in ["NaN", "inf", "-0.1", "0", "x"] {
            assert!(number("learning rate", text, |x| x > 0.0, "positive", "-l 0.0012").is_err(), "{text}");
        }
    }

    #[test]
    fn one_thread_unless_said_otherwise() {
        assert_eq!([threads(None).unwrap(), threads(Some("8")).unwrap()], [1, 8]);
        for text in ["0", "-1", "x", "1025"] {
            assert!(threads(Some(text)).is_err() && jobs(Some(text), 1).is_err(), "{text}");
        }
    }

    #[test]
    fn says_what_was_given_and_what_would_do() {
        let failure = positive::<u32>("number of epochs", "-3", "-e 50").unwrap_err();
        assert_eq!(
            failure.words().unwrap(),
            ("the number of epochs '-3' is not a whole number of at least 1", Some("use for example -e 50"))
        );
    }
}
