import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The TypeScript examples of a page, with the line that each starts at. */
function examplesOf(page: string): { readonly line: number; readonly code: string }[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length + 1,
    code: match[1]!,
  }));
}

/** What package.json's exports will be: the names that the guides import by. */
function resolvePublic(name: string): string | undefined {
  if (name === "opg-chain/client") return join(root, "client/index.ts");
  const proto = /^opg-chain\/proto\/(.+)$/.exec(name)?.[1];
  return proto === undefined ? undefined : join(root, `proto/gen/${proto}.ts`);
}

t.test("every example of the guides type-checks", async (t) => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ["client/index.ts"] },
    ts.sys,
    root,
  );
  const files = new Map<string, { place: string; code: string }>();
  for (const page of ["docs/sdk.md", "docs/light-client.md"]) {
    for (const { line, code } of examplesOf(page)) {
      files.set(join(root, "client", `example-${files.size}.ts`), {
        place: `${page}:${line}`,
        code: `${code}\nexport {};\n`,
      });
    }
  }
  t.ok(files.size >= 10, `${files.size} examples`);
  const compilerOptions = { ...options, incremental: false, noUnusedLocals: false };
  delete compilerOptions.tsBuildInfoFile;
  const host = ts.createCompilerHost(compilerOptions);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const example = files.get(name);
    return example
      ? ts.createSourceFile(name, example.code, ts.ScriptTarget.ES2023, true)
      : getSourceFile.call(host, name, ...rest);
  };
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name)?.code ?? readFile.call(host, name);
  host.resolveModuleNameLiterals = (literals, containing, _redirected, given) =>
    literals.map(({ text }) => {
      const resolvedFileName = resolvePublic(text);
      if (resolvedFileName)
        return { resolvedModule: { resolvedFileName, extension: ".ts", isExternalLibraryImport: false } };
      return ts.resolveModuleName(text, containing, given, host, undefined, undefined, ts.ModuleKind.ESNext);
    });
  const program = ts.createProgram({ rootNames: [...files.keys()], options: compilerOptions, host });
  for (const [name, { place }] of files) {
    const source = program.getSourceFile(name)!;
    const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const texts = faults.map(({ messageText, start }) => {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      return `line ${line + 1} of the example: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    t.strictSame(texts, [], place);
  }
});
