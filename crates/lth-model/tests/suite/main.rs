//! Models, recipes and files of tensors.

mod custom_network;
mod files_of_pytorch;
mod given_file;
mod init;
mod random;
mod recipe;
mod schedule;
mod tensor_file;
mod values;
