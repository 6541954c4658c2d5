/* Checks and reports of the C tests. The reports go to standard output as bit patterns: the same program
 * on the host and on the target must print the same text. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include "reparam.h"

/* Ends the program with exit code 1 and says where, unless the condition holds. */
#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
/* The same for a status. */
#define CHECK_OK(call) CHECK((call) == REPARAM_STATUS_OK)

void check(int holds, const char *condition, const char *file, int line);

void report_f32(const char *name, const float *x, size_t len);
void report_f64(const char *name, const double *x, size_t len);
void report_u64(const char *name, uint64_t x);

void test_trig(void);
void test_random(void);
void test_dense(void);
void test_givens(void);
void test_group_shuffle(void);
void test_diagonal(void);
void test_horizon(void);
void test_implicit(void);
void test_search(void);

#endif
