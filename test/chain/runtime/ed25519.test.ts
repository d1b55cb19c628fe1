import { ed25519 } from "@noble/curves/ed25519.js";
import t from "tap";
import { concatBytes, fromHex, u64Bytes } from "../../../chain/runtime/bytes.ts";
import { isSurelyValid, verifyByNoble, verifyEd25519 } from "../../../chain/runtime/ed25519.ts";
import { sha256 } from "../../../chain/store/sha256.ts";

const RUNS = Number(process.env["ED25519_RUNS"] ?? "60");
const SEED = BigInt(process.env["ED25519_SEED"] ?? "1");

/** 8-torsion points in every encoding that ZIP-215 takes, canonical or not. Source: ZIP 215, and its test vectors' "special" encodings. */
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map((hex) => fromHex(hex)!);

const MESSAGE = new TextEncoder().encode("Zcash");
/** The group's order, little-endian. */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")!;

t.test("signatures of nothing by keys of small order are valid, as ZIP-215 has it", (t) => {
  for (const key of SMALL_ORDER)
    for (const r of SMALL_ORDER) {
      const signature = concatBytes(r, new Uint8Array(32));
      if (!verifyEd25519(key, MESSAGE, signature)) t.fail("refused", { found: { key, r } });
    }
  t.pass(`${SMALL_ORDER.length ** 2} pairs`);
  t.end();
});

t.test(`OpenSSL accepts nothing that ZIP-215 refuses (seed ${SEED}, ${RUNS} runs)`, (t) => {
  let counter = 0n;
  const random = () => sha256(concatBytes(u64Bytes(SEED), u64Bytes(counter++)));
  const pick = (below: number) => Number(new DataView(random().buffer).getUint32(0)) % below;
  const seen = { both: 0, neither: 0 };
  const judge = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
    const [quick, exact] = [isSurelyValid(key, message, signature), verifyByNoble(key, message, signature)];
    if (quick && !exact) t.fail("OpenSSL alone accepts", { found: { key, message, signature } });
    if (verifyEd25519(key, message, signature) !== exact) t.fail("verifyEd25519 is not the rule");
    if (quick && exact) seen.both++;
    if (!quick && !exact) seen.neither++;
  };
  for (let run = 0; run < RUNS; run++) {
    const secret = random();
    const key = ed25519.getPublicKey(secret);
    const message = random().subarray(0, pick(33));
    const signature = ed25519.sign(message, secret);
    judge(key, message, signature);
    const bit = (bytes: Uint8Array) => {
      const copy = Uint8Array.from(bytes);
      copy[pick(copy.length)]! ^= 1 << pick(8);
      return copy;
    };
    judge(bit(key), message, signature);
    judge(key, message, bit(signature));
    judge(key, concatBytes(message, Uint8Array.of(0)), signature);
    judge(key, message, signature.subarray(0, pick(64)));
    judge(SMALL_ORDER[pick(SMALL_ORDER.length)]!, message, signature);
    judge(key, message, concatBytes(SMALL_ORDER[pick(SMALL_ORDER.length)]!, signature.subarray(32)));
    judge(key, message, concatBytes(signature.subarray(0, 32), plus(signature.subarray(32), ORDER)));
  }
  t.equal(seen.both, RUNS, "every good signature is a quick one");
  t.ok(seen.neither > 4 * RUNS);
  t.end();
});

/** Sum of two little-endian numbers of 32 bytes: the same scalar, written another way. */
function plus(a: Uint8Array, b: Uint8Array): Uint8Array {
  let carry = 0;
  return a.map((byte, index) => {
    const sum = byte + b[index]! + carry;
    carry = sum >> 8;
    return sum & 0xff;
  });
}
