//! Run folders as finished runs leave them, without anything that was trained.

use std::{fmt::Write as _, fs, path::Path};

use lth_lab::{Experiment, Layout, Variant};
use lth_model::Step;

/// Writes a finished run of LeNet-300-100, with all its files; the last round but one wins. Its name says which it is.
pub(crate) fn run(output: &Path, number: usize, rounds: u32) -> Layout {
    let mut experiment = Experiment::new("lenet-300-100", "mnist");
    experiment.rounds = rounds;
    experiment.recipe.batch_size = 60 + number;
    experiment.recipe.length = Step::from_iterations(2_000);
    experiment.set("criterion", ["large-final", "movement"][number % 2]).unwrap();
    let layout = Layout::new(output.join(format!("run-{number:04}")));
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(&layout.experiment(), &experiment.to_toml());
    write(&layout.provenance(), "[]\n");
    write(&layout.initial(0), "weights");
    for name in ["accuracy-against-density.svg", "accuracy-against-density.png"] {
        write(&layout.figures().join(name), "picture");
    }
    write(&layout.round_events(0, Variant::Ticket), "events");
    let mut summary = String::from(
        "replicate,seed,variant,round,density,sparsity,early_stop_iteration,early_stop_validation_loss,\
         early_stop_validation_accuracy,early_stop_test_loss,early_stop_test_accuracy,end_iteration,end_validation_loss,\
         end_validation_accuracy,end_test_loss,end_test_accuracy,end_train_loss,end_train_accuracy,live_fc1.weight,\
         live_fc2.weight,live_fc3.weight,verdict,verdict_seeds,verdict_accuracy_difference,verdict_accuracy_noise,\
         verdict_iteration_difference,verdict_iteration_noise\n",
    );
    let mut timing =
        String::from("replicate,variant,round,density,seconds,cpu_seconds,steps_per_second,speed_up\n");
    for round in 0..rounds {
        let density = 0.8_f64.powi(round as i32);
        let verdict = match rounds - round {
            _ if round == 0 => "dense",
            1 => "lower-accuracy",
            _ => "winning",
        };
        let accuracy = 0.97 + 0.001 * f64::from(round);
        let _ = writeln!(
            summary,
            "0,0,ticket,{round},{density},{},1000,0.1,0.97,0.1,{accuracy},2000,0.1,0.97,0.1,0.97,0.01,0.99,235200,30000,1000,\
             {verdict},1,0.001,0.0005,-100,",
            1.0 - density
        );
        let _ = writeln!(timing, "0,ticket,{round},{density},2.5,2.4,800,1.5");
        let of = Variant::Ticket;
        write(&layout.ticket(0, of, round), "weights and masks");
        write(&layout.metrics(0, of, round), "step,split,metric,value\n");
        write(&layout.metrics_lec(0, of, round), "step\n");
        write(&layout.record(0, of, round), "{}\n");
        write(&layout.timing(0, of, round), "{}\n");
        write(&layout.events(0, of, round), "events");
    }
    write(&layout.summary(), &summary);
    write(&layout.timing_summary(), &timing);
    layout
}
