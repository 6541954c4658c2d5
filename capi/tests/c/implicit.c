#include <math.h>
#include <string.h>
#include "check.h"

enum { N = 4, SCRATCH = 3 * N * N + 4 * N, STEPS = 400 };

static void learn_f32(void)
{
    /* Each state stays where it is in most cases: e^2 against 1. */
    float logits[N * N] = {0}, rewards[N] = {0}, values[N], scratch[SCRATCH], loss = 0.0f, first = 0.0f;
    size_t pivots[2 * N];
    static const size_t states[N] = {0, 1, 2, 3};
    static const float targets[N] = {1.0f, 2.0f, 3.0f, 6.0f};
    for (size_t k = 0; k < N; k++) {
        logits[k * N + k] = 2.0f;
    }
    CHECK(reparam_implicit_scratch_len(N) == SCRATCH && reparam_implicit_scratch_len(SIZE_MAX) == 0);
    for (size_t k = 0; k < STEPS; k++) {
        CHECK_OK(reparam_implicit_step_f32(N, 0.9f, logits, rewards, N, states, targets, 0.02f, &loss, scratch, pivots));
        if (k == 0) {
            first = loss;
        }
    }
    CHECK(first == 6.25f && loss < 1e-3f);
    CHECK_OK(reparam_implicit_values_f32(N, 0.9f, logits, rewards, values, scratch, pivots));
    report_f32("implicit_values", values, N);
    for (size_t k = 0; k < N; k++) {
        CHECK(fabsf(values[k] - targets[k]) < 0.1f);
    }
    static const size_t nowhere[1] = {N};
    CHECK(reparam_implicit_step_f32(N, 0.9f, logits, rewards, 1, nowhere, targets, 0.02f, &loss, scratch, pivots)
          == REPARAM_STATUS_SIZE);
    CHECK(reparam_implicit_values_f32(N, 1.0f, logits, rewards, values, scratch, pivots) == REPARAM_STATUS_SETTING);
    rewards[1] = (float)NAN;
    CHECK(reparam_implicit_values_f32(N, 0.9f, logits, rewards, values, scratch, pivots)
          == REPARAM_STATUS_NOT_FINITE);
    CHECK(reparam_implicit_values_f32(N, 0.9f, NULL, rewards, values, scratch, pivots) == REPARAM_STATUS_POINTER);
}

static void solves_f64(reparam_random *random)
{
    /* The values solve w = R + eta P w. */
    double logits[N * N], rewards[N], values[N], scratch[SCRATCH];
    size_t pivots[2 * N];
    CHECK_OK(reparam_random_gaussian_f64(random, logits, N * N));
    CHECK_OK(reparam_random_gaussian_f64(random, rewards, N));
    CHECK_OK(reparam_implicit_values_f64(N, 0.95, logits, rewards, values, scratch, pivots));
    for (size_t i = 0; i < N; i++) {
        double sum = 0.0, next = 0.0;
        for (size_t j = 0; j < N; j++) {
            sum += exp(logits[i * N + j]);
            next += exp(logits[i * N + j]) * values[j];
        }
        CHECK(fabs(values[i] - rewards[i] - 0.95 * next / sum) < 1e-12);
    }
    /* A step of length 0 changes nothing. */
    double before[N * N], loss;
    static const size_t states[1] = {2};
    memcpy(before, logits, sizeof before);
    CHECK_OK(reparam_implicit_step_f64(N, 0.95, logits, rewards, 1, states, values, 0.0, &loss, scratch, pivots));
    CHECK(memcmp(before, logits, sizeof before) == 0);
    CHECK(fabs(loss - 0.5 * (values[2] - values[0]) * (values[2] - values[0])) < 1e-12);
}

void test_implicit(void)
{
    reparam_random random;
    CHECK_OK(reparam_random_seed(&random, 11));
    learn_f32();
    solves_f64(&random);
}
