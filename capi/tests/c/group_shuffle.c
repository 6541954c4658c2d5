#include <float.h>
#include <math.h>
#include <string.h>
#include "check.h"

enum { BLOCK = 5, BLOCKS = 3, FACTORS = 2, DIM = BLOCK * BLOCKS, PARAMETERS = 60, ELEMENTS = 150 };

static void apply_f32(reparam_random *random)
{
    float parameters[PARAMETERS], back[PARAMETERS], q[ELEMENTS], scratch[BLOCK * BLOCK], error;
    float x[DIM], y[DIM], square = 0.0f, turned = 0.0f;
    size_t pivots[BLOCK];
    CHECK(reparam_group_shuffle_block_len(BLOCK, BLOCKS, FACTORS) == ELEMENTS);
    CHECK(reparam_group_shuffle_parameter_len(BLOCK, BLOCKS, FACTORS) == PARAMETERS);
    CHECK(reparam_group_shuffle_block_len(0, BLOCKS, FACTORS) == 0);
    CHECK_OK(reparam_random_uniform_f32(random, parameters, PARAMETERS));
    CHECK_OK(reparam_random_uniform_f32(random, x, DIM));
    CHECK_OK(reparam_group_shuffle_cayley_blocks_f32(BLOCK, BLOCKS, FACTORS, parameters, q, pivots));
    CHECK_OK(reparam_group_shuffle_orthogonality_error_f32(BLOCK, BLOCKS, FACTORS, q, &error));
    report_f32("group_shuffle_blocks", q, ELEMENTS);
    CHECK(error < 2e-6f);

    memcpy(y, x, sizeof x);
    CHECK_OK(reparam_group_shuffle_apply_f32(BLOCK, BLOCKS, FACTORS, q, y, scratch));
    report_f32("group_shuffle_apply", y, DIM);
    for (size_t k = 0; k < DIM; k++) {
        square += x[k] * x[k];
        turned += y[k] * y[k];
    }
    CHECK(fabsf(turned - square) < 1e-5f * square);
    CHECK_OK(reparam_group_shuffle_apply_transpose_f32(BLOCK, BLOCKS, FACTORS, q, y, scratch));
    report_f32("group_shuffle_apply_transpose", y, DIM);
    for (size_t k = 0; k < DIM; k++) {
        CHECK(fabsf(y[k] - x[k]) < 1e-5f);
    }

    CHECK_OK(reparam_group_shuffle_cayley_parameters_f32(BLOCK, BLOCKS, FACTORS, q, back, scratch, pivots));
    report_f32("group_shuffle_parameters", back, PARAMETERS);
    for (size_t k = 0; k < PARAMETERS; k++) {
        CHECK(fabsf(back[k] - parameters[k]) < 1e-4f);
    }

    CHECK(reparam_group_shuffle_apply_f32(BLOCK, SIZE_MAX, FACTORS, q, y, scratch) == REPARAM_STATUS_SIZE);
    CHECK(reparam_group_shuffle_apply_f32(BLOCK, BLOCKS, FACTORS, NULL, y, scratch) == REPARAM_STATUS_POINTER);
    parameters[7] = (float)NAN;
    CHECK(reparam_group_shuffle_cayley_blocks_f32(BLOCK, BLOCKS, FACTORS, parameters, q, pivots)
          == REPARAM_STATUS_NOT_FINITE);
}

/* From the identity towards a planted matrix, one sample at a time. */
static void online_f32(reparam_random *random)
{
    float parameters[PARAMETERS], planted[ELEMENTS], q[ELEMENTS], scratch[BLOCK * (BLOCK + 1)];
    float x[DIM], y[DIM], g[DIM], error = 0.0f, first = 0.0f;
    size_t pivots[BLOCK];
    CHECK_OK(reparam_random_uniform_f32(random, parameters, PARAMETERS));
    for (size_t k = 0; k < PARAMETERS; k++) {
        parameters[k] = 0.4f * (parameters[k] - 0.5f);
    }
    CHECK_OK(reparam_group_shuffle_cayley_blocks_f32(BLOCK, BLOCKS, FACTORS, parameters, planted, pivots));
    memset(parameters, 0, sizeof parameters);
    CHECK_OK(reparam_group_shuffle_cayley_blocks_f32(BLOCK, BLOCKS, FACTORS, parameters, q, pivots));
    for (size_t t = 0; t < 2000; t++) {
        float square = 0.0f;
        CHECK_OK(reparam_random_uniform_f32(random, x, DIM));
        for (size_t k = 0; k < DIM; k++) {
            x[k] -= 0.5f;
            y[k] = g[k] = x[k];
        }
        CHECK_OK(reparam_group_shuffle_apply_f32(BLOCK, BLOCKS, FACTORS, planted, g, scratch));
        CHECK_OK(reparam_group_shuffle_apply_f32(BLOCK, BLOCKS, FACTORS, q, y, scratch));
        for (size_t k = 0; k < DIM; k++) {
            g[k] = y[k] - g[k];
            square += g[k] * g[k];
        }
        CHECK_OK(reparam_group_shuffle_online_step_f32(BLOCK, BLOCKS, FACTORS, q, y, g, 0.5f, 0.0f, scratch));
        if (t % 100 == 0) {
            CHECK_OK(reparam_group_shuffle_refine_f32(BLOCK, BLOCKS, FACTORS, q, scratch));
        }
        if (t == 0) {
            first = square;
        }
        error = square;
    }
    report_f32("group_shuffle_online", q, ELEMENTS);
    CHECK(first > 1e-2f && error < 1e-9f);
    CHECK_OK(reparam_group_shuffle_orthogonality_error_f32(BLOCK, BLOCKS, FACTORS, q, &error));
    CHECK(error < 5e-6f);
    CHECK(reparam_group_shuffle_online_step_f32(BLOCK, BLOCKS, FACTORS, q, y, g, -1.0f, 0.0f, scratch)
          == REPARAM_STATUS_SETTING);
}

static void eigenvalue_minus_one_f64(void)
{
    const double half_turn[4] = {-1.0, 0.0, 0.0, -1.0}, scaled[4] = {2.0, 0.0, 0.0, 2.0};
    double parameter, scratch[4];
    size_t pivots[2];
    CHECK(reparam_group_shuffle_cayley_parameters_f64(2, 1, 1, half_turn, &parameter, scratch, pivots)
          == REPARAM_STATUS_SINGULAR);
    CHECK(reparam_group_shuffle_cayley_parameters_f64(2, 1, 1, scaled, &parameter, scratch, pivots)
          == REPARAM_STATUS_FORM);
}

void test_group_shuffle(void)
{
    reparam_random random;
    CHECK_OK(reparam_random_seed(&random, 13));
    apply_f32(&random);
    online_f32(&random);
    eigenvalue_minus_one_f64();
}
