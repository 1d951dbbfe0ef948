//! Grey and coloured images: the first convolution of a ticket made for the other kind.

use lth_model::{Mask, Tensor};

/// How the weight of the first convolution, [out, channels, height, width], is made to read images of other channels.
///
/// Either way the layer gives for a grey image, as 1 channel or as 3 equal ones, what it gave before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adaptation {
    /// 1 channel to 3: the weight is repeated for each channel and divided by 3; the mask is repeated.
    Repeat,
    /// 3 channels to 1: the weights of the channels are added up; a weight is kept where any of the three was.
    Sum,
}

impl Adaptation {
    /// The adaptation between two shapes of a weight; `None` when they are not convolutions of 1 and 3 input channels that
    /// agree in everything else.
    pub fn between(from: &[usize], to: &[usize]) -> Option<Self> {
        match (from, to) {
            ([outputs, 1, kernel @ ..], [to_outputs, 3, to_kernel @ ..])
                if kernel.len() == 2 && (outputs, kernel) == (to_outputs, to_kernel) =>
            {
                Some(Self::Repeat)
            }
            ([outputs, 3, kernel @ ..], [to_outputs, 1, to_kernel @ ..])
                if kernel.len() == 2 && (outputs, kernel) == (to_outputs, to_kernel) =>
            {
                Some(Self::Sum)
            }
            _ => None,
        }
    }

    /// The adapted weight.
    ///
    /// # Panics
    /// When the weight is no convolution.
    pub fn weight(self, weight: &Tensor) -> Tensor {
        let (shape, plane) = self.shape(weight.shape());
        let data = match self {
            Self::Repeat => weight
                .data()
                .chunks(plane)
                .flat_map(|kernel| (0..3).flat_map(move |_| kernel.iter().map(|value| value / 3.0)))
                .collect(),
            Self::Sum => weight
                .data()
                .chunks(3 * plane)
                .flat_map(|kernels| {
                    (0..plane).map(move |place| {
                        kernels[place] + kernels[plane + place] + kernels[2 * plane + place]
                    })
                })
                .collect(),
        };
        Tensor::new(shape, data)
    }

    /// The adapted mask.
    ///
    /// # Panics
    /// When it is not the mask of a convolution.
    pub fn mask(self, mask: &Mask) -> Mask {
        let (shape, plane) = self.shape(mask.shape());
        let flags: Vec<bool> = mask.flags().collect();
        let adapted: Vec<bool> = match self {
            Self::Repeat => flags
                .chunks(plane)
                .flat_map(|kernel| (0..3).flat_map(move |_| kernel.iter().copied()))
                .collect(),
            Self::Sum => flags
                .chunks(3 * plane)
                .flat_map(|kernels| {
                    (0..plane).map(move |place| {
                        kernels[place] || kernels[plane + place] || kernels[2 * plane + place]
                    })
                })
                .collect(),
        };
        Mask::from_flags(shape, adapted)
    }

    /// The adapted shape, and the size of a kernel.
    fn shape(self, shape: &[usize]) -> (Vec<usize>, usize) {
        let mut adapted = shape.to_vec();
        adapted[1] = if self == Self::Repeat { 3 } else { 1 };
        (adapted, shape[2..].iter().product())
    }
}
