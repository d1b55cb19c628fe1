// Says what the Cosmos SDK signs in mode LEGACY_AMINO_JSON (x/tx/signing/aminojson). A line of standard input is one
// transaction: {"body": hex, "auth_info": hex, "chain_id", "account_number", "sequence"}; a line of standard output is
// {"sign_bytes": text} or {"error": text}. Usage: amino < cases.jsonl > answers.jsonl
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"

	_ "cosmossdk.io/api/cosmos/auth/v1beta1"
	_ "cosmossdk.io/api/cosmos/authz/v1beta1"
	_ "cosmossdk.io/api/cosmos/bank/v1beta1"
	_ "cosmossdk.io/api/cosmos/consensus/v1"
	_ "cosmossdk.io/api/cosmos/crypto/ed25519"
	_ "cosmossdk.io/api/cosmos/crypto/multisig"
	_ "cosmossdk.io/api/cosmos/crypto/secp256k1"
	_ "cosmossdk.io/api/cosmos/distribution/v1beta1"
	_ "cosmossdk.io/api/cosmos/evidence/v1beta1"
	_ "cosmossdk.io/api/cosmos/feegrant/v1beta1"
	_ "cosmossdk.io/api/cosmos/gov/v1"
	_ "cosmossdk.io/api/cosmos/gov/v1beta1"
	_ "cosmossdk.io/api/cosmos/mint/v1beta1"
	_ "cosmossdk.io/api/cosmos/params/v1beta1"
	_ "cosmossdk.io/api/cosmos/slashing/v1beta1"
	_ "cosmossdk.io/api/cosmos/staking/v1beta1"
	txv1beta1 "cosmossdk.io/api/cosmos/tx/v1beta1"
	_ "cosmossdk.io/api/cosmos/upgrade/v1beta1"
	_ "cosmossdk.io/api/cosmos/vesting/v1beta1"
	"cosmossdk.io/x/tx/signing"
	"cosmossdk.io/x/tx/signing/aminojson"
)

type request struct {
	Body          string `json:"body"`
	AuthInfo      string `json:"auth_info"`
	ChainID       string `json:"chain_id"`
	AccountNumber uint64 `json:"account_number,string"`
	Sequence      uint64 `json:"sequence,string"`
}

type answer struct {
	SignBytes string `json:"sign_bytes,omitempty"`
	Error     string `json:"error,omitempty"`
}

func signBytes(handler *aminojson.SignModeHandler, line []byte) ([]byte, error) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	body, err := hex.DecodeString(asked.Body)
	if err != nil {
		return nil, err
	}
	authInfo, err := hex.DecodeString(asked.AuthInfo)
	if err != nil {
		return nil, err
	}
	data := signing.TxData{BodyBytes: body, AuthInfoBytes: authInfo, Body: &txv1beta1.TxBody{}, AuthInfo: &txv1beta1.AuthInfo{}}
	if err := proto.Unmarshal(body, data.Body); err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(authInfo, data.AuthInfo); err != nil {
		return nil, err
	}
	signer := signing.SignerData{
		Address:       "unused, but must be there",
		ChainID:       asked.ChainID,
		AccountNumber: asked.AccountNumber,
		Sequence:      asked.Sequence,
	}
	return handler.GetSignBytes(context.Background(), signer, data)
}

func main() {
	handler := aminojson.NewSignModeHandler(aminojson.SignModeHandlerOptions{})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		bytes, err := signBytes(handler, lines.Bytes())
		said := answer{SignBytes: string(bytes)}
		if err != nil {
			said = answer{Error: err.Error()}
		}
		if err := out.Encode(said); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
