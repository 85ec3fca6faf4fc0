import { getSessionCookie } from "better-auth/cookies";
import { type NextRequest, NextResponse } from "next/server";

/** Sends readers without a session to the sign-in page and remembers where they wanted to go. Pages check it for real. */
export function proxy(request: NextRequest): NextResponse {
  if (getSessionCookie(request, { cookiePrefix: "tidewire" })) return NextResponse.next();
  const { pathname, search } = request.nextUrl;
  const to = request.nextUrl.clone();
  to.pathname = "/sign-in";
  to.search = pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
  return NextResponse.redirect(to);
}

export const config = {
  matcher: ["/", "/projects/:path*", "/fleet/:path*", "/team/:path*", "/audit/:path*"],
};
