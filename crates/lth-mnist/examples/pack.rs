//! Packs the four MNIST files into this crate: `cargo run -p lth-mnist --example pack -- FOLDER`.
//!
//! FOLDER holds the files under their published names, plain or as `.gz`. Each is checked against its published MD5
//! sum before anything is written, then packed by the `zstd` command (1.5 or newer) into `data/NAME.zst` of this crate.
//! It takes about a minute.

use std::{
    error::Error,
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use flate2::read::MultiGzDecoder;
use lth_mnist::File;
use md5::{Digest, Md5};

/// The whole file as window, the slowest search, no checksum of its own (the tests check the MD5 sums).
const ZSTD: [&str; 5] = ["--ultra", "-22", "--long=27", "--no-check", "--quiet"];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: cargo run -p lth-mnist --example pack -- FOLDER");
        return ExitCode::from(2);
    };
    match pack_all(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn pack_all(folder: &Path) -> Result<(), Box<dyn Error>> {
    let contents: Vec<(File, Vec<u8>)> = File::ALL
        .into_iter()
        .map(|file| Ok((file, read_checked(folder, file)?)))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut total = 0;
    for (file, bytes) in contents {
        let target = data.join(file.name()).with_extension("zst");
        pack(&bytes, &target)?;
        let packed = fs::metadata(&target)?.len();
        println!("{}: {} -> {packed} bytes", file.name(), bytes.len());
        total += packed;
    }
    println!("total: {total} bytes");
    Ok(())
}

fn read_checked(folder: &Path, file: File) -> Result<Vec<u8>, Box<dyn Error>> {
    let plain = folder.join(file.name());
    let bytes = if plain.exists() {
        fs::read(&plain).map_err(|error| format!("cannot read '{}': {error}", plain.display()))?
    } else {
        let packed = folder.join(format!("{}.gz", file.name()));
        let open = fs::File::open(&packed)
            .map_err(|error| format!("cannot read '{}': {error}", packed.display()))?;
        let mut bytes = Vec::new();
        MultiGzDecoder::new(open).read_to_end(&mut bytes)?;
        bytes
    };
    let sum = Md5::digest(&bytes).iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte));
    let sum = format!("{sum:032x}");
    if sum == file.md5() {
        Ok(bytes)
    } else {
        Err(format!("'{}' has the MD5 sum {sum}, published is {}", file.name(), file.md5()).into())
    }
}

fn pack(bytes: &[u8], target: &Path) -> Result<(), Box<dyn Error>> {
    // The length in the frame header makes the frame a single segment, whose window is exactly the file.
    let size = format!("--stream-size={}", bytes.len());
    let partial = target.with_extension("zst.part");
    let mut zstd = Command::new("zstd")
        .args(ZSTD)
        .arg(size)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&partial)?)
        .spawn()
        .map_err(|error| format!("cannot start the zstd command: {error}"))?;
    // Taken out of the child, so that it is closed after the last byte and zstd sees the end.
    zstd.stdin.take().ok_or("zstd has no standard input")?.write_all(bytes)?;
    if !zstd.wait()?.success() {
        return Err(format!("zstd failed on '{}'", target.display()).into());
    }
    fs::rename(&partial, target)?;
    Ok(())
}
