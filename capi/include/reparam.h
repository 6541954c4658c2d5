/* reparam: structured objects as plain numbers, on a microcontroller.
 *
 * Generated from capi/src by cbindgen. Do not edit: change the sources, then run
 * `UPDATE=1 cargo test -p reparam-capi --test header`.
 *
 * Conventions
 * -----------
 * Matrices are row-major without gaps. Angles are in radians. Sizes are element counts, not bytes.
 * A name ends in _f32 (float) or _f64 (double); both do the same.
 * No function allocates, locks, or calls back. None keeps a pointer beyond its call but the model of horizon, which
 * keeps those to its tables.
 *
 * Pointers
 * --------
 * A null or misaligned pointer gives REPARAM_STATUS_POINTER. Otherwise it must point to as many initialised
 * elements as the function says, and a buffer that is written must not overlap any other argument.
 * One object (a generator, a search) is for one thread at a time; different objects are independent.
 */

#ifndef REPARAM_H
#define REPARAM_H

#include <stddef.h>
#include <stdint.h>

/*
 Weight u v, a pull by h makes it (u + h v) (v + h u): the diagonal linear network.
 */
#define REPARAM_DIAGONAL_PRODUCT 0

/*
 Weight u^2 - v^2, u (1 + 2h), v (1 - 2h): the same network in rotated coordinates.
 */
#define REPARAM_DIAGONAL_DIFFERENCE 1

/*
 The same, u and v not below `setting` > 0: it does not freeze.
 */
#define REPARAM_DIAGONAL_FLOORED 2

/*
 Weight u^2 - v^2, u exp(2h), v exp(-2h): EG+-.
 */
#define REPARAM_DIAGONAL_EXPONENTIATED 3

/*
 Weight u, which moves by h sqrt(u^2 + setting^2). v is unused.
 */
#define REPARAM_DIAGONAL_HYPERBOLIC_ENTROPY 4

/*
 Weight u, which moves by h: LMS and NLMS. v is unused.
 */
#define REPARAM_DIAGONAL_LINEAR 5

/*
 Weight u, which moves in proportion to its share of all: IPNLMS. `setting` is the proportion in [-1, 1),
 `regularization` > 0 is small beside the sum of all |u|. v is unused.
 */
#define REPARAM_DIAGONAL_PROPORTIONATE 6

/*
 Size of a model in units of 8 bytes.
 */
#define REPARAM_HORIZON_MODEL_WORDS 28

/*
 Most outcomes of one action of a model whose laws are asked for.
 */
#define REPARAM_HORIZON_LAW_EDGES 64

/*
 The mean.
 */
#define REPARAM_HORIZON_MEAN 0

/*
 -1/b log E exp(-b Z), `setting` is b.
 */
#define REPARAM_HORIZON_ENTROPIC 1

/*
 The smallest value that is reached with probability `setting`: value at risk.
 */
#define REPARAM_HORIZON_QUANTILE 2

/*
 The mean of the worst share `setting` of outcomes: conditional value at risk.
 */
#define REPARAM_HORIZON_CVAR 3

/*
 Entropic value at risk of level `setting`.
 */
#define REPARAM_HORIZON_EVAR 4

/*
 The probability of at least `setting`.
 */
#define REPARAM_HORIZON_AT_LEAST 5

/*
 The mean minus `setting` times the variance.
 */
#define REPARAM_HORIZON_MEAN_VARIANCE 6

/*
 Size of a search in units of 8 bytes.
 */
#define REPARAM_GIVENS_SEARCH_WORDS 48

/*
 What a call came to. Negative values are errors; what the outputs hold after an error is unspecified.
 */
enum reparam_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   Done.
   */
  REPARAM_STATUS_OK = 0,
  /*
   A search has come to its end: there is no further question.
   */
  REPARAM_STATUS_FINISHED = 1,
  /*
   A pointer is null or not aligned for its type.
   */
  REPARAM_STATUS_POINTER = -1,
  /*
   A size is zero, too large, or does not fit the others; an index is out of range.
   */
  REPARAM_STATUS_SIZE = -2,
  /*
   An input or a result is infinite or NaN.
   */
  REPARAM_STATUS_NOT_FINITE = -3,
  /*
   A matrix is singular to working precision.
   */
  REPARAM_STATUS_SINGULAR = -4,
  /*
   A matrix is not positive definite.
   */
  REPARAM_STATUS_NOT_POSITIVE_DEFINITE = -5,
  /*
   An iteration reached its bound before its tolerance.
   */
  REPARAM_STATUS_NO_CONVERGENCE = -6,
  /*
   A reflected frame was asked for with more rows than columns.
   */
  REPARAM_STATUS_NO_REFLECTION = -7,
  /*
   A setting makes no sense.
   */
  REPARAM_STATUS_SETTING = -8,
  /*
   The search or model was not initialised.
   */
  REPARAM_STATUS_NOT_INITIALISED = -9,
  /*
   An input does not have the form that the function asks for.
   */
  REPARAM_STATUS_FORM = -10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum reparam_status reparam_status;
#else
typedef int32_t reparam_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Why a search ended.
 */
enum reparam_givens_stop
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   It goes on.
   */
  REPARAM_GIVENS_STOP_NONE = 0,
  /*
   A run or a sweep no longer improved on the one before.
   */
  REPARAM_GIVENS_STOP_CONVERGED = 1,
  /*
   As many runs or sweeps as configured.
   */
  REPARAM_GIVENS_STOP_RUNS = 2,
  /*
   What is left of the evaluation budget is too small for another step.
   */
  REPARAM_GIVENS_STOP_EVALUATIONS = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum reparam_givens_stop reparam_givens_stop;
#else
typedef int32_t reparam_givens_stop;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How a weight is written as two numbers u and v, and moved.
 */
typedef struct {
  /*
   One of REPARAM_DIAGONAL_...
   */
  uint32_t kind;
  /*
   Floor, scale or proportion; 0 where the kind has none.
   */
  float setting;
  /*
   Of the sum of REPARAM_DIAGONAL_PROPORTIONATE; else 0.
   */
  float regularization;
} reparam_diagonal_rule_f32;

/*
 An adaptive filter. Its taps and its delay line are arrays of the caller.
 */
typedef struct {
  /*
   How taps move.
   */
  reparam_diagonal_rule_f32 rule;
  /*
   Share of the error that a step removes, in (0, 2).
   */
  float rate;
  /*
   Bounds the step on silent input.
   */
  float regularization;
  /*
   Length of the response in samples.
   */
  size_t taps;
  /*
   Place of the last input in the delay line: not for use.
   */
  size_t position;
} reparam_diagonal_filter_f32;

/*
 How a weight is written as two numbers u and v, and moved.
 */
typedef struct {
  /*
   One of REPARAM_DIAGONAL_...
   */
  uint32_t kind;
  /*
   Floor, scale or proportion; 0 where the kind has none.
   */
  double setting;
  /*
   Of the sum of REPARAM_DIAGONAL_PROPORTIONATE; else 0.
   */
  double regularization;
} reparam_diagonal_rule_f64;

