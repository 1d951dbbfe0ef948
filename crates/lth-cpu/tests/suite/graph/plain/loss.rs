//! Cross-entropy with smoothed labels.

/// The sum of the losses of a batch, and the gradient of their mean by every logit.
///
/// The target is `1 - smoothing` on the label and `smoothing / classes` on every class (Szegedy et al. 2016).
pub(crate) fn loss(logits: &[f64], labels: &[u16], smoothing: f64) -> (f64, Vec<f64>) {
    let classes = logits.len() / labels.len();
    let mut slope = Vec::with_capacity(logits.len());
    let mut sum = 0.0;
    for (row, &label) in logits.chunks(classes).zip(labels) {
        let largest = row.iter().copied().fold(f64::MIN, f64::max);
        let log_total = row.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln() + largest;
        for (class, logit) in row.iter().enumerate() {
            let label = if class == usize::from(label) { 1.0 } else { 0.0 };
            let target = (1.0 - smoothing) * label + smoothing / classes as f64;
            let log_probability = logit - log_total;
            sum -= target * log_probability;
            slope.push((log_probability.exp() - target) / labels.len() as f64);
        }
    }
    (sum, slope)
}

/// The sum of the losses alone.
pub(crate) fn total_loss(logits: &[f64], labels: &[u16], smoothing: f64) -> f64 {
    loss(logits, labels, smoothing).0
}
