#include <math.h>
#include <string.h>
#include "check.h"

enum { STATES = 3, ACTIONS = 2, EDGES = 7, HORIZON = 4, ATOMS = 16 };

/* A node that works (0) or is worn (1): run it for 5, or service it for 3. Broken (2), it can only be repaired, for -4. */
static const uint16_t row_ptr[STATES * ACTIONS + 1] = {0, 2, 3, 5, 6, 7, 7};
static const uint8_t col[EDGES] = {0, 1, 0, 1, 2, 0, 0};
static const uint16_t prob[EDGES] = {49151, 16383, 65535, 32767, 32767, 65535, 65535};
static const int8_t reward[EDGES] = {5, 5, 3, 5, 5, 3, -4};

/* What an action is worth, from the definition. */
static double worth(double risk, const double *next, size_t row)
{
    double sum = 0.0;
    for (size_t k = row_ptr[row]; k < row_ptr[row + 1]; k++) {
        double p = (prob[k] + 1.0) / 65536.0, value = reward[k] + next[col[k]];
        sum += p * (risk == 0.0 ? value : exp(-risk * value));
    }
    return risk == 0.0 ? sum : -log(sum) / risk;
}

static void plans(reparam_horizon_model *model)
{
    static const double risks[] = {0.0, 0.05, 0.7, -0.4};
    for (size_t k = 0; k < sizeof risks / sizeof *risks; k++) {
        double risk = risks[k], value[STATES] = {0}, scratch[2 * STATES], whole[STATES];
        float single[STATES], single_scratch[2 * STATES];
        uint8_t actions[STATES], policy[HORIZON * STATES], single_policy[HORIZON * STATES];
        CHECK_OK(reparam_horizon_solve_f64(model, HORIZON, risk, 1.0, whole, policy, scratch));
        for (size_t stage = HORIZON; stage-- > 0;) {
            double next[STATES];
            memcpy(next, value, sizeof next);
            CHECK_OK(reparam_horizon_step_f64(model, stage, risk, 1.0, value, actions, scratch));
            for (size_t state = 0; state < STATES; state++) {
                double run = worth(risk, next, 2 * state), best = run;
                if (row_ptr[2 * state + 1] < row_ptr[2 * state + 2]) {
                    best = fmax(run, worth(risk, next, 2 * state + 1));
                }
                CHECK(fabs(value[state] - best) < 1e-12);
                CHECK(actions[state] == (best > run) && actions[state] == policy[stage * STATES + state]);
            }
        }
        CHECK(memcmp(value, whole, sizeof value) == 0);
        CHECK_OK(reparam_horizon_solve_f32(model, HORIZON, (float)risk, 1.0f, single, single_policy, single_scratch));
        CHECK(memcmp(policy, single_policy, sizeof policy) == 0);
        report_f32("horizon_value", single, STATES);
        for (size_t state = 0; state < STATES; state++) {
            CHECK(fabs(single[state] - value[state]) < 1e-4);
        }
    }
    /* With a discount the first reward counts whole, the next by half. */
    double value[STATES] = {0}, scratch[STATES];
    uint8_t actions[STATES];
    CHECK_OK(reparam_horizon_step_f64(model, 1, 0.0, 0.5, value, actions, scratch));
    CHECK(value[0] == 5.0 && value[2] == -4.0 && actions[2] == 0);
    CHECK_OK(reparam_horizon_step_f64(model, 0, 0.0, 0.5, value, actions, scratch));
    CHECK(value[2] == -1.5);
    CHECK(reparam_horizon_step_f64(model, 0, 0.0, 1.5, value, actions, scratch) == REPARAM_STATUS_SETTING);
    CHECK(reparam_horizon_step_f64(model, 0, (double)NAN, 1.0, value, actions, scratch) == REPARAM_STATUS_SETTING);
    value[1] = (double)INFINITY;
    CHECK(reparam_horizon_step_f64(model, 0, 0.0, 1.0, value, actions, scratch) == REPARAM_STATUS_NOT_FINITE);
    CHECK(reparam_horizon_step_f64(model, 0, 0.0, 1.0, NULL, actions, scratch) == REPARAM_STATUS_POINTER);
}

