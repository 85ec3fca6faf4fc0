import { auditRouter } from "./routers/audit.ts";
import { connectionsRouter } from "./routers/connections.ts";
import { databaseRouter } from "./routers/database.ts";
import { fleetRouter } from "./routers/fleet.ts";
import { frameRouter } from "./routers/frame.ts";
import { inspectorRouter } from "./routers/inspector.ts";
import { keysRouter } from "./routers/keys.ts";
import { logsRouter } from "./routers/logs.ts";
import { meRouter } from "./routers/me.ts";
import { overviewRouter } from "./routers/overview.ts";
import { policiesRouter } from "./routers/policies.ts";
import { presenceRouter } from "./routers/presence.ts";
import { projectsRouter } from "./routers/projects.ts";
import { replicationRouter } from "./routers/replication.ts";
import { teamRouter } from "./routers/team.ts";
import { createCallerFactory, router } from "./trpc.ts";

export const appRouter = router({
  me: meRouter,
  projects: projectsRouter,
  overview: overviewRouter,
  inspector: inspectorRouter,
  presence: presenceRouter,
  connections: connectionsRouter,
  replication: replicationRouter,
  database: databaseRouter,
  policies: policiesRouter,
  logs: logsRouter,
  fleet: fleetRouter,
  keys: keysRouter,
  team: teamRouter,
  audit: auditRouter,
  frame: frameRouter,
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
