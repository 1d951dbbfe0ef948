//! Which trainings of several runs are one: known before anything is trained.

use crate::{ControlKind, Experiment, Stage, Variant};

/// What decides the bits of an experiment's trainings and of what follows from them, before any of them is done. Settings that come into
/// play later than a training are no part of it, so that the dense networks of two criteria are one.
pub(crate) struct Derivation<'a> {
    experiment: &'a Experiment,
    /// The settings that decide the dense training, and those that decide all others, a line each.
    dense: String,
    other: String,
}

impl<'a> Derivation<'a> {
    /// Of the trainings of an experiment.
    pub(crate) fn of(experiment: &'a Experiment) -> Self {
        let (mut dense, mut other) = (String::new(), String::new());
        let named = format!("model={}\ndataset={}\n", experiment.model, experiment.dataset);
        for text in [&mut dense, &mut other] {
            text.push_str(&named);
        }
        for (key, value) in experiment.identity() {
            if ["model", "dataset", "seed"].contains(&key) {
                continue;
            }
            let line = format!("{key}={}\n", value.exact());
            if !key.starts_with("pruning.") {
                dense.push_str(&line);
            } else if key == "pruning.rewind" {
                // All points lie on the way of one training, which is called as that of the first is.
                dense.push_str("pruning.rewind=0ep\n");
            }
            other.push_str(&line);
        }
        Self { experiment, dense, other }
    }

    /// What a training is called among processes and runs, 32 hexadecimal digits: where two have one name, they are the same.
    pub(crate) fn id(&self, stage: Stage) -> String {
        let Stage { replicate, variant, round } = stage;
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("seed={}\n", self.experiment.seed(replicate)).as_bytes());
        if round == 0 && variant == Variant::Ticket {
            hasher.update(self.dense.as_bytes());
        } else {
            hasher.update(self.other.as_bytes());
            hasher.update(format!("{variant}\n{round}\n").as_bytes());
        }
        // A control made of other runs depends on which, and one of another replicate on its number.
        if let Variant::Control(kind) = variant
            && ControlKind::of_run(kind).is_some()
        {
            let Experiment { first_seed, mask_runs, .. } = self.experiment;
            hasher.update(format!("{replicate}\n{first_seed}\n{mask_runs:?}\n").as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leases, notes of failures and commands of clusters are named by them.
    #[test]
    fn names_are_frozen() {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        let id = |experiment: &Experiment, stage| Derivation::of(experiment).id(stage);
        let control = Variant::Control("random-reinit".parse().unwrap());
        let of_control = Stage { replicate: 0, variant: control, round: 1 };
        let ids = [
            id(&experiment, Stage::ticket(0, 0)),
            id(&experiment, Stage::ticket(2, 0)),
            id(&experiment, Stage::ticket(0, 3)),
            id(&experiment, of_control),
        ];
        let frozen = [
            "17695ac6e56a54eabdda9250e76eb4df",
            "a5573bba5f71a85b30568ee9ccd7d74c",
            "38f7e11a4009f47b9acb7fa261a76db1",
            "85313153c25413cab1995a458e56670c",
        ];
        assert_eq!(ids, frozen);
        // What comes into play later does not rename the dense training.
        experiment.set("criterion", "movement").unwrap();
        assert_eq!(id(&experiment, Stage::ticket(0, 0)), ids[0]);
        assert_ne!(id(&experiment, Stage::ticket(0, 3)), ids[2]);
        experiment.set("rounds", "40").unwrap();
        experiment.set("rewind", "500it").unwrap();
        assert_eq!(id(&experiment, Stage::ticket(0, 0)), ids[0]);
        // A seed is the same whether it is the first one or another replicate's.
        experiment.set("seed", "2").unwrap();
        assert_eq!(id(&experiment, Stage::ticket(0, 0)), ids[1]);
        experiment.set("learning-rate", "0.002").unwrap();
        assert_ne!(id(&experiment, Stage::ticket(0, 0)), ids[1]);
    }
}
