//! `lth reproduce`.

use std::path::PathBuf;

use lth_lab::{LabError, Sweep, SweepPlan, Value, create_folder, find_setting, write_file};
use lth_report::{
    Metric, Runs,
    reproduce::{ClaimVerdict, Published, Quantity, Results, find_published, published},
};

use super::{reproduce_figure::figure, reproduce_study::Studies, reproduce_table::table_of, sweep};
use crate::{
    arguments::{CommonArguments, ReproduceArguments, ScheduleArguments, SweepArguments},
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
    let Some(name) = &arguments.name else { return list() };
    let one = find_published(name).map_err(Failure::bad_input)?;
    let output = arguments.schedule.output_path.clone().unwrap_or_else(|| PathBuf::from("runs"));
    let sweep = sweep_of(&one, arguments)?;
    let plan = SweepPlan::of(&sweep).map_err(Failure::bad_input)?;
    let folder = output.join(&plan.folder_name);
    let studies = Studies { one: &one, arguments, common, messages };
    // What a study cannot be is said before the first training.
    for (study, run) in one.studies.iter().flat_map(|study| plan.runs.iter().map(move |run| (study, run))) {
        studies.command(study, &run.experiment, "RUN")?;
    }
    let stop = &mut None;
    let trains = one.trains_sweep(arguments.quick);
    if trains {
        let as_sweep = SweepArguments {
            yes: true,
            data_folder: arguments.data_folder.clone(),
            download: arguments.download,
            schedule: ScheduleArguments { no_figures: true, ..arguments.schedule.clone() },
            ..SweepArguments::default()
        };
        sweep::carry_out(&sweep, &as_sweep, stop, common, messages, false)?;
    }
    if arguments.schedule.dry_run {
        return Ok(());
    }
    let runs =
        Runs::read(if trains { std::slice::from_ref(&folder) } else { &[] }).map_err(Failure::bad_input)?;
    let mut results = Results::default();
    results.add_runs(&runs, one.columns, one.x, &metrics(&one)).map_err(Failure::bad_input)?;
    studies.carry_out(&plan, &runs, stop, &mut results)?;
    if results.is_empty() {
        return Ok(());
    }
    let claims: Vec<ClaimVerdict> = one.claims.iter().map(|claim| claim.judge(&results, one.x)).collect();
    let text = report(&one, arguments, &results, &claims);
    // Figures may share a sweep.
    let made = folder.join("reproduce").join(one.key.replace('/', "-"));
    create_folder(&made).map_err(Failure::failed_work)?;
    write_file(&made.join("comparison.md"), text.as_bytes()).map_err(Failure::failed_work)?;
    figures::write(&made, "comparison", &figure(&one, &results, arguments.quick)?, true)?;
    if arguments.schedule.print_folder {
        return print(&format!("{}\n", made.display()));
    }
    print(&text)?;
    messages.info(&format!("figure and table are in {}", made.display()));
    Ok(())
}

/// The figures of trainings that are wanted.
fn metrics(one: &Published) -> Vec<Metric> {
    let of_training = |quantity| match quantity {
        Quantity::OfTraining(metric) => Some(metric),
        _ => None,
    };
    one.quantities().into_iter().filter_map(of_training).collect()
}

fn list() -> Result<(), Failure> {
    let mut rows = table(&["name", "what", "trainings", "quick", "paper"], 5);
    for one in published().map_err(Failure::bad_input)? {
        let trainings =
            |quick| -> Result<usize, LabError> { Ok(SweepPlan::of(&one.sweep(quick)?)?.distinct()) };
        let [full, quick] =
            [trainings(false), trainings(true)].map(|count| count.map_err(Failure::bad_input));
        rows.add_row([
            one.key.clone(),
            one.title.clone(),
            full?.to_string(),
            quick?.to_string(),
            one.paper.clone(),
        ]);
    }
    let more = "lth reproduce NAME --dry-run tells how long one takes here, --quick makes it in minutes.";
    print(&format!("{}\n{}\n", table::text(&rows), prose(more)))
}

/// The sweep, with what was asked for otherwise.
fn sweep_of(one: &Published, arguments: &ReproduceArguments) -> Result<Sweep, Failure> {
    let mut sweep = one.sweep(arguments.quick).map_err(Failure::bad_input)?;
    let folder = arguments.data_folder.as_ref().map(|folder| folder.display().to_string());
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
    for text in &arguments.sets {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::input(
                format!("'{text}' gives no setting a value"),
                "use for example --set recipe.length=10000it",
            )
        })?;
        given.push((find_setting(key.trim()).map_err(Failure::bad_input)?, Value::of(value.trim())));
    }
    sweep.extend(given, Vec::new()).map_err(Failure::bad_input)?;
    Ok(sweep)
}

/// What is printed and kept.
fn report(
    one: &Published,
    arguments: &ReproduceArguments,
    results: &Results,
    claims: &[ClaimVerdict],
) -> String {
    let how = if arguments.quick { " --quick" } else { "" };
    let mut text = format!("# {}\n\n{}. Ours: `lth reproduce {}{how}`.\n", one.title, one.paper, one.key);
    if !one.note.is_empty() {
        text.push_str(&format!("\n{}\n", one.note));
    }
    if arguments.quick {
        text.push_str(
            "\nFewer and shorter trainings than in the paper: the shape may be compared, not the values.\n",
        );
    }
    text.push_str(&table_of(one, results));
    if !claims.is_empty() {
        text.push_str("\n| claim | verdict | ours |\n|---|---|---|\n");
    }
    for claim in claims {
        text.push_str(&format!("| {} | {} | {} |\n", claim.text, claim.verdict, claim.reason));
    }
    text
}
