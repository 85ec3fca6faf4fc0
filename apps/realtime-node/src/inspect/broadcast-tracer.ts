import type { FanOutEnvelope, TraceStart } from "@tidewire/protocol/cluster/fanout";
import type { DropReason, TraceHop } from "@tidewire/protocol/cluster/tap";
import type { Clock } from "../clock.ts";
import type { FanOutWitness } from "../hub/fan-out.ts";
import type { Trace, Tracer } from "../hub/tracer.ts";

const MEMBERS_SHOWN_MAX = 50;

interface Options {
  node: string;
  region: string;
  clock: Pick<Clock, "nowMs" | "monotonicMs">;
  interest: { wants(ref: string): boolean };
  tap: {
    wantsTrace(room: { ref: string; topic: string }): boolean;
    trace(hop: TraceHop): void;
  };
}

/** Notes the steps of traced broadcasts on this node, and hands them to whoever taps it. */
export class BroadcastTracer implements Tracer {
  readonly #options: Options;
  /** When traced messages of other nodes came in; the keys go with their messages. */
  readonly #arrivals = new WeakMap<FanOutEnvelope, number>();

  constructor(options: Options) {
    this.#options = options;
  }

  begin(envelope: FanOutEnvelope): Trace | undefined {
    const { room, acceptedAtMs } = envelope;
    if (!this.#options.interest.wants(room.ref)) return undefined;
    const { region } = this.#options;
    const nowMs = this.#nowMs();
    // The time of acceptance has no fraction, and must not lie behind its own first step.
    const start = { accepted: Math.min(acceptedAtMs, nowMs), sequenced: nowMs, region };
    return new NodeTrace(envelope, start, this.#recorder());
  }

  arrived(envelope: FanOutEnvelope): void {
    this.#arrivals.set(envelope, this.#nowMs());
  }

  resume(envelope: FanOutEnvelope): Trace | undefined {
    const { trace, room } = envelope;
    if (trace === undefined || !this.#options.tap.wantsTrace(room)) return undefined;
    const inOrder = this.#nowMs();
    const busIn = this.#arrivals.get(envelope) ?? inOrder;
    return new NodeTrace(envelope, { ...trace, busIn, inOrder }, this.#recorder());
  }

  #recorder(): Recorder {
    const { node, region, tap } = this.#options;
    return { nowMs: () => this.#nowMs(), node, region, tap };
  }

  /** Epoch milliseconds with a fraction: most steps take less than one. */
  #nowMs(): number {
    const { clock } = this.#options;
    const monotonicMs = clock.monotonicMs();
    const offsetMs = clock.nowMs() - monotonicMs;
    this.#offsetMs ??= offsetMs;
    // Followed when the machine's clock is set; rounding alone moves it by less than a millisecond.
    if (Math.abs(offsetMs - this.#offsetMs) > 2) this.#offsetMs = offsetMs;
    return monotonicMs + this.#offsetMs;
  }

  #offsetMs: number | undefined;
}

interface Recorder extends Pick<Options, "node" | "region" | "tap"> {
  nowMs(): number;
}

type Steps = Omit<TraceHop["times"], "fannedOut" | "written"> & { region: string };

class NodeTrace implements Trace {
  readonly #envelope: FanOutEnvelope;
  readonly #steps: Steps;
  readonly #recorder: Recorder;
  readonly #dropped: TraceHop["members"] = [];
  readonly #served: TraceHop["members"] = [];
  #recipients = 0;
  #drops = 0;

  constructor(envelope: FanOutEnvelope, steps: Steps, recorder: Recorder) {
    this.#envelope = envelope;
    this.#steps = steps;
    this.#recorder = recorder;
  }

  readonly witness: FanOutWitness = ({ channelId }, dropped) => this.#note(channelId, dropped);

  fannedOut(): void {
    const fannedOut = this.#recorder.nowMs();
    // Sockets are written when the turn ends: this comes right behind it.
    setImmediate(() => this.#tell(fannedOut, this.#recorder.nowMs()));
  }

  busOut(): TraceStart {
    const { accepted, sequenced, region } = this.#steps;
    const busOut = this.#recorder.nowMs();
    this.#steps.busOut = busOut;
    return { accepted, sequenced, region, busOut };
  }

  #note(channel: string, dropped: DropReason | undefined): void {
    if (dropped === undefined) this.#recipients++;
    else this.#drops++;
    const list = dropped === undefined ? this.#served : this.#dropped;
    if (list.length < MEMBERS_SHOWN_MAX)
      list.push(dropped === undefined ? { channel } : { channel, dropped });
  }

  #tell(fannedOut: number, written: number): void {
    const { room, position } = this.#envelope;
    const { node, region, tap } = this.#recorder;
    const { region: fromRegion, ...times } = this.#steps;
    tap.trace({
      ref: room.ref,
      topic: room.topic,
      private: room.private,
      position,
      node,
      region,
      fromRegion,
      times: { ...times, fannedOut, written },
      recipients: this.#recipients,
      dropped: this.#drops,
      members: [...this.#dropped, ...this.#served].slice(0, MEMBERS_SHOWN_MAX),
    });
  }
}
