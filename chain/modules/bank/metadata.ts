/** Rules of denomination metadata. Source: x/bank/types/metadata.go of the Cosmos SDK v0.53. */
import type { Metadata } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { assertDenom } from "../../runtime/coins.ts";
import { SdkError } from "../../runtime/errors.ts";

/** @throws SdkError naming the field under `path` */
export function assertMetadata(metadata: Metadata, path: string): void {
  const fault = (field: string, what: string) => SdkError.invalidRequest(`${path}.${field}: ${what}`);
  if (metadata.name.trim() === "") throw fault("name", "must not be blank");
  if (metadata.symbol.trim() === "") throw fault("symbol", "must not be blank");
  assertDenom(metadata.base, `${path}.base`);
  assertDenom(metadata.display, `${path}.display`);
  let before = -1;
  let hasDisplay = false;
  const seen = new Set<string>();
  for (const [index, unit] of metadata.denomUnits.entries()) {
    const field = `denom_units[${index}]`;
    assertDenom(unit.denom, `${path}.${field}.denom`);
    if (index === 0 && (unit.denom !== metadata.base || unit.exponent !== 0)) {
      throw fault(field, `must be the base ${metadata.base} with exponent 0`);
    }
    if (unit.exponent <= before)
      throw fault(`${field}.exponent`, `${unit.exponent} does not ascend after ${before}`);
    before = unit.exponent;
    for (const name of [unit.denom, ...unit.aliases]) {
      if (name.trim() === "") throw fault(`${field}.aliases`, "must not hold blanks");
      if (seen.has(name)) throw fault(field, `${name} is there twice`);
      seen.add(name);
    }
    hasDisplay ||= unit.denom === metadata.display;
  }
  if (metadata.denomUnits.length === 0) throw fault("denom_units", `must hold the base ${metadata.base}`);
  if (!hasDisplay) throw fault("denom_units", `must hold the display ${metadata.display}`);
}
