/** Documents do not lie: links lead somewhere, commands exist with the flags that are shown, scripts are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Command } from "commander";
import t from "tap";
import { program } from "../../node/cli/program.ts";

const root = new URL("../..", import.meta.url).pathname;
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
  "abci/README.md",
];

for (const document of documents) {
  const text = readFileSync(join(root, document), "utf8");
  t.test(`${document}: its links lead somewhere`, async (t) => {
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const path = join(dirname(join(root, document)), target!);
      t.ok(existsSync(path), `${target} is ${relative(root, path)}`);
    }
  });
  t.test(`${document}: the files that its commands run are there`, async (t) => {
    for (const [, file] of text.matchAll(/node --import tsx ([\w./-]+\.ts)/g))
      t.ok(existsSync(join(root, file!)), file!);
  });
}

const opgd = await program("all", "0");

/** Walks `words` down the command tree; answers what is wrong. */
function fault(words: readonly string[]): string | undefined {
  let command: Command = opgd;
  for (const [index, word] of words.entries()) {
    if (word.startsWith("#")) return undefined;
    if (word.startsWith("--")) {
      if (!command.options.some(({ long }) => long === word) && word !== "--help")
        return `${words.slice(0, index).join(" ")} has no ${word}`;
      continue;
    }
    const next: Command | undefined = command.commands.find(
      (each) => each.name() === word || each.aliases().includes(word),
    );
    if (next) command = next;
    else if (command.commands.length > 0 && /^[a-z-]+$/.test(word))
      return `${words.slice(0, index).join(" ") || "opgd"} has no command ${word}`;
  }
  return undefined;
}

t.test("every opgd command that a document shows exists, with its flags", async (t) => {
  let seen = 0;
  for (const document of documents) {
    for (const [, line] of readFileSync(join(root, document), "utf8").matchAll(
      /^ {4}(?:npx )?opgd (.+)$/gm,
    )) {
      seen++;
      const wrong = fault(line!.split(/\s+/).filter((word) => word !== "\\"));
      t.equal(wrong, undefined, `${document}: opgd ${line}`);
    }
  }
  t.ok(seen >= 15, `${seen} commands`);
});
