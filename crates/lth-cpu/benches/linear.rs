//! What part of a core's peak the kernels of linear layers reach, one by one.
//!
//! `cargo bench -p lth-cpu --bench linear [-- INSTRUCTIONS... DENSITY...]`, as for the bench `step`; 64 examples, layers of
//! LeNet-300-100. Pin it to a core (`taskset -c 0`).

mod common;

fn main() {
    let mut words = common::words();
    let sets = common::instruction_sets(&mut words);
    let densities = common::densities(&words, &[1.0, 0.262, 0.107, 0.035, 0.012]);
    for isa in sets {
        let peak = common::peak(isa);
        if let Some(peak) = peak {
            println!("peak of this core in {isa} multiply-adds: {:.0} GFLOP/s", peak * 1e-9);
        }
        for &density in &densities {
            for (inputs, outputs) in [(784, 300), (300, 100)] {
                for timing in lth_cpu::measure::linear(isa, inputs, outputs, density) {
                    let rate = timing.operations / timing.seconds;
                    let part = peak
                        .map_or(String::new(), |peak| format!(", {:.0} % of the peak", rate / peak * 100.0));
                    println!(
                        "{inputs} x {outputs} {isa} density {density} {}: {:.2} us, {:.1} GFLOP/s{part}",
                        timing.kernel,
                        timing.seconds * 1e6,
                        rate * 1e-9
                    );
                }
            }
        }
    }
}
