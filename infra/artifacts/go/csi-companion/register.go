package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// supported is the only version of the registration that a kubelet takes; k8s.io/kubernetes
// pkg/volume/csi, csi_plugin.go.
const supported = "1.0.0"

type registrar struct {
	registration.UnimplementedRegistrationServer
	name, endpoint string
	refused        chan error
}

func (r *registrar) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              r.name,
		Endpoint:          r.endpoint,
		SupportedVersions: []string{supported},
	}, nil
}

func (r *registrar) NotifyRegistrationStatus(
	_ context.Context, status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	log.Printf("the kubelet answers: registered %t %s", status.PluginRegistered, status.Error)
	if !status.PluginRegistered {
		r.refused <- fmt.Errorf("the kubelet refuses %s: %s", r.name, status.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}

// register tells the kubelet of the driver until it is ended; the kubelet finds the socket by itself.
func register(ended context.Context, args []string) error {
	flags := flag.NewFlagSet("register", flag.ExitOnError)
	driver := flags.String("csi-address", "/run/csi/socket", "the driver's socket")
	endpoint := flags.String("kubelet-registration-path", "", "the driver's socket as the kubelet sees it")
	folder := flags.String("plugin-registration-path", "/registration", "where the kubelet looks for sockets")
	health := flags.String("http-endpoint", "", "address of /healthz")
	flags.Int("v", 0, "taken as the original takes it, without effect")
	_ = flags.Parse(args)
	name, err := driverName(ended, *driver)
	if err != nil {
		return err
	}
	socket := filepath.Join(*folder, name+"-reg.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	told := &registrar{name: name, endpoint: *endpoint, refused: make(chan error, 1)}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, told)
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(listener) }()
	if *health != "" {
		go func() { failed <- http.ListenAndServe(*health, healthy(socket)) }()
	}
	log.Printf("registers %s with %s", name, socket)
	select {
	case err = <-failed:
	case err = <-told.refused:
	case <-ended.Done():
		server.Stop() // it removes the socket: the kubelet then forgets the driver
	}
	return err
}

func healthy(socket string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(socket); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

func driverName(ended context.Context, address string) (string, error) {
	connection, err := dial(address)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	info, err := csi.NewIdentityClient(connection).GetPluginInfo(
		ended, &csi.GetPluginInfoRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return "", err
	}
	return info.GetName(), nil
}
