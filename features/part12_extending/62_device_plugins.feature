@article_62
Feature: Devices that a plugin of the node brings
  A program of the node registers with the kubelet by a socket and tells which devices it has; the scheduler
  divides them like CPU, and the kubelet asks the plugin when a Pod gets one. Our plugin writes a log with
  numbers, so that the order of calls is certain, and makes a nonce for each Pod that nothing else can know.

  @claim_62_1 @claim_62_2 @claim_62_15
  Rule: Every worker's kubelet is as it was before any plugin, and answers plugins and monitors

    Scenario: Bad registrations and a monitor's question on every worker
      Given a program on every worker that asks kubelets as a plugin does
      Then no kubelet has the socket of a plugin, and no node a device
      And every kubelet refuses a registration by version "v1alpha1", naming it
      And every kubelet refuses a registration of "dongle", naming it
      And every kubelet tells monitors who has which device, which is nobody

  @claim_62_2 @claim_62_3 @claim_62_4 @claim_62_5 @claim_62_6 @claim_62_8 @claim_62_9 @claim_62_10 @claim_62_11
  @claim_62_12 @claim_62_13 @claim_62_14 @claim_62_15
  Rule: Every worker's kubelet takes plugins and tells monitors
    A plugin is of one worker; what it shows counts for the others because of this.

    Scenario: Sockets and gates of every worker
      Given the metrics of every kubelet
      Then each says that the gate "ResourceHealthStatus" is on
      And each says that the gate "KubeletPodResourcesGet" is on
      And every kubelet listens for plugins and for monitors

  @claim_62_1 @disruptive @slow
  Rule: Before any plugin the folder of sockets holds the kubelet's own

    Scenario: Kubelets that were just started
      Given workers whose kubelets were just started, without plugins
      Then the only socket among the plugins' of each is the kubelet's
      And no node has a device

  @claim_62_2 @disruptive @slow
  Rule: A plugin registers, and bad registrations are refused

    Scenario: Another version, a name without a vendor, and a good one
      Given a device plugin on a worker that does not register yet
      Then a registration by version "v1alpha1" is refused, naming it
      And a registration of "dongle" is refused, naming it
      And no node has a device
      When the plugin registers
      Then within 30 s its node has 3 devices and 3 to give, and no other node has any
      And its kubelet has counted one registration more

  @claim_62_3 @claim_62_4 @claim_62_5 @claim_62_15 @disruptive
  Rule: A Pod that asks for a device gets one, and what the plugin gave with it

    Scenario Outline: One device of <worker> for one Pod, none for another
      Given a device plugin with 3 devices on <worker>
      And a Pod without a device on the same worker
      When a Pod asks for a device
      Then the plugin was asked in the documented order, to allocate once and one device
      And the Pod's container has the plugin's nonce, its device, and its folder to read only
      And the kubelet tells that this container has that device
      But the Pod without one has none of it

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_62_6 @disruptive @slow
  Rule: The scheduler divides devices like CPU

    Scenario: Three devices and four Pods
      Given a device plugin with 3 devices on worker-1
      When 3 Pods ask for a device
      Then they have different devices
      When another Pod asks for a device
      Then within 30 s that Pod is not scheduled, naming the devices
      When one of those that have a device is deleted
      Then within 60 s that Pod runs, and the others go on

  @claim_62_7
  Rule: Devices are whole and never overcommitted

    Scenario: Requests that the API refuses, and one that it completes
      Given Pods that ask for a device in other ways
      Then these are refused with 422
        | way                        |
        | half a device              |
        | a request without a limit  |
        | a request below the limit  |
      And a limit alone is taken as the request too

  @claim_62_8 @claim_62_9 @disruptive
  Rule: A device that becomes unhealthy is not given any more, and nobody loses it

    Scenario: The device of a running Pod becomes unhealthy and healthy again
      Given a device plugin with 3 devices on worker-1
      And a Pod that has one of them, whose status tells that it is "Healthy"
      When its device becomes unhealthy
      Then within 30 s its node has 3 devices and 2 to give, and so for 15 s
      And the Pod's status tells that its device is "Unhealthy", and it goes on
      When its device becomes healthy
      Then within 30 s its node has 3 devices and 3 to give, and no other node has any
      And the Pod's status tells that its device is "Healthy", and it goes on

  @claim_62_10 @disruptive @slow @patient
  Rule: Devices of a plugin that died cannot be had
    After five minutes more the kubelet has forgotten them; the name stays, with none.

    Scenario: A plugin is killed
      Given a device plugin with 3 devices on a worker
      And a Pod that has one of them
      When the plugin is killed
      Then within 30 s its node has 3 devices and 0 to give, and so for 240 s
      And within 120 s its node has 0 devices and 0 to give, and no other node has any
      And the Pod that has one goes on

  @claim_62_11 @disruptive
  Rule: A restarted kubelet wants plugins to register again, and running containers keep their devices
    Until then the node has none at all, where a plugin that died leaves the number and gives none. A Pod
    whose init container had asked for a device is refused meanwhile, although it runs (kubernetes#138446).

    Scenario: A plugin that holds back after the kubelet's restart
      Given a device plugin with 3 devices on a worker
      And a Pod that has one of them, and one whose init container had one too
      When its kubelet restarts and the plugin holds back
      Then within 30 s its node has 0 devices and 0 to give, and its socket is gone
      And within 60 s the other Pod has failed, because of "UnexpectedAdmissionError"
      When the plugin registers
      Then within 30 s its node has 3 devices and 3 to give, and no other node has any
      And the Pod that has one goes on with it, as do all others of the worker

  @claim_62_12 @disruptive @slow
  Rule: A Pod whose device cannot be allocated is refused, not tried again

    Scenario: A plugin that fails
      Given a device plugin with 3 devices on worker-1
      When a Pod asks for a device and the plugin fails
      Then within 60 s that Pod has failed, because of "UnexpectedAdmissionError"
      When the plugin fails no more
      Then 3 Pods that ask for a device get one each, asked for once

  @claim_62_13 @disruptive @slow
  Rule: A count that is written into a node's status is divided in the same way

    Scenario: Four dongles that nobody plugs in
      Given a worker's status is given 4 devices that no plugin has
      When 2 Pods ask for 3 and 1 of them
      Then both run on that worker
      When another Pod asks for a device
      Then within 30 s that Pod is not scheduled, naming the devices

  @claim_62_14 @disruptive @slow
  Rule: Such a count outlives its kubelet, with that kubelet's file of devices and without it
    A kubelet resets counts when the folder of plugins is empty as it registers; by then its own socket is
    there, so that this does not happen to one that restarts.

    Scenario: A kubelet restarts with its file of devices, then without it
      Given a worker's status is given 4 devices that no plugin has
      And a plugin of other devices has registered there
      When their kubelet restarts
      Then within 30 s its node has 4 devices and 4 to give, and no other node has any
      When their kubelet restarts without its file of devices
      Then within 30 s its node has 4 devices and 4 to give, and no other node has any
