/**
 * The SDK against CosmJS and @confio/ics23, and the light client against bare signature checks, in one process:
 * `node --import tsx bench/client/sdk.ts [MILLISECONDS]` (per measurement, default 1500). Ratios are speeds: 2.00 is twice
 * as fast as the other. The two sides take turns, so that noise on the machine meets both.
 */
import { readFileSync } from "node:fs";
import { iavlSpec, ics23, tendermintSpec, verifyExistence } from "@confio/ics23";
import { toBase64 } from "@cosmjs/encoding";
import {
  coins,
  DirectSecp256k1HdWallet,
  encodePubkey,
  makeAuthInfoBytes,
  makeSignDoc,
  Registry,
} from "@cosmjs/proto-signing";
import { defaultRegistryTypes } from "@cosmjs/stargate";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex } from "../../chain/runtime/bytes.ts";
import { IAVL_SPEC, TENDERMINT_SPEC, verifyMembership } from "../../chain/store/proofs/verify.ts";
import { addressOf, keyFromMnemonic, singlePublicKey } from "../../client/keys/index.ts";
import { verifyCommit, verifyZip215, voteSignBytes } from "../../client/light/index.ts";
import { defaultRegistry, keySigner, pack, signTx } from "../../client/tx/index.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { PublicKey } from "../../proto/gen/tendermint.crypto.ts";
import { BlockIDFlag, type Commit, Validator } from "../../proto/gen/tendermint.types.ts";

const budget = Number(process.argv[2] ?? 1500);
const CHAIN_ID = "opg-1";
const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

type Work = () => unknown;

/** Microseconds a run of each, by the median of slices taken in turns. */
async function compare(ours: Work, theirs: Work): Promise<[ours: number, theirs: number]> {
  const slices: [number[], number[]] = [[], []];
  for (let round = 0; round < 10; round++) {
    for (const [index, work] of [ours, theirs].entries()) {
      const start = performance.now();
      let runs = 0;
      do {
        await work();
        runs++;
      } while (performance.now() - start < budget / 10);
      slices[index]!.push(((performance.now() - start) * 1000) / runs);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return [median(slices[0]), median(slices[1])];
}

async function signing(): Promise<[Work, Work]> {
  const key = keyFromMnemonic(MNEMONIC);
  const from = addressOf(singlePublicKey(key.publicKey), "opg");
  const signer = keySigner(key, "opg");
  const registry = defaultRegistry();
  const fee = { amount: [{ denom: "uopg", amount: "500" }], gasLimit: 200_000n };
  const account = { chainId: "opg-1", accountNumber: 7n, sequence: 3n };
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "opg" });
  const theirRegistry = new Registry(defaultRegistryTypes);
  const pubkey = encodePubkey({ type: "tendermint/PubKeySecp256k1", value: toBase64(key.publicKey) });
  const value = { fromAddress: from, toAddress: from, amount: coins(12, "uopg") };
  return [
    () => signTx({ messages: [pack(MsgSend, value)], fee }, [{ ...account, signer }], registry),
    async () => {
      const body = theirRegistry.encodeTxBody({
        messages: [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value }],
      });
      const auth = makeAuthInfoBytes(
        [{ pubkey, sequence: 3n }],
        coins(500, "uopg"),
        200_000,
        undefined,
        undefined,
      );
      return wallet.signDirect(from, makeSignDoc(body, auth, "opg-1", 7n));
    },
  ];
}

interface Vector {
  readonly height: number;
  readonly store: string;
  readonly key: string;
  readonly value: string;
  readonly ops: readonly { readonly data: string }[];
}

function proving(): [Work, Work] {
  const { multistore } = JSON.parse(readFileSync("test/vectors/iavl-and-multistore.json", "utf8")) as {
    multistore: { queries: Vector[]; versions: { version: number; appHash: string }[] };
  };
  const query = multistore.queries.find(({ value }) => value !== "")!;
  const root = fromHex(multistore.versions.find(({ version }) => version === query.height)!.appHash)!;
  const [tree, map] = query.ops.map(({ data }) => fromHex(data)!) as [Uint8Array, Uint8Array];
  const [key, value] = [fromHex(query.key)!, fromHex(query.value)!];
  const name = new TextEncoder().encode(query.store);
  const storeRoot = ics23.CommitmentProof.decode(map).exist!.value!;
  return [
    () =>
      verifyMembership(TENDERMINT_SPEC, root, map, name, storeRoot).valid &&
      verifyMembership(IAVL_SPEC, storeRoot, tree, key, value).valid,
    () => {
      verifyExistence(ics23.CommitmentProof.decode(map).exist!, tendermintSpec, root, name, storeRoot);
      verifyExistence(ics23.CommitmentProof.decode(tree).exist!, iavlSpec, storeRoot, key, value);
    },
  ];
}

/** A commit of a made block that `count` validators of equal power sign. */
function makeCommit(count: number): { commit: Commit; validators: Validator[] } {
  const keys = Array.from({ length: count }, (_, n) => ed25519.keygen(sha256(Uint8Array.of(n))));
  const validators = keys.map(({ publicKey }) =>
    Validator.create({
      address: sha256(publicKey).slice(0, 20),
      pubKey: PublicKey.create({ ed25519: publicKey }),
      votingPower: 1n,
    }),
  );
  const hash = sha256(Uint8Array.of(9));
  const commit = {
    height: 5n,
    round: 0,
    blockId: { hash, partSetHeader: { total: 1, hash } },
    signatures: validators.map(({ address }) => ({
      blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
      validatorAddress: address,
      timestamp: { seconds: 1_700_000_000n, nanos: 1 },
      signature: new Uint8Array(0),
    })),
  };
  const signatures = commit.signatures.map((each, n) => ({
    ...each,
    signature: ed25519.sign(voteSignBytes(CHAIN_ID, commit, each), keys[n]!.secretKey),
  }));
  return { commit: { ...commit, signatures }, validators };
}

function commits(): [Work, Work] {
  const { commit, validators } = makeCommit(30);
  const needed = 21;
  return [
    () => verifyCommit(CHAIN_ID, validators, commit),
    () => {
      for (let i = 0; i < needed; i++) {
        const signature = commit.signatures[i]!;
        verifyZip215(
          validators[i]!.pubKey.ed25519!,
          voteSignBytes(CHAIN_ID, commit, signature),
          signature.signature,
        );
      }
    },
  ];
}

const rows: [string, string, () => Promise<[Work, Work]> | [Work, Work]][] = [
  ["build and sign a bank send, checking the signature", "CosmJS (no check)", signing],
  ["verify a two-step store proof", "@confio/ics23", proving],
  ["verify a commit of 30 validators", "21 bare ed25519 checks", commits],
];

console.log(`${"what".padEnd(52)} ${"ours".padStart(10)} ${"other".padStart(10)}  ratio  other is`);
for (const [name, other, make] of rows) {
  const [ours, theirs] = await compare(...(await make()));
  console.log(
    `${name.padEnd(52)} ${`${ours.toFixed(0)} µs`.padStart(10)} ${`${theirs.toFixed(0)} µs`.padStart(10)}  ${(theirs / ours).toFixed(2).padStart(5)}  ${other}`,
  );
}
