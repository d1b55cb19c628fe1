/** libsecp256k1 and noble accept and reject exactly the same signatures: a difference would split the chain. */
import { secp256k1 as curve } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import t from "tap";
import { loadVerify, verifyNoble } from "../../../chain/tx/secp256k1.ts";

const native = await loadVerify();
const ORDER = curve.Point.Fn.ORDER;

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * (31 - i))) & 0xffn));
}

interface Case {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const scalars = fc.constantFrom(
  0n,
  1n,
  2n,
  ORDER / 2n,
  ORDER / 2n + 1n,
  ORDER - 1n,
  ORDER,
  ORDER + 1n,
  (1n << 256n) - 1n,
);

/** A valid signature, changed in one of the ways that implementations disagree about. */
const changes: readonly ((valid: Case, pick: number, scalar: bigint) => Case)[] = [
  (valid) => valid,
  (valid, pick) => ({ ...valid, signature: flip(valid.signature, pick) }),
  (valid, pick) => ({ ...valid, publicKey: flip(valid.publicKey, pick) }),
  (valid, pick) => ({ ...valid, message: flip(valid.message, pick) }),
  (valid) => ({
    ...valid,
    signature: join(valid.signature.slice(0, 32), bytesOf(ORDER - toInt(valid.signature.slice(32)))),
  }),
  (valid, _, scalar) => ({ ...valid, signature: join(bytesOf(scalar), valid.signature.slice(32)) }),
  (valid, _, scalar) => ({ ...valid, signature: join(valid.signature.slice(0, 32), bytesOf(scalar)) }),
  (valid, pick) => ({ ...valid, signature: valid.signature.slice(0, pick % 64) }),
  (valid, pick) => ({ ...valid, signature: join(valid.signature, new Uint8Array((pick % 8) + 1)) }),
  (valid) => ({ ...valid, publicKey: curve.Point.fromBytes(valid.publicKey).toBytes(false) }),
  (valid) => ({ ...valid, publicKey: hybrid(valid.publicKey) }),
  (valid, pick) => ({ ...valid, publicKey: join(Uint8Array.of(pick % 8), valid.publicKey.slice(1)) }),
  (valid, pick) => ({ ...valid, publicKey: valid.publicKey.slice(0, pick % 33) }),
  (valid) => ({ ...valid, publicKey: join(Uint8Array.of(2), new Uint8Array(32)) }),
  (valid) => ({ ...valid, publicKey: join(Uint8Array.of(3), new Uint8Array(32).fill(0xff)) }),
];

function flip(bytes: Uint8Array, pick: number): Uint8Array {
  const changed = bytes.slice();
  if (changed.length > 0) changed[(pick >> 3) % changed.length]! ^= 1 << (pick & 7);
  return changed;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from([...a, ...b]);
}

function toInt(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function hybrid(key: Uint8Array): Uint8Array {
  const whole = curve.Point.fromBytes(key).toBytes(false);
  whole[0] = 6 + (whole[64]! & 1);
  return whole;
}

t.test("both verifiers agree on valid, changed and malformed signatures", async (t) => {
  t.not(native, verifyNoble, "the native binding loads here");
  const seed = Number(process.env["SECP_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`seed ${seed}`);
  const counts = { accepted: 0, rejected: 0 };
  const inputs = fc.tuple(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((secret) => curve.utils.isValidSecretKey(secret)),
    fc.uint8Array({ maxLength: 200 }),
    fc.nat({ max: changes.length - 1 }),
    fc.nat(),
    scalars,
  );
  fc.assert(
    fc.property(inputs, ([secret, message, change, pick, scalar]) => {
      const signature = curve.sign(message, secret, { prehash: true, lowS: true });
      const {
        publicKey,
        message: said,
        signature: given,
      } = changes[change]!({ publicKey: curve.getPublicKey(secret, true), message, signature }, pick, scalar);
      const check = { publicKey, digest: sha256(said), signature: given };
      const verdict = native(check);
      counts[verdict ? "accepted" : "rejected"]++;
      if (change === 0 && !verdict) return false;
      return verdict === verifyNoble(check);
    }),
    { seed, numRuns: Number(process.env["SECP_RUNS"] ?? 2_000) },
  );
  t.ok(
    counts.accepted > 50 && counts.rejected > 500,
    `${counts.accepted} accepted, ${counts.rejected} rejected`,
  );
});

t.test("noble takes over where the native binding does not load", async (t) => {
  const verify = await loadVerify(() => Promise.reject(new TypeError("no binding for this platform")));
  t.equal(verify, verifyNoble);
});
