import { GenesisState, type Receipt } from "../../../proto/gen/opg.inference.v1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { coinFromProto, parseAmount } from "../../runtime/coins.ts";
import { assertCounter } from "../../runtime/counter.ts";
import { decFromWire, decToWire, formatDec } from "../../runtime/decimal.ts";
import { type ChainError, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { sha256 } from "../../store/sha256.ts";
import type { InferenceKeeper } from "./keeper.ts";
import { DEFAULT_PARAMS, DEFAULT_UNIT_PRICE, STREAMS, validateParams } from "./params.ts";
import { boundedUnitPrice } from "./price.ts";
import {
  allOutputs,
  allReceipts,
  allRoots,
  nextReceiptId,
  prunedHeight,
  putOutput,
  putReceipt,
  putRoot,
  rootOf,
  setNextReceiptId,
  setPrunedHeight,
} from "./receipts.ts";

const HASH_BYTES = 32;

export function inferenceGenesis(keeper: InferenceKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () =>
      GenesisState.create({
        params: DEFAULT_PARAMS,
        unitPrice: decToWire(DEFAULT_UNIT_PRICE),
        nextReceiptId: 1n,
      }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      keeper.initParams(ctx, genesis.params);
      keeper.setUnitPrice(ctx, decFromWire(genesis.unitPrice, "unit_price"));
      const { id, idHash, conformanceHash } = ctx.compute.engine;
      keeper.setEngine(ctx, genesis.engine ?? { id, idHash, conformanceHash });
      keeper.assertEngine(ctx, ctx.compute.engine);
      setNextReceiptId(ctx, genesis.nextReceiptId || 1n);
      for (const receipt of genesis.receipts) putReceipt(ctx, receipt);
      for (const { receiptId, tensors } of genesis.outputs) putOutput(ctx, receiptId, tensors);
      for (const root of genesis.roots) putRoot(ctx, root);
      setPrunedHeight(ctx, "outputs", genesis.outputsPrunedHeight);
      setPrunedHeight(ctx, "receipts", genesis.receiptsPrunedHeight);
      const budget = genesis.lastBudget || genesis.params.blockComputeBudget;
      keeper.setUse(ctx, { used: genesis.lastUsed, budget });
      return undefined;
    },
    export: (ctx) => ({
      params: keeper.params(ctx),
      engine: keeper.engine(ctx),
      unitPrice: decToWire(keeper.unitPrice(ctx)),
      nextReceiptId: nextReceiptId(ctx),
      receipts: [...allReceipts(ctx)],
      outputs: [...allOutputs(ctx)],
      roots: [...allRoots(ctx)],
      outputsPrunedHeight: prunedHeight(ctx, "outputs"),
      receiptsPrunedHeight: prunedHeight(ctx, "receipts"),
      lastUsed: keeper.use(ctx).used,
      lastBudget: keeper.use(ctx).budget,
    }),
    // Receipts stand by heights of the old chain, against whose headers they are proven; their ids are not given again.
    restart: (genesis) => ({
      ...genesis,
      receipts: [],
      outputs: [],
      roots: [],
      outputsPrunedHeight: 0n,
      receiptsPrunedHeight: 0n,
    }),
  };
}

function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  const { params, engine, lastUsed, lastBudget } = genesis;
  validateParams(params);
  const unitPrice = decFromWire(genesis.unitPrice, "unit_price");
  const bounded = boundedUnitPrice(unitPrice, params);
  if (unitPrice !== bounded)
    throw invalid(
      "unit_price",
      `${formatDec(unitPrice)} is out of bounds; the nearest is ${formatDec(bounded)}`,
    );
  if (engine && (engine.idHash.length !== HASH_BYTES || engine.conformanceHash.length !== HASH_BYTES))
    throw invalid(
      "engine",
      "id_hash and conformance_hash must have 32 bytes; leave engine out to take the node's",
    );
  if (lastUsed > (lastBudget || params.blockComputeBudget))
    throw invalid("last_used", `${lastUsed} is over the budget of the block`);
  const next = genesis.nextReceiptId || 1n;
  assertCounter(next, "next_receipt_id");
  for (const [i, receipt] of genesis.receipts.entries()) assertReceipt(receipt, `receipts[${i}]`, addresses);
  assertAscending(
    "receipts",
    "id",
    genesis.receipts.map(({ id }) => id),
    next,
  );
  assertAscending(
    "outputs",
    "receipt_id",
    genesis.outputs.map(({ receiptId }) => receiptId),
    next,
  );
  assertAscending(
    "roots",
    "height",
    genesis.roots.map(({ height }) => height),
  );
  const receipts = new Map(genesis.receipts.map((receipt) => [receipt.id, receipt]));
  for (const [i, { receiptId, tensors }] of genesis.outputs.entries()) {
    const wanted = receipts.get(receiptId)?.outputHash;
    if (!wanted || !bytesEqual(sha256(tensors), wanted))
      throw invalid(`outputs[${i}].tensors`, `is not what receipt ${receiptId} has the output hash of`);
  }
  for (const [i, root] of genesis.roots.entries()) {
    const path = `roots[${i}]`;
    if (root.count < 1 || root.firstId < 1n || root.firstId + BigInt(root.count) > next)
      throw invalid(path, `receipts ${root.firstId} and on, ${root.count} in all, are not all below ${next}`);
    if (root.height <= genesis.receiptsPrunedHeight) continue;
    const ids = Array.from({ length: root.count }, (_, offset) => root.firstId + BigInt(offset));
    const kept = ids.flatMap((id) => receipts.get(id) ?? []);
    if (kept.length !== root.count || !bytesEqual(rootOf(kept), root.root))
      throw invalid(
        `${path}.root`,
        `is not the root of receipts ${root.firstId} and on, ${root.count} in all`,
      );
  }
}

function assertReceipt(receipt: Receipt, path: string, addresses: AddressCodec): void {
  addresses.parse(receipt.requester, `${path}.requester`);
  addresses.parse(receipt.payer, `${path}.payer`);
  addresses.parse(receipt.modelOwner, `${path}.model_owner`);
  const fee = coinFromProto(receipt.fee, `${path}.fee`);
  const parts = STREAMS.map((stream) => parseAmount(receipt.split[stream], `${path}.split.${stream}`));
  const sum = parts.reduce((total, part) => total + part, 0n);
  if (sum !== fee.amount) throw invalid(`${path}.split`, `the parts sum to ${sum}, the fee is ${fee.amount}`);
}

function assertAscending(list: string, field: string, values: readonly bigint[], below?: bigint): void {
  for (const [i, value] of values.entries()) {
    const before = i === 0 ? 0n : values[i - 1]!;
    if (value <= before) throw invalid(`${list}[${i}].${field}`, `${value} does not ascend after ${before}`);
    if (below !== undefined && value >= below)
      throw invalid(`${list}[${i}].${field}`, `${value} is not below next_receipt_id ${below}`);
  }
}

function invalid(path: string, message: string): ChainError {
  return SdkError.invalidRequest(`${path}: ${message}`);
}
