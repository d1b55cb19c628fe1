import t from "tap";
import {
  extensionFault,
  MAX_CHOICES,
  MAX_ENTRIES,
  MAX_EXTENSION_BYTES,
  readExtension,
} from "../../../../chain/modules/compute/extension.ts";
import { concatBytes } from "../../../../chain/runtime/bytes.ts";
import { VoteExtension } from "../../../../proto/gen/opg.compute.v1.ts";

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);
const verdict = (jobId: bigint, digest = bytes(32)) => ({ jobId, digest });
const opening = (jobId: bigint, choices = Uint8Array.of(0, 1, 2), nonce = bytes(32)) => ({
  jobId,
  choices,
  nonce,
});
const encoded = (parts: Partial<VoteExtension>) => VoteExtension.encode(VoteExtension.create(parts));
const many = Array.from({ length: MAX_ENTRIES + 1 }, (_, index) => verdict(BigInt(index + 1)));

const GOOD: readonly [name: string, extension: Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a verdict", encoded({ verdicts: [verdict(1n)] })],
  ["as many verdicts as may be", encoded({ verdicts: many.slice(1) })],
  ["an opening", encoded({ openings: [opening(7n)] })],
  ["as many choices as may be", encoded({ openings: [opening(7n, bytes(MAX_CHOICES))] })],
  ["both parts of the beacon", encoded({ reveal: bytes(32), next: bytes(32) })],
  ["everything", encoded({ verdicts: [verdict(1n), verdict(9n)], openings: [opening(1n)], next: bytes(32) })],
];

const BAD: readonly [name: string, extension: Uint8Array][] = [
  ["no message", bytes(5, 0xff)],
  ["an unknown field", concatBytes(encoded({ next: bytes(32) }), Uint8Array.of(0x28, 0x01))],
  ["a default that is written", concatBytes(encoded({ next: bytes(32) }), Uint8Array.of(0x1a, 0x00))],
  ["fields in another order", concatBytes(encoded({ next: bytes(32) }), encoded({ reveal: bytes(32) }))],
  ["a field twice", concatBytes(encoded({ next: bytes(32) }), encoded({ next: bytes(32) }))],
  ["a verdict of job 0", encoded({ verdicts: [verdict(0n)] })],
  ["a job twice", encoded({ verdicts: [verdict(3n), verdict(3n)] })],
  ["jobs that descend", encoded({ openings: [opening(3n), opening(2n)] })],
  ["a digest too short", encoded({ verdicts: [verdict(1n, bytes(31))] })],
  ["a digest too long", encoded({ verdicts: [verdict(1n, bytes(33))] })],
  ["a nonce too short", encoded({ openings: [opening(1n, bytes(3), bytes(31))] })],
  ["no choices", encoded({ openings: [opening(1n, new Uint8Array(0))] })],
  ["too many choices", encoded({ openings: [opening(1n, bytes(MAX_CHOICES + 1))] })],
  ["a choice that is none", encoded({ openings: [opening(1n, Uint8Array.of(3))] })],
  ["a contribution too short", encoded({ reveal: bytes(31) })],
  ["a hash too long", encoded({ next: bytes(33) })],
  ["too many verdicts", encoded({ verdicts: many })],
  [
    "too many bytes",
    encoded({ openings: [opening(1n, bytes(MAX_CHOICES)), opening(2n, bytes(MAX_CHOICES))] }),
  ],
];

t.test("an extension is empty, or one message within its bounds in its one encoding", (t) => {
  for (const [name, extension] of GOOD) t.equal(extensionFault(extension), undefined, name);
  for (const [name, extension] of BAD) {
    t.ok(extensionFault(extension), name);
    t.equal(readExtension(extension), undefined, name);
  }
  t.ok(BAD.at(-1)![1].length > MAX_EXTENSION_BYTES);
  t.equal(readExtension(new Uint8Array(0)), undefined);
  t.end();
});
