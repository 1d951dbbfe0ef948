//! `lth plot`.

use std::path::Path;

use lth_lab::RunResults;
use lth_plot::{Legend, Look, PageStyle};

use super::plot_schedule;
use crate::{
    arguments::{FigureStyle, LegendPlace, PlotArguments},
    failure::Failure,
    figures::{self, Drawing},
    output::{Messages, print},
};

/// Draws the figures of runs, or a schedule.
pub(crate) fn run(arguments: &PlotArguments, messages: &Messages) -> Result<(), Failure> {
    if let Some(schedule) = &arguments.schedule {
        return plot_schedule::run(arguments, schedule);
    }
    let drawing = drawing(arguments)?;
    // All are read before any is drawn: a mistyped folder is said at once.
    let runs: Vec<RunResults> = arguments
        .runs
        .iter()
        .map(|folder| RunResults::load(folder).map_err(Failure::bad_input))
        .collect::<Result<_, _>>()?;
    let output = arguments.training.output.as_deref();
    if arguments.together {
        let figure = figures::together(&runs, &arguments.labels, &drawing)?;
        let base = output.unwrap_or(Path::new("together"));
        figures::write_beside(base, &figure, &drawing)?;
        return figures::write_and_print(base, &figure);
    }
    if let Some(path) = output {
        return Err(Failure::input(
            format!("the figures of a run go into its folder, not to '{}'", path.display()),
            "leave out --output, or use --together for one figure of all runs",
        ));
    }
    for results in &runs {
        if results.rounds.is_empty() {
            messages.warning(&format!("'{}' has no finished round yet", results.layout.root().display()));
            continue;
        }
        figures::draw(results, &drawing, messages)?;
        print(&format!("{}\n", results.layout.figures().display()))?;
    }
    if runs.len() > 1 {
        messages.info("each run has its own figures; --together draws the tickets of all in one");
    }
    Ok(())
}

/// How figures are drawn, and what is written beside them.
///
/// # Errors
/// When limits are none, or there is no such band.
pub(super) fn drawing(arguments: &PlotArguments) -> Result<Drawing, Failure> {
    let limits = figures::density_limits(arguments.xlim.as_deref(), arguments.ylim.as_deref())?;
    Ok(Drawing { limits, look: look(arguments)?, with_data: arguments.data, with_pdf: arguments.pdf })
}

fn look(arguments: &PlotArguments) -> Result<Look, Failure> {
    let style = match arguments.style {
        FigureStyle::Screen => PageStyle::Screen,
        FigureStyle::Paper => PageStyle::Paper,
        FigureStyle::PaperWide => PageStyle::PaperWide,
    };
    let usual = Look::of(style);
    let band = arguments.band.parse().map_err(|error: lth_stats::NoSuchBand| {
        Failure::input(error.to_string(), "use for example --band ci")
    })?;
    let legend = match arguments.legend {
        LegendPlace::Top => Legend::Top,
        LegendPlace::Bottom => Legend::Bottom,
        LegendPlace::None => Legend::None,
    };
    Ok(Look { title: usual.title && !arguments.no_title, band, legend, ..usual })
}
