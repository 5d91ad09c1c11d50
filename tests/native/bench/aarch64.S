/* aarch64.S: see bench.h. */
    .arch_extension fp
    .text
    .globl bench_float
    .type bench_float, @function
bench_float:
    fadd d0, d0, d1
    ret
    .size bench_float, . - bench_float
