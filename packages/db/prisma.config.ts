import { defineConfig } from "prisma/config";

// Nothing here connects; the runner in src/migrate.ts applies the migrations.
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://nobody@127.0.0.1/nothing" },
});
