/** What the member says of itself: its meta without the references that the protocol adds. */
export function toOwnMeta(metaJson: string): string {
  const { phx_ref: _ref, phx_ref_prev: _previous, ...own } = JSON.parse(metaJson) as Record<string, unknown>;
  return JSON.stringify(own);
}