/*
 An adaptive filter. Its taps and its delay line are arrays of the caller.
 */
typedef struct {
  /*
   How taps move.
   */
  reparam_diagonal_rule_f64 rule;
  /*
   Share of the error that a step removes, in (0, 2).
   */
  double rate;
  /*
   Bounds the step on silent input.
   */
  double regularization;
  /*
   Length of the response in samples.
   */
  size_t taps;
  /*
   Place of the last input in the delay line: not for use.
   */
  size_t position;
} reparam_diagonal_filter_f64;

/*
 A rotation by the angle whose cosine and sine these are.
 */
typedef struct {
  /*
   Cosine.
   */
  float c;
  /*
   Sine.
   */
  float s;
} reparam_givens_rotation_f32;

/*
 A SplitMix64 generator: seed it with any value, `state` may be saved and restored. Not cryptographic.
 */
typedef struct {
  /*
   The whole state.
   */
  uint64_t state;
} reparam_random;

/*
 A rotation by the angle whose cosine and sine these are.
 */
typedef struct {
  /*
   Cosine.
   */
  double c;
  /*
   Sine.
   */
  double s;
} reparam_givens_rotation_f64;

/*
 A Markov decision process whose tables were checked. It keeps the pointers to the tables, which must stay as they are.
 */
typedef struct {
  /*
   Not for use.
   */
  uint64_t opaque[REPARAM_HORIZON_MODEL_WORDS];
} reparam_horizon_model;

/*
 What a search has found and spent so far.
 */
typedef struct {
  /*
   Value of the frame; NaN while no finite value has been told.
   */
  float value;
  /*
   Values told.
   */
  uint64_t evaluations;
  /*
   Iterations of a pattern search, planes of a plane search.
   */
  uint64_t iterations;
  /*
   Runs of a pattern search, sweeps of a plane search.
   */
  uint64_t runs;
  /*
   Accepted moves.
   */
  uint64_t moves;
  /*
   Why the search ended.
   */
  reparam_givens_stop stop;
} reparam_givens_report_f32;

/*
 What a search has found and spent so far.
 */
typedef struct {
  /*
   Value of the frame; NaN while no finite value has been told.
   */
  double value;
  /*
   Values told.
   */
  uint64_t evaluations;
  /*
   Iterations of a pattern search, planes of a plane search.
   */
  uint64_t iterations;
  /*
   Runs of a pattern search, sweeps of a plane search.
   */
  uint64_t runs;
  /*
   Accepted moves.
   */
  uint64_t moves;
  /*
   Why the search ended.
   */
  reparam_givens_stop stop;
} reparam_givens_report_f64;

/*
 Settings of a pattern search.
 */
typedef struct {
  /*
   Angle at the beginning of each run, in radians.
   */
  float first_step;
  /*
   Divisor of the angle, above 1.
   */
  float shrink;
  /*
   The angle shrinks after an iteration that changes the value by less.
   */
  float iteration_tolerance;
  /*
   The search ends after a run that changes the value of the run before by less.
   */
  float run_tolerance;
  /*
   A run ends when the angle would have to shrink and is no longer above this.
   */
  float step_floor;
  /*
   Iterations of a run at most.
   */
  uint32_t iterations;
  /*
   Runs at most.
   */
  uint32_t runs;
  /*
   Evaluations at most: never exceeded.
   */
  uint64_t evaluations;
} reparam_givens_pattern_config_f32;

/*
 A black-box search over frames, in memory of the caller. Initialise it with one of the two functions below.
 May be copied to save it and to go on later.
 */
typedef struct {
  /*
   Not for use.
   */
  uint64_t opaque[REPARAM_GIVENS_SEARCH_WORDS];
} reparam_givens_search_f32;

/*
 A rotation of rows `i` < `j` of the frame. `i` = `j` = 0: none.
 */
typedef struct {
  /*
   Lower row.
   */
  size_t i;
  /*
   Higher row.
   */
  size_t j;
  /*
   Cosine of the angle.
   */
  float c;
  /*
   Sine of the angle.
   */
  float s;
} reparam_givens_move_f32;

/*
 Settings of a pattern search.
 */
typedef struct {
  /*
   Angle at the beginning of each run, in radians.
   */
  double first_step;
  /*
   Divisor of the angle, above 1.
   */
  double shrink;
  /*
   The angle shrinks after an iteration that changes the value by less.
   */
  double iteration_tolerance;
  /*
   The search ends after a run that changes the value of the run before by less.
   */
  double run_tolerance;
  /*
   A run ends when the angle would have to shrink and is no longer above this.
   */
  double step_floor;
  /*
   Iterations of a run at most.
   */
  uint32_t iterations;
  /*
   Runs at most.
   */
  uint32_t runs;
  /*
   Evaluations at most: never exceeded.
   */
  uint64_t evaluations;
} reparam_givens_pattern_config_f64;

/*
 A black-box search over frames, in memory of the caller. Initialise it with one of the two functions below.
 May be copied to save it and to go on later.
 */
typedef struct {
  /*
   Not for use.
   */
  uint64_t opaque[REPARAM_GIVENS_SEARCH_WORDS];
} reparam_givens_search_f64;

/*
 A rotation of rows `i` < `j` of the frame. `i` = `j` = 0: none.
 */
typedef struct {
  /*
   Lower row.
   */
  size_t i;
  /*
   Higher row.
   */
  size_t j;
  /*
   Cosine of the angle.
   */
  double c;
  /*
   Sine of the angle.
   */
  double s;
} reparam_givens_move_f64;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 y = A x, A `rows` x `cols`.
 */
reparam_status reparam_dense_matvec_f32(size_t rows, size_t cols, const float *a, const float *x, float *y);

/*
 C = A B, A `rows` x `inner`, B `inner` x `cols`.
 */
reparam_status reparam_dense_matmul_f32(size_t rows,
                                        size_t inner,
                                        size_t cols,
                                        const float *a,
                                        const float *b,
                                        float *c);

/*
 P A = L U of the `n` x `n` matrix `a`, in place; `pivots` has `n` elements. Fails for a singular matrix.
 */
reparam_status reparam_dense_lu_factor_f32(size_t n, float *a, size_t *pivots);

/*
 Solves A x = b from the factors; `b` becomes x.
 */
reparam_status reparam_dense_lu_solve_f32(size_t n, const float *factors, const size_t *pivots, float *b);

/*
 The inverse of A, `n` x `n`, from the factors.
 */
reparam_status reparam_dense_lu_inverse_f32(size_t n,
                                            const float *factors,
                                            const size_t *pivots,
                                            float *inverse);

/*
 A = U'U of the symmetric `n` x `n` matrix `a`, in place; only its upper triangle is used. Fails for a
 matrix that is not positive definite.
 */
reparam_status reparam_dense_cholesky_factor_f32(size_t n, float *a);

/*
 Solves A x = b from the factor; `b` becomes x.
 */
reparam_status reparam_dense_cholesky_solve_f32(size_t n, const float *factor, float *b);

/*
 A = Q R by Householder reflections, in place, A `rows` x `cols`; `tau` has min(`rows`, `cols`) elements.
 */
