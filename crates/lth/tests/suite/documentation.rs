//! README and guides are followed from their first line to their last, one after the other in one fresh folder, and the texts of help
//! and errors are compared with those in `snapshots/`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{book, common::Sandbox};

#[test]
fn help_and_errors_read_as_in_the_snapshots() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        // None of these commands trains: one that takes so long does what it should refuse.
        .timeout(Duration::from_mins(1))
        .case("tests/snapshots/*.trycmd");
}

/// Stands for `lth` in the documents' commands: small data in the place of MNIST, short searches, no figures that nobody looks at.
const SHORTENED: &str = r#"#!/bin/sh
last=
command=$1
for word do
    shift
    [ "$last $word" = "--replicates 5" ] && word=2
    set -- "$@" "$word"
    [ "$word" = mnist ] && [ "$command" != sweep ] && set -- "$@" idx
    last=$word
done
given() { case " $words " in *" $1"*) return 0 ;; *) return 1 ;; esac; }
words="$*"
case "$command" in
sweep) set -- "$@" --data-folder idx --validation 20 ;;
find-winning-ticket | find-ticket)
    set -- "$@" --no-figures
    given --validation || set -- "$@" --validation 20
    given -e || given --length || set -- "$@" -e 10
    given --dynamic && set -- "$@" --update-every 1
    given --at-init && set -- "$@" --pruning-steps 2
    ;;
train) given --validation || set -- "$@" --validation 20 ;;
transfer) set -- "$@" --validation 20 --no-figures ;;
stability | control) set -- "$@" --data-folder idx --no-figures ;;
run) set -- "$@" --data-folder idx ;;
supermask)
    case "$2" in
    learn) set -- "$@" --validation 20 -b 60 ;;
    heuristic)
        set -- "$@" --data-folder idx --no-figures
        given --densities || set -- "$@" --densities 0.5,0.2
        ;;
    esac
    ;;
esac
exec "$LTH" "$@"
"#;

/// Stands for `cargo`: `cargo run` runs the program, everything else is no business of this test.
const CARGO: &str = r#"#!/bin/sh
[ "$1" = run ] || exit 0
while [ "$1" != -- ]; do shift; done
shift
exec lth "$@"
"#;

/// The modules that the documents' Python needs.
const MODULES: &str = "import pandas, numpy, safetensors.torch, torch";

#[test]
fn readme_and_guides_work_one_after_the_other_in_one_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let reader = Reader::new();
    let mut followed = 0;
    for document in documents(&root) {
        let blocks = blocks(&fs::read_to_string(&document).unwrap());
        for block in &blocks {
            let begun = Instant::now();
            let outcome = match block.language.as_str() {
                "sh" => Some(reader.shell(&block.text)),
                "python" => reader.python(&block.text),
                _ => None,
            };
            if let Some(outcome) = outcome {
                let place = format!("{}, line {}", document.display(), block.line);
                outcome.unwrap_or_else(|error| panic!("{place}:\n{}\n{error}", block.text));
                eprintln!("{place}: {:.1} s", begun.elapsed().as_secs_f64());
                followed += 1;
            }
        }
    }
    assert!(followed >= 40, "only {followed} blocks were found");
    // What all these commands wrote is known to be whole.
    let checked = reader.sandbox.lth("fsck").assert().success();
    eprintln!("{}", String::from_utf8_lossy(&checked.get_output().stdout));
}

/// README, then docs as the book has them.
fn documents(root: &Path) -> Vec<PathBuf> {
    [vec![root.join("README.md")], book::pages(root)].concat()
}

/// A block of code of a document.
struct Block {
    language: String,
    line: usize,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (line, content) in text.lines().enumerate() {
        if let Some(language) = content.trim_start().strip_prefix("```") {
            inside = !inside;
            if inside {
                let (language, line) = (language.trim().to_owned(), line + 1);
                blocks.push(Block { language, line, text: String::new() });
            }
        } else if inside {
            let block = blocks.last_mut().expect("a block was begun");
            block.text += content;
            block.text.push('\n');
        }
    }
    blocks
}

/// Somebody who follows the documents in a fresh folder.
struct Reader {
    sandbox: Sandbox,
    /// An interpreter that has the documents' modules.
    python: Option<String>,
}

impl Reader {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        prepare(&sandbox);
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let has_modules =
            Command::new(&python).args(["-c", MODULES]).output().is_ok_and(|output| output.status.success());
        if !has_modules {
            eprintln!("the documents' Python is skipped: '{python}' cannot do `{MODULES}`");
        }
        Self { sandbox, python: has_modules.then_some(python) }
    }

    fn shell(&self, text: &str) -> Result<(), String> {
        self.run(Command::new("sh").args(["-eu", "-c", text]))
    }

    /// `None` where there is no Python with the modules.
    fn python(&self, text: &str) -> Option<Result<(), String>> {
        let python = self.python.as_ref()?;
        Some(self.run(Command::new(python).args(["-c", text])))
    }

    fn run(&self, command: &mut Command) -> Result<(), String> {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = command
            .current_dir(self.sandbox.path())
            .env("PATH", format!("{}:{path}", self.sandbox.join("bin").display()))
            .env("LTH", assert_cmd::cargo::cargo_bin("lth"))
            .env("HOME", self.sandbox.path())
            .env("XDG_CACHE_HOME", self.sandbox.join("cache"))
            // More threads than cores make PyTorch wait for itself.
            .env("OMP_NUM_THREADS", "1")
            .output()
            .map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        output.status.success().then_some(()).ok_or_else(|| text(&output.stdout) + &text(&output.stderr))
    }
}

/// What a reader has: the program, the files of MNIST (small ones), and what Python wrote where it is not there.
fn prepare(sandbox: &Sandbox) {
    sandbox.data_of(160, 60);
    fs::rename(sandbox.join("data"), sandbox.join("idx")).unwrap();
    fs::create_dir_all(sandbox.join("MNIST/raw")).unwrap();
    for entry in fs::read_dir(sandbox.join("idx")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), sandbox.join("MNIST/raw").join(entry.file_name())).unwrap();
    }
    for (name, script) in [
        ("lth", SHORTENED),
        ("cargo", CARGO),
        ("git", "#!/bin/sh\n"),
        ("tensorboard", "#!/bin/sh\n"),
        ("man", "#!/bin/sh\n"),
    ] {
        executable(&sandbox.join("bin").join(name), script);
    }
    let file = |name: &str, tensors: bool| {
        let architecture = lth_model::lenet_300_100(10);
        let mut file = lth_model::TensorFile::default();
        if tensors {
            let (scheme, bias) = (lth_model::InitScheme::GlorotNormal, lth_model::BiasInit::Zero);
            let (seed, purpose) = (lth_model::Seed(1), lth_model::Purpose::Init);
            file.tensors = lth_model::initialize(&architecture, scheme, bias, seed, purpose, 0);
        } else {
            file.masks.insert("fc1.weight".to_owned(), lth_model::Mask::dense(vec![300, 784]));
        }
        fs::write(sandbox.join(name), file.to_bytes()).unwrap();
    };
    file("initial.safetensors", true);
    file("masks.safetensors", false);
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/your-own-network.md");
    let text = fs::read_to_string(guide).unwrap();
    let network = blocks(&text).into_iter().find(|block| block.language == "toml").unwrap();
    fs::write(sandbox.join("my-net.toml"), network.text).unwrap();
}

fn executable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
