#include "check.h"

void test_random(void)
{
    reparam_random random;
    uint64_t word;
    CHECK_OK(reparam_random_seed(&random, 0));
    CHECK_OK(reparam_random_u64(&random, &word));
    CHECK(word == UINT64_C(0xe220a8397b1dcdaf));

    float x[8];
    double y[8];
    CHECK_OK(reparam_random_seed(&random, 42));
    CHECK_OK(reparam_random_uniform_f32(&random, x, 8));
    reparam_random saved = random;
    CHECK_OK(reparam_random_uniform_f64(&random, y, 8));
    for (size_t k = 0; k < 8; k++) {
        CHECK(x[k] >= 0.0f && x[k] < 1.0f && y[k] >= 0.0 && y[k] < 1.0);
    }
    report_f32("uniform_f32", x, 8);
    report_f64("uniform_f64", y, 8);

    double again[8];
    CHECK_OK(reparam_random_uniform_f64(&saved, again, 8));
    for (size_t k = 0; k < 8; k++) {
        CHECK(again[k] == y[k]);
    }
    CHECK(saved.state == random.state);
    report_u64("state", random.state);

    CHECK_OK(reparam_random_gaussian_f32(&random, x, 8));
    CHECK_OK(reparam_random_gaussian_f64(&random, y, 7));
    report_f32("gaussian_f32", x, 8);
    report_f64("gaussian_f64", y, 7);
    double sum = 0.0;
    for (size_t k = 0; k < 1000; k++) {
        CHECK_OK(reparam_random_gaussian_f64(&random, y, 2));
        sum += y[0] * y[0] + y[1] * y[1];
    }
    CHECK(sum > 1800.0 && sum < 2200.0);

    CHECK(reparam_random_seed(NULL, 0) == REPARAM_STATUS_POINTER);
    CHECK(reparam_random_u64(&random, NULL) == REPARAM_STATUS_POINTER);
    CHECK(reparam_random_uniform_f32(&random, NULL, 8) == REPARAM_STATUS_POINTER);
    CHECK(reparam_random_uniform_f32(&random, x, SIZE_MAX) == REPARAM_STATUS_SIZE);
}
