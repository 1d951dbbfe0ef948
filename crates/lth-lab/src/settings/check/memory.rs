//! Whether a step fits into memory.

use lth_data::{free_memory, memory_in_words};
use lth_model::{Architecture, Recipe};

use super::refuse;
use crate::LabError;

/// Refuses a network and a batch whose training does not fit into the memory that is free
/// ([`Architecture::training_bytes`]), before any of it is taken.
///
/// # Errors
/// [`LabError::Setting`], with the bytes that are needed and those that are free.
pub fn check_memory(architecture: &Architecture, recipe: &Recipe) -> Result<(), LabError> {
    check_against(architecture, recipe, free_memory())
}

fn check_against(architecture: &Architecture, recipe: &Recipe, free: u64) -> Result<(), LabError> {
    let bytes = |batch_size| architecture.training_bytes(batch_size, recipe.optimizer);
    let needed = bytes(recipe.batch_size);
    if needed <= free {
        return Ok(());
    }
    let [needed_words, free_words] = [needed, free].map(memory_in_words);
    let reason = |what: &str| format!("{what} needs {needed_words} of memory, and {free_words} are free");
    let one = bytes(1);
    if one > free {
        let hint = "use a smaller network (--width-factor), smaller images (--image-size), or a machine with more memory";
        return refuse("model", &architecture.name, reason("training it"), hint);
    }
    let most = 1 + (free - one) / (bytes(2) - one).max(1);
    let what = format!("a step of {} with it", architecture.name);
    refuse(
        "recipe.batch_size",
        recipe.batch_size,
        reason(&what),
        format!("use a smaller batch: --batch-size {most} at most"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Experiment;
    use lth_model::{find_model, mlp};

    fn recipe(batch_size: usize) -> Recipe {
        Recipe { batch_size, ..Experiment::new("lenet-300-100", "mnist").recipe }
    }

    fn refused(architecture: &Architecture, batch_size: usize, free: u64) -> String {
        check_against(architecture, &recipe(batch_size), free).unwrap_err().to_string()
    }

    #[test]
    fn what_does_not_fit_is_said_with_both_figures() {
        let resnet = find_model("resnet-20").unwrap().build(&[1, 28, 28], 10).unwrap();
        let said = refused(&resnet, 1_000_000, 8_000_000_000);
        assert!(
            said.starts_with("recipe.batch_size = 1000000: a step of resnet-20 with it needs "),
            "{said}"
        );
        assert!(said.ends_with(" of memory, and 8.0 GB are free"), "{said}");
        let wide = mlp("wide", &[784], &[60_000, 60_000], 10);
        let said = refused(&wide, 60, 8_000_000_000);
        assert!(said.starts_with("model = wide: training it needs "), "{said}");
    }

    #[test]
    fn the_batch_of_the_hint_fits() {
        let conv = find_model("conv-2").unwrap().build(&[3, 32, 32], 10).unwrap();
        let free = 2_000_000_000;
        let Err(LabError::Setting { hint, .. }) = check_against(&conv, &recipe(1_000_000), free) else {
            panic!("it fits")
        };
        let most: usize = hint.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
        assert!(check_against(&conv, &recipe(most), free).is_ok());
        assert!(check_against(&conv, &recipe(most + 64), free).is_err());
    }
}
