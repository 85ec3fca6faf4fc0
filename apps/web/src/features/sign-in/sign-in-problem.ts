export interface SignInFailure {
  /** 0 when no answer came at all. */
  status: number;
  code?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

export interface SignInProblem {
  sentence: string;
  remedy: string | null;
  /** The form stays shut for this long. */
  waitSeconds: number;
}

/** Used when a 429 does not say for how long: the window of the server's limit. */
const LOCKED_OUT_SECONDS = 10;

/** Why signing in failed, in words: the reader's mistake, a lock-out, or an outage that is not the reader's. */
export function toSignInProblem({ status, code, retryAfterSeconds }: SignInFailure): SignInProblem {
  if (status === 429) {
    return {
      sentence: "Too many attempts from this address. Signing in is locked for a moment.",
      remedy: null,
      waitSeconds: retryAfterSeconds ?? LOCKED_OUT_SECONDS,
    };
  }
  if (status === 0) {
    return {
      sentence: "The dashboard server does not answer.",
      remedy: "Realtime nodes keep serving meanwhile. Check that the dashboard process runs.",
      waitSeconds: 0,
    };
  }
  if (status >= 500 && code !== "CONTROL_DATABASE_DOWN") {
    return {
      sentence: "Signing in failed on the server. Its log has the details.",
      remedy: null,
      waitSeconds: 0,
    };
  }
  if (status >= 500) {
    return {
      sentence: "The control database does not answer, so nobody can be signed in right now.",
      remedy:
        "Realtime nodes keep serving every project they know. Start the control database and try again.",
      waitSeconds: 0,
    };
  }
  if (status === 403) {
    return {
      sentence: "This address of the dashboard is not trusted to sign in.",
      remedy: "Open it under the URL that npm start printed, or set BETTER_AUTH_URL to this one.",
      waitSeconds: 0,
    };
  }
  return { sentence: "E-mail or password is wrong.", remedy: null, waitSeconds: 0 };
}

/** Where to go after signing in: a path of this dashboard, never another site. */
export function toSafeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/projects";
}
