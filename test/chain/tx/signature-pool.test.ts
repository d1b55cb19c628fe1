/** What threads answer, and whether they answer, changes no result (ADR-0015). */
import { setImmediate as turn } from "node:timers/promises";
import { secp256k1 as curve } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { loadVerify, type SignatureCheck, type Verify } from "../../../chain/tx/secp256k1.ts";
import { SignatureCache } from "../../../chain/tx/signature-cache.ts";
import { SignaturePool } from "../../../chain/tx/signature-pool.ts";
import { SignatureRing, SLOTS, SlotState } from "../../../chain/tx/signature-ring.ts";

const verify = await loadVerify();
const noFailure = { onFailure: (error: unknown) => t.fail(String(error)) };

function checkOf(number: number): SignatureCheck {
  const secret = sha256(Uint8Array.of(number, 1));
  const digest = sha256(Uint8Array.of(number, 2));
  const signature = curve.sign(digest, secret, { prehash: false, lowS: true });
  return { publicKey: curve.getPublicKey(secret, true), digest, signature };
}

/** Every third is of another digest. */
const checks = Array.from({ length: 30 }, (_, i) =>
  i % 3 === 2 ? { ...checkOf(i), digest: sha256(Uint8Array.of(i)) } : checkOf(i),
);
const valid = checks.map((_, i) => i % 3 !== 2);

t.test("threads answer as the main thread does, and end when they are told to", async (t) => {
  const pool = new SignaturePool({ threads: 2 }, noFailure);
  for (const [index, check] of checks.entries()) t.ok(pool.offer(`${index}`, check));
  t.notOk(pool.offer("0", checks[0]!), "the same is not offered twice");
  pool.wake(checks.length);
  while (!checks.every((_, index) => pool.isSettled(`${index}`))) await turn();
  t.same(
    checks.map((_, index) => pool.take(`${index}`)),
    valid,
  );
  t.equal(pool.take("0"), undefined, "an answer is taken once");
  await pool.close();
  t.equal(pool.alive, 0);
  t.notOk(pool.offer("late", checks[0]!));
});

t.test("a cache answers the same with threads, before they run, and after they ended", async (t) => {
  const pool = new SignaturePool({ threads: 1 }, noFailure);
  const cache = new SignatureCache({}, { verify, pool });
  cache.ahead(checks.slice(0, 10));
  // The thread has not loaded yet: what is needed now is taken back and computed here.
  t.same(
    checks.slice(0, 10).map((check) => cache.verify(check)),
    valid.slice(0, 10),
  );
  cache.ahead(checks);
  await turn();
  t.same(
    checks.map((check) => cache.verify(check)),
    valid,
  );
  await pool.close();
  const fresh = new SignatureCache({}, { verify, pool });
  fresh.ahead(checks);
  t.same(
    checks.map((check) => fresh.verify(check)),
    valid,
  );
});

t.test("what a thread settled is not computed again", async (t) => {
  const pool = new SignaturePool({ threads: 1 }, noFailure);
  let computed = 0;
  const counting: Verify = (check) => {
    computed++;
    return verify(check);
  };
  const offered: string[] = [];
  const offer = pool.offer.bind(pool);
  pool.offer = (key, ...rest) => {
    offered.push(key);
    return offer(key, ...rest);
  };
  const cache = new SignatureCache({}, { verify: counting, pool });
  cache.ahead(checks);
  while (!offered.every((key) => pool.isSettled(key))) await turn();
  for (let times = 0; times < 2; times++)
    t.same(
      checks.map((check) => cache.verify(check)),
      valid,
    );
  t.equal(computed, 0);
  t.equal(offered.length, checks.length);
  await pool.close();
});

t.test("a malformed check is handed to nobody", async (t) => {
  const pool = new SignaturePool({ threads: 1 }, noFailure);
  pool.offer = () => t.fail("offered") as false;
  const cache = new SignatureCache({}, { verify, pool });
  const [good] = checks as [SignatureCheck];
  const bad = [
    { ...good, signature: good.signature.slice(1) },
    { ...good, publicKey: new Uint8Array(33) },
    { ...good, digest: new Uint8Array(31) },
  ];
  cache.ahead(bad);
  for (const check of bad) t.notOk(cache.verify(check));
  await pool.close();
});

t.test("a slot belongs to whoever moves it from waiting", async (t) => {
  const ring = new SignatureRing();
  const [first, second] = checks as [SignatureCheck, SignatureCheck];
  ring.fill(first);
  ring.fill(second);
  t.ok(ring.takeBack(0));
  t.equal(ring.state(0), SlotState.free);
  t.equal(ring.take(), 1, "what was taken back is passed over");
  t.notOk(ring.takeBack(1));
  t.same(ring.check(1), second);
  ring.settle(1, true);
  t.equal(ring.state(1), SlotState.valid);
  ring.stop();
  t.equal(ring.take(), undefined);
});

t.test("answers that nobody asked for are kept when their slots are used again", async (t) => {
  const pool = new SignaturePool({ threads: 1 }, noFailure);
  t.ok(pool.offer("old", checks[0]!));
  pool.wake(1);
  while (!pool.isSettled("old")) await turn();
  const kept: [string, boolean][] = [];
  let index = 1;
  // Offers wait for the thread when the ring is full.
  while (index <= SLOTS) {
    if (pool.offer(`${index}`, checks[0]!, (...answer) => kept.push(answer))) index++;
    else await turn();
    pool.wake(1);
    if (index > 1 && pool.isSettled(`${index - 1}`)) pool.take(`${index - 1}`);
  }
  t.same(
    kept.find(([key]) => key === "old"),
    ["old", true],
  );
  await pool.close();
});
