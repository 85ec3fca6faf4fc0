import type { RunFile } from "./run-file.ts";

/** What the person at the terminal needs next, ready to paste. */
export function banner(run: RunFile): string {
  const project = run.projects[0];
  const lines = [
    "",
    "  Tidewire is ready.",
    "",
    `  Dashboard   ${run.webUrl}`,
    `  Sign in     ${run.admin.email}  ${run.admin.password}`,
    ...run.nodes.map((node) => `  Node        ${node.url}  (${node.region}, pid ${node.pid})`),
  ];
  if (project) {
    lines.push(
      "",
      `  Project     ${project.name}`,
      `  URL         ${project.url}`,
      `  Public key  ${project.publishableKey}`,
      ...(project.secretKey ? [`  Secret key  ${project.secretKey}`] : []),
      `  Database    ${project.databaseUrl}`,
      "",
      '  import { createClient } from "@supabase/supabase-js"',
      `  const client = createClient("${project.url}", "${project.publishableKey}")`,
      '  client.channel("room")',
      '    .on("broadcast", { event: "hello" }, (message) => console.log(message.payload))',
      "    .subscribe()",
    );
  }
  lines.push("", "  Ctrl-C stops everything and keeps the data.", "");
  return lines.join("\n");
}
