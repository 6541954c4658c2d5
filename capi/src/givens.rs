use reparam::givens::{self, Plane, Rotation, chart, frame};

use crate::Status;
use crate::memory::{len, reference, slice, slice_mut};
use crate::random::reparam_random;
use crate::status::status;

/// Number of angles of a frame: `rows * cols - cols * (cols + 1) / 2`. 0 for sizes that no frame has (`rows` >=
/// `cols` >= 1 is needed).
#[unsafe(no_mangle)]
pub extern "C" fn reparam_givens_angle_count(rows: usize, cols: usize) -> usize {
    givens::angle_count(rows, cols)
}

macro_rules! givens {
    ($t:ident: $rotation:ident, $frame_from_angles:ident, $angles_from_frame:ident, $rotations_from_frame:ident,
     $apply:ident, $apply_transpose:ident, $apply_rotations:ident, $apply_rotations_transpose:ident,
     $rotate_rows:ident, $error:ident, $clean_up:ident, $orthonormalize:ident, $random:ident) => {
        /// A rotation by the angle whose cosine and sine these are.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $rotation {
            /// Cosine.
            pub c: $t,
            /// Sine.
            pub s: $t,
        }

        impl $rotation {
            /// Both types are C structures of the same two fields.
            const SAME: () = {
                assert!(size_of::<Self>() == size_of::<Rotation<$t>>());
                assert!(core::mem::offset_of!(Self, c) == core::mem::offset_of!(Rotation<$t>, c));
                assert!(core::mem::offset_of!(Self, s) == core::mem::offset_of!(Rotation<$t>, s));
            };
        }

        /// The frame of a chart, `rows` x `cols`, from its angles, `reparam_givens_angle_count` of them, in
        /// the order (0,1) (0,2) ... (0,rows-1) (1,2) ... . `reflected`, if not 0, asks for determinant -1, for square
        /// frames only.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $frame_from_angles(
            rows: usize,
            cols: usize,
            angles: *const $t,
            reflected: i32,
            frame: *mut $t,
        ) -> Status {
            status(|| {
                let count = givens::angle_count(rows, cols);
                // SAFETY: the header's contract.
                let (angles, frame) = unsafe { (slice(angles, count)?, slice_mut(frame, len(rows, cols)?)?) };
                Ok(chart::materialise(rows, cols, angles, reflected != 0, frame)?)
            })
        }

        /// The angles of a frame, and whether it is reflected. `frame` is used up.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $angles_from_frame(
            rows: usize,
            cols: usize,
            frame: *mut $t,
            angles: *mut $t,
            reflected: *mut i32,
        ) -> Status {
            status(|| {
                let count = givens::angle_count(rows, cols);
                // SAFETY: the header's contract.
                let (frame, angles, reflected) = unsafe {
                    (slice_mut(frame, len(rows, cols)?)?, slice_mut(angles, count)?, reference(reflected)?)
                };
                *reflected = chart::decompose(rows, cols, frame, angles)?.into();
                Ok(())
            })
        }

        /// The rotations of a frame, one for each angle, and whether it is reflected. `frame` is used up.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $rotations_from_frame(
            rows: usize,
            cols: usize,
            frame: *mut $t,
            rotations: *mut $rotation,
            reflected: *mut i32,
        ) -> Status {
            status(|| {
                let () = $rotation::SAME;
                let count = givens::angle_count(rows, cols);
                // SAFETY: the header's contract.
                let (frame, rotations, reflected) = unsafe {
                    (
                        slice_mut(frame, len(rows, cols)?)?,
                        slice_mut(rotations.cast::<Rotation<$t>>(), count)?,
                        reference(reflected)?,
                    )
                };
                *reflected = chart::decompose(rows, cols, frame, rotations)?.into();
                Ok(())
            })
        }

        /// x = Q x from the angles, without forming the frame Q. `x` has `rows` elements: the first `cols` are the
        /// input, all are the output.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply(
            rows: usize,
            cols: usize,
            angles: *const $t,
            reflected: i32,
            x: *mut $t,
        ) -> Status {
            status(|| {
                let count = givens::angle_count(rows, cols);
                // SAFETY: the header's contract.
                let (angles, x) = unsafe { (slice(angles, count)?, slice_mut(x, rows)?) };
                Ok(chart::apply(cols, angles, reflected != 0, x)?)
            })
        }

        /// x = Q' x from the angles, without forming the frame Q. `x` has `rows` elements: all are the input, the
        /// first `cols` are the output.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply_transpose(
            rows: usize,
            cols: usize,
            angles: *const $t,
            reflected: i32,
            x: *mut $t,
        ) -> Status {
            status(|| {
                let count = givens::angle_count(rows, cols);
                // SAFETY: the header's contract.
                let (angles, x) = unsafe { (slice(angles, count)?, slice_mut(x, rows)?) };
                Ok(chart::apply_transpose(cols, angles, reflected != 0, x)?)
            })
        }

        /// x = Q x from stored rotations: no trigonometry.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply_rotations(
            rows: usize,
            cols: usize,
            rotations: *const $rotation,
            reflected: i32,
            x: *mut $t,
        ) -> Status {
            status(|| {
                let () = $rotation::SAME;
                let count = givens::angle_count(rows, cols);
                let (rotations, x) =
                    // SAFETY: the header's contract.
                    unsafe { (slice(rotations.cast::<Rotation<$t>>(), count)?, slice_mut(x, rows)?) };
                Ok(chart::apply(cols, rotations, reflected != 0, x)?)
            })
        }

        /// x = Q' x from stored rotations: no trigonometry.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply_rotations_transpose(
            rows: usize,
            cols: usize,
            rotations: *const $rotation,
            reflected: i32,
            x: *mut $t,
        ) -> Status {
            status(|| {
                let () = $rotation::SAME;
                let count = givens::angle_count(rows, cols);
                let (rotations, x) =
                    // SAFETY: the header's contract.
                    unsafe { (slice(rotations.cast::<Rotation<$t>>(), count)?, slice_mut(x, rows)?) };
                Ok(chart::apply_transpose(cols, rotations, reflected != 0, x)?)
            })
        }

        /// Rotates rows `i` < `j` of a matrix with `rows` rows and `cols` columns:
        /// row i = c row i - s row j, row j = s row i + c row j.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $rotate_rows(
            rows: usize,
            cols: usize,
            i: usize,
            j: usize,
            rotation: $rotation,
            matrix: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let matrix = unsafe { slice_mut(matrix, len(rows, cols)?)? };
                if i >= j || j >= rows {
                    return Err(Status::Size);
                }
                let $rotation { c, s } = rotation;
                Rotation { c, s }.apply_rows(Plane { i, j }, cols, matrix);
                Ok(())
            })
        }

        /// Largest element of |Q'Q - I|; infinity if an element is not finite.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $error(
            rows: usize,
            cols: usize,
            frame: *const $t,
            error: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (frame, error) = unsafe { (slice(frame, len(rows, cols)?)?, reference(error)?) };
                *error = frame::orthogonality_error(rows, cols, frame);
                Ok(())
            })
        }

        /// One Newton-Schulz step: squares the orthogonality error of a frame that has drifted. `scratch` has
        /// `cols` * (`cols` + 1) elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $clean_up(
            rows: usize,
            cols: usize,
            frame: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let scratch_len = frame::clean_up_scratch(cols);
                let (frame, scratch) =
                    // SAFETY: the header's contract.
                    unsafe { (slice_mut(frame, len(rows, cols)?)?, slice_mut(scratch, scratch_len)?) };
                Ok(frame::clean_up(rows, cols, frame, scratch)?)
            })
        }

        /// Replaces a matrix by the Gram-Schmidt frame of its columns.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $orthonormalize(rows: usize, cols: usize, matrix: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let matrix = unsafe { slice_mut(matrix, len(rows, cols)?)? };
                Ok(frame::orthonormalize(rows, cols, matrix)?)
            })
        }

        /// A frame drawn from the uniform distribution.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $random(
            rows: usize,
            cols: usize,
            random: *mut reparam_random,
            frame: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (random, frame) = unsafe { (reference(random)?, slice_mut(frame, len(rows, cols)?)?) };
                Ok(random.with(|rng| frame::random(rows, cols, rng, frame))?)
            })
        }
    };
}

givens!(f32: reparam_givens_rotation_f32, reparam_givens_frame_from_angles_f32,
    reparam_givens_angles_from_frame_f32, reparam_givens_rotations_from_frame_f32, reparam_givens_apply_f32,
    reparam_givens_apply_transpose_f32, reparam_givens_apply_rotations_f32,
    reparam_givens_apply_rotations_transpose_f32, reparam_givens_rotate_rows_f32,
    reparam_givens_orthogonality_error_f32, reparam_givens_clean_up_f32, reparam_givens_orthonormalize_f32,
    reparam_givens_random_frame_f32);
givens!(f64: reparam_givens_rotation_f64, reparam_givens_frame_from_angles_f64,
    reparam_givens_angles_from_frame_f64, reparam_givens_rotations_from_frame_f64, reparam_givens_apply_f64,
    reparam_givens_apply_transpose_f64, reparam_givens_apply_rotations_f64,
    reparam_givens_apply_rotations_transpose_f64, reparam_givens_rotate_rows_f64,
    reparam_givens_orthogonality_error_f64, reparam_givens_clean_up_f64, reparam_givens_orthonormalize_f64,
    reparam_givens_random_frame_f64);
