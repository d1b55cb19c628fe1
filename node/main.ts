/** opgd: one process, one command. Results on standard output, everything else on standard error. */
import { CommanderError } from "commander";
import { program } from "./cli/program.ts";
import { NodeError } from "./errors.ts";
import { VERSION } from "./version.ts";

const USAGE = 2;

// Whoever reads our output may have enough of it, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  const root = await program(process.argv.slice(2), VERSION);
  exitOverride(root);
  await root.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    process.stderr.write(`opgd: ${messageOf(error)}\n`);
    process.exitCode = error instanceof NodeError && error.code === "usage" ? USAGE : 1;
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
