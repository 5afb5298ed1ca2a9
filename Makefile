# Salve. Needs Go 1.26, Python 3.11 and make; everything else is installed here from lock files.
PYTHON ?= python3
GO ?= go
BIN := bin
LINT_VERSION := v2.15.0
LDFLAGS := -s -w

.PHONY: help
help: ## list what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-12s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

.PHONY: lab-env
lab-env: .venv/.ready ## install the emulators into .venv
.venv/.ready: lab/requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "python3 (3.11 or newer) is missing: install it, or run make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r lab/requirements.txt
	touch $@

.PHONY: build
build: ## build the command line and the function, for this machine
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $(BIN)/salve ./cmd/salve
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $(BIN)/salve-function ./functions/orchestrator

.PHONY: demo
demo: lab-env build ## watch a finding go all the way, without an AWS account
	$(BIN)/salve demo

.PHONY: test
test: lab-env ## run all tests
	$(GO) vet ./...
	$(GO) test -timeout 20m ./...

.PHONY: generate
generate: ## rewrite what is derived from declarations
	$(GO) generate ./...

.PHONY: lint
lint: $(BIN)/golangci-lint .cfn-lint/.ready ## lint code and templates
	$(BIN)/golangci-lint run ./...
	.cfn-lint/bin/cfn-lint deploy/hub.yaml deploy/member.yaml
$(BIN)/golangci-lint:
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
.cfn-lint/.ready: deploy/requirements.txt
	$(PYTHON) -m venv .cfn-lint
	.cfn-lint/bin/pip install -q --disable-pip-version-check --require-hashes -r deploy/requirements.txt
	touch $@

.PHONY: clean
clean: ## remove what was built and installed
	rm -rf $(BIN) .venv .cfn-lint
