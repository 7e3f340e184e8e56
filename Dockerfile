# syntax=docker/dockerfile:1
# One image for every part of the product: the command decides which one it is.
#
#   docker build -t booksy-sync:local .
#   node api/main.js | node workers/main.js | node cli/booksy.mjs migrate | node simulator/main.js
#
# The same Node as the tests run on.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

# ── the sources, built ──
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No package's own script is run: none is needed, and none gets a say.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

# ── only what the product needs ──
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=build /src/dist/package.json /src/dist/package-lock.json ./
# The optional packages are an embedded PostgreSQL and a bundler: here the database is another container, and the
# workflows come bundled. Temporal's native part comes for five platforms; one is enough.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && npm cache clean --force \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(node -p "({ x64: 'x86_64', arm64: 'aarch64' })[process.arch]")-unknown-linux-gnu" -exec rm -r {} +

# ── the image ──
FROM ${NODE_IMAGE} AS product
ENV NODE_ENV=production \
  API_HOST=0.0.0.0 \
  API_PORT=8080
WORKDIR /app
# Where the simulator keeps its salons; the only place this user may write.
RUN mkdir /data && chown node:node /data
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /src/dist ./
USER node
EXPOSE 8080
# Of the API, which is also the default command; compose gives the other parts their own.
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=4 \
  CMD ["node", "infra/local/healthy.js", "http", "http://127.0.0.1:8080/readyz"]
CMD ["node", "api/main.js"]
