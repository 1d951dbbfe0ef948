//! Everything that a user can get wrong: one clear message, a hint, exit code 2, nothing lost.

use std::fs;

use crate::common::{SMALL, Sandbox, exact_files, files, run_folder};

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let sandbox = Sandbox::new();
    sandbox.refused(
        "find-ticket lenet-300 mnist",
        "there is no model 'lenet-300'",
        "did you mean 'lenet-300-100'?",
    );
    sandbox.refused(
        "find-ticket lenet-300-100 mnits",
        "there is no data set 'mnits'",
        "did you mean 'mnist'?",
    );
    sandbox.refused("train gpt mnist", "there is no model 'gpt'", "`lth models` lists all");
    sandbox.refused(
        "find-wining-ticket",
        "unrecognized subcommand 'find-wining-ticket'",
        "'find-winning-ticket'",
    );
    sandbox.refused("models --verbosit error", "unexpected argument '--verbosit'", "--verbosity");
    sandbox.refused("find-ticket lenet-300-100", "<DATASET>", "--help");
    assert!(fs::read_dir(sandbox.path()).unwrap().next().is_none(), "something was written");
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::new();
    for (flags, error, hint) in [
        ("-e 0", "recipe.length = 0ep", "50ep"),
        ("-e -3", "recipe.length = -3ep", "50ep"),
        ("-e 1.5", "recipe.length = 1.5ep", "50ep"),
        ("-b 0", "recipe.batch_size = 0: it must be a whole number of at least 1", "60"),
        ("-b -60", "recipe.batch_size = -60", "60"),
        ("-l 0", "recipe.learning_rate = 0: it must be a positive number", "0.0012"),
        ("-l -0.1", "recipe.learning_rate = -0.1", "0.0012"),
        ("-l nan", "recipe.learning_rate = nan", "0.0012"),
        ("-i 0", "rounds = 0: it must be a whole number of at least 1", "20"),
        ("--pruning-rate 0", "pruning.rate = 0", "0.2 for 20 %"),
        ("--pruning-rate 1", "pruning.rate = 1", "0.2 for 20 %"),
        ("--pruning-rate -0.2", "pruning.rate = -0.2", "0.2 for 20 %"),
        ("--output-pruning-rate 1.5", "pruning.output_rate = 1.5", "0.2 for 20 %"),
        ("--layer-rate fc1=2", "pruning.layer_rates = fc1=2", "0.2 for 20 %"),
        ("--layer-rate fc7=0.2", "there is no prunable layer 'fc7'", "fc1, fc2, fc3"),
        ("--length 50", "recipe.length = 50: a unit is missing", "50ep"),
        ("--length 0it", "recipe.length = 0it: it is no training at all", "50ep"),
        ("--rewind 1ep --length 1ep", "pruning.rewind = 1ep", "before the end"),
        ("--jobs 0", "the number of jobs '0'", "--jobs 2"),
        ("--replicates 0", "replicates = 0", "5"),
        ("-i 2000000000", "rounds = 2000000000", "10000 at most"),
        ("-i 2000000000 --one-shot", "rounds = 2000000000", "10000 at most"),
        ("--replicates 2000000000", "replicates = 2000000000", "100000 trainings at most"),
        ("--jobs 2000000000", "the number of jobs '2000000000'", "--jobs 2"),
        ("--threads 2000000000", "the number of threads '2000000000'", "--threads 2"),
        ("-b 18446744073709551615", "recipe.batch_size = 18446744073709551615", "no larger than the data"),
        ("--rewind 4000000000ep", "pruning.rewind = 4000000000ep", "before the end"),
        ("--evaluate-every 0", "evaluate_every = 0", "100"),
        ("--validation -1", "validation_size = -1", "5000"),
        ("--seed x", "seed = x", "0"),
        ("--keep some", "keep = some", "tickets, last, best, all"),
        ("--criterion large", "large", ""),
        ("--control reinit", "controls = reinit", "random-reinit"),
        ("--set batchsize=3", "there is no setting 'batchsize'", "did you mean 'batch_size'?"),
        ("--set model=conv-2", "model cannot be set so", "name model and data set in the command"),
        ("--optimizer adan", "recipe.optimizer = adan", "did you mean 'adam'?"),
        ("--momentum 0.9", "it is a setting of SGD", "--optimizer sgd"),
        ("-e 2 --length 5it", "cannot be used with", "--help"),
        ("-b 241 --validation 60", "recipe.batch_size = 241", "no larger than the data"),
        ("--validation 300", "validation_size = 300", "fewer"),
    ] {
        sandbox.data().refused(
            &format!("find-ticket lenet-300-100 mnist data --validation 60 {flags}")
                .replace("--validation 60 --validation", "--validation")
                .replace("--validation 60 -b 241 --validation 60", "--validation 60 -b 241"),
            error,
            hint,
        );
    }
    assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
}

