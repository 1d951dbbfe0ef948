//! `lth sweep`: many runs by one command.

use std::fs;

use crate::common::{SMALL, Sandbox, visible};

/// [`SMALL`] without its data folder, which is a flag here.
fn sweep(flags: &str) -> String {
    format!("sweep {} --data-folder data {flags}", SMALL.replace("mnist data", "mnist"))
}

#[test]
fn a_sweep_tells_its_size_trains_and_continues() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let flags = sweep("-i 2 --axis criterion=large-final,movement --axis lr=1e-3,2e-3");
    let told = sandbox.lth(&format!("{flags} --dry-run")).assert().success();
    let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(told.contains("4 runs, 8 trainings, 6 when those that are the same are done once"), "{told}");
    let folder = sandbox.output(&format!("{flags} --dry-run --print-folder"));
    assert!(told.contains(&format!("the folder will be {}", folder.trim())), "{told}");
    assert!(!sandbox.join("runs").exists(), "a dry run writes nothing");
    let table = sandbox.output(&flags);
    assert!(table.starts_with("criterion"), "{table}");
    assert_eq!(table.lines().count(), 5, "{table}");
    let again = sandbox.lth(&flags).assert().success();
    let said = String::from_utf8_lossy(&again.get_output().stderr).into_owned();
    assert!(said.contains("nothing is left to train"), "{said}");
    assert_eq!(String::from_utf8_lossy(&again.get_output().stdout), table);
    let tables = visible(&sandbox.join("runs")).into_iter().map(|folder| folder.join("sweep.csv"));
    let csv = tables.into_iter().find(|path| path.exists()).unwrap();
    assert_eq!(fs::read_to_string(&csv).unwrap().lines().count(), 9);
    assert_eq!(csv.parent().unwrap(), sandbox.join(folder.trim()));
    let (folder, run) = (csv.parent().unwrap().display(), visible(&sandbox.join("runs")).remove(0));
    sandbox.output(&format!("plot --together {folder} --output swept"));
    sandbox.output(&format!("plot --together {folder} {} --output beside", run.display()));
    let figure = |name: &str| fs::read_to_string(sandbox.join(name)).unwrap();
    assert!(
        figure("swept.svg").contains(">criterion movement, learning rate 0.002<"),
        "{}",
        figure("swept.svg")
    );
    assert_eq!(figure("swept.svg"), figure("beside.svg"), "a run beside its sweep is drawn once");
    let listed = sandbox.output("runs --format csv");
    assert_eq!(listed.lines().count(), 5, "{listed}");
}

#[test]
fn a_sweep_of_a_file_names_mistakes_by_their_place() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let base = "model = \"lenet-300-100\"\ndataset = \"mnist\"\nrounds = 2\nvalidation_size = 60\nevaluate_every = 12\n";
    let write = |text: &str| fs::write(sandbox.join("sweep.toml"), format!("{base}{text}")).unwrap();
    write(
        "[axes]\ncriterion = [\"large-final\", \"random\"]\n[recipe]\nlength = \"24it\"\nbatch_size = 20\n",
    );
    let table = sandbox.output("sweep sweep.toml --data-folder data");
    assert_eq!(table.lines().count(), 3, "{table}");
    write("[axes]\ncriterium = [\"random\"]\n");
    sandbox.refused("sweep sweep.toml", "sweep.toml:7:13", "criterion");
    write("[axes]\ncriterion = [\"large-finl\"]\n");
    sandbox.refused("sweep sweep.toml", "sweep.toml:7:13: pruning.criterion = large-finl", "large-final");
    sandbox.refused("sweep absent.toml", "cannot read 'absent.toml'", "path");
    sandbox.refused(&sweep("--axis criterion"), "it has no '='", "criterion=movement");
    sandbox.refused(&sweep("--axis keep=all"), "runs do not differ by it", "");
    let many = sweep("-i 50 --axis seed=1,2,3,4,5");
    sandbox.refused(&many, "250 trainings, and nobody is here to be asked", "--yes");
    sandbox.refused(&sweep("--axis lr=1e-3,-1"), "recipe.learning_rate = -1", "0.0012");
}
