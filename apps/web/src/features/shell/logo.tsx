/** Three tides, one wire. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      strokeWidth="2"
      strokeLinecap="round"
      aria-hidden="true"
      className={className}
    >
      <path d="M3 7.5c3 0 3-3 6-3s3 3 6 3 3-3 6-3" stroke="currentColor" opacity="0.45" />
      <path d="M3 13.5c3 0 3-3 6-3s3 3 6 3 3-3 6-3" stroke="currentColor" opacity="0.75" />
      <path d="M3 19.5c3 0 3-3 6-3s3 3 6 3 3-3 6-3" stroke="var(--accent)" />
    </svg>
  );
}
