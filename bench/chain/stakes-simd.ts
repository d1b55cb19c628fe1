/**
 * What staking costs beside the Cosmos SDK's simd: 300 validators and 100,000 delegations from genesis on, blocks that all
 * validators signed, and a block of 200 votes on a proposal. Both are driven over ABCI with the same genesis and blocks, and
 * CPU is measured: what the wall clock shows depends on what else runs. A ratio over 1 says that ours takes less.
 *   node --import tsx bench/chain/stakes-simd.ts [--validators 300] [--delegations 100000] [--blocks 50]
 */
import { parseArgs } from "node:util";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import { moduleAddress } from "../../chain/runtime/address.ts";
import { utf8 } from "../../chain/runtime/bytes.ts";
import { keySigner, PrivateKey, pack, signTx } from "../../client/index.ts";
import { MsgSubmitProposal, MsgVote, VoteOption } from "../../proto/gen/cosmos.gov.v1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { RequestFinalizeBlock } from "../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../proto/gen/tendermint.types.ts";
import type { JsonObject } from "../../proto/json.ts";
import { CHAIN_ID, codec, DENOM, PREFIX } from "../../test/chain/vectors/simd/cast.ts";
import { openOurs, type PlayChain } from "../../test/chain/vectors/simd/chains.ts";
import { commonGenesis, START, types } from "../../test/chain/vectors/simd/genesis.ts";
import { openPeer } from "../../test/chain/vectors/simd/peer.ts";

const { values } = parseArgs({
  options: {
    validators: { type: "string", default: "300" },
    delegations: { type: "string", default: "100000" },
    blocks: { type: "string", default: "50" },
  },
});
const count = Number(values.validators);
const each = BigInt(Math.ceil(Number(values.delegations) / count));
const idle = Number(values.blocks);
const VOTES = 200;
const STAKE = 1_000_000n;

const keys = Array.from({ length: count }, (_, n) => ed25519.getPublicKey(sha256(utf8(`stakes:${n}`))));
const operators = keys.map((_, n) => codec.operators.format(sha256(utf8(`operator:${n}`)).slice(0, 20)));
const voters = Array.from({ length: VOTES }, (_, n) =>
  keySigner(new PrivateKey(sha256(utf8(`voter:${n}`))), PREFIX),
);
/** The first delegators are the voters. */
const delegators = Array.from({ length: Number(each) * count }, (_, n) =>
  n < VOTES ? voters[n]!.address : codec.format(sha256(utf8(`delegator:${n}`)).slice(0, 20)),
);

async function genesis(): Promise<Record<string, JsonObject>> {
  const common = await commonGenesis();
  const { auth, bank, staking } = common as Record<string, JsonObject>;
  const tokens = (each * STAKE).toString();
  const funds = 100_000_000n;
  const pool = each * STAKE * BigInt(count);
  const coins = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];
  return {
    ...common,
    auth: {
      ...auth!,
      accounts: voters.map(({ address }, n) => ({
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        address,
        pub_key: null,
        account_number: String(n),
        sequence: "0",
      })),
    },
    bank: {
      ...bank!,
      balances: [
        ...voters.map(({ address }) => ({ address, coins: coins(funds) })),
        { address: codec.format(moduleAddress("not_bonded_tokens_pool")), coins: coins(pool) },
      ],
      supply: coins(pool + funds * BigInt(VOTES)),
    },
    staking: {
      ...staking!,
      params: {
        ...(staking!["params"] as JsonObject),
        max_validators: count,
        historical_entries: 100,
        unbonding_time: "1814400s",
      },
      validators: operators.map((operator_address, n) => ({
        operator_address,
        consensus_pubkey: { "@type": "/cosmos.crypto.ed25519.PubKey", key: base64.encode(keys[n]!) },
        jailed: false,
        status: "BOND_STATUS_UNBONDED",
        tokens,
        delegator_shares: `${tokens}.000000000000000000`,
        description: { moniker: `v${n}`, identity: "", website: "", security_contact: "", details: "" },
        unbonding_height: "0",
        unbonding_time: "1970-01-01T00:00:00Z",
        commission: {
          commission_rates: {
            rate: "0.100000000000000000",
            max_rate: "0.200000000000000000",
            max_change_rate: "0.010000000000000000",
          },
          update_time: "2023-11-14T22:13:20Z",
        },
        min_self_delegation: "1",
        unbonding_on_hold_ref_count: "0",
        unbonding_ids: [],
      })),
      delegations: delegators.map((delegator_address, n) => ({
        delegator_address,
        validator_address: operators[n % count]!,
        shares: `${STAKE}.000000000000000000`,
      })),
    },
    gov: {
      starting_proposal_id: "1",
      deposits: [],
      votes: [],
      proposals: [],
      params: {
        min_deposit: coins(1_000n),
        max_deposit_period: "172800s",
        voting_period: "172800s",
        quorum: "0.334000000000000000",
        threshold: "0.500000000000000000",
        veto_threshold: "0.334000000000000000",
        min_initial_deposit_ratio: "0.000000000000000000",
        proposal_cancel_ratio: "0.500000000000000000",
        proposal_cancel_dest: "",
        expedited_voting_period: "86400s",
        expedited_threshold: "0.667000000000000000",
        expedited_min_deposit: coins(5_000n),
        burn_vote_quorum: false,
        burn_proposal_deposit_prevote: false,
        burn_vote_veto: true,
        min_deposit_ratio: "0.010000000000000000",
      },
      constitution: "",
    },
    genutil: { gen_txs: [] },
  };
}

