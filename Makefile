# Thin wrapper over CMake. Two commands do everything: `make demo` and `make test`.
# Each installs the Debian packages it misses (root is needed only then).
BUILD ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
CMAKE_FLAGS ?=
SANITIZED = $(BUILD)-sanitized
REDUCED = $(BUILD)-without-openssl
ELSEWHERE = cli demo tam transport conformance
T ?= scanner
S ?= 60
ROUNDS ?= 5
SECONDS ?= 0.3
N ?= 100000
FIRST ?= 1
SEED ?= 1
FUZZED = $(wildcard core/*.c core/encoding/*.c core/cose/*.c core/tee/*.c \
  core/crypto/*.c core/crypto/openssl/*.c)
STUBBED = key_verify key_mac_verify key_open key_unwrap unwrap key_agree certificate_key
COMMA = ,
BOUND = $(filter-out lua/binding/sqlite.c,$(wildcard lua/binding/*.c))
PRELOAD = $(shell gcc -print-file-name=libasan.so) $(shell gcc -print-file-name=libubsan.so)
C_FILES = $(shell git ls-files '*.c' '*.h')

.PHONY: all help packages build demo test test-plain test-mbedtls test-sanitized test-without-openssl \
  test-reduced test-debian13 soak-store lint badin oom coverage fuzz fuzz-suit bench prove conformance rock docs clean
all: build

help:
	@echo 'make demo    build; a TAM installs signed components on a device, and removes them again;'
	@echo '             TRANSPORT=http: TEEP over HTTP, TLS=1: everything over TLS'
	@echo 'make test    build; every spec and C test, then again with mbedtls first, and under ASan and UBSan'
	@echo 'make test-without-openssl  a device of a build that has mbedtls alone'
	@echo 'make test-reduced          builds without mbedtls, and without transports'
	@echo 'make test-debian13         make test and the four demos in a chroot of Debian 13 (as root)'
	@echo 'make soak-store  kill hundreds of processes that work on a store, look for damage'
	@echo 'make suit-oracle  random manifests against an independent interpreter; N=100000, FIRST=1 (seed)'
	@echo 'make lint    compiler warnings (gcc, clang), clang-format, luacheck'
	@echo 'make badin   tens of thousands of bad inputs of every kind, each refused with the code expected of it'
	@echo 'make oom     each allocation of each call fails once: clean errors, nothing leaks'
	@echo 'make coverage  branches of encodings and COSE that the tests take'
	@echo 'make fuzz    feed a decoder hostile bytes; T=scanner|cose|cose_symmetric|certificate|key|der|values|schema, S=60 seconds'
	@echo 'make fuzz-suit  manifests and reports of random structure, led by the Lua lines they reach;'
	@echo '             T=sequence|envelope|report, S=60 seconds or RUNS=N, SEED=1; INPUT=file runs a finding again'
	@echo 'make bench   rates and ratios, also in build/bench.json; ROUNDS=5, SECONDS=0.3 for each'
	@echo 'make prove   prove with Frama-C that the scanner of CBOR is free of run-time errors'
	@echo 'make rock    build and install the rock into a temporary tree, run the demo with it'
	@echo 'make conformance  which spec proves which rule of the drafts, and the gaps'
	@echo 'make docs    generate docs/errors.md'

packages:
	@rockspec/debian.sh build

build: packages
	@cmake -S . -B $(BUILD) $(CMAKE_FLAGS) --log-level=WARNING >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) >$(BUILD)/build.log 2>&1 || { cat $(BUILD)/build.log; exit 1; }

demo: build
	@TEEP=$(CURDIR)/$(BUILD)/bin/teep examples/demo/run.sh

test: test-plain test-mbedtls test-sanitized

test-plain:
	@rockspec/debian.sh test
	@$(MAKE) --no-print-directory build
	@cd $(BUILD) && ctest --output-on-failure
	@LUATEEP_BUILD=$(BUILD) busted

# Every spec again with the other order of the crypto providers: what mbedtls has, mbedtls serves.
test-mbedtls:
	@rockspec/debian.sh test
	@$(MAKE) --no-print-directory build
	@LUATEEP_BUILD=$(BUILD) LUATEEP_PROVIDERS=mbedtls,openssl busted

# Leaks are looked for in the C tests; the Lua interpreter itself is not built for it.
test-sanitized:
	@rockspec/debian.sh test
	@$(MAKE) --no-print-directory build BUILD=$(SANITIZED) CMAKE_FLAGS='-DLUATEEP_SANITIZE=ON $(CMAKE_FLAGS)'
	@cd $(SANITIZED) && ctest --output-on-failure
	@LUATEEP_BUILD=$(SANITIZED) ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD='$(PRELOAD)' lua5.4 /usr/bin/busted

# Hundreds of processes killed in the middle of their work on a store.
soak-store: build
	@LUATEEP_SOAK=500 LUATEEP_BUILD=$(BUILD) busted spec/store/kill_spec.lua

# Random manifests: what the processor does against what an interpreter of other build says.
suit-oracle: build
	@nice -n 19 lua5.4 spec/suit/oracle/run.lua $(BUILD) $(N) $(FIRST)

# The specs that crypto providers matter to and that need no TAM, which such a build refuses to be; then it is used
# as a device, with a TAM of the ordinary build.
test-without-openssl:
	@rockspec/debian.sh test
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory build BUILD=$(REDUCED) CMAKE_FLAGS='-DWITH_OPENSSL=OFF $(CMAKE_FLAGS)'
	@! nm -D --undefined-only $(REDUCED)/lua/teep/core.so | grep -E ' (EVP|OSSL|BN|CRYPTO|OPENSSL)_' || \
	  { echo 'the core of a build without OpenSSL needs OpenSSL'; exit 1; }
	@cd $(REDUCED) && ctest --output-on-failure
	@LUATEEP_BUILD=$(REDUCED) busted $(filter-out $(addprefix spec/,$(ELSEWHERE)),$(sort $(patsubst %/,%,$(dir $(wildcard spec/*/*_spec.lua)))))
	@LUATEEP_BUILD=$(BUILD) LUATEEP_WITHOUT_OPENSSL=$(REDUCED) busted spec/provider/without_openssl.lua

