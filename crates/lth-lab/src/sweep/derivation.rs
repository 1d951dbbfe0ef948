//! Which trainings of several runs are one: known before anything is trained.

use crate::{ControlKind, Experiment, Stage, Variant};

impl Experiment {
    /// What decides the bits of a training and of what follows from it, as text: equal texts, one training. Settings that come into
    /// play later than this training are no part of it, so that the dense networks of two criteria are one.
    pub(crate) fn derivation(&self, stage: Stage) -> String {
        let Stage { replicate, variant, round } = stage;
        let is_dense = round == 0 && variant == Variant::Ticket;
        let mut text =
            format!("model={}\ndataset={}\nseed={}\n", self.model, self.dataset, self.seed(replicate));
        for (key, value) in self.identity() {
            // The dense training stops at the rewind point to note it.
            let later = key.starts_with("pruning.") && key != "pruning.rewind";
            if ["model", "dataset", "seed"].contains(&key) || (is_dense && later) {
                continue;
            }
            text.push_str(&format!("{key}={}\n", value.exact()));
        }
        if !is_dense {
            text.push_str(&format!("{variant}\n{round}\n"));
        }
        // A control made of other runs depends on which, and one of another replicate on its number.
        if let Variant::Control(kind) = variant
            && ControlKind::of_run(kind).is_some()
        {
            text.push_str(&format!("{replicate}\n{}\n{:?}\n", self.first_seed, self.mask_runs));
        }
        text
    }
}
