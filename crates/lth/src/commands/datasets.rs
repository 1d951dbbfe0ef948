//! `lth datasets`.

use lth_data::{
    ChannelStatistics, DATASETS, Dataset, DatasetInfo, DatasetName, DatasetView, NormalizationMethod,
};

use crate::{
    arguments::DatasetsArguments,
    failure::Failure,
    output::{Messages, print},
    settings::{self, DataSource},
    table::{self, count, table},
};

/// Lists the data sets, or describes one.
pub(crate) fn run(arguments: &DatasetsArguments, messages: &Messages) -> Result<(), Failure> {
    let Some(name) = &arguments.dataset else {
        if arguments.fetch.download || arguments.fetch.skip_broken {
            return Err(Failure::input(
                "no data set is named",
                "for example: lth datasets fashion-mnist --download",
            ));
        }
        return list();
    };
    let parsed = DatasetName::parse(name).map_err(Failure::bad_input)?;
    let fetch = &arguments.fetch;
    if arguments.statistics || fetch.download {
        let source =
            DataSource { folder: arguments.data_folder.clone(), fill: fetch.download, fetch: fetch.clone() };
        let view = DatasetView::default();
        let dataset = settings::load_named(name, NormalizationMethod::Unit, &view, source, messages)?;
        if !arguments.statistics {
            return print(&arrived(&dataset));
        }
        return print(&statistics(&dataset));
    }
    match parsed {
        DatasetName::Published(info) | DatasetName::HalfOf(info, _) => print(&description(info)),
        DatasetName::ImageFolder(_) => {
            Err(Failure::input("a folder of images is known when it is read".to_owned(), "add --statistics"))
        }
    }
}

/// One line a data set.
fn list() -> Result<(), Failure> {
    let mut rows = table(&["data set", "aliases", "from", "description"], usize::MAX);
    for info in DATASETS {
        rows.add_row([
            info.name.to_owned(),
            info.aliases.join(", "),
            from(info),
            info.description.to_owned(),
        ]);
    }
    let folders = ["image-folder:PATH", "", "a folder", "train/CLASS/*.png (.jpg, ...), test/CLASS/*.png"];
    rows.add_row(folders.map(str::to_owned));
    print(&table::text(&rows))
}

fn from(info: &DatasetInfo) -> String {
    match (info.embedded, info.package) {
        (true, _) => "embedded".to_owned(),
        (false, Some(package)) => format!("a folder, Debian's {package}, or --download"),
        (false, None) => "a folder or --download".to_owned(),
    }
}

/// What the registry knows of a data set.
fn description(info: &DatasetInfo) -> String {
    let channels = info.shape[0];
    let mut rows = table(&[info.name, info.description], usize::MAX);
    rows.add_row(["licence", info.licence]);
    rows.add_row(["page", info.homepage]);
    rows.add_row(["from", &from(info)]);
    rows.add_row(["mirrors", &info.mirrors.join(", ")]);
    let files: Vec<&str> = info.format.files().iter().map(|file| file.name).collect();
    rows.add_row(["files", &files.join(", ")]);
    let shape = info.shape.map(|length| length.to_string()).join(" x ");
    rows.add_row(["example", &format!("{shape} bytes (channels, rows, columns)")]);
    rows.add_row(["mean", &numbers(&info.statistics.mean[..channels], 4)]);
    rows.add_row(["deviation", &numbers(&info.statistics.deviation[..channels], 4)]);
    let usual = NormalizationMethod::usual(channels);
    rows.add_row(["normalization", &format!("{} unless --normalization says otherwise", usual.name())]);
    rows.add_row(["classes", &classes(info)]);
    table::text(&rows)
}

fn classes(info: &DatasetInfo) -> String {
    if info.class_names.is_empty() {
        format!("{}, named by the files", info.classes)
    } else {
        format!("{}: {}", info.classes, info.class_names.join(", "))
    }
}

/// Where a data set is that was downloaded.
fn arrived(dataset: &Dataset) -> String {
    format!(
        "{}: {} training and {} test examples, {}\n",
        dataset.name,
        count(dataset.train.len()),
        count(dataset.test.len()),
        dataset.source
    )
}

/// What was found in the data.
fn statistics(dataset: &Dataset) -> String {
    let ChannelStatistics { mean, deviation } = dataset.statistics();
    let channels = dataset.channels();
    let mut rows = table(&["data set", &dataset.name], usize::MAX);
    rows.add_row(["source", &dataset.source]);
    rows.add_row(["training examples", &count(dataset.training_examples())]);
    if dataset.validation > 0 {
        rows.add_row(["validation examples", &count(dataset.validation)]);
    }
    rows.add_row(["test examples", &count(dataset.test.len())]);
    let shape: Vec<String> = dataset.shape.iter().map(ToString::to_string).collect();
    rows.add_row(["example", &shape.join(" x ")]);
    rows.add_row(["classes", &count(dataset.classes)]);
    rows.add_row(["mean", &numbers(&mean[..channels], 8)]);
    rows.add_row(["deviation", &numbers(&deviation[..channels], 8)]);
    rows.add_row(["fingerprint", &dataset.fingerprint]);
    table::text(&rows)
}

fn numbers(values: &[f64], decimals: usize) -> String {
    let text: Vec<String> = values.iter().map(|value| format!("{value:.decimals$}")).collect();
    text.join(", ")
}
