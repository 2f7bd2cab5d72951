@article_62
Feature: Extended resources of device plugins
  A device plugin registers with the kubelet over a socket and reports its devices; the scheduler allocates
  them like CPU, and the kubelet calls the plugin when a Pod gets one. Our plugin writes a numbered log, so
  that the order of calls is certain, and creates a nonce for each Pod that nothing else can know.

  @claim_62_1 @claim_62_2 @claim_62_15 @relies_on_every_worker @relies_on_cluster_scoped_devices
  Rule: Without a plugin, every worker's kubelet answers registrations and monitoring agents

    Scenario: Invalid registrations and a monitoring request on every worker
      Given a plugin client on every worker
      Then every worker has only the kubelet's socket in its plugin directory
      And no node has a device
      And every kubelet refuses a registration with API version "v1alpha1", naming it
      And every kubelet refuses a registration with resource "dongle", naming it
      And every kubelet reports to monitoring agents that no container has a device

  @claim_62_2 @claim_62_3 @claim_62_4 @claim_62_5 @claim_62_6 @claim_62_8 @claim_62_10 @claim_62_11
  @claim_62_12 @claim_62_13 @claim_62_14 @claim_62_15 @relies_on_every_worker
  Rule: Every worker's kubelet accepts plugins and monitoring agents
    The scenarios with a plugin run on one worker; this Rule checks that every kubelet has the sockets and the
    feature gate that they use, so that their results hold for every worker.

    Scenario: Sockets and a feature gate on every worker
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "KubeletPodResourcesGet" on
      And every worker has a kubelet that listens for plugins and for monitoring agents

  @claim_62_1 @slow @changes_every_worker @changes_cluster_scoped_devices
  Rule: Before any plugin registers, the kubelet's own socket is alone in the plugin directory

    Scenario: Freshly started kubelets
      Given workers without plugins whose kubelets have just started
      Then every worker has only the kubelet's socket in its plugin directory
      And no node has a device

  @claim_62_2 @slow @changes_a_worker @changes_cluster_scoped_devices
  Rule: A plugin registers, and invalid registrations are refused

    Scenario: An unsupported version, a name without a vendor, and a valid registration
      Given a device plugin with 3 devices on a worker, not yet registered
      Then a registration with API version "v1alpha1" is refused, naming it
      And a registration with resource "dongle" is refused, naming it
      And no node has a device
      When the plugin registers
      Then within 30 s the plugin's node has capacity 3 and allocatable 3, and no other node has the resource
      And the kubelet has counted one more registration

  @claim_62_3 @claim_62_4 @claim_62_5 @claim_62_15 @changes_every_worker @changes_cluster_scoped_devices
  Rule: A Pod that requests a device gets one, with the plugin's environment and mounts

    Scenario Outline: One device on <worker> for one Pod, none for another
      Given a device plugin with 3 devices on <worker>
      And a Pod without a device on the same worker
      When a Pod requests a device
      Then the plugin was called in the documented order, with one Allocate call for one device
      And the Pod's container has the nonce and the device of the plugin, and a read-only mount of its directory
      And the kubelet reports that the Pod's container has the device
      But the Pod without a device has nothing of the plugin

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_62_6 @slow @changes_worker_1 @changes_cluster_scoped_devices
  Rule: The scheduler allocates devices like CPU

    Scenario: Three devices and four Pods
      Given a device plugin with 3 devices on worker-1
      When 3 Pods request a device
      Then the Pods have different devices
      When a new Pod requests a device
      Then within 30 s the new Pod is not scheduled, naming the resource
      When a Pod with a device is deleted
      Then within 60 s the new Pod runs, and no other Pod has restarted

  @claim_62_7
  Rule: Devices are integers and cannot be overcommitted

    Scenario: Requests that the API refuses, and one that it defaults
      When Pods with these device requests and limits are sent to each API server as a dry run
        | request | limit |
        | 500m    | 500m  |
        | 1       |       |
        | 1       | 2     |
      Then every API server refuses each of the Pods with 422
      When Pods with these device requests and limits are sent to each API server as a dry run
        | request | limit |
        |         | 1     |
      Then every API server admits the Pod, with a request of 1 device

  @claim_62_8 @changes_worker_1 @changes_cluster_scoped_devices
  Rule: An unhealthy device is no longer allocated, and no Pod loses it

    Scenario: The device of a running Pod becomes unhealthy and healthy again
      Given a device plugin with 3 devices on worker-1
      And a Pod with a device
      When the Pod's device becomes unhealthy
      Then within 30 s the plugin's node has capacity 3 and allocatable 2, and stays so for 15 s
      And the Pod with a device has not restarted
      When the Pod's device becomes healthy
      Then within 30 s the plugin's node has capacity 3 and allocatable 3, and no other node has the resource
      And the Pod with a device has not restarted

  @claim_62_9 @since_1_36
  Rule: A Pod's status reports its device and the device's health

    @relies_on_every_worker
    Scenario: Every kubelet can report the health of devices
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "ResourceHealthStatus" on
      And every kubelet has the feature gate "ResourceHealthStatusMessage" on

    @changes_worker_1 @changes_cluster_scoped_devices
    Scenario: The status of a Pod whose device becomes unhealthy and healthy again
      Given a device plugin with 3 devices on worker-1
      And a Pod with a device whose status reports the device as "Healthy"
      When the Pod's device becomes unhealthy
      Then the Pod's status reports the device as "Unhealthy", and the Pod has not restarted
      When the Pod's device becomes healthy
      Then the Pod's status reports the device as "Healthy", and the Pod has not restarted

  @claim_62_10 @slow @patient @changes_a_worker @changes_cluster_scoped_devices
  Rule: Devices of a killed plugin are not allocatable
    After five more minutes the kubelet has forgotten the devices; the resource name stays, with capacity 0.

    Scenario: A plugin is killed
      Given a device plugin with 3 devices on a worker
      And a Pod with a device
      When the plugin is killed
      Then within 30 s the plugin's node has capacity 3 and allocatable 0, and stays so for 240 s
      And within 120 s the plugin's node has capacity 0 and allocatable 0, and no other node has the resource
      And the Pod with a device has not restarted

  @claim_62_11 @changes_a_worker @changes_cluster_scoped_devices
  Rule: A restarted kubelet expects plugins to register again, and running containers keep their devices
    Before they register, the node has capacity 0 and allocatable 0; after a plugin is killed, capacity stays 3 and
    allocatable is 0. A running Pod whose init container requested a device is rejected in that time (kubernetes#138446).

    Scenario: A plugin delays its registration after a restart of the kubelet
      Given a device plugin with 3 devices on a worker
      And a Pod with a device, and a Pod whose init container requested a device
      When the worker's kubelet restarts and the plugin delays its registration
      Then within 30 s the plugin's node has capacity 0 and allocatable 0, and no plugin socket
      And within 60 s the Pod with the init container is rejected with reason "UnexpectedAdmissionError"
      When the plugin registers
      Then within 30 s the plugin's node has capacity 3 and allocatable 3, and no other node has the resource
      And the Pod with a device has not restarted and keeps its device, and no other Pod on the worker has changed

  @claim_62_12 @slow @changes_worker_1 @changes_cluster_scoped_devices
  Rule: A Pod whose device cannot be allocated is rejected and not retried

    Scenario: A plugin that fails
      Given a device plugin with 3 devices on worker-1
      When the plugin fails
      And a new Pod requests a device
      Then within 60 s the new Pod is rejected with reason "UnexpectedAdmissionError"
      When the plugin recovers
      Then 3 Pods that request a device get one each, with one Allocate call each

  @claim_62_13 @slow @changes_a_worker @changes_cluster_scoped_devices
  Rule: A capacity that is patched into a node's status is allocated in the same way

    Scenario: Extended resources patched into a node's status
      Given a worker whose node status is patched to 4 devices without a plugin
      When 2 Pods request 3 devices and 1 device
      Then both Pods run on the patched worker
      When a new Pod requests a device
      Then within 30 s the new Pod is not scheduled, naming the resource

  @claim_62_14 @slow @changes_a_worker @changes_cluster_scoped_devices
  Rule: A patched capacity survives a restart of the kubelet, with and without the kubelet's device checkpoint
    A kubelet resets extended resources when the plugin directory is empty as it registers. A
    restarted kubelet has created its own socket in it before, so that it resets nothing.

    Scenario: A kubelet restarts with its device checkpoint, then without it
      Given a worker whose node status is patched to 4 devices without a plugin
      And a plugin of another resource on the same worker
      When the worker's kubelet restarts with its device checkpoint
      Then within 30 s the plugin's node has capacity 4 and allocatable 4, and no other node has the resource
      When the worker's kubelet restarts without its device checkpoint
      Then within 30 s the plugin's node has capacity 4 and allocatable 4, and no other node has the resource