reparam_status reparam_dense_qr_factor_f32(size_t rows, size_t cols, float *a, float *tau);

/*
 Least squares min |A x - b| from the factors, `rows` >= `cols`. `b` has `rows` elements; its first `cols`
 become x, the norm of the others is that of the residual. Fails for dependent columns.
 */
reparam_status reparam_dense_qr_solve_f32(size_t rows,
                                          size_t cols,
                                          const float *factors,
                                          const float *tau,
                                          float *b);

/*
 A = U S V', A `rows` x `cols`. With k = min(`rows`, `cols`): U is `rows` x k, `s` has k elements in
 descending order, V is `cols` x k; `scratch` has k * (`rows` + `cols`) elements.
 */
reparam_status reparam_dense_svd_f32(size_t rows,
                                     size_t cols,
                                     const float *a,
                                     float *u,
                                     float *s,
                                     float *v,
                                     float *scratch);

/*
 y = A x, A `rows` x `cols`.
 */
reparam_status reparam_dense_matvec_f64(size_t rows,
                                        size_t cols,
                                        const double *a,
                                        const double *x,
                                        double *y);

/*
 C = A B, A `rows` x `inner`, B `inner` x `cols`.
 */
reparam_status reparam_dense_matmul_f64(size_t rows,
                                        size_t inner,
                                        size_t cols,
                                        const double *a,
                                        const double *b,
                                        double *c);

/*
 P A = L U of the `n` x `n` matrix `a`, in place; `pivots` has `n` elements. Fails for a singular matrix.
 */
reparam_status reparam_dense_lu_factor_f64(size_t n, double *a, size_t *pivots);

/*
 Solves A x = b from the factors; `b` becomes x.
 */
reparam_status reparam_dense_lu_solve_f64(size_t n, const double *factors, const size_t *pivots, double *b);

/*
 The inverse of A, `n` x `n`, from the factors.
 */
reparam_status reparam_dense_lu_inverse_f64(size_t n,
                                            const double *factors,
                                            const size_t *pivots,
                                            double *inverse);

/*
 A = U'U of the symmetric `n` x `n` matrix `a`, in place; only its upper triangle is used. Fails for a
 matrix that is not positive definite.
 */
reparam_status reparam_dense_cholesky_factor_f64(size_t n, double *a);

/*
 Solves A x = b from the factor; `b` becomes x.
 */
reparam_status reparam_dense_cholesky_solve_f64(size_t n, const double *factor, double *b);

/*
 A = Q R by Householder reflections, in place, A `rows` x `cols`; `tau` has min(`rows`, `cols`) elements.
 */
reparam_status reparam_dense_qr_factor_f64(size_t rows, size_t cols, double *a, double *tau);

/*
 Least squares min |A x - b| from the factors, `rows` >= `cols`. `b` has `rows` elements; its first `cols`
 become x, the norm of the others is that of the residual. Fails for dependent columns.
 */
reparam_status reparam_dense_qr_solve_f64(size_t rows,
                                          size_t cols,
                                          const double *factors,
                                          const double *tau,
                                          double *b);

/*
 A = U S V', A `rows` x `cols`. With k = min(`rows`, `cols`): U is `rows` x k, `s` has k elements in
 descending order, V is `cols` x k; `scratch` has k * (`rows` + `cols`) elements.
 */
reparam_status reparam_dense_svd_f64(size_t rows,
                                     size_t cols,
                                     const double *a,
                                     double *u,
                                     double *s,
                                     double *v,
                                     double *scratch);

/*
 Starts a filter whose fields but `position` are set: every tap at (u0, v0), silence before. `u` and `v` have
 `taps` elements, `delay` has `2 * taps`.
 */
reparam_status reparam_diagonal_filter_init_f32(reparam_diagonal_filter_f32 *filter,
                                                float u0,
                                                float v0,
                                                float *u,
                                                float *v,
                                                float *delay);

/*
 Takes the next input and the output that belongs to it, predicts the output, and takes a step. `error` becomes
 the output minus its prediction; null if it is not wanted. After REPARAM_STATUS_NOT_FINITE the taps are as
 before, and an input that is not finite counts as 0.
 */
reparam_status reparam_diagonal_filter_step_f32(reparam_diagonal_filter_f32 *filter,
                                                float *u,
                                                float *v,
                                                float *delay,
                                                float input,
                                                float output,
                                                float *error);

/*
 Takes the next input and predicts the output without a step.
 */
reparam_status reparam_diagonal_filter_predict_f32(reparam_diagonal_filter_f32 *filter,
                                                   const float *u,
                                                   const float *v,
                                                   float *delay,
                                                   float input,
                                                   float *output);

/*
 The `dim` weights of `u` and `v`; of a filter its impulse response, the weight of the latest input first. NULL
 for `v` is not allowed even where it is unused.
 */
reparam_status reparam_diagonal_weights_f32(reparam_diagonal_rule_f32 rule,
                                            size_t dim,
                                            const float *u,
                                            const float *v,
                                            float *weights);

/*
 A step of stochastic gradients of size `size` on the sample `a` of `dim` inputs, which the weights should answer
 by `target`. `error` becomes the target minus the answer before the step. After REPARAM_STATUS_NOT_FINITE
 `u` and `v` are as before.
 */
reparam_status reparam_diagonal_step_f32(reparam_diagonal_rule_f32 rule,
                                         float size,
                                         size_t dim,
                                         float *u,
                                         float *v,
                                         const float *a,
                                         float target,
                                         float *error);

/*
 The same with the step that leaves 1 - `rate` of the error on this sample, to first order.
 */
reparam_status reparam_diagonal_step_normalized_f32(reparam_diagonal_rule_f32 rule,
                                                    float rate,
                                                    float regularization,
                                                    size_t dim,
                                                    float *u,
                                                    float *v,
                                                    const float *a,
                                                    float target,
                                                    float *error);

/*
 u and v >= 0 of the weight u^2 - v^2 = `weight` with the effective initialisation sqrt(u v) = `scale` > 0.
 */
reparam_status reparam_diagonal_from_weight_f32(float weight, float scale, float *u, float *v);

/*
 The numbers of the same weight u^2 - v^2, and the same effective initialisation, for REPARAM_DIAGONAL_PRODUCT.
 */
reparam_status reparam_diagonal_to_product_f32(float u,
                                               float v,
                                               float *p,
                                               float *q);

/*
 The numbers of the same weight p q for REPARAM_DIAGONAL_DIFFERENCE.
 */
reparam_status reparam_diagonal_to_difference_f32(float p, float q, float *u, float *v);

/*
 The largest stable step size near interpolation: 2 over the mean of variance times gain. `variances` are those
 of the `dim` inputs, times `dim` for samples that are not scaled by its root.
 */
reparam_status reparam_diagonal_stability_limit_f32(reparam_diagonal_rule_f32 rule,
                                                    size_t dim,
                                                    const float *variances,
                                                    const float *u,
                                                    const float *v,
                                                    float *limit);

/*
 Starts a filter whose fields but `position` are set: every tap at (u0, v0), silence before. `u` and `v` have
 `taps` elements, `delay` has `2 * taps`.
 */
