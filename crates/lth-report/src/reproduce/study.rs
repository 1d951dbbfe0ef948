//! What is done besides the trainings of a sweep: another procedure, as the command that does it.

use serde::Deserialize;

/// A command of `lth` that is carried out for each run of the sweep, `stability RUN --rounds 10`.
///
/// In its words `RUN` stands for the folder of the run, `MODEL` and `DATASET` for those of its experiment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// What its curves are called, before what the procedure itself tells apart; empty for nothing more.
    #[serde(default)]
    pub name: String,
    /// The command, in full.
    full: String,
    /// The same in minutes.
    quick: String,
}

/// What the places of a study's command stand for.
#[derive(Debug, Clone, Copy)]
pub struct StudyPlaces<'a> {
    /// The folder of the run.
    pub run: &'a str,
    /// Its model.
    pub model: &'a str,
    /// Its data set.
    pub dataset: &'a str,
}

impl Study {
    /// The words of its command, without the program.
    pub fn words(&self, quick: bool, places: StudyPlaces<'_>) -> Vec<String> {
        let word = |word: &str| match word {
            "RUN" => places.run.to_owned(),
            "MODEL" => places.model.to_owned(),
            "DATASET" => places.dataset.to_owned(),
            word => word.to_owned(),
        };
        self.command(quick).split_whitespace().map(word).collect()
    }

    /// Whether it needs the run trained: all but those that only take its model and data.
    pub fn needs_run(&self, quick: bool) -> bool {
        self.command(quick).split_whitespace().any(|word| word == "RUN")
    }

    fn command(&self, quick: bool) -> &str {
        if quick { &self.quick } else { &self.full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stand_for_what_a_run_has() {
        let study = Study {
            name: String::new(),
            full: "supermask learn MODEL DATASET --length 100ep".to_owned(),
            quick: "stability RUN".to_owned(),
        };
        let places = StudyPlaces { run: "runs/a b", model: "conv-2", dataset: "image-folder:x" };
        assert_eq!(study.words(true, places), ["stability", "runs/a b"]);
        let full = study.words(false, places).join(" ");
        assert_eq!(full, "supermask learn conv-2 image-folder:x --length 100ep");
        assert!(study.needs_run(true) && !study.needs_run(false));
    }
}
