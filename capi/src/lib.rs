//! C ABI of reparam.
