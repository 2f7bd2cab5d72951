package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/grpc"
)

// span is a line of the log: what is needed to say whose it is and below which it stands.
type span struct {
	Service    string            `json:"service"`
	Name       string            `json:"name"`
	Trace      string            `json:"trace"`
	ID         string            `json:"id"`
	Parent     string            `json:"parent,omitempty"`
	Attributes map[string]string `json:"attributes"`
}

// sink takes spans as any collector of OpenTelemetry does, and writes each as a line.
type sink struct {
	collector.UnimplementedTraceServiceServer
	mutex sync.Mutex
	log   io.Writer
}

func spans(args []string) error {
	flags := flag.NewFlagSet("spans", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:4317", "address for OTLP over gRPC")
	path := flags.String("log", "", "file for spans, a JSON object a line")
	if err := flags.Parse(args); err != nil {
		return err
	}
	file, err := os.OpenFile(*path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, &sink{log: file})
	return server.Serve(listener)
}

func (s *sink) Export(_ context.Context, sent *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	encoder := json.NewEncoder(s.log)
	for _, resource := range sent.ResourceSpans {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.ScopeSpans {
			for _, one := range scope.Spans {
				line := span{
					service, one.Name, hex.EncodeToString(one.TraceId), hex.EncodeToString(one.SpanId),
					hex.EncodeToString(one.ParentSpanId), texts(one.Attributes),
				}
				if err := encoder.Encode(line); err != nil {
					return nil, err
				}
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// texts are the attributes whose values are texts; figures are no one's name.
func texts(attributes []*common.KeyValue) map[string]string {
	found := map[string]string{}
	for _, attribute := range attributes {
		if text, is := attribute.Value.GetValue().(*common.AnyValue_StringValue); is {
			found[attribute.Key] = text.StringValue
		}
	}
	return found
}
