/** Offers: at what operators run models; and tolerances, by which owners say what a right answer is. */

import { type Offer, type Tolerance, Verification } from "../../../proto/gen/opg.compute.v1.ts";
import { ModelStatus } from "../../../proto/gen/opg.models.v1.ts";
import type { Address } from "../../runtime/address.ts";
import { parseAmount } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromWire, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { emitOffer, emitTolerance } from "./events.ts";
import { MAX_PRICE } from "./params.ts";
import {
  dropOffer,
  findOffer,
  findOperator,
  findTolerance,
  offersFor,
  operatorOf,
  paramsOf,
  putOffer,
  putTolerance,
} from "./state.ts";

/** As much for one unit as anything may cost. */
const MAX_UNIT_PRICE = parseDec("1000000000");
const MAX_ABSOLUTE = parseDec("1000000000");

/** @throws ComputeError.invalidOffer */
export function assertVerification(verification: number): void {
  if (
    verification !== Verification.VERIFICATION_EXACT &&
    verification !== Verification.VERIFICATION_TOLERANCE
  )
    throw ComputeError.invalidOffer(
      `verification: ${verification} is neither VERIFICATION_EXACT (1) nor VERIFICATION_TOLERANCE (2)`,
    );
}

/** What can be said of an offer alone. @throws ComputeError.invalidOffer, SdkError */
export function assertOffer({ verification, unitPrice, itemPrice, maxItems }: Omit<Offer, "operator">): void {
  assertVerification(verification);
  const price = decFromWire(unitPrice, "unit_price");
  if (price < ZERO || price > MAX_UNIT_PRICE)
    throw ComputeError.invalidOffer(
      `unit_price: ${formatDec(price)} is not from 0 to ${formatDec(MAX_UNIT_PRICE)}`,
    );
  if (parseAmount(itemPrice, "item_price") > MAX_PRICE)
    throw ComputeError.invalidOffer(`item_price: ${itemPrice} is more than ${MAX_PRICE}`);
  if (maxItems < 1) throw ComputeError.invalidOffer("max_items: must be 1 or more");
}

/** @throws ComputeError.notFound, invalidOffer, invalidTolerance, tooManyOffers */
export function setOffer(ctx: Context, { models }: ComputeDeps, operator: Address, offer: Offer): void {
  const { modelId, verification, maxItems } = offer;
  const mine = operatorOf(ctx, operator);
  const params = paramsOf(ctx);
  if (maxItems > params.maxItems)
    throw ComputeError.invalidOffer(`max_items: ${maxItems} is more than ${params.maxItems}`);
  if (models.model(ctx, modelId).status !== ModelStatus.MODEL_STATUS_PUBLISHED)
    throw ComputeError.invalidOffer(`model_id: model ${modelId} is not published`);
  if (verification === Verification.VERIFICATION_TOLERANCE && !findTolerance(ctx, modelId))
    throw ComputeError.invalidTolerance(
      `verification: the owner of model ${modelId} declared no tolerance; offer VERIFICATION_EXACT`,
    );
  if (!findOffer(ctx, operator, modelId, verification)) {
    const others = offersFor(ctx, modelId, verification);
    if (others.length >= params.maxOffers) displace(ctx, others, BigInt(mine.bond));
  }
  putOffer(ctx, offer);
  emitOffer(ctx, "offer_set", offer);
}

/**
 * Makes room among the offers for a model: the one with the least bond behind it goes, the last of equals, if the newcomer has more.
 * So whoever wants to keep others out must bond more than each of them.
 */
function displace(ctx: Context, offers: readonly Offer[], bond: bigint): void {
  const bondOf = ({ operator }: Offer) =>
    BigInt(findOperator(ctx, ctx.addresses.parse(operator, "operator"))?.bond ?? 0);
  const bonds = offers.map((offer) => ({ offer, bond: bondOf(offer) }));
  const least = bonds.reduce((a, b) => (b.bond <= a.bond ? b : a));
  if (least.bond >= bond)
    throw ComputeError.tooManyOffers(
      `model_id: model ${least.offer.modelId} has ${offers.length} offers; bond more than ${least.bond} to take the place of one`,
    );
  const { operator, modelId, verification } = least.offer;
  dropOffer(ctx, ctx.addresses.parse(operator, "operator"), modelId, verification);
  emitOffer(ctx, "offer_removed", least.offer);
}

/** @throws ComputeError.notFound */
export function removeOffer(ctx: Context, operator: Address, modelId: bigint, verification: number): void {
  const offer = findOffer(ctx, operator, modelId, verification);
  if (!offer)
    throw ComputeError.notFound(
      `model_id: ${ctx.addresses.format(operator)} has no such offer for model ${modelId}`,
    );
  dropOffer(ctx, operator, modelId, verification);
  emitOffer(ctx, "offer_removed", offer);
}

/** What can be said of bounds alone. @throws ComputeError.invalidTolerance, SdkError */
export function assertTolerance({ absolute, relative }: Pick<Tolerance, "absolute" | "relative">): void {
  const within = (text: string, name: string, most: Dec) => {
    const value = decFromWire(text, name);
    if (value < ZERO || value > most)
      throw ComputeError.invalidTolerance(`${name}: ${formatDec(value)} is not from 0 to ${formatDec(most)}`);
  };
  within(absolute, "absolute", MAX_ABSOLUTE);
  within(relative, "relative", ONE);
}

/** @throws ModelsError.notFound; ComputeError.notYours, invalidTolerance */
export function setTolerance(
  ctx: Context,
  { models }: ComputeDeps,
  owner: string,
  tolerance: Tolerance,
): void {
  const model = models.model(ctx, tolerance.modelId);
  if (model.owner !== owner)
    throw ComputeError.notYours(`owner: model ${model.id} belongs to ${model.owner}, not to ${owner}`);
  if (model.status !== ModelStatus.MODEL_STATUS_PUBLISHED)
    throw ComputeError.invalidTolerance(`model_id: model ${model.id} is not published`);
  putTolerance(ctx, tolerance);
  emitTolerance(ctx, tolerance, owner);
}
