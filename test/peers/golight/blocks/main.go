// Judges every block of a node as CometBFT judges a proposal, with CometBFT's own code: hashes, last commit, time, parts.
// The state that a block is judged against is made of what the node says of the height before.
//
//	blocks RPC_URL
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/libs/log"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

type node struct {
	client *rpchttp.HTTP
	ctx    context.Context
}

func (n node) validators(height int64) (*types.ValidatorSet, error) {
	answer, err := n.client.Validators(n.ctx, &height, nil, nil)
	if err != nil {
		return nil, err
	}
	return types.NewValidatorSet(answer.Validators), nil
}

// stateBefore is what CometBFT would know when the block of this height is proposed.
func (n node) stateBefore(height, initial int64, genesis *types.GenesisDoc) (sm.State, error) {
	validators, err := n.validators(height)
	if err != nil {
		return sm.State{}, err
	}
	next, err := n.validators(height + 1)
	if err != nil {
		return sm.State{}, err
	}
	params, err := n.client.ConsensusParams(n.ctx, &height)
	if err != nil {
		return sm.State{}, err
	}
	state := sm.State{
		ChainID:         genesis.ChainID,
		InitialHeight:   initial,
		LastBlockTime:   genesis.GenesisTime,
		LastValidators:  types.NewValidatorSet(nil),
		Validators:      validators,
		NextValidators:  next,
		ConsensusParams: params.ConsensusParams,
		LastResultsHash: types.NewResults(nil).Hash(),
	}
	state.Version.Consensus.Block = version.BlockProtocol
	state.Version.Consensus.App = params.ConsensusParams.Version.App
	if height == initial {
		return state, nil
	}
	before := height - 1
	last, err := n.client.Block(n.ctx, &before)
	if err != nil {
		return sm.State{}, err
	}
	results, err := n.client.BlockResults(n.ctx, &before)
	if err != nil {
		return sm.State{}, err
	}
	if state.LastValidators, err = n.validators(before); err != nil {
		return sm.State{}, err
	}
	state.LastBlockHeight = before
	state.LastBlockID = last.BlockID
	state.LastBlockTime = last.Block.Time
	state.LastResultsHash = types.NewResults(results.TxsResults).Hash()
	state.AppHash = results.AppHash
	return state, nil
}

func (n node) judge(height, initial int64, genesis *types.GenesisDoc) (*ctypes.ResultBlock, error) {
	answer, err := n.client.Block(n.ctx, &height)
	if err != nil {
		return nil, err
	}
	state, err := n.stateBefore(height, initial, genesis)
	if err != nil {
		return nil, err
	}
	if height == initial {
		// The genesis's own, which InitChain answered.
		state.AppHash = answer.Block.AppHash
	}
	executor := sm.NewBlockExecutor(nil, log.NewNopLogger(), nil, nil, sm.EmptyEvidencePool{}, nil)
	if err := executor.ValidateBlock(state, answer.Block); err != nil {
		return nil, err
	}
	parts, err := answer.Block.MakePartSet(types.BlockPartSizeBytes)
	if err != nil {
		return nil, err
	}
	id := types.BlockID{Hash: answer.Block.Hash(), PartSetHeader: parts.Header()}
	if !answer.BlockID.Equals(id) {
		return nil, fmt.Errorf("block id %v, and it hashes to %v", answer.BlockID, id)
	}
	commit, err := n.client.Commit(n.ctx, &height)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(commit.Header.Hash(), answer.BlockID.Hash) {
		return nil, errors.New("the commit has another header")
	}
	return answer, state.Validators.VerifyCommit(state.ChainID, id, height, commit.Commit)
}

func (n node) judgeTxs(block *types.Block) error {
	for i, tx := range block.Txs {
		found, err := n.client.Tx(n.ctx, tx.Hash(), true)
		if err != nil {
			return err
		}
		if found.Height != block.Height || int(found.Index) != i {
			return fmt.Errorf("tx %X is said to be the %d of %d", tx.Hash(), found.Index, found.Height)
		}
		if err := found.Proof.Validate(block.DataHash); err != nil {
			return err
		}
	}
	return nil
}

func run(rpcURL string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	client, err := rpchttp.New(rpcURL, "/websocket")
	if err != nil {
		return err
	}
	n := node{client, ctx}
	genesis, err := client.Genesis(ctx)
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	first, last := status.SyncInfo.EarliestBlockHeight, status.SyncInfo.LatestBlockHeight
	txs := 0
	for height := first; height <= last; height++ {
		answer, err := n.judge(height, first, genesis.Genesis)
		if err != nil {
			return fmt.Errorf("block %d: %w", height, err)
		}
		if err := n.judgeTxs(answer.Block); err != nil {
			return fmt.Errorf("block %d: %w", height, err)
		}
		txs += len(answer.Block.Txs)
	}
	if err := client.Start(); err != nil {
		return err
	}
	defer client.Stop() //nolint:errcheck
	events, err := client.Subscribe(ctx, "blocks", "tm.event='NewBlock'")
	if err != nil {
		return err
	}
	event := (<-events).Data.(types.EventDataNewBlock)
	if !bytes.Equal(event.Block.Hash(), event.BlockID.Hash) {
		return errors.New("the block of the event has another hash")
	}
	fmt.Printf("accepted blocks %d to %d with %d transactions, and the event of block %d\n", first, last, txs, event.Block.Height)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: blocks RPC_URL")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
