//! Numbers with a derivative: value and tangent, the change of the value along one direction of the weights.

use std::{
    iter::Sum,
    ops::{Add, Div, Mul, Sub},
};

use crate::network::Order;

/// `value + tangent d` with `d^2 = 0`: arithmetic on these differentiates along a direction, to rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dual {
    pub(crate) value: f64,
    pub(crate) tangent: f64,
}

impl Dual {
    pub(crate) const fn constant(value: f64) -> Self {
        Self { value, tangent: 0.0 }
    }

    pub(crate) fn exp(self) -> Self {
        let value = self.value.exp();
        Self { value, tangent: value * self.tangent }
    }

    /// `1 / sqrt(x)`.
    pub(crate) fn inverse_root(self) -> Self {
        let value = 1.0 / self.value.sqrt();
        Self { value, tangent: -0.5 * value / self.value * self.tangent }
    }
}

impl Add for Dual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, tangent: self.tangent + other.tangent }
    }
}

impl Sub for Dual {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { value: self.value - other.value, tangent: self.tangent - other.tangent }
    }
}

impl Mul for Dual {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            tangent: self.tangent * other.value + self.value * other.tangent,
        }
    }
}

impl Mul<f64> for Dual {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self { value: self.value * factor, tangent: self.tangent * factor }
    }
}

impl Div for Dual {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self { value, tangent: (self.tangent - value * other.tangent) / other.value }
    }
}

impl Sum for Dual {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::constant(0.0), Self::add)
    }
}

/// Many of them, values and tangents apart so that each is a matrix by itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Duals {
    pub(crate) value: Vec<f64>,
    /// Empty where nothing depends on the direction.
    pub(crate) tangent: Vec<f64>,
}

impl Duals {
    pub(crate) fn constant(value: Vec<f64>) -> Self {
        Self { value, tangent: Vec::new() }
    }

    pub(crate) fn zeros(len: usize, with_tangent: bool) -> Self {
        Self { value: vec![0.0; len], tangent: if with_tangent { vec![0.0; len] } else { Vec::new() } }
    }

    pub(crate) fn len(&self) -> usize {
        self.value.len()
    }

    pub(crate) fn has_tangent(&self) -> bool {
        !self.tangent.is_empty()
    }

    pub(crate) fn get(&self, index: usize) -> Dual {
        Dual { value: self.value[index], tangent: self.tangent.get(index).copied().unwrap_or(0.0) }
    }

    pub(crate) fn set(&mut self, index: usize, number: Dual) {
        self.value[index] = number.value;
        if let Some(tangent) = self.tangent.get_mut(index) {
            *tangent = number.tangent;
        }
    }

    /// A linear function of values, and of tangents where there are any.
    pub(crate) fn map(&self, linear: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let tangent = if self.has_tangent() { linear(&self.tangent) } else { Vec::new() };
        Self { value: linear(&self.value), tangent }
    }

    /// Adds others of the same number.
    pub(crate) fn add(&mut self, other: &Self) {
        self.value.iter_mut().zip(&other.value).for_each(|(sum, term)| *sum += term);
        if other.has_tangent() {
            if !self.has_tangent() {
                self.tangent = vec![0.0; self.value.len()];
            }
            self.tangent.iter_mut().zip(&other.tangent).for_each(|(sum, term)| *sum += term);
        }
    }

    /// The magnitude of every value, without tangents.
    pub(crate) fn magnitudes(&self) -> Self {
        Self::constant(self.value.iter().map(|value| value.abs()).collect())
    }

    /// What was asked for: a gradient, or its change along the direction.
    pub(crate) fn take(self, order: Order) -> Vec<f64> {
        match order {
            Order::First => self.value,
            Order::Second if self.tangent.is_empty() => vec![0.0; self.value.len()],
            Order::Second => self.tangent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation against a difference quotient.
    #[test]
    fn tangents_are_derivatives() {
        let function = |x: Dual| (x.exp() * x - Dual::constant(3.0)) / (x * 2.0 + x * x) + x.inverse_root();
        for x in [0.3, 1.7] {
            let step = 1e-5;
            let [up, down] = [x + step, x - step].map(|x| function(Dual::constant(x)).value);
            let found = function(Dual { value: x, tangent: 1.0 }).tangent;
            assert!((found - (up - down) / (2.0 * step)).abs() < 1e-7, "{x}: {found}");
        }
    }
}
