/** docs/economics.md says numbers. They come from the functions that the chain uses, or this fails. */
import { readFileSync } from "node:fs";
import t from "tap";
import {
  DEFAULT_PARAMS,
  STREAMS,
  UNITS_PER_GAS,
  weightsOf,
} from "../../../../chain/modules/inference/params.ts";
import { feeOf, nextUnitPrice } from "../../../../chain/modules/inference/price.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import { decFromWire, formatDec, parseDec } from "../../../../chain/runtime/decimal.ts";
import { splitByWeight } from "../../../../chain/runtime/split.ts";

const page = readFileSync(new URL("../../../../docs/economics.md", import.meta.url), "utf8");
const commas = (value: bigint) => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
const short = (wire: string) => formatDec(decFromWire(wire, "")).replace(/\.?0+$/, "");

function says(t: Tap, text: string): void {
  t.ok(page.replace(/\s+/g, " ").includes(text), text);
}
type Tap = Pick<typeof t, "ok">;

t.test("the weights and bounds on the page are the defaults", (t) => {
  const { split, ...params } = DEFAULT_PARAMS;
  for (const [index, stream] of STREAMS.entries())
    says(t, `| ${stream} | ${formatDec(weightsOf(split)[index]!).slice(0, 4)} |`);
  says(t, `| \`fee_denom\` | ${params.feeDenom} |`);
  says(t, `| \`block_compute_budget\` | ${commas(params.blockComputeBudget)} |`);
  says(t, `| \`target_use\` | ${short(params.targetUse)} |`);
  says(t, `| \`max_price_change\` | ${short(params.maxPriceChange)} |`);
  says(t, `| \`min_unit_price\` | ${short(params.minUnitPrice)} |`);
  says(t, `| \`max_unit_price\` | ${commas(BigInt(short(params.maxUnitPrice)))} |`);
  says(t, `| \`output_retention_blocks\` | ${commas(params.outputRetentionBlocks)} |`);
  says(t, `| \`receipt_retention_blocks\` | ${commas(params.receiptRetentionBlocks)} |`);
  says(t, `at ${commas(UNITS_PER_GAS)} units a gas`);
  t.end();
});

t.test("the worked example is what the chain computes", (t) => {
  const [units, own, price] = [12_345_678n, 500n, parseDec("0.001")];
  const fee = feeOf(units, price, own);
  says(
    t,
    `A model of ${commas(units)} compute units, priced by its owner at ${own} uopg, at a unit price of 0.001 uopg`,
  );
  says(t, `| ⌈${commas(units)} × 0.001⌉ | ${commas(fee - own)} |`);
  says(t, `| **fee** | **${commas(fee)}** |`);
  const parts = splitFee(fee, DEFAULT_PARAMS.split);
  for (const stream of STREAMS) says(t, `| ${stream} | ${commas(parts[stream])} |`);
  says(
    t,
    `The next block's price of a unit is ${formatDec(nextUnitPrice(price, units, DEFAULT_PARAMS))} uopg`,
  );
  const shares = splitByWeight(parts.verification, [10n, 20n, 30n]).map(commas);
  says(t, `that all signed get ${shares[0]}, ${shares[1]} and ${shares[2]}.`);
  t.end();
});

t.test("the small example of rounding is what the chain computes", (t) => {
  const parts = Object.values(splitFee(7n, DEFAULT_PARAMS.split)).join(", ");
  says(t, `a fee of 7 is split ${parts}`);
  t.end();
});
