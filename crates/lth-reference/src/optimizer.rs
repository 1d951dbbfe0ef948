//! One update of a parameter, as PyTorch's optimisers define it.

use lth_model::Optimizer;

/// Updates one value and its moments, in the order of their names; `number` is that of the update, 1 being the first.
///
/// Moments are those that the optimiser keeps: two of Adam and AdamW, one of SGD with momentum, else none.
pub fn update(
    optimizer: Optimizer,
    rate: f64,
    number: u64,
    weight: &mut f64,
    moments: &mut [f64],
    gradient: f64,
) {
    match optimizer {
        Optimizer::Sgd { momentum, nesterov, weight_decay } => {
            let momentum = f64::from(momentum);
            let gradient = gradient + f64::from(weight_decay) * *weight;
            let Some(buffer) = moments.first_mut() else {
                *weight -= rate * gradient;
                return;
            };
            *buffer = momentum * *buffer + gradient;
            *weight -= rate * if nesterov { gradient + momentum * *buffer } else { *buffer };
        }
        Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
            let gradient = gradient + f64::from(weight_decay) * *weight;
            *weight -= rate * adam([beta1, beta2, epsilon], number, moments, gradient);
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            *weight -= rate * f64::from(weight_decay) * *weight;
            *weight -= rate * adam([beta1, beta2, epsilon], number, moments, gradient);
        }
    }
}

/// The step of Adam at a rate of 1.
fn adam(settings: [f32; 3], number: u64, moments: &mut [f64], gradient: f64) -> f64 {
    let [beta1, beta2, epsilon] = settings.map(f64::from);
    let [mean, square] = moments else { unreachable!("Adam has two moments") };
    *mean = beta1 * *mean + (1.0 - beta1) * gradient;
    *square = beta2 * *square + (1.0 - beta2) * gradient * gradient;
    let correction = |beta: f64| 1.0 - beta.powf(number as f64);
    *mean / correction(beta1) / ((*square / correction(beta2)).sqrt() + epsilon)
}

/// What a gradient of this length is multiplied by so that it is no longer than allowed, as in PyTorch.
pub(crate) fn clip_factor<'a>(gradients: impl Iterator<Item = &'a f64>, longest: f64) -> f64 {
    let norm = gradients.map(|g| g * g).sum::<f64>().sqrt();
    (longest / (norm + 1e-6)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two updates by hand.
    #[test]
    fn momentum_and_decay() {
        let mut weight = 1.0;
        let mut buffer = [0.0];
        let plain = Optimizer::Sgd { momentum: 0.5, nesterov: false, weight_decay: 0.25 };
        update(plain, 0.5, 1, &mut weight, &mut buffer, 0.75);
        assert_eq!((weight, buffer), (0.5, [1.0]));
        update(plain, 0.5, 2, &mut weight, &mut buffer, 0.875);
        assert_eq!((weight, buffer), (-0.25, [1.5]));
        let nesterov = Optimizer::Sgd { momentum: 0.5, nesterov: true, weight_decay: 0.0 };
        update(nesterov, 1.0, 3, &mut weight, &mut buffer, 0.25);
        assert_eq!((weight, buffer), (-1.0, [1.0]));
        update(Optimizer::SGD, 1.0, 4, &mut weight, &mut [], 0.5);
        assert_eq!(weight, -1.5);
    }

    /// The first update of Adam is the rate, whatever the gradient; that of AdamW shrinks the weight before.
    #[test]
    fn adam_and_adamw() {
        let (beta1, beta2, epsilon, weight_decay) = (0.5, 0.75, 1e-30, 0.5);
        let (mut weight, mut moments) = (2.0, [0.0; 2]);
        update(
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay },
            0.5,
            1,
            &mut weight,
            &mut moments,
            3.0,
        );
        assert_eq!((weight, moments), (1.5, [2.0, 4.0]));
        let (mut weight, mut moments) = (2.0, [0.0; 2]);
        update(
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
            0.5,
            1,
            &mut weight,
            &mut moments,
            4.0,
        );
        assert_eq!((weight, moments), (1.0, [2.0, 4.0]));
        update(
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
            0.0,
            2,
            &mut weight,
            &mut moments,
            2.0,
        );
        assert_eq!((weight, moments), (1.0, [2.0, 4.0]));
    }
}
