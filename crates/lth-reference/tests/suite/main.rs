//! The reference against known results, and the checks of engines against engines that are right and wrong.

mod conformance;
mod derivatives;
mod faults;
mod statistics;
mod wrong_engine;
mod wrong_engines;
