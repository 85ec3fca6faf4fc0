# One realtime node. Build from the repository root:
#   docker build -f docker/node.Dockerfile -t tidewire/node .
ARG NODE_IMAGE=node:22-bookworm-slim

# The same lines as in web.Dockerfile, so that both images share one installation.
FROM ${NODE_IMAGE} AS dependencies
ENV NEXT_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
WORKDIR /src
COPY package.json package-lock.json ./
COPY apps/realtime-node/package.json apps/realtime-node/
COPY apps/web/package.json apps/web/
COPY bench/package.json bench/
COPY packages/db/package.json packages/db/
COPY packages/protocol/package.json packages/protocol/
COPY packages/testkit/package.json packages/testkit/
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM dependencies AS build
COPY . .
RUN npx --no-install turbo run build --filter=@tidewire/realtime-node \
  && node docker/collect-modules.mjs apps/realtime-node /out/node_modules \
  && mkdir /out/state

FROM ${NODE_IMAGE}
ENV NODE_ENV=production TIDEWIRE_HOST=0.0.0.0 TIDEWIRE_PORT=4000 \
  TIDEWIRE_ADMIN_HOST=0.0.0.0 TIDEWIRE_ADMIN_PORT=4900 TIDEWIRE_STATE_DIR=/var/lib/tidewire
WORKDIR /app
COPY --from=build /out/node_modules ./node_modules
COPY --from=build /src/apps/realtime-node/package.json ./
COPY --from=build /src/apps/realtime-node/dist ./dist
COPY --from=build --chown=65534:65534 /out/state /var/lib/tidewire
USER 65534:65534
EXPOSE 4000 4900
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TIDEWIRE_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
