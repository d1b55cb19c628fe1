import t from "tap";
import { AbciFault } from "../../abci/errors.ts";
import { decodeRequest, FrameSplitter, frameResponse } from "../../abci/frames.ts";
import { RequestEcho, Response } from "../../proto/gen/tendermint.abci.ts";
import { Reader, Writer } from "../../proto/wire.ts";
import { frame } from "./client.ts";
import { randomFrom } from "./random.ts";

function framesOf(splitter: FrameSplitter): number[][] {
  const frames: number[][] = [];
  for (let next = splitter.next(); next !== undefined; next = splitter.next()) frames.push([...next]);
  return frames;
}

t.test("a stream is cut into the same frames however it arrives", async (t) => {
  const { random, below, seed } = randomFrom(process.env["ABCI_SEED"]);
  t.comment(`seed ${seed}`);
  for (let run = 0; run < 200; run++) {
    const frames = Array.from({ length: below(8) }, () =>
      Uint8Array.from({ length: below(run % 10 === 0 ? 70_000 : 300) }, () => below(256)),
    );
    const writer = new Writer();
    for (const each of frames) writer.bytes(each);
    const stream = writer.finish();
    const splitter = new FrameSplitter(1 << 20);
    const seen: number[][] = [];
    for (let at = 0; at < stream.length; ) {
      const size = random() < 0.3 ? 1 : 1 + below(stream.length);
      // As a socket's chunk: a Buffer that is a window of a larger allocation.
      splitter.push(Buffer.from(stream.subarray(at, at + size)));
      at += size;
      if (random() < 0.7) seen.push(...framesOf(splitter));
    }
    seen.push(...framesOf(splitter));
    if (JSON.stringify(seen) !== JSON.stringify(frames.map((each) => [...each]))) {
      t.fail(`run ${run} of seed ${seed} differs`);
      return;
    }
    t.equal(splitter.pending, 0);
  }
});

t.test("a length that is over the limit or no length is refused before its bytes arrive", async (t) => {
  for (const [bytes, code] of [
    [[0x81, 0x80, 0x40], "FRAME_TOO_LARGE"],
    [[0xff, 0xff, 0xff, 0xff, 0xff], "BAD_FRAME"],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "BAD_FRAME"],
  ] as const) {
    const splitter = new FrameSplitter(1 << 20);
    splitter.push(Uint8Array.from(bytes));
    t.throws(() => splitter.next(), { name: "AbciFault", code });
  }
  const exact = new FrameSplitter(4);
  exact.push(Uint8Array.from([4, 1, 2, 3, 4]));
  t.equal(exact.next()?.length, 4, "a frame of exactly the limit is taken");
});

t.test("a frame that is no request of a known kind is refused", async (t) => {
  for (const bytes of [[], [0x12], [0x0a, 0x05, 1], [0x08, 0x01], [0xfa, 0x07, 0x00], [0x00], [0x0b]]) {
    t.throws(() => decodeRequest(Uint8Array.from(bytes)), AbciFault, `[${bytes}]`);
  }
});

t.test("a request keeps none of the bytes it was decoded from", async (t) => {
  const bytes = Buffer.from(frame({ checkTx: { tx: Uint8Array.from([7, 7]), type: 0 } }).subarray(1));
  const { request } = decodeRequest(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  bytes.fill(0);
  t.strictSame([...(request as { tx: Uint8Array }).tx], [7, 7]);
});

t.test("of two members of the oneof the last one counts, and unknown fields are skipped", async (t) => {
  const writer = new Writer();
  writer.tag(2, 2).bytes(new Uint8Array());
  writer.tag(1, 2).bytes(RequestEcho.encode({ message: "x" }));
  writer.tag(99, 0).uint32(5);
  t.equal(decodeRequest(writer.finish()).call.name, "echo");
});

t.test("a response's frame is what the generated codec makes of it, at every size of length", async (t) => {
  for (const size of [0, 1, 120, 127, 128, 16_000, 16_383, 16_384, 20_000, 300_000, 3_000_000]) {
    const response = Response.create({ echo: { message: "a".repeat(size) } });
    const body = RequestEcho.encode({ message: "a".repeat(size) });
    const made = Buffer.concat(frameResponse(2, body));
    t.ok(made.equals(new Writer().bytes(Response.encode(response)).finish()), `${size} bytes`);
    t.equal(new Reader(new Uint8Array(made)).view().length, Response.encode(response).length);
  }
});
