#include <float.h>
#include <math.h>
#include <string.h>
#include "check.h"

enum { TAPS = 24, SAMPLES = 1500 };

/* An echo of two reflections, found sample by sample by every kind of filter. */
static void filters_f32(reparam_random *random)
{
    static const reparam_diagonal_rule_f32 rules[] = {
        {REPARAM_DIAGONAL_PRODUCT, 0.0f, 0.0f},
        {REPARAM_DIAGONAL_DIFFERENCE, 0.0f, 0.0f},
        {REPARAM_DIAGONAL_FLOORED, 0.05f, 0.0f},
        {REPARAM_DIAGONAL_EXPONENTIATED, 0.0f, 0.0f},
        {REPARAM_DIAGONAL_HYPERBOLIC_ENTROPY, 0.02f, 0.0f},
        {REPARAM_DIAGONAL_LINEAR, 0.0f, 0.0f},
        {REPARAM_DIAGONAL_PROPORTIONATE, -0.5f, 0.01f},
    };
    static float signal[SAMPLES];
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
        float u[TAPS], v[TAPS], delay[2 * TAPS], weights[TAPS], error = 0.0f, first = 0.0f, output;
        /* A product starts where its weight is 0 but its gain is not. */
        float u0 = 0.1f, v0 = k == 0 ? 0.0f : 0.1f;
        reparam_diagonal_filter_f32 filter = {rules[k], 0.5f, 1e-3f, TAPS, 0};
        if (k >= 4) {
            u0 = v0 = 0.0f;
        }
        CHECK_OK(reparam_random_gaussian_f32(random, signal, SAMPLES));
        CHECK_OK(reparam_diagonal_filter_init_f32(&filter, u0, v0, u, v, delay));
        for (size_t n = 0; n < SAMPLES; n++) {
            float wanted = (n >= 7 ? 0.8f * signal[n - 7] : 0.0f) - (n >= 15 ? 0.3f * signal[n - 15] : 0.0f);
            CHECK_OK(reparam_diagonal_filter_step_f32(&filter, u, v, delay, signal[n], wanted, &error));
            if (n < TAPS) {
                first = fmaxf(first, fabsf(error));
            }
        }
        CHECK_OK(reparam_diagonal_weights_f32(filter.rule, TAPS, u, v, weights));
        report_f32("diagonal_weights", weights, TAPS);
        CHECK(first > 0.3f && fabsf(error) < 1e-2f);
        CHECK(fabsf(weights[7] - 0.8f) < 2e-3f && fabsf(weights[15] + 0.3f) < 2e-3f && fabsf(weights[3]) < 2e-3f);
        /* Silence comes to its end. */
        for (size_t n = 0; n < TAPS; n++) {
            CHECK_OK(reparam_diagonal_filter_predict_f32(&filter, u, v, delay, 0.0f, &output));
        }
        CHECK(output == 0.0f);
        CHECK_OK(reparam_diagonal_filter_predict_f32(&filter, u, v, delay, 2.0f, &output));
        CHECK(fabsf(output - 2.0f * weights[0]) <= FLT_EPSILON);
        CHECK(reparam_diagonal_filter_step_f32(&filter, u, v, delay, (float)NAN, 0.0f, NULL)
              == REPARAM_STATUS_NOT_FINITE);
        CHECK_OK(reparam_diagonal_filter_step_f32(&filter, u, v, delay, 0.0f, 0.0f, NULL));
    }
}

