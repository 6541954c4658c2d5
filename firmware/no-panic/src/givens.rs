//! Orthonormal frames.

use reparam::givens::{Plane, Rotation};

use crate::kernels;

kernels! {
    rotation_new(angle: T) -> Rotation<T> { Rotation::new(angle) }
    rotation_inverse(rotation: Rotation<T>) -> Rotation<T> { rotation.inverse() }
    rotation_apply(rotation: Rotation<T>, x: T, y: T) -> (T, T) { rotation.apply(x, y) }
    rotation_apply_rows(rotation: Rotation<T>, plane: Plane, cols: usize, matrix: &mut [T]) {
        rotation.apply_rows(plane, cols, matrix)
    }
}
