# imprimatur: the only entry. `make help` lists what there is; `make V=1` shows the commands.
VERSION := 0.1.0

CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= -O2 -g
BUILD ?= build$(if $(FUZZER),/fuzzer,$(if $(SANITIZE),/sanitize))
# By one name, however it was given: what an object was made from is noted for the object's name.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))

prefix ?= /usr/local
bindir = $(prefix)/bin
libexecdir = $(prefix)/libexec/imprimatur
mandir = $(prefix)/share/man
docdir = $(prefix)/share/doc/imprimatur
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
bashcompletiondir = $(prefix)/share/bash-completion/completions
zshcompletiondir = $(prefix)/share/zsh/site-functions
fishcompletiondir = $(prefix)/share/fish/vendor_completions.d

base := glib-2.0 gio-2.0 jansson
reading := libgit2 zlib sqlite3 yaml-0.1 libcrypto md4c
serving := libcurl libsystemd
door := libmicrohttpd libsystemd

warnings := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wundef -Wformat=2
ifdef FUZZER
instruments := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
else ifdef SANITIZE
instruments := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
else ifneq ($(filter -O -O1 -O2 -O3 -Os,$(CFLAGS)),)
ifeq ($(findstring -fsanitize,$(CFLAGS)),)
instruments := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now
endif
endif
compiling := $(filter-out -Wl%,$(instruments))

# Asked once, and only by what compiles: `make setup` runs where there is no pkg-config yet.
packages_cflags = $(eval packages_cflags := $$(shell $(PKG_CONFIG) --cflags $(base) $(reading) $(serving) $(door)))$(packages_cflags)
reading_libraries = $(eval reading_libraries := $$(shell $(PKG_CONFIG) --libs $(base) $(reading)))$(reading_libraries)
serving_libraries = $(eval serving_libraries := $$(shell $(PKG_CONFIG) --libs $(serving)))$(serving_libraries)
door_libraries = $(eval door_libraries := $$(shell $(PKG_CONFIG) --libs $(base) $(door)))$(door_libraries)
c_flags = -std=c17 -D_GNU_SOURCE -DIMP_VERSION=\"$(VERSION)\" -I. $(warnings) $(packages_cflags) $(CPPFLAGS) $(CFLAGS) $(compiling)
link = $(CC) $(CFLAGS) $(instruments) $(LDFLAGS) -Wl,--as-needed -o $@
# Only daemon/ knows where it is installed, so another prefix compiles little again.
place = -DIMP_LIBEXECDIR=\"$(libexecdir)\"

Q := $(if $(V),,@)
put = $(Q)$(INSTALL) -D -m