reparam_status reparam_diagonal_filter_init_f64(reparam_diagonal_filter_f64 *filter,
                                                double u0,
                                                double v0,
                                                double *u,
                                                double *v,
                                                double *delay);

/*
 Takes the next input and the output that belongs to it, predicts the output, and takes a step. `error` becomes
 the output minus its prediction; null if it is not wanted. After REPARAM_STATUS_NOT_FINITE the taps are as
 before, and an input that is not finite counts as 0.
 */
reparam_status reparam_diagonal_filter_step_f64(reparam_diagonal_filter_f64 *filter,
                                                double *u,
                                                double *v,
                                                double *delay,
                                                double input,
                                                double output,
                                                double *error);

/*
 Takes the next input and predicts the output without a step.
 */
reparam_status reparam_diagonal_filter_predict_f64(reparam_diagonal_filter_f64 *filter,
                                                   const double *u,
                                                   const double *v,
                                                   double *delay,
                                                   double input,
                                                   double *output);

/*
 The `dim` weights of `u` and `v`; of a filter its impulse response, the weight of the latest input first. NULL
 for `v` is not allowed even where it is unused.
 */
reparam_status reparam_diagonal_weights_f64(reparam_diagonal_rule_f64 rule,
                                            size_t dim,
                                            const double *u,
                                            const double *v,
                                            double *weights);

/*
 A step of stochastic gradients of size `size` on the sample `a` of `dim` inputs, which the weights should answer
 by `target`. `error` becomes the target minus the answer before the step. After REPARAM_STATUS_NOT_FINITE
 `u` and `v` are as before.
 */
reparam_status reparam_diagonal_step_f64(reparam_diagonal_rule_f64 rule,
                                         double size,
                                         size_t dim,
                                         double *u,
                                         double *v,
                                         const double *a,
                                         double target,
                                         double *error);

/*
 The same with the step that leaves 1 - `rate` of the error on this sample, to first order.
 */
reparam_status reparam_diagonal_step_normalized_f64(reparam_diagonal_rule_f64 rule,
                                                    double rate,
                                                    double regularization,
                                                    size_t dim,
                                                    double *u,
                                                    double *v,
                                                    const double *a,
                                                    double target,
                                                    double *error);

/*
 u and v >= 0 of the weight u^2 - v^2 = `weight` with the effective initialisation sqrt(u v) = `scale` > 0.
 */
reparam_status reparam_diagonal_from_weight_f64(double weight, double scale, double *u, double *v);

/*
 The numbers of the same weight u^2 - v^2, and the same effective initialisation, for REPARAM_DIAGONAL_PRODUCT.
 */
reparam_status reparam_diagonal_to_product_f64(double u,
                                               double v,
                                               double *p,
                                               double *q);

/*
 The numbers of the same weight p q for REPARAM_DIAGONAL_DIFFERENCE.
 */
reparam_status reparam_diagonal_to_difference_f64(double p, double q, double *u, double *v);

/*
 The largest stable step size near interpolation: 2 over the mean of variance times gain. `variances` are those
 of the `dim` inputs, times `dim` for samples that are not scaled by its root.
 */
reparam_status reparam_diagonal_stability_limit_f64(reparam_diagonal_rule_f64 rule,
                                                    size_t dim,
                                                    const double *variances,
                                                    const double *u,
                                                    const double *v,
                                                    double *limit);

/*
 Number of angles of a frame: `rows * cols - cols * (cols + 1) / 2`. 0 for sizes that no frame has (`rows` >=
 `cols` >= 1 is needed).
 */
size_t reparam_givens_angle_count(size_t rows, size_t cols);

/*
 The frame of a chart, `rows` x `cols`, from its angles, `reparam_givens_angle_count` of them, in
 the order (0,1) (0,2) ... (0,rows-1) (1,2) ... . `reflected`, if not 0, asks for determinant -1, for square
 frames only.
 */
reparam_status reparam_givens_frame_from_angles_f32(size_t rows,
                                                    size_t cols,
                                                    const float *angles,
                                                    int32_t reflected,
                                                    float *frame);

/*
 The angles of a frame, and whether it is reflected. `frame` is used up.
 */
reparam_status reparam_givens_angles_from_frame_f32(size_t rows,
                                                    size_t cols,
                                                    float *frame,
                                                    float *angles,
                                                    int32_t *reflected);

/*
 The rotations of a frame, one for each angle, and whether it is reflected. `frame` is used up.
 */
reparam_status reparam_givens_rotations_from_frame_f32(size_t rows,
                                                       size_t cols,
                                                       float *frame,
                                                       reparam_givens_rotation_f32 *rotations,
                                                       int32_t *reflected);

/*
 x = Q x from the angles, without forming the frame Q. `x` has `rows` elements: the first `cols` are the
 input, all are the output.
 */
reparam_status reparam_givens_apply_f32(size_t rows,
                                        size_t cols,
                                        const float *angles,
                                        int32_t reflected,
                                        float *x);

/*
 x = Q' x from the angles, without forming the frame Q. `x` has `rows` elements: all are the input, the
 first `cols` are the output.
 */
reparam_status reparam_givens_apply_transpose_f32(size_t rows,
                                                  size_t cols,
                                                  const float *angles,
                                                  int32_t reflected,
                                                  float *x);

/*
 x = Q x from stored rotations: no trigonometry.
 */
reparam_status reparam_givens_apply_rotations_f32(size_t rows,
                                                  size_t cols,
                                                  const reparam_givens_rotation_f32 *rotations,
                                                  int32_t reflected,
                                                  float *x);

/*
 x = Q' x from stored rotations: no trigonometry.
 */
reparam_status reparam_givens_apply_rotations_transpose_f32(size_t rows,
                                                            size_t cols,
                                                            const reparam_givens_rotation_f32 *rotations,
                                                            int32_t reflected,
                                                            float *x);

/*
 Rotates rows `i` < `j` of a matrix with `rows` rows and `cols` columns:
 row i = c row i - s row j, row j = s row i + c row j.
 */
reparam_status reparam_givens_rotate_rows_f32(size_t rows,
                                              size_t cols,
                                              size_t i,
                                              size_t j,
                                              reparam_givens_rotation_f32 rotation,
                                              float *matrix);

/*
 Largest element of |Q'Q - I|; infinity if an element is not finite.
 */
reparam_status reparam_givens_orthogonality_error_f32(size_t rows,
                                                      size_t cols,
                                                      const float *frame,
                                                      float *error);

/*
 One Newton-Schulz step: squares the orthogonality error of a frame that has drifted. `scratch` has
 `cols` * (`cols` + 1) elements.
 */
reparam_status reparam_givens_clean_up_f32(size_t rows, size_t cols, float *frame, float *scratch);

/*
 Replaces a matrix by the Gram-Schmidt frame of its columns.
 */
reparam_status reparam_givens_orthonormalize_f32(size_t rows, size_t cols, float *matrix);

/*
 A frame drawn from the uniform distribution.
 */
reparam_status reparam_givens_random_frame_f32(size_t rows,
                                               size_t cols,
                                               reparam_random *random,
                                               float *frame);

