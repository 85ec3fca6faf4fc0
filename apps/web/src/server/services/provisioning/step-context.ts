import type { ControlPlane } from "@tidewire/db/control-plane";
import type { Project } from "@tidewire/db/projects";

/** What a step may use. Every step may be repeated: it finds what is done and goes on from there. */
export interface StepContext {
  plane: ControlPlane;
  /** Server on which managed databases are made. */
  managedUrl: string;
  project: Project;
  /** Where this server reaches a node of the project's region; null while none is known. */
  findNodeUrl(): Promise<string | null>;
  /** How long a node may take to come. */
  nodePatienceMs: number;
  /** Says what is going on inside the step. */
  note(text: string): void;
}
