//! Tickets on disk: what is written is read again to the bit, and whatever is broken is refused in words.

use std::collections::BTreeMap;

use lth_model::{Hint, Mask, Masks, Tensor, TensorFile, TensorFileError, Tensors};
use proptest::prelude::*;
use safetensors::{Dtype, tensor::TensorView};

fn example() -> TensorFile {
    TensorFile {
        tensors: Tensors::from([
            ("fc2.weight".to_owned(), Tensor::new(vec![1, 2], vec![f32::MIN_POSITIVE, -0.0])),
            ("fc1.weight".to_owned(), Tensor::new(vec![2, 3], vec![1.0, -2.5, 0.0, 3.0, f32::MAX, 1e-40])),
            ("fc1.bias".to_owned(), Tensor::new(vec![2], vec![0.5, -0.5])),
        ]),
        masks: Masks::from([(
            "fc1.weight".to_owned(),
            Mask::from_flags(vec![2, 3], [true, true, false, true, false, true]),
        )]),
        metadata: BTreeMap::from(
            ["model", "seed", "round", "density", "data"]
                .map(|key| (key.to_owned(), format!("{key} \"é\"\n"))),
        ),
    }
}

fn reason(bytes: &[u8]) -> String {
    match TensorFile::from_bytes(bytes, "t.safetensors") {
        Err(error) => {
            assert!(error.hint().is_some());
            error.to_string()
        }
        other @ Ok(_) => panic!("accepted or refused otherwise: {other:?}"),
    }
}

fn stored(name: &str, dtype: Dtype, shape: Vec<usize>, data: &[u8]) -> Vec<u8> {
    safetensors::serialize([(name, TensorView::new(dtype, shape, data).unwrap())], None).unwrap()
}

/// A file with this header and this many bytes of data.
fn with_header(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn the_same_contents_give_the_same_bytes() {
    let bytes = example().to_bytes();
    assert_eq!(
        blake3::hash(&bytes).to_hex().as_str(),
        "4cf9af4f20eca9e19ace105064f7babe8d4997676bbb66f6da917a7f7605972e"
    );
    for _ in 0..20 {
        let mut file = TensorFile::from_bytes(&bytes, "").unwrap();
        assert_eq!(file, example());
        assert_eq!(file.to_bytes(), bytes);
        file.tensors.reverse();
        assert_eq!(file.to_bytes(), bytes, "the order of insertion must not matter");
    }
}

#[test]
fn tensors_come_in_the_order_of_the_file() {
    for _ in 0..20 {
        let file = TensorFile::from_bytes(&example().to_bytes(), "").unwrap();
        assert_eq!(file.tensors.keys().collect::<Vec<_>>(), ["fc1.bias", "fc1.weight", "fc2.weight"]);
    }
}

#[test]
fn other_readers_understand_the_file() {
    let bytes = example().to_bytes();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("fc1.weight").unwrap().dtype(), Dtype::F32);
    let mask = file.tensor("fc1.weight.mask").unwrap();
    assert_eq!((mask.dtype(), mask.shape(), mask.data()), (Dtype::U8, &[2, 3][..], &[1, 1, 0, 1, 0, 1][..]));
    let header = u64::from_le_bytes(*bytes.first_chunk().unwrap());
    assert_eq!(header % 8, 0, "the data must be aligned");
}

#[test]
fn an_empty_file_of_ours_and_a_file_with_metadata_only() {
    let mut file = TensorFile::default();
    assert_eq!(TensorFile::from_bytes(&file.to_bytes(), "").unwrap(), file);
    file.metadata.insert("k".to_owned(), "v".to_owned());
    assert_eq!(TensorFile::from_bytes(&file.to_bytes(), "").unwrap(), file);
}

#[test]
fn masks_may_come_without_their_weights() {
    let file = TensorFile { tensors: Tensors::new(), metadata: BTreeMap::new(), ..example() };
    assert_eq!(TensorFile::from_bytes(&file.to_bytes(), "").unwrap(), file);
}

#[test]
fn every_truncation_is_refused() {
    let bytes = example().to_bytes();
    for length in 0..bytes.len() {
        reason(&bytes[..length]);
    }
    assert!(reason(&[]).contains("it is empty"));
    assert!(reason(&bytes[..5]).contains("5 bytes"));
    assert!(reason(&bytes[..bytes.len() - 1]).contains("truncated"));
}

#[test]
fn what_follows_the_end_is_refused() {
    let mut bytes = example().to_bytes();
    bytes.push(0);
    reason(&bytes);
}

