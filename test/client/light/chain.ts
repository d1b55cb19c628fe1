/** Chains to try light clients on: the recorded one, and made ones whose validators sign whatever a test asks. */
import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { headerHash, type LightSource, validatorsHash, voteSignBytes } from "../../../client/light/index.ts";
import { decodeSignedHeader, decodeValidator } from "../../../client/rpc/decode.ts";
import { RpcError } from "../../../client/rpc/index.ts";
import { Shape } from "../../../client/rpc/shape.ts";
import type { LightBlock } from "../../../client/rpc/types.ts";
import { BlockIDFlag, type CommitSig, Header, Validator } from "../../../proto/gen/tendermint.types.ts";

export const FLAG_ABSENT = BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
export const FLAG_COMMIT = BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
export const FLAG_NIL = BlockIDFlag.BLOCK_ID_FLAG_NIL;

/** The blocks of test/vectors/light/chain.json, or of another recording of that form. */
export function recordedBlocks(): LightBlock[] {
  const file = process.env["LIGHT_VECTORS"] ?? new URL("../../vectors/light/chain.json", import.meta.url);
  const { blocks } = JSON.parse(readFileSync(file, "utf8")) as {
    blocks: { commit: unknown; validators: unknown }[];
  };
  return blocks.map(({ commit, validators }) => {
    const signed = decodeSignedHeader(new Shape(commit, "commit"));
    const set = new Shape(validators, "validators").at("validators").list().map(decodeValidator);
    return { header: signed.header, commit: signed.commit, validators: set };
  });
}

/** A source that gives these blocks, and counts how many were asked for. */
export class BlockSource implements LightSource {
  readonly url: string;
  readonly blocks: Map<bigint, LightBlock>;
  asked: bigint[] = [];

  constructor(blocks: readonly LightBlock[], url = "test://node") {
    this.url = url;
    this.blocks = new Map(blocks.map((block) => [block.header.height, block]));
  }

  async lightBlock(height?: bigint): Promise<LightBlock> {
    const at = height ?? [...this.blocks.keys()].at(-1)!;
    this.asked.push(at);
    const block = this.blocks.get(at);
    if (!block) throw new RpcError("not_found", `${this.url} has no height ${at}`);
    return block;
  }
}

export class Key {
  readonly #secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  constructor(name: string) {
    this.#secret = sha256(new TextEncoder().encode(name));
    this.publicKey = ed25519.getPublicKey(this.#secret);
    this.address = sha256(this.publicKey).slice(0, 20);
  }
  sign(message: Uint8Array): Uint8Array {
    return ed25519.sign(message, this.#secret);
  }
}

export interface Member {
  readonly key: Key;
  readonly power: bigint;
}

export function validatorOf({ key, power }: Member): Validator {
  return Validator.create({
    address: key.address,
    pubKey: {
      ed25519: key.publicKey,
      secp256k1: undefined,
      bls12381: undefined,
      mldsa65: undefined,
      secp256k1eth: undefined,
    },
    votingPower: power,
  });
}

export const CHAIN_ID = "made-1";
export const START = 1_700_000_000n;

const NO_TIME = { seconds: -62_135_596_800n, nanos: 0 };

export interface BlockOptions {
  readonly chainId?: string;
  readonly header?: Partial<Header>;
  /** What each member does; default: signs the block. */
  readonly flags?: readonly number[];
  /** Who signs in a member's place. */
  readonly signers?: ReadonlyMap<number, Key>;
  /** The chain id that signatures are made for. */
  readonly signedChainId?: string;
}

/** A block of `height`, five seconds after the one before, signed by `members`. */
export function makeBlock(
  height: bigint,
  members: readonly Member[],
  next: readonly Member[],
  previous: LightBlock | undefined,
  options: BlockOptions = {},
): LightBlock {
  const chainId = options.chainId ?? CHAIN_ID;
  const validators = members.map(validatorOf);
  const header = Header.create({
    version: { block: 11n, app: 1n },
    chainId,
    height,
    time: { seconds: START + height * 5n, nanos: 1 },
    lastBlockId: {
      hash: previous ? headerHash(previous.header) : new Uint8Array(0),
      partSetHeader: {
        total: previous ? 1 : 0,
        hash: previous ? new Uint8Array(32).fill(7) : new Uint8Array(0),
      },
    },
    validatorsHash: validatorsHash(validators),
    nextValidatorsHash: validatorsHash(next.map(validatorOf)),
    appHash: sha256(new TextEncoder().encode(`app ${height}`)),
    proposerAddress: members[0]!.key.address,
    ...options.header,
  });
  return signBlock(header, members, options);
}

export function signBlock(
  header: Header,
  members: readonly Member[],
  options: BlockOptions = {},
): LightBlock {
  const flags = options.flags ?? members.map(() => FLAG_COMMIT);
  const unsigned = {
    height: header.height,
    round: 0,
    blockId: { hash: headerHash(header), partSetHeader: { total: 1, hash: new Uint8Array(32).fill(7) } },
    signatures: flags.map((blockIdFlag, index): CommitSig => {
      const absent = blockIdFlag === FLAG_ABSENT;
      return {
        blockIdFlag,
        validatorAddress: absent ? new Uint8Array(0) : members[index]!.key.address,
        timestamp: absent ? NO_TIME : { seconds: header.time.seconds + 1n, nanos: index },
        signature: new Uint8Array(0),
      };
    }),
  };
  const signatures = unsigned.signatures.map((each, index) => {
    if (each.blockIdFlag === FLAG_ABSENT) return each;
    const key = options.signers?.get(index) ?? members[index]!.key;
    return {
      ...each,
      signature: key.sign(voteSignBytes(options.signedChainId ?? header.chainId, unsigned, each)),
    };
  });
  return { header, commit: { ...unsigned, signatures }, validators: members.map(validatorOf) };
}

/** A chain of `length` blocks; `setAt` gives the validators of each height. */
export function makeChain(
  length: number,
  setAt: (height: bigint) => readonly Member[],
  options: BlockOptions = {},
): LightBlock[] {
  const blocks: LightBlock[] = [];
  for (let height = 1n; height <= BigInt(length); height++) {
    blocks.push(makeBlock(height, setAt(height), setAt(height + 1n), blocks.at(-1), options));
  }
  return blocks;
}

export const members = (...powers: readonly bigint[]): Member[] =>
  powers.map((power, index) => ({ key: new Key(`validator ${index}`), power }));

export function at(height: bigint): { seconds: bigint; nanos: number } {
  return { seconds: START + height * 5n, nanos: 0 };
}
