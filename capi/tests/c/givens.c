#include <float.h>
#include <math.h>
#include <string.h>
#include "check.h"

enum { ROWS = 5, COLS = 3, ANGLES = 9 };

static void frame_f32(reparam_random *random)
{
    float angles[ANGLES], back[ANGLES], frame[ROWS * COLS], copy[ROWS * COLS], error;
    reparam_givens_rotation_f32 rotations[ANGLES];
    int32_t reflected = 7;
    CHECK(reparam_givens_angle_count(ROWS, COLS) == ANGLES);
    CHECK(reparam_givens_angle_count(COLS, ROWS) == 0);
    CHECK_OK(reparam_random_uniform_f32(random, angles, ANGLES));
    CHECK_OK(reparam_givens_frame_from_angles_f32(ROWS, COLS, angles, 0, frame));
    CHECK_OK(reparam_givens_orthogonality_error_f32(ROWS, COLS, frame, &error));
    CHECK(error < 8 * FLT_EPSILON);
    report_f32("frame", frame, ROWS * COLS);

    memcpy(copy, frame, sizeof copy);
    CHECK_OK(reparam_givens_angles_from_frame_f32(ROWS, COLS, copy, back, &reflected));
    report_f32("angles", back, ANGLES);
    CHECK(reflected == 0);
    for (size_t k = 0; k < ANGLES; k++) {
        CHECK(fabsf(back[k] - angles[k]) < 1e-5f);
    }

    /* From angles, from stored rotations, and by the frame itself. */
    memcpy(copy, frame, sizeof copy);
    CHECK_OK(reparam_givens_rotations_from_frame_f32(ROWS, COLS, copy, rotations, &reflected));
    const float x[COLS] = {1.0f, -2.0f, 0.5f};
    float y[ROWS], z[ROWS], w[ROWS];
    memcpy(y, x, sizeof x);
    memcpy(z, x, sizeof x);
    CHECK_OK(reparam_givens_apply_f32(ROWS, COLS, angles, 0, y));
    CHECK_OK(reparam_givens_apply_rotations_f32(ROWS, COLS, rotations, 0, z));
    CHECK_OK(reparam_dense_matvec_f32(ROWS, COLS, frame, x, w));
    report_f32("apply", y, ROWS);
    for (size_t k = 0; k < ROWS; k++) {
        CHECK(fabsf(y[k] - w[k]) < 1e-5f && fabsf(z[k] - w[k]) < 1e-5f);
    }
    CHECK_OK(reparam_givens_apply_transpose_f32(ROWS, COLS, angles, 0, y));
    CHECK_OK(reparam_givens_apply_rotations_transpose_f32(ROWS, COLS, rotations, 0, z));
    report_f32("apply_transpose", y, ROWS);
    for (size_t k = 0; k < COLS; k++) {
        CHECK(fabsf(y[k] - x[k]) < 1e-5f && fabsf(z[k] - x[k]) < 1e-5f);
    }

    CHECK(reparam_givens_apply_f32(ROWS, COLS, angles, 1, y) == REPARAM_STATUS_NO_REFLECTION);
    CHECK(reparam_givens_apply_f32(COLS, ROWS, angles, 0, y) == REPARAM_STATUS_SIZE);
    CHECK(reparam_givens_frame_from_angles_f32(ROWS, COLS, NULL, 0, frame) == REPARAM_STATUS_POINTER);
    copy[4] = (float)INFINITY;
    CHECK(reparam_givens_angles_from_frame_f32(ROWS, COLS, copy, back, &reflected) == REPARAM_STATUS_NOT_FINITE);
}

static void drift_f32(reparam_random *random)
{
    float frame[ROWS * COLS], scratch[COLS * (COLS + 1)], before, after;
    CHECK_OK(reparam_givens_random_frame_f32(ROWS, COLS, random, frame));
    reparam_givens_rotation_f32 rotation;
    for (size_t k = 0; k < 2000; k++) {
        CHECK_OK(reparam_trig_sin_cos_f32(0.1f * (float)k, &rotation.s, &rotation.c));
        CHECK_OK(reparam_givens_rotate_rows_f32(ROWS, COLS, k % 4, 4, rotation, frame));
    }
    CHECK_OK(reparam_givens_orthogonality_error_f32(ROWS, COLS, frame, &before));
    CHECK_OK(reparam_givens_clean_up_f32(ROWS, COLS, frame, scratch));
    CHECK_OK(reparam_givens_orthogonality_error_f32(ROWS, COLS, frame, &after));
    report_f32("drifted", frame, ROWS * COLS);
    CHECK(before < 1e-5f && after < 8 * FLT_EPSILON && after <= before);
    CHECK(reparam_givens_rotate_rows_f32(ROWS, COLS, 3, 3, rotation, frame) == REPARAM_STATUS_SIZE);
    CHECK(reparam_givens_rotate_rows_f32(ROWS, COLS, 3, 5, rotation, frame) == REPARAM_STATUS_SIZE);
}

static void reflection_f64(void)
{
    double matrix[9] = {0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 3.0};
    double angles[3], frame[9];
    int32_t reflected = 0;
    CHECK_OK(reparam_givens_orthonormalize_f64(3, 3, matrix));
    report_f64("exchange", matrix, 9);
    memcpy(frame, matrix, sizeof frame);
    CHECK_OK(reparam_givens_angles_from_frame_f64(3, 3, frame, angles, &reflected));
    CHECK(reflected == 1);
    CHECK_OK(reparam_givens_frame_from_angles_f64(3, 3, angles, reflected, frame));
    for (size_t k = 0; k < 9; k++) {
        CHECK(fabs(frame[k] - matrix[k]) < 1e-15);
    }
}

void test_givens(void)
{
    reparam_random random;
    CHECK_OK(reparam_random_seed(&random, 11));
    frame_f32(&random);
    drift_f32(&random);
    reflection_f64();
}
