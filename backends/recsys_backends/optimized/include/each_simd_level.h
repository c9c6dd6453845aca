/* Include KERNEL_FILE once for each instruction set that this compiler and processor family know.
 * A kernel names its functions LANES(name), marks the outermost ones TARGET, and works in pieces of
 * LANE_WIDTH floats (lanes.h). */

#define LANES(name) name##_portable
#define TARGET
#if HAS_VECTOR_TYPES
#define LANE_WIDTH 4
#else
#define LANE_WIDTH 1
#endif
#include "lanes.h"
#include KERNEL_FILE
#include "lanes_end.h"

#if HAS_X86_DISPATCH

#define LANES(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define LANE_WIDTH 8
#include "lanes.h"
#include KERNEL_FILE
#include "lanes_end.h"

#define LANES(name) name##_avx512
#if defined(__clang__)
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw")))
#else
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512")))
#endif
#define LANE_WIDTH 16
#include "lanes.h"
#include KERNEL_FILE
#include "lanes_end.h"

#endif
