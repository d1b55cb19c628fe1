/** The operator's journal: bound once, and still bound after a crash at any byte. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Journal } from "../../../node/operator/journal.ts";
import { lockFolder } from "../../../node/operator/lock.ts";

const OWNER = { chainId: "test-1", operator: "opg1operator" };
const items = [Uint8Array.of(1, 2, 3), new Uint8Array(0)];

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function answerOf(jobId: bigint) {
  const bytes = (value: number) => new Uint8Array(32).fill(value + Number(jobId));
  return { jobId, height: 5n, salt: bytes(1), root: bytes(2), commitment: bytes(3) };
}

t.test("what it is bound to is there after it is opened again, until the job is over", (t) => {
  const folder = folderOf(t);
  const journal = Journal.open(folder, OWNER);
  const bound = journal.bind(answerOf(7n), items);
  journal.bind(answerOf(8n), items);
  t.throws(() => journal.bind(answerOf(7n), items), /bound to an answer already/);
  journal.done(8n);
  journal.close();
  const again = Journal.open(folder, OWNER);
  t.strictSame(again.open, [7n]);
  t.strictSame(again.answer(7n), bound);
  t.strictSame(again.items(7n), items);
  t.strictSame(readdirSync(join(folder, "answers")), ["7"]);
  t.throws(() => again.bind(answerOf(7n), items), /bound to an answer already/);
  again.close();
  t.end();
});

t.test("a crash within any byte of the last line loses that line alone", (t) => {
  const folder = folderOf(t);
  const path = join(folder, "journal");
  const journal = Journal.open(folder, OWNER);
  journal.bind(answerOf(1n), items);
  const before = readFileSync(path).length;
  journal.bind(answerOf(2n), items);
  journal.close();
  const whole = readFileSync(path);
  for (let length = before; length < whole.length; length += 29) {
    writeFileSync(path, whole.subarray(0, length));
    const torn = Journal.open(folder, OWNER);
    t.strictSame(torn.open, [1n], `${length} bytes`);
    torn.bind(answerOf(3n), items);
    torn.close();
    const after = Journal.open(folder, OWNER);
    t.strictSame(after.open, [1n, 3n]);
    after.close();
  }
  t.end();
});

t.test("damage is refused by the line that has it, and another's journal by its owner", (t) => {
  const folder = folderOf(t);
  const path = join(folder, "journal");
  const journal = Journal.open(folder, OWNER);
  journal.bind(answerOf(1n), items);
  journal.bind(answerOf(2n), items);
  journal.close();
  const whole = readFileSync(path);
  const at = whole.indexOf(10) + 40;
  const flipped = Buffer.from(whole);
  flipped[at] = flipped[at]! ^ 1;
  writeFileSync(path, flipped);
  t.throws(() => Journal.open(folder, OWNER), /line 2 is damaged/);
  writeFileSync(path, whole);
  t.throws(
    () => Journal.open(folder, { ...OWNER, chainId: "other-1" }),
    /is of operator opg1operator on test-1/,
  );
  t.throws(() => Journal.open(folder, { ...OWNER, operator: "opg1other" }), /not of opg1other/);
  truncateSync(path, 0);
  t.throws(() => Journal.open(folder, OWNER), /line 1 is damaged/);
  t.end();
});

t.test("answers that are damaged are told, never sent", (t) => {
  const folder = folderOf(t);
  const journal = Journal.open(folder, OWNER);
  journal.bind(answerOf(1n), items);
  writeFileSync(join(folder, "answers", "1"), "something else");
  t.throws(() => journal.items(1n), /gone or damaged/);
  rmSync(join(folder, "answers", "1"));
  t.throws(() => journal.items(1n), /gone or damaged/);
  journal.close();
  t.end();
});

t.test("a long journal is written anew, and says the same", (t) => {
  const folder = folderOf(t);
  const journal = Journal.open(folder, OWNER);
  journal.bind(answerOf(1n), items);
  for (let id = 2n; id < 200n; id++) {
    journal.bind(answerOf(id), []);
    journal.done(id);
  }
  journal.close();
  const before = readFileSync(join(folder, "journal")).length;
  const again = Journal.open(folder, OWNER);
  t.ok(readFileSync(join(folder, "journal")).length < before / 10);
  again.bind(answerOf(500n), items);
  again.close();
  const last = Journal.open(folder, OWNER);
  t.strictSame(last.open, [1n, 500n]);
  t.strictSame(last.items(1n), items);
  last.close();
  t.end();
});

t.test("a second daemon on a home is refused", async (t) => {
  const folder = folderOf(t);
  const unlock = await lockFolder(folder);
  await t.rejects(lockFolder(folder), { code: "running", message: /another operator daemon/ });
  await unlock();
  await (await lockFolder(folder))();
});
