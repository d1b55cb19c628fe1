/**
 * Holds the code to the rooms of ARCHITECTURE.md: who may import whom, and what the state machine must not use.
 * `npm run lint` runs it. It reads the syntax tree, so that text in comments and strings does not count.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/** A room is the longest of these that a file's path starts with. Each may import itself and what it lists. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "proto/": [],
  "abci/": ["proto/"],
  "chain/": ["proto/", "abci/application.ts", "abci/base.ts", "abci/proposal.ts"],
  "genesis/": ["chain/", "client/", "proto/"],
  "client/": [
    "proto/",
    "chain/store/proofs/",
    "chain/store/merkle.ts",
    "chain/store/sha256.ts",
    "chain/engine/tensor",
    "chain/engine/dtype.ts",
    "chain/engine/errors.ts",
    "chain/runtime/",
    "chain/modules/compute/hashes.ts",
    "chain/modules/compute/keys.ts",
    "chain/modules/inference/keys.ts",
    "chain/modules/inference/split.ts",
  ],
  "node/": ["abci/", "chain/", "client/", "genesis/", "proto/"],
  "explorer/": ["client/", "proto/"],
  "bench/": ["abci/", "chain/", "client/", "genesis/", "node/", "proto/", "test/"],
  "scripts/": ["abci/", "chain/", "client/", "genesis/", "node/", "proto/", "test/"],
  "test/": ["abci/", "bench/", "chain/", "client/", "genesis/", "node/", "proto/", "scripts/"],
};

/** Rooms that run in browsers, or must: no node: modules, no packages that need them. */
const BROWSER_ROOMS = ["client/", "explorer/", "chain/store/proofs/", "chain/runtime/"];

/** In chain/ outside the engine: what could differ between two nodes, or let the outside in. */
const FORBIDDEN_IN_CHAIN: ReadonlyMap<string, string> = new Map([
  ["Math.random", "no randomness in the state machine"],
  ["Date.now", "no clock: take the block's time"],
  ["localeCompare", "no locale: compare code units or bytes"],
  ["toLocaleString", "no locale"],
  ["toLocaleUpperCase", "no locale"],
  ["toLocaleLowerCase", "no locale"],
]);

const FLOAT_FUNCTIONS = new Set([
  "sqrt",
  "pow",
  "exp",
  "log",
  "log2",
  "log10",
  "sin",
  "cos",
  "tan",
  "cbrt",
  "hypot",
  "fround",
]);

function roomOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT).find((room) => file.startsWith(room));
}

function moduleOf(file: string): string | undefined {
  return /^chain\/modules\/([^/]+)\//.exec(file)?.[1];
}

/** Faults of one file, given as its path from the root (with /) and its text. */
export function faultsOf(file: string, text: string): readonly Fault[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const faults: Fault[] = [];
  const fault = (node: ts.Node, rule: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    faults.push({ file, line: line + 1, rule });
  };
  const inChain = file.startsWith("chain/");
  const inEngine = file.startsWith("chain/engine/");
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const rule = importFault(file, (node.moduleSpecifier as ts.StringLiteral).text, node);
      if (rule) fault(node, rule);
    }
    if (ts.isThrowStatement(node) && isBareError(node.expression) && !file.startsWith("test/")) {
      fault(node, "throw an error of a domain class, not a bare Error");
    }
    if (inChain && ts.isPropertyAccessExpression(node)) {
      const whole = node.getText(source);
      const name = node.name.text;
      const why = FORBIDDEN_IN_CHAIN.get(whole) ?? FORBIDDEN_IN_CHAIN.get(name);
      if (why) fault(node, `${whole}: ${why}`);
      if (!inEngine && whole.startsWith("Math.") && FLOAT_FUNCTIONS.has(name))
        fault(node, `${whole}: no floats outside engine/`);
    }
    if (
      inChain &&
      !inEngine &&
      ts.isNumericLiteral(node) &&
      /[.]|e-/i.test(node.getText(source)) &&
      !/^0[xob]/i.test(node.getText(source))
    ) {
      fault(node, `${node.getText(source)}: no floats outside engine/`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

function isBareError(expression: ts.Expression): boolean {
  return (
    ts.isNewExpression(expression) &&
    ts.isIdentifier(expression.expression) &&
    expression.expression.text === "Error"
  );
}

function importFault(
  file: string,
  specifier: string,
  node: ts.ImportDeclaration | ts.ExportDeclaration,
): string | undefined {
  if (!specifier.startsWith(".")) {
    const typeOnly =
      ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    if (specifier.startsWith("node:") && !typeOnly && BROWSER_ROOMS.some((room) => file.startsWith(room))) {
      return `${specifier}: this room runs in browsers`;
    }
    return undefined;
  }
  const target = join(dirname(file), specifier).replaceAll("\\", "/");
  const from = roomOf(file);
  const allowed = from === undefined ? [] : [from, ...MAY_IMPORT[from]!];
  if (from !== undefined && !allowed.some((prefix) => target.startsWith(prefix))) {
    return `${target}: ${from} may import only ${allowed.join(", ")}`;
  }
  const [here, there] = [moduleOf(file), moduleOf(target)];
  if (here && there && here !== there && !/\/(index|keeper)\.ts$/.test(target)) {
    return `${target}: a module reaches another only through its keeper's exported interface`;
  }
  return undefined;
}

/** Faults of the whole tree under `root`, and how many files were read. */
export function faultsIn(root: string): { readonly files: number; readonly faults: readonly Fault[] } {
  const files = Object.keys(MAY_IMPORT)
    .flatMap((room) => listed(join(root, room)))
    .map((path) => relative(root, path).replaceAll("\\", "/"))
    .filter(
      (file) => file.endsWith(".ts") && !file.startsWith("proto/gen/") && !file.includes("node_modules/"),
    )
    .sort();
  return {
    files: files.length,
    faults: files.flatMap((file) => faultsOf(file, readFileSync(join(root, file), "utf8"))),
  };
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { files, faults } = faultsIn(join(dirname(fileURLToPath(import.meta.url)), ".."));
  for (const { file, line, rule } of faults) console.error(`${file}:${line}: ${rule}`);
  console.error(`rooms: ${files} files, ${faults.length} faults`);
  if (faults.length > 0) process.exitCode = 1;
}
