/** The package as others install it: compiled, under plain Node, with the files it reads. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";

t.setTimeout(200_000);
const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
// tap's hooks are for this process, not for what a user runs.
const env = { ...process.env, NODE_OPTIONS: "" };

t.test("the compiled package serves ABCI, offers the SDK and runs models", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "opg-package-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, "dist");
  await run(process.execPath, ["--import", "tsx", join(root, "scripts/build.ts"), dist], { cwd: root, env });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));

  const program = join(folder, "use.mjs");
  writeFileSync(
    program,
    `import { baseApplication, startServer } from "./dist/abci/index.js";
     import { OpgClient, LightClient, verifyReceipt } from "./dist/client/index.js";
     import { MsgSend } from "./dist/proto/gen/cosmos.bank.v1beta1.js";
     const server = await startServer(baseApplication, { address: "unix://${join(folder, "a.sock")}", transport: "socket" });
     await server.close();
     console.log(typeof OpgClient.connect, typeof LightClient.create, typeof verifyReceipt, MsgSend.typeUrl);`,
  );
  const used = await run(process.execPath, [program], { cwd: folder, env });
  t.match(used.stdout, "function function function /cosmos.bank.v1beta1.MsgSend");

  const inputs = { X: { dtype: "float32", dims: [1, 4], data: [5.1, 3.5, 1.4, 0.2] } };
  const args = [
    join(dist, "node/main.js"),
    "engine",
    "run",
    join(root, "genesis/models/iris.onnx"),
    "--input",
    "-",
    "-o",
    "json",
  ];
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(inputs));
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  const answer = JSON.parse(text) as { readonly output_hash: string };
  t.match(answer.output_hash, /^[0-9a-f]{64}$/, "worker threads start from compiled files");
});

t.test("what is published names files that the build makes, and nothing else", async (t) => {
  const { default: manifest } = (await import("../../package.json", { with: { type: "json" } })) as {
    default: { exports: Record<string, unknown>; bin: Record<string, string>; files: string[] };
  };
  for (const entry of Object.values(manifest.exports)) {
    const paths = typeof entry === "string" ? [entry] : Object.values(entry as Record<string, string>);
    for (const path of paths) t.ok(path === "./package.json" || path.startsWith("./dist/"), path);
  }
  t.strictSame(manifest.bin, { opgd: "bin/opgd.mjs" });
  t.ok(manifest.files.includes("dist") && manifest.files.includes("bin"));
});
