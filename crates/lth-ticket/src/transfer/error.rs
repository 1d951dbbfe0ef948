//! Why a ticket cannot be transferred.

use lth_model::{Hint, Shape};
use thiserror::Error;

use super::Adaptation;

/// Why a ticket cannot be transferred.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransferError {
    /// The target is another model.
    #[error("a ticket of {ticket} cannot be trained as {target}: '{tensor}' is in one of them only")]
    OtherLayers {
        /// The ticket's network.
        ticket: String,
        /// The target's network.
        target: String,
        /// The first tensor that one of them lacks.
        tensor: String,
    },
    /// The output layer cannot be kept.
    #[error(
        "the output layer '{layer}' cannot be kept: the ticket has {ticket} classes, the target {target}"
    )]
    Classes {
        /// Its name.
        layer: String,
        /// The ticket's classes.
        ticket: usize,
        /// The target's classes.
        target: usize,
    },
    /// A layer has another shape.
    #[error(
        "layer '{layer}' does not fit: the ticket's weight is {}, examples of {} need {}",
        by(ticket),
        by(target_examples),
        by(target)
    )]
    Shape {
        /// Its name.
        layer: String,
        /// The shape of the ticket's tensor.
        ticket: Vec<usize>,
        /// The shape that the target's network has there.
        target: Vec<usize>,
        /// The examples that the ticket was made for.
        ticket_examples: Shape,
        /// The examples of the target.
        target_examples: Shape,
        /// The rule that would make it fit.
        adaptation: Option<Adaptation>,
    },
}

fn by(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

impl TransferError {
    /// The shape of the examples that the ticket fits, where only other data can help.
    pub fn fitting_examples(&self) -> Option<&Shape> {
        match self {
            Self::Shape { adaptation: None, ticket_examples, .. } => Some(ticket_examples),
            _ => None,
        }
    }
}

impl Hint for TransferError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OtherLayers { .. } => "a ticket is trained as the model that it was found with".to_owned(),
            Self::Classes { .. } => "leave out --keep-output: the output layer is then drawn anew".to_owned(),
            Self::Shape { adaptation: Some(Adaptation::Repeat), .. } => {
                "--adapt-input repeat repeats its weights for the three channels, divided by 3".to_owned()
            }
            Self::Shape { adaptation: Some(Adaptation::Sum), .. } => {
                "--adapt-input repeat adds up its weights over the three channels".to_owned()
            }
            Self::Shape { ticket_examples, target_examples, .. } => {
                what_fits(ticket_examples, target_examples)
            }
        })
    }
}

/// Data that a ticket for examples of the first shape can be trained on, instead of those of the second.
fn what_fits(ticket: &[usize], target: &[usize]) -> String {
    let mut text = format!("the ticket fits examples of {}", by(ticket));
    if let ([channels, height, width], [target_channels, _, _]) = (ticket, target)
        && channels == target_channels
        && height == width
    {
        text.push_str(&format!("; a folder of images fits with --image-size {height}"));
    }
    text
}
