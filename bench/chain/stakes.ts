/**
 * What staking costs a block: 300 validators and 100,000 delegations from genesis on, idle blocks in which all sign.
 * Prints milliseconds of CPU: the start, a block's FinalizeBlock and Commit, the export. `node --import tsx bench/chain/stakes.ts [validators] [delegations]`
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { AddressCodec, moduleAddress } from "../../chain/runtime/address.ts";
import { addGenesisValidator, makeGenesis, PRESETS } from "../../genesis/index.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner, testValidator } from "../../test/chain/chain.ts";

const [count = 300, delegations = 100_000] = process.argv.slice(2).map(Number);
const addresses = new AddressCodec("opg");
const hash = (text: string) => sha256(new TextEncoder().encode(text)).slice(0, 20);
const validators = Array.from({ length: count }, (_, index) => ({
  ...testValidator(`bench-${index}`),
  power: 1n + BigInt(Math.ceil(delegations / count)),
}));

/** JSON of the state, to be multiplied. */
// biome-ignore lint/suspicious/noExplicitAny: a template that is filled in below
type Loose = any;
const one = addGenesisValidator(
  makeGenesis({
    chainId: CHAIN_ID,
    time: "2023-11-14T22:13:20Z",
    preset: {
      ...PRESETS.test,
      staking: { ...PRESETS.test.staking, maxValidators: count, historicalEntries: 100 },
    },
    accounts: [{ address: testSigner("alice").address, coins: [{ denom: DENOM, amount: 1_000_000_000n }] }],
  }),
  { moniker: "v", consensusKey: validators[0]!.publicKey, power: 1n, operator: validators[0]!.operator },
);
const state = structuredClone(one.app_state) as Loose;
const [validator] = state.staking.validators;
const names = Array.from({ length: count }, (_, index) => addresses.operators.format(hash(`op-${index}`)));
const perValidator = BigInt(Math.ceil(delegations / count));
const tokens = 1_000_000n * perValidator;
state.staking.validators = names.map((operator_address, index) => ({
  ...validator,
  operator_address,
  consensus_pubkey: {
    ...validator.consensus_pubkey,
    key: Buffer.from(validators[index]!.publicKey).toString("base64"),
  },
  tokens: tokens.toString(),
  delegator_shares: `${tokens}.000000000000000000`,
}));
state.staking.delegations = Array.from({ length: Number(perValidator) * count }, (_, index) => ({
  delegator_address: addresses.format(hash(`del-${index}`)),
  validator_address: names[index % count],
  shares: "1000000.000000000000000000",
}));
const pool = addresses.format(moduleAddress("not_bonded_tokens_pool"));
for (const balance of state.bank.balances)
  if (balance.address === pool) balance.coins[0].amount = (tokens * BigInt(count)).toString();
state.bank.supply = [];

const engine = { id: "none", idHash: new Uint8Array(32), conformanceHash: new Uint8Array(32) } as Loose;
const chain = await TestChain.start({
  engine,
  checkInvariants: false,
  validators: validators.map((each) => ({ ...each, power: perValidator })),
  genesis: { validators: [], models: { owner: testSigner("owner").address, samples: [] } },
});
/** Of this process, all threads: what the wall clock shows depends on what else runs. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
let began = cpu();
await chain.initFrom(state, { maxBytes: 4_194_304n, maxGas: -1n });
console.log(
  `InitChain with ${count} validators and ${state.staking.delegations.length} delegations: ${(cpu() - began).toFixed(0)} ms`,
);
began = cpu();
await chain.block();
console.log(`block 1, which writes all of it: ${(cpu() - began).toFixed(0)} ms`);
const times: number[] = [];
for (let i = 0; i < 30; i++) {
  began = cpu();
  await chain.block();
  times.push(cpu() - began);
}
times.sort((a, b) => a - b);
console.log(
  `idle block with all signatures, FinalizeBlock and Commit: median ${times[15]!.toFixed(1)} ms, worst ${times.at(-1)!.toFixed(1)} ms`,
);
began = cpu();
const text = JSON.stringify(chain.app.exportGenesis(0n));
console.log(`export: ${(cpu() - began).toFixed(0)} ms, ${(text.length / 1e6).toFixed(1)} MB`);
await chain.close();
