//! How a network is pruned, and what tickets are compared with.

use clap::Args;

/// The lottery part of an experiment; the defaults are those of Frankle and Carbin 2019.
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[command(next_help_heading = "Pruning")]
pub(crate) struct PruningArguments {
    /// Train-prune rounds, the dense one included [default: 20]
    #[arg(short = 'i', long, visible_alias = "rounds", value_name = "N", allow_negative_numbers = true)]
    pub(crate) number_of_iterations: Option<String>,
    /// Fraction of each layer's live weights that a round prunes; in the global scope, of all [default: 0.2]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, alias = "prune-rate")]
    pub(crate) pruning_rate: Option<String>,
    /// The same for convolutions [default: the pruning rate; without one 0.1 for conv-2 and conv-4, 0.15 for conv-6]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) conv_rate: Option<String>,
    /// The same for the output layer [default: half of the pruning rate]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) output_pruning_rate: Option<String>,
    /// The same for one layer, for example fc1=0.3; repeatable
    #[arg(long = "layer-rate", value_name = "NAME=RATE", hide_short_help = true)]
    pub(crate) layer_rates: Vec<String>,
    /// Never prune this layer; density counts its weights all the same; repeatable [default: the output of ResNet and VGG]
    #[arg(long = "exclude-layer", value_name = "NAME", hide_short_help = true)]
    pub(crate) excluded_layers: Vec<String>,
    /// layer: each layer its own rate; global: all layers ranked together [default: layer; global for ResNet and VGG]
    #[arg(long, value_name = "SCOPE", hide_short_help = true)]
    pub(crate) scope: Option<String>,
    /// What decides which weights stay; `lth criteria` lists all [default: large-final, the magnitude after training]
    #[arg(long, value_name = "NAME")]
    pub(crate) criterion: Option<String>,
    /// Prune each round's density from the dense training at once, instead of round after round
    #[arg(long, hide_short_help = true)]
    pub(crate) one_shot: bool,
    /// The densities of the rounds, for example 0.5,0.2,0.05; not with iterative pruning [default: what the rates lead to]
    #[arg(long, value_name = "DENSITIES", conflicts_with = "number_of_iterations", hide_short_help = true)]
    pub(crate) densities: Option<String>,
    /// Spread the density over layers without looking at scores: uniform, er, erk or balanced [default: erk for set and rigl]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub(crate) allocation: Option<String>,
    /// Prune the highest scores instead of the lowest: a sanity check
    #[arg(long, hide_short_help = true)]
    pub(crate) invert_scores: bool,
    /// Rewind tickets to this step of the dense training, for example 500it [default: 0it, initialisation]
    #[arg(long, value_name = "STEP", help_heading = "Rewinding and retraining")]
    pub(crate) rewind: Option<String>,
    /// On rewinding restore the optimiser's state of that step, instead of starting it afresh
    #[arg(long, hide_short_help = true, help_heading = "Rewinding and retraining")]
    pub(crate) keep_optimizer_state: bool,
    /// How tickets are trained: weight-rewinding, learning-rate-rewinding or fine-tuning [default: weight-rewinding]
    ///
    /// The last two keep the trained weights (Renda et al. 2020). All three train from the step of `--rewind` to the end: with
    /// learning-rate rewinding by the schedule from there on, with fine-tuning at its last rate.
    #[arg(long, value_name = "WAY", hide_short_help = true, help_heading = "Rewinding and retraining")]
    pub(crate) retrain: Option<String>,
    /// What kept weights restart from: rewind, reinit, reshuffle, constant-same-sign, noise-0.5, ... [default: rewind]
    ///
    /// `lth criteria` lists the mask-1 actions (Zhou et al. 2019) with their formulas.
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = "Rewinding and retraining")]
    pub(crate) mask1_action: Option<String>,
    /// What pruned weights are while the others train: zero, freeze-init, ... [default: zero]
    ///
    /// `lth criteria` lists the mask-0 actions (Zhou et al. 2019). Frozen weights cost what kept ones cost.
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = "Rewinding and retraining")]
    pub(crate) mask0_action: Option<String>,
    /// Also train a control beside each ticket: random-reinit, random-mask, ...; repeatable
    #[arg(long = "control", value_name = "KIND", help_heading = "Controls")]
    pub(crate) controls: Vec<String>,
    /// Prune before any training, each density by itself: random, magnitude, snip, grasp or synflow
    ///
    /// Each round is then the untrained network pruned to one density and trained. All layers are ranked together unless --scope or
    /// --allocation says otherwise. SNIP and GraSP look at 10 training examples of each class. Sanity checks (Frankle et al. 2021):
    /// --control random-mask shuffles the mask within each layer, --control random-reinit draws fresh weights, --invert-scores.
    #[arg(long, value_name = "METHOD", conflicts_with_all = ["one_shot", "criterion"], help_heading = "Pruning before training")]
    pub(crate) before_training: Option<String>,
    /// Before training, prune in so many steps, scoring again before each [default: 100 for synflow, else 1]
    #[arg(
        long,
        value_name = "N",
        requires = "before_training",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Pruning before training"
    )]
    pub(crate) pruning_steps: Option<String>,
    /// For GraSP, what logits are divided by before the softmax of its loss [default: 200, as in the authors' code]
    #[arg(
        long,
        value_name = "T",
        requires = "before_training",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Pruning before training"
    )]
    pub(crate) grasp_temperature: Option<String>,
    /// Prune during training, each density by itself: gradual, set or rigl
    ///
    /// gradual (Zhu and Gupta 2017) begins with the dense network and prunes it little by little. set (Mocanu et al. 2018) and rigl (Evci et
    /// al. 2020) begin with a random sparse network, spread by --allocation, and move its weights. The mask that training ends with is in
    /// each round's trained.safetensors. With --control random-mask a network that stays as sparse as it began is trained beside.
    #[arg(long, value_name = "METHOD", conflicts_with_all = ["one_shot", "criterion", "before_training", "invert_scores"], hide_short_help = true, help_heading = "Pruning during training")]
    pub(crate) during_training: Option<String>,
    /// During training, iterations from one change of masks to the next [default: 100]
    #[arg(
        long,
        value_name = "N",
        requires = "during_training",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Pruning during training"
    )]
    pub(crate) update_every: Option<String>,
    /// During training, the part of the training after which masks stay [default: 0.75]
    #[arg(
        long,
        value_name = "FRACTION",
        requires = "during_training",
        hide_short_help = true,
        help_heading = "Pruning during training"
    )]
    pub(crate) update_end: Option<String>,
    /// During training, the fraction of a layer's weights that set and rigl replace first; it falls as a cosine [default: 0.3]
    #[arg(
        long,
        value_name = "FRACTION",
        requires = "during_training",
        hide_short_help = true,
        help_heading = "Pruning during training"
    )]
    pub(crate) drop_fraction: Option<String>,
    /// Cut each round's ticket from the dense network as soon as its mask stops changing (You et al. 2020)
    ///
    /// After every epoch the network is pruned on paper to the round's density. When the newest mask is near those of the last epochs the
    /// ticket is drawn; its kept weights go on from there, unless --mask1-action says otherwise.
    #[arg(long, conflicts_with_all = ["one_shot", "before_training", "during_training", "retrain"], hide_short_help = true, help_heading = "Early-bird tickets")]
    pub(crate) early_bird: bool,
    /// For early-bird tickets, compare the masks of so many epochs [default: 5]
    #[arg(
        long,
        value_name = "N",
        requires = "early_bird",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Early-bird tickets"
    )]
    pub(crate) early_bird_window: Option<String>,
    /// For early-bird tickets, the fraction of weights that two near masks may not agree on [default: 0.1]
    #[arg(
        long,
        value_name = "FRACTION",
        requires = "early_bird",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Early-bird tickets"
    )]
    pub(crate) early_bird_threshold: Option<String>,
}
