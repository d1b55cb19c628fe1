/** CosmJS's own extensions against the Cosmos modules: every message signed as a Ledger would where CosmJS can, every query read. No patch. */
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { DirectSecp256k1HdWallet, type EncodeObject } from "@cosmjs/proto-signing";
import {
  GasPrice,
  isDeliverTxSuccess,
  QueryClient,
  SigningStargateClient,
  setupAuthzExtension,
  setupBankExtension,
  setupDistributionExtension,
  setupFeegrantExtension,
  setupGovExtension,
  setupIbcExtension,
  setupMintExtension,
  setupSlashingExtension,
  setupStakingExtension,
} from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { BasicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { ProposalStatus, TextProposal, VoteOption } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import t from "tap";
import { OpgClient } from "../../client/index.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { testBinary } from "./net.ts";
import { startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const GAS_PRICE = GasPrice.fromString(`0.002${DENOM}`);
const coin = (amount: string) => ({ denom: DENOM, amount });

t.test("CosmJS stakes, votes, grants and reads it all back", { skip }, async (t) => {
  const net = await startOpgdNet(1);
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  const url = net.rpcUrl(0);
  const funder = await OpgClient.connect(url, { signer: testSigner("alice") });
  t.teardown(() => funder.close());
  const amino = await Secp256k1HdWallet.generate(12, { prefix: "opg" });
  const direct = await DirectSecp256k1HdWallet.generate(12, { prefix: "opg" });
  const ledger = (await amino.getAccounts())[0]!.address;
  const wallet = (await direct.getAccounts())[0]!.address;
  for (const address of [ledger, wallet]) await funder.send(address, [coin("100000000")]);
  const options = { gasPrice: GAS_PRICE };
  const clients = {
    amino: await SigningStargateClient.connectWithSigner(url, amino, options),
    direct: await SigningStargateClient.connectWithSigner(url, direct, options),
  };
  const comet = await Comet38Client.connect(url);
  t.teardown(() => {
    comet.disconnect();
    for (const client of Object.values(clients)) client.disconnect();
  });
  const query = QueryClient.withExtensions(
    comet,
    setupBankExtension,
    setupStakingExtension,
    setupDistributionExtension,
    setupGovExtension,
    setupMintExtension,
    setupSlashingExtension,
    setupAuthzExtension,
    setupFeegrantExtension,
    setupIbcExtension,
  );
  const does = async (who: keyof typeof clients, typeUrl: string, value: object): Promise<void> => {
    const message: EncodeObject = { typeUrl, value };
    const sender = who === "amino" ? ledger : wallet;
    const result = await clients[who].signAndBroadcast(sender, [message], 2);
    t.ok(isDeliverTxSuccess(result), `${who} ${typeUrl}: ${result.rawLog}`);
  };

  const { validators } = await query.staking.validators("BOND_STATUS_BONDED");
  t.equal(validators.length, 1);
  const { operatorAddress } = validators[0]!;

  await does("amino", "/cosmos.staking.v1beta1.MsgDelegate", {
    delegatorAddress: ledger,
    validatorAddress: operatorAddress,
    amount: coin("5000000"),
  });
  await does("amino", "/cosmos.staking.v1beta1.MsgUndelegate", {
    delegatorAddress: ledger,
    validatorAddress: operatorAddress,
    amount: coin("1000000"),
  });
  await does("amino", "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress", {
    delegatorAddress: ledger,
    withdrawAddress: wallet,
  });
  await does("amino", "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", {
    delegatorAddress: ledger,
    validatorAddress: operatorAddress,
  });
  await does("amino", "/cosmos.distribution.v1beta1.MsgFundCommunityPool", {
    depositor: ledger,
    amount: [coin("1000")],
  });
  const content = {
    typeUrl: "/cosmos.gov.v1beta1.TextProposal",
    value: TextProposal.encode({ title: "A title", description: "What & why <here>" }).finish(),
  };
  await does("amino", "/cosmos.gov.v1beta1.MsgSubmitProposal", {
    content,
    initialDeposit: [coin("9000000")],
    proposer: ledger,
  });
  await does("amino", "/cosmos.gov.v1beta1.MsgDeposit", {
    proposalId: 1n,
    depositor: ledger,
    amount: [coin("2000000")],
  });
  await does("amino", "/cosmos.gov.v1beta1.MsgVote", {
    proposalId: 1n,
    voter: ledger,
    option: VoteOption.VOTE_OPTION_ABSTAIN,
  });
  await does("amino", "/cosmos.gov.v1beta1.MsgVoteWeighted", {
    proposalId: 1n,
    voter: ledger,
    options: [
      { option: VoteOption.VOTE_OPTION_YES, weight: "700000000000000000" },
      { option: VoteOption.VOTE_OPTION_NO, weight: "300000000000000000" },
    ],
  });
  await does("amino", "/cosmos.vesting.v1beta1.MsgCreateVestingAccount", {
    fromAddress: ledger,
    toAddress: testSigner("vesting").address,
    amount: [coin("1000")],
    // cosmjs-types 0.11 writes 64-bit integers from 2^31 on as zeros.
    endTime: 2_000_000_000n,
    // A false one CosmJS signs as written, and amino JSON leaves out: the SDK refuses that too.
    delayed: true,
  });
  await does("direct", "/cosmos.feegrant.v1beta1.MsgGrantAllowance", {
    granter: wallet,
    grantee: ledger,
    allowance: {
      typeUrl: "/cosmos.feegrant.v1beta1.BasicAllowance",
      value: BasicAllowance.encode({ spendLimit: [coin("500000")] }).finish(),
    },
  });
  await does("direct", "/cosmos.authz.v1beta1.MsgGrant", {
    granter: wallet,
    grantee: ledger,
    grant: {
      authorization: {
        typeUrl: "/cosmos.authz.v1beta1.GenericAuthorization",
        value: GenericAuthorization.encode({ msg: "/cosmos.bank.v1beta1.MsgSend" }).finish(),
      },
    },
  });

  const delegation = await query.staking.delegation(ledger, operatorAddress);
  t.equal(delegation.delegationResponse!.balance!.amount, "4000000");
  t.equal((await query.staking.delegatorDelegations(ledger)).delegationResponses.length, 1);
  t.equal((await query.staking.unbondingDelegation(ledger, operatorAddress)).unbond!.entries.length, 1);
  t.equal((await query.staking.params()).params!.bondDenom, DENOM);
  t.ok(BigInt((await query.staking.pool()).pool!.bondedTokens) >= 14_000_000n);
  t.equal((await query.staking.validator(operatorAddress)).validator!.operatorAddress, operatorAddress);

  t.ok((await query.distribution.params()).params);
  t.ok(await query.distribution.delegationRewards(ledger, operatorAddress));
  t.equal((await query.distribution.delegationTotalRewards(ledger)).rewards.length, 1);
  t.ok(await query.distribution.validatorCommission(operatorAddress));
  t.ok(await query.distribution.validatorOutstandingRewards(operatorAddress));
  t.equal((await query.distribution.delegatorWithdrawAddress(ledger)).withdrawAddress, wallet);
  t.ok((await query.distribution.communityPool()).pool.length > 0);

  const { proposals } = await query.gov.proposals(ProposalStatus.PROPOSAL_STATUS_UNSPECIFIED, "", "");
  t.equal(proposals.length, 1);
  t.equal(TextProposal.decode(proposals[0]!.content!.value).description, "What & why <here>");
  t.equal((await query.gov.proposal(1)).proposal!.status, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
  t.equal((await query.gov.deposits(1)).deposits[0]!.amount[0]!.amount, "11000000");
  t.equal((await query.gov.votes(1)).votes[0]!.options.length, 2);
  t.equal((await query.gov.tally(1)).tally!.yes, "2800000");
  t.ok((await query.gov.params("voting")).votingParams);

  t.ok((await query.mint.params()).mintDenom);
  t.ok(await query.mint.inflation());
  t.ok(await query.mint.annualProvisions());
  t.equal((await query.slashing.signingInfos()).info.length, 1);
  t.ok((await query.slashing.params()).params);
  t.equal((await query.authz.grants(wallet, ledger, "")).grants.length, 1);
  t.equal((await query.feegrant.allowance(wallet, ledger)).allowance!.grantee, ledger);
  await t.rejects(
    query.ibc.channel.allChannels(),
    /no module answers queries of path/,
    "IBC is not there, and says so",
  );
});
