//! What the benches share: which instruction sets to measure, and the peak of the core.

// Each bench is a program of its own and uses some of this.
#![allow(dead_code, unsafe_code)]

use std::{process, time::Instant};

use lth_cpu::Isa;

/// Every name that [`instruction_sets`] takes for an instruction set, whether this machine has it or not.
const NAMES: [&str; 4] = ["avx512", "avx2", "neon", "plain"];

/// The words after `--`, less what cargo adds.
pub(crate) fn words() -> Vec<String> {
    std::env::args().skip(1).filter(|word| word != "--bench").collect()
}

/// The instruction sets that are named among the words, which are taken out; without a name, all of this machine but plain
/// code. `best` is the one that `lth` would take.
pub(crate) fn instruction_sets(words: &mut Vec<String>) -> Vec<Isa> {
    let mut named = Vec::new();
    words.retain(|word| {
        if word == "best" {
            named.push(Isa::detect());
        } else if NAMES.contains(&word.as_str()) {
            let Some(isa) = Isa::by_name(word) else {
                refuse(&format!("this machine has no {word}, only {}", available()));
            };
            named.push(isa);
        } else {
            return true;
        }
        false
    });
    if named.is_empty() {
        named = Isa::available();
        named.retain(|isa| isa.name() != "plain");
    }
    named
}

/// The densities that the words are; `default` where there is no word.
pub(crate) fn densities(words: &[String], default: &[f64]) -> Vec<f64> {
    if words.is_empty() {
        return default.to_vec();
    }
    let parse = |word: &String| match word.parse::<f64>() {
        Ok(density) if density > 0.0 && density <= 1.0 => density,
        _ => refuse(&format!(
            "\"{word}\" is neither a density (above 0, at most 1) nor an instruction set ({}, best)",
            available()
        )),
    };
    words.iter().map(parse).collect()
}

/// Ends the program as for any bad input.
pub(crate) fn refuse(reason: &str) -> ! {
    eprintln!("error: {reason}");
    process::exit(2)
}

fn available() -> String {
    Isa::available().iter().map(|isa| isa.name()).collect::<Vec<_>>().join(", ")
}

/// Floating-point operations a second of a loop of nothing but independent multiply-adds, the best of many times, where that was
/// written for the instruction set.
pub(crate) fn peak(isa: Isa) -> Option<f64> {
    match isa.name() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the instruction set was found on this machine.
        "avx512" => Some(unsafe { peak_512() }),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        "avx2" => Some(unsafe { peak_256() }),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! peak {
    ($name:ident, $features:literal, $set:ident, $fmadd:ident, $lanes:literal) => {
        /// # Safety
        /// The machine must have the features.
        #[target_feature(enable = $features)]
        unsafe fn $name() -> f64 {
            use std::arch::x86_64::{$fmadd, $set};
            const SUMS: usize = 10;
            const ROUNDS: usize = 50_000;
            let factor = $set(std::hint::black_box(0.5));
            let term = $set(std::hint::black_box(1.0));
            let mut sums = [term; SUMS];
            let mut seconds = f64::INFINITY;
            for _ in 0..1000 {
                let start = Instant::now();
                for _ in 0..ROUNDS {
                    for sum in &mut sums {
                        *sum = $fmadd(*sum, factor, term);
                    }
                }
                seconds = seconds.min(start.elapsed().as_secs_f64());
                std::hint::black_box(&mut sums);
            }
            (ROUNDS * SUMS * 2 * $lanes) as f64 / seconds
        }
    };
}
#[cfg(target_arch = "x86_64")]
peak!(peak_512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps, 16);
#[cfg(target_arch = "x86_64")]
peak!(peak_256, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps, 8);
