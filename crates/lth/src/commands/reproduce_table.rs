//! Ours beside theirs, in numbers.

use lth_report::{
    Metric, Runs,
    reproduce::{Published, density_series},
};
use lth_stats::Sample;

use crate::{failure::Failure, table::density_percent};

/// A table in Markdown for each published series: density, their value, our mean with its interval, the difference.
///
/// # Errors
/// When runs would be mixed.
pub(super) fn table_of(one: &Published, runs: &Runs) -> Result<String, Failure> {
    let mut text = String::new();
    for series in &one.series {
        let ours = density_series(runs, one.columns, series.metric).map_err(Failure::bad_input)?;
        let Some(own) = ours.iter().find(|own| own.name == series.name) else { continue };
        let found: Vec<_> = series
            .points
            .iter()
            .filter_map(|[density, value]| {
                let point = own.near(*density)?;
                Some((*density, *value, point.density, point.sample()?))
            })
            .collect();
        if found.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "\n{}, {} (theirs: {})\n\n",
            series.metric.title(),
            series.name,
            series.source
        ));
        text.push_str("| density % | theirs | ours at | ours | difference |\n|--:|--:|--:|--:|--:|\n");
        for (density, theirs, at, sample) in found {
            let difference = series.metric.text(sample.mean() - theirs);
            let sign = if difference.starts_with('-') { "" } else { "+" };
            text.push_str(&format!(
                "| {} | {} | {} | {} | {sign}{difference} |\n",
                density_percent(density, 1),
                series.metric.text(theirs),
                density_percent(at, 1),
                with_interval(series.metric, &sample),
            ));
        }
    }
    Ok(text)
}

fn with_interval(metric: Metric, sample: &Sample) -> String {
    let mean = metric.text(sample.mean());
    sample.t_interval().map_or(mean.clone(), |ends| format!("{mean} ± {}", metric.text(ends.half_width())))
}
