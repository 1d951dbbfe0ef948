//! Files that Python's safetensors wrote: the engine's golden files, see `tools/make_golden.py`.

use std::path::PathBuf;

use lth_model::TensorFile;

fn golden(name: &str) -> TensorFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../lth-cpu/tests/golden");
    TensorFile::read(&PathBuf::from(folder).join(name)).unwrap()
}

/// The value at an index of a stream, as the script's documentation gives it.
fn hash(stream: u32, salt: u32, index: u32) -> u32 {
    let mut h = index.wrapping_add((stream + 1000 * salt).wrapping_mul(0x9E37_79B9));
    h ^= h >> 16;
    h = h.wrapping_mul(0x85EB_CA6B);
    h ^= h >> 13;
    h = h.wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

fn unit(h: u32) -> f32 {
    (h >> 8) as f32 / 16_777_216.0
}

#[test]
fn every_file_is_read_with_its_description() {
    for name in ["mlp-dense", "mlp-masked", "lenet-dense", "lenet-masked"] {
        let file = golden(&format!("{name}.safetensors"));
        let description: serde_json::Value = serde_json::from_str(&file.metadata["description"]).unwrap();
        assert!(description["difference"]["gradient"].as_f64().unwrap() < 1e-6, "{name}");
        assert_eq!(TensorFile::from_bytes(&file.to_bytes(), name).unwrap(), file);
    }
}

#[test]
fn the_documented_formula_gives_the_stored_numbers() {
    let file = golden("mlp-masked.safetensors");
    let weight = &file.tensors["initial.fc2.weight"];
    let mask = &file.masks["initial.fc2.weight"];
    assert_eq!((weight.shape(), mask.shape()), (&[13, 17][..], &[13, 17][..]));
    for (index, &value) in weight.data().iter().enumerate() {
        let kept = hash(302, 0, index as u32) % 1000 < 300 && index / 17 != 1 && index % 17 != 2;
        assert_eq!(mask.is_live(index), kept);
        assert_eq!(value, if kept { unit(hash(2, 0, index as u32)) - 0.5 } else { 0.0 });
    }
    for (batch, examples) in [(0, 7), (1, 7), (2, 7), (3, 4)] {
        let inputs = &file.tensors[&format!("batch.{batch}.inputs")];
        assert_eq!(inputs.shape(), [examples, 23]);
        for (index, &value) in inputs.data().iter().enumerate() {
            let h = hash(100 + batch % 2, 0, index as u32);
            assert_eq!(value, if h % 256 < 96 { 0.0 } else { unit(h) });
        }
        for (index, &label) in file.tensors[&format!("batch.{batch}.labels")].data().iter().enumerate() {
            assert_eq!(label, (hash(200 + batch, 0, index as u32) % 5) as f32);
        }
    }
}

#[test]
fn sampled_tensors_follow_the_formula_too() {
    let file = golden("lenet-dense.safetensors");
    for (at, &value) in file.tensors["initial.fc1.weight.sample"].data().iter().enumerate() {
        assert_eq!(value, (unit(hash(0, 3, at as u32 * 97)) - 0.5) * 0.125);
    }
}