#[test]
fn data_files_that_are_not_right_are_named() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 1");
    let images = "data/train-images-idx3-ubyte";
    // A place for data need not exist; the folder that a run is told to read must.
    let settings = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
    fs::write(sandbox.join("a.toml"), settings).unwrap();
    sandbox.refused("run a.toml --data-folder data", "data folder 'data' does not exist", "spelling");
    fs::write(sandbox.join("data"), "x").unwrap();
    sandbox.refused(&command, "data folder 'data' is a file", "folder");
    fs::remove_file(sandbox.join("data")).unwrap();

    let whole = fs::read(sandbox.data().join(images)).unwrap();
    let mut wrong_magic = whole.clone();
    wrong_magic[3] = 9;
    for bytes in [&[][..], &whole[..10], &whole[..whole.len() - 1], &wrong_magic] {
        fs::write(sandbox.join(images), bytes).unwrap();
        sandbox.refused(&command, "train-images-idx3-ubyte", "");
    }
    fs::remove_file(sandbox.join(images)).unwrap();
    sandbox.refused(&command, "train-images-idx3-ubyte", "four IDX files");

    // The labels of the test set beside the images of the training set.
    sandbox.data();
    fs::copy(sandbox.join("data/t10k-labels-idx1-ubyte"), sandbox.join("data/train-labels-idx1-ubyte"))
        .unwrap();
    sandbox.refused(&command, "300 images", "same data set");
    assert!(!sandbox.join("runs").exists());
}

#[test]
fn a_data_set_that_is_not_there_is_not_downloaded_unasked() {
    let sandbox = Sandbox::new();
    // Where Debian's package is installed the data set is there.
    if !std::path::Path::new("/usr/share/datasets/fashion-mnist").exists() {
        sandbox.refused("find-ticket lenet-300-100 fashion-mnist", "is not on this machine", "--download");
    }
    sandbox.refused("train lenet-300-100 mnist --mirror http://localhost", "--download", "--help");
    sandbox.refused(
        "train lenet-300-100 mnist --download --mirror gopher://x",
        "mirror 'gopher://x'",
        "--mirror",
    );
}

#[test]
fn an_experiment_file_with_a_mistake_is_shown_its_place() {
    let sandbox = Sandbox::new();
    let head = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
    fs::write(sandbox.join("a.toml"), format!("{head}replicats = 3\n")).unwrap();
    sandbox.refused("run a.toml", "a.toml:3:1: unknown setting 'replicats'", "did you mean 'replicates'?");
    fs::write(sandbox.join("b.toml"), format!("{head}[pruning]\nrate = 1.5\n")).unwrap();
    sandbox.refused("run b.toml", "b.toml:4:8", "");
    fs::write(sandbox.join("c.toml"), "model = \"lenet-300\"\ndataset = \"mnist\"\n").unwrap();
    sandbox.refused("run c.toml", "there is no model 'lenet-300'", "lenet-300-100");
    fs::write(sandbox.join("d.toml"), format!("{head}rounds = 2000000000\n")).unwrap();
    sandbox.refused("run d.toml", "rounds = 2000000000", "10000 at most");
    sandbox.refused("run absent.toml", "cannot read 'absent.toml'", "path");
}

