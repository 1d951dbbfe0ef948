//! Where each file of a run's stability lies.

use std::path::{Path, PathBuf};

use super::StartPoint;
use crate::Layout;

/// The paths below `stability/` in a run folder.
///
/// ```text
/// copies/replicate-0/
///   round-07-ticket/copy-0.safetensors, copy-1.safetensors     trained; the same for every comparison
///   round-07-ticket/copy-1-timing.json                         how long that took
///   round-07-ticket/pruning.json                               its copy 0 and that of round-00-ticket
///   round-07-random-mask/...
///   round-00-ticket-from-500it/start.safetensors               the dense network where copies part
///   round-00-ticket-from-500it/start-timing.json               how long it took to get there; of points of one training at the last
///   round-00-ticket-from-500it/copy-1.safetensors              copy 0 is that of round-00-ticket
/// 30-points-10000-examples/                                    a comparison, named after its settings
///   settings.json
///   pairs/replicate-0/round-07-ticket/0-1.json                 all that was measured of a pair
///   stability.csv, path.csv                                    the same as tables
///   figures/
/// ```
#[derive(Debug, Clone)]
pub(super) struct StabilityFiles {
    root: PathBuf,
    comparison: PathBuf,
}

impl StabilityFiles {
    pub(super) fn new(layout: &Layout, comparison: &str) -> Self {
        let root = layout.root().join("stability");
        Self { comparison: root.join(comparison), root }
    }

    /// The folder of the comparison.
    pub(super) fn comparison(&self) -> &Path {
        &self.comparison
    }

    /// The folder of a replicate's copies.
    pub(super) fn replicate(&self, replicate: u32) -> PathBuf {
        self.root.join("copies").join(format!("replicate-{replicate}"))
    }

    fn copies(&self, start: &StartPoint) -> PathBuf {
        self.replicate(start.replicate).join(start.folder())
    }

    /// The weights that a copy ended with; its presence means that the copy is trained.
    pub(super) fn copy(&self, start: &StartPoint, copy: u32) -> PathBuf {
        self.copies(&start.owner_of(copy)).join(format!("copy-{copy}.safetensors"))
    }

    /// How long a copy took to train.
    pub(super) fn copy_timing(&self, start: &StartPoint, copy: u32) -> PathBuf {
        self.copies(&start.owner_of(copy)).join(format!("copy-{copy}-timing.json"))
    }

    /// Where the unfinished training of a copy goes on.
    pub(super) fn copy_checkpoint(&self, start: &StartPoint, copy: u32) -> PathBuf {
        self.copies(&start.owner_of(copy)).join(format!("copy-{copy}-checkpoint.safetensors"))
    }

    /// The dense network where its copies part, with the optimiser's memory.
    pub(super) fn dense_point(&self, start: &StartPoint) -> PathBuf {
        self.copies(start).join("start.safetensors")
    }

    /// How long the dense network took to this point.
    pub(super) fn dense_timing(&self, start: &StartPoint) -> PathBuf {
        self.copies(start).join("start-timing.json")
    }

    /// Where the unfinished training to the points goes on; points are told by a hash of them.
    pub(super) fn dense_checkpoint(&self, replicate: u32, points: &str) -> PathBuf {
        self.replicate(replicate).join(format!("dense-{points}-checkpoint.safetensors"))
    }

    /// What was measured of copy 0 and that of the dense network.
    pub(super) fn pruning(&self, start: &StartPoint) -> PathBuf {
        self.copies(start).join("pruning.json")
    }

    /// What was measured of a pair.
    pub(super) fn pair(&self, start: &StartPoint, [a, b]: [u32; 2]) -> PathBuf {
        let folder = self.pairs().join(format!("replicate-{}", start.replicate)).join(start.folder());
        folder.join(format!("{a}-{b}.json"))
    }

    /// The folder of all pairs.
    pub(super) fn pairs(&self) -> PathBuf {
        self.comparison.join("pairs")
    }
}