/*
 The frame of a chart, `rows` x `cols`, from its angles, `reparam_givens_angle_count` of them, in
 the order (0,1) (0,2) ... (0,rows-1) (1,2) ... . `reflected`, if not 0, asks for determinant -1, for square
 frames only.
 */
reparam_status reparam_givens_frame_from_angles_f64(size_t rows,
                                                    size_t cols,
                                                    const double *angles,
                                                    int32_t reflected,
                                                    double *frame);

/*
 The angles of a frame, and whether it is reflected. `frame` is used up.
 */
reparam_status reparam_givens_angles_from_frame_f64(size_t rows,
                                                    size_t cols,
                                                    double *frame,
                                                    double *angles,
                                                    int32_t *reflected);

/*
 The rotations of a frame, one for each angle, and whether it is reflected. `frame` is used up.
 */
reparam_status reparam_givens_rotations_from_frame_f64(size_t rows,
                                                       size_t cols,
                                                       double *frame,
                                                       reparam_givens_rotation_f64 *rotations,
                                                       int32_t *reflected);

/*
 x = Q x from the angles, without forming the frame Q. `x` has `rows` elements: the first `cols` are the
 input, all are the output.
 */
reparam_status reparam_givens_apply_f64(size_t rows,
                                        size_t cols,
                                        const double *angles,
                                        int32_t reflected,
                                        double *x);

/*
 x = Q' x from the angles, without forming the frame Q. `x` has `rows` elements: all are the input, the
 first `cols` are the output.
 */
reparam_status reparam_givens_apply_transpose_f64(size_t rows,
                                                  size_t cols,
                                                  const double *angles,
                                                  int32_t reflected,
                                                  double *x);

/*
 x = Q x from stored rotations: no trigonometry.
 */
reparam_status reparam_givens_apply_rotations_f64(size_t rows,
                                                  size_t cols,
                                                  const reparam_givens_rotation_f64 *rotations,
                                                  int32_t reflected,
                                                  double *x);

/*
 x = Q' x from stored rotations: no trigonometry.
 */
reparam_status reparam_givens_apply_rotations_transpose_f64(size_t rows,
                                                            size_t cols,
                                                            const reparam_givens_rotation_f64 *rotations,
                                                            int32_t reflected,
                                                            double *x);

/*
 Rotates rows `i` < `j` of a matrix with `rows` rows and `cols` columns:
 row i = c row i - s row j, row j = s row i + c row j.
 */
reparam_status reparam_givens_rotate_rows_f64(size_t rows,
                                              size_t cols,
                                              size_t i,
                                              size_t j,
                                              reparam_givens_rotation_f64 rotation,
                                              double *matrix);

/*
 Largest element of |Q'Q - I|; infinity if an element is not finite.
 */
reparam_status reparam_givens_orthogonality_error_f64(size_t rows,
                                                      size_t cols,
                                                      const double *frame,
                                                      double *error);

/*
 One Newton-Schulz step: squares the orthogonality error of a frame that has drifted. `scratch` has
 `cols` * (`cols` + 1) elements.
 */
reparam_status reparam_givens_clean_up_f64(size_t rows, size_t cols, double *frame, double *scratch);

/*
 Replaces a matrix by the Gram-Schmidt frame of its columns.
 */
reparam_status reparam_givens_orthonormalize_f64(size_t rows, size_t cols, double *matrix);

/*
 A frame drawn from the uniform distribution.
 */
reparam_status reparam_givens_random_frame_f64(size_t rows,
                                               size_t cols,
                                               reparam_random *random,
                                               double *frame);

/*
 Numbers in all blocks of a group-and-shuffle matrix: `factors * blocks * block * block`. 0 for sizes that no
 matrix has.
 */
size_t reparam_group_shuffle_block_len(size_t block, size_t blocks, size_t factors);

/*
 Number of its parameters: `factors * blocks * block * (block - 1) / 2`. 0 for sizes that no matrix has.
 */
size_t reparam_group_shuffle_parameter_len(size_t block, size_t blocks, size_t factors);

/*
 x = Q x in place, Q = P' L P R for two factors (R is the first), in general (P')^(factors-1) B_factors P
 ... P B_1. P deals the `block * blocks` numbers of x like cards to `blocks` heaps. `q` has
 `reparam_group_shuffle_block_len` elements: the blocks, in a block row by row, the factor that acts first in
 front. `scratch` has `block` elements.
 */
reparam_status reparam_group_shuffle_apply_f32(size_t block,
                                               size_t blocks,
                                               size_t factors,
                                               const float *q,
                                               float *x,
                                               float *scratch);

/*
 x = Q' x in place: the inverse if the blocks are orthogonal. Arguments as for the product with Q.
 */
reparam_status reparam_group_shuffle_apply_transpose_f32(size_t block,
                                                         size_t blocks,
                                                         size_t factors,
                                                         const float *q,
                                                         float *x,
                                                         float *scratch);

/*
 Orthogonal blocks from their parameters: each (I + K) (I - K)^-1 with the skew matrix K whose strict upper
 triangle, row by row, is the block's part of `parameters`, `reparam_group_shuffle_parameter_len` elements.
 `pivots` has `block` elements.
 */
reparam_status reparam_group_shuffle_cayley_blocks_f32(size_t block,
                                                       size_t blocks,
                                                       size_t factors,
                                                       const float *parameters,
                                                       float *q,
                                                       size_t *pivots);

/*
 The parameters of orthogonal blocks. Fails with REPARAM_STATUS_SINGULAR for a block with an eigenvalue at or
 near -1, which has none, and with REPARAM_STATUS_FORM for one that is not orthogonal. `scratch` has `block *
 block` elements, `pivots` has `block`.
 */
reparam_status reparam_group_shuffle_cayley_parameters_f32(size_t block,
                                                           size_t blocks,
                                                           size_t factors,
                                                           const float *q,
                                                           float *parameters,
                                                           float *scratch,
                                                           size_t *pivots);

/*
 One step of all blocks by one sample, after y = Q x was made and `g`, the gradient of the loss with respect
 to y. The step is eta / (offset + |x|^2) long. `y` becomes x and `g` becomes Q' g, the gradient with respect
 to x. `scratch` has `4 * block` elements. After REPARAM_STATUS_NOT_FINITE nothing has changed.
 */
reparam_status reparam_group_shuffle_online_step_f32(size_t block,
                                                     size_t blocks,
                                                     size_t factors,
                                                     float *q,
                                                     float *y,
                                                     float *g,
                                                     float eta,
                                                     float offset,
                                                     float *scratch);

/*
 Takes back what rounding did to the orthogonality of the blocks over many steps: one Newton-Schulz step.
 `scratch` has `block * (block + 1)` elements.
 */
reparam_status reparam_group_shuffle_refine_f32(size_t block,
                                                size_t blocks,
                                                size_t factors,
                                                float *q,
                                                float *scratch);

/*
 The largest element of |Q'Q - I| over all blocks.
 */
reparam_status reparam_group_shuffle_orthogonality_error_f32(size_t block,
                                                             size_t blocks,
                                                             size_t factors,
                                                             const float *q,
                                                             float *error);

