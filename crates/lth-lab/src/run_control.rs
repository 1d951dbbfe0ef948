//! Controls that need more of a run than the ticket that they are compared with.

/// A control made of the whole run; the others ([`lth_ticket::CONTROLS`]) are made of the ticket alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunControl {
    /// The dense network pruned at once as far as the ticket, by the run's criterion and scope, and rewound.
    OneShot,
    /// The dense network, trained for as long as all rounds up to the ticket's together.
    DenseLonger,
    /// The run's weights under the mask that another replicate's ticket has in the same round.
    OtherSeedMask,
    /// The run's weights under the mask that the ticket of another run has in the same round: of other data, or by another criterion.
    OtherRunMask,
}

impl RunControl {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::OneShot, Self::DenseLonger, Self::OtherSeedMask, Self::OtherRunMask];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneShot => "one-shot",
            Self::DenseLonger => "dense-longer",
            Self::OtherSeedMask => "other-seed-mask",
            Self::OtherRunMask => "other-run-mask",
        }
    }

    /// One line of what it is.
    pub fn description(self) -> &'static str {
        match self {
            Self::OneShot => "the dense network pruned at once to the ticket's density, and rewound",
            Self::DenseLonger => {
                "the dense network, trained as long as all rounds up to the ticket's together"
            }
            Self::OtherSeedMask => "the mask of the next replicate's ticket, over the own rewound weights",
            Self::OtherRunMask => {
                "the mask of a run on other data (--masks-of), over the own rewound weights"
            }
        }
    }

    /// Where it was published.
    pub fn paper(self) -> &'static str {
        match self {
            Self::OneShot => "Frankle and Carbin 2019",
            Self::DenseLonger => "Renda et al. 2020",
            Self::OtherSeedMask => "Paul et al. 2023",
            Self::OtherRunMask => "Morcos et al. 2019",
        }
    }
}
