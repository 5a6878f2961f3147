/* One kernel, compiled for several instruction sets; the loader picks the best one that the CPU has (GCC's
 * target_clones). Only lib/math uses it. Contraction to fused multiply-add stays off (-std=c11), so every clone gives
 * the same bits. Sanitizers intercept before the loader has resolved the choice, so their builds use the plain one.
 */
#ifndef TT_MATH_CLONES_H
#define TT_MATH_CLONES_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define TT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define TT_CLONES
#endif

#endif
