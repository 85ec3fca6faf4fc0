# One realtime-node worker. Build from the repository root: docker build -f docker/node.Dockerfile -t tidewire/node .
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund --ignore-scripts \
  && npx --no-install turbo run build --filter=@tidewire/realtime-node
# What the bundle leaves outside itself: the node's own production dependencies, without the rest of the monorepo.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund --workspace=@tidewire/realtime-node

FROM ${NODE_IMAGE}
ENV NODE_ENV=production TIDEWIRE_HOST=0.0.0.0 TIDEWIRE_PORT=4000 TIDEWIRE_ADMIN_PORT=4900 TIDEWIRE_STATE_DIR=/var/lib/tidewire
WORKDIR /app
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/apps/realtime-node/node_modules ./apps/realtime-node/node_modules
COPY --from=build /src/apps/realtime-node/package.json ./apps/realtime-node/package.json
COPY --from=build /src/apps/realtime-node/dist ./apps/realtime-node/dist
RUN mkdir -p /var/lib/tidewire && chown 65534:65534 /var/lib/tidewire
USER 65534:65534
EXPOSE 4000 4900
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TIDEWIRE_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/realtime-node/dist/main.js"]
