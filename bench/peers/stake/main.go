// Plays a script of staking, distribution and mint operations on the keepers of the Cosmos SDK and prints what the state is
// after each block. Usage: stake < script.json > vectors.json
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	coreheader "cosmossdk.io/core/header"
	"cosmossdk.io/core/store"
	"cosmossdk.io/log"
	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

const denom = "uopg"

type block struct {
	Fees string     `json:"fees"`
	Ops  [][]string `json:"ops"`
}

type script struct {
	Accounts []string `json:"accounts"`
	Funds    string   `json:"funds"`
	Blocks   []block  `json:"blocks"`
}

type output struct {
	Passed  []string          `json:"passed"`
	Digests []string          `json:"digests"`
	States  map[string]string `json:"states"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustV[T any](v T, err error) T {
	must(err)
	return v
}

func acc(name string) sdk.AccAddress { h := sha256.Sum256([]byte("account:" + name)); return h[:20] }
func val(name string) sdk.ValAddress { return sdk.ValAddress(acc(name)) }
func pub(name string) *ed25519.PubKey {
	h := sha256.Sum256([]byte("validator:" + name))
	return &ed25519.PubKey{Key: h[:]}
}
func num(s string) math.Int {
	i, ok := math.NewIntFromString(s)
	if !ok {
		panic(s)
	}
	return i
}

type chain struct {
	ak authkeeper.AccountKeeper
	bk bankkeeper.BaseKeeper
	sk *stakingkeeper.Keeper
	dk distrkeeper.Keeper
	mk mintkeeper.Keeper
}

func main() {
	var s script
	must(json.NewDecoder(os.Stdin).Decode(&s))
	cfg := sdk.GetConfig()
	cfg.SetBech32PrefixForAccount("opg", "opgpub")
	cfg.SetBech32PrefixForValidator("opgvaloper", "opgvaloperpub")
	cfg.SetBech32PrefixForConsensusNode("opgvalcons", "opgvalconspub")
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, distrtypes.StoreKey, minttypes.StoreKey)
	ctx := testutil.DefaultContextWithKeys(keys, nil, nil)
	enc := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, staking.AppModuleBasic{}, distribution.AppModuleBasic{}, mint.AppModuleBasic{})
	perms := map[string][]string{
		authtypes.FeeCollectorName:     nil,
		distrtypes.ModuleName:          nil,
		minttypes.ModuleName:           {authtypes.Minter},
		stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		"faucet":                       {authtypes.Minter},
	}
	authority := authtypes.NewModuleAddress("gov").String()
	service := func(name string) store.KVStoreService { return runtime.NewKVStoreService(keys[name]) }
	var c chain
	c.ak = authkeeper.NewAccountKeeper(enc.Codec, service(authtypes.StoreKey), authtypes.ProtoBaseAccount, perms, address.NewBech32Codec("opg"), "opg", authority)
	blocked := map[string]bool{}
	for name := range perms {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	c.bk = bankkeeper.NewBaseKeeper(enc.Codec, service(banktypes.StoreKey), c.ak, blocked, authority, log.NewNopLogger())
	c.sk = stakingkeeper.NewKeeper(enc.Codec, service(stakingtypes.StoreKey), c.ak, c.bk, authority, address.NewBech32Codec("opgvaloper"), address.NewBech32Codec("opgvalcons"))
	c.dk = distrkeeper.NewKeeper(enc.Codec, service(distrtypes.StoreKey), c.ak, c.bk, c.sk, authtypes.FeeCollectorName, authority)
	c.mk = mintkeeper.NewKeeper(enc.Codec, service(minttypes.StoreKey), c.sk, c.ak, c.bk, authtypes.FeeCollectorName, authority)
	c.sk.SetHooks(stakingtypes.NewMultiStakingHooks(c.dk.Hooks()))

	start := time.Unix(1_700_000_000, 0).UTC()
	ctx = ctx.WithBlockHeight(0).WithBlockTime(start)
	c.ak.InitGenesis(ctx, *authtypes.DefaultGenesisState())
	c.bk.InitGenesis(ctx, banktypes.DefaultGenesisState())
	c.dk.InitGenesis(ctx, *distrtypes.DefaultGenesisState())
	sp := stakingtypes.DefaultParams()
	sp.BondDenom = denom
	sp.MaxEntries = 1000
	sp.UnbondingTime = 20 * time.Second
	sp.MaxValidators = 4
	c.sk.InitGenesis(ctx, &stakingtypes.GenesisState{Params: sp, LastTotalPower: math.ZeroInt()})
	mp := minttypes.DefaultParams()
	mp.MintDenom = denom
	c.mk.InitGenesis(ctx, c.ak, &minttypes.GenesisState{Minter: minttypes.DefaultInitialMinter(), Params: mp})
	for _, name := range s.Accounts {
		coins := sdk.NewCoins(sdk.NewCoin(denom, num(s.Funds)))
		must(c.bk.MintCoins(ctx, "faucet", coins))
		must(c.bk.SendCoinsFromModuleToAccount(ctx, "faucet", acc(name), coins))
	}

	out := output{States: map[string]string{}}
	for i, b := range s.Blocks {
		height := int64(i + 1)
		header := cmtproto.Header{Height: height, Time: start.Add(time.Duration(height) * 5 * time.Second)}
		var votes []abci.VoteInfo
		if height > 1 {
			must(c.sk.IterateLastValidatorPowers(ctx, func(op sdk.ValAddress, power int64) bool {
				v := mustV(c.sk.GetValidator(ctx, op))
				votes = append(votes, abci.VoteInfo{Validator: abci.Validator{Address: mustV(v.GetConsAddr()), Power: power}})
				return false
			}))
		}
		header.ProposerAddress = make([]byte, 20)
		if len(votes) > 0 {
			header.ProposerAddress = votes[0].Validator.Address
		}
		ctx = ctx.WithBlockHeader(header).WithHeaderInfo(coreheader.Info{Height: height, Time: header.Time}).WithVoteInfos(votes)
		if b.Fees != "" {
			coins := sdk.NewCoins(sdk.NewCoin(denom, num(b.Fees)))
			must(c.bk.MintCoins(ctx, "faucet", coins))
			must(c.bk.SendCoinsFromModuleToModule(ctx, "faucet", authtypes.FeeCollectorName, coins))
		}
		must(c.mk.MintFn(ctx))
		must(c.dk.BeginBlocker(ctx))
		must(c.sk.BeginBlocker(ctx))
		passed := ""
		for _, op := range b.Ops {
			cc, write := ctx.CacheContext()
			err := c.run(cc, op)
			if err == nil {
				write()
				passed += "1"
			} else {
				passed += "0"
				fmt.Fprintln(os.Stderr, height, op, err)
			}
		}
		mustV(c.sk.EndBlocker(ctx))
		state := c.dump(ctx, s.Accounts)
		sum := sha256.Sum256([]byte(state))
		out.Passed = append(out.Passed, passed)
		out.Digests = append(out.Digests, hex.EncodeToString(sum[:8]))
		if os.Getenv("FULL") != "" || i == len(s.Blocks)-1 {
			out.States[fmt.Sprint(height)] = state
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", " ")
	must(e.Encode(out))
}

func (c chain) run(ctx sdk.Context, op []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	coins := func(s string) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(denom, num(s))) }
	switch op[0] {
	case "validator":
		rate := math.LegacyMustNewDecFromStr(op[3])
		rates := stakingtypes.NewCommissionRates(rate, math.LegacyOneDec(), rate)
		msg, err := stakingtypes.NewMsgCreateValidator(val(op[1]).String(), pub(op[1]), coins(op[2])[0], stakingtypes.NewDescription(op[1], "", "", "", ""), rates, math.OneInt())
		if err != nil {
			return err
		}
		_, err = stakingkeeper.NewMsgServerImpl(c.sk).CreateValidator(ctx, msg)
		return err
	case "delegate":
		v, err := c.sk.GetValidator(ctx, val(op[2]))
		if err != nil {
			return err
		}
		_, err = c.sk.Delegate(ctx, acc(op[1]), num(op[3]), stakingtypes.Unbonded, v, true)
		return err
	case "undelegate":
		shares, err := c.sk.ValidateUnbondAmount(ctx, acc(op[1]), val(op[2]), num(op[3]))
		if err != nil {
			return err
		}
		_, _, err = c.sk.Undelegate(ctx, acc(op[1]), val(op[2]), shares)
		return err
	case "redelegate":
		shares, err := c.sk.ValidateUnbondAmount(ctx, acc(op[1]), val(op[2]), num(op[4]))
		if err != nil {
			return err
		}
		_, err = c.sk.BeginRedelegation(ctx, acc(op[1]), val(op[2]), val(op[3]), shares)
		return err
	case "slash":
		v, err := c.sk.GetValidator(ctx, val(op[1]))
		if err != nil {
			return err
		}
		if v.IsUnbonded() {
			return fmt.Errorf("unbonded")
		}
		power := v.GetTokens().QuoRaw(1_000_000).Int64()
		back := num(op[3]).Int64()
		_, err = c.sk.Slash(ctx, mustV(v.GetConsAddr()), ctx.BlockHeight()-back, power, math.LegacyMustNewDecFromStr(op[2]))
		return err
	case "jail":
		v, err := c.sk.GetValidator(ctx, val(op[1]))
		if err != nil {
			return err
		}
		if v.IsJailed() {
			return fmt.Errorf("jailed")
		}
		return c.sk.Jail(ctx, mustV(v.GetConsAddr()))
	case "unjail":
		v, err := c.sk.GetValidator(ctx, val(op[1]))
		if err != nil {
			return err
		}
		if !v.IsJailed() {
			return fmt.Errorf("not jailed")
		}
		return c.sk.Unjail(ctx, mustV(v.GetConsAddr()))
	case "withdraw":
		_, err := c.dk.WithdrawDelegationRewards(ctx, acc(op[1]), val(op[2]))
		return err
	case "commission":
		_, err := c.dk.WithdrawValidatorCommission(ctx, val(op[1]))
		return err
	case "setWithdraw":
		return c.dk.SetWithdrawAddr(ctx, acc(op[1]), acc(op[2]))
	case "deposit":
		_, err := distrkeeper.NewMsgServerImpl(c.dk).DepositValidatorRewardsPool(ctx, distrtypes.NewMsgDepositValidatorRewardsPool(acc(op[1]).String(), val(op[2]).String(), coins(op[3])))
		return err
	case "fund":
		return c.dk.FundCommunityPool(ctx, coins(op[2]), acc(op[1]))
	}
	panic(op[0])
}

func (c chain) dump(ctx sdk.Context, names []string) string {
	var b strings.Builder
	line := func(parts ...any) { fmt.Fprintln(&b, parts...) }
	line("height", ctx.BlockHeight())
	line("supply", c.bk.GetSupply(ctx, denom).Amount)
	line("pool", mustV(c.dk.FeePool.Get(ctx)).CommunityPool)
	minter := mustV(c.mk.Minter.Get(ctx))
	line("mint", minter.Inflation, minter.AnnualProvisions)
	for _, name := range names {
		line("balance", name, c.bk.GetBalance(ctx, acc(name), denom).Amount)
	}
	for _, v := range mustV(c.sk.GetAllValidators(ctx)) {
		op := sdk.ValAddress(mustV(sdk.ValAddressFromBech32(v.OperatorAddress)))
		status := map[stakingtypes.BondStatus]string{1: "unbonded", 2: "unbonding", 3: "bonded"}[v.Status]
		line("validator", v.OperatorAddress, v.Tokens, v.DelegatorShares, status, v.Jailed)
		line("outstanding", mustV(c.dk.GetValidatorOutstandingRewards(ctx, op)).Rewards)
		line("commission", mustV(c.dk.GetValidatorAccumulatedCommission(ctx, op)).Commission)
		cur := mustV(c.dk.GetValidatorCurrentRewards(ctx, op))
		line("current", cur.Period, cur.Rewards)
	}
	for _, d := range mustV(c.sk.GetAllDelegations(ctx)) {
		line("delegation", d.DelegatorAddress, d.ValidatorAddress, d.Shares)
	}
	must(c.sk.IterateUnbondingDelegations(ctx, func(_ int64, u stakingtypes.UnbondingDelegation) bool {
		for _, e := range u.Entries {
			line("unbonding", u.DelegatorAddress, u.ValidatorAddress, e.CreationHeight, e.InitialBalance, e.Balance)
		}
		return false
	}))
	must(c.sk.IterateRedelegations(ctx, func(_ int64, r stakingtypes.Redelegation) bool {
		for _, e := range r.Entries {
			line("redelegation", r.DelegatorAddress, r.ValidatorSrcAddress, r.ValidatorDstAddress, e.CreationHeight, e.InitialBalance, e.SharesDst)
		}
		return false
	}))
	c.dk.IterateDelegatorStartingInfos(ctx, func(v sdk.ValAddress, d sdk.AccAddress, i distrtypes.DelegatorStartingInfo) bool {
		line("starting", v.String(), d.String(), i.PreviousPeriod, i.Stake, i.Height)
		return false
	})
	c.dk.IterateValidatorHistoricalRewards(ctx, func(v sdk.ValAddress, p uint64, r distrtypes.ValidatorHistoricalRewards) bool {
		line("historical", v.String(), p, r.ReferenceCount, r.CumulativeRewardRatio)
		return false
	})
	c.dk.IterateValidatorSlashEvents(ctx, func(v sdk.ValAddress, h uint64, e distrtypes.ValidatorSlashEvent) bool {
		line("slash", v.String(), h, e.ValidatorPeriod, e.Fraction)
		return false
	})
	return b.String()
}
