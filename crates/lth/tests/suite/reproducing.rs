//! Published figures and tables, made again.

use std::fs;

use crate::common::Sandbox;

#[test]
fn what_was_published_is_listed() {
    let sandbox = Sandbox::new();
    let text = sandbox.output("reproduce");
    for key in ["frankle-2019/figure-3", "zhou-2019/figure-3", "renda-2020/figure-4-resnet-20"] {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{text}"));
        assert!([" s ", " min ", " h ", " days "].iter().any(|unit| line.contains(unit)), "{line}");
    }
    let learned = text.lines().find(|line| line.starts_with("zhou-2019/table-1-lenet")).unwrap();
    assert!(learned.split_whitespace().any(|word| word == "16"), "the dense and the learned: {learned}");
    assert!(sandbox.join("cache/lth/calibration.json").is_file(), "steps are measured once");
    sandbox.refused("reproduce frankle-2019/figure-33", "figure-33", "did you mean 'frankle-2019/figure-3'?");
    sandbox.refused(
        "reproduce frankle-2019/figure-3 --set rounds",
        "'rounds' gives no setting a value",
        "--set",
    );
    assert!(!sandbox.join("runs").exists());
}

#[test]
fn ours_stands_beside_theirs_with_a_verdict_on_each_claim() {
    let sandbox = Sandbox::new();
    let flags = "reproduce frankle-2019/figure-3 --quick --data-folder data -i 2 --replicates 2 --set recipe.length=24it \
                 --set validation_size=60 --set evaluate_every=8 --set recipe.batch_size=20";
    let dry = sandbox.data().lth(&format!("{flags} --dry-run --print-folder")).assert().success();
    let folder = String::from_utf8_lossy(&dry.get_output().stdout).into_owned();
    let told = String::from_utf8_lossy(&dry.get_output().stderr).into_owned();
    assert!(told.contains(&format!("the folder will be {}", folder.trim())), "{told}");
    assert_eq!(told.matches("dry run: ").count(), 1, "{told}");
    assert!(!sandbox.join("runs").exists());
    let text = sandbox.output(flags);
    assert!(text.starts_with("# Winning tickets over rounds"), "{text}");
    for difference in
        ["length 24it (in full 50000it), ", "seeds 2 (in full 5), rounds 2 (in full 25): the shape "]
    {
        assert!(text.contains(difference) && told.contains(difference), "{difference}: {text}\n{told}");
    }
    let command = "Ours: `lth reproduce frankle-2019/figure-3 --quick --replicates 2 -i 2 --set recipe.length=24it --set \
                   validation_size=60 --set evaluate_every=8 --set recipe.batch_size=20`";
    assert!(text.contains(command), "all that decides it: {text}");
    let row = text.lines().find(|line| line.starts_with("| 100.0 | 97.90 | 100.0 |")).unwrap();
    assert!(row.contains(" ± "), "{row}");
    assert_origin(&text, "Seeds 0, 1; 6 trainings, ");
    let claims: Vec<&str> = text.lines().filter(|line| line.contains("cannot say")).collect();
    assert!(claims.iter().all(|line| line.contains("there is no finished training of")), "{text}");
    assert_eq!(claims.len(), 7, "two rounds reach none of the densities that are claimed of");
    let folder_of = |file: &str| {
        let mut folders = fs::read_dir(sandbox.join("runs")).unwrap().map(|entry| entry.unwrap().path());
        folders.find(|path| path.join(file).is_file()).unwrap()
    };
    let sweep = folder_of("sweep.toml");
    assert_eq!(
        fs::read_to_string(sweep.join("reproduce/frankle-2019-figure-3/comparison.md")).unwrap(),
        text
    );
    assert_eq!(sandbox.join(folder.trim()), sweep.join("reproduce/frankle-2019-figure-3"));
    for figure in ["comparison.svg", "comparison.png"] {
        assert!(sweep.join("reproduce/frankle-2019-figure-3").join(figure).is_file(), "{figure}");
    }
    // Nothing is trained again.
    let again = sandbox.lth(flags).assert().success();
    let said = String::from_utf8_lossy(&again.get_output().stderr).into_owned();
    assert!(said.contains("nothing is left to train"), "{said}");
    // Another command that trained nothing is none of those that made the run.
    assert_eq!(sandbox.output(&format!("{flags} --quiet")), text);
    let provenance = fs::read_to_string(folder_of("experiment.toml").join("provenance.json")).unwrap();
    assert_eq!(provenance.matches("\"begun\"").count(), 1, "{provenance}");
}

/// Seeds, trainings, their time, program and processor are said.
fn assert_origin(text: &str, start: &str) {
    let origin = text.lines().find(|line| line.starts_with("Seeds ")).unwrap_or_else(|| panic!("{text}"));
    let parts = [" of processor time; lth 0.1.0 (", "), cpu ("];
    assert!(origin.starts_with(start) && parts.iter().all(|part| origin.contains(part)), "{origin}");
}