const addresses = keys.map((key) => sha256(key).slice(0, 20));

function block(height: bigint, txs: readonly Uint8Array[] = []): RequestFinalizeBlock {
  const votes = addresses.map((address) => ({
    validator: { address, power: each },
    blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
  }));
  return RequestFinalizeBlock.create({
    height,
    time: { seconds: START + height * 5n, nanos: 0 },
    proposerAddress: addresses[Number(height) % count]!,
    decidedLastCommit: { round: 0, votes: height === 1n ? [] : votes },
    txs,
    hash: sha256(utf8(`stakes ${height}`)),
  });
}

function signed(n: number, sequence: bigint, message: Any): Promise<Uint8Array> {
  const party = { signer: voters[n]!, chainId: CHAIN_ID, accountNumber: BigInt(n), sequence };
  const fee = { amount: [{ denom: DENOM, amount: "500" }], gasLimit: 400_000n };
  return signTx({ messages: [message], fee }, [party], types);
}

const proposal = await signed(
  0,
  0n,
  pack(MsgSubmitProposal, {
    messages: [],
    initialDeposit: [{ denom: DENOM, amount: "2000" }],
    proposer: voters[0]!.address,
    metadata: "a text",
    title: "A text",
    summary: "Nothing to run",
    expedited: false,
  }),
);
const ballots = await Promise.all(
  voters.map(({ address }, n) =>
    signed(
      n,
      n === 0 ? 1n : 0n,
      pack(MsgVote, {
        proposalId: 1n,
        voter: address,
        option: [VoteOption.VOTE_OPTION_YES, VoteOption.VOTE_OPTION_NO][n % 2]!,
        metadata: "",
      }),
    ),
  ),
);

interface Costs {
  readonly init: number;
  readonly first: number;
  readonly idle: number;
  readonly votes: number;
}

async function measure(chain: PlayChain, appState: Record<string, JsonObject>): Promise<Costs> {
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = chain.cpu();
    await work();
    return chain.cpu() - before;
  };
  let height = 0n;
  const run = async (txs: readonly Uint8Array[] = []) => {
    const response = await chain.finalize(block(++height, txs));
    await chain.commit();
    const failed = response.txResults.find(({ code }) => code !== 0);
    if (failed) throw new TypeError(`${chain.name}: ${failed.codespace} ${failed.code} ${failed.log}`);
  };
  const init = await spent(() => chain.init(appState));
  const first = await spent(() => run());
  await run([proposal]);
  for (let n = 0; n < 5; n++) await run();
  const all = await spent(async () => {
    for (let n = 0; n < idle; n++) await run();
  });
  const votes = await spent(() => run(ballots));
  return { init, first, idle: all / idle, votes };
}

const appState = await genesis();
const results: Costs[] = [];
for (const open of [() => openOurs({ checkInvariants: false }), openPeer]) {
  const chain = await open();
  try {
    results.push(await measure(chain, appState));
  } finally {
    await chain.close();
  }
}
const [ours, theirs] = results as [Costs, Costs];
const rows: readonly (readonly [string, keyof Costs])[] = [
  [`InitChain, ${count} validators and ${delegators.length} delegations`, "init"],
  ["block 1, which writes it", "first"],
  [`an idle block, ${count} signatures, FinalizeBlock and Commit`, "idle"],
  [`a block of ${VOTES} votes`, "votes"],
];
console.log("| work | opgd, ms of CPU | simd, ms of CPU | ratio |\n| --- | --- | --- | --- |");
for (const [name, key] of rows)
  console.log(
    `| ${name} | ${ours[key].toFixed(1)} | ${theirs[key].toFixed(1)} | ${(theirs[key] / ours[key]).toFixed(2)} |`,
  );
