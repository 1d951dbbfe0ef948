//! Training tickets on other data.

use std::path::PathBuf;

use crate::common::{SMALL, Sandbox, exact_files, run_folder, visible};

/// Flags of a training on the sandbox's data that takes well under a second.
const TINY: &str = "--validation 60 -b 20 --length 24it --evaluate-every 12 --no-figures";

/// A run of two rounds and three tickets, and its folder.
fn run(sandbox: &Sandbox, flags: &str) -> PathBuf {
    sandbox.data().output(&format!("find-ticket {SMALL} -i 3 --no-figures {flags}"));
    run_folder(sandbox)
}

/// The only folder below `into`.
fn transfer_folder(sandbox: &Sandbox, into: &str) -> PathBuf {
    let mut folders = visible(&sandbox.join(into));
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

#[test]
fn a_run_is_transferred_round_by_round_beside_its_baselines() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox, "");
    let flags = format!("transfer {} fashion-mnist data {TINY} --output-path out", run.display());
    let first = sandbox.output(&format!("{flags} --rounds 2"));
    assert!(first.contains("transferred") && !first.contains("dense"), "{first}");
    let all = format!("{flags} --rounds 1,2 --baselines --replicates 2 --same-data {}", run.display());
    // The run is of other data than the target.
    sandbox.refused(&all, "is a run of lenet-300-100 on mnist", "on the data set that the ticket");
    let all = all.split(" --same-data").next().unwrap().to_owned();
    let text = sandbox.output(&all.replace("--no-figures", ""));
    let header = text.lines().find(|line| line.starts_with("round")).unwrap();
    let columns: Vec<&str> = header.split_whitespace().collect();
    let kinds = ["transferred", "reinit", "random-ticket", "dense"];
    assert_eq!(columns, [&["round", "density", "%", "sparsity", "%"][..], &kinds].concat());
    assert_eq!(text.matches('±').count(), 2 * 4, "{text}");

    let folder = transfer_folder(&sandbox, "out");
    let name = folder.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("transfer-lenet-300-100-mnist-to-fashion-mnist-"), "{name}");
    for file in ["transfer.toml", "figures/accuracy-against-density.svg"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    // 2 replicates of 3 kinds and 2 rounds, and 2 dense ones.
    let csv = sandbox.output(&format!("{all} --format csv"));
    assert_eq!(csv.lines().count(), 1 + 14, "{csv}");
    assert_eq!(csv, std::fs::read_to_string(folder.join("transfer.csv")).unwrap());
    let json = sandbox.output(&format!("{all} --format json"));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["trainings"].as_array().map(Vec::len), Some(14));

    // Again, or less of it: nothing changes.
    let before = exact_files(&folder);
    sandbox.output(&all);
    sandbox.output(&format!("{flags} --rounds 2"));
    assert_eq!(exact_files(&folder), before);
}

/// What the only training of this kind and round started from.
fn start(transfer: &std::path::Path, place: &str) -> lth_model::TensorFile {
    let mut folders = visible(&transfer.join(place));
    assert_eq!(folders.len(), 1);
    let path = folders.remove(0).join("replicate-0/round-00/ticket.safetensors");
    lth_model::TensorFile::read(&path).unwrap()
}

#[test]
fn more_trainings_than_a_transfer_has_are_refused_before_anything_is_made() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox, "");
    // Rounds 1 and 2, of tickets and two baselines, and a dense network each: 7 a replicate at most.
    let flags = format!("transfer {} fashion-mnist data {TINY} --baselines --output-path out", run.display());
    sandbox.refused(
        &format!("{flags} --replicates 60000"),
        "trainings",
        "a transfer has 100000 trainings at most",
    );
    sandbox.refused(
        &format!("{flags} --replicates 4000000000"),
        "replicates = 4000000000",
        "100000 trainings at most",
    );
    assert!(!sandbox.join("out").exists());
}

