import t from "tap";
import {
  decodeLightBlock,
  encodeLightBlock,
  headerHash,
  LightError,
  verifyForward,
} from "../../../client/light/index.ts";
import type { LightBlock } from "../../../client/rpc/types.ts";
import { WireError } from "../../../proto/wire.ts";
import { Random, seedOf } from "../../proto/random.ts";
import { recordedBlocks } from "./chain.ts";

/** LIGHT_FUZZ=100000 for the long form. */
const rounds = Number(process.env["LIGHT_FUZZ"] ?? 400);
const blocks = recordedBlocks();
const encoded = blocks.map(encodeLightBlock);

/** Bytes flipped, cut out, doubled, or taken from another block. */
function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.int(bytes.length);
  switch (random.int(4)) {
    case 0:
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << random.int(8)) : byte));
    case 1:
      return Uint8Array.of(...bytes.slice(0, at), ...bytes.slice(at + 1 + random.int(40)));
    case 2:
      return Uint8Array.of(...bytes.slice(0, at), ...bytes.slice(Math.max(0, at - random.int(40))));
    default: {
      const other = random.pick(encoded);
      const from = random.int(other.length);
      return Uint8Array.of(...bytes.slice(0, at), ...other.slice(from));
    }
  }
}

t.test("whatever is done to a light block, the header that is accepted is the true one", async (t) => {
  const random = new Random(seedOf("LIGHT_SEED"));
  t.comment(`LIGHT_SEED=${random.seed} LIGHT_FUZZ=${rounds}`);
  const counts = { accepted: 0, refused: 0, unreadable: 0 };
  for (let round = 0; round < rounds; round++) {
    const index = 1 + random.int(blocks.length - 1);
    const trusted = blocks[index - 1]!;
    let block: LightBlock;
    try {
      block = decodeLightBlock(mutate(random, encoded[index]!));
    } catch (error) {
      if (!(error instanceof WireError || error instanceof LightError)) throw error;
      counts.unreadable++;
      continue;
    }
    try {
      verifyForward(trusted, block, {
        chainId: trusted.header.chainId,
        trustingPeriod: 1_000_000n,
        maxClockDrift: 10n,
        trustLevel: { numerator: 1n, denominator: 3n },
        now: blocks.at(-1)!.header.time,
      });
    } catch (error) {
      if (!(error instanceof LightError)) throw error;
      counts.refused++;
      continue;
    }
    counts.accepted++;
    // The mutation may have left it alone, or made it another true block.
    const truth = blocks.find((each) => each.header.height === block.header.height)!;
    if (headerHash(truth.header).join() !== headerHash(block.header).join()) {
      t.fail(`round ${round}: another header of height ${block.header.height} is accepted`);
    }
  }
  t.comment(JSON.stringify(counts));
  t.ok(counts.refused > 0 && counts.unreadable > 0, "both kinds were tried");
});
