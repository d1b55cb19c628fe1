import t from "tap";
import { nextBaseFee } from "../../../../chain/modules/fees/base-fee.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/fees/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { parseCoins } from "../../../../chain/runtime/coins.ts";
import type { Mode } from "../../../../chain/runtime/context.ts";
import { decToWire, formatDec, parseDec } from "../../../../chain/runtime/decimal.ts";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import { deductFee } from "../../../../chain/tx/fee.ts";
import { type GenesisState, Msg, type Params, Query } from "../../../../proto/gen/opg.fees.v1.ts";
import { account, codec, DENOM, Sandbox } from "../sandbox.ts";

const authority = codec.format(moduleAddress("gov"));
const ON: Params = { ...DEFAULT_PARAMS, enabled: true, minBaseFee: decToWire(parseDec("0.01")) };
const MAX_GAS = 1_000_000n;

const moves: readonly (readonly [name: string, base: string, gas: bigint, maxGas: bigint, next: string])[] = [
  ["at the target it stays", "1", 500_000n, MAX_GAS, "1.000000000000000000"],
  ["a full block adds an eighth", "1", MAX_GAS, MAX_GAS, "1.125000000000000000"],
  ["an empty block takes an eighth", "1", 0n, MAX_GAS, "0.875000000000000000"],
  ["half way is half of it", "1", 750_000n, MAX_GAS, "1.062500000000000000"],
  ["it never falls below the minimum", "0.011", 0n, MAX_GAS, "0.010000000000000000"],
  ["a rise is never nothing", "0.01", 500_001n, MAX_GAS, "0.010000002500000000"],
  ["without a limit of the block it is the minimum", "1", MAX_GAS, -1n, "0.010000000000000000"],
];

for (const [name, base, gas, maxGas, next] of moves) {
  t.test(name, (t) => {
    t.equal(formatDec(nextBaseFee(parseDec(base), gas, maxGas, ON)), next);
    t.end();
  });
}

t.test("even the smallest base fee rises", (t) => {
  const smallest = "0.000000000000000001";
  const params = { ...ON, minBaseFee: decToWire(parseDec(smallest)) };
  t.equal(formatDec(nextBaseFee(parseDec(smallest), MAX_GAS, MAX_GAS, params)), "0.000000000000000002");
  t.end();
});

/** A chain in its second block whose alice has coins, and whose blocks hold MAX_GAS. */
function started(params: Params): Sandbox {
  const sandbox = new Sandbox({
    funds: { alice: 1_000_000n },
    genesis: { fees: { params, baseFee: decToWire(parseDec("1")) } },
  });
  const ctx = sandbox.context("genesis");
  const consensus = sandbox.modules.consensus.params(ctx);
  sandbox.modules.consensus.init(ctx, { ...consensus, block: { maxBytes: 4_194_304n, maxGas: MAX_GAS } });
  sandbox.modules.auth.ensureAccount(ctx, codec.parse(account("alice")));
  sandbox.block(() => undefined);
  // The block was empty: back to 1.
  sandbox.modules.fees.setBaseFee(sandbox.context("genesis"), parseDec("1"));
  return sandbox;
}

