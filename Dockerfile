# syntax=docker/dockerfile:1
# One image for every role: `docker run … node main.ts --roles web,worker,grpc` (the default), or any of them.

# The console, built with everything that building needs and thrown away afterwards.
FROM node:24-slim AS console
WORKDIR /doubloon
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run --silent console:build

# What runs. OMIT="--omit=dev --omit=optional" leaves the embedded engines out: about 1 GB less, and then POSTGRES_URL
# and CLICKHOUSE_URL must be set.
FROM node:24-slim
ARG OMIT="--omit=dev"
ENV NODE_ENV=production
WORKDIR /doubloon
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund ${OMIT} && npm cache clean --force
COPY . .
COPY --from=console /doubloon/console/dist console/dist
# The data folder must belong to the one who writes it; the program itself must not.
RUN mkdir /data && chown node:node /data
VOLUME /data
ENV DOUBLOON_HOST=0.0.0.0 DOUBLOON_PORT=8787 DOUBLOON_GRPC_PORT=8786 DOUBLOON_DATA=/data
EXPOSE 8787 8786
USER node
# A process without the role web has no /readyz: start it with --no-healthcheck.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.DOUBLOON_PORT + '/readyz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
# Closing in order takes seconds, not the ten that Docker waits by itself: give it `stop_grace_period: 60s`.
STOPSIGNAL SIGTERM
CMD ["node", "main.ts"]
