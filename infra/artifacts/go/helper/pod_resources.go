package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	api "k8s.io/kubelet/pkg/apis/podresources/v1"
)

const podResourcesSocket = "/var/lib/kubelet/pod-resources/kubelet.sock"

// held is who has which devices of a resource.
type held struct {
	Namespace string   `json:"namespace"`
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Resource  string   `json:"resource"`
	IDs       []string `json:"ids"`
}

func podResources([]string) error {
	connection, err := dial(podResourcesSocket)
	if err != nil {
		return err
	}
	defer connection.Close()
	within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := api.NewPodResourcesListerClient(connection).List(within, &api.ListPodResourcesRequest{})
	if err != nil {
		return err
	}
	found := []held{}
	for _, pod := range answer.PodResources {
		for _, container := range pod.Containers {
			for _, devices := range container.Devices {
				found = append(found, held{pod.Namespace, pod.Name, container.Name, devices.ResourceName, devices.DeviceIds})
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}
