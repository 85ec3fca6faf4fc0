/**
 * Numbers and times as this dashboard writes them: about three digits, no zeros that say nothing, a unit that changes
 * before a number has four digits. Unknown is a dash, never a zero.
 */
export const UNKNOWN = "–";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 1,340 up to a million, then 1.25M. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 999.5e6) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  return grouped.format(value);
}

/** A rate per second: one decimal while it is small enough to matter. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return UNKNOWN;
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "<0.1";
  if (perSecond < 10) return short(perSecond, 1);
  return formatCount(perSecond);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return UNKNOWN;
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? grouped.format(size) : trim(size)} ${BYTE_UNITS[unit]}`;
}

/** A measured latency: 0.42 ms, 8.1 ms, 312 ms, 1.25 s, 4.2 min. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 0.01) return "<0.01 ms";
  if (size < 1) return `${short(ms, 2)} ms`;
  if (size < 10) return `${short(ms, 1)} ms`;
  if (size < 999.5) return `${short(ms, 0)} ms`;
  if (size < 60_000) return `${trim(ms / 1_000)} s`;
  return formatDuration(ms);
}

/** As {@link formatMs}, for a clock of whole milliseconds: what took none of them took less than one. */
export function formatLatency(ms: number): string {
  return ms === 0 ? "<1 ms" : formatMs(ms);
}

/** A span that somebody watches run: always with a tenth, so that it does not jump. */
export function formatSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}

/** A span between two moments in its two largest units: 9 min 4 s, 3 h 10 min, 2 d 4 h. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, "h", minutes % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** Distance to the present in one unit; a moment in the future reads "in 4 s". */
export function formatAgo(ms: number): string {
  if (ms < -1_000) return `in ${coarse(-ms)}`;
  if (ms < 2_000) return "just now";
  return `${coarse(ms)} ago`;
}

/** Local wall-clock time to the millisecond. */
export function formatClock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Local date and time with the zone, for a hover. */
export function formatAbsolute(atMs: number): string {
  const at = new Date(atMs);
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${formatClock(atMs)} UTC${zone}`;
}

export function formatPercent(share: number): string {
  const percent = share * 100;
  return `${short(percent, percent < 10 ? 1 : 0)} %`;
}

/** "1 node", "3 nodes". */
export function plural(count: number, singular: string, many = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : many}`;
}

function coarse(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trim(value: number): string {
  return short(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** At most so many decimals, and none that is a zero at the end. */
function short(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
