//! A sweep as runs and trainings.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    fs,
    path::{Path, PathBuf},
};

use super::{SweepTask, tasks::tasks_of};
use crate::{
    Experiment, LabError, Planned, Setting, Sweep, Value,
    atomic::{create_folder, write_file},
    read_file,
};

/// The file that names the folders of a sweep's runs.
const RUNS: &str = "runs.csv";
/// The most runs of a sweep.
const MOST_RUNS: usize = 100_000;

/// One run of a sweep.
pub struct SweepRun {
    /// Its values on the axes, in their order; of combinations that make the same run those of the first.
    pub values: Vec<(&'static Setting, Value)>,
    /// What is done.
    pub experiment: Experiment,
}

/// The names of the folders of a sweep's runs, as its own folder lists them; `None` where it does not.
///
/// # Errors
/// When the list cannot be read, or is cut off.
pub fn runs_of_sweep(folder: &Path) -> Result<Option<Vec<String>>, LabError> {
    let path = folder.join(RUNS);
    if !path.is_file() {
        return Ok(None);
    }
    let damaged = |reason: String| LabError::Damaged { path: path.clone(), reason };
    let text = read_file(&path)?;
    if !text.ends_with(b"\n") {
        return Err(damaged("its last line is cut off".to_owned()));
    }
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let names = reader.records().map(|row| row.map(|row| row[0].to_owned()));
    names.collect::<Result<_, _>>().map(Some).map_err(|error| damaged(error.to_string()))
}

/// What a sweep does.
pub struct SweepPlan {
    /// Its runs, each in a folder of its own.
    pub runs: Vec<SweepRun>,
    /// The trainings of all runs, each after what it waits for.
    pub tasks: Vec<Planned<SweepTask>>,
    /// The name of its folder: `sweep-<hash>` of its runs' names.
    pub folder_name: String,
    /// Whether it is a part of the sweep.
    pub is_part: bool,
    /// The file that makes the sweep.
    pub(super) text: String,
}

impl SweepRun {
    /// Its values on the axes in words: `criterion movement, learning rate 0.001`.
    pub fn label(&self) -> String {
        let word =
            |(setting, value): &(&'static Setting, Value)| format!("{} {}", setting.label(), value.exact());
        self.values.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

impl SweepPlan {
    /// The plan of a sweep.
    ///
    /// # Errors
    /// When a combination makes no experiment, none is left, or there are more than can be planned.
    pub fn of(sweep: &Sweep) -> Result<Self, LabError> {
        let mut runs: Vec<SweepRun> = Vec::new();
        let mut folders: HashMap<String, usize> = HashMap::new();
        for (values, experiment) in sweep.experiments()? {
            match folders.entry(experiment.folder_name()) {
                Entry::Occupied(place) => {
                    // Rounds extend a run.
                    let run = &mut runs[*place.get()].experiment;
                    run.rounds = run.rounds.max(experiment.rounds);
                }
                Entry::Vacant(place) => {
                    place.insert(runs.len());
                    runs.push(SweepRun { values, experiment });
                }
            }
        }
        if runs.is_empty() {
            return Err(refused(0, "no combination is left", "leave out fewer".to_owned()));
        }
        if runs.len() > MOST_RUNS {
            let hint = format!("a sweep has {MOST_RUNS} runs at most");
            return Err(refused(runs.len(), "these are more runs than a sweep can have", hint));
        }
        let mut names: Vec<String> = folders.into_keys().collect();
        names.sort();
        let folder_name = format!("sweep-{}", &blake3::hash(names.join("\n").as_bytes()).to_hex()[..8]);
        let tasks = tasks_of(&runs);
        Ok(Self { runs, tasks, folder_name, is_part: false, text: sweep.to_toml() })
    }

    /// Makes the folder of the sweep: `sweep.toml`, which makes the same sweep, and `runs.csv`, the folders of its runs with their values
    /// on the axes. Returns the folder.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_folder(&self, output: &Path) -> Result<PathBuf, LabError> {
        self.write_folder_of(output, self.own_folders())
    }

    /// The same, with the names of the runs' folders, which may depend on the data.
    pub(super) fn write_folder_of(
        &self,
        output: &Path,
        names: impl Iterator<Item = String>,
    ) -> Result<PathBuf, LabError> {
        let folder = output.join(&self.folder_name);
        create_folder(&folder)?;
        let runs = runs_csv(&self.runs, names);
        for (name, bytes) in [("sweep.toml", self.text.as_bytes()), (RUNS, &runs)] {
            let path = folder.join(name);
            if fs::read(&path).ok().as_deref() != Some(bytes) {
                write_file(&path, bytes)?;
            }
        }
        Ok(folder)
    }

    /// The names of the runs' folders, in the order of the runs. Before the data are known, on which they may depend, the sweep's folder
    /// knows them.
    ///
    /// # Errors
    /// When the list is there and cannot be read.
    pub fn run_folders(&self, output: &Path) -> Result<Vec<String>, LabError> {
        let names = runs_of_sweep(&output.join(&self.folder_name))?;
        let names = names.filter(|names| names.len() == self.runs.len());
        Ok(names.unwrap_or_else(|| self.own_folders().collect()))
    }

    fn own_folders(&self) -> impl Iterator<Item = String> {
        self.runs.iter().map(|run| run.experiment.folder_name())
    }

    /// How many trainings are left when runs share those that are the same.
    pub fn distinct(&self) -> usize {
        self.ids().collect::<HashSet<_>>().len()
    }

    /// Dense trainings of all runs, and how many of them differ.
    pub fn dense(&self) -> (usize, usize) {
        let dense = || self.tasks.iter().filter(|planned| planned.task.stage.round == 0);
        (dense().count(), dense().map(|planned| &planned.task.id).collect::<HashSet<_>>().len())
    }

    /// The names of its trainings, in the order of the tasks; one that several runs have in its first place only.
    pub fn distinct_ids(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        self.ids().filter(|id| seen.insert(*id)).collect()
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(|planned| &*planned.task.id)
    }

    /// The part of it that does some trainings, by their names, and all that they wait for.
    ///
    /// # Errors
    /// When the sweep has no such training.
    pub fn part(mut self, ids: &[String]) -> Result<Self, LabError> {
        if let Some(unknown) = ids.iter().find(|id| !self.ids().any(|own| own == *id)) {
            let hint = "`lth sweep ... --print-tasks` names those that it has".to_owned();
            return Err(LabError::Setting {
                setting: "task",
                value: unknown.clone(),
                reason: "the sweep has no such training".to_owned(),
                hint,
            });
        }
        let mut wanted = vec![false; self.tasks.len()];
        for (place, planned) in self.tasks.iter().enumerate().rev() {
            wanted[place] |= ids.iter().any(|id| **id == *planned.task.id);
            if wanted[place] {
                planned.after.iter().for_each(|&before| wanted[before] = true);
            }
        }
        let mut new_run: HashMap<usize, usize> = HashMap::new();
        let mut runs: Vec<Option<SweepRun>> = std::mem::take(&mut self.runs).into_iter().map(Some).collect();
        let (mut kept, mut tasks, mut places) = (Vec::new(), Vec::new(), HashMap::new());
        let old = std::mem::take(&mut self.tasks);
        for (place, mut planned) in old.into_iter().enumerate().filter(|(place, _)| wanted[*place]) {
            planned.after = planned.after.iter().map(|before| places[before]).collect();
            planned.task.run = *new_run.entry(planned.task.run).or_insert_with_key(|&run| {
                kept.extend(runs[run].take());
                kept.len() - 1
            });
            places.insert(place, tasks.len());
            tasks.push(planned);
        }
        Ok(Self { runs: kept, tasks, is_part: true, ..self })
    }
}

/// The bytes of `runs.csv`.
fn runs_csv(runs: &[SweepRun], names: impl Iterator<Item = String>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let axes = runs.first().map(|run| &run.values[..]).unwrap_or_default();
    let header = ["run"].into_iter().chain(axes.iter().map(|(setting, _)| setting.key));
    writer.write_record(header).expect("memory takes it");
    for (run, name) in runs.iter().zip(names) {
        let values = run.values.iter().map(|(_, value)| value.exact());
        let row = [name].into_iter().chain(values);
        writer.write_record(row).expect("rows are as long as the header, and memory takes them");
    }
    writer.into_inner().expect("memory takes them")
}

fn refused(runs: usize, reason: &str, hint: String) -> LabError {
    LabError::Setting { setting: "axis", value: format!("{runs} runs"), reason: reason.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Instant};

    use super::*;

    fn plan_of(text: &str) -> SweepPlan {
        let text = format!("model = \"lenet-300-100\"\ndataset = \"mnist\"\n{text}");
        SweepPlan::of(&Sweep::from_toml(&text, Path::new("sweep.toml")).unwrap()).unwrap()
    }

    #[test]
    fn dense_networks_of_nine_criteria_are_trained_once_a_seed() {
        let criteria = lth_ticket::CRITERIA.iter().take(9).map(|criterion| format!("{:?}", criterion.name()));
        let criteria = criteria.collect::<Vec<_>>().join(", ");
        let plan = plan_of(&format!("rounds = 12\nreplicates = 3\n[axes]\ncriterion = [{criteria}]\n"));
        assert_eq!((plan.runs.len(), plan.tasks.len()), (9, 9 * 12 * 3));
        assert_eq!(plan.dense(), (27, 3));
        assert_eq!(plan.distinct(), 9 * 11 * 3 + 3);
    }

    #[test]
    fn seeds_that_overlap_are_shared_and_other_recipes_are_not() {
        let plan = plan_of("rounds = 3\nreplicates = 2\n[axes]\nseed = [0, 1]\n");
        assert_eq!((plan.tasks.len(), plan.distinct()), (12, 9), "seed 1 is in both");
        let plan = plan_of("rounds = 3\n[axes]\nlearning_rate = [1e-3, 2e-3]\n");
        assert_eq!((plan.tasks.len(), plan.distinct()), (6, 6));
        let plan = plan_of("rounds = 3\n[axes]\nrewind = [\"0it\", \"100it\"]\n");
        assert_eq!(plan.dense(), (2, 1), "a rewind point lies on the way");
    }

    #[test]
    fn combinations_that_make_one_run_are_one() {
        let plan = plan_of("[axes]\nlearning_rate = [0.0012, 1.2e-3]\nrounds = [3, 5]\n");
        assert_eq!(plan.runs.len(), 1);
        assert_eq!(plan.runs[0].experiment.rounds, 5);
    }

    #[test]
    fn ten_thousand_trainings_are_planned_in_a_moment() {
        let begun = Instant::now();
        let rates = (1..=50).map(|number| format!("{number}e-5")).collect::<Vec<_>>().join(", ");
        let plan = plan_of(&format!("rounds = 20\nreplicates = 10\n[axes]\nlearning_rate = [{rates}]\n"));
        assert_eq!(plan.tasks.len(), 10_000);
        // Not a bar of speed, but of how it grows.
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_part_has_what_its_trainings_wait_for() {
        let sweep =
            || plan_of("rounds = 3\nreplicates = 2\n[axes]\ncriterion = [\"large-final\", \"movement\"]\n");
        let whole = sweep();
        let last = whole.tasks.iter().rfind(|planned| planned.task.run == 1).unwrap().task.clone();
        let part = sweep().part(&[last.id.to_string()]).unwrap();
        let rounds: Vec<u32> = part.tasks.iter().map(|planned| planned.task.stage.round).collect();
        // The dense network of the other run is the one that is trained, the own one is taken from it.
        assert_eq!(rounds, [0, 0, 1, 2]);
        assert_eq!((part.runs.len(), &part.folder_name), (2, &whole.folder_name));
        assert_eq!(part.tasks[3].task.to_string(), last.to_string());
        assert_eq!(part.runs[part.tasks[3].task.run].label(), "criterion movement");
        let error = sweep().part(&["00ff".to_owned()]).err().unwrap();
        assert!(error.to_string().contains("00ff"), "{error}");
    }
}
