/**
 * Random and mutated bytes into the socket server. ABCI_FUZZ_RUNS sets the length (default 400 connections), ABCI_SEED
 * repeats a run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { calls } from "../../abci/calls.ts";
import { baseApplication, startServer } from "../../abci/index.ts";
import type { Field, MessageType } from "../../proto/codec.ts";
import { Request } from "../../proto/gen/tendermint.abci.ts";
import { AbciClient, frame, kindOf } from "./client.ts";
import { randomFrom } from "./random.ts";

const runs = Number(process.env["ABCI_FUZZ_RUNS"] ?? 400);
const { below, seed } = randomFrom(process.env["ABCI_SEED"]);
t.setTimeout(60_000 + runs * 100);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));

/** Any value of a field's type. */
function anyValue(type: Field["type"], depth: number): unknown {
  if (typeof type !== "string") return type.kind === "enum" ? below(8) : anyMessage(type, depth + 1);
  if (type === "bytes") return bytes(below(4) === 0 ? below(5000) : below(20));
  if (type === "string") return "é".repeat(below(3)) + "x".repeat(below(30));
  if (type === "bool") return below(2) === 1;
  if (type === "double" || type === "float") return below(100) / 7;
  if (type.endsWith("64")) return BigInt(below(2 ** 31)) << BigInt(below(32));
  return below(2 ** 31);
}

function anyMessage(type: MessageType<unknown>, depth: number): unknown {
  const made: Record<string, unknown> = {};
  for (const field of type.fields) {
    const given = field.required || (depth < 5 && below(3) > 0);
    if (!given) continue;
    made[field.property] = field.repeated
      ? Array.from({ length: below(4) }, () => anyValue(field.type, depth))
      : anyValue(field.type, depth);
  }
  return type.create(made);
}

function someFrame(): Uint8Array {
  const { name } = calls[below(calls.length)]!;
  const field = Request.fields.find((each) => each.property === name)!;
  return frame({ [name]: anyValue(field.type, 0) });
}

function mutate(original: Uint8Array): Uint8Array {
  const mutated = [...original];
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(mutated.length + 1);
    const kind = below(5);
    if (kind === 0) mutated.splice(at, 1 + below(10));
    else if (kind === 1) mutated.splice(at, 0, ...bytes(1 + below(10)));
    else if (kind === 2) mutated.splice(at, 0, ...mutated.slice(at, at + below(50)));
    else if (kind === 3 && at < mutated.length) mutated[at] = mutated[at]! ^ (1 << below(8));
    else if (at < mutated.length) mutated[at] = [0, 0x7f, 0x80, 0xff][below(4)]!;
  }
  return Uint8Array.from(mutated);
}

function stream(): Uint8Array {
  if (below(10) === 0) return bytes(below(3000));
  return Buffer.concat(
    Array.from({ length: 1 + below(8) }, () => (below(3) === 0 ? mutate(someFrame()) : someFrame())),
  );
}

t.test("bytes of any kind harm nobody but the connection they come by", async (t) => {
  t.comment(`seed ${seed}, ${runs} connections`);
  const folder = await mkdtemp(join(tmpdir(), "abci-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const server = await startServer(baseApplication, {
    address: `unix://${join(folder, "a.sock")}`,
    transport: "socket",
    limits: { maxFrameBytes: 1 << 16, maxPending: 4 },
  });
  t.teardown(() => server.close());
  let faulted = false;
  server.halted.then(() => {
    faulted = true;
  });
  const bystander = await AbciClient.open(server.address);
  const info = { info: { version: "", blockVersion: 0n, p2pVersion: 0n, abciVersion: "" } };
  let exceptions = 0;
  let answers = 0;
  let heapBefore = 0;
  for (let run = 0; run < runs; run++) {
    const client = await AbciClient.open(server.address);
    const sent = stream();
    for (let at = 0; at < sent.length; ) {
      const size = below(3) === 0 ? 1 + below(20) : sent.length;
      client.raw(sent.subarray(at, at + size));
      at += size;
    }
    // An echo behind it: either it is answered, or the connection ends, or the server waits for the rest of a frame.
    client.send({ echo: { message: "end" } });
    const answer = await bystander.call(info);
    if (answer === undefined || kindOf(answer) !== "info") {
      t.fail(`run ${run} of seed ${seed}: the other connection got ${answer && kindOf(answer)}`);
      return;
    }
    bystander.received.length = 0;
    client.socket.end();
    await client.end();
    for (const each of client.received) {
      if (kindOf(each) === "exception") exceptions++;
      else answers++;
    }
    if (run === Math.floor(runs / 2)) {
      collect();
      heapBefore = process.memoryUsage().heapUsed;
    }
  }
  collect();
  const grown = process.memoryUsage().heapUsed - heapBefore;
  t.comment(
    `${answers} answers, ${exceptions} exceptions, heap grew by ${Math.round(grown / 1024)} KiB in the second half`,
  );
  t.notOk(faulted, "the server did not halt");
  t.ok(answers > 0 && exceptions > 0, "both good and bad frames were among them");
  t.ok(grown < 4 << 20, "memory does not grow with what was sent");
});