#[test]
fn trainings_start_from_what_the_rules_say() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox, "--seed 5 --rewind 4it");
    let file = run.join("replicate-0/round-02/ticket.safetensors");
    let ticket = lth_model::TensorFile::read(&file).unwrap();
    let transfer = |flags: &str, into: &str| {
        let (file, text) = (file.display(), "fashion-mnist data");
        sandbox.output(&format!("transfer {file} {text} {TINY} --output-path {into} {flags}"));
        transfer_folder(&sandbox, into)
    };
    let folder = transfer("--baselines", "both");
    let taken = start(&folder, "round-02/transferred");
    assert_eq!(taken.metadata["rewind-iteration"], "0", "the schedule starts anew");
    for layer in ["fc1", "fc2"] {
        for name in [format!("{layer}.weight"), format!("{layer}.bias")] {
            assert_eq!(taken.tensors[&name], ticket.tensors[&name]);
        }
        let name = format!("{layer}.weight");
        assert_eq!(taken.masks[&name], ticket.masks[&name]);
    }
    assert_eq!(taken.masks["fc3.weight"].live(), 1000);
    assert!(ticket.masks["fc3.weight"].live() < 1000);
    assert_ne!(taken.tensors["fc3.weight"], ticket.tensors["fc3.weight"]);
    let reinit = start(&folder, "round-02/reinit");
    assert_eq!(reinit.masks, taken.masks);
    assert_ne!(reinit.tensors["fc1.weight"], taken.tensors["fc1.weight"]);
    let random = start(&folder, "round-02/random-ticket");
    let live = |file: &lth_model::TensorFile| file.masks.values().map(lth_model::Mask::live).sum::<usize>();
    assert_eq!(live(&random), live(&taken));
    assert_ne!(random.masks, taken.masks);

    let kept = start(&transfer("--keep-output --schedule-from-ticket", "kept"), "round-02/transferred");
    assert_eq!((&kept.masks, &kept.tensors), (&ticket.masks, &ticket.tensors));
    assert_eq!(kept.metadata["rewind-iteration"], "4");

    // All weights of the rewind point, which lie in the ticket's run.
    let dense = start(&transfer("--take weights --keep-output", "dense"), "round-02/transferred");
    let point = lth_model::TensorFile::read(&run.join("replicate-0/rewind.safetensors")).unwrap();
    assert_eq!(dense.tensors, point.tensors);
    assert!(dense.masks.values().all(|mask| mask.live() == mask.len()));
}

#[test]
fn another_optimizer_on_the_same_data_keeps_the_whole_ticket() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox, "");
    let flags = format!("transfer {} mnist data {TINY} --rounds 2 --output-path out", run.display());
    sandbox.output(&format!("{flags} --optimizer sgd --same-data {}", run.display()));
    let folder = transfer_folder(&sandbox, "out");
    let ticket = lth_model::TensorFile::read(&run.join("replicate-0/round-02/ticket.safetensors")).unwrap();
    for kind in ["transferred", "same-data"] {
        let taken = start(&folder, &format!("round-02/{kind}"));
        assert_eq!((&taken.masks, &taken.tensors), (&ticket.masks, &ticket.tensors));
    }
    let settings = std::fs::read_to_string(folder.join("transfer.toml")).unwrap();
    assert!(
        settings.contains("optimizer = \"sgd\"") && settings.contains("keep_output = true"),
        "{settings}"
    );
}

#[test]
fn bad_input_is_refused_before_anything_is_trained() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox, "");
    let file = run.join("replicate-0/round-02/ticket.safetensors");
    let (run, file) = (run.display(), file.display());
    let rest = format!("{TINY} --output-path out");
    let refused = |flags: &str, error: &str, hint: &str| {
        sandbox.refused(&format!("transfer {flags} {rest}"), error, hint);
    };
    refused(
        &format!("{run} fashion-mnist data --rounds 1,9"),
        "has no ticket of round 9",
        "there are 1, 2, 3",
    );
    refused(&format!("{file} fashion-mnist data --rounds 1"), "has no ticket of round 1", "there are 2");
    refused(&format!("{run} fashion-mnist data --rounds x"), "the round 'x'", "--rounds 3,7,11");
    refused(&format!("{run} fashion-mnist data --take masks"), "part of a ticket 'masks'", "mask");
    refused(&format!("{run} fashion-mnist data --replicates 0"), "replicates '0'", "--replicates 3");
    refused(&format!("{run} fashion data"), "no data set 'fashion'", "fashion-mnist");
    refused(
        &format!("{run} fashion-mnist data --model conv-2"),
        "whose network is not conv-2's",
        "lth inspect",
    );
    refused("absent fashion-mnist data", "cannot read 'absent'", "check the path");
    refused("data fashion-mnist data", "'data' is not a run folder", "find-winning-ticket");
    refused(
        &format!("{run} fashion-mnist data --classes 0,1,2 --keep-output"),
        "the output layer 'fc3' cannot be kept: the ticket has 10 classes, the target 3",
        "leave out --keep-output",
    );
    // Not a ticket: masks of something, and no file of tensors at all.
    let mut other = lth_model::TensorFile::default();
    other.masks.insert("fc1.weight".to_owned(), lth_model::Mask::dense(vec![3, 4]));
    std::fs::write(sandbox.join("masks"), other.to_bytes()).unwrap();
    std::fs::write(sandbox.join("text"), "not safetensors at all").unwrap();
    refused("masks fashion-mnist data", "'masks' is not a valid ticket", "tickets are in");
    refused("text fashion-mnist data", "'text' is not a valid safetensors file", "");
    // Coloured images of another size.
    photos(&sandbox);
    sandbox.refused(
        &format!("transfer {run} image-folder:photos --validation 2 -b 2 --length 2it --output-path out"),
        "layer 'fc1' does not fit: the ticket's weight is 300 x 784, examples of 3 x 8 x 8 need 300 x 192",
        "the ticket fits examples of 1 x 28 x 28; such are mnist, fashion-mnist",
    );
    assert!(!sandbox.join("out").exists());
}

