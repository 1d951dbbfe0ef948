use std::path::Path;

use super::*;
use crate::find_setting;
use lth_model::Hint;
use std::collections::BTreeSet;

const BASE: &str = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";

fn read(text: &str) -> Result<Sweep, LabError> {
    Sweep::from_toml(&format!("{BASE}{text}"), Path::new("sweep.toml"))
}

#[test]
fn models_may_be_an_axis_and_keep_their_defaults() {
    let text = "dataset = \"cifar-10\"\n[axes]\nmodel = [\"conv-2\", \"resnet-20\"]\n";
    let sweep = Sweep::from_toml(text, Path::new("s.toml")).unwrap();
    let names: Vec<String> =
        sweep.experiments().unwrap().iter().map(|(_, experiment)| experiment.folder_name()).collect();
    assert_eq!(names, ["conv-2-cifar-10-default", "resnet-20-cifar-10-default"]);
}

#[test]
fn dotted_keys_are_axes_too() {
    let sweep = read("[axes]\npruning.rate = [0.2, 0.4]\nrecipe.batch_size = [60, 61, 62]\n").unwrap();
    assert_eq!(sweep.experiments().unwrap().len(), 6);
    let keys: Vec<&str> = sweep.settings().map(|setting| setting.key).collect();
    assert_eq!(keys.len(), 2);
}

#[test]
fn the_file_of_a_sweep_makes_the_same_sweep() {
    let mut sweep = read(
        "recipe.length = \"200it\"\nrecipe.label_smoothing = 0.1\ncontrols = [\"random-reinit\"]\n[axes]\ncriterion = [\"movement\", \"random\"]\n\
         recipe.schedule = [\"cosine\", \"milestones:2ep,0.1\"]\n[[zip]]\nlr = [1e-3, 0.002]\nbatch_size = [60, 30]\n\
         [[exclude]]\ncriterion = \"random\"\nlr = 2e-3\n",
    )
    .unwrap();
    let length = (find_setting("length").unwrap(), Value::of("300it"));
    sweep.extend(vec![length], vec![Axis::parse("rewind=0it,100it").unwrap()]).unwrap();
    let again = Sweep::from_toml(&sweep.to_toml(), Path::new("sweep.toml")).unwrap();
    let names = |sweep: &Sweep| -> BTreeSet<String> {
        sweep.experiments().unwrap().iter().map(|(_, experiment)| experiment.folder_name()).collect()
    };
    assert_eq!(names(&sweep), names(&again));
    assert_eq!(names(&again).len(), 12);
    assert_eq!(again.to_toml(), sweep.to_toml());
}

#[test]
fn a_file_keeps_the_order_of_its_lines() {
    let axes = vec![Axis::parse("lr=1e-3,2e-3").unwrap(), Axis::parse("criterion=random,movement").unwrap()];
    let base = [("model", "lenet-5"), ("seed", "3"), ("dataset", "mnist")];
    let base = base.map(|(key, value)| (find_setting(key).unwrap(), Value::of(value)));
    let sweep = Sweep::new(base.to_vec(), axes).unwrap();
    let again = Sweep::from_toml(&sweep.to_toml(), Path::new("sweep.toml")).unwrap();
    assert_eq!(again.to_toml(), sweep.to_toml());
    let keys = |sweep: &Sweep| sweep.settings().map(|setting| setting.key).collect::<Vec<_>>();
    assert_eq!(keys(&again), keys(&sweep));
}

#[test]
fn mistakes_are_shown_with_their_place_and_the_nearest_name() {
    for (text, place, part, hint) in [
        ("[axes]\ncriterium = [\"movement\"]\n", "4:13", "criterium", "criterion"),
        ("[axes]\ncriterion = \"movement\"\n", "4:13", "a list of values", "criterion = [...]"),
        ("replicats = 3\n[axes]\nlr = [1]\n", "3:1", "unknown setting", "replicates"),
        ("[zip]\nlr = [1]\n", "3:1", "list of tables", "[[zip]]"),
        ("[[zip]]\nlr = [1, 2]\nbatch_size = [3]\n", "3:1", "as many", "as many"),
        ("[[exclude]]\nepoch = 3\n", "4:9", "no setting", ""),
    ] {
        let error = read(text).err().unwrap_or_else(|| panic!("{text}"));
        let said = error.to_string();
        assert!(said.starts_with(&format!("sweep.toml:{place}")) && said.contains(part), "{said}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{said}: {:?}", error.hint());
    }
    let error = read("[axes]\ncriterion = [\"movemnt\"]\n").err().unwrap();
    assert!(error.hint().unwrap().contains("movement"), "{error}");
    assert!(read("[axes]\nlr = [1, 2]\n[[zip]]\nlearning_rate = [3]\nbatch_size = [60]\n").is_err());
}
