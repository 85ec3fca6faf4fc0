# The dashboard, and the setup job beside it (`node setup.mjs`, once before every rollout). Build from the repository root:
#   docker build -f docker/web.Dockerfile -t tidewire/web .
ARG NODE_IMAGE=node:22-bookworm-slim

# The same lines as in node.Dockerfile, so that both images share one installation.
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
RUN npx --no-install turbo run build --filter=@tidewire/web \
  && node docker/bundle-setup.mjs /out/setup.mjs

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOSTNAME=0.0.0.0 PORT=3000 NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=build /src/apps/web/.next/standalone ./
COPY --from=build /out/setup.mjs ./
USER 65534:65534
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/web/server.js"]
