package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const look = 200 * time.Millisecond // how often switches are looked at

// call is a line of the log: one process and one counter, so that the order is certain.
type call struct {
	Number int      `json:"number"`
	Method string   `json:"method"`
	IDs    []string `json:"ids,omitempty"`
	Nonce  string   `json:"nonce,omitempty"`
}

// plugin serves one resource. Files in its folder are its switches: "unhealthy" holds IDs,
// "fail" lets Allocate fail, "hold" keeps it from registering; "calls" is its log.
type plugin struct {
	api.UnimplementedDevicePluginServer
	resource, folder string
	count            int
	mutex            sync.Mutex
	number           int
}

func devicePlugin(args []string) error {
	flags := flag.NewFlagSet("device-plugin", flag.ContinueOnError)
	p := &plugin{}
	flags.StringVar(&p.resource, "resource", "", "vendor/type")
	flags.StringVar(&p.folder, "folder", "", "a folder with switches; the log goes there")
	flags.IntVar(&p.count, "count", 1, "how many devices")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if p.resource == "" || p.folder == "" {
		return errors.New("--resource and --folder are needed")
	}
	for {
		if err := p.serveUntilSocketGoes(); err != nil {
			return err
		}
	}
}

// serveUntilSocketGoes listens, registers, and returns when the kubelet has removed the socket: it
// removes all when it starts, also one that nobody has registered yet.
func (p *plugin) serveUntilSocketGoes() error {
	for p.is("hold") {
		time.Sleep(look)
	}
	path := filepath.Join(api.DevicePluginPath, p.endpoint())
	os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	p.log(call{Method: "listens"})
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, p)
	go server.Serve(listener)
	defer server.Stop()
	for registered := false; exists(path); time.Sleep(look) {
		registered = registered || p.register()
	}
	p.log(call{Method: "socket is gone"})
	return nil
}

// register says whether the kubelet took it: a restarted one makes its socket anew.
func (p *plugin) register() bool {
	if err := registerWith(api.Version, p.endpoint(), p.resource); err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
		return false
	}
	p.log(call{Method: "registered"})
	return true
}

func (p *plugin) endpoint() string {
	return strings.ReplaceAll(p.resource, "/", "_") + ".sock"
}

func (p *plugin) is(name string) bool {
	return exists(filepath.Join(p.folder, name))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

func (p *plugin) log(c call) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.number++
	c.Number = p.number
	line, _ := json.Marshal(c)
	file, err := os.OpenFile(filepath.Join(p.folder, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer file.Close()
	fmt.Fprintln(file, string(line))
}

func (p *plugin) devices() []*api.Device {
	bad, _ := os.ReadFile(filepath.Join(p.folder, "unhealthy"))
	found := make([]*api.Device, 0, p.count)
	for number := range p.count {
		id := fmt.Sprintf("%s-%d", filepath.Base(p.folder), number)
		health := api.Healthy
		for _, word := range strings.Fields(string(bad)) {
			if word == id {
				health = api.Unhealthy
			}
		}
		found = append(found, &api.Device{ID: id, Health: health})
	}
	return found
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	p.log(call{Method: "GetDevicePluginOptions"})
	return &api.DevicePluginOptions{}, nil
}

func (p *plugin) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	p.log(call{Method: "ListAndWatch"})
	sent := ""
	for {
		devices := p.devices()
		if now := fmt.Sprint(devices); now != sent {
			if err := stream.Send(&api.ListAndWatchResponse{Devices: devices}); err != nil {
				return err
			}
			sent = now
		}
		select {
		case <-stream.Context().Done():
			return nil
		case <-time.After(look):
		}
	}
}

// Allocate gives each container a nonce of its own, the folder as a mount, and /dev/null by another name.
func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	answer := &api.AllocateResponse{}
	for _, one := range request.ContainerRequests {
		nonce := make([]byte, 8)
		rand.Read(nonce)
		text := hex.EncodeToString(nonce)
		p.log(call{Method: "Allocate", IDs: one.DevicesIds, Nonce: text})
		if p.is("fail") {
			return nil, errors.New("told to fail")
		}
		answer.ContainerResponses = append(answer.ContainerResponses, &api.ContainerAllocateResponse{
			Envs:    map[string]string{"DEVICE_NONCE": text},
			Mounts:  []*api.Mount{{ContainerPath: "/device", HostPath: p.folder, ReadOnly: true}},
			Devices: []*api.DeviceSpec{{ContainerPath: "/dev/claim", HostPath: "/dev/null", Permissions: "rw"}},
		})
	}
	return answer, nil
}

func register(args []string) error {
	flags := flag.NewFlagSet("register", flag.ContinueOnError)
	resource := flags.String("resource", "", "vendor/type")
	spoken := flags.String("version", api.Version, "version of the interface")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return registerWith(*spoken, "nobody.sock", *resource)
}

func registerWith(spoken, endpoint, resource string) error {
	connection, err := dial(api.KubeletSocket)
	if err != nil {
		return err
	}
	defer connection.Close()
	within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request := &api.RegisterRequest{Version: spoken, Endpoint: endpoint, ResourceName: resource}
	_, err = api.NewRegistrationClient(connection).Register(within, request)
	return err
}

func dial(path string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
}
