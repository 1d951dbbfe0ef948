//! Figures of `lth stability`: of one run, and of several as a map.

use std::fs;

use crate::{
    common::{SMALL, Sandbox, run_folder},
    drawing_figures::{SHORT, all_runs},
};

#[test]
fn stability_of_several_runs_goes_from_one_to_the_next() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for seed in [0, 1] {
        sandbox.output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 1 --no-figures --seed {seed}"));
    }
    let (runs, all) = all_runs(&sandbox);
    let flags = "--data-folder data --points 3 --train-examples 20 --no-figures";
    let printed = sandbox.output(&format!("stability {all} {flags}"));
    for run in &runs {
        assert!(
            printed.contains(run.as_str()) && fs::exists(format!("{run}/stability")).unwrap(),
            "{printed}"
        );
    }
    sandbox.refused(&format!("stability {all} {flags} --format csv"), "2 runs", "one run folder");
    sandbox.refused(&format!("stability {all} nowhere {flags}"), "nowhere", "");
}

#[test]
fn stability_of_runs_that_rewind_to_other_iterations_is_a_map() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for rewind in ["0it", "12it"] {
        sandbox.output(&format!("find-ticket {SMALL} -i 2 --rewind {rewind} --no-figures"));
    }
    let (runs, all) = all_runs(&sandbox);
    let draw = format!("plot --together {all} --kind stability");
    sandbox.refused(&draw, "no study of stability", "lth stability");
    sandbox.output(&format!(
        "stability {all} --rounds 0,1 --points 3 --train-examples 50 --no-figures --data-folder data"
    ));
    sandbox.output(&format!("{draw} --data"));
    let figure = fs::read_to_string(sandbox.join("stability.svg")).unwrap();
    for text in ["rewind point (iteration)", "density (%)", "80.0", "12"] {
        assert!(figure.contains(&format!(">{text}<")), "{text}");
    }
    assert_eq!(
        figure.matches(">rewind point (iteration)<").count(),
        1,
        "rewind points are columns of one map"
    );
    let rows = fs::read_to_string(sandbox.join("stability.csv")).unwrap();
    assert!(
        rows.starts_with("run,seed,iteration,density,test_barrier\n")
            && rows.lines().any(|row| row.starts_with("rewind point 12it,0,12,")),
        "{rows}"
    );
    for flag in ["--ylim 90,99", "--legend none", "--label a --label b", "--xlim 1,9", "--density 20"] {
        let name = flag.split(' ').next().unwrap();
        sandbox.refused(&format!("{draw} {flag}"), &format!("{name} has no meaning"), "");
    }
    sandbox.output(&format!(
        "stability {} --rounds 0 --points 4 --train-examples 50 --no-figures --data-folder data",
        runs[0]
    ));
    sandbox.refused(&draw, "2 studies of stability", "keep one");
}

#[test]
fn stability_of_runs_of_other_criteria_is_a_map_for_each() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for flags in ["--criterion random", "--criterion random --seed 1", "--criterion movement"] {
        sandbox.output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 2 --no-figures {flags}"));
    }
    let (_, all) = all_runs(&sandbox);
    let flags = "--rounds 0,1 --points 3 --train-examples 20 --no-figures --data-folder data";
    sandbox.output(&format!("stability {all} {flags}"));
    sandbox.output(&format!("plot --together {all} --kind stability --data --output maps"));
    let figure = fs::read_to_string(sandbox.join("maps.svg")).unwrap();
    for text in ["criterion random", "criterion movement", "Framed: below 2 percentage points"] {
        assert_eq!(figure.matches(&format!(">{text}")).count(), 1, "{text}");
    }
    let rows = fs::read_to_string(sandbox.join("maps.csv")).unwrap();
    assert_eq!(rows.lines().filter(|row| row.contains("criterion random")).count(), 4, "{rows}");
    assert!(rows.contains("seed 1") && rows.lines().count() == 1 + 3 * 2, "{rows}");
}

#[test]
fn the_figures_of_a_run_with_studies_are_those_of_the_studies_too() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    let run = run.display();
    sandbox.output(&format!(
        "stability {run} --rounds 0,1 --points 5 --train-examples 20 --no-figures --data-folder data"
    ));
    let printed = sandbox.output(&format!("plot {run} --style paper --pdf --data"));
    let folder = format!("{run}/stability/5-points-20-examples/figures");
    assert!(printed.lines().any(|line| line == folder), "{printed}");
    for ending in ["svg", "png", "pdf", "csv"] {
        assert!(fs::exists(format!("{folder}/error-along-path.{ending}")).unwrap(), "{ending}");
    }
    let figure = fs::read_to_string(format!("{folder}/error-along-path.svg")).unwrap();
    assert!(figure.contains("width=\"3.25in\""), "{}", &figure[..200]);
}
