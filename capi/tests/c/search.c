#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

/* Three reference directions as a rotated sensor sees them: the rotation is found by asking for misfits only. */
static const float reference[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.6f, 0.0f, 0.8f}};
static float measured[4][3];

static float misfit(const float *frame)
{
    float sum = 0.0f;
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 3; i++) {
            float fitted = 0.0f;
            for (size_t j = 0; j < 3; j++) {
                fitted += frame[3 * i + j] * reference[k][j];
            }
            sum += (fitted - measured[k][i]) * (fitted - measured[k][i]);
        }
    }
    return sum;
}

static void solve(reparam_givens_search_f32 *search, const float *truth, const char *name, float tolerance)
{
    float frame[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, candidate[9];
    reparam_givens_report_f32 report;
    while (reparam_givens_search_ask_f32(search, 3, 3, frame, candidate) == REPARAM_STATUS_OK) {
        CHECK_OK(reparam_givens_search_tell_f32(search, misfit(candidate), 3, 3, frame, NULL));
    }
    CHECK_OK(reparam_givens_search_report_f32(search, &report));
    CHECK(report.stop == REPARAM_GIVENS_STOP_CONVERGED);
    CHECK(report.value < tolerance && fabsf(report.value - misfit(frame)) < 1e-5f);
    CHECK(reparam_givens_search_ask_f32(search, 3, 3, frame, candidate) == REPARAM_STATUS_FINISHED);
    report_f32(name, frame, 9);
    report_u64("evaluations", report.evaluations);
    for (size_t k = 0; k < 9; k++) {
        CHECK(fabsf(frame[k] - truth[k]) < 1e-2f);
    }
}

static void alignment_f32(void)
{
    const float angles[3] = {0.7f, -0.4f, 1.1f};
    float truth[9];
    CHECK_OK(reparam_givens_frame_from_angles_f32(3, 3, angles, 0, truth));
    for (size_t k = 0; k < 4; k++) {
        CHECK_OK(reparam_dense_matvec_f32(3, 3, truth, reference[k], measured[k]));
    }

    reparam_givens_search_f32 search;
    reparam_givens_pattern_config_f32 config;
    CHECK_OK(reparam_givens_pattern_default_f32(&config));
    CHECK_OK(reparam_givens_search_pattern_f32(&search, 3, &config));
    solve(&search, truth, "pattern", 1e-4f);
    CHECK_OK(reparam_givens_search_plane_f32(&search, 3, 2, 1e-6f, UINT64_MAX));
    solve(&search, truth, "plane", 1e-4f);
}

/* A budget, a copy that goes on like the original, and an objective that is evaluated from the question. */
static void machine_f64(void)
{
    reparam_givens_search_f64 search;
    reparam_givens_pattern_config_f64 config;
    CHECK_OK(reparam_givens_pattern_default_f64(&config));
    config.evaluations = 10;
    CHECK_OK(reparam_givens_search_pattern_f64(&search, 2, &config));
    double frame[2] = {1.0, 0.0};
    reparam_givens_move_f64 question, accepted;
    uint64_t told = 0;
    while (reparam_givens_search_question_f64(&search, &question) == REPARAM_STATUS_OK) {
        reparam_givens_search_f64 copy = search;
        reparam_givens_move_f64 again;
        CHECK_OK(reparam_givens_search_question_f64(&copy, &again));
        CHECK(question.i == again.i && question.j == again.j && question.s == again.s);
        /* Toward the second axis. */
        double value = question.j == 0 ? -frame[1] : -(question.s * frame[0] + question.c * frame[1]);
        CHECK_OK(reparam_givens_search_tell_f64(&search, value, 2, 1, frame, &accepted));
        CHECK((accepted.j == 0) == (accepted.s == 0.0));
        told++;
    }
    reparam_givens_report_f64 report;
    CHECK_OK(reparam_givens_search_report_f64(&search, &report));
    CHECK(report.evaluations == told && told <= 10 && report.stop == REPARAM_GIVENS_STOP_EVALUATIONS);
    report_f64("budget", frame, 2);

    CHECK_OK(reparam_givens_pattern_default_f64(&config));
    CHECK_OK(reparam_givens_search_pattern_f64(&search, 2, &config));
    CHECK_OK(reparam_givens_search_tell_f64(&search, (double)NAN, 2, 1, frame, NULL));
    CHECK_OK(reparam_givens_search_report_f64(&search, &report));
    CHECK(isnan(report.value) && report.evaluations == 1);
    CHECK_OK(reparam_givens_search_restart_f64(&search));
}

/* The same alignment in one call, and the principal axis of a covariance matrix. */
static void objectives(void)
{
    const float angles[3] = {0.7f, -0.4f, 1.1f}, weights[4] = {1, 2, 1, 3};
    float truth[9], frame[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, scratch[9];
    reparam_givens_report_f32 report;
    CHECK_OK(reparam_givens_frame_from_angles_f32(3, 3, angles, 0, truth));
    for (size_t k = 0; k < 4; k++) {
        CHECK_OK(reparam_dense_matvec_f32(3, 3, truth, reference[k], measured[k]));
    }
    CHECK_OK(reparam_givens_wahba_f32(3, 3, 4, measured[0], reference[0], NULL, frame, scratch, &report));
    report_f32("wahba", frame, 9);
    for (size_t k = 0; k < 9; k++) {
        CHECK(fabsf(frame[k] - truth[k]) < 1e-3f);
    }
    /* Again from the optimum: it stays, whatever the weights. */
    CHECK_OK(reparam_givens_wahba_f32(3, 3, 4, measured[0], reference[0], weights, frame, scratch, NULL));
    for (size_t k = 0; k < 9; k++) {
        CHECK(fabsf(frame[k] - truth[k]) < 1e-3f);
    }
    CHECK(reparam_givens_wahba_f32(3, 3, 4, measured[0], NULL, NULL, frame, scratch, NULL) ==
          REPARAM_STATUS_POINTER);
    CHECK(reparam_givens_wahba_f32(0, 0, 4, measured[0], reference[0], NULL, frame, scratch, NULL) ==
          REPARAM_STATUS_SIZE);

    double a[9] = {2, 1, 0, 1, 2, 0, 0, 0, 1}, axis[3] = {1, 0, 0}, wide_scratch[3];
    reparam_givens_report_f64 wide;
    CHECK_OK(reparam_givens_trace_f64(3, 1, a, 1, axis, wide_scratch, &wide));
    report_f64("axis", axis, 3);
    CHECK(fabs(wide.value + 3.0) < 1e-12 && wide.stop == REPARAM_GIVENS_STOP_CONVERGED);
    CHECK(fabs(axis[0] - axis[1]) < 1e-6 && fabs(axis[2]) < 1e-6);
    a[1] = 5.0;
    CHECK(reparam_givens_trace_f64(3, 1, a, 1, axis, wide_scratch, &wide) == REPARAM_STATUS_FORM);
}

static void refusals(void)
{
    reparam_givens_search_f32 search;
    reparam_givens_pattern_config_f32 config;
    reparam_givens_move_f32 question;
    memset(&search, 0, sizeof search);
    CHECK(reparam_givens_search_question_f32(&search, &question) == REPARAM_STATUS_NOT_INITIALISED);
    CHECK_OK(reparam_givens_pattern_default_f32(&config));
    CHECK(reparam_givens_search_pattern_f32(&search, 1, &config) == REPARAM_STATUS_SIZE);
    CHECK(reparam_givens_search_pattern_f32(NULL, 3, &config) == REPARAM_STATUS_POINTER);
    CHECK(reparam_givens_search_plane_f32(&search, 3, 3, 1e-6f, 100) == REPARAM_STATUS_SETTING);
    config.shrink = 1.0f;
    CHECK(reparam_givens_search_pattern_f32(&search, 3, &config) == REPARAM_STATUS_SETTING);
    CHECK(reparam_givens_search_question_f32(&search, &question) == REPARAM_STATUS_NOT_INITIALISED);
}

void test_search(void)
{
    alignment_f32();
    machine_f64();
    objectives();
    refusals();
}