# Everything but the main programs is one archive: each program links what it calls and nothing else, so
# the command never loads libcurl or libsystemd.
mains := daemon/main.c daemon/service_main.c daemon/door_main.c
rooms := workflow articles notify daemon
sources := $(filter-out $(mains),$(wildcard $(foreach room,$(rooms),$(room)/*.c $(room)/*/*.c $(room)/*/*/*.c)))
objects := $(sources:%.c=$(BUILD)/%.o)
archive := $(BUILD)/libimprimatur.a
suppressions := $(if $(SANITIZE)$(FUZZER),$(BUILD)/tests/lib/sanitize.o)
programs := $(BUILD)/imprimatur $(BUILD)/imprimaturd $(BUILD)/imprimatur-door
unit_tests := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test-*.c))
unit_support := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/unit/test-%,$(wildcard tests/unit/*.c)))
fuzz_targets := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz-*.c))
bench_programs := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
# The longest first, so that the jobs end together. What looks into texts has nothing to ask of a sanitizer.
scripts := $(wildcard tests/fault/*.t tests/system/*.t tests/tour/*.t tests/fuzz/*.t $(if $(SANITIZE),,tests/rules/*.t) tests/lib/*.t)

install_targets := install install-daemon install-door
.PHONY: all tests help setup setup-demo setup-deb $(install_targets) check check-systemd check-bare check-browser pictures browser setup-browser deb check-deb unit demo fuzz fuzz-targets bench bench-large uninstall format clean FORCE
.SECONDARY:
all: $(programs) $(BUILD)/imprimatur-askpass ## builds imprimatur, imprimaturd and imprimatur-door (BUILD=, CC=, CFLAGS=, LDFLAGS=, WERROR=1, SANITIZE=1)
tests: $(unit_tests) $(fuzz_targets) $(BUILD)/tests/lib/quick_clock.so $(archive)

$(BUILD)/imprimatur: $(BUILD)/daemon/main.o $(suppressions) $(archive)
	$(Q)$(link) $^ $(reading_libraries)

$(BUILD)/imprimaturd: $(BUILD)/daemon/service_main.o $(suppressions) $(archive)
	$(Q)$(link) $^ $(reading_libraries) $(serving_libraries)

$(BUILD)/imprimatur-door: $(BUILD)/daemon/door_main.o $(suppressions) $(archive)
	$(Q)$(link) $^ $(door_libraries)

$(BUILD)/imprimatur-askpass: daemon/remote/imprimatur-askpass
	$(put) 755 $< $@

$(archive): $(objects)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(c_flags) $(if $(WERROR),-Werror) -MMD -MP -c -o $@ $<

$(BUILD)/daemon/%.o: daemon/%.c $(BUILD)/flags $(BUILD)/place
	@mkdir -p $(@D)
	$(Q)$(CC) $(c_flags) $(place) $(if $(WERROR),-Werror) -MMD -MP -c -o $@ $<

# The site's own files stand in the program (assets.c).
$(BUILD)/daemon/site/assets.o: daemon/site/imprimatur.css daemon/site/editors.css daemon/site/imprimatur.js

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(unit_support) $(suppressions) $(archive)
	$(Q)$(link) $^ $(reading_libraries) $(serving_libraries)

# A fuzz target by itself replays inputs; with FUZZER=1, libFuzzer makes them.
$(BUILD)/tests/fuzz/fuzz-%: $(BUILD)/tests/fuzz/fuzz-%.o $(if $(FUZZER),,$(BUILD)/tests/fuzz/replay.o) $(suppressions) $(archive)
	$(Q)$(link) $(if $(FUZZER),-fsanitize=fuzzer) $^ $(reading_libraries)

# Preloaded into programs that no sanitizer is in.
$(BUILD)/tests/lib/quick_clock.so: tests/lib/quick_clock.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(if $(WERROR),-Werror) -fPIC -shared $(LDFLAGS) -o $@ $<

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(suppressions) $(archive)
	$(Q)$(link) $^ $(reading_libraries) $(serving_libraries)

# What everything was compiled with: other flags, or another prefix, compile it again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(c_flags) $(LDFLAGS)' | cmp -s - $@ || printf '%s\n' '$(CC) $(c_flags) $(LDFLAGS)' >$@

$(BUILD)/place: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(place)' | cmp -s - $@ || printf '%s\n' '$(place)' >$@

# The tests find the programs, and the objects that they look into, by these.
tests_see = IMPRIMATUR=$(abspath $(BUILD)/imprimatur) BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 \
	UBSAN_OPTIONS=print_stacktrace=1
# Scratch repositories lie in memory where it has 2 GB for them: nothing in a test is worth a disk's time.
in_memory = TMPDIR=$${TMPDIR:-$$(test "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)" -ge 2000000 2>/dev/null && test -w /dev/shm && echo /dev/shm || echo /tmp)}
# As many jobs as there are processors, unless the caller named a number.
again = $(Q)+$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

unit: $(unit_tests) ## runs the unit tests alone
	$(Q)$(tests_see) prove --exec tests/lib/run-test $(unit_tests)

# What TESTS names: system/life and unit/test-judge for tests/system/life.t and the unit test, with or without tests/ and .t.
named_tests = $(foreach name,$(patsubst tests/%,%,$(basename $(TESTS))),$(or $(filter tests/$(name).t,$(scripts)),$(filter $(BUILD)/tests/$(name),$(unit_tests)),$(error there is no test "$(name)")))

check: ## sets up, builds, runs all tests, or those of TESTS="system/life unit/test-judge" (SANITIZE=1: under ASan and UBSan)
	$(again) setup
	$(again) all tests
	$(Q)$(tests_see) $(in_memory) prove -j3 --exec tests/lib/run-test $(if $(TESTS),$(named_tests),$(scripts) $(unit_tests))

check-systemd: ## tries the installed service, and types the tutorial, under a real systemd; as root
	$(again) setup
	$(again) all install DESTDIR=$(BUILD)/staged
	$(if $(programs),$(Q)$(tests_see) prove --verbose --exec tests/lib/run-test tests/systemd/service.t tests/systemd/installed.t tests/systemd/doctor.t tests/systemd/tour.t tests/systemd/forge.t,@echo "check-systemd: this tree has no programs")

# What is packaged is this tree as it lies here. Its own build must not see the variables of this one.
deb: ## builds the Debian package, into $(BUILD)/deb
	$(again) setup-deb
	$(Q)rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/imprimatur
	$(Q)tar --exclude-vcs --exclude='./build*' -cf - . | tar -C $(BUILD)/deb/imprimatur -xf -
	$(Q)cd $(BUILD)/deb/imprimatur && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u BUILD -u CC -u CFLAGS \
		DEB_BUILD_OPTIONS="parallel=$$(nproc) $$DEB_BUILD_OPTIONS" dpkg-buildpackage -us -uc

check-deb: deb ## checks the package, and installs, upgrades and purges it under a real systemd; as root
	$(Q)$(tests_see) prove --verbose --exec tests/lib/run-test tests/systemd/package.t
	$(Q)PACKAGE=$(abspath $(BUILD))/deb $(tests_see) prove --verbose --exec tests/lib/run-test tests/systemd/tour.t

check-bare: ## types README's set-up and make check (TESTS=) on a bare Debian made by debootstrap; as root
	$(Q)test "$$(id -u)" != 0 || .ci/packages bare
	$(Q)tests/bare/check-bare $(BUILD)/bare $(if $(TESTS),TESTS="$(TESTS)")

# Chromium is Debian's; what drives it and looks for obstacles comes from npm, by the versions of package-lock.json.
check-browser: browser ## tries the pages in a real browser: hostile texts, what readers with aids hear
	$(Q)$(tests_see) $(in_memory) BROWSER_MODULES=$(abspath $(BUILD)/browser) prove --verbose --exec '' tests/browser/browser.t

# Other fonts make other pictures, so they are made by hand, and looked at.
pictures: browser ## takes README's pictures of a site again, or (PICTURES=FOLDER) of all kinds of pages, to look at
	$(Q)$(tests_see) $(in_memory) BROWSER_MODULES=$(abspath $(BUILD)/browser) \
		tests/browser/pictures $(if $(PICTURES),--all $(PICTURES),daemon/site/pictures)

browser:
	$(again) setup-browser
	$(again) all
	$(Q)mkdir -p $(BUILD)/browser && cp tests/browser/package.json tests/browser/package-lock.json $(BUILD)/browser/
	$(Q)npm ci --prefix $(BUILD)/browser --silent --no-audit --no-fund || [ "$$(id -u)" != 0 ]

setup-browser:
	$(Q).ci/packages build test browser

setup: ## installs the packages that building and testing want, where they are missing (NO_INSTALL=1: names them)
	$(Q).ci/packages build test

setup-deb:
	$(Q).ci/packages build test package

setup-demo:
	$(Q).ci/packages build

demo: ## sets up, builds, and tells the whole story with real git, keys and webhooks
	$(again) setup-demo
	$(again) all
	$(Q)$(tests_see) tests/demo/demo

fuzz: ## looks for inputs that break what reads from others, by libFuzzer (FUZZ_S=60 seconds each, FUZZ="commit ...")
	$(again) setup
	$(again) FUZZER=1 CC=clang BUILD=$(BUILD)/fuzzer fuzz-targets
	$(Q)tests/fuzz/run --build $(BUILD)/fuzzer --seconds $(or $(FUZZ_S),60) $(FUZZ)

fuzz-targets: $(fuzz_targets)

bench: all $(bench_programs) ## measures what is promised about time and memory
	$(Q)set -e; for bench in tests/bench/bench-*; do $(tests_see) $$bench; done

bench-large: all ## measures what size costs, up to 100,000 articles and a ledger of a million entries (MILLION=1: of as many commits; REPOSITORIES="FOLDER=PATTERN ...": your own)
	$(Q)LARGE=1 $(tests_see) $(in_memory) tests/bench/bench-scale

install: install-daemon install-door ## installs, under DESTDIR and prefix (/usr/local)

# The door is a package of its own for hosts that no forge has to reach.
install-door: $(BUILD)/imprimatur-door
	$(put) 755 $(BUILD)/imprimatur-door $(DESTDIR)$(libexecdir)/imprimatur-door
	$(Q)$(INSTALL) -d $(DESTDIR)$(unitdir)
	$(Q)sed 's|@libexecdir@|$(libexecdir)|g' systemd/imprimatur-door.service.in >$(DESTDIR)$(unitdir)/imprimatur-door.service
	$(Q)chmod 644 $(DESTDIR)$(unitdir)/imprimatur-door.service
	$(put) 644 systemd/imprimatur-door.socket $(DESTDIR)$(unitdir)/imprimatur-door.socket

install-daemon: $(programs)
	$(if $(programs),$(put) 755 $(BUILD)/imprimatur $(DESTDIR)$(bindir)/imprimatur)
	$(if $(programs),$(put) 755 $(BUILD)/imprimaturd $(DESTDIR)$(libexecdir)/imprimaturd)
	$(put) 755 daemon/remote/imprimatur-askpass $(DESTDIR)$(libexecdir)/imprimatur-askpass
	$(Q)set -e; for page in $(wildcard daemon/man/*.[157]); do \
		$(INSTALL) -D -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done
	$(Q)set -e; for text in LICENSE $(wildcard README.md SECURITY.md); do \
		$(INSTALL) -D -m 644 $$text $(DESTDIR)$(docdir)/$$text; done
	$(put) 644 daemon/completion/imprimatur.bash $(DESTDIR)$(bashcompletiondir)/imprimatur
	$(put) 644 daemon/completion/_imprimatur $(DESTDIR)$(zshcompletiondir)/_imprimatur
	$(put) 644 daemon/completion/imprimatur.fish $(DESTDIR)$(fishcompletiondir)/imprimatur.fish
	$(Q)$(INSTALL) -d $(DESTDIR)$(unitdir)
	$(Q)sed 's|@bindir@|$(bindir)|g' systemd/imprimatur@.service.in >$(DESTDIR)$(unitdir)/imprimatur@.service
	$(Q)chmod 644 $(DESTDIR)$(unitdir)/imprimatur@.service
	$(Q)sed 's|@bindir@|$(bindir)|g' systemd/imprimatur-site@.service.in >$(DESTDIR)$(unitdir)/imprimatur-site@.service
	$(Q)chmod 644 $(DESTDIR)$(unitdir)/imprimatur-site@.service
	$(put) 644 systemd/nginx-site.conf $(DESTDIR)$(docdir)/examples/nginx-site.conf
	$(put) 644 systemd/Caddyfile $(DESTDIR)$(docdir)/examples/Caddyfile
	$(put) 644 systemd/alerts.yml $(DESTDIR)$(docdir)/examples/alerts.yml
	$(put) 644 systemd/sysusers.conf $(DESTDIR)$(sysusersdir)/imprimatur.conf
	$(put) 644 systemd/tmpfiles.conf $(DESTDIR)$(tmpfilesdir)/imprimatur.conf

uninstall: ## removes what install put there; configuration and state stay
	rm -f $(DESTDIR)$(bindir)/imprimatur $(DESTDIR)$(unitdir)/imprimatur@.service $(addprefix $(DESTDIR)$(unitdir)/imprimatur-door.,service socket)
	rm -f $(DESTDIR)$(sysusersdir)/imprimatur.conf $(DESTDIR)$(tmpfilesdir)/imprimatur.conf
	rm -f $(DESTDIR)$(bashcompletiondir)/imprimatur $(DESTDIR)$(zshcompletiondir)/_imprimatur
	rm -f $(DESTDIR)$(fishcompletiondir)/imprimatur.fish
	rm -f $(foreach page,$(notdir $(wildcard daemon/man/*.[157])),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(page)))/$(page))
	rm -rf $(DESTDIR)$(libexecdir) $(DESTDIR)$(docdir)

# For editors and clangd: one entry for each file that is compiled.
compile_commands.json: FORCE ## writes how each file is compiled, for editors
	$(Q)python3 -c 'import json, sys; json.dump([{"directory": sys.argv[1], "file": name, \
		"command": sys.argv[2] + " -c " + name} for name in sys.argv[3:]], open("compile_commands.json", "w"), indent=1)' \
		'$(CURDIR)' '$(CC) $(c_flags) $(place)' $(mains) $(sources) $(wildcard tests/*/*.c)

format: ## lays out the C code with clang-format 14
	$(Q)clang-format -i $(wildcard $(foreach room,$(rooms) tests,$(room)/*.[ch] $(room)/*/*.[ch] $(room)/*/*/*.[ch]))

clean: ## removes everything that was built
	rm -rf $(BUILD)

help: ## lists the targets
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r target does; do \
		printf '  make %-22s %s\n' "$$target" "$$does"; done

-include $(objects:.o=.d) $(mains:%.c=$(BUILD)/%.d) $(unit_tests:=.d) $(fuzz_targets:=.d) $(bench_programs:=.d) $(BUILD)/tests/fuzz/replay.d $(unit_support:.o=.d)
