//! What is left of a sweep, and the commands that do it.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use crate::SweepPlan;

/// A training that is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterTask {
    /// Its name, see [`crate::SweepTask`].
    pub id: String,
    /// The places of those that it waits for.
    pub after: Vec<usize>,
}

/// The trainings that are left of a sweep: the same one of several runs once, each after those that it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterWork {
    /// In the order of the plan.
    pub tasks: Vec<ClusterTask>,
}

/// How the program is called on the machines of a cluster.
#[derive(Debug, Clone)]
pub struct ClusterCommand {
    /// The program, by its whole path.
    pub program: String,
    /// The file of the sweep, by its whole path.
    pub sweep: String,
    /// Flags of every call.
    pub flags: Vec<String>,
    /// The folder in which it is called.
    pub folder: PathBuf,
    /// The cores that a training takes.
    pub threads: usize,
}

impl ClusterWork {
    /// What a plan leaves when trainings with some names are done.
    pub fn of(plan: &SweepPlan, done: &HashSet<&str>) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut tasks: Vec<ClusterTask> = Vec::new();
        for planned in &plan.tasks {
            let id = &*planned.task.id;
            if done.contains(id) {
                continue;
            }
            // A training that is the same as one of another run waits for that one in the plan.
            let after = planned.after.iter().map(|&before| &*plan.tasks[before].task.id);
            let after: Vec<usize> = after
                .filter(|before| *before != id)
                .filter_map(|before| places.get(before).copied())
                .collect();
            let place = *places.entry(id).or_insert_with(|| {
                tasks.push(ClusterTask { id: id.to_owned(), after: Vec::new() });
                tasks.len() - 1
            });
            let known = &mut tasks[place].after;
            // What comes later in the list would be waited for in a circle.
            let new: Vec<usize> =
                after.into_iter().filter(|&before| before < place && !known.contains(&before)).collect();
            known.extend(new);
        }
        Self { tasks }
    }

    /// The places of the trainings, in groups of which each waits for those before it only: first those that wait for nothing.
    pub fn levels(&self) -> Vec<Vec<usize>> {
        let mut level_of: Vec<usize> = Vec::new();
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for (place, task) in self.tasks.iter().enumerate() {
            let level = task.after.iter().map(|&before| level_of[before] + 1).max().unwrap_or(0);
            level_of.push(level);
            if level == levels.len() {
                levels.push(Vec::new());
            }
            levels[level].push(place);
        }
        levels
    }

    /// The places of those that none waits for.
    pub fn last(&self) -> Vec<usize> {
        let waited_for: HashSet<usize> =
            self.tasks.iter().flat_map(|task| task.after.iter().copied()).collect();
        (0..self.tasks.len()).filter(|place| !waited_for.contains(place)).collect()
    }
}

impl ClusterCommand {
    /// The words that do a training; its name is the last.
    pub fn task(&self, id: &str) -> Vec<String> {
        self.words(&["--task", id])
    }

    /// The words that do what is left of the sweep, when all else is done its table.
    pub fn table(&self) -> Vec<String> {
        self.words(&["--yes"])
    }

    fn words(&self, own: &[&str]) -> Vec<String> {
        let own = own.iter().map(|&word| word.to_owned());
        let first = [self.program.clone(), "sweep".to_owned(), self.sweep.clone()];
        first.into_iter().chain(self.flags.iter().cloned()).chain(own).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::Sweep;

    pub(in crate::cluster) fn plan_of(text: &str) -> SweepPlan {
        let text = format!("model = \"lenet-300-100\"\ndataset = \"mnist\"\n{text}");
        SweepPlan::of(&Sweep::from_toml(&text, Path::new("sweep.toml")).unwrap()).unwrap()
    }

    pub(in crate::cluster) fn command() -> ClusterCommand {
        ClusterCommand {
            program: "/opt/lth".to_owned(),
            sweep: "/home/me/my runs/sweep-00ff/sweep.toml".to_owned(),
            flags: vec!["--jobs".to_owned(), "1".to_owned()],
            folder: "/home/me".into(),
            threads: 1,
        }
    }

    const TWO: &str = "rounds = 3\nreplicates = 2\n[axes]\ncriterion = [\"large-final\", \"movement\"]\n";

    #[test]
    fn the_same_training_of_several_runs_is_one_task() {
        let plan = plan_of(TWO);
        let work = ClusterWork::of(&plan, &HashSet::new());
        assert_eq!((plan.tasks.len(), work.tasks.len()), (12, 10));
        let sizes: Vec<usize> = work.levels().iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 4, 4]);
        // The second run's first pruned network waits for the dense one of the first run.
        let second =
            &plan.tasks.iter().find(|task| task.task.run == 1 && task.task.stage.round == 1).unwrap().task;
        let task = work.tasks.iter().find(|task| *task.id == *second.id).unwrap();
        assert_eq!(task.after.len(), 1);
        assert_eq!(*work.tasks[task.after[0]].id, *plan.tasks[0].task.id);
        assert_eq!(work.last().len(), 4);
    }

    #[test]
    fn what_is_done_is_left_out_and_waited_for_by_nothing() {
        let plan = plan_of(TWO);
        let dense: HashSet<&str> = plan
            .tasks
            .iter()
            .filter(|planned| planned.task.stage.round == 0)
            .map(|planned| &*planned.task.id)
            .collect();
        let work = ClusterWork::of(&plan, &dense);
        assert_eq!(work.levels().iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        let all: HashSet<&str> = plan.distinct_ids().into_iter().collect();
        assert!(ClusterWork::of(&plan, &all).tasks.is_empty());
    }

    #[test]
    fn controls_come_after_the_ticket_of_their_round() {
        let plan = plan_of("rounds = 2\ncontrols = [\"random-reinit\"]\n[axes]\nseed = [0, 1]\n");
        let work = ClusterWork::of(&plan, &HashSet::new());
        for (place, task) in work.tasks.iter().enumerate() {
            assert!(task.after.iter().all(|&before| before < place));
        }
        assert_eq!(work.levels().iter().map(Vec::len).sum::<usize>(), plan.distinct());
    }
}
