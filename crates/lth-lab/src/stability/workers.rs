//! Independent pieces of work on some cores.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::Stop;

/// Does each item on one of `jobs` threads, in order of starting; after a wish to stop nothing more is begun. The results are in
/// the order of the items, `None` where an item was not begun. `run` also gets how many items wait for each thread.
pub(super) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    stop: &Stop,
    run: impl Fn(&T, f64) -> R + Sync,
) -> Vec<Option<R>> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while !stop.is_set() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let waiting = items.len().saturating_sub(index + jobs) as f64 / jobs as f64;
                    let result = run(item, waiting);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicBool};

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..40).collect();
        for jobs in [0, 1, 3, 100] {
            let squares = in_parallel(&items, jobs, &Stop::default(), |item, _| item * item);
            assert!(squares.iter().zip(&items).all(|(square, item)| *square == Some(item * item)));
        }
        assert_eq!(in_parallel(&[] as &[u8], 2, &Stop::default(), |item, _| *item), []);
    }

    #[test]
    fn nothing_is_begun_after_a_wish_to_stop() {
        let wish = Arc::new(AtomicBool::new(false));
        let done = in_parallel(&[1, 2, 3], 1, &Stop::when(wish.clone()), |item, _| {
            wish.store(*item == 2, Ordering::Relaxed);
            *item
        });
        assert_eq!(done, [Some(1), Some(2), None]);
    }
}
