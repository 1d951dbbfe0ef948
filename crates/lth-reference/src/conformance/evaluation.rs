//! Loss and accuracy over sets.

use std::cell::Cell;

use lth_model::{Engine, Evaluation, Examples, Gradients, Normalization, Program};

use super::{
    Outcome,
    bits::same_state,
    case::{Batches, Case, DENSITIES, OPTIMIZERS, SHIFTED, examples, stream},
    nets,
    pair::Pair,
};

/// Sets of every size, some examples twice and in no order; whatever was evaluated before, a set's result has the same bits.
pub fn loss_and_accuracy_are_those_of_the_logits(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let chain = architecture.nodes[0].shape.len() == 1;
        let counts: &[usize] = if chain { &[1, 5, 63, 64, 65, 128, 130, 300] } else { &[1, 17, 66] };
        for normalization in [Normalization::UNIT, SHIFTED, Normalization::PerImage] {
            for &density in if chain { &DENSITIES[..] } else { &DENSITIES[1..3] } {
                let case = Case::new(architecture.clone(), OPTIMIZERS[3], 7).at(density);
                let batches = Batches::new(engine, &case, normalization)?;
                let mut pair = case.pair(engine)?;
                let mut found = Vec::new();
                for &count in counts {
                    let mut stream = stream(count as u64, 8);
                    let indices: Vec<u32> = (0..count).map(|_| stream.below(300) as u32).collect();
                    let set = engine.evaluation_set(&batches.data, &indices)?;
                    let what = format!(
                        "{}, {count} examples, density {density}, {normalization:?}",
                        architecture.name
                    );
                    pair.evaluate(&set, &batches.data, &indices).map_err(|failure| failure.within(what))?;
                    let evaluation = pair.engine.evaluate(&set)?;
                    found.push((set, evaluation));
                }
                for (set, before) in found.iter().rev().chain(&found) {
                    let again = pair.engine.evaluate(set)?;
                    ensure!(again == *before, "{set:?}, density {density}: {again:?}, before {before:?}");
                }
            }
        }
    }
    Ok(())
}

/// One set is evaluated by several trainers and several networks, dense and sparse, and follows their weights.
pub fn sets_belong_to_all_trainers(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let dense = Case::new(architecture, OPTIMIZERS[6], 7);
        let batches = Batches::new(engine, &dense, SHIFTED)?;
        let indices: Vec<u32> = (0..70).collect();
        let [set, other] =
            [&indices[..], &indices[30..]].map(|indices| engine.evaluation_set(&batches.data, indices));
        let (set, other) = (set?, other?);
        let sparse = dense.clone().at(0.4);
        for case in [&dense, &sparse] {
            let mut pair = case.pair(engine)?;
            let mut before: Option<f64> = None;
            for number in 0..3 {
                let what = format!("{}, step {number}", case.architecture.name);
                pair.evaluate(&set, &batches.data, &indices).map_err(|failure| failure.within(&what))?;
                let after = pair.engine.evaluate(&set)?.loss;
                ensure!(before != Some(after), "{what}: the loss stays {after}");
                before = Some(after);
                batches.train(&mut pair.engine, case.rate, number..number + 1)?;
                pair.catch_up(case, &case.masks)?;
            }
            // The same set after other masks.
            pair.remask(&case.clone().at(0.05).masks)?;
            let after = pair.evaluate(&set, &batches.data, &indices);
            after.map_err(|failure| failure.within("after other masks"))?;
        }
        let starts = [dense.start(), sparse.start()];
        let mut trainer = engine.trainer(&dense.program(), &starts)?;
        let found = trainer.evaluate(&[(1, &set), (0, &other), (1, &other), (0, &set)], &|| false)?;
        let mut expected = Vec::new();
        for (case, set) in [(&sparse, &set), (&dense, &other), (&sparse, &other), (&dense, &set)] {
            expected.push(case.trainer(engine)?.evaluate(set)?);
        }
        ensure!(found.as_ref() == Some(&expected), "several networks: {found:?}, alone {expected:?}");
    }
    Ok(())
}