/*
 x = Q x in place, Q = P' L P R for two factors (R is the first), in general (P')^(factors-1) B_factors P
 ... P B_1. P deals the `block * blocks` numbers of x like cards to `blocks` heaps. `q` has
 `reparam_group_shuffle_block_len` elements: the blocks, in a block row by row, the factor that acts first in
 front. `scratch` has `block` elements.
 */
reparam_status reparam_group_shuffle_apply_f64(size_t block,
                                               size_t blocks,
                                               size_t factors,
                                               const double *q,
                                               double *x,
                                               double *scratch);

/*
 x = Q' x in place: the inverse if the blocks are orthogonal. Arguments as for the product with Q.
 */
reparam_status reparam_group_shuffle_apply_transpose_f64(size_t block,
                                                         size_t blocks,
                                                         size_t factors,
                                                         const double *q,
                                                         double *x,
                                                         double *scratch);

/*
 Orthogonal blocks from their parameters: each (I + K) (I - K)^-1 with the skew matrix K whose strict upper
 triangle, row by row, is the block's part of `parameters`, `reparam_group_shuffle_parameter_len` elements.
 `pivots` has `block` elements.
 */
reparam_status reparam_group_shuffle_cayley_blocks_f64(size_t block,
                                                       size_t blocks,
                                                       size_t factors,
                                                       const double *parameters,
                                                       double *q,
                                                       size_t *pivots);

/*
 The parameters of orthogonal blocks. Fails with REPARAM_STATUS_SINGULAR for a block with an eigenvalue at or
 near -1, which has none, and with REPARAM_STATUS_FORM for one that is not orthogonal. `scratch` has `block *
 block` elements, `pivots` has `block`.
 */
reparam_status reparam_group_shuffle_cayley_parameters_f64(size_t block,
                                                           size_t blocks,
                                                           size_t factors,
                                                           const double *q,
                                                           double *parameters,
                                                           double *scratch,
                                                           size_t *pivots);

/*
 One step of all blocks by one sample, after y = Q x was made and `g`, the gradient of the loss with respect
 to y. The step is eta / (offset + |x|^2) long. `y` becomes x and `g` becomes Q' g, the gradient with respect
 to x. `scratch` has `4 * block` elements. After REPARAM_STATUS_NOT_FINITE nothing has changed.
 */
reparam_status reparam_group_shuffle_online_step_f64(size_t block,
                                                     size_t blocks,
                                                     size_t factors,
                                                     double *q,
                                                     double *y,
                                                     double *g,
                                                     double eta,
                                                     double offset,
                                                     double *scratch);

/*
 Takes back what rounding did to the orthogonality of the blocks over many steps: one Newton-Schulz step.
 `scratch` has `block * (block + 1)` elements.
 */
reparam_status reparam_group_shuffle_refine_f64(size_t block,
                                                size_t blocks,
                                                size_t factors,
                                                double *q,
                                                double *scratch);

/*
 The largest element of |Q'Q - I| over all blocks.
 */
reparam_status reparam_group_shuffle_orthogonality_error_f64(size_t block,
                                                             size_t blocks,
                                                             size_t factors,
                                                             const double *q,
                                                             double *error);

/*
 Checks tables and makes a model of them. Row `state * actions + action` has the outcomes `row_ptr[row]` to
 `row_ptr[row + 1] - 1`; an action without any is not available. Outcome k leads to state `col[k]` with probability
 `(prob[k] + 1) / 65536` and pays `reward[k]`. `row_ptr` has `states * actions + 1` elements, the others have `edges`.
 Fails with REPARAM_STATUS_FORM for tables that are no process: probabilities that do not add up to 1, states that do
 not exist or have no action, pointers that do not ascend from 0 to `edges`.
 */
reparam_status reparam_horizon_model_init(reparam_horizon_model *model,
                                          size_t states,
                                          size_t actions,
                                          size_t edges,
                                          const uint16_t *row_ptr,
                                          const uint8_t *col,
                                          const uint16_t *prob,
                                          const int8_t *reward);

/*
 Decides one stage. `value` holds what each state is worth at the next stage (after the last one 0, or what the
 caller says) and gets what it is worth at this one; `actions` gets the best actions, of equally good ones the
 lowest. `risk` is b of -1/b log E exp(-b Z), 0 for the mean; it may be another for another solution. Rewards
 count discount^stage, stages from 0. All have `states` elements, `scratch` too. Fails with
 REPARAM_STATUS_NOT_FINITE if values leave the range.
 */
reparam_status reparam_horizon_step_f32(reparam_horizon_model *model,
                                        size_t stage,
                                        float risk,
                                        float discount,
                                        float *value,
                                        uint8_t *actions,
                                        float *scratch);

/*
 Decides `horizon` stages. `value` gets what each state is worth at the first one, `policy` the best action at
 `policy[stage * states + state]`: `horizon * states` elements. `scratch` has `2 * states`. The rest is as for
 one stage.
 */
reparam_status reparam_horizon_solve_f32(reparam_horizon_model *model,
                                         size_t horizon,
                                         float risk,
                                         float discount,
                                         float *value,
                                         uint8_t *policy,
                                         float *scratch);

/*
 Mean, variance and third central moment of the return of a policy from each state: `moments` has `3 * states`
 elements, `policy` has `horizon * states`, `scratch` has `6 * states`. Fails with REPARAM_STATUS_FORM if the
 policy takes an action that is not available.
 */
reparam_status reparam_horizon_moments_f32(reparam_horizon_model *model,
                                           size_t horizon,
                                           const uint8_t *policy,
                                           float *moments,
                                           float *scratch);

/*
 The law of the return of a policy from one state as `atoms` values of equal probability, ascending, into
 `law`: each is the mean of its share. No law is further than `bound` from the true one in W1. `policy` has
 `horizon * states` elements, `scratch` has `2 * states * atoms`. Fails with REPARAM_STATUS_SIZE for actions of
 more than REPARAM_HORIZON_LAW_EDGES outcomes.
 */
reparam_status reparam_horizon_law_f32(reparam_horizon_model *model,
                                       size_t horizon,
                                       const uint8_t *policy,
                                       size_t state,
                                       size_t atoms,
                                       float *law,
                                       float *bound,
                                       float *scratch);

/*
 A functional of a law of `atoms` values of equal probability, ascending: one of REPARAM_HORIZON_... with its
 `setting`. Planning is for the first two alone; for the others it would be wrong stage by stage.
 */
reparam_status reparam_horizon_functional_f32(uint32_t functional,
                                              float setting,
                                              size_t atoms,
                                              const float *law,
                                              float *result);

/*
 Decides one stage. `value` holds what each state is worth at the next stage (after the last one 0, or what the
 caller says) and gets what it is worth at this one; `actions` gets the best actions, of equally good ones the
 lowest. `risk` is b of -1/b log E exp(-b Z), 0 for the mean; it may be another for another solution. Rewards
 count discount^stage, stages from 0. All have `states` elements, `scratch` too. Fails with
 REPARAM_STATUS_NOT_FINITE if values leave the range.
 */
