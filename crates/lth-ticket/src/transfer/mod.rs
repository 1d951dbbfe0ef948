//! Transfer: a ticket of one data set, trained on another or by another optimiser (Morcos et al. 2019).
//!
//! [`fit_layers`] says what becomes of each layer, or why a ticket cannot be transferred; [`Transferred::of`] does it;
//! [`Transferred::reinit`] and [`Transferred::random_ticket`] are the networks that it is compared with.
//!
//! | part of the network | what the target starts with |
//! |---|---|
//! | layers of equal shape | the ticket's weights and masks, biases, batch normalisations and their running statistics |
//! | output layer | fresh and dense, no part of the ticket; or, where the classes agree, the ticket's ([`OutputLayer`]) |
//! | first layer, a convolution, 1 against 3 channels | the ticket's, repeated or summed, if that is asked for ([`Adaptation`]) |
//! | any other layer of another shape | nothing: the transfer is refused |

mod adaptation;
mod error;
mod fit;
mod random_ticket;
mod start;
mod take;

#[cfg(test)]
mod tests;

pub use adaptation::Adaptation;
pub use error::TransferError;
pub use fit::{LayerFit, OutputLayer, TransferFit, TransferRules, fit_layers};
pub use start::{TransferSource, TransferTarget, Transferred};
pub use take::Take;
