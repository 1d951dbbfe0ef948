//! Networks of the user's own, from TOML.

use std::{fs, path::PathBuf};

use lth_model::{Architecture, Hint, ModelError, Op, ParameterKind, find_model};

/// A file that is removed at the end of the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lth-model-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const RESIDUAL: &str = r#"
name = "small-residual"
input = [3, 32, 32]

[[layers]]
name = "conv1"
kind = "conv2d"
outputs = 8
kernel = 3
padding = 1
bias = false

[[layers]]
name = "bn1"
kind = "batch-norm"

[[layers]]
name = "relu1"
kind = "relu"

[[layers]]
name = "sum"
kind = "add"
inputs = ["conv3", "projection"]

[[layers]]
name = "pool"
kind = "max-pool"
kernel = [2, 4]

[[layers]]
name = "average"
kind = "global-average-pool"

[[layers]]
name = "drop"
kind = "dropout"
rate = 0.5

[[layers]]
name = "fc"
kind = "linear"
outputs = "classes"

[[layers]]
name = "conv2"
kind = "conv2d"
input = "relu1"
outputs = 16
kernel = [3, 3]
stride = 2
padding = 1

[[layers]]
name = "conv3"
kind = "conv2d"
outputs = 16
kernel = 3
padding = 1

[[layers]]
name = "projection"
kind = "conv2d"
input = "relu1"
outputs = 16
kernel = 1
stride = 2
"#;

#[test]
fn layers_may_come_in_any_order() {
    let file = File::new("residual", RESIDUAL);
    for name in [file.name(), format!("custom:{}", file.name())] {
        let model = find_model(&name).unwrap();
        assert_eq!(model.name, format!("custom:{}", file.name()));
        assert_eq!((model.label(), model.definition()), ("small-residual", Some(RESIDUAL)));
        let net: Architecture = model.build(&[1, 28, 28], 47).unwrap();
        assert_eq!((net.name.as_str(), net.classes()), ("small-residual", 47));
        let order: Vec<_> = net.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(
            order,
            [
                "input",
                "conv1",
                "bn1",
                "relu1",
                "conv2",
                "conv3",
                "projection",
                "sum",
                "pool",
                "average",
                "drop",
                "fc"
            ]
        );
        assert_eq!(net.nodes[8].shape, [16, 7, 3], "a pool moves by its kernel");
        assert!(matches!(net.nodes[1].op, Op::Conv2d { bias: false, .. }));
        let shortcuts = net.parameters().into_iter().filter(|p| p.kind == ParameterKind::Shortcut);
        assert_eq!(shortcuts.map(|p| p.name).collect::<Vec<_>>(), ["projection.weight"]);
    }
}

fn refused(text: &str) -> ModelError {
    let file =
        File::new(&format!("{:x}", text.len() * 31 + text.bytes().map(usize::from).sum::<usize>()), text);
    let error = find_model(&file.name()).unwrap_err();
    assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error}");
    error
}

fn with_layers(layers: &str) -> String {
    format!("name = \"net\"\ninput = [3, 8, 8]\nlayers = [\n{layers}\n]\n")
}

