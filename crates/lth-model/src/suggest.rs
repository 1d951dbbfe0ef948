//! The name that somebody probably meant.

/// The candidate that is most like a mistyped name, if one is like it at all (Jaro-Winkler similarity of 0.7 or more,
/// case ignored).
///
/// ```
/// use lth_model::nearest_name;
/// assert_eq!(nearest_name("mnits", ["cifar-10", "mnist"]), Some("mnist"));
/// assert_eq!(nearest_name("shakespeare", ["cifar-10", "mnist"]), None);
/// ```
pub fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= 0.7)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typing_errors_prefixes_and_other_cases() {
        let names = ["lenet-300-100", "conv-2", "resnet-20"];
        for (typed, meant) in [
            ("lenet", "lenet-300-100"),
            ("LeNet-300-100", "lenet-300-100"),
            ("lenet-300-10", "lenet-300-100"),
            ("lnet300", "lenet-300-100"),
            ("conv2", "conv-2"),
            ("resnet-18", "resnet-20"),
        ] {
            assert_eq!(nearest_name(typed, names), Some(meant), "{typed}");
        }
    }

    #[test]
    fn does_not_guess_wildly() {
        for typed in ["", "zzz", "gpt"] {
            assert_eq!(nearest_name(typed, ["lenet-300-100", "conv-2"]), None, "{typed}");
        }
        assert_eq!(nearest_name("lenet", []), None);
    }
}
