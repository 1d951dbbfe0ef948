//! Data sets of image files in folders or archives, one folder a class.

mod broken;
mod cached;
mod decode;
mod decode_all;
mod layout;
mod listing;
mod load;
mod options;
mod stamp;

pub use broken::{BrokenImage, ImageProblem};
pub use layout::LayoutProblem;
pub use options::ImageOptions;

pub(crate) use broken::describe;
pub(crate) use layout::Layout;
pub(crate) use listing::Listing;
pub(crate) use load::{Source, load, load_folder};
