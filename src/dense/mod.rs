//! Small dense linear algebra on row-major slices.
