import { readFileSync } from "node:fs";
import type { Command } from "commander";
import t from "tap";
import { GROUPS, program } from "../../node/cli/program.ts";
import { cliReference } from "../../scripts/cli-docs.ts";

const reference = await cliReference();

t.test("docs/cli.md is what the commands say of themselves", async (t) => {
  const file = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  t.ok(file === reference, "run: node --import tsx scripts/cli-docs.ts");
});

t.test("every command and flag is in it", async (t) => {
  const visit = (command: Command, parents: readonly string[]) => {
    const names = [...parents, command.name()];
    t.ok(reference.includes(`# ${names.join(" ")}\n`), names.join(" "));
    for (const { long, hidden } of command.options)
      if (long !== "--version" && !hidden) t.ok(reference.includes(long!), long!);
    for (const inner of command.commands) visit(inner, names);
  };
  for (const command of (await program("all", "0")).commands) visit(command, ["opgd"]);
});

t.test("the list of commands and the commands agree", async (t) => {
  const all = await program("all", "0");
  t.strictSame(
    all.commands.map((command) => command.name()),
    Object.keys(GROUPS),
  );
  for (const command of all.commands) {
    const brief = GROUPS[command.name()]!.description;
    t.ok(brief.length <= 80 && brief === brief.trim(), `${command.name()}: ${brief}`);
  }
});

t.test("nothing of the machine it was written on is in it", async (t) => {
  t.notMatch(reference, new RegExp(`${process.env["HOME"]}/`));
  t.notMatch(reference, /\/(home|Users|tmp)\//);
});
