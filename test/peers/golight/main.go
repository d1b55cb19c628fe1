// Verifies a key and an absent key of a node with CometBFT's own light client and the ics23 library: nothing of ours.
//
//	golight RPC_URL CHAIN_ID STORE PRESENT_KEY_HEX ABSENT_KEY_HEX
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	lighthttp "github.com/cometbft/cometbft/light/provider/http"
	lightdb "github.com/cometbft/cometbft/light/store/db"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	ics23 "github.com/cosmos/ics23/go"
)

// commitmentOp is one step of a proof, as a decoder of CometBFT's proof runtime wants it.
type commitmentOp struct {
	kind  string
	key   []byte
	spec  *ics23.ProofSpec
	proof *ics23.CommitmentProof
}

func decoder(spec *ics23.ProofSpec) func(cmtcrypto.ProofOp) (merkle.ProofOperator, error) {
	return func(op cmtcrypto.ProofOp) (merkle.ProofOperator, error) {
		proof := &ics23.CommitmentProof{}
		if err := proof.Unmarshal(op.Data); err != nil {
			return nil, err
		}
		return commitmentOp{op.Type, op.Key, spec, proof}, nil
	}
}

func (op commitmentOp) GetKey() []byte { return op.key }

func (op commitmentOp) ProofOp() cmtcrypto.ProofOp { panic("not needed to verify") }

// Run verifies one step, and gives the root that the next step proves.
func (op commitmentOp) Run(args [][]byte) ([][]byte, error) {
	root, err := op.proof.Calculate()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		if !ics23.VerifyNonMembership(op.spec, root, op.proof, op.key) {
			return nil, errors.New(op.kind + ": absence is not proven")
		}
	} else if !ics23.VerifyMembership(op.spec, root, op.proof, op.key, args[0]) {
		return nil, errors.New(op.kind + ": presence is not proven")
	}
	return [][]byte{root}, nil
}

func run(rpcURL, chainID, store string, keys [2][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := url.Parse(rpcURL); err != nil {
		return err
	}
	primary, err := lighthttp.New(chainID, rpcURL)
	if err != nil {
		return err
	}
	first, err := primary.LightBlock(ctx, 1)
	if err != nil {
		return err
	}
	client, err := light.NewClient(ctx, chainID,
		light.TrustOptions{Period: time.Hour, Height: 1, Hash: first.Hash()},
		primary, []provider.Provider{primary}, lightdb.New(dbm.NewMemDB(), chainID), light.Logger(log.NewNopLogger()))
	if err != nil {
		return err
	}
	node, err := rpchttp.New(rpcURL, "/websocket")
	if err != nil {
		return err
	}
	runtime := merkle.DefaultProofRuntime()
	runtime.RegisterOpDecoder("ics23:iavl", decoder(ics23.IavlSpec))
	runtime.RegisterOpDecoder("ics23:simple", decoder(ics23.TendermintSpec))
	status, err := node.Status(ctx)
	if err != nil {
		return err
	}
	// The app hash of height H is in the header of H + 1.
	height := status.SyncInfo.LatestBlockHeight - 1
	block, err := client.VerifyLightBlockAtHeight(ctx, height+1, time.Now())
	if err != nil {
		return err
	}
	for i, key := range keys {
		answer, err := node.ABCIQueryWithOptions(ctx, "/store/"+store+"/key", key, rpcclient.ABCIQueryOptions{Height: height, Prove: true})
		if err != nil {
			return err
		}
		path := merkle.KeyPath{}.AppendKey([]byte(store), merkle.KeyEncodingURL).AppendKey(key, merkle.KeyEncodingHex).String()
		// CometBFT's own verifying RPC client gives VerifyAbsence the bare key, which it refuses: both are called here.
		if i == 0 {
			err = runtime.VerifyValue(answer.Response.ProofOps, block.AppHash, path, answer.Response.Value)
		} else {
			err = runtime.VerifyAbsence(answer.Response.ProofOps, block.AppHash, path)
		}
		if err != nil {
			return fmt.Errorf("key %x: %w", key, err)
		}
		fmt.Printf("verified %x at height %d: present %v\n", key, height, i == 0)
	}
	return nil
}

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: golight RPC_URL CHAIN_ID STORE PRESENT_KEY_HEX ABSENT_KEY_HEX")
		os.Exit(2)
	}
	var keys [2][]byte
	for i := range keys {
		key, err := hex.DecodeString(os.Args[4+i])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		keys[i] = key
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], keys); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
