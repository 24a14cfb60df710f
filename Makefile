# `make dev` and `make test` are all there is to set up. Both need Node.js 20 or newer, npm and make; Node 24, which
# everything here runs on, comes with the project's packages. The targets with "stack" run real engines, without Docker:
# they need Python 3 with pip, Maven and Java 17 as well. `stack/stack help` lists their variables.

NODE := node_modules/.bin/node
SOURCES := $(shell find src test -name '*.ts' 2>/dev/null)

.PHONY: dev test audit build bench clean clean-data stack-up stack-down stack-status stack-clean test-stack dev-stack observe fuzz smoke rehearse infra-check infra-record lint-delivery

dev: dist/.built
	@$(NODE) --enable-source-maps dist/app/dev.js

test: check schemas
	npm run --silent jest

check: node_modules/.installed
	npm run --silent format:check
	npm run --silent lint
	npm run --silent lint:compose
	$(MAKE) --no-print-directory lint-delivery
	npm run --silent layers
	npm run --silent typecheck

schemas: dist/.built
	npm run --silent schemas -- check
	npm run --silent schemas -- types --check
	npm run --silent schemas -- docs --check

# All engines, on ports and in a folder of their own, are stopped again, whatever happens.
test-stack: dist/.built
	$(JUNIT) stack/stack run -- npm run --silent jest:stack

# The system on the engines of stack-up, to try. They go on when it ends.
dev-stack: stack-up
	@echo 'Other terminals find these engines (npm run topics, npm run dlq …) after:  eval "$$(stack/stack env)"'
	@eval "$$(stack/stack env)"; exec $(NODE) --enable-source-maps dist/app/dev.js

# Prometheus with the rules and alerts of deploy/prometheus, on 127.0.0.1:9090, beside `make dev`.
observe: node_modules/.installed
	@$(NODE) stack/observe.ts

# Schemathesis (Python 3.11 or newer, with pip) against a program of its own: no 5xx, nothing that the OpenAPI document does not say.
fuzz: dist/.built
	@$(NODE) stack/fuzz.ts

# hadolint, shellcheck, checkov, kubeconform, npm-groovy-lint, actionlint and terraform fmt on what is delivered. The first time they are
# installed in a cache; what this machine does not have is skipped, says so, and is counted.
lint-delivery: node_modules/.installed
	@$(NODE) stack/delivery/main.ts

# A roll-out without a cloud, on real engines: the image's content, migrations, a process for each pod of the rendered overlay, the smoke
# test, and a second version while customers order. REHEARSE_FROM=COMMIT begins with another version. Needs kubectl.
rehearse: dist/.built
	@stack/stack run -- $(NODE) stack/rehearsal/main.ts

# An order through the API at an address: make smoke URL=https://shop.example (SMOKE_TOKEN where it has an issuer).
smoke: dist/.built
	@npm run --silent smoke -- --url '$(URL)'

# What can be said of infra/terraform without a cloud: the provider's schema and tflint are downloaded at the first use.
infra-check: node_modules/.installed
	@$(NODE) stack/infra/main.ts check

# After another version of a module, and `terraform init` in a root: the variables and outputs that the check compares with.
infra-record: node_modules/.installed
	@$(NODE) stack/infra/main.ts record

stack-up: dist/.built
	stack/stack up

stack-down:
	stack/stack down

stack-status:
	@stack/stack status

stack-clean:
	stack/stack clean

# Licences of what runs in production, and what the registry knows of its weaknesses.
audit: dist/.built
	@$(NODE) --enable-source-maps dist/test/licences/audit.js

build: dist/.built

bench: dist/.built
	npm run --silent bench

clean:
	rm -rf dist

clean-data:
	rm -rf data

node_modules/.installed: package.json package-lock.json
	npm ci --loglevel=error
	@touch $@

dist/.built: node_modules/.installed tsconfig.json tsconfig.build.json $(SOURCES)
	rm -rf dist
	npm run --silent build
	@touch $@

# Everything in containers, or only the engines (docker-compose.yml). `make down` keeps the data.
.PHONY: up down engines-up

COMPOSE := docker compose --profile system

up:
	$(COMPOSE) up --build --detach --wait
	@printf '%s\n' '' \
	  'The order API:     http://localhost:18081/api/orders' \
	  'The inventory API: http://localhost:18082/api/inventory/SKU-123' \
	  'All of the API:    http://localhost:8080/api (documents: http://localhost:8080/services/order/docs and so on)' \
	  'Mail:              http://localhost:18025' \
	  'Prometheus:        http://localhost:9091' \
	  'Grafana:           http://localhost:13000' ''

down:
	$(COMPOSE) down

engines-up:
	docker compose --profile engines up --detach --wait

# The stages of Jenkinsfile and .github/workflows, in their order (docs/operations.md, "Pipeline"). Those with ENVIRONMENT=staging or prod take
# its settings from deploy/pipeline/settings. unit, contract and e2e are the tests of `make test` in three parts.
.PHONY: check unit contract e2e schemas schemas-registry secrets-scan settings infra-validate infra-plan \
  image image-sbom image-scan image-push image-sign image-verify roll-out smoke-test release-keep rollback

PIPELINE := deploy/pipeline
JUNIT = JUNIT_FILE=reports/$@.xml
CONTRACTS := contracts?\.spec\.ts$$ src/adapters/eventstoredb/ test/eventstoredb-wire/
E2E := \.e2e\.spec\.ts$$
quoted = $(patsubst %,'%',$(1))
JEST = $(JUNIT) npm run --silent jest -- $(JEST_ARGUMENTS)

unit: dist/.built
	$(JEST) --testPathIgnorePatterns /node_modules/ '\.stack\.spec\.ts$$' $(call quoted,$(CONTRACTS) $(E2E))

contract: dist/.built
	$(JEST) --testPathPatterns $(call quoted,$(CONTRACTS))

e2e: dist/.built
	$(JEST) --testPathPatterns $(call quoted,$(E2E))

# Against the registry of an environment, if there is a way to it; 1 when a schema may not follow.
schemas-registry: dist/.built
	@$(PIPELINE)/schemas.sh "$(ENVIRONMENT)"

# The whole history, by gitleaks.
secrets-scan: node_modules/.installed
	@$(NODE) stack/delivery/secrets.ts

settings:
	@$(PIPELINE)/settings.sh "$(ENVIRONMENT)"

# These two need the internet; the second one an account.
infra-validate:
	$(PIPELINE)/infrastructure.sh validate

infra-plan:
	$(PIPELINE)/infrastructure.sh plan "$(ENVIRONMENT)"

image:
	$(PIPELINE)/image.sh build

image-sbom:
	$(PIPELINE)/image.sh sbom

image-scan:
	$(PIPELINE)/image.sh scan

image-push:
	$(PIPELINE)/image.sh push "$(ENVIRONMENT)"

image-sign:
	$(PIPELINE)/image.sh sign "$(ENVIRONMENT)"

image-verify:
	$(PIPELINE)/image.sh verify "$(ENVIRONMENT)" "$(DIGEST)"

roll-out:
	$(PIPELINE)/release.sh roll-out "$(ENVIRONMENT)" "$(DIGEST)"

# make smoke, through the edge of the environment.
smoke-test: dist/.built
	@$(PIPELINE)/smoke-test.sh "$(ENVIRONMENT)"

release-keep:
	$(PIPELINE)/release.sh keep "$(ENVIRONMENT)"

# TO=previous: not the version that was kept last, but the one before.
rollback:
	$(PIPELINE)/release.sh rollback "$(ENVIRONMENT)" "$(or $(TO),current)"
