# init unpacks the boot archive with zstd's decompressor, which ./heddle setup fetches (ports/zstd.port) into build/ports/zstd.
ZSTD := build/ports/zstd/lib
ZSTD_C := $(addprefix $(ZSTD)/,common/entropy_common.c common/error_private.c common/fse_decompress.c common/zstd_common.c common/xxhash.c \
  decompress/huf_decompress.c decompress/zstd_ddict.c decompress/zstd_decompress.c decompress/zstd_decompress_block.c)
# Every application-class riscv64 loads misaligned words, by itself or with the help of its firmware.
ZSTD_riscv64_FLAGS := -mno-strict-align
ZSTD_FLAGS = $(filter-out -Wall -Wextra -Werror,$(USER_FLAGS)) -w -Iservers/init/zstd -DZSTD_DISABLE_ASM=1 -DZSTD_LEGACY_SUPPORT=0 \
  -DZSTD_STRIP_ERROR_STRINGS=1 -DDYNAMIC_BMI2=0 -DZSTD_NO_INTRINSICS -DZSTD_TRACE=0 -DHUF_FORCE_DECOMPRESS_X1 $(ZSTD_$(ARCH)_FLAGS)

$(ZSTD_C): ; $(PYTHON) tools/ports.py fetch zstd
$(O)/zstd/%.o: $(ZSTD)/%.c
	@mkdir -p $(@D)
	$(CC) $(ZSTD_FLAGS) -c $< -o $@
$(O)/zstd/libzstd.a: $(patsubst $(ZSTD)/%.c,$(O)/zstd/%.o,$(ZSTD_C))
init.cflags := -I$(ZSTD)
init.libs := $(O)/zstd/libzstd.a
