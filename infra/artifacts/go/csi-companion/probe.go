package main

import (
	"context"
	"flag"
	"net/http"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// probe answers /healthz with what the driver says to Probe, until it is ended.
func probe(ended context.Context, args []string) error {
	flags := flag.NewFlagSet("probe", flag.ExitOnError)
	driver := flags.String("csi-address", "/run/csi/socket", "the driver's socket")
	within := flags.Duration("probe-timeout", time.Second, "how long the driver may take")
	health := flags.String("http-endpoint", ":9808", "address of /healthz")
	flags.Int("v", 0, "taken as the original takes it, without effect")
	_ = flags.Parse(args)
	connection, err := dial(*driver)
	if err != nil {
		return err
	}
	defer connection.Close()
	identity := csi.NewIdentityClient(connection)
	handler := http.NewServeMux()
	handler.HandleFunc("/healthz", func(w http.ResponseWriter, request *http.Request) {
		asked, cancel := context.WithTimeout(request.Context(), *within)
		defer cancel()
		answer, err := identity.Probe(asked, &csi.ProbeRequest{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		// An absent value means ready; container-storage-interface spec, Probe.
		if ready := answer.GetReady(); ready != nil && !ready.GetValue() {
			http.Error(w, "the driver is not ready", http.StatusInternalServerError)
		}
	})
	server := &http.Server{Addr: *health, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ended.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}
