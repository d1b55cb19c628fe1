import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { sampleModels } from "../../genesis/index.ts";
import { single } from "../chain/engine/onnx/build.ts";

const MAIN = fileURLToPath(new URL("../../node/main.ts", import.meta.url));
const FOLDER = fileURLToPath(new URL("../../genesis/models/", import.meta.url));
const digits = sampleModels().find(({ name }) => name === "digits-cnn")!;

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `opgd engine …` without a home: HOME is a folder that does not exist. */
function opgd(args: readonly string[], input = ""): Promise<Finished> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, "engine", ...args], {
    env: { ...process.env, HOME: "/nonexistent", OPGD_HOME: "/nonexistent/opgd" },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (err += String(chunk)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const folder = mkdtempSync(join(tmpdir(), "opg-engine-cli-"));
t.setTimeout(120_000);
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const sample = write("digits.json", JSON.stringify(digits.sample.inputs));

t.test(
  "run answers with exactly the fields that other tools read, and verify holds them to it",
  async (t) => {
    const args = ["--model", join(FOLDER, "digits-cnn.onnx"), "--input", sample, "--output", "json"];
    const { code, out, err } = await opgd(["run", ...args]);
    t.equal(code, 0, err);
    const answer = JSON.parse(out) as Readonly<Record<string, unknown>>;
    t.strictSame(Object.keys(answer), [
      "engine",
      "model",
      "compute_units",
      "input_hash",
      "output_hash",
      "outputs",
    ]);
    for (const field of ["engine", "model", "input_hash", "output_hash"])
      t.match(answer[field], /^[0-9a-f]{64}$/, field);
    t.match(answer.compute_units, /^[1-9]\d*$/);
    const outputs = answer.outputs as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    for (const [name, output] of Object.entries(outputs))
      t.strictSame(Object.keys(output), ["dtype", "dims", "base64"], name);
    const label = Buffer.from(String(outputs[digits.label]!.base64), "base64").readBigInt64LE();
    t.equal(digits.classes[Number(label)], digits.sample.expected);

    const hash = String(answer.output_hash);
    t.equal((await opgd(["verify", ...args, "--expect", hash])).code, 0);
    const other = hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const refused = await opgd(["verify", ...args, "--expect", other]);
    t.equal(refused.code, 1);
    t.match(refused.err, hash);
  },
);

t.test("the model may be an argument, and the inputs may come from standard input", async (t) => {
  const inputs = JSON.stringify(digits.sample.inputs);
  const { code, out, err } = await opgd(["run", join(FOLDER, "digits-cnn.onnx"), "--input", "-"], inputs);
  t.equal(code, 0, err);
  t.match(out, /compute units \d+/);
});

t.test("inspect tells what a model takes, gives and costs", async (t) => {
  const { code, out, err } = await opgd(["inspect", join(FOLDER, "digits-cnn.onnx"), "--output", "json"]);
  t.equal(code, 0, err);
  const about = JSON.parse(out) as Readonly<Record<string, unknown>>;
  t.match(about, { inputs: [{ name: "image", dtype: "float32" }], batch: true });
  t.match(String(about.compute_units), /^[1-9]\d*$/);
});

t.test("what cannot be run is refused on standard error, with the cause named", async (t) => {
  const iris = join(FOLDER, "iris.onnx");
  const table: readonly (readonly [why: string, args: readonly string[], message: RegExp])[] = [
    ["no model", ["run", "--input", sample], /--model/],
    [
      "a model that is not there",
      ["run", "--model", join(folder, "none.onnx"), "--input", sample],
      /none\.onnx/,
    ],
    ["no inputs", ["run", "--model", iris], /--input/],
    ["inputs that are no JSON", ["run", iris, "--input", write("bad.json", "{")], /bad\.json/],
    ["inputs of another model", ["run", iris, "--input", sample], /"X" is missing/],
    ["no ONNX", ["inspect", write("text.onnx", "hello")], /opgd: /],
    [
      "an operator off the list",
      ["inspect", write("random.onnx", single("RandomNormalLike"))],
      /RandomNormalLike/,
    ],
  ];
  const finished = await Promise.all(table.map(([, args]) => opgd(args)));
  for (const [i, [why, , message]] of table.entries()) {
    const { code, out, err } = finished[i]!;
    t.not(code, 0, why);
    t.equal(out, "", `${why}: nothing on standard output`);
    t.match(err, message, why);
  }
});
