//! In what a sweep is not the paper's.

use lth_lab::{LabError, Sweep, SweepPlan, differing_settings};
use lth_report::reproduce::Published;

/// What speaks against comparing our values with the paper's.
#[derive(Default)]
pub(super) struct Differences {
    /// Other data, where they are.
    pub(super) data: Option<OtherData>,
    /// All that differs, in sentences; empty for nothing.
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
    /// Of the first run of a sweep that was asked for, in full or `quick`, from that of the one in full.
    ///
    /// # Errors
    /// When a sweep of the file is none.
    pub(super) fn of(one: &Published, plan: &SweepPlan, quick: bool) -> Result<Self, LabError> {
        let first = |sweep: &Sweep| Ok::<_, LabError>(sweep.experiments()?.into_iter().next());
        let sweep = one.sweep(false)?;
        let (Some(run), Some((_, own)), Some((_, full))) =
            (plan.runs.first(), first(&one.sweep(quick)?)?, first(&sweep)?)
        else {
            return Ok(Self::default());
        };
        let ours = &run.experiment;
        // What was published is of all examples, also where `quick` takes some of them.
        let data = (ours.dataset != own.dataset)
            .then(|| OtherData { ours: ours.data_title(), theirs: full.data_title() });
        let is_told =
            |key| sweep.settings().any(|on_axis| on_axis.key == key) || key == "dataset" && data.is_some();
        let mut settings: Vec<String> = differing_settings(&[ours, &full])
            .iter()
            .filter(|setting| !is_told(setting.key))
            .map(|setting| difference(&setting.name, &setting.values[0], &setting.values[1]))
            .collect();
        let may_compare_values = settings.is_empty() && data.is_none() && one.published_of.is_none();
        for (what, ours, full) in
            [("seeds", ours.replicates, full.replicates), ("rounds", ours.rounds, full.rounds)]
        {
            if ours != full {
                settings.push(difference(what, &ours.to_string(), &full.to_string()));
            }
        }
        let sentences = [
            one.published_of.as_ref().map(|of| format!("Published numbers of {of}")),
            (!settings.is_empty()).then(|| format!("Ours: {}", settings.join(", "))),
            data.as_ref().map(|_| "Other data than the paper's".to_owned()),
        ];
        let mut text = sentences.into_iter().flatten().collect::<Vec<_>>().join(". ");
        if !may_compare_values {
            text.push_str(": the shape may be compared, not the values");
        }
        if !text.is_empty() {
            text.push('.');
        }
        Ok(Self { data, text })
    }
}

/// A value of ours beside that in full; either may do without one.
fn difference(name: &str, ours: &str, full: &str) -> String {
    match (ours, full) {
        ("", _) => format!("no {name} (in full {full})"),
        (_, "") => format!("{name} {ours} (in full none)"),
        _ => format!("{name} {ours} (in full {full})"),
    }
}
