//! Large-scale host harness of reparam.
