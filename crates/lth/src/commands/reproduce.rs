//! `lth reproduce`.

use lth_lab::{Axis, LabError, Sweep, SweepPlan, Value, create_folder, find_setting, write_file};
use lth_report::{
    Runs,
    reproduce::{ClaimVerdict, Published, find_published, published},
};

use super::{
    reproduce_differences::Differences,
    reproduce_figure::figure,
    reproduce_report::report,
    reproduce_study::{Found, Studies},
    reproduce_time::{Timetable, rough},
    sweep,
};
use crate::{
    arguments::{CommonArguments, ReproduceArguments, ScheduleArguments, SweepArguments},
    estimate,
    failure::Failure,
    figures,
    output::{Messages, print},
    table::{self, prose, table},
};

/// Lists what was published, or makes one of it again.
pub(crate) fn run(
    arguments: &ReproduceArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let Some(name) = &arguments.name else { return list(arguments, common, messages) };
    let mut one = find_published(name).map_err(Failure::bad_input)?;
    let output = arguments.schedule.output.folder();
    let sweep = sweep_of(&one, arguments)?;
    let plan = SweepPlan::of(&sweep).map_err(Failure::bad_input)?;
    let folder = output.join(&plan.folder_name);
    let differences = Differences::of(&one, &plan, arguments.quick).map_err(Failure::bad_input)?;
    if let Some(data) = &differences.data {
        one.title.push_str(&format!("; ours on {}", data.ours));
    }
    if !differences.text.is_empty() {
        messages.info(&differences.text);
    }
    let studies = Studies { one: &one, arguments, common, messages };
    // What a study cannot be is said before the first training.
    for (study, run) in one.studies.iter().flat_map(|study| plan.runs.iter().map(move |run| (study, run))) {
        studies.command(study, &run.experiment, "RUN")?;
    }
    // Figures may share a sweep.
    let made = folder.join("reproduce").join(one.key.replace('/', "-"));
    let (stop, print_folder) = (&mut None, arguments.schedule.output.print_folder);
    let trains = one.trains_sweep(arguments.quick);
    if trains {
        let as_sweep = SweepArguments {
            yes: true,
            retry_failed: arguments.retry_failed,
            source: arguments.source.clone(),
            schedule: ScheduleArguments { no_figures: true, ..arguments.schedule.clone() },
            ..SweepArguments::default()
        };
        sweep::carry_out(&sweep, &as_sweep, stop, common, messages, false)?;
    }
    if arguments.schedule.training.dry_run {
        if !one.studies.is_empty() {
            announce_all(&studies, &plan)?;
        }
        return estimate::end_dry_run(&[made], print_folder, messages);
    }
    let folders = if trains { std::slice::from_ref(&folder) } else { &[] };
    let mut runs = Runs::read(folders).map_err(Failure::bad_input)?;
    runs.keep_what_is_of(&plan.runs.iter().map(|run| &run.experiment).collect::<Vec<_>>());
    let mut found = Found::default();
    found.add_runs(&runs, &one)?;
    studies.carry_out(&plan, &runs, stop, &mut found)?;
    if found.results.is_empty() {
        return Ok(());
    }
    let claims: Vec<ClaimVerdict> =
        one.claims.iter().map(|claim| claim.judge(&found.results, one.x)).collect();
    let text = report(&one, arguments, &plan, &found, &claims, &differences);
    create_folder(&made).map_err(Failure::failed_work)?;
    write_file(&made.join("comparison.md"), text.as_bytes()).map_err(Failure::failed_work)?;
    let figure = figure(&one, &plan, &found.results, arguments.quick, differences.data.as_ref())?;
    figures::write(&made, "comparison", &figure, true)?;
    if print_folder {
        return print(&format!("{}\n", made.display()));
    }
    print(&text)?;
    messages.info(&format!("figure and table are in {}", made.display()));
    Ok(())
}

