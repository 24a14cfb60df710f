# `make dev` and `make test` are all there is to set up. Both need Node.js 20 or newer, npm and make; Node 24, which
# everything here runs on, comes with the project's packages.

NODE := node_modules/.bin/node
SOURCES := $(shell find src test -name '*.ts' 2>/dev/null)

.PHONY: dev test build bench clean clean-data

dev: dist/.built
	@$(NODE) --enable-source-maps dist/app/dev.js

test: dist/.built
	npm run --silent format:check
	npm run --silent lint
	npm run --silent layers
	npm run --silent typecheck
	npm run --silent schemas -- check
	npm run --silent schemas -- types --check
	npm run --silent schemas -- docs --check
	npm run --silent jest

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
