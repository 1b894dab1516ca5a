# oci-deploy-hook.  SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is.

PREFIX   ?= /usr/local
HOOKSDIR ?= /usr/share/containers/oci/hooks.d
DESTDIR  ?=
CC       ?= gcc
VERSION  := 0.1.0

BUILD  ?= build/release
BINARY ?= oci-deploy-hook

CPPFLAGS_ALL = $(CPPFLAGS) $(EXTRA) -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
CFLAGS   ?= -O2 -g
CFLAGS_ALL = -std=gnu11 $(CFLAGS) -Wall -Wextra -Wformat=2 -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -fstack-protector-strong \
	-fstack-clash-protection -ftrivial-auto-var-init=zero -fPIE $(WERROR) $(SANITIZE)
ifeq ($(shell uname -m),x86_64)
CFLAGS_ALL += -fcf-protection=full
endif
LINK   ?= -static-pie
LDFLAGS_ALL = $(LINK) -Wl,-z,relro,-z,now,-z,noexecstack $(SANITIZE) $(LDFLAGS)
LIBS   ?= -lseccomp -lcap -l:libyajl_s.a
WERROR  = $(if $(CI),-Werror)

SRC     := $(wildcard oci/*.c seccomp/*.c shim/*.c shim/*/*.c)
OBJ     := $(SRC:%.c=$(BUILD)/%.o)
LIBOBJ  := $(filter-out $(BUILD)/shim/main.o,$(OBJ))
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

BUILD_PACKAGES := gcc make libc6-dev libseccomp-dev libcap-dev libyajl-dev
TEST_PACKAGES  := runc crun podman conmon catatonit netavark uidmap bats busybox-static jq \
	shellcheck mandoc util-linux procps libcap2-bin systemd musl-tools
HOOK_PACKAGES  := curl git python3 nodejs golang-go # what tests run as hooks, or make hooks of
DEV_PACKAGES   := clang clang-tidy clang-format libclang-rt-14-dev

all: $(BINARY) ; @: ## build ./oci-deploy-hook (one static binary)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

deps: ## install what building and testing need (Debian, apt)
	@missing=$$(for p in $(BUILD_PACKAGES) $(TEST_PACKAGES) $(HOOK_PACKAGES); do \
		dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q '^install ok installed' || echo $$p; done); \
	[ -z "$$missing" ] && exit 0; missing=$$(echo $$missing); \
	command="apt-get install -y --no-install-recommends $$missing"; \
	echo "$$command"; \
	mkdir -p build; \
	{ apt-get update && DEBIAN_FRONTEND=noninteractive $$command; } >build/deps.log 2>&1 || \
		{ tail -20 build/deps.log; exit 1; }

$(BINARY): $(OBJ)
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(OBJ) $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/seccomp/embedded.o: seccomp/default.json

$(BUILD)/unit/%: tests/unit/%.c $(LIBOBJ)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(LIBOBJ) $(LDFLAGS_ALL) $(LIBS)

