"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { describeClient } from "#features/connections/client-name.ts";
import { authClient } from "#lib/auth-client.ts";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { ErrorState } from "#ui/error-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";

const KEY = ["sessions"];

/** The reader's own first, then the latest. */
async function readSessions() {
  const [list, current] = await Promise.all([authClient.listSessions(), authClient.getSession()]);
  if (list.error) throw new Error(list.error.message ?? "The sessions could not be read.");
  const currentToken = current.data?.session.token;
  const sessions = list.data.map(({ token, createdAt, ipAddress, userAgent }) => ({
    token,
    current: token === currentToken,
    createdAtMs: new Date(createdAt).getTime(),
    address: ipAddress ?? "",
    client: describeClient(userAgent ?? undefined),
  }));
  return sessions.sort((a, b) => Number(b.current) - Number(a.current) || b.createdAtMs - a.createdAtMs);
}

async function revokeSession(token: string): Promise<void> {
  const { error } = await authClient.revokeSession({ token });
  if (error) throw new Error(error.message ?? "The session could not be ended.");
}

/** Where the reader is signed in. */
export function SessionsCard() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({ queryKey: KEY, queryFn: readSessions });
  const revoke = useMutation({
    mutationFn: revokeSession,
    onSuccess: () => toast.success("Signed out there"),
    onError: ({ message }) => toast.error(message),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <Card aria-label="Your sessions">
      <CardHeader title="Your sessions" description="Where you are signed in." />
      {data ? (
        <ul className="border-t">
          {data.map(({ token, current, createdAtMs, address, client: name }) => (
            <li
              key={token}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5 text-sm last:border-b-0"
            >
              <span>{name}</span>
              <span className="font-mono text-faint text-xs">{address}</span>
              <RelativeTime atMs={createdAtMs} className="text-faint text-xs" />
              <span className="ml-auto">
                {current ? (
                  <Badge tone="ok">this one</Badge>
                ) : (
                  <Button
                    size="sm"
                    variant="ghost"
                    onClick={() => revoke.mutate(token)}
                    busy={revoke.isPending && revoke.variables === token}
                  >
                    Sign out there
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      ) : error ? (
        <ErrorState sentence={error.message} onRetry={() => void refetch()} className="m-4" />
      ) : (
        <SkeletonRows rows={2} />
      )}
    </Card>
  );
}