#[test]
fn a_grey_ticket_reads_coloured_images_where_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let layers = [
        "conv1 conv2d outputs=6 kernel=5",
        "relu1 relu",
        "pool global-average-pool",
        "fc linear outputs='classes'",
    ];
    let layer = |text: &str| {
        let mut words = text.split(' ');
        let (name, kind) = (words.next().unwrap(), words.next().unwrap());
        let rest: Vec<&str> = words.collect();
        format!("[[layers]]\nname = '{name}'\nkind = '{kind}'\n{}\n", rest.join("\n"))
    };
    let network = format!("input = [1, 28, 28]\n{}", layers.map(layer).concat());
    std::fs::write(sandbox.join("net.toml"), network).unwrap();
    sandbox.data().output(
        "find-ticket net.toml mnist data --validation 60 -b 20 --length 4it --evaluate-every 4 -i 1 --no-figures",
    );
    let run = run_folder(&sandbox);
    // The run has a copy of the network.
    std::fs::remove_file(sandbox.join("net.toml")).unwrap();
    photos(&sandbox);
    // Any size fits a network that ends in a global pool.
    let flags = format!(
        "transfer {} image-folder:photos --validation 2 -b 2 --length 2it --no-figures --output-path out",
        run.display()
    );
    sandbox.refused(
        &flags,
        "layer 'conv1' does not fit: the ticket's weight is 6 x 1 x 5 x 5",
        "--adapt-input repeat",
    );
    assert!(!sandbox.join("out").exists());
    sandbox.output(&format!("{flags} --adapt-input repeat"));
    let taken = start(&transfer_folder(&sandbox, "out"), "round-01/transferred");
    let ticket = lth_model::TensorFile::read(&run.join("replicate-0/round-01/ticket.safetensors")).unwrap();
    assert_eq!(taken.tensors["conv1.weight"].shape(), [6, 3, 5, 5]);
    assert_eq!(taken.tensors["conv1.weight"].data()[25], ticket.tensors["conv1.weight"].data()[0] / 3.0);
    assert_eq!(taken.masks["conv1.weight"].live(), 3 * ticket.masks["conv1.weight"].live());
    assert_eq!(taken.tensors["conv1.bias"], ticket.tensors["conv1.bias"]);
}

/// A folder `photos` of coloured images of 8 x 8 pixels in two classes.
fn photos(sandbox: &Sandbox) {
    for (part, class) in [("train", "a"), ("train", "b"), ("test", "a"), ("test", "b")] {
        let folder = sandbox.join("photos").join(part).join(class);
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..3 {
            std::fs::write(folder.join(format!("{number}.png")), png()).unwrap();
        }
    }
}

/// A red image of 8 x 8 pixels: stored, not compressed.
fn png() -> Vec<u8> {
    use std::io::Write as _;
    let rows: Vec<u8> = (0..8).flat_map(|_| std::iter::once(0).chain([200, 0, 0].repeat(8))).collect();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&rows).unwrap();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&8_u32.to_be_bytes()[..], &8_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", packed.finish().unwrap()), (b"IEND", Vec::new())] {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(&data);
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(kind);
        bytes.extend(&data);
        bytes.extend(crc.sum().to_be_bytes());
    }
    bytes
}
