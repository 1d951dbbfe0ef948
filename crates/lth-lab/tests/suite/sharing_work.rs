//! Several processes on one folder. Here each is a thread with a workbench of its own: locks and leases are files of their own then,
//! as between processes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use lth_lab::{Experiment, Stop, TaskEvent, TaskName, TaskObserver, run_folders};

use crate::toy::{Setup, assert_same, control, experiment, finished};

/// What each of several processes has finished.
#[derive(Default)]
struct Finished(Mutex<BTreeMap<String, usize>>);

/// One process's view of it; cancels itself after some events.
struct Watch<'a> {
    finished: &'a Finished,
    busy: AtomicUsize,
    left: AtomicUsize,
    cancel: Arc<AtomicBool>,
}

impl TaskObserver for Watch<'_> {
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        match event {
            TaskEvent::Finished { .. } => {
                *self.finished.0.lock().unwrap().entry(task.to_string()).or_default() += 1;
            }
            TaskEvent::Busy { holder } => {
                assert!(holder.is_some_and(|holder| holder.process == std::process::id()));
                self.busy.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.cancel.store(true, Ordering::SeqCst);
        }
    }
}

/// Runs the experiment by several processes at once, of which each cancels itself after so many events; tells of how many trainings
/// it was seen that another does them.
fn together(experiment: &Experiment, output: &Path, finished: &Finished, events: &[usize]) -> usize {
    let run = |&left: &usize| {
        let cancel = Arc::new(AtomicBool::new(false));
        let (busy, left) = (AtomicUsize::new(0), AtomicUsize::new(left));
        let watch = Watch { finished, busy, left, cancel: cancel.clone() };
        let setup = Setup { observer: &watch, stop: Stop::when(cancel), jobs: 1, ..Setup::default() };
        let report = setup.run(experiment, output).unwrap();
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert!(report.stopped || report.results.is_complete());
        watch.busy.into_inner()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = events.iter().map(|left| scope.spawn(move || run(left))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn only_run(output: &Path) -> PathBuf {
    let runs = run_folders(&[output.to_owned()]).unwrap();
    assert_eq!(runs.len(), 1);
    runs[0].clone()
}

fn small() -> Experiment {
    Experiment { rounds: 3, controls: vec![control("random-mask"), control("random-reinit")], ..experiment() }
}

#[test]
fn several_processes_do_each_training_once_and_all_of_them() {
    let (_alone, alone) = finished(&small());
    let mut waited = 0;
    for processes in [2, 4] {
        let (output, finished) = (tempfile::tempdir().unwrap(), Finished::default());
        waited += together(&small(), output.path(), &finished, &vec![usize::MAX; processes]);
        let counts = finished.0.into_inner().unwrap();
        assert_eq!(counts.len() as u64, small().trainings());
        assert!(counts.values().all(|&count| count == 1), "{counts:?}");
        assert_same(&only_run(output.path()), alone.results.layout.root());
    }
    assert!(waited > 0, "nobody ever found a training that another did");
}

#[test]
fn processes_that_are_cancelled_beside_others_leave_nothing_undone() {
    let (_alone, alone) = finished(&small());
    for sitting in 0..6 {
        let (output, finished) = (tempfile::tempdir().unwrap(), Finished::default());
        // One is stopped early, one later, one never.
        together(&small(), output.path(), &finished, &[3 + sitting, 10 + 3 * sitting, usize::MAX]);
        let counts = finished.0.into_inner().unwrap();
        assert_eq!(counts.len() as u64, small().trainings());
        assert!(counts.values().all(|&count| count == 1), "{counts:?}");
        assert_same(&only_run(output.path()), alone.results.layout.root());
    }
}

#[test]
fn a_process_that_wants_more_rounds_extends_the_run_of_another() {
    let output = tempfile::tempdir().unwrap();
    let longer = Experiment { rounds: 5, ..small() };
    let finished_here = Finished::default();
    thread::scope(|scope| {
        for experiment in [small(), longer.clone()] {
            let (output, finished_here) = (output.path(), &finished_here);
            scope.spawn(move || together(&experiment, output, finished_here, &[usize::MAX]));
        }
    });
    let (_alone, alone) = finished(&longer);
    assert_same(&only_run(output.path()), alone.results.layout.root());
}
