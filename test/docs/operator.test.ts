/** Commands of the operator's guide are commands that there are, with flags that they have. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import t from "tap";
import { program } from "../../node/cli/program.ts";

const text = readFileSync(new URL("../../docs/operator.md", import.meta.url), "utf8");
const root = await program("all", "0");

interface Found {
  readonly command: Command;
  /** What follows its name. */
  readonly words: readonly string[];
}

function find(words: readonly string[]): Found {
  let command = root;
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    const inner = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (!inner) break;
    command = inner;
  }
  return { command, words: words.slice(at) };
}

t.test("every command of docs/operator.md is one, with as many arguments and the flags that it has", (t) => {
  const lines = [...text.matchAll(/^ {4}npx opgd (.+?)(?: +#.*)?$/gm)].map((match) => match[1]!.trim());
  t.ok(lines.length >= 9, `${lines.length} commands`);
  for (const line of lines) {
    const { command, words } = find(line.split(/\s+/));
    t.equal(command.commands.length, 0, `${line}: names a command`);
    let given = 0;
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      if (!word.startsWith("--")) {
        given++;
        continue;
      }
      const option = command.options.find(({ long }) => long === word);
      t.ok(option, `${line}: ${word}`);
      if (option?.required) at++;
    }
    const needed = command.registeredArguments.filter(({ required }) => required).length;
    t.ok(given >= needed, `${line}: ${given} of ${needed} arguments`);
  }
  t.end();
});

t.test("every metric and setting that it names exists", (t) => {
  const code = ["metrics", "config"].map((name) =>
    readFileSync(new URL(`../../node/operator/${name}.ts`, import.meta.url), "utf8"),
  );
  for (const [, name] of text.matchAll(/`opg_operator_([a-z_]+)/g)) t.ok(code[0]!.includes(name!), name!);
  for (const name of [
    "processes",
    "threads",
    "execution-providers",
    "memory-mib",
    "timeout-ms",
    "metrics-address",
  ])
    t.ok(text.includes(`\`${name}`) && code[1]!.includes(name), name);
  t.end();
});
