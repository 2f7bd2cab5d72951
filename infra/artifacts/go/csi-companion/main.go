// The two companions of a CSI driver whose own modules the Go proxy does not have, in one program:
// "register" stands in for csi-node-driver-registrar, "probe" for livenessprobe. Both take the flags
// that the manifests of aws-ebs-csi-driver give to the originals. "abilities" asks a driver what it can
// do, for a claim about it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

var version = "unstamped"

func main() {
	commands := map[string]func(context.Context, []string) error{
		"abilities": abilities, "probe": probe, "register": register,
	}
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("csi-companion", version)
		return
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: csi-companion abilities|probe|register FLAGS")
		os.Exit(2)
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := commands[os.Args[1]](ended, os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

// dial connects to the driver's socket, given as a path or as unix:path.
func dial(address string) (*grpc.ClientConn, error) {
	if len(address) > 0 && address[0] == '/' {
		address = "unix:" + address
	}
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
}
