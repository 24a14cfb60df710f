# syntax=docker/dockerfile:1

# The version is that of the devDependency `node`, on which everything is tested.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json .npmrc ./
# The compiler and the types of the dependencies are all that is needed of them here.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
# What only tests and measurements run stays behind.
RUN node_modules/.bin/tsc -p tsconfig.build.json \
  && find dist -type d \( -name testing -o -name bench \) -prune -exec rm -r {} +

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
# Native code comes prebuilt in the packages. What is removed is for building only: types, other people's source maps,
# the sources of SQLite, and the compiler, which an optional peer dependency brings.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && rm -r node_modules/typescript node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM base
LABEL org.opencontainers.image.title="order-processing-backend" \
  org.opencontainers.image.description="Event-sourced order processing for high-traffic retail" \
  org.opencontainers.image.licenses="Apache-2.0"
# /data is for the embedded engine only; with the other engines nothing is written.
RUN groupadd --gid 10001 app \
  && useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
  && install --directory --owner=app --group=app /data
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/app/main.js"]