# What processes may do, written down and compared: for the tests.
.PHONY: rights differential
RIGHTS := build/rights
rights: $(RIGHTS)
$(RIGHTS): $(wildcard tests/rights/*.[ch]) tests/unit/bpf.h $(LIBOBJ)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@.$$$$ $(filter %.c,$^) $(LIBOBJ) $(LDFLAGS_ALL) $(LIBS) && \
		mv $@.$$$$ $@
TEST_PACKAGES += containerd # writes Docker's default profile into config.json

differential: deps ## application, exec and hook compared on every axis: a table (as root)
	@$(MAKE) --no-print-directory all rights
	@tests/rights/differential.sh

# The same program with --fault, which breaks or stops one step of the sandbox.
TEST_BINARY := build/test/oci-deploy-hook
test-binary:
	@$(MAKE) --no-print-directory BUILD=build/test BINARY=$(TEST_BINARY) EXTRA=-DSTEP_FAULTS $(TEST_BINARY)

unit: $(UNIT)
	@tests/unit/run $(UNIT)

TOOLS := build/tools
tools: $(TOOLS)/etc/ca-certificates.crt ; @: ## Node.js, curl and busybox for hooks, in build/tools (Debian, apt)
$(TOOLS)/etc/ca-certificates.crt: tools/build.sh tools/launch.c shim/base/tools.h
	@tools/build.sh $(TOOLS)
	@touch $@

OTHER_LIBC := build/other-libc/usr/lib
$(OTHER_LIBC): tests/actors/other_libc.sh
	@tests/actors/other_libc.sh build/other-libc
	@touch $@

check: deps ## build everything and prove it, on real containers (as root)
	@$(MAKE) --no-print-directory all test-binary unit tools $(OTHER_LIBC)
	@tests/run.sh

demo: HOOK_PACKAGES :=
demo: deps ## one container, one hook, three refused ones: see it work (as root)
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh

transcript: all ## what status, its timeline and wait show of real containers, as in the README
	@tests/demo/transcript.sh

bench: deps ## what we cost, as ratios against peers in the same run (as root)
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

install: all ## install binary, man pages, completion and hooks.d files (PREFIX, HOOKSDIR, DESTDIR)
	@case '$(PREFIX)$(HOOKSDIR)' in *[!A-Za-z0-9/._+-]*) \
		echo "PREFIX and HOOKSDIR: only letters, digits and /._+- please" >&2; exit 1;; esac; \
	case '$(PREFIX)' in /*) ;; *) echo "PREFIX: an absolute path please" >&2; exit 1;; esac
	@install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(HOOKSDIR)' \
		'$(DESTDIR)$(PREFIX)/share/man/man8' '$(DESTDIR)$(PREFIX)/share/man/man7' \
		'$(DESTDIR)$(PREFIX)/share/man/man5' '$(DESTDIR)$(PREFIX)/$(COMPLETIONS)'
	@$(call put,755,$(BINARY),'$(DESTDIR)$(PREFIX)/bin/oci-deploy-hook')
	@$(call put,644,man/oci-deploy-hook.8,'$(DESTDIR)$(PREFIX)/share/man/man8/oci-deploy-hook.8')
	@$(call put,644,man/oci-deploy-hook-seccomp.7,'$(DESTDIR)$(PREFIX)/share/man/man7/oci-deploy-hook-seccomp.7')
	@for page in oci-deploy-hook.json oci-deploy-hook-record; do \
		$(call put,644,man/$$page.5,'$(DESTDIR)$(PREFIX)/share/man/man5/'$$page.5) || exit 1; done
	@$(call put,644,completion/oci-deploy-hook.bash,'$(DESTDIR)$(PREFIX)/$(COMPLETIONS)/oci-deploy-hook')
	@mkdir -p build
	@for stage in $(STAGES); do \
		sed 's|@BINARY@|$(PREFIX)/bin/oci-deploy-hook|' oci/hooks.d/oci-deploy-hook-$$stage.json.in \
			>build/$$stage.json && \
		$(call put,644,build/$$stage.json,'$(DESTDIR)$(HOOKSDIR)'/oci-deploy-hook-$$stage.json) || exit 1; \
	done
	@echo "installed $(DESTDIR)$(PREFIX)/bin/oci-deploy-hook, registered in $(DESTDIR)$(HOOKSDIR)"

# A start that has read the registration fails without the binary: so it outlives the registration.
GRACE ?= 10
uninstall: ## remove what install installed (containers that wait for a hook keep it)
	@for stage in $(STAGES); do rm -f '$(DESTDIR)$(HOOKSDIR)'/oci-deploy-hook-$$stage.json; done
	@rm -f '$(DESTDIR)$(PREFIX)/share/man/man8/oci-deploy-hook.8' \
		'$(DESTDIR)$(PREFIX)/share/man/man7/oci-deploy-hook-seccomp.7' \
		'$(DESTDIR)$(PREFIX)/share/man/man5/oci-deploy-hook.json.5' \
		'$(DESTDIR)$(PREFIX)/share/man/man5/oci-deploy-hook-record.5' \
		'$(DESTDIR)$(PREFIX)/$(COMPLETIONS)/oci-deploy-hook'
	@if [ -e '$(DESTDIR)$(PREFIX)/bin/oci-deploy-hook' ]; then \
		echo "no longer registered; the binary goes in $(GRACE) s, after the starts under way"; \
		sleep '$(GRACE)' && rm -f '$(DESTDIR)$(PREFIX)/bin/oci-deploy-hook'; fi

fmt: ## format the C code
	clang-format -i $$(git ls-files '*.c' '*.h')

fmt-check: ## is the C code formatted?
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')

man: ## lint the man pages
	mandoc -T lint -W warning man/*

tidy: man ## clang-tidy, shellcheck, and the man pages
	clang-tidy --quiet $(SRC) tools/launch.c -- -std=gnu11 $(CPPFLAGS_ALL)
	shellcheck -x $$(git ls-files '*.sh' '*.bash' '*.bats' .ci/run tests/unit/run)

clean: ## remove what was built
	rm -rf build $(BINARY)

-include $(OBJ:.o=.d) $(UNIT:=.d)

.PHONY: all help deps test-binary unit tools check demo transcript bench bench-waiting asan install uninstall fmt fmt-check man tidy clean
