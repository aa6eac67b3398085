# imprimatur: the only entry. `make help` lists what there is.
BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g

base := glib-2.0 gio-2.0 jansson
reading := libgit2 sqlite3 yaml-0.1
serving := libcurl libsystemd

warnings := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wundef -Wformat=2
c_flags = -std=c17 -D_GNU_SOURCE -I. $(warnings) $(shell $(PKG_CONFIG) --cflags $(base) $(reading) $(serving)) $(CFLAGS)
reading_libraries = $(shell $(PKG_CONFIG) --libs $(base) $(reading))
serving_libraries = $(shell $(PKG_CONFIG) --libs $(serving))

Q := $(if $(V),,@)

# Everything but the two main programs is one archive: each program links what it calls and nothing else, so
# the command never loads libcurl or libsystemd.
mains := daemon/main.c daemon/service_main.c
sources := $(filter-out $(mains),$(wildcard workflow/*.c articles/*.c notify/*.c daemon/*.c))
objects := $(sources:%.c=$(BUILD)/%.o)
archive := $(BUILD)/libimprimatur.a
unit_tests := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test-*.c))

.PHONY: all unit clean
all: $(BUILD)/imprimatur $(BUILD)/imprimaturd

$(BUILD)/imprimatur: $(BUILD)/daemon/main.o $(archive)
	$(Q)$(CC) $(c_flags) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(reading_libraries)

$(BUILD)/imprimaturd: $(BUILD)/daemon/service_main.o $(archive)
	$(Q)$(CC) $(c_flags) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(reading_libraries) $(serving_libraries)

$(archive): $(objects)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(c_flags) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(archive)
	@mkdir -p $(@D)
	$(Q)$(CC) $(c_flags) $(LDFLAGS) -MMD -MP -Wl,--as-needed -o $@ $< $(archive) $(reading_libraries) $(serving_libraries)

# The unit tests alone.
unit: $(unit_tests)
	$(Q)prove --exec '' $(unit_tests)

clean:
	rm -rf $(BUILD)

-include $(objects:.o=.d) $(wildcard $(BUILD)/daemon/*.d $(BUILD)/tests/unit/*.d)
