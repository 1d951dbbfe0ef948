//! CPU time: how long a thread has computed, whatever else the machine was doing.

use std::time::Duration;

/// The CPU time of the calling thread so far; `None` where the system has no such clock.
pub fn thread_cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).ok()
    }
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn sleeping_costs_nothing_and_computing_does() {
        let begin = thread_cpu_time().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        let slept = thread_cpu_time().unwrap();
        assert!(slept.saturating_sub(begin) < Duration::from_millis(25));
        let mut sum = 0_u64;
        while thread_cpu_time().unwrap().saturating_sub(slept) < Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        // Another thread has a clock of its own.
        let other = std::thread::spawn(|| thread_cpu_time().unwrap()).join().unwrap();
        assert!(other < Duration::from_millis(5), "{other:?} {sum}");
    }
}
