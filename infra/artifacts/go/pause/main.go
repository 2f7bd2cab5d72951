// Pause holds the namespaces of a pod open until it is told to end.
//
// Stands in for Kubernetes' build/pause/linux/pause.c, which is C and so not built by its Go module:
// it ends with status 0 at SIGINT and SIGTERM and reaps orphans of a shared PID namespace.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

var version = "HEAD"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-v" {
		fmt.Println("pause", version)
		return
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "Warning: pause should be the first process")
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	reap() // A child may have ended before signals were asked for.
	for got := range signals {
		if got != syscall.SIGCHLD {
			fmt.Fprintln(os.Stderr, "Shutting down, got signal:", got)
			return
		}
		reap()
	}
}

func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid <= 0 && err != syscall.EINTR {
			return
		}
	}
}
