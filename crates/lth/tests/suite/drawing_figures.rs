//! The figures of a run, by what its network is.

use std::{fs, path::Path};

use crate::common::{SMALL, Sandbox, run_folder, visible};

/// Options of a run that takes no time.
pub(crate) const SHORT: &str =
    "data --length 2it --batch-size 20 --validation 50 --evaluate-every 2 --learning-rate 0.001";

fn figures(sandbox: &Sandbox) -> Vec<String> {
    names_in(&run_folder(sandbox).join("figures"))
}

fn names_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_convolutional_first_layer_is_shown_as_filters() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-5 mnist {SHORT} -i 3 --keep last"));
    let names = figures(&sandbox);
    for name in ["filters.svg", "filters.png", "layer-density.svg", "weights-and-flops.svg"] {
        assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("first-layer")));
    let read = |name: &str| fs::read_to_string(run_folder(&sandbox).join("figures").join(name)).unwrap();
    let filters = read("filters.svg");
    for text in
        ["round 0: 100 %, before training", "round 2: 64.3 %, before training", "round 2: 64.3 %, trained"]
    {
        assert!(filters.contains(text), "'{text}' is not in the figure");
    }
    assert!(read("layer-density.svg").contains(">conv2<"));
}

#[test]
fn a_run_of_one_round_has_them_too() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 1"));
    let names = figures(&sandbox);
    for name in ["first-layer.svg", "layer-density.svg", "weights-and-flops.svg"] {
        assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}");
    }
}

#[test]
fn weights_and_flops_at_a_ticket_are_counted_by_layer() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 2 --no-figures"));
    let ticket = run_folder(&sandbox).join("replicate-0/round-01/ticket.safetensors");
    let text = sandbox.output(&format!("models lenet-300-100 --masks {}", ticket.display()));
    assert!(text.contains("426,120 of 532,400 FLOPs (80.04 %)"), "{text}");
    assert!(text.contains("213,060 of 266,200 weights (80.04 %)"), "{text}");
    let row = text.lines().find(|line| line.trim_start().starts_with("fc1 ")).unwrap();
    assert!(row.contains("188,160") && row.ends_with("376,320"), "{row}");
    sandbox.refused(
        &format!("models conv-2 --masks {}", ticket.display()),
        "'fc1.weight.mask' has shape",
        "",
    );
    sandbox.refused("models conv-2 --masks nowhere.safetensors", "nowhere.safetensors", "");
    sandbox.refused("models --masks nowhere.safetensors", "required", "");
}

/// The folders below `runs`, in order, and the words of a command line that name them all.
pub(crate) fn all_runs(sandbox: &Sandbox) -> (Vec<String>, String) {
    let folders = visible(&sandbox.join("runs"));
    let runs: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let words = runs.join(" ");
    (runs, words)
}

#[test]
fn several_runs_are_drawn_together_by_what_differs() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for criterion in ["large-final", "movement", "random"] {
        let flags = format!("lenet-300-100 mnist {SHORT} -i 3 --no-figures --criterion {criterion}");
        sandbox.output(&format!("find-ticket {flags}"));
    }
    let (_, all) = all_runs(&sandbox);
    let printed = sandbox.output(&format!("plot --together {all} --output criteria"));
    assert_eq!(printed, "criteria.svg\ncriteria.png\n");
    let figure = fs::read_to_string(sandbox.join("criteria.svg")).unwrap();
    for label in ["criterion large-final", "criterion movement", "criterion random", "Tickets by criterion"] {
        assert!(figure.contains(&format!(">{label}<")), "{label} is not in the figure");
    }
    assert_eq!(figure.matches(">dense<").count(), 3, "equal dense networks: one in the legend, one a panel");
    let first = visible(&sandbox.join("runs")).remove(0);
    let name = first.file_name().unwrap().to_string_lossy();
    sandbox.output(&format!("plot --together {all} runs/{name} runs/../runs/{name} --output once"));
    assert_eq!(fs::read_to_string(sandbox.join("once.svg")).unwrap(), figure, "a run is drawn once");
    sandbox.refused(&format!("plot {all} --output criteria"), "go into its folder", "--together");
    sandbox.refused("plot --together nowhere", "nowhere", "");
}

