//! Files that other programs wrote: other types of numbers, other names, other formats.

use lth_model::{ForeignFormat, GivenFile, Hint, TensorFault, TensorFileError, find_model, mlp};
use safetensors::{Dtype, tensor::TensorView};

/// A file of these tensors, in the name of other programs: without metadata.
fn file(tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        ((*name).to_owned(), TensorView::new(*dtype, shape.to_vec(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn given(bytes: &[u8]) -> GivenFile {
    GivenFile::from_bytes(bytes, "w.safetensors", None).unwrap()
}

fn values<'a>(given: &'a GivenFile, name: &str) -> &'a [f32] {
    given.contents().tensors[name].data()
}

#[test]
fn other_floating_point_numbers_are_converted_and_told() {
    let bytes = file(&[
        // 1, -2, the largest, and the smallest of all numbers.
        ("half", Dtype::F16, &[4], [0x3C00_u16, 0xC000, 0x7BFF, 0x0001].map(u16::to_le_bytes).concat()),
        ("brain", Dtype::BF16, &[2], [0x3F80_u16, 0xC049].map(u16::to_le_bytes).concat()),
        ("double", Dtype::F64, &[3], [0.1_f64, -0.0, 1e-300].map(f64::to_le_bytes).concat()),
        ("single", Dtype::F32, &[1], f32s(&[0.1])),
        ("bn.num_batches_tracked", Dtype::I64, &[], 7_i64.to_le_bytes().to_vec()),
    ]);
    let given = given(&bytes);
    assert_eq!(values(&given, "half"), [1.0, -2.0, 65504.0, 2.0_f32.powi(-24)]);
    assert_eq!(values(&given, "brain"), [1.0, -3.140_625]);
    assert_eq!(values(&given, "double"), [0.1, -0.0, 0.0]);
    assert_eq!(given.contents().tensors.len(), 4);
    let notes = ["1 tensor of type F16 read as F32", "1 tensor of type BF16 read as F32"];
    let notes = [notes[0], notes[1], "1 tensor of type F64 read as F32, rounded"];
    assert_eq!(given.notes(), notes.map(|note| format!("'w.safetensors': {note}")));
    given.into_file().unwrap();
}

#[test]
fn what_is_not_finite_is_named_with_its_place() {
    let half = [0x3C00_u16, 0x7C00].map(u16::to_le_bytes).concat();
    for (dtype, data, value) in [
        (Dtype::F32, f32s(&[0.0, f32::NAN]), "NaN"),
        (Dtype::F32, f32s(&[0.0, f32::NEG_INFINITY]), "-inf"),
        (Dtype::F16, half, "inf"),
        (Dtype::F64, [1.0_f64, 1e300].map(f64::to_le_bytes).concat(), "inf"),
    ] {
        let given = given(&file(&[("fc1.weight", dtype, &[1, 2], data)]));
        assert_eq!(given.faults().len(), 1);
        let error = given.into_file().unwrap_err();
        let words = format!("'w.safetensors': tensor 'fc1.weight' has the value {value} at index 1");
        assert_eq!(error.to_string(), words);
        assert!(error.hint().unwrap().contains("lth inspect"));
    }
    let many = given(&file(&[("a", Dtype::F32, &[3], f32s(&[f32::NAN, 1.0, f32::NAN]))]));
    assert!(many.into_file().unwrap_err().to_string().ends_with("at index 0, 2 such values in all"));
}

#[test]
fn masks_have_any_type_of_numbers() {
    let kept = [1_u8, 0, 1];
    let i64s = |values: &[i64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    for (dtype, data) in [
        (Dtype::U8, kept.to_vec()),
        (Dtype::BOOL, kept.to_vec()),
        (Dtype::I8, kept.to_vec()),
        (Dtype::I32, kept.iter().flat_map(|&bit| i32::from(bit).to_le_bytes()).collect()),
        (Dtype::I64, i64s(&[1, 0, 1])),
        (Dtype::F32, f32s(&[1.0, -0.0, 1.0])),
        (Dtype::F16, [0x3C00_u16, 0, 0x3C00].map(u16::to_le_bytes).concat()),
        (Dtype::F64, [1.0_f64, 0.0, 1.0].map(f64::to_le_bytes).concat()),
    ] {
        // Named with .mask, as `torch.nn.utils.prune` names them, or like the weight.
        for name in ["fc1.weight.mask", "fc1.weight_mask", "fc1.weight"] {
            let bytes = file(&[(name, dtype, &[1, 3], data.clone())]);
            let masks = given(&bytes).into_masks().unwrap();
            assert_eq!(
                masks["fc1.weight"].flags().collect::<Vec<_>>(),
                [true, false, true],
                "{dtype} {name}"
            );
            let told = given(&bytes).with_masks_told_by_values();
            assert_eq!(told.contents().masks, masks, "{dtype} {name}");
        }
    }
    for (dtype, data, value) in [
        (Dtype::F32, f32s(&[1.0, 0.0, 0.5]), "0.5"),
        (Dtype::F32, f32s(&[1.0, 0.0, f32::NAN]), "NaN"),
        (Dtype::I64, i64s(&[1, 0, 256]), "256"),
        (Dtype::I64, i64s(&[1, 0, -1]), "-1"),
    ] {
        for name in ["fc1.weight.mask", "fc1.weight"] {
            let given = given(&file(&[(name, dtype, &[1, 3], data.clone())]));
            let error = given.with_masks_told_by_values().into_masks().unwrap_err();
            let words = format!(
                "'w.safetensors': mask '{name}' has the value {value} at index 2, only 0 and 1 are allowed"
            );
            assert_eq!(error.to_string(), words);
        }
    }
}

#[test]
fn other_types_are_named_and_can_still_be_looked_at() {
    let bytes = file(&[
        ("ids", Dtype::I64, &[1], vec![9, 0, 0, 0, 0, 0, 0, 0]),
        ("small", Dtype::F8_E4M3, &[2], vec![0, 1]),
        ("w", Dtype::F32, &[1], f32s(&[1.5])),
    ]);
    let given = given(&bytes);
    let others: Vec<_> =
        given.others().iter().map(|other| (other.name.as_str(), other.dtype.as_str())).collect();
    assert_eq!(others, [("ids", "I64"), ("small", "F8_E4M3")]);
    assert_eq!(values(&given, "w"), [1.5]);
    let error = given.clone().into_file().unwrap_err();
    assert_eq!(error.to_string(), "'w.safetensors': tensor 'ids' has type I64, which weights do not have");
    assert!(!error.hint().unwrap().contains("truncated"));
    assert!(given.into_masks().unwrap_err().to_string().contains("'w' has the value 1.5 at index 0"));
}

#[test]
fn prefixes_of_wrapping_modules_are_left_out() {
    for prefix in ["module.", "_orig_mod.", "model.", "_orig_mod.module.", "module._orig_mod."] {
        let (weight, bias) = (format!("{prefix}fc1.weight"), format!("{prefix}fc1.bias"));
        let bytes =
            file(&[(&weight, Dtype::F32, &[1, 1], f32s(&[2.0])), (&bias, Dtype::F32, &[1], f32s(&[3.0]))]);
        let given = given(&bytes);
        assert_eq!((values(&given, "fc1.weight"), values(&given, "fc1.bias")), (&[2.0][..], &[3.0][..]));
        assert_eq!(given.notes(), [format!("'w.safetensors': '{prefix}' before all names is left out")]);
    }
    // One name without it: it is a part of the names.
    let bytes = file(&[
        ("model.fc1.weight", Dtype::F32, &[1], f32s(&[2.0])),
        ("fc2.weight", Dtype::F32, &[1], f32s(&[3.0])),
    ]);
    assert_eq!(values(&given(&bytes), "model.fc1.weight"), [2.0]);
}

#[test]
fn names_of_the_network_keep_what_they_begin_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let text = "input = [2]\n[[layers]]\nname = \"model.fc\"\nkind = \"linear\"\noutputs = \"classes\"\n";
    std::fs::write(&path, text).unwrap();
    let network = find_model(&path.display().to_string()).unwrap().build_as_made().unwrap();
    let bytes = file(&[("module.model.fc.weight", Dtype::F32, &[1], f32s(&[2.0]))]);
    let given = GivenFile::from_bytes(&bytes, "w", Some(&network)).unwrap();
    assert_eq!(values(&given, "model.fc.weight"), [2.0]);
    // A file of ours has the names of its network, whatever these are.
    let metadata = std::collections::HashMap::from([("kind".to_owned(), "weights".to_owned())]);
    let data = f32s(&[2.0]);
    let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
    let bytes = safetensors::serialize([("model.fc.weight", view)], Some(metadata)).unwrap();
    assert_eq!(values(&GivenFile::from_bytes(&bytes, "w", None).unwrap(), "model.fc.weight"), [2.0]);
}

#[test]
fn pairs_of_the_pruning_module_are_weights_and_masks() {
    let bytes = file(&[
        ("module.fc1.bias", Dtype::F32, &[1], f32s(&[0.5])),
        ("module.fc1.weight_mask", Dtype::F32, &[1, 3], f32s(&[1.0, 0.0, 1.0])),
        ("module.fc1.weight_orig", Dtype::F32, &[1, 3], f32s(&[1.5, 2.5, -3.5])),
        ("module.fc2.bias_mask", Dtype::F32, &[2], f32s(&[1.0, 1.0])),
        ("module.fc2.bias_orig", Dtype::F32, &[2], f32s(&[4.0, 5.0])),
        ("module.fc2.weight", Dtype::F32, &[2, 1], f32s(&[6.0, 7.0])),
    ]);
    let given = given(&bytes);
    assert_eq!(given.notes().len(), 2, "{:?}", given.notes());
    let read = given.into_file().unwrap();
    assert_eq!(read.tensors["fc1.weight"].data(), [1.5, 0.0, -3.5]);
    assert_eq!(read.masks["fc1.weight"].flags().collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(read.masks.len(), 1, "a mask that keeps all of a bias says nothing");
    mlp("net", &[3], &[1], 2).check_tensors(&read.tensors).unwrap();
}

#[test]
fn pickles_and_arrays_are_called_what_they_are() {
    let zip = |entry: &str| {
        let length = (entry.len() as u16).to_le_bytes();
        [&b"PK\x03\x04"[..], &[0; 22], &length, &[0, 0], entry.as_bytes(), &[0; 40]].concat()
    };
    let cases = [
        (zip("w/data.pkl"), ForeignFormat::TorchPickle),
        (zip("fc1.weight.npy"), ForeignFormat::NumPy),
        (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec(), ForeignFormat::TorchPickle),
        (b"\x80\x04\x95\x20\0\0\0\0\0\0\0}".to_vec(), ForeignFormat::TorchPickle),
        (b"\x93NUMPY\x01\0v\0{'descr'".to_vec(), ForeignFormat::NumPy),
        (b"\x89HDF\r\n\x1a\n\0\0\0".to_vec(), ForeignFormat::Hdf5),
    ];
    for (bytes, format) in cases {
        let error = GivenFile::from_bytes(&bytes, "nets/w.pth", None).unwrap_err();
        assert!(
            matches!(&error, TensorFileError::Foreign { format: found, .. } if *found == format),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("save_file"), "{error}");
    }
    let pickle = GivenFile::from_bytes(&zip("w/data.pkl"), "nets/w.pth", None).unwrap_err();
    assert_eq!(pickle.to_string(), "'nets/w.pth' is a PyTorch pickle, not a safetensors file");
    let hint = pickle.hint().unwrap();
    assert!(hint.contains("torch.load('nets/w.pth'") && hint.contains("'nets/w.safetensors'"), "{hint}");
    // The length of a header may have the bytes of a pickle.
    let name = "x".repeat(0x280 - 56);
    let data = f32s(&[1.0]);
    let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
    let bytes = safetensors::serialize([(name, view)], None).unwrap();
    assert_eq!(&bytes[..3], [0x80, 2, 0]);
    given(&bytes);
}

#[test]
fn a_mask_of_another_shape_is_a_fault() {
    let bytes = file(&[
        ("fc1.weight.mask", Dtype::U8, &[2, 1], vec![1, 0]),
        ("fc1.weight", Dtype::F32, &[1, 2], f32s(&[1.0, 2.0])),
    ]);
    let given = given(&bytes);
    assert!(matches!(given.faults(), [TensorFault::MaskShape { .. }]));
    assert!(given.into_masks().unwrap_err().to_string().contains("has shape [2, 1], its weight [1, 2]"));
}
