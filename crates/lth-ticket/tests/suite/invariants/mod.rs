//! What must hold of every criterion, action, control and method, whatever it computes: each test goes through the whole
//! registry, so that a new entry is tested by being there.

mod actions;
mod before_training;
mod controls;
mod criteria;
mod frozen;
mod support;
