/* image.S: the vDSO's ELF file as a part of the runtime's image. */
    .section .vdso, "a"
    .incbin "vdso.so"
