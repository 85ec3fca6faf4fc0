"use client";

const LOOP_STEPS = ["open", "join", "send", "receive"] as const;
export type LoopStepId = (typeof LOOP_STEPS)[number];

export interface LoopStep {
  id: LoopStepId;
  /** Since the start of the whole loop. */
  startMs: number;
  endMs: number;
}

export type LoopResult =
  | { ok: true; steps: LoopStep[]; topic: string; text: string }
  | { ok: false; steps: LoopStep[]; failedAt: LoopStepId; reason: string };

interface LoopTarget {
  websocketUrl: string;
  key: string;
  /** What is sent and must come back. */
  text: string;
}

const DEADLINE_MS = 10_000;

/** Opens a socket of this browser's own, joins a topic, sends one message and waits for it to come back. */
export function runLoop({ websocketUrl, key, text }: LoopTarget): Promise<LoopResult> {
  const subTopic = `dashboard:${crypto.randomUUID()}`;
  const topic = `realtime:${subTopic}`;
  const startedMs = performance.now();
  const sinceMs = () => performance.now() - startedMs;
  const steps: LoopStep[] = [];
  let current: LoopStepId = "open";
  let stepStartMs = 0;
  const socket = new WebSocket(`${websocketUrl}?apikey=${encodeURIComponent(key)}&vsn=2.0.0`);
  const push = (ref: string, event: string, payload: unknown) =>
    socket.send(JSON.stringify(["1", ref, topic, event, payload]));

  return new Promise((resolve) => {
    const end = (result: LoopResult) => {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close(1000);
      resolve(result);
    };
    const fail = (reason: string) => end({ ok: false, steps, failedAt: current, reason });
    const advance = (next: LoopStepId | null) => {
      const nowMs = sinceMs();
      steps.push({ id: current, startMs: stepStartMs, endMs: nowMs });
      stepStartMs = nowMs;
      if (next) current = next;
    };
    const timer = setTimeout(() => fail(`no answer within ${DEADLINE_MS / 1_000} s`), DEADLINE_MS);

    socket.onopen = () => {
      advance("join");
      push("1", "phx_join", { config: { broadcast: { self: true, ack: true } } });
    };
    socket.onmessage = ({ data }) => {
      const frame = parseFrame(data);
      if (!frame || frame.topic !== topic) return;
      if (frame.event === "phx_reply" && frame.ref === "1") {
        if (frame.payload.status !== "ok") {
          fail(reasonOf(frame.payload.response));
          return;
        }
        advance("send");
        push("2", "broadcast", { type: "broadcast", event: "loop", payload: { text } });
        advance("receive");
      } else if (frame.event === "broadcast") {
        advance(null);
        end({ ok: true, steps, topic: subTopic, text });
      } else if (frame.event === "system" && frame.payload.status === "error") {
        fail(String(frame.payload.message));
      }
    };
    socket.onclose = ({ code, reason }) => fail(closeReason(current, code, reason));
  });
}

interface LoopFrame {
  ref: unknown;
  topic: unknown;
  event: unknown;
  payload: { status?: unknown; response?: unknown; message?: unknown };
}

function parseFrame(data: unknown): LoopFrame | null {
  if (typeof data !== "string") return null;
  const frame: unknown = JSON.parse(data);
  if (!Array.isArray(frame)) return null;
  const [, ref, topic, event, payload] = frame as unknown[];
  return { ref, topic, event, payload: typeof payload === "object" && payload !== null ? payload : {} };
}

function reasonOf(response: unknown): string {
  if (typeof response === "object" && response !== null && "reason" in response)
    return String(response.reason);
  return "the join was refused";
}

function closeReason(at: LoopStepId, code: number, reason: string): string {
  if (at === "open") return "the node refused the connection: the inspector shows the refusal with its code";
  return `the node closed the connection (${code}${reason ? ` ${reason}` : ""})`;
}
