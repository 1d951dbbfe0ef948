//! Where data are looked for, and when they are the same data.

use std::{collections::HashMap, fs, io::Write, path::Path, thread};

use crate::common::{Sandbox, run_folder, visible};

const FLAGS: &str = "--validation 2 -b 2 --length 2it --evaluate-every 2 --no-figures";

/// A folder of coloured images of 2 x 2 pixels in two classes.
fn images(folder: &Path) {
    for (number, class) in ["train/a", "train/b", "test/a", "test/b"].into_iter().enumerate() {
        let folder = folder.join(class);
        fs::create_dir_all(&folder).unwrap();
        for image in 0..3 {
            fs::write(folder.join(format!("{image}.ppm")), ppm([number as u8 * 60, image * 80, 9])).unwrap();
        }
    }
}

/// An image of 2 x 2 equal pixels.
fn ppm(pixel: [u8; 3]) -> Vec<u8> {
    [&b"P6 2 2 255\n"[..], &pixel.repeat(4)].concat()
}

#[test]
fn the_same_images_are_the_same_experiment() {
    let sandbox = Sandbox::new();
    images(&sandbox.join("p"));
    fs::create_dir(sandbox.join("elsewhere")).unwrap();
    let find = |data: &str| format!("find-ticket lenet-300-100 {data} {FLAGS} -i 1 --output-path runs");
    sandbox.output(&find("image-folder:p"));
    let run = run_folder(&sandbox);
    let before = fs::read(run.join("experiment.toml")).unwrap();
    let absolute = sandbox.join("p").display().to_string();
    for data in
        ["image-folder:p/", "image-folder:./p", "image-folder p/../p", &format!("image-folder:{absolute}")]
    {
        sandbox.output(&find(data));
        assert_eq!(fs::read(run_folder(&sandbox).join("experiment.toml")).unwrap(), before, "{data}");
    }
    let flags = find("image-folder:../p").replace("path runs", "path ../runs");
    sandbox.lth(&flags).current_dir(sandbox.join("elsewhere")).assert().success();

    // Moved: its label comes from the run, its place from the flag, which is noted.
    fs::rename(sandbox.join("p"), sandbox.join("moved")).unwrap();
    let run = run.display().to_string();
    sandbox.refused(&format!("run {run}/experiment.toml"), "does not exist", "--data-folder");
    sandbox.output(&find("image-folder:p moved").replace("-i 1", "-i 2"));
    sandbox.output(&format!("run {run}/experiment.toml"));
    fs::rename(sandbox.join("moved"), sandbox.join("again")).unwrap();
    sandbox.output(&format!("run {run}/experiment.toml --data-folder again --no-figures"));
    sandbox.output(&format!("control {run} --kind random-reinit --data-folder ./again/ --no-figures"));
    sandbox.output(&format!("stability {run} --rounds 0 --points 3 --no-figures"));
    sandbox.output(&format!("transfer {run} image-folder:p again {FLAGS} --output-path out"));
    sandbox.output(&format!(
        "transfer {run} image-folder:../x/p {}/again {FLAGS} --output-path out",
        sandbox.path().display()
    ));
    assert_eq!(visible(&sandbox.join("out")).len(), 1);
    run_folder(&sandbox);

    // Other images in the same place are other data.
    fs::write(sandbox.join("again/train/a/1.ppm"), ppm([1, 2, 3])).unwrap();
    sandbox.refused(
        &format!("run {run}/experiment.toml"),
        "dataset_fingerprint",
        "the data that it was made for",
    );
    sandbox.refused(&format!("stability {run} --rounds 0 --points 3"), "fingerprint", "data");
}

/// The command of the README of the PyTorch tool, where the folder is not there yet; only its length is cut.
#[test]
fn mnist_comes_from_the_program_where_the_folder_does_not_hold_it() {
    let sandbox = Sandbox::new();
    let assert =
        sandbox.lth("find-ticket lenet-300-100 mnist ./datasets -i 1 -e 1 -b 6000").assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let line = "mnist is not in './datasets'; it is taken from elsewhere: embedded";
    assert_eq!(said.lines().filter(|said| *said == line).count(), 1, "{said}");
    assert!(!sandbox.join("datasets").exists());
    // The same with the folder there, and without a folder.
    fs::create_dir(sandbox.join("datasets")).unwrap();
    sandbox.output("find-ticket lenet-300-100 mnist ./datasets --number-of-iterations 1 --number-of-epochs 1 --batch-size 6000");
    sandbox.output("find-ticket lenet-300-100 mnist -i 1 -e 1 -b 6000");
    run_folder(&sandbox);
}

