//! The science of lottery tickets, on named tensors and masks.
//!
//! A round trains a network ([`train()`]), scores its weights ([`Criterion`]), prunes the lowest scores ([`prune()`]) and
//! rewinds the others ([`rewind`]): the result is a [`Ticket`]. Controls ([`Control`]) are the networks that a ticket
//! is compared with; [`early_stop`] and [`Verdict`] say what came out. No function here knows which engine trains,
//! where results are stored, or how they are shown.

mod analysis;
mod before_training;
mod compact;
mod control;
mod criterion;
mod during_training;
mod early_bird;
mod early_stop;
mod geometry;
mod mask0_action;
mod mask1_action;
mod prune;
mod registry;
mod rewind;
mod supermask;
mod ticket;
mod ticket_error;
mod ticket_file;
mod train;
mod transfer;
mod verdict;

pub use analysis::{
    Connectivity, Distribution, Histogram, LayerUnits, MaskOverlap, MeanMovement, SignAgreement,
};
pub use before_training::{
    BEFORE_TRAINING, BeforeTraining, BeforeTrainingContext, BeforeTrainingError, BeforeTrainingOptions,
    BeforeTrainingProgress, Budget, DensitySchedule, EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, Grasp, Magnitude,
    RandomBeforeTraining, SanityCheck, Snip, SynFlow, collapsed_layers, find_before_training, invert_scores,
    prune_before_training, scoring_examples, shuffle_layers, unwatched,
};
pub use compact::{Compact, CompactError, CompactLayer, compact};
pub use control::{
    CONTROLS, Control, ControlContext, ControlTicket, OfAction, RandomMask, RandomMaskGlobal, RandomReinit,
    RandomSparse, Rewound, find_control,
};
pub use criterion::{
    CRITERIA, Criterion, LargeFinal, LargeFinalDiffSign, LargeFinalSameSign, LargeInit, LargeInitLargeFinal,
    MagnitudeIncrease, MagnitudeIncreaseDiffSign, MagnitudeIncreaseSameSign, Movement, Random, ScoreContext,
    SmallFinal, SmallInit, SmallInitSmallFinal, WeightHistory, find_criterion,
};
pub use during_training::{DuringTraining, find_during_training};
pub use early_bird::{EarlyBird, mask_distance};
pub use early_stop::{EvaluationPoint, at_end, early_stop};
pub use geometry::{angle, barrier, distance, interpolate, overlap};
pub use mask0_action::{
    ByDirection, Freeze, FreezePoint, MASK0_ACTIONS, Mask0Action, Zero, Zeroed, find_mask0_action,
};
pub use mask1_action::{
    Constant, Keep, MASK1_ACTIONS, Mask1Action, Mask1Context, Noise, Reinit, Resample, Reshuffle, Rewind,
    ShuffleInit, find_mask1_action,
};
pub use prune::{
    Allocation, DropAndGrow, GradualPruning, Growth, OneShot, PruningError, PruningRates, Scope, allocate,
    cosine_fraction, density_ladder, drop_and_grow, live_after, prune, prune_one_shot,
};
pub use registry::UnknownName;
pub use rewind::{complete_masks, mask_weights, rewind};
pub use supermask::{
    FrozenWeights, SupermaskMethod, SupermaskSettings, first_scores, likely_masks, sampled_masks, scores_of,
    supermask_weights, top_masks,
};
pub use ticket::{Ticket, TicketOrigin};
pub use ticket_error::TicketError;
pub use ticket_file::TICKET_FORMAT_VERSION;
pub use train::{
    CheckpointError, DataOrder, Directive, EvaluationSets, GrowthRule, MaskUpdates, MetricRow, Observer,
    Outcome, Progress, RunningMean, Split, Trained, Training, TrainingCheckpoint, TrainingData,
    TrainingError, TrainingJob, Unobserved, train, train_all,
};
pub use transfer::{
    Adaptation, LayerFit, OutputLayer, Take, TransferError, TransferFit, TransferRules, TransferSource,
    TransferTarget, Transferred, fit_layers,
};
pub use verdict::{Cause, Difference, Means, Replicate, RoundResult, RoundVerdict, Ruling, TestSet, Verdict};