#[test]
fn a_folder_of_a_newer_version_is_left_alone() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 1");
    sandbox.data().output(&command);
    let file = run_folder(&sandbox).join("experiment.toml");
    let newer = fs::read_to_string(&file).unwrap().replace("format = 2", "format = 99");
    fs::write(&file, newer).unwrap();
    let before = files(&run_folder(&sandbox));
    sandbox.refused(&command, "has format 99", "update lth");
    sandbox.refused(&format!("plot {}", run_folder(&sandbox).display()), "has format 99", "update lth");
    assert_eq!(files(&run_folder(&sandbox)), before);
}

#[test]
fn what_is_no_run_is_refused() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("empty")).unwrap();
    sandbox.refused("plot empty", "'empty' is not a run folder", "lth find-winning-ticket");
    sandbox.refused("plot absent", "'absent' is not a run folder", "");
}

#[test]
fn an_output_path_that_cannot_be_a_folder_is_refused() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.data().join("file"), "precious").unwrap();
    sandbox.refused(&format!("find-ticket {SMALL} -i 1 --output-path file"), "cannot write", "--output-path");
    assert_eq!(fs::read_to_string(sandbox.join("file")).unwrap(), "precious");
    let long = "x".repeat(300);
    let command = format!("train {SMALL} --save-weights {long}");
    sandbox.refused(&command, "cannot write", "shorter name");
    let command = format!("find-ticket {SMALL} -i 1 --output-path {long}");
    sandbox.refused(&command, "cannot write", "choose a shorter one");
    sandbox.refused("models --logging-path absent/log", "cannot write the log file", "--logging-path");
}

#[test]
fn a_loss_that_is_no_number_stops_its_replicate_with_the_iteration() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 2 --optimizer sgd -l 1e30");
    sandbox.data().fails(&command, 1, "not a finite number any more at iteration", "lower learning rate");
    sandbox.fails(&format!("{command} --replicates 2"), 1, "every replicate failed", "lower learning rate");
    let reason = "replicate 0, round 0: the loss is not a finite number any more";
    let table = sandbox.output("runs");
    assert!(
        table.contains(" failed ") && table.contains(reason) && table.contains("and one more"),
        "{table}"
    );
    let run = table.lines().last().unwrap().split(": ").next().unwrap();
    assert!(sandbox.output(&format!("show {run}")).contains(&format!("Failed: {reason}")));
    let drawn = sandbox.lth(&format!("plot {run}")).assert().success();
    let said = String::from_utf8_lossy(&drawn.get_output().stderr).into_owned();
    assert!(said.lines().count() == 1 && said.contains(reason), "{said}");
}

/// Files may not grow beyond a limit: to the program it is a disk that is full in the middle of a run.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_run_and_leaves_valid_files() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 2 --no-figures");
    let program = assert_cmd::cargo::cargo_bin("lth");
    // 1,200 blocks of 1,024 bytes: initial.safetensors fits, ticket.safetensors with its masks does not.
    let script = format!("trap '' XFSZ; ulimit -f 1200; exec '{}' {command}", program.display());
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(sandbox.data().path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("error: ") && stderr.contains("cannot write") && stderr.contains("hint: "),
        "{stderr}"
    );
    for (name, bytes) in files(&run_folder(&sandbox)) {
        assert!(!name.ends_with(".unfinished"), "{name} was left");
        if name.ends_with(".safetensors") {
            lth_model::TensorFile::from_bytes(&bytes, &name).unwrap();
        }
    }
    let other = Sandbox::new();
    other.data().output(&command);
    sandbox.output(&command);
    assert_eq!(exact_files(&run_folder(&sandbox)), exact_files(&run_folder(&other)));
}