#[test]
fn other_types_are_refused_by_name() {
    let error = reason(&stored("fc1.weight", Dtype::I64, vec![1], &[0; 8]));
    assert_eq!(error, "'t.safetensors': tensor 'fc1.weight' has type I64, which weights do not have");
    let error = reason(&stored("fc1.weight.mask", Dtype::U8, vec![2, 2], &[0, 1, 2, 1]));
    assert!(error.contains("value 2 at index 2"), "{error}");
}

#[test]
fn boolean_masks_are_understood() {
    let file = TensorFile::from_bytes(&stored("a.mask", Dtype::BOOL, vec![3], &[1, 0, 1]), "").unwrap();
    assert_eq!(file.masks["a"].flags().collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn a_mask_of_another_shape_than_its_weight_is_refused() {
    let mut file = example();
    file.masks.insert("fc2.weight".to_owned(), Mask::dense(vec![2, 1]));
    assert!(reason(&file.to_bytes()).contains("mask 'fc2.weight.mask' has shape [2, 1], its weight [1, 2]"));
}

#[test]
fn not_a_number_is_data() {
    let bytes =
        stored("a", Dtype::F32, vec![2], &[f32::NAN.to_le_bytes(), f32::INFINITY.to_le_bytes()].concat());
    assert!(TensorFile::from_bytes(&bytes, "").unwrap().tensors["a"].data()[0].is_nan());
}

#[test]
fn impossible_headers_are_refused() {
    let huge = u64::MAX - 3;
    for header in [
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        r#"{"a":1}"#.to_owned(),
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#.to_owned(),
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#.to_owned(),
        r#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#.to_owned(),
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#.to_owned(),
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#.to_owned(),
        format!(r#"{{"a":{{"dtype":"F32","shape":[{huge},{huge}],"data_offsets":[0,4]}}}}"#),
        format!(r#"{{"a":{{"dtype":"U8","shape":[{}],"data_offsets":[0,{}]}}}}"#, huge / 8, huge / 8),
        format!(r#"{{"a":{{"dtype":"U8","shape":[{huge}],"data_offsets":[0,{huge}]}}}}"#),
    ] {
        for data in [0, 4, 8] {
            reason(&with_header(&header, data));
        }
    }
    let mut long = example().to_bytes();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(reason(&long).contains("header"));
}

#[test]
fn a_missing_file_is_named() {
    let error = TensorFile::read(std::path::Path::new("/no/such/ticket.safetensors")).unwrap_err();
    assert!(matches!(error, TensorFileError::Io { .. }));
    assert!(error.to_string().starts_with("cannot read '/no/such/ticket.safetensors': "), "{error}");
}

fn any_file() -> impl Strategy<Value = TensorFile> {
    let shape = prop::collection::vec(0usize..5, 0..4);
    let tensor = shape.clone().prop_flat_map(|shape| {
        let count = shape.iter().product::<usize>();
        (Just(shape), prop::collection::vec(-1e30f32..1e30, count))
            .prop_map(|(shape, data)| Tensor::new(shape, data))
    });
    let mask = shape.prop_flat_map(|shape| {
        let count = shape.iter().product::<usize>();
        (Just(shape), prop::collection::vec(any::<bool>(), count))
            .prop_map(|(shape, flags)| Mask::from_flags(shape, flags))
    });
    (
        prop::collection::vec((r"[a-z]{1,3}\.w", tensor), 0..5),
        prop::collection::vec((r"[a-z]{1,3}\.v", mask), 0..5),
        prop::collection::btree_map(any::<String>(), any::<String>(), 0..5),
    )
        .prop_map(|(tensors, masks, metadata)| TensorFile {
            tensors: tensors.into_iter().collect(),
            masks: masks.into_iter().collect(),
            metadata,
        })
}

proptest! {
    #[test]
    fn round_trip(file in any_file()) {
        let bytes = file.to_bytes();
        let read = TensorFile::from_bytes(&bytes, "").unwrap();
        prop_assert_eq!(&read, &file);
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn damage_never_panics(file in any_file(), at in any::<prop::sample::Index>(), value: u8, cut in any::<prop::sample::Index>()) {
        let mut bytes = file.to_bytes();
        prop_assert!(TensorFile::from_bytes(&bytes[..cut.index(bytes.len())], "").is_err());
        let at = at.index(bytes.len());
        bytes[at] = value;
        let _ = TensorFile::from_bytes(&bytes, "");
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(TensorFile::from_bytes(&bytes, "").is_err());
    }
}
