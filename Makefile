# Thin wrapper over CMake. Two commands do everything: `make demo` and `make test`.
BUILD ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
LUA ?= lua5.4
CMAKE_FLAGS ?=

.PHONY: all build
all: build

build:
	@cmake -S . -B $(BUILD) $(CMAKE_FLAGS) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)
