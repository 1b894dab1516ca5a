# oci-deploy-hook.  SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is.

PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man
HOOKSDIR ?= /usr/share/containers/oci/hooks.d
DESTDIR  ?=
VERSION  := 0.1.0
ifeq ($(origin CC),default)
CC := gcc
endif

# The machine that CC compiles for, if its name or --target says so: aarch64-linux-gnu.
CROSS    := $(firstword $(subst -gcc, ,$(patsubst --target=%,%,$(notdir \
	$(foreach word,$(CC),$(if $(findstring -linux-,$(word)),$(word)))))))
# That machine's libraries: `make deps-cross` puts them there.  Otherwise the compiler knows where.
SYSROOT  ?= build/sysroot/$(CROSS)
ifneq ($(and $(CROSS),$(wildcard $(SYSROOT)/usr)),)
SYSROOT_CPPFLAGS := -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(CROSS)
SYSROOT_LDFLAGS  := -L$(SYSROOT)/usr/lib/$(CROSS)
endif

BUILD  ?= build/$(or $(CROSS),release)
BINARY ?= oci-deploy-hook

# $(call once,VARIABLE,COMMAND): run the command when the variable is first needed, and then no more.
once = $(eval $(1) := $(shell $(2)))$($(1))
# $(call quote,TEXT): one word for the shell.
quote = '$(subst ','\'',$(1))'

# What the compiler can do for hardening: asked of the compiler itself, the answers are kept.
HARDENING = $(call once,HARDENING,tools/flags.sh build/flags $(call quote,$(CC)) \
	$(call quote,$(CFLAGS)))$(if $(HARDENING),,$(error tools/flags.sh has failed for CC=$(CC): see above))
# Where pkg-config is missing, or does not know them, the linker is to find the libraries.
# yajl's entry names the shared library; Debian's, Fedora's and Alpine's static one is libyajl_s.a.
PKG_CONFIG ?= $(addsuffix -,$(CROSS))pkg-config
PACKAGES_CFLAGS = $(call once,PACKAGES_CFLAGS,$(PKG_CONFIG) --cflags libseccomp libcap 2>/dev/null || :)
PACKAGES_LIBS   = $(call once,PACKAGES_LIBS,$(PKG_CONFIG) --static --libs libseccomp libcap 2>/dev/null || \
	echo -lseccomp -lcap)
YAJL_LDFLAGS    = $(call once,YAJL_LDFLAGS,$(PKG_CONFIG) --libs-only-L yajl 2>/dev/null || :)
LIBS   ?= $(PACKAGES_LIBS) $(YAJL_LDFLAGS) -l:libyajl_s.a

DEFINES  = -iquote . -D_GNU_SOURCE -DVERSION='"$(VERSION)"'
CPPFLAGS_ALL = $(CPPFLAGS) $(EXTRA) $(DEFINES) $(SYSROOT_CPPFLAGS) $(PACKAGES_CFLAGS)
CFLAGS   ?= -O2 -g
# No path of this machine gets into the binary: it is the same wherever it was built.
CFLAGS_ALL = -std=gnu11 $(CFLAGS) -Wall -Wextra -Wformat=2 -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -fPIE -ffile-prefix-map=$(call quote,$(CURDIR))=. \
	$(HARDENING) $(WERROR) $(SANITIZE)
export PWD := $(CURDIR) # compilers write it down, be it a link's name
LINK   ?= -static-pie
LDFLAGS_ALL = $(LINK) -Wl,-z,relro,-z,now,-z,noexecstack $(SANITIZE) $(SYSROOT_LDFLAGS) $(LDFLAGS)
WERROR  = $(if $(CI),-Werror)
COMPILE = $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL)

SRC     := $(sort $(wildcard oci/*.c seccomp/*.c shim/*.c shim/*/*.c))
OBJ     := $(SRC:%.c=$(BUILD)/%.o)
LIBOBJ  := $(filter-out $(BUILD)/shim/main.o,$(OBJ))
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))