#[test]
fn runs_of_other_seeds_have_names_and_dense_levels_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for seed in [5, 6] {
        let flags = format!("lenet-300-100 mnist {SHORT} -i 2 --no-figures --seed {seed}");
        sandbox.output(&format!("find-ticket {flags}"));
    }
    let (runs, all) = all_runs(&sandbox);
    let read = |name: &str| fs::read_to_string(sandbox.join(name)).unwrap();
    sandbox.output(&format!("plot --together {all}"));
    let figure = read("together.svg");
    for label in ["seed 5", "seed 6", "dense, in the colour of its run"] {
        assert_eq!(figure.matches(&format!(">{label}<")).count(), 1, "{label}");
    }

    let printed = sandbox.output(&format!("plot {all}"));
    assert_eq!(printed.lines().count(), 2, "each run has its own figures: {printed}");
    assert!(
        runs.iter().all(|run| fs::exists(format!("{run}/figures/accuracy-against-density.png")).unwrap())
    );

    sandbox.output(&format!("plot --together {all} --label first --label second --output named --ylim 0,50"));
    let figure = read("named.svg");
    assert!([">first<", ">second<"].iter().all(|name| figure.contains(name)) && !figure.contains(">seed 5<"));

    let [first, second] = &runs[..] else { panic!("{runs:?}") };
    let folder = second.rsplit('/').next().unwrap();
    sandbox.output(&format!("plot --together {all} --label {folder}=rate=2 --legend bottom --output keyed"));
    let figure = read("keyed.svg");
    let own = [">seed 5<", ">seed 6<"].iter().filter(|name| figure.contains(**name)).count();
    assert!(figure.contains(">rate=2<") && own == 1, "the other has its own name");
    assert!(figure.find(">early-stop iteration<") < figure.find(">rate=2<"), "the legend is below");
    sandbox.output(&format!("plot --together {all} --legend none --output bare"));
    assert!(!read("bare.svg").contains(">seed 5<"));
    sandbox.refused(
        &format!("plot --together {all} --label {first}=one --label two"),
        "the label 'two' names no run",
        "RUN=NAME",
    );
    sandbox.refused(&format!("plot --together {all} --label one"), "1 label for 2 runs", "once for each run");
    sandbox.refused(&format!("plot --together {all} --output plots/ --data"), "names a folder", "--output");
    assert!(!fs::exists(sandbox.join("plots")).unwrap());
    let mut plot = sandbox.lth(&format!("plot --together {all} --label κρ日本 --label κ日 --output signs"));
    let said = String::from_utf8(plot.output().unwrap().stderr).unwrap();
    assert!(said.contains("do not show '日', '本'") && said.matches("warning").count() == 1, "{said}");
    sandbox.refused(&format!("plot {all} --label one --label two"), "--together", "");
    for (flag, bad) in
        [("--ylim", "99,95"), ("--ylim", "95"), ("--xlim", "0,10"), ("--xlim", "-1,10"), ("--ylim", "a,b")]
    {
        sandbox.refused(&format!("plot {all} {flag} {bad}"), &format!("'{bad}'"), flag);
    }
    sandbox.refused(
        &format!("plot {all} --xlim 0.001,0.002"),
        "density axis leave nothing to draw",
        "leave the limits out",
    );
}

#[test]
fn chosen_rounds_are_drawn_alone() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 4 --no-figures"));
    let run = run_folder(&sandbox);
    let plot = format!("plot {}", run.display());
    sandbox.output(&format!("{plot} --rounds 3,0,3"));
    assert_eq!(names_in(&run.join("figures/rounds")), ["round-00.svg", "round-03.svg"]);
    let images = fs::read_to_string(run.join("figures/first-layer.svg")).unwrap();
    assert_eq!(images.matches(">round ").count(), 2, "{images}");
    let over_density = fs::read_to_string(run.join("figures/accuracy-against-density.svg")).unwrap();
    sandbox.output(&plot);
    assert_eq!(names_in(&run.join("figures/rounds")).len(), 4);
    let all = fs::read_to_string(run.join("figures/accuracy-against-density.svg")).unwrap();
    assert_eq!(over_density, all, "figures against density have all rounds");
    sandbox.refused(&format!("{plot} --rounds 0,4"), "--rounds 4: there is no such round", "rounds 0 to 3");
    sandbox.refused(&format!("{plot} --rounds x"), "'x'", "--rounds 0,4,9");
}

