//! What a model, a data set and the two together are called where a path would be too long.

use std::{ffi::OsStr, path::Path};

use super::Experiment;

/// The name of a model, or of a data set in the name of a run folder: of a path (`custom:nets/small.toml`,
/// `image-folder:photos`) the last part without its ending, of others the name itself.
///
/// ```
/// assert_eq!(lth_lab::short_name("custom:nets/small.toml"), "small");
/// assert_eq!(lth_lab::short_name("lenet-5"), "lenet-5");
/// ```
pub fn short_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, path)) => Path::new(path).file_stem().and_then(OsStr::to_str).unwrap_or("unnamed"),
        None => name,
    }
}

/// The name of a data set for titles: of a path (`image-folder:/data/photos.v2`) the last part whole, for a folder has no
/// ending, of others the name itself.
///
/// ```
/// assert_eq!(lth_lab::data_name("image-folder:/data/photos.v2-fraction-0.1"), "photos.v2-fraction-0.1");
/// assert_eq!(lth_lab::data_name("mnist"), "mnist");
/// ```
pub fn data_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, path)) => Path::new(path).file_name().and_then(OsStr::to_str).unwrap_or("unnamed"),
        None => name,
    }
}

impl Experiment {
    /// The data set as it is seen, for figures: `photos-fraction-0.1`.
    pub fn data_title(&self) -> String {
        self.view.name_of(data_name(&self.dataset))
    }

    /// Model and data set, for figures: `lenet-5 on mnist`.
    pub fn title(&self) -> String {
        format!("{} on {}", short_name(&self.model), self.data_title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_no_folder_and_names_the_part_that_is_used() {
        let mut experiment = Experiment::new("custom:/nets/small.toml", "image-folder:/data/photos");
        assert_eq!(experiment.title(), "small on photos");
        experiment.view.fraction = Some(0.1);
        assert_eq!(experiment.title(), "small on photos-fraction-0.1");
        experiment.dataset = "image-folder:/data/photos.v2/".to_owned();
        assert_eq!(experiment.title(), "small on photos.v2-fraction-0.1");
        assert_eq!(Experiment::new("lenet-5", "mnist").title(), "lenet-5 on mnist");
    }
}