reparam_status reparam_horizon_step_f64(reparam_horizon_model *model,
                                        size_t stage,
                                        double risk,
                                        double discount,
                                        double *value,
                                        uint8_t *actions,
                                        double *scratch);

/*
 Decides `horizon` stages. `value` gets what each state is worth at the first one, `policy` the best action at
 `policy[stage * states + state]`: `horizon * states` elements. `scratch` has `2 * states`. The rest is as for
 one stage.
 */
reparam_status reparam_horizon_solve_f64(reparam_horizon_model *model,
                                         size_t horizon,
                                         double risk,
                                         double discount,
                                         double *value,
                                         uint8_t *policy,
                                         double *scratch);

/*
 Mean, variance and third central moment of the return of a policy from each state: `moments` has `3 * states`
 elements, `policy` has `horizon * states`, `scratch` has `6 * states`. Fails with REPARAM_STATUS_FORM if the
 policy takes an action that is not available.
 */
reparam_status reparam_horizon_moments_f64(reparam_horizon_model *model,
                                           size_t horizon,
                                           const uint8_t *policy,
                                           double *moments,
                                           double *scratch);

/*
 The law of the return of a policy from one state as `atoms` values of equal probability, ascending, into
 `law`: each is the mean of its share. No law is further than `bound` from the true one in W1. `policy` has
 `horizon * states` elements, `scratch` has `2 * states * atoms`. Fails with REPARAM_STATUS_SIZE for actions of
 more than REPARAM_HORIZON_LAW_EDGES outcomes.
 */
reparam_status reparam_horizon_law_f64(reparam_horizon_model *model,
                                       size_t horizon,
                                       const uint8_t *policy,
                                       size_t state,
                                       size_t atoms,
                                       double *law,
                                       double *bound,
                                       double *scratch);

/*
 A functional of a law of `atoms` values of equal probability, ascending: one of REPARAM_HORIZON_... with its
 `setting`. Planning is for the first two alone; for the others it would be wrong stage by stage.
 */
reparam_status reparam_horizon_functional_f64(uint32_t functional,
                                              double setting,
                                              size_t atoms,
                                              const double *law,
                                              double *result);

/*
 Numbers of the scratch of the functions of implicit values, for n states. 0 for sizes that are too large.
 */
size_t reparam_implicit_scratch_len(size_t n);

/*
 Values w = (I - eta P)^-1 R of n states, P being the softmax of each row of `logits`, n by n, and R the
 `rewards`. 0 <= eta < 1. `values` has n elements, `scratch` has `reparam_implicit_scratch_len(n)`, `pivots` has
 2 n.
 */
reparam_status reparam_implicit_values_f32(size_t n,
                                           float eta,
                                           const float *logits,
                                           const float *rewards,
                                           float *values,
                                           float *scratch,
                                           size_t *pivots);

/*
 A step of logits and rewards down the gradient of half the mean squared error of a batch: sample k says that
 state `states[k]` is worth `targets[k]`. `loss` gets the loss before. The largest stable `rate` shrinks with
 (1 - eta)^2. `scratch` and `pivots` are as for the values. After an error the parameters are as before:
 REPARAM_STATUS_NOT_FINITE also for a step that diverges.
 */
reparam_status reparam_implicit_step_f32(size_t n,
                                         float eta,
                                         float *logits,
                                         float *rewards,
                                         size_t samples,
                                         const size_t *states,
                                         const float *targets,
                                         float rate,
                                         float *loss,
                                         float *scratch,
                                         size_t *pivots);

/*
 Values w = (I - eta P)^-1 R of n states, P being the softmax of each row of `logits`, n by n, and R the
 `rewards`. 0 <= eta < 1. `values` has n elements, `scratch` has `reparam_implicit_scratch_len(n)`, `pivots` has
 2 n.
 */
reparam_status reparam_implicit_values_f64(size_t n,
                                           double eta,
                                           const double *logits,
                                           const double *rewards,
                                           double *values,
                                           double *scratch,
                                           size_t *pivots);

/*
 A step of logits and rewards down the gradient of half the mean squared error of a batch: sample k says that
 state `states[k]` is worth `targets[k]`. `loss` gets the loss before. The largest stable `rate` shrinks with
 (1 - eta)^2. `scratch` and `pivots` are as for the values. After an error the parameters are as before:
 REPARAM_STATUS_NOT_FINITE also for a step that diverges.
 */
reparam_status reparam_implicit_step_f64(size_t n,
                                         double eta,
                                         double *logits,
                                         double *rewards,
                                         size_t samples,
                                         const size_t *states,
                                         const double *targets,
                                         double rate,
                                         double *loss,
                                         double *scratch,
                                         size_t *pivots);

/*
 Minimises (or maximises, if `largest` is not 0) tr(Q'AQ) over the frames Q, `rows` x `cols`, from the frame in
 `frame` on, which becomes the optimum: it spans the eigenvectors of the smallest (largest) eigenvalues of the
 symmetric `rows` x `rows` matrix `a`. With a covariance matrix: principal components. `scratch` has `rows` *
 `cols` elements; `report` may be null. The reported value is the one minimised: minus the trace for the largest.
 */
reparam_status reparam_givens_trace_f32(size_t rows,
                                        size_t cols,
                                        const float *a,
                                        int32_t largest,
                                        float *frame,
                                        float *scratch,
                                        reparam_givens_report_f32 *report);

/*
 Wahba's problem: minimises the sum over `count` samples of w |b - Q a|^2 over the frames Q, `rows` x `cols`, from
 the frame in `frame` on, which becomes the optimum. `measured` holds the vectors b, `count` x `rows`, `reference`
 the vectors a, `count` x `cols`. `weights` has `count` elements, or is null for equal weights. To align two
 sensors, `rows` = `cols` = 3 and the identity to start from. `scratch` has `rows` * `cols` elements; `report` may
 be null.
 */
reparam_status reparam_givens_wahba_f32(size_t rows,
                                        size_t cols,
                                        size_t count,
                                        const float *measured,
                                        const float *reference,
                                        const float *weights,
                                        float *frame,
                                        float *scratch,
                                        reparam_givens_report_f32 *report);

/*
 Minimises (or maximises, if `largest` is not 0) tr(Q'AQ) over the frames Q, `rows` x `cols`, from the frame in
 `frame` on, which becomes the optimum: it spans the eigenvectors of the smallest (largest) eigenvalues of the
 symmetric `rows` x `rows` matrix `a`. With a covariance matrix: principal components. `scratch` has `rows` *
 `cols` elements; `report` may be null. The reported value is the one minimised: minus the trace for the largest.
 */
reparam_status reparam_givens_trace_f64(size_t rows,
                                        size_t cols,
                                        const double *a,
                                        int32_t largest,
                                        double *frame,
                                        double *scratch,
                                        reparam_givens_report_f64 *report);

/*
 Wahba's problem: minimises the sum over `count` samples of w |b - Q a|^2 over the frames Q, `rows` x `cols`, from
 the frame in `frame` on, which becomes the optimum. `measured` holds the vectors b, `count` x `rows`, `reference`
 the vectors a, `count` x `cols`. `weights` has `count` elements, or is null for equal weights. To align two
 sensors, `rows` = `cols` = 3 and the identity to start from. `scratch` has `rows` * `cols` elements; `report` may
 be null.
 */