/// What makes a quick figure of LeNet take no time.
const SHORT: &str = "--quick --data-folder data --replicates 2 --set recipe.length=24it --set validation_size=60 --set evaluate_every=12 \
                     --set recipe.batch_size=20";

#[test]
fn other_values_on_an_axis_are_trained_instead() {
    let sandbox = Sandbox::new();
    let flags = format!("reproduce zhou-2019/figure-4 {SHORT} -i 2 --set mask1_action=rewind,constant");
    let text = sandbox.data().output(&flags);
    let header = text.lines().find(|line| line.starts_with("| density %")).unwrap();
    assert!(header.contains("rewind") && header.contains("constant") && !header.contains("reinit"), "{text}");
    sandbox.refused(
        &format!("reproduce zhou-2019/figure-4 {SHORT} --set mask1_action=rewindd"),
        "rewindd",
        "rewind",
    );
    let zipped = "reproduce frankle-2019/figure-8-resnet-18 --quick --set learning-rate=0.1";
    sandbox.refused(zipped, "go together", "lth sweep");
    for flags in ["--dataset fashion-mnist", "--set dataset=mnist,fashion-mnist"] {
        let halves = format!("reproduce morcos-2019/halves-of-cifar-10 --quick {flags}");
        sandbox.refused(&halves, "compares data sets", "lth transfer");
    }
}

#[test]
fn other_data_are_named_and_what_is_far_from_ours_is_drawn_apart() {
    let sandbox = Sandbox::new();
    let made = |figure: &str, dataset: &str| {
        let flags = format!("reproduce {figure} --dataset {dataset} {SHORT} -i 1 --print-folder");
        let folder = sandbox.data().output(&flags);
        ["comparison.md", "comparison.svg"]
            .map(|name| fs::read_to_string(sandbox.join(folder.trim()).join(name)).unwrap())
    };
    let panels = [">ours, on fashion-mnist<", ">published, on mnist<"];
    let [text, figure] = made("frankle-2019/figure-3", "fashion-mnist");
    assert!(
        text.starts_with("# Winning tickets over rounds, LeNet on MNIST; ours on fashion-mnist\n"),
        "{text}"
    );
    assert!(text.contains(". Other data than the paper's: the shape may be compared"), "{text}");
    assert!(text.contains(" --dataset fashion-mnist "), "{text}");
    // Short trainings reach 20 % where 98 are published.
    assert!(panels.iter().all(|panel| figure.contains(panel)));

    // In short ours are of a tenth of the images, what is published never is.
    let [_, figure] = made("frankle-2019/figure-5-conv-2", "fashion-mnist --set view.fraction=1");
    assert!(figure.contains(">published, on cifar-10<"));

    let [text, figure] = made("frankle-2019/figure-3", "mnist");
    assert!(text.starts_with("# Winning tickets over rounds, LeNet on MNIST\n"), "{text}");
    assert!(!text.contains("other data") && !text.contains("--dataset"), "{text}");
    assert!(panels.iter().all(|panel| !figure.contains(panel)));
}

