//! `lth plot`.

use std::path::Path;

use lth_lab::{RunResults, keep_each_once};
use lth_plot::{Figure, Legend, Look, PageStyle};
use lth_report::{missing_of_sweeps, with_runs_of_sweeps};

use super::{plot_schedule, stability_figures, table_notes::unfinished};
use crate::{
    arguments::{FigureStyle, LegendPlace, PlotArguments, PlotKind},
    failure::Failure,
    figures::{self, Drawing},
    output::{Messages, print},
    settings::{number, several},
};

/// Draws the figures of runs, or a schedule.
pub(crate) fn run(arguments: &PlotArguments, messages: &Messages) -> Result<(), Failure> {
    if let Some(schedule) = &arguments.schedule {
        return plot_schedule::run(arguments, schedule);
    }
    check_kind(arguments)?;
    let drawing = drawing(arguments)?;
    // All are read before any is drawn: a mistyped folder is said at once.
    let mut folders = with_runs_of_sweeps(&arguments.runs).map_err(Failure::bad_input)?;
    keep_each_once(&mut folders);
    if folders.is_empty() {
        let sweeps: Vec<String> = arguments.runs.iter().map(|path| format!("'{}'", path.display())).collect();
        return Err(Failure::input(
            format!("there is no run of the sweep {}", sweeps.join(", ")),
            "`lth sweep` makes its runs, beside its folder",
        ));
    }
    for line in missing_of_sweeps(&arguments.runs).map_err(Failure::bad_input)? {
        messages.warning(&line);
    }
    let runs: Vec<RunResults> = folders
        .iter()
        .map(|folder| RunResults::load(folder).map_err(Failure::bad_input))
        .collect::<Result<_, _>>()?;
    check_rounds(&drawing, &runs)?;
    // A figure on paper has no subtitle that would say so.
    let begun = |results: &&RunResults| !results.rounds.is_empty();
    if let Some(note) = unfinished(runs.iter().filter(begun)) {
        messages.info(&note);
    }
    let output = arguments.training.output.as_deref();
    if arguments.together {
        let (base, figure) = of_several(arguments, &runs, &drawing)?;
        let missing = figure.missing_signs();
        if !missing.is_empty() {
            let signs: Vec<String> = missing.into_iter().map(String::from).collect();
            messages
                .warning(&format!("PNG and PDF do not show '{}': their font lacks it", signs.join("', '")));
        }
        let base = output.unwrap_or(Path::new(base));
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
            let why = results.state().reason().map_or_else(String::new, |reason| format!(": {reason}"));
            messages
                .warning(&format!("'{}' has no finished round yet{why}", results.layout.root().display()));
            continue;
        }
        figures::draw(results, &drawing, messages)?;
        print(&format!("{}\n", results.layout.figures().display()))?;
        stability_figures::redraw(results, &drawing, messages)?;
    }
    if runs.len() > 1 {
        messages.info("each run has its own figures; --together draws the tickets of all in one");
    }
    Ok(())
}

/// The figure of several runs, and the name that it has without another.
fn of_several(
    arguments: &PlotArguments,
    runs: &[RunResults],
    drawing: &Drawing,
) -> Result<(&'static str, Figure), Failure> {
    let labels = &arguments.labels;
    let density = arguments.density.as_deref().map(|text| {
        number(
            "density",
            text,
            |percent| percent > 0.0 && percent <= 100.0,
            "above 0 and at most 100 %",
            "--density 20",
        )
    });
    let density = density.transpose()?.map(|percent| f64::from(percent) / 100.0);
    Ok(match arguments.kind {
        PlotKind::Tickets => ("together", figures::together(runs, labels, drawing)?),
        PlotKind::Bars => ("bars", figures::bars(runs, labels, density, drawing)?),
        PlotKind::LearningCurves => {
            ("learning-curves", figures::learning_curves(runs, labels, density, drawing)?)
        }
        PlotKind::Stability => ("stability", figures::stability_map(runs, drawing)?),
    })
}

/// Refuses a round that none of the runs has.
///
/// # Errors
/// When there is one, with the rounds that there are.
fn check_rounds(drawing: &Drawing, runs: &[RunResults]) -> Result<(), Failure> {
    let finished = || runs.iter().flat_map(|run| &run.rounds).map(|result| result.record.round);
    let wanted = drawing.rounds.iter().flatten();
    let Some(missing) = wanted.copied().find(|wanted| !finished().any(|round| round == *wanted)) else {
        return Ok(());
    };
    let hint = finished().max().map_or_else(
        || "no round is finished yet".to_owned(),
        |last| format!("rounds 0 to {last} are finished"),
    );
    Err(Failure::input(format!("--rounds {missing}: there is no such round"), hint))
}

/// Refuses what the kind of figure has no use for.
///
/// # Errors
/// When there is such, with what to do.
fn check_kind(arguments: &PlotArguments) -> Result<(), Failure> {
    let kind = arguments.kind;
    let refused = |flag: &str, why: &str, hint: &str| {
        Err(Failure::input(format!("--{flag} has no meaning in this figure: {why}"), hint))
    };
    let at_density = matches!(kind, PlotKind::Bars | PlotKind::LearningCurves);
    if arguments.density.is_some() && !at_density {
        return refused("density", "it shows all densities", "use it with --kind bars or learning-curves");
    }
    if arguments.xlim.is_some() && kind != PlotKind::Tickets {
        let hint = if at_density { "choose one with --density 20" } else { "leave it out" };
        return refused("xlim", "it has no axis of densities", hint);
    }
    if kind != PlotKind::Stability {
        return Ok(());
    }
    let given = [
        ("ylim", arguments.ylim.is_some(), "it has no axis of accuracies"),
        ("legend", arguments.legend != LegendPlace::Top, "it has no legend"),
        ("label", !arguments.labels.is_empty(), "it does not name runs"),
    ];
    match given.into_iter().find(|(_, is_given, _)| *is_given) {
        Some((flag, _, why)) => refused(flag, why, "leave it out"),
        None => Ok(()),
    }
}

/// How figures are drawn, and what is written beside them.
///
/// # Errors
/// When limits are none, or there is no such band.
pub(super) fn drawing(arguments: &PlotArguments) -> Result<Drawing, Failure> {
    let limits = figures::density_limits(arguments.xlim.as_deref(), arguments.ylim.as_deref())?;
    let rounds =
        (!arguments.rounds.is_empty()).then(|| several("round", &arguments.rounds, "--rounds 0,4,9"));
    Ok(Drawing {
        limits,
        rounds: rounds.transpose()?,
        look: look(arguments)?,
        with_data: arguments.data,
        with_pdf: arguments.pdf,
    })
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
