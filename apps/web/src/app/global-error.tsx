"use client";

/** Stands alone: when even the root layout failed, nothing of ours can be relied on. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body style={{ fontFamily: "system-ui, sans-serif", padding: "4rem", maxWidth: "40rem" }}>
        <h1 style={{ fontSize: "1.25rem" }}>This page broke</h1>
        <p>Realtime nodes are not affected. The dashboard server's log has the details.</p>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
