//! Whether a job can be done at all.

use lth_model::{Pruned, Schedule};

use super::{Split, TrainingCheckpoint, TrainingError, TrainingJob, mask_updates::unsupported_with_frozen};

/// Finds contradictions in a job before anything is trained.
pub(super) fn check(job: &TrainingJob<'_>, resume: Option<&TrainingCheckpoint>) -> Result<(), TrainingError> {
    job.recipe.check()?;
    let data = job.data;
    for (split, indices, examples) in [
        (Split::Train, &data.train_indices, data.train.len()),
        (Split::Validation, &data.validation, data.train.len()),
        (Split::Test, &data.test_indices, data.test.len()),
    ] {
        if indices.is_empty() && split != Split::Validation {
            return Err(TrainingError::NoExamples { split });
        }
        if let Some(&index) = indices.iter().find(|&&index| index as usize >= examples) {
            return Err(TrainingError::Index { split, index, examples });
        }
    }
    let (batch_size, examples) = (job.recipe.batch_size, data.train_indices.len());
    if batch_size == 0 || batch_size > examples {
        return Err(TrainingError::BatchSize { batch_size, examples });
    }
    let (start, last) = (job.start, job.last_iteration());
    if start >= last {
        return Err(TrainingError::Length { start, last });
    }
    if let Schedule::Warmup { length, .. } = job.recipe.schedule
        && length.iterations(job.per_epoch()) >= last
    {
        return Err(TrainingError::Warmup { warmup: length, last });
    }
    if let Some(updates) = &job.mask_updates {
        if updates.end() > last {
            return Err(TrainingError::MaskUpdates { end: updates.end(), last });
        }
        if job.pruned == Pruned::Frozen {
            return Err(unsupported_with_frozen());
        }
    }
    if job.evaluate_every == 0 {
        return Err(TrainingError::EvaluateEvery);
    }
    if let Some(&iteration) = job.snapshots.iter().find(|iteration| !(start..=last).contains(iteration)) {
        return Err(TrainingError::Snapshot { iteration, start, last });
    }
    resume.map_or(Ok(()), |checkpoint| check_resume(job, checkpoint))
}

fn check_resume(job: &TrainingJob<'_>, checkpoint: &TrainingCheckpoint) -> Result<(), TrainingError> {
    let (start, last, iteration) = (job.start, job.last_iteration(), checkpoint.iteration);
    let refuse = |reason| Err(TrainingError::OtherTraining { iteration, reason });
    if !(start..=last).contains(&iteration) {
        return refuse(format!("this one goes from {start} to {last}"));
    }
    if checkpoint.masks.is_some() != job.mask_updates.is_some() {
        return refuse("masks change in one of the two only".to_owned());
    }
    if let Some(missing) = job
        .snapshots
        .iter()
        .find(|&&snapshot| snapshot <= iteration && !checkpoint.snapshots.contains_key(&snapshot))
    {
        return refuse(format!("it lacks the weights of iteration {missing}"));
    }
    let at_or_before = |iteration: u64| {
        let evaluated = if iteration == last { last } else { iteration - iteration % job.evaluate_every };
        (evaluated > start).then_some(evaluated)
    };
    let expected = at_or_before(iteration);
    let found = checkpoint.history.last().map(|row| row.iteration);
    // A training that was stopped in the middle of an evaluation has the one before.
    let stopped_in_it = expected == Some(iteration) && found == at_or_before(iteration - 1);
    if found != expected && !stopped_in_it {
        let name = |iteration: Option<u64>| {
            iteration.map_or("never".to_owned(), |iteration| format!("at iteration {iteration}"))
        };
        return refuse(format!("it was last evaluated {}, not {}", name(found), name(expected)));
    }
    Ok(())
}
