//! Weights and masks that other programs wrote, wherever a file of tensors is named.

use std::fs;

use crate::common::{SMALL, Sandbox};
use lth_model::{BiasInit, InitScheme, Purpose, Seed, Tensor, TensorFile, find_model, initialize};
use safetensors::{Dtype, tensor::TensorView};

/// A network that trains at once.
const FLAGS: &str = "mlp-4 mnist data --validation 60 -b 20 --length 6it --evaluate-every 6";

fn weights() -> Vec<(String, Tensor)> {
    let network = find_model("mlp-4").unwrap().build(&[1, 28, 28], 10).unwrap();
    let (scheme, bias) = (InitScheme::GlorotNormal, BiasInit::Zero);
    initialize(&network, scheme, bias, Seed(5), Purpose::Init, 0).into_iter().collect()
}

/// The value of a mask at an index: four of five are pruned.
fn bit(index: usize) -> f32 {
    f32::from(u8::from(index.is_multiple_of(5)))
}

/// Masks in the types and under the names of other programs, all of the same bits.
fn mask(tensor: &Tensor, dtype: Dtype) -> Vec<u8> {
    let bits = (0..tensor.len()).map(bit);
    match dtype {
        Dtype::F32 => bits.flat_map(f32::to_le_bytes).collect(),
        Dtype::I64 => bits.flat_map(|bit| (bit as i64).to_le_bytes()).collect(),
        _ => bits.map(|bit| bit as u8).collect(),
    }
}

fn write(sandbox: &Sandbox, file: &str, tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>) {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    fs::write(sandbox.join(file), safetensors::serialize(views, None).unwrap()).unwrap();
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    tensor.data().iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn stored(name: &str, tensor: &Tensor) -> (String, Dtype, Vec<usize>, Vec<u8>) {
    (name.to_owned(), Dtype::F32, tensor.shape().to_vec(), bytes(tensor))
}

fn is_weight(name: &str) -> bool {
    name.ends_with("weight")
}

#[test]
fn weights_and_masks_of_pytorch_train_to_the_same_bits_as_our_own() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let weights = weights();
    write(&sandbox, "ours", weights.iter().map(|(name, tensor)| stored(name, tensor)).collect());
    let dotted = weights.iter().filter(|(name, _)| is_weight(name)).map(|(name, tensor)| {
        (format!("{name}.mask"), Dtype::U8, tensor.shape().to_vec(), mask(tensor, Dtype::U8))
    });
    write(&sandbox, "our-masks", dotted.collect());
    let expected = sandbox.output(&format!("train {FLAGS} --initial-weights ours --masks our-masks"));

    // As `torch.compile` and `DataParallel` name them; masks of 64-bit integers, named like the weights.
    let wrapped = weights.iter().map(|(name, tensor)| stored(&format!("_orig_mod.module.{name}"), tensor));
    write(&sandbox, "wrapped", wrapped.collect());
    let plain = weights
        .iter()
        .filter(|(name, _)| is_weight(name))
        .map(|(name, tensor)| (name.clone(), Dtype::I64, tensor.shape().to_vec(), mask(tensor, Dtype::I64)));
    write(&sandbox, "masks", plain.collect());
    // As `torch.nn.utils.prune` does.
    let pruned = weights.iter().flat_map(|(name, tensor)| {
        let name = format!("module.{name}");
        if !is_weight(&name) {
            return vec![stored(&name, tensor)];
        }
        let mask = (format!("{name}_mask"), Dtype::F32, tensor.shape().to_vec(), mask(tensor, Dtype::F32));
        vec![stored(&format!("{name}_orig"), tensor), mask]
    });
    write(&sandbox, "pruned", pruned.collect());

    for (start, said) in [
        ("--initial-weights wrapped --masks masks", "'wrapped': '_orig_mod.module.' before all names"),
        ("--initial-weights ours --masks pruned", "'pruned': weights and masks of torch.nn.utils.prune"),
        ("--initial-weights pruned --masks masks", "'pruned': 'module.' before all names is left out"),
        ("--ticket pruned", "'pruned' is of another program"),
    ] {
        let ran = sandbox.lth(&format!("train {FLAGS} {start}")).assert().success();
        assert_eq!(String::from_utf8_lossy(&ran.get_output().stdout), expected, "{start}");
        let words = String::from_utf8_lossy(&ran.get_output().stderr);
        assert!(words.contains(said), "{start}: {words}");
    }

    let inspected = sandbox.output("inspect pruned");
    assert!(
        inspected.starts_with("weights and masks of no model") && inspected.contains("20.03"),
        "{inspected}"
    );
    assert!(sandbox.output("inspect masks").starts_with("masks of no model"));
    let compared = sandbox.output("compare pruned our-masks --format csv");
    let second = compared.lines().nth(1).unwrap();
    assert!(second.starts_with("\"our-masks\",,,,0.2") && second.contains(",1,1,"), "{compared}");
    let model = "models mlp-4 --masks";
    assert_eq!(sandbox.output(&format!("{model} masks")), sandbox.output(&format!("{model} our-masks")));
}

