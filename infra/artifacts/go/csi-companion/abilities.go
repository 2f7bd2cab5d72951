package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/status"
)

// abilities prints what the driver says that it can do, a line each, and how it answers for groups.
func abilities(ended context.Context, args []string) error {
	flags := flag.NewFlagSet("abilities", flag.ExitOnError)
	driver := flags.String("csi-address", "/run/csi/socket", "the driver's socket")
	_ = flags.Parse(args)
	connection, err := dial(*driver)
	if err != nil {
		return err
	}
	defer connection.Close()
	plugin, err := csi.NewIdentityClient(connection).GetPluginCapabilities(
		ended, &csi.GetPluginCapabilitiesRequest{})
	if err != nil {
		return err
	}
	for _, one := range plugin.GetCapabilities() {
		if service := one.GetService(); service != nil {
			fmt.Println("plugin", service.GetType())
		}
	}
	controller, err := csi.NewControllerClient(connection).ControllerGetCapabilities(
		ended, &csi.ControllerGetCapabilitiesRequest{})
	if err != nil {
		return err
	}
	for _, one := range controller.GetCapabilities() {
		fmt.Println("controller", one.GetRpc().GetType())
	}
	_, err = csi.NewGroupControllerClient(connection).GroupControllerGetCapabilities(
		ended, &csi.GroupControllerGetCapabilitiesRequest{})
	fmt.Println("groups", status.Code(err))
	return nil
}
