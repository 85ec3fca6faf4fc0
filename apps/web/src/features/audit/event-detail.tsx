"use client";
import type { AuditView } from "#server/views/audit.ts";
import { Dialog } from "#ui/dialog.tsx";
import { ClockTime } from "#ui/relative-time.tsx";
import { diffJson } from "./diff.ts";

interface EventDetailProps {
  event: AuditView;
  onClose: () => void;
}

export function EventDetail({ event, onClose }: EventDetailProps) {
  const changes = diffJson(event.before, event.after);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="side"
      title={event.action}
      description={
        <>
          {event.actor}, <ClockTime atMs={event.atMs} className="text-xs" />
        </>
      }
    >
      {changes.length === 0 ? (
        <p className="text-muted text-sm">It left nothing to compare.</p>
      ) : (
        <table aria-label="What changed" className="w-full text-sm">
          <thead>
            <tr className="border-b text-left text-faint text-xs">
              <th scope="col" className="py-1.5 pr-3 font-medium">
                Field
              </th>
              <th scope="col" className="py-1.5 pr-3 font-medium">
                Before
              </th>
              <th scope="col" className="py-1.5 font-medium">
                After
              </th>
            </tr>
          </thead>
          <tbody className="font-mono text-xs">
            {changes.map(({ path, before, after }) => (
              <tr key={path} className="border-b align-top last:border-b-0">
                <td className="break-all py-2 pr-3">{path}</td>
                <td className="break-all py-2 pr-3 text-bad">{before ?? "–"}</td>
                <td className="break-all py-2 text-ok">{after ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}