/// Says how long a figure takes with its studies, of which a sweep's estimate knows nothing.
fn announce_all(studies: &Studies<'_>, plan: &SweepPlan) -> Result<(), Failure> {
    let mut times = Timetable::new(studies.arguments)?;
    let all = times.of(studies, plan)?;
    times.keep();
    let all = all.map_or_else(|| "a time that only its data tell".to_owned(), |(_, seconds)| rough(seconds));
    studies.messages.info(&format!("with its other procedures it takes {all} in all"));
    Ok(())
}

/// Lists them, with the time that each takes.
fn list(
    arguments: &ReproduceArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let mut times = Timetable::new(arguments)?;
    let mut rows = table(&["name", "what", "trainings", "time", "quick", "paper"], 6);
    for one in published().map_err(Failure::bad_input)? {
        let plan = |quick| {
            let plan = SweepPlan::of(&one.sweep(quick)?)?;
            Ok::<_, LabError>((ReproduceArguments { quick, ..arguments.clone() }, plan))
        };
        let mut of = |quick| {
            let (arguments, plan) = plan(quick).map_err(Failure::bad_input)?;
            let studies = Studies { one: &one, arguments: &arguments, common, messages };
            let all = times.of(&studies, &plan)?;
            let unknown = || ["?".to_owned(), "?".to_owned()];
            Ok::<_, Failure>(
                all.map_or_else(unknown, |(trainings, seconds)| [trainings.to_string(), rough(seconds)]),
            )
        };
        let ([_, quick], [trainings, full]) = (of(true)?, of(false)?);
        rows.add_row([one.key.clone(), one.title.clone(), trainings, full, quick, one.paper.clone()]);
    }
    times.keep();
    let cores = times.jobs();
    let more = format!(
        "Trainings and time are of the whole, copies, transferred tickets and learned masks too, some of which the sweep may have done; \
         quick is the time of --quick: what is left, on {cores} core{} that do nothing else. Steps were measured once; --dry-run measures those of one figure again, with its data.",
        if cores == 1 { "" } else { "s" }
    );
    print(&format!("{}\n{}\n", table::text(&rows), prose(&more)))
}

/// The sweep, with what was asked for otherwise.
fn sweep_of(one: &Published, arguments: &ReproduceArguments) -> Result<Sweep, Failure> {
    let mut sweep = one.sweep(arguments.quick).map_err(Failure::bad_input)?;
    let folder = arguments.source.data_folder.as_ref().map(|folder| folder.display().to_string());
    let dataset = match &arguments.dataset {
        Some(name) => {
            Some(lth_data::DatasetName::parse(name).map_err(Failure::bad_input)?.located().to_string())
        }
        None => None,
    };
    let others = [
        ("dataset", &dataset),
        ("replicates", &arguments.replicates),
        ("rounds", &arguments.rounds),
        ("data_folder", &folder),
    ];
    let mut given = Vec::new();
    for (key, value) in others {
        if let Some(value) = value {
            given.push((find_setting(key).map_err(Failure::bad_input)?, Value::of(value)));
        }
    }
    let mut axes = Vec::new();
    for text in &arguments.sets {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::input(
                format!("'{text}' gives no setting a value"),
                "use for example --set recipe.length=10000it",
            )
        })?;
        let setting = find_setting(key.trim()).map_err(Failure::bad_input)?;
        if sweep.settings().any(|own| own.key == setting.key) {
            axes.push(Axis::parse(text).map_err(Failure::bad_input)?);
        } else {
            given.push((setting, Value::of(value.trim())));
        }
    }
    let of_axes = axes.iter().flat_map(|axis: &Axis| &axis.settings);
    let mut asked = given.iter().map(|(setting, _)| setting).chain(of_axes);
    // Its other procedures and its claims name its data sets.
    if sweep.settings().any(|own| own.key == "dataset") && asked.any(|setting| setting.key == "dataset") {
        return Err(Failure::input(
            format!("{} compares data sets, for which others cannot stand", one.key),
            "leave out the data set; `lth sweep` and `lth transfer` do the same with others",
        ));
    }
    sweep.extend(given, axes).map_err(Failure::bad_input)?;
    Ok(sweep)
}