/* Always running: of two stages from state 0 nothing is left to chance, of three the last may be lost. */
static void laws(reparam_horizon_model *model)
{
    static const uint8_t run[HORIZON * STATES] = {0};
    double moments[3 * STATES], law[ATOMS], bound, result, scratch[2 * STATES * ATOMS], wide[6 * STATES];
    CHECK_OK(reparam_horizon_moments_f64(model, 3, run, moments, wide));
    /* 15, or 6 with probability 1/4 * 1/2. */
    double mean = 15.0 - 9.0 / 8.0, variance = 81.0 * 7.0 / 64.0;
    CHECK(fabs(moments[0] - mean) < 1e-12 && fabs(moments[1] - variance) < 1e-12);
    CHECK(fabs(moments[2] + variance * 9.0 * 0.75) < 1e-11);
    CHECK_OK(reparam_horizon_law_f64(model, 3, run, 0, ATOMS, law, &bound, scratch));
    CHECK(law[0] == 6.0 && law[1] == 6.0 && law[2] == 15.0 && law[ATOMS - 1] == 15.0 && bound > 0.0);
    const struct {
        uint32_t functional;
        double setting, expected;
    } asked[] = {
        {REPARAM_HORIZON_MEAN, 0.0, mean},
        {REPARAM_HORIZON_ENTROPIC, 0.3, -log(0.125 * exp(-0.3 * 6.0) + 0.875 * exp(-0.3 * 15.0)) / 0.3},
        {REPARAM_HORIZON_QUANTILE, 0.1, 6.0},
        {REPARAM_HORIZON_CVAR, 0.25, 10.5},
        {REPARAM_HORIZON_AT_LEAST, 7.0, 0.875},
        {REPARAM_HORIZON_MEAN_VARIANCE, 0.5, mean - 0.5 * variance},
    };
    for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
        CHECK_OK(reparam_horizon_functional_f64(asked[k].functional, asked[k].setting, ATOMS, law, &result));
        CHECK(fabs(result - asked[k].expected) < 1e-12);
    }
    CHECK_OK(reparam_horizon_functional_f64(REPARAM_HORIZON_EVAR, 0.25, ATOMS, law, &result));
    CHECK(result > 6.0 && result < 10.5);
    CHECK(reparam_horizon_functional_f64(REPARAM_HORIZON_CVAR, 0.0, ATOMS, law, &result) == REPARAM_STATUS_SETTING);
    CHECK(reparam_horizon_functional_f64(99, 0.5, ATOMS, law, &result) == REPARAM_STATUS_SETTING);

    float single[ATOMS], single_bound, single_scratch[2 * STATES * ATOMS], single_moments[3 * STATES], narrow[6 * STATES];
    CHECK_OK(reparam_horizon_law_f32(model, HORIZON, run, 0, ATOMS, single, &single_bound, single_scratch));
    report_f32("horizon_law", single, ATOMS);
    CHECK_OK(reparam_horizon_moments_f32(model, HORIZON, run, single_moments, narrow));
    report_f32("horizon_moments", single_moments, 3 * STATES);
    CHECK(reparam_horizon_law_f32(model, HORIZON, run, STATES, ATOMS, single, &single_bound, single_scratch)
          == REPARAM_STATUS_SIZE);
    /* A broken node cannot be serviced. */
    static const uint8_t wrong[STATES] = {0, 0, 1};
    CHECK(reparam_horizon_moments_f32(model, 1, wrong, single_moments, narrow) == REPARAM_STATUS_FORM);
}

void test_horizon(void)
{
    reparam_horizon_model model = {{0}};
    uint8_t actions[STATES], elsewhere[EDGES];
    float value[STATES] = {0}, scratch[STATES];
    CHECK(reparam_horizon_step_f32(&model, 0, 0.0f, 1.0f, value, actions, scratch) == REPARAM_STATUS_NOT_INITIALISED);
    CHECK_OK(reparam_horizon_model_init(&model, STATES, ACTIONS, EDGES, row_ptr, col, prob, reward));
    plans(&model);
    laws(&model);
    memcpy(elsewhere, col, sizeof col);
    elsewhere[3] = STATES;
    CHECK(reparam_horizon_model_init(&model, STATES, ACTIONS, EDGES, row_ptr, elsewhere, prob, reward)
          == REPARAM_STATUS_FORM);
    CHECK(reparam_horizon_step_f32(&model, 0, 0.0f, 1.0f, value, actions, scratch) == REPARAM_STATUS_NOT_INITIALISED);
    CHECK(reparam_horizon_model_init(&model, STATES, ACTIONS, EDGES - 1, row_ptr, col, prob, reward)
          == REPARAM_STATUS_FORM);
    CHECK(reparam_horizon_model_init(&model, SIZE_MAX, ACTIONS, EDGES, row_ptr, col, prob, reward)
          == REPARAM_STATUS_SIZE);
    CHECK(reparam_horizon_model_init(&model, STATES, ACTIONS, EDGES, NULL, col, prob, reward)
          == REPARAM_STATUS_POINTER);
}
