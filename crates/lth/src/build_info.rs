//! What this program was built from, and what it runs on.

use std::{env, fs, thread, time::SystemTime};

use humantime::format_rfc3339_seconds;
use lth_cpu::{CpuEngine, Isa};
use lth_lab::Provenance;
use lth_model::Engine;

/// What the files that this program makes say of it.
pub(crate) const CREATED_BY: &str = concat!("lth ", env!("CARGO_PKG_VERSION"));

/// The commit, where it is known.
fn commit() -> Option<&'static str> {
    Some(env!("LTH_BUILD_COMMIT")).filter(|commit| !commit.is_empty())
}

/// Version and commit, for files that need not have the same bits in every build.
pub(crate) fn version_and_commit() -> String {
    match commit() {
        Some(commit) => format!("{CREATED_BY} ({commit})"),
        None => CREATED_BY.to_owned(),
    }
}

/// What `lth --version --verbose` prints.
pub(crate) fn description() -> String {
    let sets: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
    format!(
        "{CREATED_BY}\ncommit: {}\ntarget: {}\nprofile: {}\ncompiler: {}\ninstruction sets: {} (the first is used)\nprocessor: {}\n",
        commit().unwrap_or("unknown (a development build, or built outside of the repository)"),
        env!("LTH_BUILD_TARGET"),
        env!("LTH_BUILD_PROFILE"),
        env!("LTH_BUILD_RUSTC"),
        sets.join(", "),
        processor().unwrap_or_else(|| "unknown".to_owned()),
    )
}

/// This program, its command line and this machine.
pub(crate) fn provenance(engine: &CpuEngine) -> Provenance {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    Provenance {
        begun: format_rfc3339_seconds(SystemTime::now()).to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit().map(str::to_owned),
        target: env!("LTH_BUILD_TARGET").to_owned(),
        rustc: env!("LTH_BUILD_RUSTC").to_owned(),
        profile: env!("LTH_BUILD_PROFILE").to_owned(),
        engine: engine.name(),
        command: words.collect(),
        working_folder: env::current_dir().map_or_else(|_| String::new(), |path| path.display().to_string()),
        processor: processor(),
        cores: thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", env::consts::OS, env::consts::ARCH),
    }
}

/// The processor's name, as Linux tells it.
pub(crate) fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_a_line_for_each_thing() {
        let text = description();
        let starts = ["lth ", "commit: ", "target: ", "profile: ", "compiler: rustc ", "instruction sets: "];
        for (line, start) in text.lines().zip(starts) {
            assert!(line.starts_with(start), "{text}");
        }
        assert!(text.contains("plain (the first") || text.contains(", plain"), "{text}");
    }
}
