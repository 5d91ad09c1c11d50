/* x86_64.S: see bench.h. */
    .text
    .globl bench_float
    .type bench_float, @function
bench_float:
    addsd %xmm1, %xmm0
    ret
    .size bench_float, . - bench_float