#[test]
fn figures_for_a_paper_have_its_width_and_their_numbers_beside_them() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --replicates 2 --no-figures"));
    let run = run_folder(&sandbox);
    sandbox.output(&format!("plot {} --style paper --band ci --data --pdf", run.display()));
    let figure = fs::read_to_string(run.join("figures/accuracy-against-density.svg")).unwrap();
    assert!(figure.contains("width=\"3.25in\""), "{}", &figure[..200]);
    let data = fs::read_to_string(run.join("figures/accuracy-against-density.csv")).unwrap();
    assert!(data.starts_with("measure,curve,density,mean,low,high\n"), "{data}");
    for name in figures(&sandbox).iter().filter_map(|name| name.strip_suffix(".svg")) {
        let path = run.join("figures").join(name);
        let pdf = fs::read(path.with_extension("pdf")).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(pdf.starts_with(b"%PDF-"), "{name}");
        let data = fs::read_to_string(path.with_extension("csv")).unwrap();
        assert!(data.lines().count() > 1, "{name}: {data}");
        assert!(
            fs::read_to_string(path.with_extension("svg")).unwrap().contains("width=\"3.25in\""),
            "{name}"
        );
    }
    sandbox.output("fsck");
    assert_eq!(sandbox.output("plot --schedule lenet-5 mnist --output rate.pdf --data"), "rate.pdf\n");
    assert!(!sandbox.join("rate.svg").exists() && sandbox.join("rate.csv").is_file());
    sandbox.refused(&format!("plot {} --band x", run.display()), "no band 'x'", "--band ci");
    sandbox.refused(&format!("plot {} --style poster", run.display()), "poster", "paper");
}

#[test]
fn runs_at_one_density_are_bars_and_learning_curves_and_other_lengths_have_panels_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let small = SMALL.replace("--length 24it", "");
    for flags in ["--length 24it", "--length 24it --criterion random", "--length 12it"] {
        sandbox.output(&format!("find-ticket {small} {flags} -i 3 --replicates 2 --no-figures"));
    }
    let (runs, all) = all_runs(&sandbox);
    let is_short = |run: &&String| {
        fs::read_to_string(format!("{run}/experiment.toml")).unwrap().contains("length = \"12it\"")
    };
    let short = runs.iter().find(is_short).unwrap();
    let two: Vec<&str> = runs.iter().filter(|run| *run != short).map(String::as_str).collect();
    let two = two.join(" ");
    let read = |name: &str| fs::read_to_string(sandbox.join(name)).unwrap();

    assert_eq!(sandbox.output(&format!("plot --together {two} --kind bars --data")), "bars.svg\nbars.png\n");
    let figure = read("bars.svg");
    for text in
        ["criterion random", "criterion large-final", "a seed", "Tickets by criterion at 64.1 % density"]
    {
        assert!(figure.contains(&format!(">{text}<")), "{text}");
    }
    let data = read("bars.csv");
    assert_eq!(data.lines().count(), 1 + 2 * 2, "a row a seed: {data}");
    sandbox.output(&format!("plot --together {two} --kind bars --density 80 --output dense.pdf"));
    sandbox.refused(
        &format!("plot --together {two} --kind bars --density 5"),
        "near a density of 5.0 %",
        "100.0, 80.0",
    );
    sandbox.refused(&format!("plot --together {two} --kind bars --density 0"), "'0'", "--density 20");
    sandbox.refused(
        &format!("plot --together {two} --kind bars --xlim 1,9"),
        "no axis of densities",
        "--density",
    );
    sandbox.refused(&format!("plot --together {two} --density 20"), "all densities", "--kind bars");

    sandbox.output(&format!("plot --together {two} --kind learning-curves --data"));
    assert!(read("learning-curves.svg").contains(">test loss (nats), log scale<"));
    let rows = read("learning-curves.csv");
    assert!(
        rows.starts_with("curve,density,split,metric,iteration,mean,low,high\n")
            && rows.contains(",accuracy,24,"),
        "{rows}"
    );

    for kind in ["bars", "learning-curves", "stability"] {
        sandbox.refused(
            &format!("plot --together {all} --kind {kind}"),
            "different data or lengths: mnist (",
            "a panel for each kind",
        );
    }
    sandbox.output(&format!("plot --together {all}"));
    let figure = read("together.svg");
    for length in ["12it", "24it"] {
        assert_eq!(figure.matches(&format!("), {length}<")).count(), 2, "{length}");
    }
}
