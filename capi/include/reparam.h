/* reparam: structured objects as plain numbers, on a microcontroller.
 *
 * Generated from capi/src by cbindgen. Do not edit: change the sources, then run
 * `UPDATE=1 cargo test -p reparam-capi --test header`.
 *
 * Conventions
 * -----------
 * Matrices are row-major without gaps. Angles are in radians. Sizes are element counts, not bytes.
 * A name ends in _f32 (float) or _f64 (double); both do the same.
 * No function allocates, keeps a pointer beyond its call, locks, or calls back.
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
 What a call came to. Negative values are errors; the outputs are then unspecified but initialised as
 the caller left them or partly written.
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
   A pointer is null or not aligned for its type.
   */
  REPARAM_STATUS_POINTER = -1,
  /*
   A size is zero, too large, or does not fit the others.
   */
  REPARAM_STATUS_SIZE = -2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum reparam_status reparam_status;
#else
typedef int32_t reparam_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A SplitMix64 generator: seed it with any value, `state` may be saved and restored. Not cryptographic.
 */
typedef struct {
  /*
   The whole state.
   */
  uint64_t state;
} reparam_random;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

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
 `len` samples, uniform in [0, 1).
 */
reparam_status reparam_random_uniform_f64(reparam_random *random, double *out, size_t len);

/*
 Sine and cosine of `x` radians.
 */
reparam_status reparam_sin_cos_f32(float x, float *sine, float *cosine);

/*
 Angle of the point (x, y), in [-pi, pi].
 */
float reparam_atan2_f32(float y, float x);

/*
 Sine and cosine of `x` radians.
 */
reparam_status reparam_sin_cos_f64(double x, double *sine, double *cosine);

/*
 Angle of the point (x, y), in [-pi, pi].
 */
double reparam_atan2_f64(double y, double x);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* REPARAM_H */