reparam_status reparam_givens_wahba_f64(size_t rows,
                                        size_t cols,
                                        size_t count,
                                        const double *measured,
                                        const double *reference,
                                        const double *weights,
                                        double *frame,
                                        double *scratch,
                                        reparam_givens_report_f64 *report);

/*
 Starts the sequence of `seed`.
 */
reparam_status reparam_random_seed(reparam_random *random, uint64_t seed);

/*
 The next 64 bits.
 */
reparam_status reparam_random_u64(reparam_random *random, uint64_t *word);

/*
 `len` samples, uniform in [0, 1).
 */
reparam_status reparam_random_uniform_f32(reparam_random *random, float *out, size_t len);

/*
 `len` samples of the standard Gaussian distribution.
 */
reparam_status reparam_random_gaussian_f32(reparam_random *random, float *out, size_t len);

/*
 `len` samples, uniform in [0, 1).
 */
reparam_status reparam_random_uniform_f64(reparam_random *random, double *out, size_t len);

/*
 `len` samples of the standard Gaussian distribution.
 */
reparam_status reparam_random_gaussian_f64(reparam_random *random, double *out, size_t len);

/*
 The default settings of a pattern search.
 */
reparam_status reparam_givens_pattern_default_f32(reparam_givens_pattern_config_f32 *config);

/*
 Begins a pattern search over frames with `rows` >= 2 rows, for any objective.

 An objective, a frame, a loop:

     while (reparam_givens_search_ask(&search, rows, cols, frame, candidate) == REPARAM_STATUS_OK)
         reparam_givens_search_tell(&search, objective(candidate), rows, cols, frame, NULL);

 (each name with the suffix of its scalar) leaves the best frame in `frame`.
 */
reparam_status reparam_givens_search_pattern_f32(reparam_givens_search_f32 *search,
                                                 size_t rows,
                                                 const reparam_givens_pattern_config_f32 *config);

/*
 Begins an exact line search in one plane after another. `degree` is 2 for an objective that is quadratic in
 the frame, 4 for a quartic one, and 0 for any other, whose moves are then verified. It ends after a sweep
 that improves by less than `tolerance`, or when `evaluations` would be exceeded.
 */
reparam_status reparam_givens_search_plane_f32(reparam_givens_search_f32 *search,
                                               size_t rows,
                                               uint32_t degree,
                                               float tolerance,
                                               uint64_t evaluations);

/*
 Writes to `candidate` the frame whose value the search wants to know. Both hold `rows` * `cols` elements, and
 `rows` is the number that the search began with. `REPARAM_STATUS_FINISHED` at the end.
 */
reparam_status reparam_givens_search_ask_f32(reparam_givens_search_f32 *search,
                                             size_t rows,
                                             size_t cols,
                                             const float *frame,
                                             float *candidate);

/*
 The question as a rotation of the frame, for objectives that are evaluated incrementally.
 */
reparam_status reparam_givens_search_question_f32(reparam_givens_search_f32 *search,
                                                  reparam_givens_move_f32 *question);

/*
 Takes the value of the candidate, and rotates `frame` if the search moves. NaN and infinity are never
 accepted. `accepted` may be null; else it receives the move.
 */
reparam_status reparam_givens_search_tell_f32(reparam_givens_search_f32 *search,
                                              float value,
                                              size_t rows,
                                              size_t cols,
                                              float *frame,
                                              reparam_givens_move_f32 *accepted);

/*
 What the search has found and spent so far.
 */
reparam_status reparam_givens_search_report_f32(reparam_givens_search_f32 *search,
                                                reparam_givens_report_f32 *report);

/*
 Begins again, from another frame. Counts and the evaluation budget go on.
 */
reparam_status reparam_givens_search_restart_f32(reparam_givens_search_f32 *search);

/*
 The default settings of a pattern search.
 */
reparam_status reparam_givens_pattern_default_f64(reparam_givens_pattern_config_f64 *config);

/*
 Begins a pattern search over frames with `rows` >= 2 rows, for any objective.

 An objective, a frame, a loop:

     while (reparam_givens_search_ask(&search, rows, cols, frame, candidate) == REPARAM_STATUS_OK)
         reparam_givens_search_tell(&search, objective(candidate), rows, cols, frame, NULL);

 (each name with the suffix of its scalar) leaves the best frame in `frame`.
 */
reparam_status reparam_givens_search_pattern_f64(reparam_givens_search_f64 *search,
                                                 size_t rows,
                                                 const reparam_givens_pattern_config_f64 *config);

/*
 Begins an exact line search in one plane after another. `degree` is 2 for an objective that is quadratic in
 the frame, 4 for a quartic one, and 0 for any other, whose moves are then verified. It ends after a sweep
 that improves by less than `tolerance`, or when `evaluations` would be exceeded.
 */
reparam_status reparam_givens_search_plane_f64(reparam_givens_search_f64 *search,
                                               size_t rows,
                                               uint32_t degree,
                                               double tolerance,
                                               uint64_t evaluations);

/*
 Writes to `candidate` the frame whose value the search wants to know. Both hold `rows` * `cols` elements, and
 `rows` is the number that the search began with. `REPARAM_STATUS_FINISHED` at the end.
 */
reparam_status reparam_givens_search_ask_f64(reparam_givens_search_f64 *search,
                                             size_t rows,
                                             size_t cols,
                                             const double *frame,
                                             double *candidate);

/*
 The question as a rotation of the frame, for objectives that are evaluated incrementally.
 */
reparam_status reparam_givens_search_question_f64(reparam_givens_search_f64 *search,
                                                  reparam_givens_move_f64 *question);

/*
 Takes the value of the candidate, and rotates `frame` if the search moves. NaN and infinity are never
 accepted. `accepted` may be null; else it receives the move.
 */
reparam_status reparam_givens_search_tell_f64(reparam_givens_search_f64 *search,
                                              double value,
                                              size_t rows,
                                              size_t cols,
                                              double *frame,
                                              reparam_givens_move_f64 *accepted);

/*
 What the search has found and spent so far.
 */
reparam_status reparam_givens_search_report_f64(reparam_givens_search_f64 *search,
                                                reparam_givens_report_f64 *report);

/*
 Begins again, from another frame. Counts and the evaluation budget go on.
 */
reparam_status reparam_givens_search_restart_f64(reparam_givens_search_f64 *search);

/*
 Sine and cosine of `x` radians.
 */
reparam_status reparam_trig_sin_cos_f32(float x, float *sine, float *cosine);

/*
 Angle of the point (x, y), in [-pi, pi].
 */
float reparam_trig_atan2_f32(float y, float x);

/*
 Sine and cosine of `x` radians.
 */
reparam_status reparam_trig_sin_cos_f64(double x, double *sine, double *cosine);

/*
 Angle of the point (x, y), in [-pi, pi].
 */
double reparam_trig_atan2_f64(double y, double x);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* REPARAM_H */
