#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

void check(int holds, const char *condition, const char *file, int line)
{
    if (!holds) {
        printf("%s:%d: %s does not hold\n", file, line, condition);
        exit(1);
    }
}

void report_f32(const char *name, const float *x, size_t len)
{
    printf("%s", name);
    for (size_t k = 0; k < len; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        printf(" %08" PRIx32, bits);
    }
    printf("\n");
}

void report_u64(const char *name, uint64_t x)
{
    /* In halves: newlib's small printf knows no 64-bit integers. */
    printf("%s %08" PRIx32 "%08" PRIx32 "\n", name, (uint32_t)(x >> 32), (uint32_t)x);
}

void report_f64(const char *name, const double *x, size_t len)
{
    for (size_t k = 0; k < len; k++) {
        uint64_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        report_u64(name, bits);
    }
}

int main(void)
{
    test_trig();
    test_random();
    test_dense();
    test_givens();
    test_group_shuffle();
    test_diagonal();
    test_horizon();
    test_implicit();
    test_search();
    printf("all checks hold\n");
    return 0;
}