/// A set of no examples has no loss; one of black images has.
pub fn sets_of_nothing_and_of_blank_examples(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in DENSITIES {
            let case = Case::new(architecture.clone(), OPTIMIZERS[3], 7).at(density);
            let blank = examples(&case.architecture, 70, Normalization::UNIT, 3);
            let blank = Examples { bytes: vec![0; blank.bytes.len()].into(), ..blank };
            let data = engine.upload(&blank)?;
            let mut pair = case.pair(engine)?;
            let empty = engine.evaluation_set(&data, &[])?;
            let found = pair.engine.evaluate(&empty)?;
            let nothing = Evaluation { loss: 0.0, correct: 0, examples: 0 };
            ensure!(found == nothing && found.accuracy() == 0.0, "of nothing: {found:?}");
            let indices: Vec<u32> = (0..66).collect();
            let set = engine.evaluation_set(&data, &indices)?;
            let blank = pair.evaluate(&set, &data, &indices);
            blank.map_err(|failure| failure.within(format!("blank examples, density {density}")))?;
        }
    }
    Ok(())
}

/// An evaluation is asked whether to stop, and then gives nothing; the next one is whole.
pub fn evaluations_stop(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let case = Case::new(architecture, OPTIMIZERS[3], 7);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let mut trainer = case.trainer(engine)?;
        let set = engine.evaluation_set(&batches.data, &(0..200).collect::<Vec<u32>>())?;
        let whole = trainer.evaluate(&set)?;
        for after in 0..2 {
            let asked = Cell::new(0);
            let stop = || asked.replace(asked.get() + 1) == after;
            let found = trainer.evaluate_unless(&set, &stop)?;
            ensure!(found.is_none() && asked.get() == after + 1, "{found:?}, asked {} times", asked.get());
        }
        let again = trainer.evaluate(&set)?;
        ensure!(again == whole, "after a stop {again:?}, before {whole:?}");
    }
    Ok(())
}

/// Evaluations, outputs and gradients leave the network and its memory as they are.
pub fn looking_changes_nothing(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in [1.0, 0.2] {
            let case = Case::new(architecture.clone(), OPTIMIZERS[6], 7).at(density);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let mut trainer = case.trainer(engine)?;
            let set = engine.evaluation_set(&batches.data, &(0..70).collect::<Vec<u32>>())?;
            for steps in 0..2 {
                batches.train(&mut trainer, case.rate, 0..steps)?;
                let before = trainer.state();
                let indices = batches.indices(2);
                trainer.evaluate(&set)?;
                trainer.logits(batches.of(&indices))?;
                trainer.gradients(batches.of(&indices), Gradients::All)?;
                trainer.gradients(batches.of(&indices), Gradients::Live)?;
                same_state(&trainer.state(), &before, &case.architecture.name)?;
            }
        }
    }
    Ok(())
}

/// It is evaluated and differentiated, and there is nothing to remember.
pub fn a_program_that_learns_nothing_has_no_memory(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in [1.0, 0.3] {
            let case = Case::new(architecture.clone(), OPTIMIZERS[0], 8).at(density);
            let batches = Batches::small(engine, &case, SHIFTED)?;
            let program = Program::evaluation(&case.architecture, 20);
            engine.supports(&program)?;
            let mut pair = Pair::new(engine, &program, &case.start())?;
            let indices = batches.indices(0);
            pair.logits(batches.of(&indices))?;
            let _ = pair.gradients(batches.of(&indices))?;
            pair.evaluate(&engine.evaluation_set(&batches.data, &indices)?, &batches.data, &indices)?;
            let state = pair.state(&case.architecture.name)?;
            let count = state.optimizer.tensors.len();
            ensure!(count == 0 && state.optimizer.updates == 0, "{count} tensors of memory");
        }
    }
    Ok(())
}