BUILD_PACKAGES := gcc make libc6-dev libseccomp-dev libcap-dev libyajl-dev
DEMO_PACKAGES  := runc busybox-static jq
TEST_PACKAGES  := crun podman conmon catatonit netavark uidmap bats shellcheck mandoc util-linux procps \
	libcap2-bin systemd musl-tools $(DEMO_PACKAGES)
TEST_PACKAGES  += containerd # writes Docker's default profile into config.json
HOOK_PACKAGES  := curl git python3 nodejs golang-go # what tests run as hooks, or make hooks of
DEV_PACKAGES   := clang clang-tidy clang-format libclang-rt-14-dev pkg-config
CROSS_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

# Processes of clang-tidy at once.
JOBS ?= 2

# `make V=1` shows the commands.
Q   = $(if $(filter-out 0,$(V)),,@)
say = $(if $(Q),@echo "  $(1)  $(2)",@:)

all: $(BINARY) ; @: ## build ./oci-deploy-hook (one static binary)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 15

# $(call need_root): one line, before anything else is done.
need_root = @[ "$$(id -u)" = 0 ] || { echo "make $@ needs root: it starts real containers" >&2; exit 1; }
# $(call packages,NAME...)
packages = @tools/packages.sh build $(1)

deps: ## install what building and testing need (Debian, apt)
	$(call packages,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(HOOK_PACKAGES))

deps-cross: ## install what building for aarch64 needs, its libraries in build/sysroot (Debian, apt)
	$(call packages,$(BUILD_PACKAGES) $(CROSS_PACKAGES))
	@$(MAKE) --no-print-directory build/sysroot/aarch64-linux-gnu/usr

deps-ci: ## install what .ci/run needs: that of deps and deps-cross, and clang with its tools
	$(call packages,$(BUILD_PACKAGES) $(TEST_PACKAGES) $(HOOK_PACKAGES) $(CROSS_PACKAGES) $(DEV_PACKAGES))
	@$(MAKE) --no-print-directory deps-cross

build/sysroot/aarch64-linux-gnu/usr: tools/debs.sh
	@tools/debs.sh $(@D) "" arm64 libseccomp-dev libcap-dev libyajl-dev
	@touch $@

FORCE:

# What the compiler and the linker are told.  A file changes when its text does, and then all is made
# anew that was made of it.  Our directory is not in it, since it is not in what they make.
# $(call note,TEXT)
note = @mkdir -p $(@D) && text=$(call quote,$(subst $(call quote,$(CURDIR))=,,$(1))) && \
	{ echo "$$text" | cmp -s - $@ || echo "$$text" >$@; }
$(BUILD)/compiler: FORCE
	$(call note,$(COMPILE))
$(BUILD)/linker: FORCE
	$(call note,$(LDFLAGS_ALL) $(LIBS) $(OBJ))
# The same binary may come of several build directories in turn.
build/made/$(subst /,+,$(BINARY)): FORCE
	$(call note,$(BUILD))

# $(call link,OPTION...): in one step, since somebody may be executing the old one.
link = $(COMPILE) $(1) $(LDFLAGS_ALL) $(LIBS) -o $@.$$$$ && mv -f $@.$$$$ $@

$(BINARY): $(OBJ) $(BUILD)/linker build/made/$(subst /,+,$(BINARY))
	$(call say,LINK,$@)
	$(Q)$(call link,$(OBJ))

$(BUILD)/%.o: %.c $(BUILD)/compiler
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/seccomp/embedded.o: seccomp/default.json

$(BUILD)/unit/%: tests/unit/%.c $(LIBOBJ) $(BUILD)/linker
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(call link,-MMD -MP -MF $@.d -MT $@ $< $(LIBOBJ))

