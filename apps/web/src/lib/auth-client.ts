import { createAuthClient } from "better-auth/react";

/** Same origin, so no base URL: it works behind any host name the dashboard is served under. */
export const authClient = createAuthClient();
