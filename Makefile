# Salve. Needs Go 1.26, Python 3.11, git and make; everything else is installed here from lock files.
PYTHON ?= python3
GO ?= go
ARCH ?= arm64
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BIN := bin
LINT_VERSION := v2.15.0
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X github.com/salve-security/salve/internal/version.stamp=$(VERSION)"
# Tests are compiled as the release is: what both need is compiled once.
ALIKE = CGO_ENABLED=0 GOFLAGS="$(shell $(GO) env GOFLAGS 2>/dev/null) -trimpath"
PIP := pip install -q --disable-pip-version-check --require-hashes

.PHONY: help lab-env build demo picture test race e2e golden generate apis opinion style lint vuln check bench judge package release reproduce clean
help: ## list what can be made
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "%-12s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

.PHONY: have-go
have-go:
	@command -v $(GO) >/dev/null || { echo "go is missing: install Go 1.26 (https://go.dev/dl), or run make GO=/path/to/go" >&2; exit 1; }

lab-env: .venv/.ready ## install the emulators into .venv
.venv/.ready: internal/lab/emulators/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "$(PYTHON) is missing or older than 3.11: install Python 3.11, or run make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/$(PIP) -r internal/lab/emulators/requirements.txt
	touch $@
build: have-go ## build the command line and the functions, for this machine
	$(BUILD) -o $(BIN)/salve ./cmd/salve
	$(BUILD) -tags lambda.norpc -o $(BIN)/salve-function ./functions/orchestrator
	$(BUILD) -tags lambda.norpc -o $(BIN)/salve-enabler ./functions/enabler
demo: have-go lab-env build ## watch a finding go all the way, without an AWS account
	$(BIN)/salve demo

picture: have-go lab-env build ## draw the demo from a run of it, into docs/demo.svg
	$(GO) run ./internal/generate/picture -salve $(BIN)/salve

# What takes longest comes first, else it is waited for alone at the end.
LONGEST := ./cmd/salve ./ssm-documents ./functions/playbooks/ec2 ./functions/playbooks/cloudwatch ./functions/playbooktest
test: have-go lab-env ## run all tests
	$(ALIKE) $(GO) vet ./...
	$(ALIKE) $(GO) test -timeout 40m $(LONGEST) ./...

race: have-go lab-env ## run the tests of what works in parallel with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 40m ./internal/engine/... ./internal/hub ./internal/notify ./internal/notice ./internal/lab ./functions/orchestrator
e2e: have-go lab-env ## run only the tests of the deployed chain, afresh
	$(ALIKE) $(GO) test -count=1 -timeout 20m ./e2e/...
golden: have-go lab-env ## rewrite the files that tests compare with; look at the difference
	$(ALIKE) $(GO) test -timeout 40m $$(grep -rlE 'flag.Bool\("update"|salve/functions/playbooktest"' --include='*_test.go' cmd functions/playbooks internal ssm-documents | \
	grep -v internal/docs | xargs -n1 dirname | sort -u | sed 's|^|./|') -update

generate: have-go ## rewrite what is derived from declarations
	$(GO) generate ./functions/playbooks ./playbooks && $(GO) generate ./... # what others are derived from comes first

apis: lab-env ## rewrite the names of AWS's APIs that runbooks are judged by, from the lab's botocore
	$(GO) run ./internal/generate/apis

opinion: ## compare how runbooks are judged with AWS's own schema for editors (needs npm)
	npm ci --silent --ignore-scripts --prefix internal/generate/opinion
	$(GO) run ./internal/generate/opinion internal/generate/opinion/node_modules/aws-ssm-document-language-service/dist/schema.json \
		internal/runbook/validate/testdata

style: $(BIN)/golangci-lint ## format the code as lint wants it
	$(BIN)/golangci-lint fmt

lint: $(BIN)/golangci-lint .cfn-lint/.ready ## lint code and templates
	$(BIN)/golangci-lint run ./...
	.cfn-lint/bin/cfn-lint -r ALL_REGIONS -- deploy/hub.yaml deploy/member.yaml deploy/organization.yaml
$(BIN)/golangci-lint: | have-go
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
.cfn-lint/.ready: deploy/requirements.txt
	$(PYTHON) -m venv .cfn-lint
	.cfn-lint/bin/$(PIP) -r deploy/requirements.txt
	touch $@

vuln: $(BIN)/govulncheck ## look for known vulnerabilities; passes where their list cannot be reached, and says so
	@$(BIN)/govulncheck ./...; code=$$?; \
	case $$code in 0|3) exit $$code;; *) echo "make vuln: NOT checked (govulncheck ended with $$code)" >&2;; esac
$(BIN)/govulncheck: | have-go
	GOBIN=$(CURDIR)/$(BIN) $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.1.4

check: lint vuln ## lint, known vulnerabilities, tidy modules, fresh generated files
	$(GO) mod tidy -diff
	@before=$$(git diff | git hash-object --stdin) && $(MAKE) -s generate && \
	test "$$before" = "$$(git diff | git hash-object --stdin)" || { echo "generated files were stale: look at git diff" >&2; exit 1; }

bench: have-go lab-env ## measure calls, start, memory and throughput in the lab, into docs/bench.md
	$(GO) run ./bench -write

judge: have-go lab-env .judge-venv/.ready ## have Prowler look at every fix and its undo in the lab, into docs/judge.json (ONLY=s3,iam: those)
	$(GO) run ./internal/generate/judge $(if $(ONLY),-only $(ONLY))
	$(GO) generate ./internal/docs
.judge-venv/.ready: internal/judge/prowler/requirements.txt internal/judge/prowler/prowler.txt
	$(PYTHON) -m venv .judge-venv
	.judge-venv/bin/$(PIP) -r internal/judge/prowler/requirements.txt
	.judge-venv/bin/$(PIP) --no-deps -r internal/judge/prowler/prowler.txt
	touch $@

package: have-go ## build what is released into dist/ (ARCH=arm64 or amd64)
	$(GO) run ./internal/release/dist -arch $(ARCH) -version $(VERSION)

release: have-go ## build all that is released into dist/, for every platform, and look at it as who downloads it
	@case "$(VERSION)" in *-dirty|unknown) echo "$(VERSION) is no version: commit and tag first, or run make release VERSION=v1.2.3" >&2; exit 1;; esac
	rm -rf dist
	$(GO) run ./internal/release/dist -all -version $(VERSION)

reproduce: have-go ## build the last commit in two folders, once from nothing, and compare (ALL=1: all that is released)
	@work=$$(mktemp -d) && trap 'chmod -R u+w $$work; rm -rf $$work' EXIT && mkdir $$work/a $$work/b && \
	git archive HEAD | tar -xf - -C $$work/a && git archive HEAD | tar -xf - -C $$work/b && \
	build="$(GO) run ./internal/release/dist $(if $(ALL),-all,-arch $(ARCH)) -version $(VERSION)" && \
	(cd $$work/a && $$build -out $$work/one) && (cd $$work/b && GOCACHE=$$work/cache $$build -out $$work/two) && \
	cmp $$work/one/SHA256SUMS $$work/two/SHA256SUMS && cat $$work/one/SHA256SUMS

clean: ## remove what was built and installed
	rm -rf $(BIN) dist .venv .cfn-lint .judge-venv
