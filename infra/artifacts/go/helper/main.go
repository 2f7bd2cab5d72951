// Helper plays the other side of a few interfaces of Kubernetes, for claims about them.
//
//	helper device-plugin --resource NAME --folder DIR   a device plugin, told what to do by files
//	helper register --resource NAME --version V         one registration; prints what came back
//	helper pod-resources                                what the kubelet says who has which device
//	helper spans --log FILE                             a collector of traces that writes them down
package main

import (
	"fmt"
	"os"
)

var version = "HEAD"

func main() {
	commands := map[string]func([]string) error{
		"device-plugin": devicePlugin,
		"register":      register,
		"pod-resources": podResources,
		"spans":         spans,
		"version":       func([]string) error { fmt.Println(version); return nil },
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: helper device-plugin|register|pod-resources|spans|version ...")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
