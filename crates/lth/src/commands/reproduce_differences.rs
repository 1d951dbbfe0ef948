//! In what a sweep is not the paper's.

use lth_lab::{LabError, SweepPlan, differing_settings};
use lth_report::reproduce::Published;

/// What speaks against comparing our values with the paper's.
pub(super) struct Differences {
    /// Other data, where they are.
    pub(super) data: Option<OtherData>,
    /// All that differs, in a sentence; empty for nothing.
    pub(super) text: String,
}

/// The data of a comparison that are not the paper's.
pub(super) struct OtherData {
    /// What ours are called.
    pub(super) ours: String,
    /// What the paper's are called.
    pub(super) theirs: String,
}

impl Differences {
    /// Of a sweep that was asked for, in full or `quick`, from the one in full.
    ///
    /// # Errors
    /// When a sweep of the file is none.
    pub(super) fn of(one: &Published, plan: &SweepPlan, quick: bool) -> Result<Self, LabError> {
        let first = |plan: SweepPlan| plan.runs.into_iter().next().map(|run| run.experiment);
        let (own, full) = (one.sweep(quick)?, one.sweep(false)?);
        let on_axes: Vec<&str> = full.settings().map(|setting| setting.key).collect();
        let sweeps = first(SweepPlan::of(&own)?).zip(first(SweepPlan::of(&full)?)).zip(plan.runs.first());
        let Some(((own, full), run)) = sweeps else { return Ok(Self { data: None, text: String::new() }) };
        let ours = &run.experiment;
        // What was published is of all examples, also where `quick` takes some of them.
        let data = (ours.dataset != own.dataset)
            .then(|| OtherData { ours: ours.data_title(), theirs: full.data_title() });
        let mut settings: Vec<String> = differing_settings(&[ours, &full])
            .into_iter()
            .filter(|setting| !on_axes.contains(&setting.key))
            .filter(|setting| data.is_none() || setting.key != "dataset")
            .map(|setting| match &setting.values[..] {
                [ours, full] if ours.is_empty() => format!("no {} (in full {full})", setting.name),
                [ours, full] if full.is_empty() => format!("{} {ours}", setting.name),
                [ours, full] => format!("{} {ours} (in full {full})", setting.name),
                _ => setting.name,
            })
            .collect();
        let may_compare_values = settings.is_empty() && data.is_none() && one.published_of.is_none();
        let counts = [("seeds", ours.replicates, full.replicates), ("rounds", ours.rounds, full.rounds)];
        let counts = counts.iter().filter(|(_, ours, full)| ours != full);
        settings.extend(counts.map(|(what, ours, full)| format!("{what} {ours} (in full {full})")));
        let mut sentences = Vec::new();
        sentences.extend(one.published_of.as_ref().map(|of| format!("Published numbers of {of}")));
        sentences.extend((!settings.is_empty()).then(|| format!("Ours: {}", settings.join(", "))));
        sentences.extend(data.as_ref().map(|_| "Other data than the paper's".to_owned()));
        let mut text = sentences.join(". ");
        if !may_compare_values {
            text.push_str(": the shape may be compared, not the values");
        }
        if !text.is_empty() {
            text.push('.');
        }
        Ok(Self { data, text })
    }
}
