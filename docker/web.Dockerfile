# The control plane. Build from the repository root: docker build -f docker/web.Dockerfile -t tidewire/web .
# Target `setup` migrates the control database and makes the first sign-in; it runs once per deployment.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
ENV NEXT_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund --ignore-scripts
RUN npx --no-install turbo run build --filter=@tidewire/web

FROM build AS setup
USER 65534:65534
CMD ["node", "--import", "tsx", "scripts/setup.ts"]

FROM ${NODE_IMAGE} AS web
ENV NODE_ENV=production HOSTNAME=0.0.0.0 PORT=3000 NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=build /src/apps/web/.next/standalone ./
USER 65534:65534
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/web/server.js"]
