#include <float.h>
#include <math.h>
#include "check.h"

void test_trig(void)
{
    const float angles[] = {0.0f, 1.0f, -2.5f, 3.14159274f, 100.0f, 1e30f, FLT_MIN};
    for (size_t k = 0; k < sizeof angles / sizeof *angles; k++) {
        float pair[3];
        double wide[3];
        CHECK_OK(reparam_trig_sin_cos_f32(angles[k], &pair[0], &pair[1]));
        pair[2] = reparam_trig_atan2_f32(pair[0], pair[1]);
        CHECK(fabs((double)pair[0] * pair[0] + (double)pair[1] * pair[1] - 1.0) < 4 * FLT_EPSILON);
        CHECK(fabsf(pair[2]) <= 3.14159274f);
        report_f32("sin_cos_atan2_f32", pair, 3);

        CHECK_OK(reparam_trig_sin_cos_f64(angles[k], &wide[0], &wide[1]));
        wide[2] = reparam_trig_atan2_f64(wide[0], wide[1]);
        CHECK(fabs(wide[0] * wide[0] + wide[1] * wide[1] - 1.0) < 4 * DBL_EPSILON);
        CHECK(fabs(wide[0] - pair[0]) < 4 * FLT_EPSILON && fabs(wide[1] - pair[1]) < 4 * FLT_EPSILON);
        report_f64("sin_cos_atan2_f64", wide, 3);
    }

    float sine = 7.0f, cosine = 7.0f;
    CHECK(reparam_trig_sin_cos_f32(1.0f, NULL, &cosine) == REPARAM_STATUS_POINTER);
    CHECK(reparam_trig_sin_cos_f32(1.0f, &sine, NULL) == REPARAM_STATUS_POINTER);
    CHECK(sine == 7.0f && cosine == 7.0f);
    CHECK_OK(reparam_trig_sin_cos_f32((float)NAN, &sine, &cosine));
    CHECK(isnan(sine) && isnan(cosine));
}