#[test]
fn graphs_that_are_no_network_are_refused_with_the_layer() {
    const END: &str = r#"{ name = "average", kind = "global-average-pool" }, { name = "fc", kind = "linear", outputs = 10 }"#;
    for (layers, expected) in [
        (
            r#"{ name = "a", kind = "add", inputs = ["input", "c"] }, { name = "b", kind = "relu" }, { name = "c", kind = "relu" },"#,
            "model 'net', layer 'a': the layers a -> b -> c -> a read each other in a circle",
        ),
        (
            r#"{ name = "a", kind = "relu", input = "a" },"#,
            "model 'net', layer 'a': the layers a -> a read each other in a circle",
        ),
        (
            r#"{ name = "relu1", kind = "relu" }, { name = "relu1", kind = "relu" },"#,
            "model 'net', layer 'relu1': another layer has the same name",
        ),
        (
            r#"{ name = "relu1", kind = "relu", input = "relu2" },"#,
            "model 'net', layer 'relu1': it reads 'relu2', which is not there",
        ),
        (
            r#"{ name = "input", kind = "relu" },"#,
            "model 'net', layer 'input': 'input' cannot be the name of a layer",
        ),
        (
            r#"{ name = "optimizer", kind = "conv2d", outputs = 4, kernel = 1 },"#,
            "model 'net', layer 'optimizer': tensors whose names begin with 'optimizer.' are the optimiser's memory",
        ),
        (
            r#"{ name = "optimizer.block", kind = "relu" },"#,
            "model 'net', layer 'optimizer.block': tensors whose names begin with 'optimizer.'",
        ),
        (
            r#"{ name = "block.mask", kind = "relu" },"#,
            "model 'net', layer 'block.mask': names that end in '.mask' are masks",
        ),
        (
            r#"{ name = "conv1.mask", kind = "conv2d", outputs = 4, kernel = 1 },"#,
            "model 'net', layer 'conv1.mask': names that end in '.mask' are masks",
        ),
        (
            r#"{ name = "mask", kind = "conv2d", outputs = 4, kernel = 1 },"#,
            "model 'net', layer 'mask': names that end in '.mask' are masks",
        ),
        (r#"{ name = "two\nlines", kind = "relu" },"#, "names of layers have no control characters"),
        (
            r#"{ name = "conv1", kind = "conv2d", outputs = 4, kernel = 9 },"#,
            "model 'net', layer 'conv1': a kernel of 9 x 9 is larger than its map of 8 x 8",
        ),
        (
            r#"{ name = "pool", kind = "max-pool", kernel = 16 },"#,
            "model 'net', layer 'pool': a kernel of 16 x 16 is larger than its map of 8 x 8",
        ),
        (
            r#"{ name = "conv1", kind = "conv2d", outputs = 4, kernel = 1 }, { name = "sum", kind = "add", inputs = ["conv1", "input"] },"#,
            "model 'net', layer 'sum': it adds 4 x 8 x 8 and 3 x 8 x 8, which differ",
        ),
        (
            r#"{ name = "dead", kind = "relu" }, { name = "relu1", kind = "relu", input = "input" },"#,
            "model 'net', layer 'dead': no other layer reads it",
        ),
        (
            r#"{ name = "conv1", kind = "conv2d", outputs = 1000000000000000000, kernel = 1 },"#,
            "has more than 4294967296 values",
        ),
        (
            r#"{ name = "conv1", kind = "conv2d", outputs = 4, kernel = 1, padding = 9223372036854775807 },"#,
            "a padding of",
        ),
    ] {
        let error = refused(&with_layers(&format!("{layers}\n{END}")));
        assert!(error.to_string().contains(expected), "{error}\n{layers}");
    }
    assert!(refused(&with_layers("")).to_string().contains("logits must have one dimension"));
    let fixed = with_layers(END);
    let file = File::new("fixed", &fixed);
    let error = find_model(&file.name()).unwrap().build(&[3, 8, 8], 100).unwrap_err();
    assert_eq!(error.to_string(), "model 'net', layer 'fc': it gives 10 logits, the data have 100 classes");
    assert!(error.hint().unwrap().contains("\"classes\""));
}

#[test]
fn mistakes_in_the_file_are_shown_with_their_place() {
    for (layers, place, expected) in [
        (r#"{ name = "a", kind = "conv" }"#, ":4:22", "unknown variant `conv`"),
        (r#"{ name = "a", kind = "relu", size = 3 }"#, ":4:30", "unknown field `size`"),
        (
            r#"{ name = "a", kind = "relu", kernel = 3 }"#,
            ":4:1",
            "layer 'a': a layer of this kind has no setting 'kernel'",
        ),
        (r#"{ name = "a", kind = "conv2d", kernel = 3 }"#, ":4:1", "layer 'a': it has no 'outputs'"),
        (r#"{ name = "a", kind = "conv2d", outputs = 3 }"#, ":4:1", "layer 'a': it has no 'kernel'"),
        (
            r#"{ name = "a", kind = "linear", outputs = "all" }"#,
            ":4:",
            "outputs are a number, or \"classes\"",
        ),
        (
            r#"{ name = "a", kind = "max-pool", kernel = [1, 2, 3] }"#,
            ":4:",
            "a size is a number, or [vertical, horizontal]",
        ),
        (r#"{ name = "a", kind = "linear", outputs = -3 }"#, ":4:", "outputs are a number"),
        (r#"{ name = "a", kind = "add" }"#, ":4:1", "layer 'a': it has no 'inputs'"),
        (r#"{ name = "a", kind = "add", inputs = ["input"] }"#, ":4:1", "layer 'a': a sum reads two layers"),
        (
            r#"{ name = "a", kind = "relu", inputs = ["input", "b"] }"#,
            ":4:1",
            "layer 'a': it reads one layer",
        ),
        (r#"{ name = "a", kind = "dropout" }"#, ":4:1", "layer 'a': it has no 'rate'"),
        (r#"{ kind = "relu" }"#, ":4:", "missing field `name`"),
    ] {
        let error = refused(&with_layers(layers)).to_string();
        assert!(error.contains(expected) && error.contains(&format!(".toml{place}")), "{error}\n{layers}");
    }
    assert!(refused("input = [3, 8").to_string().contains(".toml:1:"));
    assert!(refused("name = \"net\"").to_string().contains("missing field"));
    let error = refused(
        "name = \"../x\"\ninput = [4]\nlayers = [{ name = \"fc\", kind = \"linear\", outputs = 10 }]",
    );
    assert!(error.to_string().contains("'../x' cannot be the name of a network"), "{error}");
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_refused() {
    let error = find_model("absent.toml").unwrap_err();
    assert!(error.to_string().starts_with("cannot read 'absent.toml': "), "{error}");
    assert!(matches!(find_model("custom:").unwrap_err(), ModelError::File { .. }));
    assert!(find_model(&format!("custom:{}", std::env::temp_dir().display())).is_err());
    let file = File::new("binary", "");
    fs::write(&file.0, [0xff, 0xfe, 0]).unwrap();
    assert!(find_model(&file.name()).unwrap_err().to_string().contains("cannot read"));
}
