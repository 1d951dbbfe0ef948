//! For how long the file of a lease has not changed, by this process's own clock.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// So many looks in one time-out, at least, before a holder counts as dead: of the time between two looks no more than this
/// part counts. A process that was stopped together with the holder, and goes on a moment before it, is not misled.
const LOOKS: u32 = 3;

/// What was seen of leases that others hold.
#[derive(Debug, Default)]
pub(super) struct Observed(HashMap<String, Seen>);

#[derive(Debug)]
struct Seen {
    content: Vec<u8>,
    last: Instant,
    unchanged: Duration,
}

impl Observed {
    /// Notes what is in the file of a task; returns whether it has been the same for the time-out.
    pub(super) fn is_still(&mut self, key: &str, content: &[u8], now: Instant, timeout: Duration) -> bool {
        match self.0.get_mut(key) {
            Some(seen) if seen.content == content => {
                seen.unchanged += now.saturating_duration_since(seen.last).min(timeout / LOOKS);
                seen.last = now;
                // Thirds of a time-out may add up to a little less than it.
                seen.unchanged + Duration::from_micros(1) >= timeout
            }
            _ => {
                let seen = Seen { content: content.to_owned(), last: now, unchanged: Duration::ZERO };
                self.0.insert(key.to_owned(), seen);
                false
            }
        }
    }

    /// Forgets a task that nobody holds.
    pub(super) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_mins(1);

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_holder_is_dead_after_the_time_out_and_alive_at_each_beat() {
        let (mut observed, start) = (Observed::default(), Instant::now());
        let mut look =
            |content: &str, seconds| observed.is_still("a", content.as_bytes(), at(start, seconds), TIMEOUT);
        assert!((0..60).all(|second| !look("1", second)));
        assert!(look("1", 60));
        assert!((61..121).all(|second| !look("2", second)));
        assert!(look("2", 121));
    }

    #[test]
    fn a_long_pause_of_the_observer_is_not_the_holders() {
        let (mut observed, start) = (Observed::default(), Instant::now());
        let mut look = |seconds| observed.is_still("a", b"1", at(start, seconds), TIMEOUT);
        assert!(!look(0) && !look(100_000) && !look(200_000));
        assert!(look(300_000));
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_adds_nothing() {
        let (mut observed, start) = (Observed::default(), Instant::now());
        let mut look = |seconds| observed.is_still("a", b"1", at(start, seconds), TIMEOUT);
        assert!([50, 50, 10, 50, 69, 88].into_iter().all(|seconds| !look(seconds)));
    }

    #[test]
    fn tasks_are_told_apart_and_forgotten() {
        let (mut observed, start) = (Observed::default(), Instant::now());
        for second in 0..=60 {
            observed.is_still("a", b"1", at(start, second), TIMEOUT);
        }
        assert!(!observed.is_still("b", b"1", at(start, 60), TIMEOUT));
        observed.forget("a");
        assert!(!observed.is_still("a", b"1", at(start, 61), TIMEOUT));
    }
}