#[test]
fn half_precision_is_read_and_exported() {
    let sandbox = Sandbox::new();
    let network = find_model("lenet-300-100").unwrap().build(&[1, 28, 28], 10).unwrap();
    let (scheme, bias) = (InitScheme::GlorotNormal, BiasInit::Zero);
    let tensors = initialize(&network, scheme, bias, Seed(5), Purpose::Init, 0);
    // The upper half of an F32 is a BF16.
    let halves = tensors.iter().map(|(name, tensor)| {
        let data = tensor.data().iter().flat_map(|value| ((value.to_bits() >> 16) as u16).to_le_bytes());
        (name.clone(), Dtype::BF16, tensor.shape().to_vec(), data.collect())
    });
    write(&sandbox, "half", halves.collect());
    let shown = sandbox.lth("inspect half").assert().success();
    assert!(String::from_utf8_lossy(&shown.get_output().stdout).starts_with("weights of lenet-300-100"));
    assert!(
        String::from_utf8_lossy(&shown.get_output().stderr).contains("6 tensors of type BF16 read as F32")
    );
    sandbox.output("export half whole.safetensors");
    let whole = TensorFile::read(&sandbox.join("whole.safetensors")).unwrap();
    for (name, tensor) in &tensors {
        let rounded = tensor.data().iter().map(|value| f32::from_bits(value.to_bits() & 0xFFFF_0000));
        assert!(rounded.eq(whole.tensors[name].data().iter().copied()), "{name}");
    }
}

#[test]
fn what_cannot_be_trained_is_refused_at_once_and_shown_by_inspect() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let small = SMALL.replace("lenet-300-100", "mlp-4");
    let mut file = TensorFile { tensors: weights().into_iter().collect(), ..TensorFile::default() };
    // Of a pixel that is always dark, so that no loss would show it.
    file.tensors["fc1.weight"].data_mut()[785] = f32::NAN;
    file.masks.insert("fc1.weight".to_owned(), lth_model::Mask::dense(vec![4, 784]));
    fs::write(sandbox.join("nan"), file.to_bytes()).unwrap();
    let words = "'nan': tensor 'fc1.weight' has the value NaN at index 785";
    for command in [
        format!("train {small} --initial-weights nan"),
        format!("train {small} --ticket nan"),
        format!("find-ticket {small} --initial-weights nan"),
        "compare nan nan".to_owned(),
        "export nan new.safetensors".to_owned(),
        "transfer nan mnist data".to_owned(),
    ] {
        sandbox.refused(&command, words, "lth inspect");
    }
    let shown = sandbox.output("inspect nan");
    assert!(shown.contains("No training can start from this file:\n  tensor 'fc1.weight' has the value NaN"));
    let json: serde_json::Value = serde_json::from_str(&sandbox.output("inspect nan --format json")).unwrap();
    assert_eq!(
        (json["faults"][0]["index"].as_u64(), json["faults"][0]["count"].as_u64()),
        (Some(785), Some(1))
    );

    let mut halves = Tensor::zeros(vec![4, 784]);
    halves.data_mut()[9] = 0.5;
    for name in ["fc1.weight", "fc1.weight.mask"] {
        write(&sandbox, "halves", vec![stored(name, &halves)]);
        let words = format!("'halves': mask '{name}' has the value 0.5 at index 9");
        sandbox.refused(&format!("train {small} --masks halves"), &words, "1 where a weight is kept");
    }
    assert!(sandbox.output("inspect halves").contains("has the value 0.5 at index 9"));

    let ids = ("fc1.bias".to_owned(), Dtype::I32, vec![4], vec![0; 16]);
    let rest = weights().into_iter().filter(|(name, _)| name != "fc1.bias");
    let rest = rest.map(|(name, tensor)| stored(&name, &tensor)).chain([ids]);
    write(&sandbox, "ints", rest.collect());
    sandbox.refused(&format!("train {small} --initial-weights ints"), "'fc1.bias' has type I32", "F16");
    assert!(sandbox.output("inspect ints").contains("I32"));

    fs::write(sandbox.join("w.pth"), b"PK\x03\x04                      \x0a\0\0\0w/data.pkl and so on")
        .unwrap();
    for command in [
        format!("train {small} --initial-weights w.pth"),
        format!("train {small} --masks w.pth"),
        format!("train {small} --ticket w.pth"),
        format!("find-ticket {small} --initial-weights w.pth"),
        "inspect w.pth".to_owned(),
        "compare w.pth w.pth".to_owned(),
        "export w.pth new.safetensors".to_owned(),
        "models mlp-4 --masks w.pth".to_owned(),
        "transfer w.pth mnist data".to_owned(),
    ] {
        sandbox.refused(&command, "'w.pth' is a PyTorch pickle", "torch.load('w.pth'");
    }
    assert!(!sandbox.join("runs").exists() && !sandbox.join("new.safetensors").exists());
}
