//! Tests of event files.

use std::collections::BTreeMap;

use lth_ticket::Split;

use super::{
    read::{Field, take_field, take_record},
    *,
};
use crate::Experiment;

fn history() -> Vec<MetricRow> {
    let row = |iteration, split, loss| MetricRow { iteration, split, loss, accuracy: 0.25 };
    vec![row(0, Split::Test, 2.5), row(100, Split::Train, 0.125), row(100, Split::Test, 1e-3)]
}

#[test]
fn what_was_written_is_read_back() {
    let bytes = training_event_file(&history(), &Timestamps::default());
    assert_eq!(read_event_file(&bytes).unwrap(), scalars_of(&history()));
}

#[test]
fn every_byte_counts() {
    let bytes = training_event_file(&history(), &Timestamps::default());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(read_event_file(&changed).is_err(), "byte {at}");
    }
    let records: Vec<usize> =
        (0..bytes.len()).filter(|&end| read_event_file(&bytes[..end]).is_ok()).collect();
    // Whole records only: what is missing then, the metrics say.
    assert_eq!(records.len(), scalars_of(&history()).len());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_bytes_of_a_scalar_are_those_of_the_reference_writer() {
    // Written by the reference implementation for the same scalar.
    let expected = "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe92a00000000000000ae8d91f50900001040fc54d94110ac022a1c0a1a0a1376616c69646174696f6e2f6163637572616379150000003fbc09dbcd";
    let scalar =
        Scalar { tag: "validation/accuracy".to_owned(), step: 300, value: 0.5, time: 1_700_000_000.25 };
    assert_eq!(hex(&EventFile::of(&[scalar]).into_bytes()), expected);
}

#[test]
fn the_bytes_of_a_text_are_those_of_the_reference_writer() {
    // Written by the reference implementation for the same text.
    let expected =
        "0900001040fc54d9412a230a210a0873657474696e677342090807120042032320614a0a0a060a04746578742002";
    let mut file = EventFile::new(1_700_000_000.25);
    file.push_text("settings", "# a");
    let bytes = file.into_bytes();
    let mut rest = &bytes[..];
    take_record(&mut rest).unwrap();
    assert_eq!(hex(take_record(&mut rest).unwrap()), expected);
    assert_eq!(read_event_file(&bytes).unwrap(), [], "a text is no number");
}

/// The fields of a message that are bytes, by their number, in order.
fn fields(mut message: &[u8]) -> BTreeMap<u32, Vec<Vec<u8>>> {
    let mut fields: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    while !message.is_empty() {
        let (number, field) = take_field(&mut message).unwrap();
        let bytes = match field {
            Field::Number(number) => number.to_string().into_bytes(),
            Field::Four(bytes) => bytes.to_vec(),
            Field::Eight => b"eight bytes".to_vec(),
            Field::Bytes(bytes) => bytes.to_vec(),
        };
        fields.entry(number).or_default().push(bytes);
    }
    fields
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn settings_are_hyperparameters_of_their_types_and_a_text() {
    let mut experiment = Experiment::new("lenet-300-100", "mnist");
    experiment.recipe.batch_size = 77;
    let mut file = EventFile::new(5.5);
    let control = Variant::Control("random-reinit".parse().unwrap());
    settings::push_settings(&mut file, &experiment, control, "my run", Some(7.5));
    let bytes = file.into_bytes();
    let mut rest = &bytes[..];
    let mut values = BTreeMap::new();
    take_record(&mut rest).unwrap();
    while !rest.is_empty() {
        let event = fields(take_record(&mut rest).unwrap());
        let value = fields(&fields(&event[&5][0])[&1][0]);
        values.insert(text(&value[&1][0]), value);
    }
    let plugin_data = |tag: &str| {
        let metadata = fields(&values[tag][&9][0]);
        assert!(!metadata.contains_key(&4), "with a class and no tensor the Python loader drops it");
        let data = fields(&metadata[&1][0]);
        assert_eq!(text(&data[&1][0]), "hparams");
        fields(&data[&2][0])
    };
    let start = fields(&plugin_data("_hparams_/session_start_info")[&3][0]);
    assert_eq!(text(&start[&4][0]), "my run");
    let hparams: BTreeMap<String, (u32, String)> = start[&1]
        .iter()
        .map(|entry| {
            let entry = fields(entry);
            let (kind, value) = fields(&entry[&2][0]).into_iter().next().unwrap();
            (text(&entry[&1][0]), (kind, text(&value[0])))
        })
        .collect();
    let (number, string) = (2, 3);
    assert_eq!(hparams["recipe.batch_size"].0, number);
    assert_eq!(hparams["recipe.learning_rate"].0, number);
    assert_eq!(hparams["recipe.length"], (string, "50ep".to_owned()));
    assert_eq!(hparams["variant"], (string, "random-reinit".to_owned()));
    assert!(!hparams.contains_key("rounds"), "what extends a run makes no other");
    let end = fields(&plugin_data("_hparams_/session_end_info")[&4][0]);
    assert_eq!((text(&end[&1][0]), end.len()), ("1".to_owned(), 2));
    let written = text(&fields(&values["settings"][&8][0])[&8][0]);
    assert_eq!(written, format!("```toml\n{}```\n", experiment.to_toml()));
}
