// Serves CometBFT's own example kvstore over ABCI: kvstore ADDRESS socket|grpc
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cometbft/cometbft/abci/example/kvstore"
	"github.com/cometbft/cometbft/abci/server"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: kvstore ADDRESS socket|grpc")
		os.Exit(2)
	}
	srv, err := server.NewServer(os.Args[1], os.Args[2], kvstore.NewInMemoryApplication())
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	_ = srv.Stop()
}
