/** What subscribers are told of each committed block, as CometBFT's event bus does. Source: types/events.go and event_bus.go of v0.40. */
import { toHex } from "../../../chain/runtime/bytes.ts";
import type { ExecTxResult, ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import { Validator } from "../../../proto/gen/tendermint.types.ts";
import { consensusAddress } from "../../comet/keys.ts";
import type { CommittedBlock } from "../engine.ts";
import { txHash } from "../hash.ts";
import { matches, type Query } from "../query.ts";
import { attributesOf } from "../search.ts";
import * as json from "./json.ts";

/** A transaction in its block. */
export interface TxEvent {
  readonly height: bigint;
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly result: ExecTxResult;
}

export interface BusEvent {
  /** `tendermint/event/…` with its value. */
  readonly data: json.Json;
  /** What queries are matched with. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  readonly tx?: TxEvent;
}

type Listener = (event: BusEvent) => void;

export class EventBus {
  readonly #subscriptions = new Set<{ readonly query: Query; readonly listener: Listener }>();

  /** @returns what ends the subscription */
  subscribe(query: Query, listener: Listener): () => void {
    const subscription = { query, listener };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /** In CometBFT's order: the block, its header, its events, then each transaction. */
  publish(committed: CommittedBlock): void {
    if (this.#subscriptions.size === 0) return;
    for (const event of eventsOf(committed))
      for (const { query, listener } of [...this.#subscriptions])
        if (matches(query, event.attributes)) listener(event);
  }
}

function* eventsOf({ block, id, results }: CommittedBlock): Generator<BusEvent> {
  const { header, data } = block;
  yield event("NewBlock", attributesOf(results.events), {
    block: json.blockJson(block),
    block_id: json.blockIdJson(id),
    result_finalize_block: json.finalizeJson(results),
  });
  yield event("NewBlockHeader", new Map(), { header: json.headerJson(header) });
  yield event("NewBlockEvents", attributesOf(results.events), {
    height: `${header.height}`,
    events: results.events.map(json.sparseEventJson),
    num_txs: `${data.txs.length}`,
  });
  for (const [index, bytes] of data.txs.entries()) {
    const result = results.txResults[index]!;
    const { height } = header;
    const attributes = attributesOf(result.events);
    push(attributes, "tx.hash", toHex(txHash(bytes)).toUpperCase());
    push(attributes, "tx.height", `${height}`);
    yield {
      ...event("Tx", attributes, txValue(height, index, bytes, result)),
      tx: { height, index, bytes, result },
    };
  }
  if (results.validatorUpdates.length > 0)
    yield event("ValidatorSetUpdates", new Map(), {
      validator_updates: results.validatorUpdates.map(validatorOf),
    });
}

function validatorOf({ pubKey, power }: ValidatorUpdate): json.Json {
  const address = consensusAddress(pubKey.ed25519 ?? new Uint8Array(0));
  return json.validatorJson(Validator.create({ address, pubKey, votingPower: power }));
}

function txValue(height: bigint, index: number, bytes: Uint8Array, result: ExecTxResult): json.Json {
  return {
    TxResult: {
      height: `${height}`,
      ...(index === 0 ? {} : { index }),
      tx: json.base64(bytes),
      result: json.sparseExecResultJson(result),
    },
  };
}

function event(name: string, attributes: Map<string, string[]>, value: json.Json): BusEvent {
  push(attributes, "tm.event", name);
  return { data: { type: `tendermint/event/${name}`, value }, attributes };
}

function push(attributes: Map<string, string[]>, name: string, value: string): void {
  const values = attributes.get(name);
  if (values) values.push(value);
  else attributes.set(name, [value]);
}
