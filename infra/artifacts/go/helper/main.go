// Helper plays the other side of a few of the kubelet's interfaces, for claims about it.
//
//	helper device-plugin --resource NAME --folder DIR   a device plugin, told what to do by files
//	helper register --resource NAME --version V         one registration; prints what came back
//	helper pod-resources                                what the kubelet says who has which device
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
		"version":       func([]string) error { fmt.Println(version); return nil },
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: helper device-plugin|register|pod-resources|version ...")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
