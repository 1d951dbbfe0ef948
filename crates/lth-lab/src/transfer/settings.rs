//! What is transferred, and how: the identity of a transfer.

use lth_ticket::{OutputLayer, Take, TransferRules};

use crate::{Experiment, FORMAT, short_name};

/// What is transferred, and how. Rounds, replicates and baselines are no part of it: they extend a transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferSettings {
    /// The ticket file or run, as it was given.
    pub ticket: String,
    /// BLAKE3 of the file, or of the run's settings.
    pub ticket_hash: String,
    /// The data that the ticket was found on.
    pub source_data: String,
    /// Masks, weights or both.
    pub take: Take,
    /// Whether the output layer is part of the ticket.
    pub keep_output: bool,
    /// Whether the first convolution is adapted between grey and coloured images.
    pub adapt_input: bool,
    /// Whether schedule and data order go on at the ticket's rewind point, instead of starting at 0.
    pub schedule_from_ticket: bool,
    /// How networks are trained on the target. Replicate r has the seed `first_seed + r`.
    pub target: Experiment,
}

impl TransferSettings {
    /// The rules for weights and masks.
    pub fn rules(&self) -> TransferRules {
        TransferRules {
            take: self.take,
            output: if self.keep_output { OutputLayer::Keep } else { OutputLayer::Redraw },
            adapt_input: self.adapt_input,
        }
    }

    /// `transfer-<model>-<source>-to-<target>-<hash>`, the first 8 hex digits of BLAKE3 over everything here but the path.
    pub fn folder_name(&self) -> String {
        let target = self.target.view.name_of(&self.target.dataset);
        let [model, source, target] =
            [&self.target.model, &self.source_data, &target].map(|name| short_name(name));
        let hash = blake3::hash(self.identity().as_bytes()).to_hex();
        format!("transfer-{model}-{source}-to-{target}-{}", &hash[..8])
    }

    /// What tells two transfers apart, one a line.
    fn identity(&self) -> String {
        format!(
            "ticket={}\ntake={}\nkeep_output={}\nadapt_input={}\nschedule_from_ticket={}\n{}",
            self.ticket_hash,
            self.take,
            self.keep_output,
            self.adapt_input,
            self.schedule_from_ticket,
            self.target.identity_text()
        )
    }

    /// The text of `transfer.toml`.
    pub(super) fn to_toml(&self) -> String {
        let mut text = format!(
            "# What `lth transfer` was asked for; transfer.csv beside it has the results.\n\nformat = {FORMAT}\n\
             ticket = {}\nticket_hash = {:?}\nsource_data = {:?}\ntake = \"{}\"\nkeep_output = {}\nadapt_input = {}\n\
             schedule_from_ticket = {}\n\n# How networks are trained on the target.\n[target]\n",
            toml::Value::from(self.ticket.as_str()),
            self.ticket_hash,
            self.source_data,
            self.take,
            self.keep_output,
            self.adapt_input,
            self.schedule_from_ticket,
        );
        self.target.write_settings(&mut text, "target.");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> TransferSettings {
        TransferSettings {
            ticket: "runs/x".to_owned(),
            ticket_hash: "00ff".to_owned(),
            source_data: "mnist".to_owned(),
            take: Take::MaskAndWeights,
            keep_output: false,
            adapt_input: false,
            schedule_from_ticket: false,
            target: Experiment::new("lenet-300-100", "fashion-mnist"),
        }
    }

    #[test]
    fn names_are_frozen() {
        assert_eq!(settings().folder_name(), "transfer-lenet-300-100-mnist-to-fashion-mnist-cf2bd28c");
    }

    #[test]
    fn what_extends_a_transfer_does_not_rename_it_and_everything_else_does() {
        let mut same = settings();
        same.ticket = "elsewhere/x".to_owned();
        same.target.replicates = 5;
        assert_eq!(same.folder_name(), settings().folder_name());
        let changes: [fn(&mut TransferSettings); 7] = [
            |s| s.ticket_hash = "00fe".to_owned(),
            |s| s.take = Take::Mask,
            |s| s.keep_output = true,
            |s| s.adapt_input = true,
            |s| s.schedule_from_ticket = true,
            |s| s.target.recipe.batch_size = 61,
            |s| s.target.first_seed.0 = 1,
        ];
        let mut names = vec![settings().folder_name()];
        for change in changes {
            let mut changed = settings();
            change(&mut changed);
            assert!(!names.contains(&changed.folder_name()), "{changed:?}");
            names.push(changed.folder_name());
        }
    }
}