# What processes may do, written down and compared: for the tests.
.PHONY: rights differential
RIGHTS := build/rights
rights: $(RIGHTS)
$(RIGHTS): $(sort $(wildcard tests/rights/*.[ch])) tests/unit/bpf.h $(LIBOBJ) $(BUILD)/linker
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(call link,$(filter %.c,$^) $(LIBOBJ))

differential: ## application, exec and hook compared on every axis: a table (as root)
	$(need_root)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all rights
	@tests/rights/differential.sh

# The same program with --fault, which breaks or stops one step of the sandbox.
TEST_BINARY := build/test/oci-deploy-hook
test-binary:
	@$(MAKE) --no-print-directory BUILD=build/test BINARY=$(TEST_BINARY) EXTRA=-DSTEP_FAULTS $(TEST_BINARY)

unit: $(UNIT) ## the unit tests (EMULATOR=qemu-aarch64 for another machine's)
	@EMULATOR='$(EMULATOR)' tests/unit/run $(UNIT)

TOOLS := build/tools
tools: $(TOOLS)/etc/ca-certificates.crt ; @: ## Node.js, curl and busybox for hooks, in build/tools (Debian, apt)
$(TOOLS)/etc/ca-certificates.crt: tools/build.sh tools/launch.c shim/base/tools.h
	@tools/build.sh $(TOOLS)
	@touch $@

OTHER_LIBC := build/other-libc/usr/lib
$(OTHER_LIBC): tools/debs.sh # for images of the tests: the next release has another glibc
	@tools/debs.sh build/other-libc trixie "" libc6
	@touch $@

check: ## build everything and prove it, on real containers (as root)
	$(need_root)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all test-binary unit tools $(OTHER_LIBC)
	@tests/run.sh

demo: ## one container, one hook, three refused ones: see it work (as root)
	$(need_root)
	$(call packages,$(BUILD_PACKAGES) $(DEMO_PACKAGES))
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh

transcript: all ## what status, its timeline and wait show of real containers, as in the README
	@tests/demo/transcript.sh

processes: ## the processes beside a container in each phase of a start, as in HACKING.md (as root)
	$(need_root)
	@$(MAKE) --no-print-directory test-binary
	@tests/demo/processes.sh

bench: ## what we cost, as ratios against peers in the same run (as root)
	$(need_root)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all
	@tests/bench/run.sh

bench-waiting: all ## what waiting supervisors cost, for 1 and for 200 containers (as root, 5 minutes)
	@tests/bench/waiting.sh

asan: ## the unit tests with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory BUILD=build/asan BINARY=build/asan/oci-deploy-hook LINK=-pie \
		SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined" CFLAGS="-O1 -g" \
		build/asan/oci-deploy-hook unit

# Each file appears whole, by a rename, and the binary before what names it: an engine may read the
# directory at any moment, and refuses every start at a file that is not JSON.
# $(call put,MODE,FILE,TARGET)
put = install -m $(1) $(2) $(3).new.$$$$ && mv -f $(3).new.$$$$ $(3)
STAGES := poststart poststop
COMPLETIONS := share/bash-completion/completions

# PREFIX, BINDIR, MANDIR, HOOKSDIR and DESTDIR say where.
install: all ## install binary, man pages, completion and hooks.d files (PREFIX, BINDIR, ...)
	@case '$(PREFIX)$(BINDIR)$(MANDIR)$(HOOKSDIR)' in *[!A-Za-z0-9/._+-]*) \
		echo "PREFIX, BINDIR, MANDIR and HOOKSDIR: only letters, digits and /._+- please" >&2; exit 1;; esac; \
	for path in '$(PREFIX)' '$(BINDIR)' '$(MANDIR)'; do case $$path in /*) ;; \
		*) echo "PREFIX, BINDIR and MANDIR: absolute paths please" >&2; exit 1;; esac; done
	@install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(HOOKSDIR)' \
		'$(DESTDIR)$(MANDIR)/man8' '$(DESTDIR)$(MANDIR)/man7' \
		'$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(PREFIX)/$(COMPLETIONS)'
	@$(call put,755,$(BINARY),'$(DESTDIR)$(BINDIR)/oci-deploy-hook')
	@$(call put,644,man/oci-deploy-hook.8,'$(DESTDIR)$(MANDIR)/man8/oci-deploy-hook.8')
	@$(call put,644,man/oci-deploy-hook-seccomp.7,'$(DESTDIR)$(MANDIR)/man7/oci-deploy-hook-seccomp.7')
	@for page in oci-deploy-hook.json oci-deploy-hook-record; do \
		$(call put,644,man/$$page.5,'$(DESTDIR)$(MANDIR)/man5/'$$page.5) || exit 1; done
	@$(call put,644,completion/oci-deploy-hook.bash,'$(DESTDIR)$(PREFIX)/$(COMPLETIONS)/oci-deploy-hook')
	@mkdir -p build
	@for stage in $(STAGES); do \
		sed 's|@BINARY@|$(BINDIR)/oci-deploy-hook|' oci/hooks.d/oci-deploy-hook-$$stage.json.in \
			>build/$$stage.json && \
		$(call put,644,build/$$stage.json,'$(DESTDIR)$(HOOKSDIR)'/oci-deploy-hook-$$stage.json) || exit 1; \
	done
	@echo "installed $(DESTDIR)$(BINDIR)/oci-deploy-hook, registered in $(DESTDIR)$(HOOKSDIR)"

# A start that has read the registration fails without the binary: so it outlives the registration.
GRACE ?= 10
uninstall: ## remove what install installed (containers that wait for a hook keep it)
	@for stage in $(STAGES); do rm -f '$(DESTDIR)$(HOOKSDIR)'/oci-deploy-hook-$$stage.json; done
	@rm -f '$(DESTDIR)$(MANDIR)/man8/oci-deploy-hook.8' \
		'$(DESTDIR)$(MANDIR)/man7/oci-deploy-hook-seccomp.7' \
		'$(DESTDIR)$(MANDIR)/man5/oci-deploy-hook.json.5' \
		'$(DESTDIR)$(MANDIR)/man5/oci-deploy-hook-record.5' \
		'$(DESTDIR)$(PREFIX)/$(COMPLETIONS)/oci-deploy-hook'
	@if [ -e '$(DESTDIR)$(BINDIR)/oci-deploy-hook' ]; then \
		echo "no longer registered; the binary goes in $(GRACE) s, after the starts under way"; \
		sleep '$(GRACE)' && rm -f '$(DESTDIR)$(BINDIR)/oci-deploy-hook'; fi

fmt: ## format the C code
	clang-format -i $$(git ls-files '*.c' '*.h')

fmt-check: ## is the C code formatted?
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')

man: ## lint the man pages
	mandoc -T lint -W warning man/*

tidy: man ## clang-tidy, shellcheck, the man pages, the folders' includes, the sizes
	@tests/lint/includes.sh
	@tests/lint/sizes.sh
	shellcheck -x $$(git ls-files '*.sh' '*.bash' '*.bats' .ci/run tests/unit/run)
	@mkdir -p build
	@echo "clang-tidy: $(words $(SRC) tools/launch.c) files, $(JOBS) at a time"
	@printf '%s\n' $(SRC) tools/launch.c | \
		xargs -P $(JOBS) -I FILE clang-tidy --quiet FILE -- -std=gnu11 $(DEFINES) 2>build/tidy.log || \
		{ grep -v ' warnings\? generated' build/tidy.log >&2; exit 1; }

clean: ## remove what was built
	rm -rf build $(BINARY)

-include $(OBJ:.o=.d) $(UNIT:=.d)

.PHONY: all help deps deps-cross deps-ci unit FORCE test-binary unit tools check demo transcript processes bench bench-waiting asan install uninstall fmt fmt-check man tidy clean