/* The same step in both coordinates of the network, and normalized. */
static void steps_f64(reparam_random *random)
{
    const reparam_diagonal_rule_f64 product = {REPARAM_DIAGONAL_PRODUCT, 0.0, 0.0};
    const reparam_diagonal_rule_f64 difference = {REPARAM_DIAGONAL_DIFFERENCE, 0.0, 0.0};
    double u[TAPS], v[TAPS], p[TAPS], q[TAPS], a[TAPS], one[TAPS], other[TAPS], error, same, limit, back[2];
    for (size_t k = 0; k < TAPS; k++) {
        CHECK_OK(reparam_diagonal_from_weight_f64(k == 3 ? 0.5 : 0.0, 0.4, &u[k], &v[k]));
        CHECK(fabs(u[k] * v[k] - 0.16) < 1e-15);
        CHECK_OK(reparam_diagonal_to_product_f64(u[k], v[k], &p[k], &q[k]));
        CHECK_OK(reparam_diagonal_to_difference_f64(p[k], q[k], &back[0], &back[1]));
        CHECK(fabs(back[0] - u[k]) < 1e-15 && fabs(back[1] - v[k]) < 1e-15);
    }
    for (size_t n = 0; n < 50; n++) {
        CHECK_OK(reparam_random_gaussian_f64(random, a, TAPS));
        CHECK_OK(reparam_diagonal_step_f64(difference, 0.005, TAPS, u, v, a, 1.0, &error));
        CHECK_OK(reparam_diagonal_step_f64(product, 0.01, TAPS, p, q, a, 1.0, &same));
        CHECK(fabs(error - same) < 1e-12);
    }
    CHECK_OK(reparam_diagonal_weights_f64(difference, TAPS, u, v, one));
    CHECK_OK(reparam_diagonal_weights_f64(product, TAPS, p, q, other));
    report_f64("diagonal_step", one, TAPS);
    for (size_t k = 0; k < TAPS; k++) {
        CHECK(fabs(one[k] - other[k]) < 1e-12);
    }
    CHECK_OK(reparam_diagonal_step_normalized_f64(difference, 1e-4, 0.0, TAPS, u, v, a, 1.0, &error));
    CHECK_OK(reparam_diagonal_step_normalized_f64(difference, 1e-4, 0.0, TAPS, u, v, a, 1.0, &same));
    CHECK(fabs(same / error - (1.0 - 1e-4)) < 1e-7);

    for (size_t k = 0; k < TAPS; k++) {
        a[k] = 1.0;
        u[k] = v[k] = 0.5;
    }
    CHECK_OK(reparam_diagonal_stability_limit_f64(difference, TAPS, a, u, v, &limit));
    CHECK(fabs(limit - 1.0) < 1e-15);
}

static void refused_f32(void)
{
    float u[2], v[2], delay[4], error;
    const float a[2] = {1.0f, 1.0f};
    reparam_diagonal_filter_f32 filter = {{REPARAM_DIAGONAL_DIFFERENCE, 0.0f, 0.0f}, 0.5f, 0.0f, 2, 0};
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, (float)NAN, u, v, delay) == REPARAM_STATUS_NOT_FINITE);
    CHECK(reparam_diagonal_filter_init_f32(NULL, 0.1f, 0.1f, u, v, delay) == REPARAM_STATUS_POINTER);
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, NULL) == REPARAM_STATUS_POINTER);
    filter.rate = 0.0f;
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, delay) == REPARAM_STATUS_SETTING);
    filter.rate = 0.5f;
    filter.rule.kind = 77;
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, delay) == REPARAM_STATUS_SETTING);
    filter.rule.kind = REPARAM_DIAGONAL_FLOORED;
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, delay) == REPARAM_STATUS_SETTING);
    filter.taps = 0;
    CHECK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, delay) == REPARAM_STATUS_SIZE);
    filter.taps = SIZE_MAX / 2 + 1;
    CHECK(reparam_diagonal_filter_step_f32(&filter, u, v, delay, 0.0f, 0.0f, NULL) == REPARAM_STATUS_SIZE);
    filter.rule.kind = REPARAM_DIAGONAL_DIFFERENCE;
    filter.taps = 2;
    CHECK_OK(reparam_diagonal_filter_init_f32(&filter, 0.1f, 0.1f, u, v, delay));
    /* A place that no delay line has is one that nothing is read from. */
    filter.position = SIZE_MAX;
    CHECK(reparam_diagonal_filter_step_f32(&filter, u, v, delay, 1.0f, 1.0f, NULL) == REPARAM_STATUS_SIZE);
    CHECK(reparam_diagonal_step_f32(filter.rule, 1e30f, 2, u, v, a, FLT_MAX, &error) == REPARAM_STATUS_NOT_FINITE);
    CHECK(u[0] == 0.1f && v[1] == 0.1f);
}

void test_diagonal(void)
{
    reparam_random random;
    CHECK_OK(reparam_random_seed(&random, 17));
    filters_f32(&random);
    steps_f64(&random);
    refused_f32();
}
