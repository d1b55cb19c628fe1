// Prints evidence as CometBFT's RPC shows it, with the hash that a header has of it: test/vectors/rpc/evidence.json.
// Usage: go run ./evidence > evidence.json
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
)

var at = time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC)

func hash(fill byte) []byte {
	bytes := make([]byte, 32)
	for i := range bytes {
		bytes[i] = fill
	}
	return bytes
}

func blockID(fill byte) types.BlockID {
	return types.BlockID{Hash: hash(fill), PartSetHeader: types.PartSetHeader{Total: 3, Hash: hash(fill + 1)}}
}

func main() {
	first := ed25519.GenPrivKeyFromSecret([]byte("first")).PubKey()
	second := ed25519.GenPrivKeyFromSecret([]byte("second")).PubKey()
	set := types.NewValidatorSet([]*types.Validator{types.NewValidator(first, 10), types.NewValidator(second, 7)})
	vote := func(fill byte) *types.Vote {
		return &types.Vote{
			Type: cmtproto.PrecommitType, Height: 9, Round: 1, BlockID: blockID(fill), Timestamp: at,
			ValidatorAddress: first.Address(), ValidatorIndex: 1, Signature: append(hash(fill), hash(fill)...),
		}
	}
	duplicate := &types.DuplicateVoteEvidence{
		VoteA: vote(1), VoteB: vote(5), TotalVotingPower: 17, ValidatorPower: 10, Timestamp: at,
	}
	header := &types.Header{
		Version: cmtversion.Consensus{Block: 11, App: 1}, ChainID: "opg-1", Height: 9, Time: at,
		LastBlockID: blockID(20), LastCommitHash: hash(30), DataHash: hash(31), ValidatorsHash: set.Hash(),
		NextValidatorsHash: set.Hash(), ConsensusHash: hash(32), AppHash: hash(33), LastResultsHash: hash(34),
		EvidenceHash: hash(35), ProposerAddress: first.Address(),
	}
	attack := &types.LightClientAttackEvidence{
		ConflictingBlock: &types.LightBlock{
			SignedHeader: &types.SignedHeader{
				Header: header,
				Commit: &types.Commit{Height: 9, Round: 0, BlockID: blockID(40), Signatures: []types.CommitSig{
					{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: first.Address(), Timestamp: at, Signature: append(hash(1), hash(2)...)},
					types.NewCommitSigAbsent(),
				}},
			},
			ValidatorSet: set,
		},
		CommonHeight:        7,
		ByzantineValidators: []*types.Validator{set.Validators[0]},
		TotalVotingPower:    17,
		Timestamp:           at,
	}
	list := types.EvidenceList{duplicate, attack}
	// As it stands in a block.
	data := types.EvidenceData{Evidence: list}
	shown, err := cmtjson.Marshal(&data)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("{\"evidence\":%s,\"evidence_hash\":\"%X\"}\n", shown, list.Hash())
}