/** The step of the pipeline, as alice's transaction goes through it. @returns the error, if any */
function pay(
  sandbox: Sandbox,
  fee: string,
  gasLimit: bigint,
  mode: Mode = "deliver",
): ChainError | undefined {
  const { ctx, write } = sandbox.context(mode).branch();
  const tx = { fee: parseCoins(fee), gasLimit, feePayer: codec.parse(account("alice")), msgs: [] };
  const { bank, auth, fees } = sandbox.modules;
  const deps = { bank, auth, minGasPrices: [], baseFee: fees };
  try {
    deductFee(
      ctx,
      { tx } as unknown as Parameters<typeof deductFee>[1],
      deps as unknown as Parameters<typeof deductFee>[2],
    );
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
  write();
  return undefined;
}

const collected = (sandbox: Sandbox) => sandbox.balance(codec.format(moduleAddress("fee_collector")));
const supply = (sandbox: Sandbox) => sandbox.modules.bank.supply(sandbox.context(), DENOM);
const broken = (sandbox: Sandbox) => sandbox.broken().filter((fault) => fault.startsWith("fees/"));

t.test("the base fee is asked of everybody, and burnt before fees are given out", (t) => {
  const sandbox = started(ON);
  sandbox.begin();
  const before = supply(sandbox);
  for (const mode of ["check", "recheck", "prepare", "process", "deliver"] as const) {
    const error = pay(sandbox, `99999${DENOM}`, 100_000n, mode);
    t.match(error, { codespace: "sdk", code: 13, message: /required: 100000uopg/ }, mode);
  }
  t.match(pay(sandbox, "100000other", 100_000n), { code: 13 }, "another denomination does not do");
  t.equal(pay(sandbox, `130000${DENOM}`, 100_000n), undefined);
  t.equal(collected(sandbox), 130_000n);
  sandbox.end();
  t.equal(collected(sandbox), 30_000n, "what was paid above stays");
  t.equal(supply(sandbox), before - 100_000n);
  // 100,000 of 500,000: four fifths of the way down.
  t.equal(formatDec(sandbox.modules.fees.baseFee(sandbox.context())), "0.900000000000000000");
  const [told] = sandbox.events.filter(({ type }) => type === "base_fee");
  t.strictSame(
    told!.attributes.map(({ key, value }) => `${key}=${value}`),
    ["base_fee=0.900000000000000000", `denom=${DENOM}`, "gas=100000", "burnt=100000"],
  );
  t.strictSame(broken(sandbox), []);
  t.end();
});

t.test("where it is not burnt, all of it is given out", (t) => {
  const sandbox = started({ ...ON, burnBaseFee: false });
  sandbox.begin();
  const before = supply(sandbox);
  t.equal(pay(sandbox, `100000${DENOM}`, 100_000n), undefined);
  sandbox.end();
  t.equal(collected(sandbox), 100_000n);
  t.equal(supply(sandbox), before);
  t.strictSame(broken(sandbox), []);
  t.end();
});

t.test("a simulation is not held to it, and genesis transactions pay none", (t) => {
  const sandbox = started(ON);
  sandbox.begin();
  for (const mode of ["simulate", "genesis"] as const)
    t.equal(pay(sandbox, "", 100_000n, mode), undefined, mode);
  sandbox.end();
  t.equal(formatDec(sandbox.modules.fees.baseFee(sandbox.context())), "0.875000000000000000");
  t.end();
});

t.test("it takes no gas, on or off", (t) => {
  const gas = (params: Params) => {
    const sandbox = started(params);
    sandbox.begin();
    const ctx = sandbox.context("deliver");
    sandbox.modules.fees.charge(ctx, parseCoins(`100000${DENOM}`), 100_000n);
    return ctx.gas.used;
  };
  t.equal(gas(DEFAULT_PARAMS), 0n);
  t.equal(gas(ON), 0n);
  t.end();
});

t.test("off, nothing is asked for and nothing is kept", (t) => {
  const sandbox = started(DEFAULT_PARAMS);
  sandbox.begin();
  t.equal(pay(sandbox, "", 100_000n), undefined);
  sandbox.end();
  t.strictSame(sandbox.query(Query.methods.BaseFee), { baseFee: "0", denom: DENOM });
  t.strictSame(
    sandbox.events.filter(({ type }) => type === "base_fee"),
    [],
  );
  t.end();
});

t.test("it is raised by blocks that are full, and a vote turns it on and off", (t) => {
  const sandbox = started(DEFAULT_PARAMS);
  sandbox.block(() => sandbox.run(Msg.methods.UpdateParams, { authority, params: ON }));
  sandbox.begin();
  t.match(pay(sandbox, "", MAX_GAS), { code: 13 });
  t.equal(pay(sandbox, `1000000${DENOM}`, MAX_GAS), undefined);
  sandbox.end();
  const { baseFee } = sandbox.query(Query.methods.BaseFee);
  t.ok(BigInt(baseFee) > parseDec("0.9"), baseFee);
  sandbox.block(() => sandbox.run(Msg.methods.UpdateParams, { authority, params: DEFAULT_PARAMS }));
  sandbox.begin();
  t.equal(pay(sandbox, "", MAX_GAS), undefined);
  sandbox.end();
  t.strictSame(broken(sandbox), []);
  t.end();
});

const refused: readonly (readonly [name: string, change: Partial<Params>, message: RegExp])[] = [
  ["no denomination", { denom: "" }, /params\.denom/],
  ["a target of nothing", { targetGasShare: "0" }, /target_gas_share/],
  ["a target over the block", { targetGasShare: decToWire(parseDec("1.1")) }, /target_gas_share/],
  ["no denominator", { maxChangeDenominator: 0 }, /max_change_denominator/],
  ["too large a denominator", { maxChangeDenominator: 1_001 }, /max_change_denominator/],
  ["no minimum", { minBaseFee: "0" }, /min_base_fee/],
];

for (const [name, change, message] of refused) {
  t.test(`${name} is refused, in a vote and in genesis`, (t) => {
    const sandbox = started(DEFAULT_PARAMS);
    const params = { ...ON, ...change };
    t.match(sandbox.deliver(Msg.methods.UpdateParams, { authority, params }).error, { message });
    const { genesis } = sandbox.modules.all.find((module) => module.name === "fees")!;
    t.throws(() => genesis!.validate({ params, baseFee: "0" } satisfies GenesisState, codec), { message });
    t.end();
  });
}

t.test("only the authority sets parameters", (t) => {
  const { error } = started(ON).deliver(Msg.methods.UpdateParams, {
    authority: account("alice"),
    params: ON,
  });
  t.equal(error?.codespace, "gov");
  t.end();
});
