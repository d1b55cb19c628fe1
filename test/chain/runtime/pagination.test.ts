import t from "tap";
import { u32Bytes } from "../../../chain/runtime/bytes.ts";
import { paginate } from "../../../chain/runtime/pagination.ts";
import type { ReadonlyKVStore } from "../../../chain/store/types.ts";
import { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";

const PREFIX = Uint8Array.of(9);

/** A store of very many entries that exist only as they are looked at; `looked` counts these. */
function endless(count: number): { readonly store: ReadonlyKVStore; looked: number } {
  const held = {
    looked: 0,
    store: {
      get: () => undefined,
      has: () => false,
      *iterate({ start }: { start?: Uint8Array } = {}) {
        const from =
          start && start.length === 5 ? new DataView(start.buffer, start.byteOffset + 1, 4).getUint32(0) : 0;
        for (let i = from; i < count; i++) {
          held.looked++;
          yield [Uint8Array.of(9, ...u32Bytes(i)), Uint8Array.of(1)] as const;
        }
      },
    },
  };
  return held;
}

t.test("no page walks more than its bound, whatever it counts, skips or leaves out", (t) => {
  const cases: readonly (readonly [string, Partial<PageRequest>, boolean])[] = [
    ["a total", { countTotal: true }, true],
    ["an offset", { offset: 49_990n, countTotal: true }, true],
    ["a filter that nothing passes", {}, false],
    ["a limit", { limit: 1n << 62n }, true],
  ];
  for (const [name, request, passes] of cases) {
    const held = endless(200_000);
    paginate(held.store, PREFIX, PageRequest.create(request), () => (passes ? 1 : undefined));
    t.ok(held.looked <= 50_001, `${name}: ${held.looked}`);
  }
  t.throws(() => paginate(endless(1).store, PREFIX, PageRequest.create({ offset: 50_001n }), () => 1), {
    code: 18,
  });
  t.end();
});

t.test("a page that ended at its bound goes on from its key, until everything is seen", (t) => {
  const held = endless(120_000);
  const found: number[] = [];
  let key = new Uint8Array(0);
  let pages = 0;
  do {
    const page = paginate(held.store, PREFIX, PageRequest.create({ key, limit: 10n }), (each) => {
      const i = new DataView(each.buffer, each.byteOffset, 4).getUint32(0);
      return i % 50_000 === 49_000 ? i : undefined;
    });
    found.push(...page.items);
    key = page.pagination.nextKey as Uint8Array<ArrayBuffer>;
    pages++;
  } while (key.length > 0);
  t.strictSame(found, [49_000, 99_000]);
  t.equal(pages, 3);
  t.end();
});