# A build without mbedtls, where keys and signatures are at work; one without libwebsockets, as its user meets it.
test-reduced:
	@rockspec/debian.sh test
	@$(MAKE) --no-print-directory build BUILD=$(BUILD)-without-mbedtls CMAKE_FLAGS='-DWITH_MBEDTLS=OFF $(CMAKE_FLAGS)'
	@cd $(BUILD)-without-mbedtls && ctest --output-on-failure
	@LUATEEP_BUILD=$(BUILD)-without-mbedtls busted spec/provider spec/crypto spec/key spec/cose spec/driver spec/agent spec/tam
	@$(MAKE) --no-print-directory build BUILD=$(BUILD)-without-lws CMAKE_FLAGS='-DWITH_LWS=OFF $(CMAKE_FLAGS)'
	@LUATEEP_WITHOUT_LWS=$(BUILD)-without-lws busted spec/provider/without_transports.lua

# Root is needed: it is a chroot, kept in build-debian13.
test-debian13:
	@rockspec/debian13.sh $(BUILD)-debian13

lint:
	@rockspec/debian.sh lint
	@clang-format --dry-run --Werror $(C_FILES)
	@luacheck -q lua policies spec transports
	@for cc in gcc clang; do \
	  cmake -S . -B $(BUILD)-lint-$$cc -DCMAKE_C_COMPILER=$$cc -DLUATEEP_WERROR=ON --log-level=WARNING >/dev/null && \
	  cmake --build $(BUILD)-lint-$$cc -j $(JOBS) >$(BUILD)-lint-$$cc/log 2>&1 || { cat $(BUILD)-lint-$$cc/log; exit 1; }; done
	@! grep -rn 'lua\.h\|libwebsockets' core --include='*.[ch]' || { echo 'core knows nothing of Lua or sockets'; exit 1; }

