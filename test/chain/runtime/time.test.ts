/** Times in keys and sums. Source of the texts: sdk.SortableTimeFormat. */
import t from "tap";
import {
  addDuration,
  assertTime,
  compareTimes,
  formatTime,
  isBefore,
  nanosBetween,
  timeKey,
} from "../../../chain/runtime/time.ts";

const text = (seconds: bigint, nanos = 0) => new TextDecoder().decode(timeKey({ seconds, nanos }));

t.test("a time in a key has nine digits of a second and no zone", async (t) => {
  t.equal(text(0n), "1970-01-01T00:00:00.000000000");
  t.equal(text(1_700_000_000n, 120), "2023-11-14T22:13:20.000000120");
  t.equal(text(-62_135_596_800n), "0001-01-01T00:00:00.000000000");
  t.equal(text(253_402_300_799n, 999_999_999), "9999-12-31T23:59:59.999999999");
  t.throws(() => text(253_402_300_800n), /years 1 to 9999/);
});

t.test("keys are in the order of times", async (t) => {
  const times = [-1n, 0n, 59n, 1_700_000_000n, 253_402_300_799n].flatMap((seconds) => [
    { seconds, nanos: 0 },
    { seconds, nanos: 999_999_999 },
  ]);
  for (const [index, time] of times.entries()) {
    const before = times[index - 1];
    if (!before) continue;
    t.ok(Buffer.compare(timeKey(before), timeKey(time)) < 0);
    t.ok(compareTimes(before, time) < 0);
    t.ok(compareTimes(time, before) > 0);
  }
});

t.test("durations carry nanoseconds over", async (t) => {
  t.same(addDuration({ seconds: 1n, nanos: 999_999_999 }, { seconds: 1n, nanos: 2 }), {
    seconds: 3n,
    nanos: 1,
  });
  t.same(addDuration({ seconds: 1n, nanos: 0 }, { seconds: -1n, nanos: -1 }), {
    seconds: -1n,
    nanos: 999_999_999,
  });
  t.equal(nanosBetween({ seconds: 2n, nanos: 1 }, { seconds: 0n, nanos: 2 }), 1_999_999_999n);
});

t.test("what no timestamp can say is refused by its field", async (t) => {
  t.throws(
    () => assertTime({ seconds: 253_402_300_800n, nanos: 0 }, "expiration"),
    /expiration: 253402300800/,
  );
  t.throws(() => assertTime({ seconds: 0n, nanos: 1_000_000_000 }, "expiration"), /expiration/);
  assertTime({ seconds: 0n, nanos: 0 }, "expiration");
});

t.test("events have times without fractions", async (t) => {
  t.equal(formatTime({ seconds: 1_700_000_000n, nanos: 5 }), "2023-11-14T22:13:20Z");
  t.ok(isBefore({ seconds: 1n, nanos: 0 }, { seconds: 1n, nanos: 1 }));
});