#[test]
fn cifar_is_found_where_it_was_unpacked_and_asked_for_where_it_is_not() {
    let sandbox = Sandbox::new();
    let find = "find-ticket conv-2 cifar10 ./datasets --download --mirror http://127.0.0.1:9/";
    sandbox.refused(
        find,
        "'./datasets' does not hold cifar-10, and fetching it failed: cannot download 'cifar-10-binary.tar.gz'",
        "put cifar-10-binary.tar.gz (or what it unpacks to, cifar-10-batches-bin) from https://www.cs.toronto.edu/~kriz/ \
         into './datasets'",
    );
    assert!(!sandbox.join("datasets").exists());
    // The Python version.
    let python = sandbox.join("datasets/cifar-10-batches-py");
    fs::create_dir_all(&python).unwrap();
    fs::write(python.join("batches.meta"), "pickle").unwrap();
    sandbox.refused(find, "", "the Python version in './datasets/cifar-10-batches-py' is not read");
    sandbox.refused(
        "train conv-2 cifar10 ./datasets/cifar-10-batches-py",
        "'./datasets/cifar-10-batches-py' is the Python version of the data set, which is not read",
        "the binary version is read: cifar-10-binary.tar.gz",
    );
    // The binary version.
    let binary = sandbox.join("datasets/cifar-10-batches-bin");
    fs::create_dir(&binary).unwrap();
    for (number, name) in
        ["test_batch", "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]
            .into_iter()
            .enumerate()
    {
        let record = |label: u8| [vec![label], vec![label * 20 + number as u8; 3072]].concat();
        fs::write(binary.join(format!("{name}.bin")), (0..10).flat_map(record).collect::<Vec<u8>>()).unwrap();
    }
    let statistics = sandbox.output("datasets cifar10 ./datasets --statistics");
    assert!(
        statistics.contains("cifar-10-batches-bin") || statistics.contains("folder './datasets'"),
        "{statistics}"
    );
    sandbox.output("train lenet-300-100 cifar10 ./datasets --validation 10 -b 10 --length 1it");
}

/// The address of a mirror of MNIST on this machine, which runs until the test ends.
fn mirror() -> String {
    let gzip = |bytes: Vec<u8>| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&bytes).unwrap();
        packed.finish().unwrap()
    };
    let files =
        lth_mnist::File::ALL.map(|file| (format!("/{}.gz", file.name()), gzip(file.unpack().unwrap())));
    let files = HashMap::from(files);
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", server.server_addr());
    thread::spawn(move || {
        for request in server.incoming_requests() {
            // Who hangs up has what they wanted.
            let _ = match files.get(request.url()) {
                Some(bytes) => request.respond(tiny_http::Response::from_data(bytes.clone())),
                None => request.respond(tiny_http::Response::empty(404)),
            };
        }
    });
    address
}

#[test]
fn a_data_set_is_downloaded_on_request_and_read_from_where_it_was_put() {
    let sandbox = Sandbox::new();
    let from = mirror();
    let said = sandbox.output(&format!("datasets mnist here --download --mirror {from}"));
    assert!(said.contains("mnist") && said.contains("60,000") && said.contains("10,000"), "{said}");
    let files = crate::common::files(&sandbox.join("here"));
    assert_eq!(files.iter().filter(|(name, _)| name.ends_with("-ubyte.gz")).count(), 4, "{files:?}");
    // From the folder alone: nobody listens at this address.
    let nowhere = "--download --mirror http://127.0.0.1:9/";
    assert_eq!(sandbox.output(&format!("datasets mnist here {nowhere}")), said);
    // What a mirror does not have is said, and nothing is left behind.
    sandbox.refused(
        &format!("datasets fashion-mnist there --download --mirror {from}x/"),
        "cannot download",
        "fashion-mnist",
    );
    assert!(!sandbox.join("there").exists());
}

#[test]
fn a_folder_with_a_broken_image_is_described_without_it_on_request() {
    let sandbox = Sandbox::new();
    images(&sandbox.join("p"));
    fs::write(sandbox.join("p/train/a/broken.png"), "no image").unwrap();
    let describe = "datasets image-folder:p --statistics";
    sandbox.refused(describe, "broken.png", "--skip-broken");
    let said = sandbox.output(&format!("{describe} --skip-broken"));
    let row = said.lines().find(|line| line.starts_with("training examples")).unwrap();
    assert!(row.trim().ends_with('6'), "{said}");
    sandbox.refused("datasets --download", "no data set is named", "lth datasets fashion-mnist --download");
}

#[test]
fn sizes_that_no_memory_holds_are_refused() {
    let sandbox = Sandbox::new();
    images(&sandbox.join("p"));
    let refused = |flags: &str, error: &str, hint: &str| {
        sandbox.refused(&format!("train lenet-300-100 image-folder:p {flags}"), error, hint);
    };
    refused(
        "--image-size 100000",
        "image size 100000 is not valid: it must be 1 to 16384 pixels",
        "--image-size 64",
    );
    refused("--resize 8", "does not fit image size none", "--image-size 224");
    refused(
        "--image-size 8 --resize 4",
        "resize 4 does not fit image size 8",
        "--resize 256 --image-size 224",
    );
}

#[test]
fn val_is_the_validation_set_where_there_is_a_test_set() {
    let sandbox = Sandbox::new();
    images(&sandbox.join("p"));
    images(&sandbox.join("other"));
    fs::rename(sandbox.join("other/test"), sandbox.join("p/val")).unwrap();
    let find =
        "find-ticket lenet-300-100 image-folder:p -b 2 --length 2it --evaluate-every 2 --no-figures -i 1";
    sandbox.refused(&format!("{find} --validation 2"), "val, which has 6 images, not 2", "--validation");
    assert!(!sandbox.join("runs").exists());
    sandbox.output(find);
    let run = run_folder(&sandbox);
    let settings = fs::read_to_string(run.join("experiment.toml")).unwrap();
    assert!(settings.contains("validation_size = 6"), "{settings}");
    sandbox.output(&format!("run {}/experiment.toml", run.display()));
    sandbox.output(&format!("{find} --validation 6"));
    run_folder(&sandbox);

    // Training on `val`'s images as well would be another experiment.
    fs::remove_dir_all(sandbox.join("p/val")).unwrap();
    sandbox.refused(&format!("run {}/experiment.toml", run.display()), "validation_size", "");
}
