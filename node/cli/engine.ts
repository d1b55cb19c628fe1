/** opgd engine: models on the canonical engine, without a home and without a chain. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import {
  batchOf,
  computeUnits,
  DEFAULT_LIMITS,
  inspectModel,
  type ModelInfo,
  type ValueSpec,
} from "../../chain/engine/onnx/index.ts";
import { type NamedTensor, tensorsHash } from "../../chain/engine/tensor.ts";
import { elementsOf, tensorsFromJson, tensorToJson } from "../../chain/engine/tensor-json.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { NodeError } from "../errors.ts";
import { type OutputOptions, withOutput } from "./options.ts";
import { print } from "./output.ts";

interface ModelOptions extends OutputOptions {
  readonly model?: string;
}

interface RunOptions extends ModelOptions {
  readonly input: string;
}

interface VerifyOptions extends RunOptions {
  readonly expect: string;
}

interface Opened {
  readonly file: Uint8Array;
  readonly info: ModelInfo;
}

/** The answer of a run, as other tools read it. Hashes are lower-case hex. */
interface RunAnswer {
  readonly engine: string;
  readonly model: string;
  readonly compute_units: string;
  readonly input_hash: string;
  readonly output_hash: string;
  readonly outputs: Readonly<Record<string, ReturnType<typeof tensorToJson>>>;
}

/** The model named as an argument or by --model. @throws NodeError, EngineError naming what is refused */
function openModel(argument: string | undefined, { model }: ModelOptions): Opened {
  const path = model ?? argument;
  if (!path) throw new NodeError("usage", "name the ONNX file, as an argument or with --model");
  let file: Uint8Array;
  try {
    file = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new NodeError("usage", `${path}: ${(error as Error).message}`);
  }
  return { file, info: inspectModel(file, DEFAULT_LIMITS) };
}

function readInputs(path: string): NamedTensor[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8"));
  } catch (error) {
    throw new NodeError("usage", `--input ${path}: ${(error as Error).message}`);
  }
  return tensorsFromJson(json);
}

/** Runs a model once. @throws EngineError if the inputs do not fit, NodeError if the run fails */
async function run(
  { file, info }: Opened,
  inputs: readonly NamedTensor[],
): Promise<{ readonly answer: RunAnswer; readonly outputs: readonly NamedTensor[] }> {
  const { units } = computeUnits(info, batchOf(info, inputs), DEFAULT_LIMITS);
  const engine = await CanonicalEngine.start(
    {},
    { log: ({ reason }) => process.stderr.write(`engine: ${String(reason)}\n`) },
  );
  try {
    const model = sha256(file);
    const outcome = await engine.run({ hash: model, bytes: () => file }, inputs);
    if (outcome.status !== "ok")
      throw new NodeError(
        "failed",
        "the model could not be run on these inputs (on chain: status ENGINE_ERROR, charged)",
      );
    const answer: RunAnswer = {
      engine: toHex(engine.idHash),
      model: toHex(model),
      compute_units: units.toString(),
      input_hash: toHex(tensorsHash(inputs)),
      output_hash: toHex(outcome.outputHash),
      outputs: Object.fromEntries(outcome.outputs.map((tensor) => [tensor.name, tensorToJson(tensor)])),
    };
    return { answer, outputs: outcome.outputs };
  } finally {
    await engine.stop();
  }
}

function describeValue({ name, dtype, dims }: ValueSpec): string {
  return `${name} ${dtype} [${dims.join(", ")}]`;
}

function answerText(
  { compute_units, input_hash, output_hash }: RunAnswer,
  outputs: readonly NamedTensor[],
): string {
  const values = outputs.map((tensor) => {
    const elements = elementsOf(tensor);
    const shown = elements.slice(0, 16).join(", ");
    return `${tensor.name} ${tensor.dtype} [${tensor.dims.join(", ")}] = ${shown}${elements.length > 16 ? ", …" : ""}`;
  });
  return [
    ...values,
    `compute units ${compute_units}`,
    `input hash  ${input_hash}`,
    `output hash ${output_hash}`,
  ].join("\n");
}

export function engineCommand(): Command {
  const engine = new Command("engine").description("models on the canonical engine, without a chain");
  const sub = (name: string, description: string) =>
    withOutput(engine.command(`${name} [model]`).description(description)).option(
      "--model <file>",
      "the ONNX file",
    );
  const withInput = (command: Command) =>
    command.requiredOption(
      "--input <file>",
      'inputs as JSON, {"name": {"dtype", "dims", "data"}}; - for standard input',
    );

  sub("inspect", "what a model takes and gives, its operators and what a run costs").action(
    (argument: string | undefined, options: ModelOptions) => {
      const { file, info } = openModel(argument, options);
      const { units, peakBytes } = computeUnits(info, 1n, DEFAULT_LIMITS);
      const { inputs, outputs, operators, nodeCount, parameterCount, hasBatch } = info;
      const hash = toHex(sha256(file));
      const text = [
        `sha256      ${hash}`,
        `file        ${file.length} bytes, ${nodeCount} nodes, ${parameterCount} parameters`,
        ...inputs.map((value) => `input       ${describeValue(value)}`),
        ...outputs.map((value) => `output      ${describeValue(value)}`),
        `operators   ${operators.map(({ opType, count }) => `${opType} ${count}`).join(", ")}`,
        `cost        ${units} compute units${hasBatch ? " for a batch of 1" : ""}, at most ${peakBytes} bytes of memory`,
      ].join("\n");
      print(
        options,
        {
          sha256: hash,
          bytes: file.length,
          nodes: nodeCount,
          parameters: parameterCount,
          inputs,
          outputs,
          operators,
          batch: hasBatch,
          compute_units: units,
          peak_bytes: peakBytes,
        },
        text,
      );
    },
  );
  withInput(sub("run", "run a model once")).action(
    async (argument: string | undefined, options: RunOptions) => {
      const { answer, outputs } = await run(openModel(argument, options), readInputs(options.input));
      print(options, answer, answerText(answer, outputs));
    },
  );
  withInput(sub("verify", "run a model and compare the hash of its outputs"))
    .requiredOption("--expect <hex>", "the output hash that a receipt says")
    .action(async (argument: string | undefined, options: VerifyOptions) => {
      const { answer } = await run(openModel(argument, options), readInputs(options.input));
      const same = answer.output_hash === options.expect.toLowerCase();
      print(
        options,
        { ok: same, output_hash: answer.output_hash, expected: options.expect },
        `${same ? "same" : "DIFFERENT"}: output hash ${answer.output_hash}`,
      );
      if (!same)
        throw new NodeError("failed", `the output hash is ${answer.output_hash}, not ${options.expect}`);
    });
  return engine;
}
