/**
 * Finds transactions and blocks by their events. As with CometBFT, all conditions must hold for the attributes of one
 * event, and only attributes marked to be found count. Source: state/txindex/kv and state/indexer/block/kv of v0.40.
 */
import { fromHex } from "../../chain/runtime/bytes.ts";
import type { Event } from "../../proto/gen/tendermint.abci.ts";
import { type Condition, heightRange, holds, type Query } from "./query.ts";
import type { BlockStore, TxPlace } from "./store.ts";

const TX_HEIGHT = "tx.height";
const TX_HASH = "tx.hash";
const BLOCK_HEIGHT = "block.height";

/** Attributes of all events together, as subscriptions see them. */
export function attributesOf(events: readonly Event[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { type, attributes } of events) {
    if (type === "") continue;
    for (const { key, value } of attributes) {
      if (key === "") continue;
      const name = `${type}.${key}`;
      const values = found.get(name);
      if (values) values.push(value);
      else found.set(name, [value]);
    }
  }
  return found;
}

function holdsInOneEvent(conditions: readonly Condition[], events: readonly Event[]): boolean {
  return (
    conditions.length === 0 ||
    events.some(({ type, attributes }) =>
      conditions.every((condition) =>
        attributes.some(
          ({ key, value, index }) => index && `${type}.${key}` === condition.key && isFound(condition, value),
        ),
      ),
    )
  );
}

/** Unlike a subscription, a search takes `=` for the same text, also of a number, and compares only what is a number whole. */
function isFound(condition: Condition, value: string): boolean {
  const { op, argument } = condition;
  if (argument?.kind !== "number") return holds(condition, value);
  return op === "=" ? value === argument.text : /^\d+(\.\d+)?$/.test(value) && holds(condition, value);
}

/** A condition that names a value whole can be looked up. */
function lookedUp(conditions: readonly Condition[]): readonly [string, string] | undefined {
  for (const { key, op, argument } of conditions) {
    if (op !== "=") continue;
    if (argument?.kind === "text") return [key, argument.value];
    if (argument?.kind === "number") return [key, argument.text];
  }
  return undefined;
}

/** Conditions on a height, such as `tx.height EXISTS`, that a range cannot say. */
function heightHolds(query: Query, name: string, height: bigint): boolean {
  return query.every((condition) => condition.key !== name || holds(condition, `${height}`));
}

/**
 * Places of transactions in blocks up to `last`, in the chain's order.
 * Cost: linear in those with a value that the query names, or else in all of the heights that it allows.
 */
export async function searchTxs(store: BlockStore, query: Query, last: bigint): Promise<TxPlace[]> {
  const hash = query.find(({ key }) => key === TX_HASH)?.argument;
  if (hash) {
    const bytes = hash.kind === "text" ? fromHex(hash.value) : undefined;
    const place = bytes && (await store.placeOf(bytes));
    return place && place.height <= last ? [place] : [];
  }
  const conditions = query.filter(({ key }) => key !== TX_HEIGHT);
  const [low, high] = heightRange(query, TX_HEIGHT, store.first, last);
  if (low > high) return [];
  const attribute = lookedUp(conditions);
  const candidates = attribute ? store.placesWith(attribute, low, high) : store.places(low, high);
  const found: TxPlace[] = [];
  let at: { readonly height: bigint; readonly events: readonly (readonly Event[])[] } | undefined;
  for await (const place of candidates) {
    const { height, index } = place;
    if (!heightHolds(query, TX_HEIGHT, height)) continue;
    if (at?.height !== height) {
      const results = (await store.results(height))!;
      at = { height, events: results.txResults.map(({ events }) => events) };
    }
    if (holdsInOneEvent(conditions, at.events[index]!)) found.push(place);
  }
  return found;
}

/** Heights of blocks up to `last`, rising. Cost: as `searchTxs`. */
export async function searchBlocks(store: BlockStore, query: Query, last: bigint): Promise<bigint[]> {
  const conditions = query.filter(({ key }) => key !== BLOCK_HEIGHT);
  const [low, high] = heightRange(query, BLOCK_HEIGHT, store.first, last);
  if (low > high) return [];
  const attribute = lookedUp(conditions);
  const candidates = attribute ? store.heightsWith(attribute, low, high) : heights(low, high);
  const found: bigint[] = [];
  for await (const height of candidates) {
    if (!heightHolds(query, BLOCK_HEIGHT, height)) continue;
    if (conditions.length > 0 && !holdsInOneEvent(conditions, (await store.results(height))!.events))
      continue;
    found.push(height);
  }
  return found;
}

function* heights(low: bigint, high: bigint): Generator<bigint> {
  for (let height = low; height <= high; height++) yield height;
}