badin: build
	@lua5.4 spec/badin/run.lua $(BUILD)

oom: build
	@$(MAKE) --no-print-directory build BUILD=$(SANITIZED) CMAKE_FLAGS='-DLUATEEP_SANITIZE=ON $(CMAKE_FLAGS)'
	@for build in $(BUILD) $(SANITIZED); do \
	  $$build/core_oom && $$build/binding_oom $$build spec/oom/calls.lua || exit 1; done

# The specs of the folders that are measured; failing allocations and bad inputs count as well.
COVERED = $(BUILD)-coverage
coverage:
	@$(MAKE) --no-print-directory build BUILD=$(COVERED) \
	  CMAKE_FLAGS='-DCMAKE_C_FLAGS=--coverage -DCMAKE_BUILD_TYPE=Debug -DWITH_LWS=OFF $(CMAKE_FLAGS)'
	@find $(COVERED) -name '*.gcda' -delete
	@cd $(COVERED) && ctest -Q --output-on-failure
	@LUATEEP_BUILD=$(COVERED) busted -o TAP spec/cbor spec/schema spec/cose spec/key spec/crypto >$(COVERED)/log || \
	  { cat $(COVERED)/log; exit 1; }
	@lua5.4 spec/badin/run.lua $(COVERED) >$(COVERED)/log || { cat $(COVERED)/log; exit 1; }
	@$(COVERED)/core_oom >$(COVERED)/log || { cat $(COVERED)/log; exit 1; }
	@lua5.4 spec/coverage/report.lua $(COVERED) core/encoding core/cose

# Inputs worth keeping gather in build-fuzz/T; one that breaks something is written to build-fuzz.
fuzz: build
	@rockspec/debian.sh fuzz
	@mkdir -p $(BUILD)-fuzz/$(T)
	@clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	  -DLTEEP_WITH_OPENSSL -Icore/include $$(pkg-config --cflags lua5.4) spec/fuzz/$(T)_fuzz.c $(FUZZED) \
	  $(if $(filter cose%,$(T)),$(addprefix -Wl$(COMMA)--wrap=lteep_,$(STUBBED))) \
	  $(if $(filter values schema,$(T)),$(BOUND) $$(pkg-config --libs lua5.4)) -lcbor -lcrypto -lm \
	  -o $(BUILD)-fuzz/$(T)_fuzz
	@lua5.4 spec/fuzz/seeds.lua $(BUILD) $(T) $(BUILD)-fuzz/$(T)
	@LUATEEP_BUILD=$(BUILD) $(BUILD)-fuzz/$(T)_fuzz -max_total_time=$(S) -timeout=10 -rss_limit_mb=1024 \
	  -max_len=4096 -dict=spec/fuzz/cbor.dict -artifact_prefix=$(BUILD)-fuzz/ $(BUILD)-fuzz/$(T)

# What reaches new lines gathers in build-fuzz/suit/T; a finding is written there. With RUNS all follows from the seed.
fuzz-suit: T = sequence
fuzz-suit: build
	@nice -n 19 lua5.4 spec/fuzz/suit/run.lua $(BUILD) $(T) $(BUILD)-fuzz/suit/$(T) $(SEED) $(or $(INPUT),$(RUNS),$(S)s)

bench: build
	@lua5.4 spec/bench/run.lua $(BUILD) $(ROUNDS) $(SECONDS)

# Not part of .ci/run: Frama-C and its provers take half a gigabyte of packages, the proof some minutes.
prove:
	@rockspec/debian.sh prove
	@spec/prove/run.sh $(BUILD)-prove

rock:
	@rockspec/debian.sh rock
	@rockspec/try.sh

# Reads the specs alone, so that it needs no build; fails at a rule that no list knows.
conformance:
	@mkdir -p $(BUILD)
	@lua5.4 spec/conformance/report.lua $(BUILD)/conformance.json

docs: build
	@lua5.4 docs/errors.lua core/include/luateep/errors.def > docs/errors.md

clean:
	rm -rf $(BUILD) $(BUILD)-*
