#include <float.h>
#include <math.h>
#include "check.h"

enum { N = 5, ROWS = 7 };

static void fill_f32(reparam_random *random, float *x, size_t len)
{
    CHECK_OK(reparam_random_uniform_f32(random, x, len));
    for (size_t k = 0; k < len; k++) {
        x[k] -= 0.5f;
    }
}

static void lu_f32(reparam_random *random)
{
    float a[N * N], factors[N * N], inverse[N * N], identity[N * N], x[N], b[N];
    size_t pivots[N];
    fill_f32(random, a, N * N);
    fill_f32(random, x, N);
    CHECK_OK(reparam_dense_matvec_f32(N, N, a, x, b));
    for (size_t k = 0; k < N * N; k++) {
        factors[k] = a[k];
    }
    CHECK_OK(reparam_dense_lu_factor_f32(N, factors, pivots));
    CHECK_OK(reparam_dense_lu_solve_f32(N, factors, pivots, b));
    report_f32("lu_solve", b, N);
    for (size_t k = 0; k < N; k++) {
        CHECK(fabsf(b[k] - x[k]) < 1e-4f);
    }
    CHECK_OK(reparam_dense_lu_inverse_f32(N, factors, pivots, inverse));
    CHECK_OK(reparam_dense_matmul_f32(N, N, N, a, inverse, identity));
    report_f32("a_times_inverse", identity, N * N);
    for (size_t k = 0; k < N * N; k++) {
        CHECK(fabsf(identity[k] - (k / N == k % N ? 1.0f : 0.0f)) < 1e-4f);
    }

    for (size_t k = 0; k < N; k++) {
        factors[k] = a[k];
        factors[N + k] = a[k];
    }
    for (size_t k = 2 * N; k < N * N; k++) {
        factors[k] = 0.0f;
    }
    CHECK(reparam_dense_lu_factor_f32(N, factors, pivots) == REPARAM_STATUS_SINGULAR);
    factors[0] = (float)NAN;
    CHECK(reparam_dense_lu_factor_f32(N, factors, pivots) == REPARAM_STATUS_NOT_FINITE);
    CHECK(reparam_dense_lu_factor_f32(0, factors, pivots) == REPARAM_STATUS_SIZE);
    CHECK(reparam_dense_lu_factor_f32(SIZE_MAX, factors, pivots) == REPARAM_STATUS_SIZE);
    CHECK(reparam_dense_lu_factor_f32(N, NULL, pivots) == REPARAM_STATUS_POINTER);
}

static void cholesky_f64(reparam_random *random)
{
    double half[N * N], gram[N * N] = {0}, x[N], b[N];
    CHECK_OK(reparam_random_uniform_f64(random, half, N * N));
    CHECK_OK(reparam_random_uniform_f64(random, x, N));
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            for (size_t k = 0; k < N; k++) {
                gram[i * N + j] += half[k * N + i] * half[k * N + j];
            }
        }
    }
    CHECK_OK(reparam_dense_matvec_f64(N, N, gram, x, b));
    CHECK_OK(reparam_dense_cholesky_factor_f64(N, gram));
    CHECK_OK(reparam_dense_cholesky_solve_f64(N, gram, b));
    report_f64("cholesky_solve", b, N);
    for (size_t k = 0; k < N; k++) {
        CHECK(fabs(b[k] - x[k]) < 1e-9);
    }
    double indefinite[4] = {1.0, 2.0, 2.0, 1.0};
    CHECK(reparam_dense_cholesky_factor_f64(2, indefinite) == REPARAM_STATUS_NOT_POSITIVE_DEFINITE);
}

static void least_squares_f32(void)
{
    /* The parabola 1 + 2 t - 3 t^2, sampled: an exact fit. */
    float a[ROWS * 3], tau[3], b[ROWS];
    const float expected[3] = {1.0f, 2.0f, -3.0f};
    for (size_t i = 0; i < ROWS; i++) {
        float t = (float)i / 4.0f;
        a[3 * i] = 1.0f;
        a[3 * i + 1] = t;
        a[3 * i + 2] = t * t;
        b[i] = 1.0f + 2.0f * t - 3.0f * t * t;
    }
    CHECK_OK(reparam_dense_qr_factor_f32(ROWS, 3, a, tau));
    CHECK_OK(reparam_dense_qr_solve_f32(ROWS, 3, a, tau, b));
    report_f32("qr_solve", b, 3);
    for (size_t k = 0; k < 3; k++) {
        CHECK(fabsf(b[k] - expected[k]) < 1e-5f);
    }
    CHECK(reparam_dense_qr_solve_f32(3, ROWS, a, tau, b) == REPARAM_STATUS_SIZE);
}

static void svd_f64(void)
{
    const double a[6] = {0.0, 2.0, 3.0, 0.0, 0.0, 0.0};
    double u[6], s[2], v[4], scratch[2 * (3 + 2)];
    CHECK_OK(reparam_dense_svd_f64(3, 2, a, u, s, v, scratch));
    report_f64("singular_values", s, 2);
    CHECK(s[0] == 3.0 && s[1] == 2.0);
}

void test_dense(void)
{
    reparam_random random;
    CHECK_OK(reparam_random_seed(&random, 7));
    lu_f32(&random);
    cholesky_f64(&random);
    least_squares_f32();
    svd_f64();
}
