/** opgd: one process, one command. Results on standard output, everything else on standard error. */
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { program } from "./cli/program.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

const USAGE = 2;

try {
  const root = await program(process.argv.slice(2), version);
  exitOverride(root);
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    process.stderr.write(`opgd: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

function exitOverride(command: Awaited<ReturnType<typeof program>>): void {
  command.exitOverride();
  for (const child of command.commands) exitOverride(child);
}

/** One line for errors of ours; a fault in the program shows where it happened. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs =
    error.constructor !== Error && !(error instanceof TypeError) && !(error instanceof RangeError);
  return isOurs || "code" in error ? error.message : (error.stack ?? error.message);
}