#[test]
fn what_was_published_of_another_network_stands_beside_ours() {
    let sandbox = Sandbox::new();
    let flags =
        format!("reproduce evci-2020/methods {SHORT} -i 2 --set pruning.update_every=4 --print-folder");
    let folder = sandbox.data().output(&flags);
    let [text, figure] = ["comparison.md", "comparison.svg"]
        .map(|name| fs::read_to_string(sandbox.join(folder.trim()).join(name)).unwrap());
    assert!(text.contains("\nPublished numbers of ResNet-50 on ImageNet. Ours: "), "{text}");
    assert!(
        text.contains("\ntest accuracy % at the end, ours\n\n| density % | gradual | rigl | set |\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "\ntest accuracy % at the end, ResNet-50 on ImageNet (the paper's table, uniform densities)\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("| density % | rigl | set |\n|--:|--:|--:|\n| 100.0 | 76.80 | 76.80 |\n"),
        "{text}"
    );
    assert!(!text.contains("difference"), "{text}");
    for panel in [">ours, lenet-300-100 on mnist<", ">published, ResNet-50 on ImageNet<"] {
        assert!(figure.contains(panel), "{panel}");
    }
}

#[test]
fn stability_is_compared_with_a_published_table() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(&format!("reproduce frankle-2019-stabilizing/figure-3-lenet {SHORT}"));
    for (quantity, published) in [
        ("distance of two copies", "20.7"),
        ("angle between two copies", "22.7"),
        ("distance from the dense network", "48.1"),
        ("angle to the dense network", "53.1"),
        ("test accuracy", "98.30"),
    ] {
        let table = &text[text.find(quantity).unwrap_or_else(|| panic!("{text}"))..];
        let row = table.lines().find(|line| line.starts_with("| ticket |")).unwrap();
        assert!(row.starts_with(&format!("| ticket | {published} |")) && row.contains(" ± "), "{row}");
    }
    assert_eq!(text.matches("2 seeds").count(), 5, "each claim is judged: {text}");
    // The dense network, a ticket and a control; of both two copies, since the run kept the weights of neither.
    assert_origin(&text, "Seeds 0, 1; 14 trainings, ");
}

#[test]
fn barriers_are_drawn_over_the_iteration_at_which_copies_part() {
    let sandbox = Sandbox::new();
    let length = "--set recipe.length=1010it --replicates 1";
    let flags =
        format!("reproduce frankle-2020/dense-lenet {SHORT} {length}").replacen("--replicates 2", "", 1);
    let text = sandbox.data().output(&flags);
    let table = &text[text.find("| iteration | dense |").unwrap_or_else(|| panic!("{text}"))..];
    let places: Vec<&str> = table.lines().skip(2).take(4).filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(places, ["0", "10", "100", "1000"]);
    assert_eq!(text.matches("1 seed").count(), 2, "both claims have something to say: {text}");
    // The dense network, once more to iteration 1,000, and a copy from each point.
    assert_origin(&text, "Seeds 0; 6 trainings, ");
}

#[test]
fn tickets_are_transferred_for_a_published_figure() {
    let sandbox = Sandbox::new();
    let flags = format!("reproduce morcos-2019/optimizers {SHORT} -i 3");
    let said = sandbox.data().lth(&format!("{flags} --dry-run")).assert().success();
    let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
    assert!(said.contains("with its other procedures it takes"), "{said}");
    assert!(!sandbox.join("runs").exists());
    let folder = sandbox.output(&format!("{flags} --print-folder"));
    let figure = fs::read_to_string(sandbox.join(folder.trim()).join("comparison.svg")).unwrap();
    for text in ["then sgd", "then adam", "adam, transferred", "sgd, transferred"] {
        assert!(figure.contains(&format!(">{text}<")), "a panel for each study: {text}");
    }
    assert!(!figure.contains(">adam<"), "runs themselves are left out where nothing is said of them");
    // Of each optimiser three rounds, and two tickets that are trained by each.
    let text = fs::read_to_string(sandbox.join(folder.trim()).join("comparison.md")).unwrap();
    assert_origin(&text, "Seeds 0, 1; 28 trainings, ");
}

#[test]
fn each_study_has_a_table_of_its_own() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(&format!("reproduce morcos-2019/optimizers-lenet {SHORT} -i 2"));
    for study in ["then sgd", "then adam"] {
        let table = &text[text.find(&format!(", {study}, ours\n")).unwrap_or_else(|| panic!("{text}"))..];
        let heads = table.lines().find(|line| line.starts_with("| density %")).unwrap();
        assert!(!heads.contains("then") && heads.contains("| adam, transferred |"), "{heads}");
    }
}

#[test]
fn supermasks_are_found_and_learned_for_a_published_table() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(&format!("reproduce zhou-2019/table-1-lenet {SHORT}"));
    for (name, published) in [
        ("lenet-300-100, heuristic, large-final-same-sign, signed constants", "86.00"),
        ("lenet-300-100, learned", "95.30"),
        ("lenet-300-100, learned, rescaled, signed constants", "-"),
        ("lenet-300-100", "-"),
    ] {
        let start = format!("| {name} | {published} | ");
        let row =
            text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}\n{text}"));
        assert!(row.contains(" ± "), "{row}");
    }
    assert_origin(&text, "Seeds 0, 1; 8 trainings, ");
}

#[test]
fn accuracies_of_masks_on_untrained_weights_are_not_called_those_of_trainings() {
    let sandbox = Sandbox::new();
    let folder = sandbox.data().output(&format!("reproduce zhou-2019/supermasks {SHORT} --print-folder"));
    let read = |name: &str| fs::read_to_string(sandbox.join(folder.trim()).join(name)).unwrap();
    assert!(read("comparison.md").contains("\ntest accuracy % of untrained weights, large-final (theirs"));
    let figure = read("comparison.svg");
    assert!(figure.contains(">test accuracy, untrained (%)<") && !figure.contains("early stop"));
    assert_eq!(figure.matches(">published, in the colour and marker of ours<").count(), 1);
}

#[test]
fn what_lacks_its_data_says_where_they_may_come_from() {
    let sandbox = Sandbox::new();
    for name in ["frankle-2020/dense-resnet-20", "zhou-2019/table-1-conv"] {
        sandbox.refused(
            &format!("reproduce {name} --quick"),
            "data set 'cifar-10' is not on this machine",
            "--download",
        );
    }
    assert!(!sandbox.join("runs").exists());
}
