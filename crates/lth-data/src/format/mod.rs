//! The forms in which data sets are published.

mod archive;
mod cifar;
mod emnist;
mod gunzip;
mod idx;
mod mat;
mod svhn;

pub use archive::ArchiveProblem;
pub use cifar::CifarProblem;
pub use idx::IdxProblem;
pub use mat::MatProblem;

pub(crate) use archive::{Entry, read_archive};
pub(crate) use cifar::read_cifar;
pub(crate) use emnist::read_emnist;
pub(crate) use gunzip::Gunzip;
pub(crate) use idx::{read_images, read_labels};
pub(crate) use svhn::read_svhn;
